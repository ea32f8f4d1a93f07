// SPDX-License-Identifier: Apache-2.0
// Elements of a dataset into builders. Numbers are the loops that count: they go over elements that
// lie one behind the other, at a fixed distance, or with their bytes still shuffled (all first
// bytes, all second ones, …), so that a column is taken out of a chunk without unshuffling the
// others.
#include <assert.h>

#include "base/context.h"
#include "formats/hdf5/module/shape.h"

/// So many values on the heap are read between two looks at the memory budget.
enum { HEAP_STEP = 1024 };

static bl_hdf5_place shifted(bl_hdf5_place place, size_t bytes) {
    place.data += bytes * place.byte;
    return place;
}

// ---- numbers ----

#define STRIDED(bits, convert)                                         \
    do {                                                               \
        uint##bits##_t *to_ = (uint##bits##_t *)out;                   \
        for (size_t i = 0; i < n; i++) {                               \
            uint##bits##_t value_;                                     \
            memcpy(&value_, place.data + i * place.element, bits / 8); \
            to_[i] = convert(value_);                                  \
        }                                                              \
    } while (0)

#define AS_IT_IS(value) (value)

static void copy_strided(bl_hdf5_place place, size_t n, size_t width, bool is_swapped, void *out) {
    if (!is_swapped && place.element == width)
        memcpy(out, place.data, n * width);
    else if (width == 1)
        STRIDED(8, AS_IT_IS);
    else if (width == 2 && is_swapped)
        STRIDED(16, __builtin_bswap16);
    else if (width == 2)
        STRIDED(16, AS_IT_IS);
    else if (width == 4 && is_swapped)
        STRIDED(32, __builtin_bswap32);
    else if (width == 4)
        STRIDED(32, AS_IT_IS);
    else if (is_swapped)
        STRIDED(64, __builtin_bswap64);
    else
        STRIDED(64, AS_IT_IS);
}

/// Elements whose bytes lie apart, each kind of byte one behind the other (`element` is 1).
static void join_planes(const uint8_t *const *planes, size_t n, size_t width, uint8_t *out) {
    uint16_t *out16 = (uint16_t *)(void *)out;
    uint32_t *out32 = (uint32_t *)(void *)out;
    uint64_t *out64 = (uint64_t *)(void *)out;
    if (width == 1)
        memcpy(out, planes[0], n);
    else if (width == 2)
        for (size_t i = 0; i < n; i++)
            out16[i] = (uint16_t)(planes[0][i] | planes[1][i] << 8);
    else if (width == 4)
        for (size_t i = 0; i < n; i++)
            out32[i] = planes[0][i] | (uint32_t)planes[1][i] << 8 | (uint32_t)planes[2][i] << 16 |
                       (uint32_t)planes[3][i] << 24;
    else
        for (size_t i = 0; i < n; i++) {
            uint32_t low = planes[0][i] | (uint32_t)planes[1][i] << 8 |
                           (uint32_t)planes[2][i] << 16 | (uint32_t)planes[3][i] << 24;
            uint32_t high = planes[4][i] | (uint32_t)planes[5][i] << 8 |
                            (uint32_t)planes[6][i] << 16 | (uint32_t)planes[7][i] << 24;
            out64[i] = low | (uint64_t)high << 32;
        }
}

/// `n` numbers of `width` bytes in host order.
static void take_numbers(bl_hdf5_place place, size_t n, size_t width, bool is_swapped, void *out) {
    if (place.byte == 1) {
        copy_strided(place, n, width, is_swapped, out);
        return;
    }
    const uint8_t *planes[8];
    for (size_t b = 0; b < width; b++)
        planes[b] = place.data + (is_swapped ? width - 1 - b : b) * place.byte;
    if (place.element == 1) {
        join_planes(planes, n, width, (uint8_t *)out);
        return;
    }
    uint8_t *to = (uint8_t *)out;
    for (size_t i = 0; i < n; i++)
        for (size_t b = 0; b < width; b++)
            *to++ = planes[b][i * place.element];
}

