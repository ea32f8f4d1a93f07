// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include <math.h>

#include "expr/needs.h"

static size_t needs_of(bl_arena *arena, const char *text, bl_need *needs) {
    size_t n = 99;
    assert_ok(bl_expr_needs(arena, text, needs, &n, NULL));
    return n;
}

static void check(const bl_need *need, const char *name, double low, double high) {
    assert_string_equal(need->name, name);
    assert_true(need->low == low && need->high == high);
}

static void intervals_follow_from_comparisons(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_need needs[BL_MOST_NEEDS];
    bl_arena_init(&arena, context);
    assert_int_equal(needs_of(&arena, "nJet > 3 and 20 <= MET.pt and x == -1.5", needs), 3);
    check(&needs[0], "nJet", 3, (double)INFINITY);
    check(&needs[1], "MET.pt", 20, (double)INFINITY);
    check(&needs[2], "x", -1.5, -1.5);
    assert_int_equal(needs_of(&arena, "1 < a <= 5", needs), 2);
    check(&needs[0], "a", 1, (double)INFINITY);
    check(&needs[1], "a", (double)-INFINITY, 5);
    assert_int_equal(needs_of(&arena, "(a > 1 or b > 1) and c < 2 and not (d < 1)", needs), 1);
    check(&needs[0], "c", (double)-INFINITY, 2);
    assert_int_equal(needs_of(&arena, "a != 1 and a + 1 < 3 and a < b and flag", needs), 0);
    bl_arena_release(&arena);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(intervals_follow_from_comparisons)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
