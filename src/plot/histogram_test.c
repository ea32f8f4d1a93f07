// SPDX-License-Identifier: Apache-2.0
// Bins: edges belong to the upper one, round limits hold all values.
#include "plot/histogram.h"

#include <math.h>

#include "base/testing.h"

static void edges_belong_to_the_bin_above(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_histogram h;
    bl_arena_init(&arena, context);
    assert_ok(bl_histogram_init(&h, &arena, 7, -0.3, 1.1, NULL));
    for (size_t i = 0; i <= h.n_bins; i++) {
        bl_histogram_fill(&h, h.edges[i], 1);
        bl_histogram_fill(&h, nextafter(h.edges[i], -INFINITY), 0.25);
    }
    for (size_t i = 0; i <= h.n_bins + 1; i++)
        assert_true(bl_histogram_content(&h, i) == (i == 0 ? 0.25 : i == h.n_bins + 1 ? 1 : 1.25));
    bl_histogram_fill(&h, NAN, 1);
    bl_histogram_fill(&h, INFINITY, -2);
    assert_int_equal(h.n_missing, 1);
    assert_true(bl_histogram_content(&h, h.n_bins + 1) == -1);
    assert_true(bl_histogram_error(&h, h.n_bins + 1) == sqrt(5));
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void round_limits_hold_all(void **state) {
    (void)state;
    static const double ranges[][2] = {{0, 1},       {-3.7, 412.1},  {5, 5},        {0, 0},
                                       {1e-9, 3e-9}, {1e6, 1e6 + 1}, {-1e12, 1e-3}, {99.5, 100}};
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_arena_init(&arena, context);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        bl_histogram h;
        assert_ok(bl_histogram_init_around(&h, &arena, 50, ranges[i][0], ranges[i][1], NULL));
        assert_true(h.edges[0] <= ranges[i][0] && ranges[i][1] < h.edges[h.n_bins]);
        assert_in_range(h.n_bins, 1, 51);
    }
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void wrong_bins_are_refused(void **state) {
    (void)state;
    static const double edges[] = {0, 1, 1};
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_histogram h;
    bl_arena_init(&arena, context);
    assert_int_equal(bl_histogram_init(&h, &arena, 0, 0, 1, NULL), BL_E_INVALID);
    assert_int_equal(bl_histogram_init(&h, &arena, 5, 1, 1, NULL), BL_E_INVALID);
    assert_int_equal(bl_histogram_init(&h, &arena, 5, 0, INFINITY, NULL), BL_E_INVALID);
    assert_int_equal(bl_histogram_init_edges(&h, &arena, edges, 3, NULL), BL_E_INVALID);
    assert_int_equal(bl_histogram_init_edges(&h, &arena, edges, 1, NULL), BL_E_INVALID);
    bl_arena_release(&arena);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_belong_to_the_bin_above),
        cmocka_unit_test(round_limits_hold_all),
        cmocka_unit_test(wrong_bins_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