static float widen(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 31u;
    uint32_t mantissa = half & 0x3ffu, bits;
    float value;
    if (exponent == 31)
        bits = sign | 0x7f800000u | mantissa << 13;
    else if (exponent)
        bits = sign | (exponent + 112) << 23 | mantissa << 13;
    else { // no leading 1: a multiple of 2^-24
        value = (float)mantissa * 0x1p-24f;
        memcpy(&bits, &value, sizeof bits);
        bits |= sign;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void take_halves(bl_hdf5_place place, size_t n, bool is_swapped, float *out) {
    uint16_t *halves = (uint16_t *)(void *)out + n; // in the upper half of the place
    take_numbers(place, n, 2, is_swapped, halves);
    for (size_t i = 0; i < n; i++) {
        uint16_t half;
        memcpy(&half, &halves[i], sizeof half);
        float value = widen(half);
        memcpy(&out[i], &value, sizeof value);
    }
}

static void take_bools(bl_hdf5_place place, size_t n, bl_builder *builder) {
    uint8_t bytes[512];
    for (size_t at = 0; at < n;) {
        size_t some = n - at < sizeof bytes ? n - at : sizeof bytes;
        take_numbers((bl_hdf5_place){place.data + at * place.element, place.element, place.byte},
                     some, 1, false, bytes);
        bl_builder_append_bools(builder, bytes, some);
        at += some;
    }
}

static void decode_numbers(const bl_hdf5_shape *shape, bl_hdf5_place place, size_t n,
                           bl_builder *builder) {
    if (shape->kind == BL_HDF5_BOOL) {
        take_bools(place, n, builder);
        return;
    }
    void *out = bl_builder_extend(builder, n);
    if (out && shape->kind == BL_HDF5_HALF)
        take_halves(place, n, shape->is_swapped, (float *)out);
    else if (out)
        take_numbers(place, n, shape->size, shape->is_swapped, out);
}

// ---- texts ----

static size_t text_length(const bl_hdf5_shape *shape, const uint8_t *text, size_t size) {
    const uint8_t *end = NULL;
    if (shape->padding == BL_HDF5_NUL_ENDS)
        end = (const uint8_t *)memchr(text, 0, size);
    if (end)
        return (size_t)(end - text);
    uint8_t pad = shape->padding == BL_HDF5_SPACE_PADS ? ' ' : 0;
    while (size && text[size - 1] == pad)
        size--;
    return size;
}

static bl_status decode_texts(const bl_hdf5_shape *shape, bl_hdf5_place place, size_t n,
                              bl_builder *builder, bl_error *err) {
    bl_context *context = builder->context;
    uint8_t *text = (uint8_t *)bl_alloc(context, shape->size);
    if (!text)
        return bl_error_nomem(err, shape->size, "a text");
    for (size_t i = 0; i < n; i++) {
        const uint8_t *at = place.data + i * place.element;
        for (size_t b = 0; place.byte != 1 && b < shape->size; b++)
            text[b] = at[b * place.byte];
        const uint8_t *whole = place.byte == 1 ? at : text;
        bl_builder_append_string(builder, whole, text_length(shape, whole, shape->size));
    }
    bl_free(context, text);
    return BL_OK;
}

// ---- the heap ----

static bl_status check_budget(const bl_builder *builder, bl_error *err) {
    const bl_context *context = builder->context;
    if (bl_context_busy_bytes(context) <= bl_context_budget_bytes(context))
        return builder->failed == BL_OK
                   ? BL_OK
                   : bl_error_set(err, builder->failed, "a column is too large");
    return bl_error_set(err, BL_E_LIMIT, "values of any length go past the memory budget");
}

static bl_status decode_on_heap(const bl_hdf5_shape *shape, bl_hdf5_place place, size_t n,
                                bl_builder *builder, bl_hdf5_heap *heap, bl_error *err) {
    uint8_t reference[16];
    size_t reference_size = bl_hdf5_heap_reference_size(heap);
    const bl_hdf5_shape *item = shape->n_children ? &shape->children[0] : NULL;
    size_t item_size = item ? item->size : 1;
    if (shape->size != reference_size)
        return bl_error_set(err, BL_E_CORRUPT, "references of %zu bytes", shape->size);
    for (size_t i = 0; i < n; i++) {
        uint32_t count;
        const uint8_t *data;
        size_t size;
        for (size_t b = 0; b < reference_size; b++)
            reference[b] = place.data[i * place.element + b * place.byte];
        BL_TRY(bl_hdf5_heap_find(heap, reference, &count, &data, &size, err));
        if (count > size / item_size)
            return bl_error_set(err, BL_E_CORRUPT, "%u items of %zu bytes in %zu bytes", count,
                                item_size, size);
        if (!item) {
            // some writers count the NUL
            size_t length = data && count && data[count - 1] == 0 ? count - 1 : count;
            bl_builder_append_string(builder, data ? data : reference, data ? length : 0);
        } else {
            bl_hdf5_place items = {data, item_size, 1};
            if (count && item->has_heap) { // what is found next may take the place of this
                BL_AUTO(bl_buffer) copy = NULL;
                BL_TRY(bl_buffer_new(builder->context, count * item_size, &copy, err));
                memcpy(copy->data, data, count * item_size);
                items.data = copy->data;
                BL_TRY(bl_hdf5_decode(item, items, count, &builder->children[0], heap, err));
            } else if (count) {
                BL_TRY(bl_hdf5_decode(item, items, count, &builder->children[0], heap, err));
            }
            bl_builder_end_list(builder);
        }
        if (i % HEAP_STEP == 0)
            BL_TRY(check_budget(builder, err));
    }
    return BL_OK;
}

// ---- what holds others ----

static bl_status decode_arrays(const bl_hdf5_shape *shape, bl_hdf5_place place, size_t n,
                               bl_builder *builder, bl_hdf5_heap *heap, bl_error *err) {
    const bl_hdf5_shape *item = &shape->children[0];
    bl_builder *items = &builder->children[0];
    if (place.byte == 1 && place.element == shape->size) // no gaps: one long array
        return bl_hdf5_decode(item, (bl_hdf5_place){place.data, item->size, 1}, n * shape->n_items,
                              items, heap, err);
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_hdf5_decode(
            item,
            (bl_hdf5_place){place.data + i * place.element, item->size * place.byte, place.byte},
            shape->n_items, items, heap, err));
    return BL_OK;
}

bl_status bl_hdf5_decode(const bl_hdf5_shape *shape, bl_hdf5_place place, size_t n,
                         bl_builder *builder, bl_hdf5_heap *heap, bl_error *err) {
    if (n == 0)
        return BL_OK;
    assert(place.data);
    switch (shape->kind) {
    case BL_HDF5_TEXT:
        return decode_texts(shape, place, n, builder, err);
    case BL_HDF5_STRING:
    case BL_HDF5_LIST:
        return decode_on_heap(shape, place, n, builder, heap, err);
    case BL_HDF5_ARRAY:
        return decode_arrays(shape, place, n, builder, heap, err);
    case BL_HDF5_STRUCT:
        for (size_t i = 0; i < shape->n_children; i++)
            BL_TRY(bl_hdf5_decode(&shape->children[i], shifted(place, shape->offsets[i]), n,
                                  &builder->children[i], heap, err));
        return BL_OK;
    default:
        decode_numbers(shape, place, n, builder);
        return BL_OK;
    }
}
