// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: an allocator that fails once, at an allocation of your choice, and counts what lives.
///
/// A test of failing memory is a loop: `for (n = 1;; n++)`, arm at `n`, do the work, expect
/// BL_E_NOMEM and no live blocks; the first run in which nothing failed ends it.
#ifndef BL_BASE_TEST_ALLOCATOR_H
#define BL_BASE_TEST_ALLOCATOR_H

#include <stdatomic.h>
#include <stdlib.h>

#include <beamline/context.h>

typedef struct test_allocator {
    atomic_long n_live;  ///< blocks
    atomic_long fail_in; ///< the n-th allocation from here fails; 0 or less: none
    atomic_bool failed;
} test_allocator;

static inline bool test_allocator_fails(test_allocator *self) {
    bool fails = atomic_fetch_sub(&self->fail_in, 1) == 1;
    if (fails)
        atomic_store(&self->failed, true);
    return fails;
}

static inline void *counted_alloc(void *user, size_t size) {
    test_allocator *self = (test_allocator *)user;
    void *memory = test_allocator_fails(self) ? NULL : malloc(size);
    if (memory)
        atomic_fetch_add(&self->n_live, 1);
    return memory;
}

static inline void *counted_realloc(void *user, void *memory, size_t size) {
    return test_allocator_fails((test_allocator *)user) ? NULL : realloc(memory, size);
}

static inline void counted_free(void *user, void *memory) {
    atomic_fetch_sub(&((test_allocator *)user)->n_live, 1);
    free(memory);
}

/// Forgets what was counted; the n-th allocation from here will fail (0: none).
static inline void test_allocator_arm(test_allocator *self, long n) {
    atomic_store(&self->n_live, 0);
    atomic_store(&self->failed, false);
    atomic_store(&self->fail_in, n);
}

static inline bl_allocator test_allocator_face(test_allocator *self) {
    return (bl_allocator){counted_alloc, counted_realloc, counted_free, self};
}

#endif
