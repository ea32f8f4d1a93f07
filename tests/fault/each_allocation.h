// SPDX-License-Identifier: Apache-2.0
/// \file
/// The loop of tests in which every allocation fails once.
#ifndef BL_TESTS_FAULT_EACH_ALLOCATION_H
#define BL_TESTS_FAULT_EACH_ALLOCATION_H

#include "base/testing.h"

/// Does some work with a context. `argument` is the test's.
typedef bl_status (*work_fn)(bl_context *context, void *argument);
/// Looks at what the work left behind, whatever it answered.
typedef void (*look_fn)(bl_status status, void *argument);

/// Each time the answer must be BL_OK or BL_E_NOMEM, and no memory may stay behind. Few failures
/// are survived: of fetching or, on several threads, decoding ahead, which is then tried again.
/// \param look NULL: nothing is left behind \param least, most of allocations
static inline void fail_each_allocation_on(unsigned n_threads, work_fn work, look_fn look,
                                           void *argument, size_t least, size_t most) {
    test_allocator faulty = {0};
    bl_allocator allocator = test_allocator_face(&faulty);
    size_t n_survived = 0, n_failed = 0;
    for (long n = 1; n == 1 || faulty.failed; n++) {
        test_allocator_arm(&faulty, 0);
        bl_context *context = test_context_of(n_threads, &allocator, 0);
        atomic_store(&faulty.fail_in, n);
        bl_status status = work(context, argument);
        bl_context_free(context);
        if (status != BL_E_NOMEM && status != BL_OK)
            fail_msg("allocation %ld: %s", n, bl_status_text(status));
        if (look)
            look(status, argument);
        assert_int_equal(faulty.n_live, 0);
        n_failed += faulty.failed;
        n_survived += faulty.failed && status == BL_OK;
    }
    assert_in_range(n_failed, least, most);
    assert_in_range(n_survived, 0, n_failed / (n_threads > 1 ? 5 : 10));
}

static inline void fail_each_allocation(work_fn work, look_fn look, void *argument, size_t least,
                                        size_t most) {
    fail_each_allocation_on(1, work, look, argument, least, most);
}

#endif
