// SPDX-License-Identifier: Apache-2.0
// Checkpoints: a training that goes on from one ends with the same bits as one that never stopped;
// what is damaged, hostile or another's is refused.
#include "learn/train/checkpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder_testing.h"
#include "base/testing.h"
#include "io/archive/npy.h"
#include "learn/train/made_testing.h"

enum { UNITS = 20 };

static bl_context *context;
static bl_arena arena;

static void begin(made_training *made, bl_nn_optimizer_kind optimizer) {
    assert_ok(made_training_new(context, UNITS, optimizer, made));
}

static bl_buffer *bytes_of(const made_training *made) {
    bl_buffer *bytes = NULL;
    assert_ok(made_write(context, &made->checkpoint, &bytes));
    return bytes;
}

/// The checkpoint of a training with progress.
static bl_buffer *some_bytes(void) {
    double loss;
    made_training made;
    begin(&made, BL_NN_OPTIMIZER_ADAM);
    assert_ok(made_step(&made, 0, &loss));
    assert_ok(made_progress(&made));
    bl_buffer *bytes = bytes_of(&made);
    made_training_free(&made);
    return bytes;
}

static void same_training(const made_training *a, const made_training *b) {
    size_t n_bytes = a->network->plan.n_floats * sizeof(float), n_moments, n;
    const float *moments = bl_nn_trainer_moments(a->trainer, &n_moments);
    assert_memory_equal(a->network->parameters, b->network->parameters, n_bytes);
    assert_memory_equal(moments, bl_nn_trainer_moments(b->trainer, &n), n_moments * sizeof(float));
    assert_int_equal(n, n_moments);
    assert_memory_equal(bl_nn_trainer_progress(a->trainer), bl_nn_trainer_progress(b->trainer),
                        sizeof(bl_nn_progress));
}

// ---- exact resume ----

/// Stops before each step in turn, and goes on with new objects.
static void resumed_is_as_never_stopped(void **state) {
    (void)state;
    enum { STEPS = 9 };
    static const bl_nn_optimizer_kind kinds[] = {BL_NN_OPTIMIZER_ADAM, BL_NN_OPTIMIZER_SGD,
                                                 BL_NN_OPTIMIZER_RMSPROP};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        made_training whole;
        begin(&whole, kinds[k]);
        double losses[STEPS], loss;
        bl_buffer *checkpoints[STEPS];
        for (unsigned i = 0; i < STEPS; i++) {
            checkpoints[i] = bytes_of(&whole);
            assert_ok(made_step(&whole, i, &losses[i]));
        }
        for (unsigned stop = 0; stop < STEPS; stop++) {
            made_training again;
            begin(&again, kinds[k]);
            assert_ok(made_read(context, checkpoints[stop]->data, checkpoints[stop]->size,
                                &again.checkpoint, NULL));
            for (unsigned i = stop; i < STEPS; i++) {
                assert_ok(made_step(&again, i, &loss));
                assert_memory_equal(&loss, &losses[i], sizeof loss);
            }
            same_training(&whole, &again);
            made_training_free(&again);
            bl_buffer_release(checkpoints[stop]);
        }
        made_training_free(&whole);
    }
}

static void all_comes_back(void **state) {
    (void)state;
    double loss;
    made_training made, again;
    begin(&made, BL_NN_OPTIMIZER_ADAM);
    begin(&again, BL_NN_OPTIMIZER_ADAM);
    assert_ok(made_step(&made, 0, &loss));
    made.network->parameters[3] = NAN; // a state may have them
    assert_ok(made_progress(&made));
    assert_ok(bl_history_append(&again.history, (double[]){9, 9, 9}, NULL)); // goes
    BL_AUTO(bl_buffer) bytes = bytes_of(&made);
    assert_ok(made_read(context, bytes->data, bytes->size, &again.checkpoint, NULL));
    same_training(&made, &again);
    const bl_training_state *a = &made.checkpoint.state, *b = &again.checkpoint.state;
    assert_int_equal(b->epoch, 2);
    assert_int_equal(b->batch, 7);
    assert_true(b->learning_rate == a->learning_rate && b->best == a->best);
    assert_true(b->plateau.has_best && b->plateau.best == -INFINITY && isnan(b->loss_sum));
    assert_int_equal(b->plateau.wait, 3);
    assert_int_equal(b->plateau.cooldown, 4);
    assert_int_equal(b->best_epoch, 1);
    assert_int_equal(b->wait, 5);
    assert_int_equal(b->n_seen, 9007199254740993);
    assert_int_equal(b->n_skipped_batches, 6);
    assert_int_equal(b->n_skipped_events, 8);
    assert_true(b->is_finished);
    assert_int_equal(again.history.n_rows, 2);
    assert_memory_equal(again.history.values, made.history.values,
                        2 * MADE_COLUMNS * sizeof(double));
    assert_memory_equal(again.best, made.best, made.network->plan.n_floats * sizeof(float));
    BL_AUTO(bl_buffer) same = bytes_of(&again);
    assert_int_equal(same->size, bytes->size);
    assert_memory_equal(same->data, bytes->data, bytes->size);
    made_training_free(&made);
    made_training_free(&again);
}

