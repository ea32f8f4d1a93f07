// SPDX-License-Identifier: Apache-2.0
// Rows of columns as the bytes of entries.
// \source ROOT, TLeaf*::FillBasket, TLeafC (strings), TBufferFile (byte counts), the streaming of
// STL collections: version, size, then the items; inner collections are a size and items
#include "base/packer.h"
#include "formats/root/number.h"
#include "formats/ttree/write_branch.h"

enum {
    VECTOR_VERSION = 9,
    VECTOR_HEADER = 10, ///< byte count, version, size
    SIZE_BYTES = 4,
    STRING_HEADER = 5, ///< at most
    LONG_STRING = 255,
};
#define BYTE_COUNT 0x40000000u

void bl_write_view_find(const bl_write_shape *shape, const bl_column *column, bl_write_view *view) {
    const uint32_t *step = shape->steps;
    *view = (bl_write_view){0};
    for (;; column = &column->children[column->type->id == BL_STRUCT ? *step++ : 0]) {
        bl_type_id id = column->type->id;
        bool looks_no_deeper = shape->kind == BL_WRITE_COUNTER || shape->kind == BL_WRITE_SAME;
        if (id < BL_LIST || (looks_no_deeper && view->n_levels == 1))
            break;
        if (id == BL_STRUCT)
            continue;
        view->levels[view->n_levels].offsets =
            id == BL_FIXED_LIST ? NULL : bl_column_offsets(column);
        view->levels[view->n_levels++].wide = id == BL_LARGE_LIST;
    }
    view->leaf = column;
}

size_t bl_write_fixed_bytes(const bl_write_shape *shape) {
    if (shape->kind == BL_WRITE_COUNTER)
        return sizeof(int32_t);
    if (shape->kind != BL_WRITE_FLAT)
        return 0;
    return (size_t)shape->n_fixed * bl_write_spelling_of(shape->item)->width;
}

uint64_t bl_write_bound(const bl_write_shape *shape, const bl_write_view *view, int64_t first,
                        int64_t last) {
    uint64_t n_rows = (uint64_t)(last - first);
    if (bl_write_is_fixed(shape))
        return n_rows * bl_write_fixed_bytes(shape);
    uint64_t bytes = shape->kind == BL_WRITE_VECTOR ? n_rows * (VECTOR_HEADER - SIZE_BYTES) : 0;
    for (size_t level = 0; level < shape->n_lists; level++) {
        if (shape->kind == BL_WRITE_VECTOR)
            bytes += SIZE_BYTES * (uint64_t)(last - first);
        first = bl_write_offset(view, level, first);
        last = bl_write_offset(view, level, last);
    }
    if (shape->item < BL_BINARY)
        return bytes + (uint64_t)(last - first) * (uint64_t)shape->n_fixed *
                           bl_write_spelling_of(shape->item)->width;
    const int32_t *offsets = (const int32_t *)bl_column_offsets(view->leaf);
    return bytes + STRING_HEADER * (uint64_t)(last - first) +
           (uint64_t)(last > first ? offsets[last] - offsets[first] : 0);
}

static uint8_t *write_numbers(const bl_write_shape *shape, const bl_write_view *view, int64_t first,
                              int64_t last, uint8_t *out) {
    size_t width = bl_write_spelling_of(shape->item)->width;
    size_t from = (size_t)(first * shape->n_fixed), n = (size_t)(last * shape->n_fixed) - from;
    if (shape->kind == BL_WRITE_SAME) {
        for (size_t i = 0; i < n; i++)
            bl_store_be32(out + i * width, shape->same);
        return out + n * width;
    }
    const uint8_t *values = (const uint8_t *)bl_column_values(view->leaf);
    if (shape->item == BL_BOOL)
        bl_root_bools_encode(values, from, n, out);
    else
        bl_root_numbers_encode(width, values + from * width, n, out);
    return out + n * width;
}

static uint8_t *write_string(const bl_write_view *view, int64_t i, uint8_t *out) {
    const int32_t *offsets = (const int32_t *)bl_column_offsets(view->leaf);
    const uint8_t *bytes = (const uint8_t *)bl_column_values(view->leaf) + offsets[i];
    size_t n = (size_t)(offsets[i + 1] - offsets[i]);
    *out++ = n < LONG_STRING ? (uint8_t)n : LONG_STRING;
    if (n >= LONG_STRING) {
        bl_store_be32(out, (uint32_t)n);
        out += sizeof(uint32_t);
    }
    memcpy(out, bytes, n);
    return out + n;
}

/// Items [first, last) below `level` lists.
static uint8_t *write_items(const bl_write_shape *shape, const bl_write_view *view, size_t level,
                            int64_t first, int64_t last, uint8_t *out) {
    if (level == shape->n_lists && shape->item < BL_BINARY)
        return write_numbers(shape, view, first, last, out);
    for (int64_t i = first; i < last; i++) {
        if (level == shape->n_lists) {
            out = write_string(view, i, out);
            continue;
        }
        int64_t start = bl_write_offset(view, level, i), end = bl_write_offset(view, level, i + 1);
        bl_store_be32(out, (uint32_t)(end - start));
        out = write_items(shape, view, level + 1, start, end, out + SIZE_BYTES);
    }
    return out;
}

