// SPDX-License-Identifier: Apache-2.0
/// \file
/// An arena: many small things with one lifetime.
#ifndef BL_BASE_ARENA_H
#define BL_BASE_ARENA_H

#include <stddef.h>

#include "base/memory.h"

typedef struct bl_arena {
    bl_context *context;
    struct bl_arena_block *newest;
} bl_arena;

/// An empty arena; allocates nothing yet.
void bl_arena_init(bl_arena *arena, bl_context *context);
/// Frees everything; the arena may be used again.
void bl_arena_release(bl_arena *arena);
/// `size` zeroed bytes, aligned to 16; NULL when there is no memory. Lives as long as the arena.
void *bl_arena_alloc(bl_arena *arena, size_t size);
/// `count` zeroed elements; NULL when there is no memory or the product overflows.
void *bl_arena_array(bl_arena *arena, size_t count, size_t size);
/// Room for item `n` of a growing array of `*room`: the array as it is, or a copy of its `n` items
/// twice as long, with zeros behind them. \return NULL: no memory; `*room` is as it was
void *bl_arena_grow(bl_arena *arena, void *items, size_t n, size_t *room, size_t size);
/// A NUL-terminated copy of `length` bytes; NULL when there is no memory.
char *bl_arena_text(bl_arena *arena, const char *text, size_t length);
/// printf into the arena; NULL when there is no memory.
char *bl_arena_printf(bl_arena *arena, const char *format, ...) BL_PRINTF(2, 3);

#endif
