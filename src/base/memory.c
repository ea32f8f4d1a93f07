// SPDX-License-Identifier: Apache-2.0
// Counted memory. A small header in front of each block holds its size, because the user's `free`
// is not told it.
#include "base/memory.h"

#include "base/context_private.h"

/// 16 bytes, so that what follows is aligned as malloc's memory is.
typedef union block_header {
    size_t size; ///< of the whole block
    _Alignas(16) unsigned char padding[16];
} block_header;

static void count(bl_context *context, size_t more, size_t less) {
    atomic_fetch_add_explicit(&context->used_bytes, (uint64_t)more - (uint64_t)less,
                              memory_order_relaxed);
}

void *bl_alloc(bl_context *context, size_t size) {
    if (size > PTRDIFF_MAX - sizeof(block_header))
        return NULL;
    size_t whole = size + sizeof(block_header);
    block_header *block = (block_header *)context->allocator.alloc(context->allocator.user, whole);
    if (!block)
        return NULL;
    block->size = whole;
    count(context, whole, 0);
    return block + 1;
}

void *bl_alloc_zero(bl_context *context, size_t n, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        return NULL;
    void *memory = bl_alloc(context, bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

void *bl_realloc(bl_context *context, void *memory, size_t size) {
    if (!memory)
        return bl_alloc(context, size);
    if (size > PTRDIFF_MAX - sizeof(block_header))
        return NULL;
    block_header *old = (block_header *)memory - 1;
    size_t old_whole = old->size;
    size_t whole = size + sizeof(block_header);
    block_header *block =
        (block_header *)context->allocator.realloc(context->allocator.user, old, whole);
    if (!block)
        return NULL;
    block->size = whole;
    count(context, whole, old_whole);
    return block + 1;
}

void bl_free(bl_context *context, void *memory) {
    if (!memory)
        return;
    block_header *block = (block_header *)memory - 1;
    count(context, 0, block->size);
    context->allocator.free(context->allocator.user, block);
}

char *bl_strdup(bl_context *context, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = (char *)bl_alloc(context, size);
    return copy ? (char *)memcpy(copy, text, size) : NULL;
}

bl_status bl_array_grow(bl_context *context, void *array_pointer, size_t *capacity, size_t n,
                        size_t element_size, const char *what, bl_error *err) {
    if (n < *capacity)
        return BL_OK;
    size_t wanted = *capacity > SIZE_MAX / 2 ? SIZE_MAX : *capacity * 2;
    if (wanted < 8)
        wanted = 8;
    if (wanted <= n)
        wanted = n + 1;
    size_t bytes;
    if (!wanted || __builtin_mul_overflow(wanted, element_size, &bytes))
        return bl_error_nomem(err, SIZE_MAX, what);
    void *array;
    memcpy(&array, array_pointer, sizeof array); // it points to a T *, whatever T is
    array = bl_realloc(context, array, bytes);
    if (!array)
        return bl_error_nomem(err, bytes, what);
    memcpy(array_pointer, &array, sizeof array);
    *capacity = wanted;
    return BL_OK;
}
