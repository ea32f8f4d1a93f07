// SPDX-License-Identifier: Apache-2.0
/// \file
/// The surroundings of all work: allocator, log, threads, memory budget, cancellation.
/// There are no globals; two contexts share nothing.
#ifndef BEAMLINE_CONTEXT_H
#define BEAMLINE_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include <beamline/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bl_context bl_context;

/// Where memory comes from. `alloc` and `realloc` answer NULL when there is none; any thread of the
/// context may call them. Memory must be aligned as `malloc`'s is.
typedef struct bl_allocator {
    void *(*alloc)(void *user, size_t size);
    void *(*realloc)(void *user, void *memory, size_t size);
    void (*free)(void *user, void *memory);
    void *user;
} bl_allocator;

typedef enum bl_log_level { BL_LOG_DEBUG, BL_LOG_INFO, BL_LOG_WARNING } bl_log_level;

/// Receives one line without a newline. May be called from any thread of the context.
typedef void (*bl_log_fn)(void *user, bl_log_level level, const char *line);

/// Zero-initialise, set `size = sizeof(bl_context_options)`, then what differs from the default.
typedef struct bl_context_options {
    size_t size;
    const bl_allocator *allocator; ///< copied; NULL: malloc, realloc, free
    bl_log_fn log;                 ///< NULL: silence
    void *log_user;
    unsigned n_threads; ///< threads that compute, the caller's included; 0: as many as processors
    uint64_t memory_bytes; ///< budget for buffers of streaming work; 0: 1 GiB
} bl_context_options;

/// Makes a context. \param options NULL for the defaults. \param ret_context the caller owns it.
/// \return BL_OK, BL_E_INVALID, BL_E_NOMEM, BL_E_IO (no threads to be had)
BL_API BL_MUST_CHECK bl_status bl_context_new(const bl_context_options *options,
                                              bl_context **ret_context, bl_error *err);
/// Gives a context up. Batches that are still held keep what they need alive. NULL is allowed.
BL_API void bl_context_free(bl_context *context);

/// Asks all work of this context to stop soon with BL_E_CANCELLED. Safe in a signal handler.
BL_API void bl_context_cancel(bl_context *context);
/// True once `bl_context_cancel` was called.
BL_API bool bl_context_is_cancelled(const bl_context *context);

/// Threads that compute, the caller's included.
BL_API unsigned bl_context_n_threads(const bl_context *context);
/// The memory budget in bytes.
BL_API uint64_t bl_context_memory_bytes(const bl_context *context);
/// Bytes that this context holds allocated now, its recycled buffers included.
BL_API uint64_t bl_context_used_bytes(const bl_context *context);

#ifdef __cplusplus
}
#endif
#endif
