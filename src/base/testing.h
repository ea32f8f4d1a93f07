// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: cmocka with what it wants included before it, and short ways to a context.
#ifndef BL_BASE_TESTING_H
#define BL_BASE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/context.h"
#include "base/test_allocator.h"

#define assert_ok(expression) assert_int_equal((expression), BL_OK)

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

#endif
