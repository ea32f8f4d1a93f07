// SPDX-License-Identifier: Apache-2.0
/// \file
/// Memory from the context's allocator, and buffers that are recycled.
#ifndef BL_BASE_MEMORY_H
#define BL_BASE_MEMORY_H

#include <stdatomic.h>
#include <string.h>

#include <beamline/context.h>

#include "base/error.h"

/// `size` bytes, uninitialised; NULL when there are none. Freed by bl_free with the same context.
void *bl_alloc(bl_context *context, size_t size);
/// `count` zeroed elements of `size` bytes; NULL when there are none or the product overflows.
void *bl_alloc_zero(bl_context *context, size_t count, size_t size);
/// Grows or shrinks; `memory` may be NULL. NULL leaves `memory` as it was.
void *bl_realloc(bl_context *context, void *memory, size_t size);
/// NULL is allowed.
void bl_free(bl_context *context, void *memory);
/// A copy of a string; NULL when there is no memory.
char *bl_strdup(bl_context *context, const char *text);

/// Makes room for element `n` of a growing array (`*capacity` elements now), doubling it.
/// \return BL_OK, BL_E_NOMEM
bl_status bl_array_grow(bl_context *context, void *array_pointer, size_t *capacity, size_t n,
                        size_t element_size, const char *what, bl_error *err);

/// Bytes that are shared by reference count and aligned to 64. The last release hands the memory
/// back to the context, which keeps some of it for the next buffer of that size.
typedef struct bl_buffer {
    uint8_t *data;   ///< [capacity]
    size_t size;     ///< bytes in use
    size_t capacity; ///< bytes that may be written while only one holder exists
    bl_context *context;
    struct bl_buffer *next_free; ///< of the context's list, while not in use
    atomic_uint n_holders;
    void (*release_owner)(void *owner); ///< of foreign bytes; NULL: `data` is the context's
    void *owner;
} bl_buffer;

/// A buffer of at least `capacity` bytes, `size` 0. \param ret_buffer the caller holds it
/// \return BL_OK, BL_E_NOMEM
bl_status bl_buffer_new(bl_context *context, size_t capacity, bl_buffer **ret_buffer,
                        bl_error *err);
/// A buffer over bytes that somebody else keeps alive; nobody may write to them.
/// \param release_owner called with `owner` at the last release, from any thread; not on failure
/// \return BL_OK, BL_E_NOMEM
bl_status bl_buffer_new_foreign(bl_context *context, const void *data, size_t size,
                                void (*release_owner)(void *owner), void *owner,
                                bl_buffer **ret_buffer, bl_error *err);
/// Makes room for `capacity` bytes; may move the `size` bytes in use. Only for a single holder.
bl_status bl_buffer_reserve(bl_buffer **buffer, size_t capacity, bl_error *err);
bl_buffer *bl_buffer_ref(bl_buffer *buffer);
/// NULL is allowed.
void bl_buffer_release(bl_buffer *buffer);
BL_DEFINE_AUTO(bl_buffer, bl_buffer_release);

#endif