// ---- files ----

static void a_file_is_replaced_as_a_whole(void **state) {
    (void)state;
    const char *path = test_path("checkpoint");
    bl_error err = {0};
    struct stat info;
    made_training made, again;
    begin(&made, BL_NN_OPTIMIZER_ADAM);
    begin(&again, BL_NN_OPTIMIZER_ADAM);
    assert_int_equal(bl_checkpoint_read(context, path, &again.checkpoint, &err), BL_E_NOTFOUND);
    assert_ok(bl_checkpoint_write(context, &made.checkpoint, path, NULL));
    assert_ok(stat(path, &info));
    ino_t first = info.st_ino;
    int reader = open(path, O_RDONLY | O_CLOEXEC); // the file that was there stays for who has it
    assert_true(reader >= 0);
    assert_ok(made_progress(&made));
    assert_ok(bl_checkpoint_write(context, &made.checkpoint, path, NULL));
    assert_ok(stat(path, &info));
    assert_true(info.st_ino != first);
    (void)close(reader);
    assert_ok(bl_checkpoint_read(context, path, &again.checkpoint, NULL));
    assert_int_equal(again.checkpoint.state.epoch, 2);
    assert_ok(unlink(path)); // nothing else is in the folder
    assert_ok(rmdir(test_folder));
    assert_int_equal(bl_checkpoint_write(context, &made.checkpoint, path, &err), BL_E_NOTFOUND);
    made_training_free(&made);
    made_training_free(&again);
}

// ---- what is refused ----

static void refuses(const bl_buffer *bytes, bl_status expected, const char *part) {
    if (!bytes)
        abort(); // it is there, which the analyzer does not see
    bl_error err = {0};
    made_training made;
    begin(&made, BL_NN_OPTIMIZER_ADAM);
    bl_status status = made_read(context, bytes->data, bytes->size, &made.checkpoint, &err);
    if (status != expected || !strstr(err.message, part))
        fail_msg("'%s' is not in '%s'", part, err.message);
    made_training_free(&made);
}

static void cuts_and_flips_are_refused(void **state) {
    (void)state;
    BL_AUTO(bl_buffer) bytes = some_bytes();
    made_training made;
    begin(&made, BL_NN_OPTIMIZER_ADAM);
    for (size_t size = 0; size < bytes->size; size += size < 200 ? 1 : 37)
        assert_int_not_equal(made_read(context, bytes->data, size, &made.checkpoint, NULL), BL_OK);
    uint8_t *copy = bl_arena_alloc(&arena, bytes->size);
    memcpy(copy, bytes->data, bytes->size);
    size_t n_read = 0;
    for (size_t i = 0; i < bytes->size; i += 5) {
        copy[i] ^= 4;
        if (made_read(context, copy, bytes->size, &made.checkpoint, NULL) == BL_OK)
            n_read++; // dates and the like, which nobody looks at
        copy[i] ^= 4;
    }
    assert_in_range(n_read, 0, 60);
    made_training_free(&made);
}

static void members_are_checked(void **state) {
    (void)state;
    static const char *const names[] = {"state.json", "parameters.npy", "moments.npy", "best.npy",
                                        "history.npy"};
    BL_AUTO(bl_buffer) bytes = some_bytes();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        BL_AUTO(bl_buffer) without = NULL;
        BL_AUTO(bl_buffer) empty = NULL;
        assert_ok(made_replace(&arena, bytes, names[i], NULL, 0, &without));
        refuses(without, i ? BL_E_INVALID : BL_E_CORRUPT,
                i ? "4 members instead of 5" : "'state.json' is missing");
        assert_ok(made_replace(&arena, bytes, names[i], "", 0, &empty));
        refuses(empty, i ? BL_E_CORRUPT : BL_E_INVALID, names[i]);
    }
}

