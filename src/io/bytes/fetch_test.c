// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "io/bytes/slow_test.h"

#define N_BYTES (20u << 20)
#define GAP (64u << 10)
#define REQUEST (8u << 20)

static uint8_t bytes[N_BYTES];

typedef struct fixture {
    bl_context *context;
    slow_source *slow;
    bl_source *source;
    bl_error err;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    for (size_t i = 0; i < N_BYTES; i++)
        bytes[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
    bl_source *inner = NULL;
    f->context = test_context(1);
    assert_ok(bl_source_open_memory(f->context, "far", bytes, N_BYTES, &inner, NULL));
    assert_ok(slow_source_open(inner, 0, &f->slow, NULL));
    f->source = &f->slow->source;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    bl_source_close(f->source);
    bl_context_free(f->context);
    free(f);
    return 0;
}

/// Fetches, compares every byte, and expects that many reads in one round trip.
static void expect(fixture *f, const bl_range *ranges, size_t n, unsigned n_reads) {
    uint64_t requests = f->source->n_requests, trips = f->source->n_round_trips;
    BL_AUTO(bl_fetch) fetch = NULL;
    assert_ok(bl_fetch_start(f->source, ranges, n, &fetch, &f->err));
    assert_ok(bl_fetch_wait(fetch, &f->err));
    assert_ok(bl_fetch_wait(fetch, &f->err));
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(bl_fetch_data(fetch, i), bytes + ranges[i].offset, ranges[i].size);
        const bl_buffer *buffer = bl_fetch_buffer(fetch, i);
        assert_in_range(bl_fetch_data(fetch, i) - buffer->data, 0, buffer->size - ranges[i].size);
    }
    assert_int_equal(f->source->n_requests - requests, n_reads);
    assert_int_equal(f->source->n_round_trips - trips, n_reads ? 1 : 0);
}
#define EXPECT(f, n_reads, ...)                \
    expect(f, (const bl_range[]){__VA_ARGS__}, \
           sizeof((const bl_range[]){__VA_ARGS__}) / sizeof(bl_range), n_reads)

static void near_ranges_are_one_read(void **state) {
    fixture *f = *state;
    EXPECT(f, 1, {100, 50});
    EXPECT(f, 1, {100, 50}, {150, 10}, {170, 5});
    EXPECT(f, 1, {100, 100}, {200 + GAP, 100});
    EXPECT(f, 2, {100, 100}, {201 + GAP, 100});
}

static void order_and_overlap_do_not_matter(void **state) {
    fixture *f = *state;
    EXPECT(f, 2, {9000000, 20}, {300, 10}, {9000010, 20}, {100, 500}, {300, 10});
    EXPECT(f, 1, {100, 1000}, {200, 10}, {1050, 100});
}

static void requests_are_capped(void **state) {
    fixture *f = *state;
    // Neighbours that fill a request, and one byte more.
    EXPECT(f, 1, {0, REQUEST / 2}, {REQUEST / 2, REQUEST / 2});
    EXPECT(f, 2, {0, REQUEST / 2}, {REQUEST / 2, REQUEST / 2 + 1});
    // One long range is one buffer but several reads; what overlaps it is part of it.
    EXPECT(f, 3, {0, 2 * REQUEST + 1});
    EXPECT(f, 3, {0, 2 * REQUEST}, {2 * REQUEST - 1, 2});
}

static void empty_ranges(void **state) {
    fixture *f = *state;
    expect(f, NULL, 0, 0);
    EXPECT(f, 0, {0, 0}, {N_BYTES, 0});
    EXPECT(f, 1, {5, 0}, {5, 10}, {7, 0}, {15, 0});
}

static void past_the_end(void **state) {
    fixture *f = *state;
    bl_fetch *fetch = NULL;
    bl_range ranges[] = {{0, 10}, {N_BYTES - 1, 2}};
    assert_int_equal(bl_fetch_start(f->source, ranges, 2, &fetch, &f->err), BL_E_CORRUPT);
    assert_string_equal(f->err.message, "truncated: offset 20971519 + 2 bytes is past the end of "
                                        "the file (20971520 bytes)");
    ranges[1] = (bl_range){1, UINT64_MAX};
    assert_int_equal(bl_fetch_start(f->source, ranges, 2, &fetch, &f->err), BL_E_CORRUPT);
    assert_null(fetch);
    assert_int_equal(f->source->n_requests, 0);
}

