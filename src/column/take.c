// SPDX-License-Identifier: Apache-2.0
// Rows in any order: each level of a column is copied span by span, and the spans of what is inside
// a list follow from those of the list.
#include <limits.h>

#include "column/column.h"

static int64_t length_of(const bl_column_span *spans, size_t n) {
    int64_t length = 0;
    for (size_t i = 0; i < n; i++)
        length += spans[i].n;
    return length;
}

static bl_status new_buffer(bl_context *context, size_t n_bytes, bl_buffer **ret_buffer,
                            bl_error *err) {
    BL_TRY(bl_buffer_new(context, n_bytes, ret_buffer, err));
    (*ret_buffer)->size = n_bytes;
    return BL_OK;
}

// ---- bits ----

/// \param validity of null: else of values
static bl_status take_bits(bl_context *context, const bl_column_span *spans, size_t n,
                           int64_t length, bool of_null, bl_buffer **ret_buffer, bl_error *err) {
    int64_t at = 0;
    BL_TRY(new_buffer(context, (size_t)(length + 7) / 8, ret_buffer, err));
    uint8_t *to = (*ret_buffer)->data;
    memset(to, 0, (*ret_buffer)->size);
    for (size_t i = 0; i < n; i++) {
        const bl_column_span span = spans[i];
        const bl_buffer *bits = of_null ? span.from->validity : span.from->values;
        for (int64_t k = span.first; k < span.first + span.n; k++, at++) {
            // without bits none is null
            unsigned bit = bits ? (unsigned)bits->data[k / 8] >> k % 8 & 1U : 1U;
            to[at / 8] = (uint8_t)(to[at / 8] | bit << at % 8);
        }
    }
    return BL_OK;
}

static bl_status take_validity(bl_context *context, const bl_column_span *spans, size_t n,
                               bl_column *column, bl_error *err) {
    for (size_t i = 0; i < n; i++)
        if (spans[i].from->validity)
            return take_bits(context, spans, n, column->length, true, &column->validity, err);
    return BL_OK;
}

// ---- numbers and bytes ----

static bl_status take_values(bl_context *context, const bl_column_span *spans, size_t n,
                             size_t width, int64_t length, bl_buffer **ret_buffer, bl_error *err) {
    BL_TRY(new_buffer(context, (size_t)length * width, ret_buffer, err));
    uint8_t *to = (*ret_buffer)->data;
    for (size_t i = 0; i < n; i++) {
        size_t size = (size_t)spans[i].n * width;
        if (!size)
            continue;
        const uint8_t *from = spans[i].from->values->data + (size_t)spans[i].first * width;
        if (size == 8)
            memcpy(to, from, 8);
        else if (size == 4)
            memcpy(to, from, 4);
        else
            memcpy(to, from, size);
        to += size;
    }
    return BL_OK;
}

// ---- lists ----

static void put_offsets(const bl_column_span *spans, size_t n, bool is_large, void *offsets) {
    int64_t at = 0, end = 0;
    for (size_t i = 0; i < n; i++) {
        const bl_column_span span = spans[i];
        int64_t shift = end - bl_column_offset(span.from, span.first);
        for (int64_t k = span.first; k < span.first + span.n; k++) {
            end = bl_column_offset(span.from, k + 1) + shift;
            if (is_large)
                ((int64_t *)offsets)[++at] = end;
            else
                ((int32_t *)offsets)[++at] = (int32_t)end;
        }
    }
}

/// The spans of what is behind offsets. \param inner [n]
static int64_t spans_behind(const bl_column_span *spans, size_t n, bl_column_span *inner) {
    int64_t length = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t first = bl_column_offset(spans[i].from, spans[i].first);
        int64_t last = bl_column_offset(spans[i].from, spans[i].first + spans[i].n);
        inner[i] = (bl_column_span){spans[i].from, first, last - first};
        length += last - first;
    }
    return length;
}

static bl_status take_offsets(bl_context *context, const bl_column_span *spans, size_t n,
                              bl_column *column, bl_error *err) {
    bool is_large = column->type->id == BL_LARGE_LIST;
    size_t width = is_large ? 8 : 4;
    BL_TRY(new_buffer(context, (size_t)(column->length + 1) * width, &column->offsets, err));
    memset(column->offsets->data, 0, width);
    put_offsets(spans, n, is_large, column->offsets->data);
    return BL_OK;
}

/// \param inner [n] spans of the column, whose children they become one after the other
static bl_status take_children(bl_context *context, const bl_column_span *spans, size_t n,
                               bl_column_span *inner, bl_column *column, bl_error *err) {
    for (size_t i = 0; i < column->n_children; i++) {
        for (size_t k = 0; k < n; k++) {
            inner[k] = spans[k];
            inner[k].from = &spans[k].from->children[i];
        }
        BL_TRY(bl_column_take(context, column->type->children[i], inner, n, &column->children[i],
                              err));
    }
    return BL_OK;
}

/// \param inner [n]
static bl_status take_behind(bl_context *context, const bl_column_span *spans, size_t n,
                             bl_column_span *inner, bl_column *column, bl_error *err) {
    int64_t length = spans_behind(spans, n, inner);
    if (length > INT32_MAX && column->type->id != BL_LARGE_LIST)
        return bl_error_set(err, BL_E_LIMIT, "more items than 32-bit offsets can count");
    BL_TRY(take_offsets(context, spans, n, column, err));
    if (column->n_children)
        return take_children(context, inner, n, inner, column, err);
    return take_values(context, inner, n, 1, length, &column->values, err);
}

/// \param inner [n]
static bl_status take_fixed(bl_context *context, const bl_column_span *spans, size_t n,
                            bl_column_span *inner, bl_column *column, bl_error *err) {
    for (size_t i = 0; i < n; i++)
        inner[i] = (bl_column_span){spans[i].from, spans[i].first * column->type->list_size,
                                    spans[i].n * column->type->list_size};
    return take_children(context, inner, n, inner, column, err);
}

static bl_status take_nested(bl_context *context, const bl_column_span *spans, size_t n,
                             bl_column *column, bl_error *err) {
    BL_AUTO(bl_buffer) memory = NULL;
    BL_TRY(bl_buffer_new(context, n * sizeof(bl_column_span), &memory, err));
    bl_column_span *inner = (bl_column_span *)(void *)memory->data;
    if (column->type->id == BL_STRUCT)
        return take_children(context, spans, n, inner, column, err);
    if (column->type->id == BL_FIXED_LIST)
        return take_fixed(context, spans, n, inner, column, err);
    return take_behind(context, spans, n, inner, column, err);
}

bl_status bl_column_take(bl_context *context, bl_type *type, const bl_column_span *spans, size_t n,
                         bl_column *column, bl_error *err) {
    size_t width = bl_type_id_width(type->id);
    BL_TRY(bl_column_init(context, column, type, err));
    column->length = length_of(spans, n);
    BL_TRY(take_validity(context, spans, n, column, err));
    if (type->id == BL_BOOL)
        return take_bits(context, spans, n, column->length, false, &column->values, err);
    if (width)
        return take_values(context, spans, n, width, column->length, &column->values, err);
    return take_nested(context, spans, n, column, err);
}
