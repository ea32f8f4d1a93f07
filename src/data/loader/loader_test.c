// SPDX-License-Identifier: Apache-2.0
// The loader over shards made by hand: each event once, whole, and in an order that nothing but
// seed and epoch changes.
#include "data/loader/loader_testing.h"

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
        assert_in_range(times.bytes, keeps ? 5000 : 15000, keeps ? 10000 : 40000);
        bl_loader_close(loader);
        bl_context_free(context);
    }
    assert_memory_equal(events[0][0], events[1][0], sizeof(int64_t) * 100);
    assert_memory_equal(events[0][1], events[1][1], sizeof(int64_t) * 100);
    assert_memory_equal(events[0][2], events[1][2], sizeof(int64_t) * 100);
    test_set_release(&set);
}

/// It would be in memory anyway.
static void what_fits_one_window_is_read_once(void **state) {
    (void)state;
    test_set set;
    test_set_init(&set, &usual);
    bl_context *context = test_context(1);
    bl_loader_options options = options_of(8);
    options.window_bytes = 1 << 20;
    bl_loader *loader = open_loader(context, &set, &options);
    int64_t events[2][MOST_EVENTS];
    bl_loader_times first, last;
    assert_int_equal(run_epoch(loader, &set, 0, 0, false, 0, events[0]), 100);
    bl_loader_get_times(loader, &first);
    assert_int_equal(run_epoch(loader, &set, 1, 0, false, 0, events[1]), 100);
    check_once(events[1], 100);
    assert_memory_not_equal(events[0], events[1], sizeof *events[0] * 100);
    bl_loader_get_times(loader, &last);
    assert_in_range(first.bytes, 5000, 15000);
    assert_int_equal(last.bytes, first.bytes);
    bl_loader_close(loader);
    bl_context_free(context);
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
    bl_loader_times times;
    int64_t events[MOST_EVENTS];
    for (int64_t epoch = 0; epoch < 10; epoch++)
        assert_int_equal(run_epoch(loader, &set, epoch, 0, false, 0, events), 100);
    bl_loader_get_times(loader, &times);
    assert_in_range(times.bytes, 15000, 45000); // more than once, and not ten times
    check_once(events, 100);
    bl_loader_close(loader);
    bl_context_free(context);
    test_set_release(&set);
}

/// Whether it was the next one, of which something is there already, or another.
static void epochs_can_come_in_any_order(void **state) {
    (void)state;
    test_set set;
    test_set_init(&set, &usual);
    bl_context *context = test_context(1);
    bl_loader_options options = options_of(8);
    bl_loader *loader = open_loader(context, &set, &options);
    bl_loaded batch;
    assert_int_equal(bl_loader_next(loader, &batch, NULL), BL_END); // none was begun
    int64_t first[4][MOST_EVENTS], again[MOST_EVENTS];
    for (int64_t epoch = 0; epoch < 4; epoch++)
        assert_int_equal(run_epoch(loader, &set, epoch, 0, false, 0, first[epoch]), 100);
    const int64_t epochs[] = {3, 3, 0, 2, 1, 2, 3, 0};
    for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++) {
        assert_int_equal(run_epoch(loader, &set, epochs[i], 0, false, 0, again), 100);
        assert_memory_equal(again, first[epochs[i]], 100 * sizeof *again);
    }
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_comes_once_an_epoch),
        cmocka_unit_test(without_shuffling_events_come_as_they_lie),
        cmocka_unit_test(nothing_but_seed_and_epoch_changes_the_order),
        cmocka_unit_test(what_fits_one_window_is_read_once),
        cmocka_unit_test(what_finds_no_room_is_read_again),
        cmocka_unit_test(epochs_can_come_in_any_order),
        cmocka_unit_test(an_epoch_can_begin_at_any_batch),
        cmocka_unit_test(inputs_go_through_the_transform),
        cmocka_unit_test(inputs_can_be_chosen),
        cmocka_unit_test(numbers_that_are_not_finite_are_flagged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
