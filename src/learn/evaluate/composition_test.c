// SPDX-License-Identifier: Apache-2.0
// Yields of groups, and classes that are made alike.
#include "learn/evaluate/composition.h"

#include "base/testing.h"

static const int32_t groups[] = {0, 1, 0, 2, 2, 0};
static const double weights[] = {1, 4, -3, 2, -2, 5};
static const float scores[] = {0.1F, 0.9F, 0.5F, NAN, 0.7F, 0.5F};

static void yields_are_sums(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_yield *y = NULL;
    bl_arena_init(&arena, context);
    assert_ok(bl_yields_make(&arena, 6, groups, 4, weights, NULL, 1, 0, &y, NULL));
    assert_true(y[0].n == 3 && y[0].n_negative == 1 && y[3].n == 0);
    assert_true(bl_sum_value(&y[0].bin.sumw) == 3 && bl_sum_value(&y[0].bin.sumw2) == 35);
    assert_ok(bl_yields_make(&arena, 6, groups, 4, weights, scores, 1, 0.5F, &y, NULL));
    assert_true(y[0].n == 2 && bl_sum_value(&y[0].bin.sumw) == 2);
    assert_true(y[2].n == 1 && y[2].n_negative == 1); // NaN is not selected
    assert_ok(bl_yields_make(&arena, 6, groups, 4, weights, scores, 1, NAN, &y, NULL));
    assert_true(y[0].n + y[1].n + y[2].n == 0);
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void classes_are_alike(void **state) {
    (void)state;
    static const double wanted[] = {1.0 / 3, 1, -1, 0, 0, 5.0 / 3};
    bl_context *context = test_context(1);
    bl_arena arena;
    double *equal = NULL;
    bl_arena_init(&arena, context);
    assert_ok(bl_equal_weights(&arena, 6, groups, 3, weights, &equal, NULL));
    for (size_t i = 0; i < 6; i++)
        assert_true(equal[i] == wanted[i]);
    bl_arena_release(&arena);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yields_are_sums),
        cmocka_unit_test(classes_are_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
