// SPDX-License-Identifier: Apache-2.0
// The loader where something is amiss: left in the middle, cancelled, without memory, and with
// shards that are not as they were prepared.
#include "data/loader/loader_testing.h"

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

static void a_shard_that_shrinks_meanwhile_is_named(void **state) {
    (void)state;
    test_set set;
    char path[128];
    test_set_init(&set, &usual);
    bl_context *context = test_context(1);
    bl_loader_options options = options_of(5);
    options.shuffles = false;
    options.window_bytes = 1;
    bl_loader *loader = open_loader(context, &set, &options);
    snprintf(path, sizeof path, "%s/%s", set.folder, set.names[1]);
    assert_int_equal(truncate(path, 1000), 0);
    bl_loaded batch;
    bl_error err = {0};
    assert_ok(bl_loader_begin(loader, 0, 0, NULL));
    for (int i = 0; i < 7; i++) // of 37 events in front of it
        assert_ok(bl_loader_next(loader, &batch, NULL));
    assert_error(bl_loader_next(loader, &batch, &err), BL_E_CORRUPT, err, "train-1.arrow");
    assert_non_null(strstr(err.message, "past the end of the file"));
    bl_loader_close(loader);
    bl_context_free(context);
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

static void flip(const char *path, long at) {
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ 0xff, file), byte ^ 0xff);
    assert_int_equal(fclose(file), 0);
}

/// Where no hash is looked at, other bytes are an error or other numbers, and nothing worse.
static void damaged_shards_do_no_harm(void **state) {
    (void)state;
    test_set set;
    char path[128];
    size_t n_failed = 0;
    test_set_init(&set, &usual);
    bl_context *context = test_context(1);
    snprintf(path, sizeof path, "%s/%s", set.folder, set.names[0]);
    for (long at = 0; at < (long)set.shards[0].bytes; at += 5) {
        bl_loader_options options = options_of(9);
        bl_loader *loader = NULL;
        bl_loaded batch;
        size_t n = 0;
        flip(path, at);
        bl_status status = bl_loader_open(context, &set.prepared, &options, &loader, NULL);
        if (status == BL_OK)
            status = bl_loader_begin(loader, 0, 0, NULL);
        while (status == BL_OK && (status = bl_loader_next(loader, &batch, NULL)) == BL_OK)
            n += batch.n_events;
        if (status == BL_END)
            assert_int_equal(n, 100);
        n_failed += status != BL_END;
        bl_loader_close(loader);
        flip(path, at);
    }
    assert_in_range(n_failed, 100, set.shards[0].bytes / 5);
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
        assert_error(bl_loader_next(loader, &batch, &err), BL_E_CORRUPT, err,
                     "train-2.arrow: rows 8 to 13: event 4: label 3 of 3");
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
    assert_error(bl_loader_next(loader, &batch, &err), BL_E_CORRUPT, err,
                 "'particles' has 4 rows, more than 3");
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

static test_set lasting;

static bl_status load_all(bl_context *context) {
    bl_loader *loader = NULL;
    bl_loader_options options = options_of(9);
    options.keeps = true;
    bl_status status = bl_loader_open(context, &lasting.prepared, &options, &loader, NULL);
    for (int64_t epoch = 0; epoch < 2 && status == BL_OK; epoch++) {
        bl_loaded batch;
        size_t n = 0;
        status = bl_loader_begin(loader, epoch, 0, NULL);
        // not to the end of the last: what fails behind it, nobody is told
        while (status == BL_OK && (epoch == 0 || n < 100) &&
               (status = bl_loader_next(loader, &batch, NULL)) == BL_OK)
            n += batch.n_events;
        if (status == BL_END || status == BL_OK) {
            assert_int_equal(n, 100);
            status = BL_OK;
        }
    }
    bl_loader_close(loader);
    return status;
}

static void every_allocation_fails_once(void **state) {
    (void)state;
    test_set_init(&lasting, &usual);
    test_every_allocation_fails(load_all);
    test_set_release(&lasting);
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
    uint64_t used[5];
    for (int64_t epoch = 0; epoch < 5; epoch++) {
        bl_loaded batch;
        assert_ok(bl_loader_begin(loader, epoch, 0, NULL));
        assert_ok(bl_loader_next(loader, &batch, NULL)); // the thread has nothing more to do
        used[epoch] = bl_context_used_bytes(context);
        while (bl_loader_next(loader, &batch, NULL) == BL_OK)
            ;
    }
    assert_int_equal(used[4], used[2]);
    bl_loader_close(loader);
    bl_context_free(context);
    test_set_release(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loader_can_be_left_at_any_time),
        cmocka_unit_test(cancelling_stops_it),
        cmocka_unit_test(a_shard_that_changed_is_named),
        cmocka_unit_test(a_shard_that_shrinks_meanwhile_is_named),
        cmocka_unit_test(what_is_asked_for_must_be_there),
        cmocka_unit_test(damaged_shards_do_no_harm),
        cmocka_unit_test(a_bad_block_is_named_when_it_is_read),
        cmocka_unit_test(longer_events_than_are_padded_to_are_an_error),
        cmocka_unit_test(no_events_are_an_empty_epoch),
        cmocka_unit_test(memory_stays_as_it_is),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
