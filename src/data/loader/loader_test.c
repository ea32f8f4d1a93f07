// SPDX-License-Identifier: Apache-2.0
// The loader over shards made by hand: each event once, whole, and in an order that nothing but
// seed and epoch changes.
#include "data/loader/loader_testing.h"

#include "column/writer.h"

enum { MOST_EVENTS = 128 };

static const test_set_of usual = {.n_rows = {37, 50, 13}, .cluster_rows = 8};
static const char *const train = "train";

static bl_loader_options options_of(size_t batch_events) {
    return (bl_loader_options){.parts = &train,
                               .n_parts = 1,
                               .batch_events = batch_events,
                               .shuffles = true,
                               .seed = 11,
                               .window_bytes = 2000};
}

// ---- what a batch must be ----

typedef struct fitted {
    bl_arena arena;
    bl_nn_columns columns[2];
    bl_nn_transform transform;
} fitted;

/// Column i of each input: (x − 3)·(1 + i); rows that are added are 7.
static void fit(fitted *f, bl_context *context, size_t length) {
    static const char *const inputs[] = {"hlf", "particles"};
    bl_arena_init(&f->arena, context);
    for (size_t k = 0; k < 2; k++) {
        assert_ok(bl_nn_columns_init(&f->arena, inputs[k], TEST_WIDTH, &f->columns[k], NULL));
        for (size_t i = 0; i < TEST_WIDTH; i++) {
            f->columns[k].offset[i] = 3;
            f->columns[k].scale[i] = 1 + (double)i;
        }
        for (size_t i = 0; i < TEST_WIDTH; i++)
            f->columns[k].pad[i] = 7;
    }
    f->columns[1].rows.length = length;
    f->columns[1].rows.padding = length ? BL_NN_FILL_CONSTANT : BL_NN_FILL_NONE;
    f->transform = (bl_nn_transform){2, f->columns};
}

static float transformed(float x, size_t i, bool is_fitted) {
    return is_fitted ? (float)(((double)x - 3) * (1 + (double)i)) : x;
}

static void check_inputs(const bl_loaded *batch, size_t at, bool is_fitted, int64_t length) {
    int64_t event = batch->entries[at];
    const bl_loaded_input *hlf = &batch->inputs[0], *particles = &batch->inputs[1];
    assert_null(hlf->offsets);
    for (size_t i = 0; i < TEST_WIDTH; i++)
        assert_float_equal(hlf->data[at * TEST_WIDTH + i],
                           transformed(test_vector(event, i), i, is_fitted), 0);
    int64_t first = particles->offsets[at], n_rows = particles->offsets[at + 1] - first;
    assert_int_equal(particles->offsets[0], 0);
    assert_int_equal(n_rows, length ? length : test_n_rows(event));
    for (int64_t row = 0; row < n_rows; row++)
        for (size_t i = 0; i < TEST_WIDTH; i++) {
            float x = particles->data[(size_t)(first + row) * TEST_WIDTH + i];
            float wanted =
                row < test_n_rows(event) ? transformed(test_row(event, row, i), i, is_fitted) : 7;
            assert_float_equal(x, wanted, 0);
        }
}

static void check_rest(const bl_loaded *batch, size_t at, bool has_numbers) {
    int64_t event = batch->entries[at];
    for (int64_t i = 0; i < TEST_CLASSES; i++) {
        float wanted = has_numbers ? (float)(event + i) : (float)(event % TEST_CLASSES == i);
        assert_float_equal(batch->targets[at * TEST_CLASSES + (size_t)i], wanted, 0);
    }
    assert_float_equal(batch->weights[at], 2 + (float)event, 0);
    assert_true(batch->physics[at] == 0.5 * (double)event);
    assert_int_equal(batch->files[at], event % 2);
}

