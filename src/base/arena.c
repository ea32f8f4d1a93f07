// SPDX-License-Identifier: Apache-2.0
// An arena: a chain of growing blocks; a thing that is too big for one gets a block of its own.
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#define ALIGNMENT ((size_t)16)
#define FIRST_BLOCK ((size_t)1024)
#define LARGEST_BLOCK ((size_t)64 << 10)

struct bl_arena_block {
    struct bl_arena_block *older;
    size_t capacity;
    size_t used;
    _Alignas(16) uint8_t data[];
};

void bl_arena_init(bl_arena *arena, bl_context *context) {
    *arena = (bl_arena){.context = context};
}

void bl_arena_release(bl_arena *arena) {
    struct bl_arena_block *block = arena->newest;
    arena->newest = NULL;
    while (block) {
        struct bl_arena_block *older = block->older;
        bl_free(arena->context, block);
        block = older;
    }
}

/// A block with room for `size` bytes. A big one goes behind the newest, whose rest stays in use.
static struct bl_arena_block *add_block(bl_arena *arena, size_t size) {
    struct bl_arena_block *newest = arena->newest;
    size_t usual = newest ? newest->capacity * 2 : FIRST_BLOCK;
    if (usual > LARGEST_BLOCK)
        usual = LARGEST_BLOCK;
    bool is_big = size > usual / 2;
    size_t capacity = is_big ? size : usual;
    struct bl_arena_block *block =
        (struct bl_arena_block *)bl_alloc(arena->context, sizeof *block + capacity);
    if (!block)
        return NULL;
    block->capacity = capacity;
    block->used = 0;
    if (is_big && newest) {
        block->older = newest->older;
        newest->older = block;
    } else {
        block->older = newest;
        arena->newest = block;
    }
    return block;
}

void *bl_arena_alloc(bl_arena *arena, size_t size) {
    if (size > PTRDIFF_MAX - sizeof(struct bl_arena_block) - ALIGNMENT)
        return NULL;
    size_t rounded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (rounded == 0)
        rounded = ALIGNMENT; // two empty things have two addresses
    struct bl_arena_block *block = arena->newest;
    if (!block || rounded > block->capacity - block->used)
        block = add_block(arena, rounded);
    if (!block)
        return NULL;
    uint8_t *memory = block->data + block->used;
    block->used += rounded;
    return memset(memory, 0, rounded);
}

void *bl_arena_array(bl_arena *arena, size_t count, size_t size) {
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : bl_arena_alloc(arena, bytes);
}

void *bl_arena_grow(bl_arena *arena, void *items, size_t n, size_t *room, size_t size) {
    if (n < *room)
        return items;
    size_t more = *room ? 2 * *room : 16;
    void *grown = bl_arena_array(arena, more, size);
    if (grown && n)
        memcpy(grown, items, n * size);
    if (grown)
        *room = more;
    return grown;
}

char *bl_arena_text(bl_arena *arena, const char *text, size_t length) {
    char *copy = length < SIZE_MAX ? (char *)bl_arena_alloc(arena, length + 1) : NULL;
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}

char *bl_arena_printf(bl_arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : (char *)bl_arena_alloc(arena, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}
