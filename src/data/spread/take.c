// SPDX-License-Identifier: Apache-2.0
// Rows in any order: each level of a column is copied span by span, and the spans of what is inside
// a list follow from those of the list.
#include "data/spread/take.h"

#include <limits.h>

static int64_t length_of(const bl_span *spans, size_t n) {
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

static bool bit_of(const uint8_t *bits, int64_t i) { return bits[i / 8] >> (i % 8) & 1; }

/// \param validity of null: else of values
static bl_status take_bits(bl_context *context, const bl_span *spans, size_t n, int64_t length,
                           bool of_null, bl_buffer **ret_buffer, bl_error *err) {
    int64_t at = 0;
    BL_TRY(new_buffer(context, (size_t)(length + 7) / 8, ret_buffer, err));
    uint8_t *to = (*ret_buffer)->data;
    memset(to, 0, (*ret_buffer)->size);
    for (size_t i = 0; i < n; i++) {
        const bl_column *from = spans[i].from;
        const bl_buffer *bits = of_null ? from->validity : from->values;
        for (int64_t k = spans[i].first; k < spans[i].first + spans[i].n; k++, at++)
            if (!bits || bit_of(bits->data, k)) // without bits none is null
                to[at / 8] = (uint8_t)(to[at / 8] | 1u << (at % 8));
    }
    return BL_OK;
}

static bl_status take_validity(bl_context *context, const bl_span *spans, size_t n,
                               bl_column *column, bl_error *err) {
    for (size_t i = 0; i < n; i++)
        if (spans[i].from->validity)
            return take_bits(context, spans, n, column->length, true, &column->validity, err);
    return BL_OK;
}

// ---- numbers and bytes ----

static bl_status take_values(bl_context *context, const bl_span *spans, size_t n, size_t width,
                             int64_t length, bl_buffer **ret_buffer, bl_error *err) {
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

static int64_t offset_at(const bl_column *column, int64_t i) {
    if (!column->offsets) // none are as good as one
        return 0;
    const void *offsets = column->offsets->data;
    return column->type->id == BL_LARGE_LIST ? ((const int64_t *)offsets)[i]
                                             : ((const int32_t *)offsets)[i];
}

static void put_offsets(const bl_span *span, bool is_large, void *offsets, int64_t *at,
                        int64_t *end) {
    int64_t shift = *end - offset_at(span->from, span->first);
    for (int64_t k = span->first + 1; k <= span->first + span->n; k++) {
        *end = offset_at(span->from, k) + shift;
        if (is_large)
            ((int64_t *)offsets)[++*at] = *end;
        else
            ((int32_t *)offsets)[++*at] = (int32_t)*end;
    }
}

/// The spans of what is behind offsets. \param inner [n]
static int64_t spans_behind(const bl_span *spans, size_t n, bl_span *inner) {
    int64_t length = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t first = offset_at(spans[i].from, spans[i].first);
        int64_t last = offset_at(spans[i].from, spans[i].first + spans[i].n);
        inner[i] = (bl_span){spans[i].from, first, last - first};
        length += last - first;
    }
    return length;
}

static bl_status take_offsets(bl_context *context, const bl_span *spans, size_t n,
                              bl_column *column, bl_error *err) {
    bool is_large = column->type->id == BL_LARGE_LIST;
    size_t width = is_large ? 8 : 4;
    int64_t at = 0, end = 0;
    BL_TRY(new_buffer(context, (size_t)(column->length + 1) * width, &column->offsets, err));
    memset(column->offsets->data, 0, width);
    for (size_t i = 0; i < n; i++)
        put_offsets(&spans[i], is_large, column->offsets->data, &at, &end);
    return BL_OK;
}

/// \param inner [n] spans of the column, whose children they become one after the other
static bl_status take_children(bl_context *context, const bl_span *spans, size_t n, bl_span *inner,
                               bl_column *column, bl_error *err) {
    for (size_t i = 0; i < column->n_children; i++) {
        for (size_t k = 0; k < n; k++) {
            inner[k] = spans[k];
            inner[k].from = &spans[k].from->children[i];
        }
        BL_TRY(bl_take_column(context, column->type->children[i], inner, n, &column->children[i],
                              err));
    }
    return BL_OK;
}

/// \param inner [n]
static bl_status take_behind(bl_context *context, const bl_span *spans, size_t n, bl_span *inner,
                             bl_column *column, bl_error *err) {
    int64_t length = spans_behind(spans, n, inner);
    if (length > INT32_MAX && column->type->id != BL_LARGE_LIST)
        return bl_error_set(err, BL_E_LIMIT, "more items than 32-bit offsets can count");
    BL_TRY(take_offsets(context, spans, n, column, err));
    if (column->n_children)
        return take_children(context, inner, n, inner, column, err);
    return take_values(context, inner, n, 1, length, &column->values, err);
}

/// \param inner [n]
static bl_status take_fixed(bl_context *context, const bl_span *spans, size_t n, bl_span *inner,
                            bl_column *column, bl_error *err) {
    for (size_t i = 0; i < n; i++)
        inner[i] = (bl_span){spans[i].from, spans[i].first * column->type->list_size,
                             spans[i].n * column->type->list_size};
    return take_children(context, inner, n, inner, column, err);
}

static bl_status take_nested(bl_context *context, const bl_span *spans, size_t n, bl_column *column,
                             bl_error *err) {
    bl_span *inner = (bl_span *)bl_alloc(context, (n + 1) * sizeof *inner);
    if (!inner)
        return bl_error_nomem(err, n * sizeof *inner, "rows");
    bl_status status = BL_OK;
    if (column->type->id == BL_STRUCT)
        status = take_children(context, spans, n, inner, column, err);
    else if (column->type->id == BL_FIXED_LIST)
        status = take_fixed(context, spans, n, inner, column, err);
    else
        status = take_behind(context, spans, n, inner, column, err);
    bl_free(context, inner);
    return status;
}

bl_status bl_take_column(bl_context *context, bl_type *type, const bl_span *spans, size_t n,
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