/// The events of an epoch from a batch on. \param ret_events [MOST_EVENTS] \return how many
static size_t run_epoch(bl_loader *loader, const test_set *set, int64_t epoch, int64_t first_batch,
                        bool is_fitted, int64_t length, int64_t *ret_events) {
    bl_loaded batch;
    bl_status status;
    size_t n = 0;
    assert_ok(bl_loader_begin(loader, epoch, first_batch, NULL));
    while ((status = bl_loader_next(loader, &batch, NULL)) == BL_OK) {
        assert_false(batch.has_bad);
        for (size_t i = 0; i < batch.n_events; i++) {
            assert_in_range(n, 0, MOST_EVENTS - 1);
            check_inputs(&batch, i, is_fitted, length);
            check_rest(&batch, i, set->of.has_numbers);
            ret_events[n++] = batch.entries[i];
        }
    }
    assert_int_equal(status, BL_END);
    assert_int_equal(bl_loader_next(loader, &batch, NULL), BL_END);
    return n;
}

static void check_once(const int64_t *events, size_t n) {
    int seen[MOST_EVENTS] = {0};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(seen[events[i]]++, 0);
}

static bl_loader *open_loader(bl_context *context, const test_set *set,
                              const bl_loader_options *options) {
    bl_loader *loader = NULL;
    bl_error err = {0};
    if (bl_loader_open(context, &set->prepared, options, &loader, &err) != BL_OK)
        fail_msg("%s", err.message);
    return loader;
}

// ---- order ----

static void every_event_comes_once_an_epoch(void **state) {
    (void)state;
    const size_t sizes[] = {1, 3, 7, 64, 99, 100, 101, 5000};
    test_set set;
    test_set_init(&set, &usual);
    bl_context *context = test_context(2);
    int64_t of_one[MOST_EVENTS], of_other[MOST_EVENTS], first[MOST_EVENTS];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        bl_loader_options options = options_of(sizes[i]);
        options.hashes = true;
        bl_loader *loader = open_loader(context, &set, &options);
        assert_int_equal(bl_loader_n_events(loader), 100);
        assert_int_equal(bl_loader_n_batches(loader), (100 + sizes[i] - 1) / sizes[i]);
        assert_int_equal(run_epoch(loader, &set, 0, 0, false, 0, of_one), 100);
        assert_int_equal(run_epoch(loader, &set, 1, 0, false, 0, of_other), 100);
        check_once(of_one, 100);
        check_once(of_other, 100);
        assert_memory_not_equal(of_one, of_other, sizeof *of_one * 100);
        if (i == 0)
            memcpy(first, of_one, sizeof first);
        assert_memory_equal(of_one, first, sizeof *of_one * 100); // whatever a batch's size
        bl_loader_close(loader);
    }
    bl_context_free(context);
    test_set_release(&set);
}

static void without_shuffling_events_come_as_they_lie(void **state) {
    (void)state;
    test_set set;
    test_set_init(&set, &usual);
    bl_context *context = test_context(1);
    bl_loader_options options = options_of(9);
    options.shuffles = false;
    bl_loader *loader = open_loader(context, &set, &options);
    int64_t events[MOST_EVENTS];
    assert_int_equal(run_epoch(loader, &set, 3, 0, false, 0, events), 100);
    for (int64_t i = 0; i < 100; i++)
        assert_int_equal(events[i], i);
    bl_loader_close(loader);
    bl_context_free(context);
    test_set_release(&set);
}

static void nothing_but_seed_and_epoch_changes_the_order(void **state) {
    (void)state;
    test_set set;
    test_set_init(&set, &usual);
    int64_t events[2][3][MOST_EVENTS];
    for (unsigned keeps = 0; keeps < 2; keeps++) {
        bl_context *context = test_context(1 + 3 * keeps);
        bl_loader_options options = options_of(8);
        options.keeps = keeps;
        bl_loader *loader = open_loader(context, &set, &options);
        for (int64_t epoch = 0; epoch < 3; epoch++)
            assert_int_equal(run_epoch(loader, &set, epoch, 0, false, 0, events[keeps][epoch]),
                             100);
        bl_loader_times times;
        bl_loader_get_times(loader, &times);
        assert_in_range(times.bytes, keeps ? 5000 : 15000, keeps ? 10000 : 30000);
        bl_loader_close(loader);
        bl_context_free(context);
    }
    assert_memory_equal(events[0][0], events[1][0], sizeof(int64_t) * 100);
    assert_memory_equal(events[0][1], events[1][1], sizeof(int64_t) * 100);
    assert_memory_equal(events[0][2], events[1][2], sizeof(int64_t) * 100);
    test_set_release(&set);
}