static void a_kept_buffer_outlives_the_fetch(void **state) {
    fixture *f = *state;
    bl_fetch *fetch = NULL;
    assert_ok(bl_fetch_start(f->source, (bl_range[]){{1000, 64}}, 1, &fetch, NULL));
    assert_ok(bl_fetch_wait(fetch, NULL));
    BL_AUTO(bl_buffer) kept = bl_buffer_ref(bl_fetch_buffer(fetch, 0));
    bl_fetch_free(fetch);
    assert_memory_equal(kept->data, bytes + 1000, 64);
}

static void many_thousand_ranges(void **state) {
    fixture *f = *state;
    enum { N = 50000 };
    bl_range *ranges = calloc(N, sizeof *ranges);
    // Every range once, in a scattered order: 400 bytes apart, so all are one span per request.
    for (size_t i = 0; i < N; i++)
        ranges[i] = (bl_range){i * 7919 % N * 400, 100};
    expect(f, ranges, N, 3);
    uint64_t used = bl_context_used_bytes(f->context);
    expect(f, ranges, N, 3);
    assert_int_equal(bl_context_used_bytes(f->context), used);
    free(ranges);
}

static void two_in_flight_wait_once(void **state) {
    fixture *f = *state;
    f->slow->delay_ns = 30000000;
    uint64_t start = slow_now_ns();
    BL_AUTO(bl_fetch) a = NULL;
    BL_AUTO(bl_fetch) b = NULL;
    assert_ok(bl_fetch_start(f->source, (bl_range[]){{0, 10}, {1000000, 10}}, 2, &a, NULL));
    assert_ok(bl_fetch_start(f->source, (bl_range[]){{500, 10}}, 1, &b, NULL));
    assert_true(slow_now_ns() - start < f->slow->delay_ns);
    assert_ok(bl_fetch_wait(a, NULL));
    assert_ok(bl_fetch_wait(b, NULL));
    assert_true(slow_now_ns() - start >= f->slow->delay_ns);
    assert_int_equal(f->slow->max_in_flight, 2);
    assert_int_equal(f->slow->in_flight, 0);
    assert_true(f->slow->waited_ns <= f->slow->delay_ns);
    assert_int_equal(f->source->n_round_trips, 2);
    assert_int_equal(f->source->n_requests, 3);
    assert_int_equal(f->source->n_bytes, 30);
}

static void a_lost_connection_is_told_every_time(void **state) {
    fixture *f = *state;
    f->slow->fail_round_trip = 2;
    EXPECT(f, 1, {0, 10});
    BL_AUTO(bl_fetch) fetch = NULL;
    assert_ok(bl_fetch_start(f->source, (bl_range[]){{0, 10}}, 1, &fetch, NULL));
    for (int i = 0; i < 2; i++) {
        f->err = (bl_error){0};
        assert_int_equal(bl_fetch_wait(fetch, &f->err), BL_E_IO);
        assert_string_equal(f->err.message, "connection lost");
    }
}

static void free_waits_for_what_is_in_flight(void **state) {
    fixture *f = *state;
    bl_fetch *fetch = NULL;
    assert_ok(bl_fetch_start(f->source, (bl_range[]){{0, 10}}, 1, &fetch, NULL));
    assert_int_equal(f->slow->in_flight, 1);
    bl_fetch_free(fetch);
    assert_int_equal(f->slow->in_flight, 0);
    bl_fetch_free(NULL);
}

static bl_status fetch_some(bl_context *context) {
    BL_AUTO(bl_source) source = NULL;
    BL_TRY(bl_source_open_memory(context, "near", bytes, N_BYTES, &source, NULL));
    BL_AUTO(bl_fetch) fetch = NULL;
    const bl_range ranges[] = {{0, 10}, {5000, 1000}, {9000, 10}};
    BL_TRY(bl_fetch_start(source, ranges, 3, &fetch, NULL));
    return bl_fetch_wait(fetch, NULL);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    long n = 1;
    test_allocator allocator = {0};
    bl_allocator face = test_allocator_face(&allocator);
    for (;; n++) {
        // A context each time: a buffer that waits to be used again would hide an allocation.
        test_allocator_arm(&allocator, 0);
        bl_context *context = test_context_of(1, &face, 0);
        allocator.failed = false;
        allocator.fail_in = n;
        bl_status status = fetch_some(context);
        bool failed = allocator.failed;
        bl_context_free(context);
        assert_int_equal(allocator.n_live, 0);
        assert_int_equal(status, failed ? BL_E_NOMEM : BL_OK);
        if (!failed)
            break;
    }
    assert_true(n > 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(near_ranges_are_one_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(order_and_overlap_do_not_matter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_are_capped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empty_ranges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(past_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_kept_buffer_outlives_the_fetch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_thousand_ranges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_in_flight_wait_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_connection_is_told_every_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(free_waits_for_what_is_in_flight, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
