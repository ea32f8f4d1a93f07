// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: cmocka with what it wants included before it, and short ways to a context.
#ifndef BL_BASE_TESTING_H
#define BL_BASE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/context.h"
#include "base/test_allocator.h"

#define assert_ok(expression) assert_int_equal((expression), BL_OK)
/// That a call fails so, and its error has this text in its message.
#define assert_error(expression, wanted, err, part) \
    test_assert_error((expression), (wanted), &(err), (part), __FILE__, __LINE__)

static inline void test_assert_error(bl_status status, bl_status wanted, const bl_error *err,
                                     const char *part, const char *file, int line) {
    if (status == wanted && strstr(err->message, part))
        return;
    print_error("%s: '%s', where %s with '%s' is wanted\n", bl_status_text(status), err->message,
                bl_status_text(wanted), part);
    _fail(file, line);
}

static inline bl_context *test_context_of(unsigned n_threads, const bl_allocator *allocator,
                                          uint64_t memory_bytes) {
    bl_context_options options = {
        .size = sizeof options,
        .n_threads = n_threads,
        .allocator = allocator,
        .memory_bytes = memory_bytes,
    };
    bl_context *context = NULL;
    return bl_context_new(&options, &context, NULL) == BL_OK ? context : NULL;
}

static inline bl_context *test_context(unsigned n_threads) {
    bl_context *context = test_context_of(n_threads, NULL, 0);
    assert_non_null(context);
    return context;
}

/// Does `work` again and again, in a context whose first, second, third … allocation fails, until
/// none does: each time the status says so and nothing is left over.
static inline void test_every_allocation_fails(bl_status (*work)(bl_context *context)) {
    test_allocator faulty = {0};
    bl_allocator allocator = test_allocator_face(&faulty);
    for (long n = 1;; n++) {
        test_allocator_arm(&faulty, 0);
        bl_context *context = test_context_of(1, &allocator, 0);
        atomic_store(&faulty.fail_in, n);
        bl_status status = work(context);
        assert_int_equal(status, faulty.failed ? BL_E_NOMEM : BL_OK);
        bl_context_free(context);
        assert_int_equal(faulty.n_live, 0);
        if (!faulty.failed)
            return;
    }
}

/// The same of work that takes long: some allocations fail, more of the first. What is read ahead
/// of what is never used may fail unseen. \param spread the larger, the more of them
static inline void test_some_allocations_fail(bl_status (*work)(bl_context *context, void *state),
                                              void *state, long spread) {
    test_allocator faulty = {0};
    bl_allocator allocator = test_allocator_face(&faulty);
    for (long n = 1;; n += 1 + n / spread) {
        test_allocator_arm(&faulty, 0);
        bl_context *context = test_context_of(1, &allocator, 0);
        assert_non_null(context);
        atomic_store(&faulty.fail_in, n);
        bl_status status = work(context, state);
        assert_true(status == BL_OK || (faulty.failed && status == BL_E_NOMEM));
        bl_context_free(context);
        assert_int_equal(faulty.n_live, 0);
        if (!faulty.failed)
            return;
    }
}

static inline void test_state_allocations(void **state) {
    test_every_allocation_fails((bl_status(*)(bl_context *)) * state);
}

static inline struct CMUnitTest test_of_allocations(const char *name,
                                                    bl_status (*work)(bl_context *context)) {
    return (struct CMUnitTest){
        .name = name, .test_func = test_state_allocations, .initial_state = (void *)work};
}

/// test_every_allocation_fails as one of a list of tests.
#define test_each_allocation(work) test_of_allocations("each allocation: " #work, work)

/// Runs tests with a context, which is their state and, where that is no NULL, `*context`, and with
/// an arena in it unless that is NULL; both are there meanwhile.
#define test_run(tests, n_threads, context, arena) \
    test_run_all(tests, sizeof(tests) / sizeof *(tests), n_threads, context, arena)

static inline int test_run_all(const struct CMUnitTest *tests, size_t n, unsigned n_threads,
                               bl_context **context, bl_arena *arena) {
    bl_context *made = test_context(n_threads);
    struct CMUnitTest *with_state = (struct CMUnitTest *)calloc(n, sizeof *with_state);
    assert_non_null(with_state);
    for (size_t i = 0; i < n; i++) {
        with_state[i] = tests[i];
        if (!tests[i].initial_state)
            with_state[i].initial_state = made;
    }
    if (context)
        *context = made;
    if (arena)
        bl_arena_init(arena, made);
    int n_failed = _cmocka_run_group_tests("tests", with_state, n, NULL, NULL);
    if (arena)
        bl_arena_release(arena);
    bl_context_free(made);
    free(with_state);
    return n_failed;
}

#endif