/// Half of the budget is little: most blocks are read again, and nobody sees it.
static void what_finds_no_room_is_read_again(void **state) {
    (void)state;
    test_set set;
    test_set_init(&set, &usual);
    bl_context *context = test_context_of(1, NULL, 20000);
    bl_loader_options options = options_of(8);
    options.window_bytes = 500;
    options.keeps = true;
    bl_loader *loader = open_loader(context, &set, &options);
    bl_loader_times one, two;
    int64_t events[MOST_EVENTS];
    assert_int_equal(run_epoch(loader, &set, 0, 0, false, 0, events), 100);
    bl_loader_get_times(loader, &one);
    assert_int_equal(run_epoch(loader, &set, 1, 0, false, 0, events), 100);
    bl_loader_get_times(loader, &two);
    assert_true(two.bytes > one.bytes && two.bytes < 2 * one.bytes);
    check_once(events, 100);
    bl_loader_close(loader);
    bl_context_free(context);
    test_set_release(&set);
}

static void an_epoch_can_begin_at_any_batch(void **state) {
    (void)state;
    test_set set;
    test_set_init(&set, &usual);
    bl_context *context = test_context(1);
    for (int keeps = 0; keeps < 2; keeps++) {
        bl_loader_options options = options_of(7);
        options.keeps = keeps;
        bl_loader *loader = open_loader(context, &set, &options);
        int64_t whole[MOST_EVENTS], tail[MOST_EVENTS];
        for (int64_t first = 15; first >= 0; first--) {
            size_t before = first < 15 ? (size_t)first * 7 : 100;
            assert_int_equal(run_epoch(loader, &set, 2, first, false, 0, tail), 100 - before);
            assert_int_equal(run_epoch(loader, &set, 2, 0, false, 0, whole), 100);
            assert_memory_equal(tail, whole + before, (100 - before) * sizeof *tail);
        }
        assert_int_equal(bl_loader_begin(loader, 0, 16, NULL), BL_E_RANGE);
        assert_int_equal(bl_loader_begin(loader, 0, -1, NULL), BL_E_RANGE);
        bl_loader_close(loader);
    }
    bl_context_free(context);
    test_set_release(&set);
}

// ---- numbers ----

static void inputs_go_through_the_transform(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    for (int i = 0; i < 8; i++) {
        test_set_of of = usual;
        of.is_double = i & 1;
        of.has_numbers = i & 2;
        size_t length = i & 4 ? TEST_MOST_ROWS + 1 : 0;
        test_set set;
        fitted f;
        test_set_init(&set, &of);
        fit(&f, context, length);
        bl_loader_options options = options_of(6);
        options.transform = &f.transform;
        bl_loader *loader = open_loader(context, &set, &options);
        int64_t events[MOST_EVENTS];
        assert_int_equal(run_epoch(loader, &set, 0, 0, true, (int64_t)length, events), 100);
        check_once(events, 100);
        bl_loader_close(loader);
        bl_arena_release(&f.arena);
        test_set_release(&set);
    }
    bl_context_free(context);
}

static void inputs_can_be_chosen(void **state) {
    (void)state;
    static const char *const inputs[] = {"particles", "hlf"};
    test_set set;
    test_set_init(&set, &usual);
    bl_context *context = test_context(1);
    bl_loader_options options = options_of(6);
    options.inputs = inputs;
    for (options.n_inputs = 1; options.n_inputs <= 2; options.n_inputs++) {
        bl_loader *loader = open_loader(context, &set, &options);
        bl_loaded batch;
        assert_ok(bl_loader_begin(loader, 0, 0, NULL));
        assert_ok(bl_loader_next(loader, &batch, NULL));
        assert_non_null(batch.inputs[0].offsets);
        if (options.n_inputs == 2)
            assert_float_equal(batch.inputs[1].data[1], test_vector(batch.entries[0], 1), 0);
        bl_loader_close(loader);
    }
    bl_context_free(context);
    test_set_release(&set);
}