static uint8_t *write_vector(const bl_write_shape *shape, const bl_write_view *view, int64_t row,
                             uint8_t *out) {
    uint8_t *end = write_items(shape, view, 0, row, row + 1, out + VECTOR_HEADER - SIZE_BYTES);
    bl_store_be32(out, (uint32_t)(end - out - SIZE_BYTES) | BYTE_COUNT);
    bl_store_be16(out + 4, VECTOR_VERSION);
    return end;
}

static size_t write_jagged(const bl_write_shape *shape, const bl_write_view *view, int64_t first,
                           int64_t last, uint8_t *out, uint32_t *ends, uint32_t base) {
    int64_t start = bl_write_offset(view, 0, first), end = bl_write_offset(view, 0, last);
    int64_t item = shape->n_fixed * bl_write_spelling_of(shape->item)->width;
    for (int64_t i = first; i < last; i++)
        ends[i - first] = base + (uint32_t)((bl_write_offset(view, 0, i + 1) - start) * item);
    return (size_t)(write_numbers(shape, view, start, end, out) - out);
}

size_t bl_write_rows(const bl_write_shape *shape, const bl_write_view *view, int64_t first,
                     int64_t last, uint8_t *out, uint32_t *ends, uint32_t base) {
    uint8_t *at = out;
    switch (shape->kind) {
    case BL_WRITE_FLAT:
        at = write_numbers(shape, view, first, last, out);
        break;
    case BL_WRITE_COUNTER:
        for (int64_t i = first; i < last; i++, at += sizeof(int32_t))
            bl_store_be32(
                at, (uint32_t)(bl_write_offset(view, 0, i + 1) - bl_write_offset(view, 0, i)));
        break;
    case BL_WRITE_JAGGED:
    case BL_WRITE_SAME:
        return write_jagged(shape, view, first, last, out, ends, base);
    case BL_WRITE_STRING:
    case BL_WRITE_VECTOR:
        for (int64_t i = first; i < last; i++) {
            at = shape->kind == BL_WRITE_STRING ? write_string(view, i, at)
                                                : write_vector(shape, view, i, at);
            ends[i - first] = base + (uint32_t)(at - out);
        }
    }
    return (size_t)(at - out);
}

int64_t bl_write_count(const bl_write_shape *shape, const bl_write_view *view, int64_t row) {
    if (shape->kind == BL_WRITE_FLAT)
        return bl_column_integer(view->leaf, row);
    if (shape->kind == BL_WRITE_STRING) {
        const int32_t *offsets = (const int32_t *)bl_column_offsets(view->leaf);
        return offsets[row + 1] - offsets[row];
    }
    return bl_write_offset(view, 0, row + 1) - bl_write_offset(view, 0, row);
}

/// [last − first + 1] offsets of the outermost lists or of strings, where they are of 32 bits.
static const int32_t *narrow_offsets(const bl_write_shape *shape, const bl_write_view *view) {
    if (shape->kind == BL_WRITE_STRING)
        return (const int32_t *)bl_column_offsets(view->leaf);
    bool is_list = view->n_levels && view->levels[0].offsets;
    return is_list && !view->levels[0].wide ? (const int32_t *)view->levels[0].offsets : NULL;
}

int64_t bl_write_most(const bl_write_shape *shape, const bl_write_view *view, int64_t n_rows) {
    const int32_t *offsets = narrow_offsets(shape, view);
    int64_t most = 0;
    int32_t narrow = 0;
    for (int64_t i = 0; offsets && i < n_rows; i++) {
        int32_t n = offsets[i + 1] - offsets[i];
        narrow = n > narrow ? n : narrow;
    }
    for (int64_t i = 0; !offsets && i < n_rows; i++) {
        int64_t n = bl_write_count(shape, view, i);
        most = n > most ? n : most;
    }
    return offsets ? narrow : most;
}

int64_t bl_write_first_difference(const bl_write_shape *shape, const bl_write_view *view,
                                  const bl_write_shape *counter, const bl_write_view *counted,
                                  int64_t n_rows) {
    if (view->n_levels && counted->n_levels &&
        view->levels[0].offsets == counted->levels[0].offsets)
        return n_rows; // the members of one struct
    const int32_t *offsets = narrow_offsets(shape, view);
    const int32_t *others = narrow_offsets(counter, counted);
    if (offsets && others && memcmp(offsets, others, (size_t)(n_rows + 1) * sizeof *offsets) == 0)
        return n_rows;
    int64_t row = 0;
    if (offsets && counter->kind == BL_WRITE_FLAT &&
        (counter->item == BL_INT32 || counter->item == BL_UINT32)) {
        const int32_t *counts = (const int32_t *)bl_column_values(counted->leaf);
        while (row < n_rows && offsets[row + 1] - offsets[row] == counts[row])
            row++;
        return row;
    }
    while (row < n_rows &&
           bl_write_count(shape, view, row) == bl_write_count(counter, counted, row))
        row++;
    return row;
}
