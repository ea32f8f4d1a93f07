// SPDX-License-Identifier: Apache-2.0
/// \file
/// The context's struct, for the files of base alone.
#ifndef BL_BASE_CONTEXT_PRIVATE_H
#define BL_BASE_CONTEXT_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/context.h"
#include "base/memory.h"

/// Four sizes an octave from 64 bytes to 64 MiB, both ends included.
#define BL_N_BUFFER_CLASSES 81

/// Buffers that wait for their next use. They hold no reference on the context.
typedef struct bl_free_buffers {
    pthread_mutex_t lock;
    bl_buffer *lists[BL_N_BUFFER_CLASSES];
    _Atomic(uint64_t) kept_bytes; ///< changes under the lock
    uint64_t limit_bytes;
    unsigned next_victim; ///< class that gives up a buffer next when the limit is met
    bool closed;          ///< after bl_context_free nothing is kept
} bl_free_buffers;

typedef struct bl_pool bl_pool;

struct bl_context {
    bl_allocator allocator;
    bl_log_fn log;
    void *log_user;
    unsigned n_threads;
    uint64_t memory_bytes;
    atomic_bool is_cancelled;
    atomic_uint n_holders; ///< the user's handle, live buffers, types, batches, exported arrays
    _Atomic(uint64_t) used_bytes;
    bl_free_buffers buffers;
    bl_pool *pool; ///< NULL with one thread, and after bl_context_free
};

/// Starts n_threads − 1 threads. \return BL_OK, BL_E_NOMEM, BL_E_IO
bl_status bl_pool_new(bl_context *context, bl_pool **ret_pool, bl_error *err);
/// Joins the threads. NULL is allowed.
void bl_pool_free(bl_pool *pool);

/// Frees every waiting buffer and keeps none from now on.
void bl_free_buffers_close(bl_context *context);

#endif