static void numbers_that_are_not_finite_are_flagged(void **state) {
    (void)state;
    test_set_of of = usual;
    of.bad_every = 33; // events 0, 33, 66, 99
    test_set set;
    test_set_init(&set, &of);
    bl_context *context = test_context(1);
    bl_loader_options options = options_of(10);
    bl_loader *loader = open_loader(context, &set, &options);
    bl_loaded batch;
    size_t n_bad = 0;
    assert_ok(bl_loader_begin(loader, 0, 0, NULL));
    while (bl_loader_next(loader, &batch, NULL) == BL_OK) {
        bool has_bad = false;
        for (size_t i = 0; i < batch.n_events; i++) {
            assert_int_equal(batch.bad[i], batch.entries[i] % 33 == 0);
            has_bad = has_bad || batch.bad[i];
            n_bad += batch.bad[i];
        }
        assert_int_equal(batch.has_bad, has_bad);
    }
    assert_int_equal(n_bad, 4);
    bl_loader_close(loader);
    bl_context_free(context);
    test_set_release(&set);
}

// ---- stopping ----

static void a_loader_can_be_left_at_any_time(void **state) {
    (void)state;
    test_set set;
    test_set_init(&set, &usual);
    bl_context *context = test_context(2);
    uint64_t before = bl_context_busy_bytes(context);
    for (int n = 0; n < 24; n++) {
        bl_loader_options options = options_of(5);
        options.window_bytes = 300;
        bl_loader *loader = open_loader(context, &set, &options);
        bl_loaded batch;
        int64_t events[MOST_EVENTS];
        if (n % 4)
            assert_ok(bl_loader_begin(loader, n, 0, NULL));
        for (int i = 0; i < n && n % 4; i++)
            assert_int_equal(bl_loader_next(loader, &batch, NULL), i < 20 ? BL_OK : BL_END);
        if (n % 4 == 2) // another epoch is begun in the middle
            assert_int_equal(run_epoch(loader, &set, 1, 0, false, 0, events), 100);
        bl_loader_close(loader);
    }
    assert_int_equal(bl_context_busy_bytes(context), before);
    bl_context_free(context);
    test_set_release(&set);
}

static void cancelling_stops_it(void **state) {
    (void)state;
    test_set set;
    test_set_init(&set, &usual);
    for (int n = 0; n < 10; n++) {
        bl_context *context = test_context(1);
        bl_loader_options options = options_of(5);
        options.window_bytes = 300;
        bl_loader *loader = open_loader(context, &set, &options);
        bl_loaded batch;
        assert_ok(bl_loader_begin(loader, 0, 0, NULL));
        for (int i = 0; i < n; i++)
            assert_ok(bl_loader_next(loader, &batch, NULL));
        bl_context_cancel(context);
        assert_int_equal(bl_loader_next(loader, &batch, NULL), BL_E_CANCELLED);
        bl_loader_close(loader);
        bl_context_free(context);
    }
    test_set_release(&set);
}

// ---- what is not as it was prepared ----

static void expect_failure(const test_set *set, const bl_loader_options *options, bl_status wanted,
                           const char *text) {
    bl_context *context = test_context(1);
    bl_loader *loader = NULL;
    bl_error err = {0};
    assert_int_equal(bl_loader_open(context, &set->prepared, options, &loader, &err), wanted);
    if (!strstr(err.message, text))
        fail_msg("'%s' is not in '%s'", text, err.message);
    assert_null(loader);
    bl_context_free(context);
}

