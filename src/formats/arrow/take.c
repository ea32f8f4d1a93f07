// SPDX-License-Identifier: Apache-2.0
// Values of a column by their numbers: what a dictionary's indices stand for.
#include "base/context.h"
#include "formats/arrow/request.h"

static bool is_there(const bl_column *column, int64_t row) {
    return row >= 0 && !bl_column_is_null(column, row);
}

static void set_bit(bl_buffer *bits, size_t i) {
    bits->data[i / 8] = (uint8_t)(bits->data[i / 8] | 1U << i % 8);
}

static bl_status new_bits(bl_context *context, size_t n, bl_buffer **ret_bits, bl_error *err) {
    BL_TRY(bl_arrow_new_buffer(context, (n + 7) / 8, ret_bits, err));
    memset((*ret_bits)->data, 0, (n + 7) / 8);
    return BL_OK;
}

static bl_status take_validity(bl_context *context, const bl_column *from, const int64_t *rows,
                               size_t n, bl_column *column, bl_error *err) {
    size_t n_there = 0;
    for (size_t i = 0; i < n; i++)
        n_there += is_there(from, rows[i]);
    if (n_there == n)
        return BL_OK;
    BL_TRY(new_bits(context, n, &column->validity, err));
    for (size_t i = 0; i < n; i++)
        if (is_there(from, rows[i]))
            set_bit(column->validity, i);
    return BL_OK;
}

#define GATHER(type)                                         \
    do {                                                     \
        const type *in = (const type *)from;                 \
        for (size_t i = 0; i < n; i++)                       \
            ((type *)to)[i] = rows[i] < 0 ? 0 : in[rows[i]]; \
    } while (0)

static void gather(const void *from, size_t width, const int64_t *rows, size_t n, void *to) {
    if (width == 1)
        GATHER(uint8_t);
    else if (width == 2)
        GATHER(uint16_t);
    else if (width == 4)
        GATHER(uint32_t);
    else
        GATHER(uint64_t);
}

static bl_status take_numbers(bl_context *context, const bl_column *from, const int64_t *rows,
                              size_t n, bl_column *column, bl_error *err) {
    size_t width = bl_type_id_width(from->type->id);
    if (width) {
        BL_TRY(bl_arrow_new_buffer(context, (uint64_t)n * width, &column->values, err));
        gather(bl_column_values(from), width, rows, n, column->values->data);
        return BL_OK;
    }
    BL_TRY(new_bits(context, n, &column->values, err));
    const uint8_t *bits = (const uint8_t *)bl_column_values(from);
    for (size_t i = 0; i < n; i++)
        if (rows[i] >= 0 && bits[rows[i] / 8] >> (rows[i] % 8) & 1)
            set_bit(column->values, i);
    return BL_OK;
}

/// First and one past the last of what lies behind a list or text; nothing for a null.
static void extent(const bl_column *from, size_t width, int64_t row, int64_t *ret_first,
                   int64_t *ret_last) {
    *ret_first = *ret_last = 0;
    if (row < 0 || !from->offsets)
        return;
    *ret_first = bl_arrow_load_offset(from->offsets, width, (size_t)row);
    *ret_last = bl_arrow_load_offset(from->offsets, width, (size_t)row + 1);
}

static bl_status take_offsets(bl_context *context, const bl_column *from, const int64_t *rows,
                              size_t n, bl_column *column, uint64_t *ret_total, bl_error *err) {
    size_t width = from->type->id == BL_LARGE_LIST ? 8 : 4;
    uint64_t total = 0, most = width == 8 ? INT64_MAX / 64 : INT32_MAX;
    BL_TRY(bl_arrow_new_buffer(context, ((uint64_t)n + 1) * width, &column->offsets, err));
    uint8_t *to = column->offsets->data;
    for (size_t i = 0; i <= n; i++) {
        memcpy(to + i * width, &total, width);
        if (i == n)
            break;
        int64_t first, last;
        extent(from, width, rows[i], &first, &last);
        total += (uint64_t)(last - first);
        if (total > most)
            return bl_error_set(err, BL_E_LIMIT,
                                "more in one column than a batch can hold; read fewer rows");
    }
    *ret_total = total;
    return BL_OK;
}

static bl_status take_text(bl_context *context, const bl_column *from, const int64_t *rows,
                           size_t n, uint64_t total, bl_column *column, bl_error *err) {
    BL_TRY(bl_arrow_new_buffer(context, total, &column->values, err));
    uint8_t *to = column->values->data;
    for (size_t i = 0; i < n; i++) {
        int64_t first, last;
        extent(from, 4, rows[i], &first, &last);
        if (last > first)
            memcpy(to, from->values->data + first, (size_t)(last - first));
        to += last - first;
    }
    return BL_OK;
}

/// Numbers of the items of lists, one list after the other.
static bl_status take_items(bl_context *context, const bl_column *from, const int64_t *rows,
                            size_t n, uint64_t total, bl_column *column, bl_error *err) {
    size_t width = from->type->id == BL_LARGE_LIST ? 8 : 4;
    int64_t size = from->type->list_size;
    bool is_fixed = from->type->id == BL_FIXED_LIST;
    BL_AUTO(bl_buffer) memory = NULL;
    BL_TRY(bl_arrow_new_buffer(context, total * sizeof(int64_t), &memory, err));
    int64_t *items = (int64_t *)(void *)memory->data;
    for (size_t i = 0, at = 0; i < n; i++) {
        int64_t first = rows[i] * size, last = first + size;
        if (!is_fixed)
            extent(from, width, rows[i], &first, &last);
        for (; first < last; first++)
            items[at++] = rows[i] < 0 ? -1 : first;
    }
    return bl_arrow_take(context, &from->children[0], items, (size_t)total, &column->children[0],
                         err);
}

static bl_status take_values(bl_context *context, const bl_column *from, const int64_t *rows,
                             size_t n, bl_column *column, bl_error *err) {
    bl_type_id id = from->type->id;
    uint64_t total = 0;
    if (id < BL_BINARY)
        return take_numbers(context, from, rows, n, column, err);
    if (id == BL_STRUCT) {
        for (size_t i = 0; i < from->n_children; i++)
            BL_TRY(bl_arrow_take(context, &from->children[i], rows, n, &column->children[i], err));
        return BL_OK;
    }
    if (id == BL_FIXED_LIST) {
        if (__builtin_mul_overflow((uint64_t)n, (uint64_t)from->type->list_size, &total) ||
            total > INT64_MAX / 64)
            return bl_error_set(err, BL_E_LIMIT, "more items than a batch can hold");
        return take_items(context, from, rows, n, total, column, err);
    }
    BL_TRY(take_offsets(context, from, rows, n, column, &total, err));
    return from->n_children ? take_items(context, from, rows, n, total, column, err)
                            : take_text(context, from, rows, n, total, column, err);
}

bl_status bl_arrow_take(bl_context *context, const bl_column *from, const int64_t *rows, size_t n,
                        bl_column *column, bl_error *err) {
    BL_TRY(bl_column_init(context, column, from->type, err));
    column->length = (int64_t)n;
    BL_TRY(take_validity(context, from, rows, n, column, err));
    return take_values(context, from, rows, n, column, err);
}
