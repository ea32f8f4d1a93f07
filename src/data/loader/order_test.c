// SPDX-License-Identifier: Apache-2.0
// Orders: every event once, each place as likely as any other, the same from the middle.
#include "data/loader/order.h"

#include "base/testing.h"

enum { BLOCKS = 12, BLOCK_EVENTS = 5, EVENTS = BLOCKS * BLOCK_EVENTS };

static bl_block blocks[BLOCKS];

static void make_blocks(void) {
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = (bl_block){i / 4, (int64_t)(i % 4 * BLOCK_EVENTS), BLOCK_EVENTS, 100};
}

static void init(bl_context *context, bl_order *order, uint64_t seed, uint64_t window_bytes) {
    *order = (bl_order){.n_blocks = BLOCKS,
                        .blocks = blocks,
                        .window_bytes = window_bytes,
                        .seed = seed,
                        .shuffles = true};
    assert_ok(bl_order_init(context, order, NULL));
}

/// Numbers of events in the order of the epoch.
static void order_events(bl_order *order, int64_t epoch, int *ret_events) {
    size_t n = 0;
    bl_order_begin(order, epoch);
    for (size_t w = 0; w < order->n_windows; w++) {
        const bl_window *window = &order->windows[w];
        bl_place places[EVENTS];
        assert_int_equal(window->first_event, n);
        bl_order_window(order, w, places);
        for (size_t i = 0; i < window->n_events; i++) {
            uint32_t block = order->sequence[window->first + places[i].block];
            ret_events[n++] = (int)(block * BLOCK_EVENTS + places[i].event);
        }
    }
    assert_int_equal(n, EVENTS);
}

static void every_event_is_once_in_an_epoch(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    const struct {
        uint64_t bytes;
        size_t n;
    } windows[] = {{0, 12}, {199, 12}, {250, 6}, {399, 4}, {400, 3}, {100000, 1}};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        bl_order order;
        int events[EVENTS], again[EVENTS], seen[EVENTS] = {0};
        init(context, &order, 3, windows[i].bytes);
        order_events(&order, 5, events);
        assert_int_equal(order.n_windows, windows[i].n);
        for (size_t k = 0; k < EVENTS; k++)
            assert_int_equal(seen[events[k]]++, 0);
        order_events(&order, 6, again);
        assert_memory_not_equal(events, again, sizeof events);
        order_events(&order, 5, again);
        assert_memory_equal(events, again, sizeof events);
        bl_order_release(context, &order);
    }
    bl_context_free(context);
}

static void events_are_found_in_their_windows(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_order order;
    init(context, &order, 1, 300);
    bl_order_begin(&order, 0);
    for (int64_t event = 0; event < EVENTS; event++)
        assert_int_equal(bl_order_find(&order, event), event / (3 * BLOCK_EVENTS));
    assert_int_equal(bl_order_find(&order, EVENTS), order.n_windows);
    bl_order_release(context, &order);
    bl_context_free(context);
}

static void without_shuffling_events_stay_in_order(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_order order;
    int events[EVENTS];
    init(context, &order, 1, 300);
    order.shuffles = false;
    order_events(&order, 4, events);
    for (int i = 0; i < EVENTS; i++)
        assert_int_equal(events[i], i);
    bl_order_release(context, &order);
    bl_context_free(context);
}

/// χ² of how often events were at places.
static double chi_square(const unsigned *counts, double expected) {
    double sum = 0;
    for (size_t i = 0; i < (size_t)EVENTS * EVENTS; i++)
        sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    return sum;
}

/// Each of n² cells is a binomial number of probability 1/n, so that the mean of χ² is n² − n. Its
/// variance would be twice that, were cells independent; but blocks move together: of the 33
/// independent numbers of how often a block was in a window, each counts for 5.45 cells.
static void every_place_is_as_likely(void **state) {
    (void)state;
    enum { EPOCHS = 500, SEEDS = 12 };
    bl_context *context = test_context(1);
    unsigned *counts = (unsigned *)bl_alloc_zero(context, (size_t)EVENTS * EVENTS, sizeof *counts);
    assert_non_null(counts);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        bl_order order;
        int events[EVENTS];
        memset(events, 0, sizeof events);
        init(context, &order, seed, 300);
        for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
            order_events(&order, epoch, events);
            for (size_t place = 0; place < EVENTS; place++)
                counts[(size_t)events[place] * EVENTS + place]++;
        }
        bl_order_release(context, &order);
    }
    double chi = chi_square(counts, (double)EPOCHS * SEEDS / EVENTS);
    const double mean = EVENTS * (EVENTS - 1), sigma = 93;
    assert_true(chi > mean - 4 * sigma && chi < mean + 4 * sigma);
    bl_free(context, counts);
    bl_context_free(context);
}

int main(void) {
    make_blocks();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_once_in_an_epoch),
        cmocka_unit_test(events_are_found_in_their_windows),
        cmocka_unit_test(without_shuffling_events_stay_in_order),
        cmocka_unit_test(every_place_is_as_likely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