static void a_shard_that_changed_is_named(void **state) {
    (void)state;
    bl_loader_options options = options_of(5);
    test_set set;
    char path[128];
    test_set_init(&set, &usual);
    snprintf(path, sizeof path, "%s/%s", set.folder, set.names[1]);

    options.hashes = true;
    set.shards[1].xxh64++;
    expect_failure(&set, &options, BL_E_CORRUPT, "train-1.arrow: not the bytes");
    options.hashes = false;
    set.shards[1].n_rows++;
    expect_failure(&set, &options, BL_E_CORRUPT, "train-1.arrow: 50 rows, where 51 were written");
    set.shards[1].n_rows--;
    set.inputs[0].width = 4;
    expect_failure(&set, &options, BL_E_CORRUPT, "train-0.arrow: column 'hlf' is not what");
    set.inputs[0].width = TEST_WIDTH;
    set.inputs[1].name = "partons";
    expect_failure(&set, &options, BL_E_CORRUPT, "train-0.arrow: not as it was prepared");
    set.inputs[1].name = "particles";
    assert_int_equal(truncate(path, 1000), 0);
    expect_failure(&set, &options, BL_E_CORRUPT, "train-1.arrow: 1000 bytes, where");
    set.shards[1].bytes = 1000;
    expect_failure(&set, &options, BL_E_CORRUPT, "train-1.arrow");
    assert_int_equal(unlink(path), 0);
    expect_failure(&set, &options, BL_E_NOTFOUND, "train-1.arrow");
    test_set_release(&set);
}

static void what_is_asked_for_must_be_there(void **state) {
    (void)state;
    static const char *const part = "trian", *const input = "particle";
    test_set set;
    fitted f;
    bl_context *context = test_context(1);
    test_set_init(&set, &usual);
    bl_loader_options options = options_of(5);
    options.parts = &part;
    expect_failure(&set, &options, BL_E_NOTFOUND, "no part 'trian'; did you mean 'train'?");
    options = options_of(5);
    options.inputs = &input;
    options.n_inputs = 1;
    expect_failure(&set, &options, BL_E_NOTFOUND, "no input 'particle'; did you mean 'particles'?");
    options = options_of(0);
    expect_failure(&set, &options, BL_E_INVALID, "events of a batch");
    options = options_of(5);
    fit(&f, context, 0);
    f.columns[1].n = 2;
    options.transform = &f.transform;
    expect_failure(&set, &options, BL_E_SHAPE, "input 'particles' has 3 columns");
    bl_arena_release(&f.arena);
    bl_context_free(context);
    context = test_context_of(1, NULL, 4000);
    bl_loader *loader = NULL;
    options = options_of(5);
    assert_int_equal(bl_loader_open(context, &set.prepared, &options, &loader, NULL), BL_E_LIMIT);
    bl_context_free(context);
    test_set_release(&set);
}

/// Batches before it are given, then the error, and then an epoch can begin anew.
static void a_bad_block_is_named_when_it_is_read(void **state) {
    (void)state;
    test_set_of of = usual;
    of.wrong_label = TEST_CLASSES;
    test_set set;
    test_set_init(&set, &of);
    bl_context *context = test_context(1);
    bl_loader_options options = options_of(4);
    options.shuffles = false;
    options.keeps = true;
    options.window_bytes = 1;
    bl_loader *loader = open_loader(context, &set, &options);
    for (int round = 0; round < 2; round++) {
        bl_loaded batch;
        bl_error err = {0};
        assert_ok(bl_loader_begin(loader, 0, 0, NULL));
        for (int i = 0; i < 23; i++) // 95 events; the rest is in the last block
            assert_ok(bl_loader_next(loader, &batch, &err));
        assert_int_equal(bl_loader_next(loader, &batch, &err), BL_E_CORRUPT);
        assert_non_null(strstr(err.message, "train-2.arrow: rows 8 to 13: event 4: label 3 of 3"));
        assert_int_equal(bl_loader_next(loader, &batch, &err), BL_E_CORRUPT);
    }
    bl_loader_close(loader);
    bl_context_free(context);
    test_set_release(&set);
}

