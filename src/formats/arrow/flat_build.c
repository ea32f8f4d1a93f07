// SPDX-License-Identifier: Apache-2.0
// FlatBuffers being written, from the last byte to the first: what is referred to is there before
// what refers to it, and places are counted from the end, which does not move.
#include "formats/arrow/flat.h"

#define SMALLEST ((size_t)1024)
#define LARGEST ((size_t)1 << 30) // offsets are signed 32-bit numbers

void bl_flat_builder_release(bl_flat_builder *builder) {
    bl_free(builder->context, builder->data);
    builder->data = NULL;
}

/// Makes room for `n` more bytes; what is written moves to the end of the new memory.
static bool reserve(bl_flat_builder *builder, size_t n) {
    if (builder->failed || n > LARGEST - builder->used) {
        builder->failed = true;
        return false;
    }
    size_t wanted = builder->used + n;
    if (builder->data && wanted <= builder->capacity)
        return true;
    size_t capacity = builder->capacity ? builder->capacity : SMALLEST;
    while (capacity < wanted)
        capacity *= 2;
    uint8_t *data = (uint8_t *)bl_alloc(builder->context, capacity);
    if (!data) {
        builder->failed = true;
        return false;
    }
    if (builder->data && builder->used)
        memcpy(data + capacity - builder->used, builder->data + builder->capacity - builder->used,
               builder->used);
    bl_free(builder->context, builder->data);
    builder->data = data;
    builder->capacity = capacity;
    return true;
}

/// Room for `n` bytes in front of all others; NULL after a failure.
static uint8_t *push(bl_flat_builder *builder, size_t n) {
    if (!reserve(builder, n))
        return NULL;
    builder->used += n;
    return builder->data + builder->capacity - builder->used;
}

/// Pads so that what begins after `n` more bytes is aligned.
static void align(bl_flat_builder *builder, size_t alignment, size_t n) {
    size_t padding = (alignment - (builder->used + n) % alignment) % alignment;
    uint8_t *place = push(builder, padding);
    if (place && padding)
        memset(place, 0, padding);
}

static void push_int(bl_flat_builder *builder, size_t width, int64_t value) {
    uint8_t *place = push(builder, width);
    if (place)
        memcpy(place, &value, width);
}

static void push_ref(bl_flat_builder *builder, bl_flat_ref ref) {
    push_int(builder, 4, (int64_t)(builder->used + 4 - ref));
}

bl_flat_ref bl_flat_add_vector(bl_flat_builder *builder, const void *elements, size_t n,
                               size_t size, size_t alignment) {
    size_t bytes = n * size;
    if (n > LARGEST / size) {
        builder->failed = true;
        return 0;
    }
    align(builder, alignment < 4 ? 4 : alignment, bytes);
    uint8_t *place = push(builder, bytes);
    if (place && bytes)
        memcpy(place, elements, bytes);
    push_int(builder, 4, (int64_t)n);
    return builder->used;
}

bl_flat_ref bl_flat_add_text(bl_flat_builder *builder, const char *text) {
    size_t length = strlen(text);
    align(builder, 4, length + 1); // a text ends with a NUL that its length does not count
    uint8_t *place = push(builder, length + 1);
    if (place)
        memcpy(place, text, length + 1);
    push_int(builder, 4, (int64_t)length);
    return builder->used;
}

bl_flat_ref bl_flat_add_refs(bl_flat_builder *builder, const bl_flat_ref *refs, size_t n) {
    align(builder, 4, 0);
    for (size_t i = n; i-- > 0;)
        push_ref(builder, refs[i]);
    push_int(builder, 4, (int64_t)n);
    return builder->used;
}

void bl_flat_begin(bl_flat_builder *builder) {
    memset(builder->fields, 0, sizeof builder->fields);
    builder->table_end = builder->used;
}

void bl_flat_put(bl_flat_builder *builder, unsigned field, size_t width, int64_t value) {
    align(builder, width, width);
    push_int(builder, width, value);
    builder->fields[field] = builder->used;
}

void bl_flat_put_ref(bl_flat_builder *builder, unsigned field, bl_flat_ref ref) {
    if (!ref)
        return;
    align(builder, 4, 4);
    push_ref(builder, ref);
    builder->fields[field] = builder->used;
}

bl_flat_ref bl_flat_end(bl_flat_builder *builder) {
    align(builder, 4, 4);
    push_int(builder, 4, 0); // where the vtable is; filled in below
    size_t table = builder->used, n = BL_FLAT_FIELDS;
    while (n && !builder->fields[n - 1])
        n--;
    align(builder, 2, 0);
    for (size_t i = n; i-- > 0;)
        push_int(builder, 2, builder->fields[i] ? (int64_t)(table - builder->fields[i]) : 0);
    push_int(builder, 2, (int64_t)(table - builder->table_end));
    push_int(builder, 2, (int64_t)(4 + 2 * n));
    if (builder->failed)
        return 0;
    int32_t distance = (int32_t)(builder->used - table);
    memcpy(builder->data + builder->capacity - table, &distance, sizeof distance);
    return table;
}

bl_status bl_flat_finish(bl_flat_builder *builder, bl_flat_ref root, const uint8_t **ret_data,
                         size_t *ret_size, bl_error *err) {
    align(builder, 8, 4);
    push_ref(builder, root);
    if (builder->failed)
        return bl_error_nomem(err, builder->used, "a message's metadata");
    *ret_data = builder->data + builder->capacity - builder->used;
    *ret_size = builder->used;
    return BL_OK;
}
