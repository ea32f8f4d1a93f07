// SPDX-License-Identifier: Apache-2.0
// Turns: tasks of several threads pass in order; who comes behind a failure gets none.
#include "base/turns.h"

#include "base/testing.h"

enum { N = 200 };

typedef struct relay {
    bl_turns turns;
    size_t n_passed, order[N]; ///< only touched by whose turn it is
    size_t fails;              ///< this number does, before its turn
} relay;

static bl_status pass(void *argument, size_t i, unsigned worker, bl_error *err) {
    relay *r = (relay *)argument;
    (void)worker;
    if (i == r->fails) {
        bl_turns_fail(&r->turns, i);
        return bl_error_set(err, BL_E_TYPE, "number %zu", i);
    }
    if (!bl_turns_await(&r->turns, i))
        return bl_error_set(err, BL_E_CANCELLED, "one before %zu failed", i);
    r->order[r->n_passed++] = i;
    bl_turns_pass(&r->turns);
    return BL_OK;
}

static void all_pass_in_order(void **state) {
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        bl_context *context = test_context(threads);
        relay r = {.fails = SIZE_MAX};
        bl_turns_init(&r.turns);
        for (size_t round = 0; round < 2; round++) {
            r.n_passed = 0;
            assert_ok(bl_run_tasks(context, pass, &r, N, NULL));
            assert_int_equal(r.n_passed, N);
            for (size_t i = 0; i < N; i++)
                assert_int_equal(r.order[i], i);
            bl_turns_restart(&r.turns);
        }
        bl_turns_release(&r.turns);
        bl_context_free(context);
    }
}

static void those_before_a_failure_pass(void **state) {
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++)
        for (size_t fails = 0; fails < N; fails += 33) {
            bl_context *context = test_context(threads);
            relay r = {.fails = fails};
            bl_error error = {0};
            bl_turns_init(&r.turns);
            assert_int_equal(bl_run_tasks(context, pass, &r, N, &error), BL_E_TYPE);
            assert_int_equal(r.n_passed, fails);
            bl_turns_release(&r.turns);
            bl_context_free(context);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pass_in_order),
        cmocka_unit_test(those_before_a_failure_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