static void longer_events_than_are_padded_to_are_an_error(void **state) {
    (void)state;
    test_set set;
    fitted f;
    bl_context *context = test_context(1);
    test_set_init(&set, &usual);
    fit(&f, context, TEST_MOST_ROWS - 1);
    bl_loader_options options = options_of(5);
    options.transform = &f.transform;
    bl_loader *loader = open_loader(context, &set, &options);
    bl_loaded batch;
    bl_error err = {0};
    assert_ok(bl_loader_begin(loader, 0, 0, NULL));
    assert_int_equal(bl_loader_next(loader, &batch, &err), BL_E_CORRUPT);
    assert_non_null(strstr(err.message, "'particles' has 4 rows, more than 3"));
    bl_loader_close(loader);
    bl_arena_release(&f.arena);
    bl_context_free(context);
    test_set_release(&set);
}

static void no_events_are_an_empty_epoch(void **state) {
    (void)state;
    const test_set_of none = {.cluster_rows = 4};
    test_set set;
    test_set_init(&set, &none);
    bl_context *context = test_context(1);
    bl_loader_options options = options_of(4);
    bl_loader *loader = open_loader(context, &set, &options);
    int64_t events[MOST_EVENTS];
    assert_int_equal(bl_loader_n_batches(loader), 0);
    assert_int_equal(run_epoch(loader, &set, 0, 0, false, 0, events), 0);
    bl_loader_close(loader);
    bl_context_free(context);
    test_set_release(&set);
}

// ---- memory ----

static bl_status load_all(bl_context *context) {
    static test_set set;
    test_set_init(&set, &usual);
    bl_loader *loader = NULL;
    bl_loader_options options = options_of(9);
    options.keeps = true;
    bl_status status = bl_loader_open(context, &set.prepared, &options, &loader, NULL);
    for (int64_t epoch = 0; epoch < 2 && status == BL_OK; epoch++) {
        bl_loaded batch;
        size_t n = 0;
        status = bl_loader_begin(loader, epoch, 0, NULL);
        while (status == BL_OK && (status = bl_loader_next(loader, &batch, NULL)) == BL_OK)
            n += batch.n_events;
        if (status == BL_END) {
            assert_int_equal(n, 100);
            status = BL_OK;
        }
    }
    bl_loader_close(loader);
    test_set_release(&set);
    return status;
}

static void every_allocation_fails_once(void **state) {
    (void)state;
    test_every_allocation_fails(load_all);
}

/// Later epochs take no more memory than the first two.
static void memory_stays_as_it_is(void **state) {
    (void)state;
    test_set set;
    test_set_init(&set, &usual);
    bl_context *context = test_context(1);
    bl_loader_options options = options_of(8);
    options.window_bytes = 100000; // one window, so that all are of one size
    bl_loader *loader = open_loader(context, &set, &options);
    int64_t events[MOST_EVENTS];
    uint64_t used[5];
    for (int64_t epoch = 0; epoch < 5; epoch++) {
        assert_int_equal(run_epoch(loader, &set, epoch, 0, false, 0, events), 100);
        used[epoch] = bl_context_used_bytes(context);
    }
    assert_int_equal(used[4], used[2]);
    bl_loader_close(loader);
    bl_context_free(context);
    test_set_release(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_comes_once_an_epoch),
        cmocka_unit_test(without_shuffling_events_come_as_they_lie),
        cmocka_unit_test(nothing_but_seed_and_epoch_changes_the_order),
        cmocka_unit_test(what_finds_no_room_is_read_again),
        cmocka_unit_test(an_epoch_can_begin_at_any_batch),
        cmocka_unit_test(inputs_go_through_the_transform),
        cmocka_unit_test(inputs_can_be_chosen),
        cmocka_unit_test(numbers_that_are_not_finite_are_flagged),
        cmocka_unit_test(a_loader_can_be_left_at_any_time),
        cmocka_unit_test(cancelling_stops_it),
        cmocka_unit_test(a_shard_that_changed_is_named),
        cmocka_unit_test(what_is_asked_for_must_be_there),
        cmocka_unit_test(a_bad_block_is_named_when_it_is_read),
        cmocka_unit_test(longer_events_than_are_padded_to_are_an_error),
        cmocka_unit_test(no_events_are_an_empty_epoch),
        cmocka_unit_test(memory_stays_as_it_is),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