static void shapes_are_checked(void **state) {
    (void)state;
    made_training other;
    double loss;
    assert_ok(made_training_new(context, 3 * UNITS, BL_NN_OPTIMIZER_ADAM, &other));
    assert_ok(made_step(&other, 0, &loss));
    BL_AUTO(bl_buffer) larger = bytes_of(&other);
    made_training_free(&other);
    refuses(larger, BL_E_SHAPE, "member 'parameters.npy': its shape is (1, ");
    begin(&other, BL_NN_OPTIMIZER_SGD);
    BL_AUTO(bl_buffer) fewer = bytes_of(&other);
    made_training_free(&other);
    refuses(fewer, BL_E_SHAPE, "member 'moments.npy': its shape is (0, ");
    refuses(fewer, BL_E_SHAPE, "where this training has (2, ");

    static const size_t hostile[][2] = {{(size_t)1 << 61, 3}, {1, 2}, {(size_t)1 << 60, 0}};
    static const bl_status statuses[] = {BL_E_CORRUPT, BL_E_SHAPE, BL_E_SHAPE};
    BL_AUTO(bl_buffer) bytes = some_bytes();
    for (size_t i = 0; i < 3; i++) {
        BL_AUTO(bl_buffer) changed = NULL;
        uint8_t data[BL_NPY_HEADER_BYTES + 16] = {0};
        size_t n = bl_npy_header(BL_NPY_FLOAT64, 2, hostile[i], data);
        n += i == 1 ? 2 * sizeof(double) : 0;
        assert_ok(made_replace(&arena, bytes, "history.npy", data, n, &changed));
        refuses(changed, statuses[i], "member 'history.npy'");
    }
}

/// A text of state.json is replaced by another.
static void refuses_state(const char *from, const char *to, bl_status expected, const char *part) {
    BL_AUTO(bl_buffer) bytes = some_bytes();
    BL_AUTO(bl_buffer) changed = NULL;
    const char *text = NULL;
    assert_ok(made_text(&arena, bytes, "state.json", &text));
    const char *at = text ? strstr(text, from) : NULL;
    if (!at)
        fail_msg("'%s' is not in state.json", from);
    char *now = bl_arena_printf(&arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    assert_ok(made_replace(&arena, bytes, "state.json", now, strlen(now), &changed));
    refuses(changed, expected, part);
}

static void states_are_checked(void **state) {
    (void)state;
    refuses_state("\"0123456789abcdef\"", "\"f\"", BL_E_INVALID, "of another training");
    refuses_state("beamline checkpoint", "another", BL_E_INVALID, "no checkpoint");
    refuses_state("\"version\": 1", "\"version\": 2", BL_E_UNSUPPORTED, "version 2");
    refuses_state("\"version\": 1", "\"version\": 0", BL_E_INVALID, "version 0");
    refuses_state("\"val_loss\"", "\"auc\"", BL_E_INVALID,
                  "column 3 of its history is 'auc', here 'val_loss'");
    refuses_state(", \"val_loss\"", "", BL_E_INVALID, "has 2 columns, here 3");
    refuses_state("\"epoch\": 2", "\"epoch\": -2", BL_E_INVALID, "epoch is -2");
    refuses_state("\"epoch\": 2", "\"epoch\": 2.5", BL_E_INVALID, "epoch");
    refuses_state("\"epoch\": 2", "\"epoch\": null", BL_E_INVALID, "'epoch' of 'state'");
    refuses_state("\"best_epoch\": 1", "\"best_epoch\": -2", BL_E_INVALID, "best_epoch is -2");
    refuses_state("\"wait\": 5", "\"weight\": 5", BL_E_INVALID, "'wait' of 'state' is missing");
    refuses_state("\"loss_sum\": \"nan\"", "\"loss_sum\": \"much\"", BL_E_INVALID, "loss_sum");
    refuses_state("\"is_finished\": true", "\"is_finished\": 1", BL_E_INVALID, "is_finished");
    refuses_state("\"progress\"", "\"regress\"", BL_E_INVALID, "'progress' is missing");
    refuses_state("\"n_steps\": 1", "\"n_steps\": 99999999999999999999", BL_E_INVALID,
                  "made: state.json:6:");
}

static int open_all(void **state) {
    context = test_context(2);
    bl_arena_init(&arena, context);
    return test_make_folder(state);
}

static int close_all(void **state) {
    (void)state;
    bl_arena_release(&arena);
    bl_context_free(context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_is_as_never_stopped),
        cmocka_unit_test(all_comes_back),
        cmocka_unit_test(a_file_is_replaced_as_a_whole),
        cmocka_unit_test(cuts_and_flips_are_refused),
        cmocka_unit_test(members_are_checked),
        cmocka_unit_test(shapes_are_checked),
        cmocka_unit_test(states_are_checked),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
