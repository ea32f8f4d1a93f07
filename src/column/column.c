// SPDX-License-Identifier: Apache-2.0
// Columns: making, releasing, checking, looking inside.
#include "column/column.h"

#include <math.h>

#include "base/context.h"

/// What an empty column shows in place of buffers that it does not have.
static const _Alignas(64) uint8_t zeros[64];

void bl_column_release(bl_context *context, bl_column *column) {
    for (size_t i = 0; i < column->n_children; i++)
        bl_column_release(context, &column->children[i]);
    bl_free(context, column->children);
    bl_buffer_release(column->validity);
    bl_buffer_release(column->offsets);
    bl_buffer_release(column->values);
    bl_type_release(column->type);
    *column = (bl_column){0};
}

bl_status bl_column_init(bl_context *context, bl_column *column, bl_type *type, bl_error *err) {
    bl_column *children = NULL;
    if (type->n_children) {
        children = (bl_column *)bl_alloc_zero(context, type->n_children, sizeof *children);
        if (!children)
            return bl_error_nomem(err, type->n_children * sizeof *children, "a column");
    }
    *column = (bl_column){
        .type = bl_type_ref(type), .n_children = type->n_children, .children = children};
    return BL_OK;
}

static bool has_offsets(bl_type_id id) {
    return id == BL_LIST || id == BL_LARGE_LIST || id == BL_UTF8 || id == BL_BINARY;
}

/// The last offset, or −1 where they descend or do not start at 0.
static int64_t last_offset32(const int32_t *offsets, int64_t length) {
    int32_t descends = offsets[0];
    for (int64_t i = 0; i < length; i++)
        descends |= offsets[i + 1] < offsets[i];
    return descends ? -1 : offsets[length];
}

static int64_t last_offset64(const int64_t *offsets, int64_t length) {
    int64_t descends = offsets[0];
    for (int64_t i = 0; i < length; i++)
        descends |= offsets[i + 1] < offsets[i];
    return descends ? -1 : offsets[length];
}

/// What the offsets say that lies behind them: bytes of strings, items of lists.
static bl_status check_offsets(const bl_column *column, int64_t *ret_last, bl_error *err) {
    int64_t n = column->length;
    size_t width = column->type->id == BL_LARGE_LIST ? 8 : 4;
    if (!column->offsets) {
        *ret_last = 0;
        return n == 0 ? BL_OK : bl_error_set(err, BL_E_CORRUPT, "offsets are missing");
    }
    size_t n_offsets = column->offsets->size / width;
    if (n_offsets == 0 || n_offsets - 1 < (size_t)n)
        return bl_error_set(err, BL_E_CORRUPT, "%zu offsets for %lld values", n_offsets,
                            (long long)n);
    const void *data = column->offsets->data;
    int64_t last = width == 8 ? last_offset64((const int64_t *)data, n)
                              : last_offset32((const int32_t *)data, n);
    if (last < 0)
        return bl_error_set(err, BL_E_CORRUPT, "offsets descend");
    *ret_last = last;
    return BL_OK;
}

static bl_status check_values(const bl_column *column, int64_t n_bytes_of_text, bl_error *err) {
    bl_type_id id = column->type->id;
    uint64_t wanted = (uint64_t)column->length * bl_type_id_width(id);
    if (id == BL_BOOL)
        wanted = ((uint64_t)column->length + 7) / 8;
    else if (has_offsets(id))
        wanted = (uint64_t)n_bytes_of_text;
    size_t there = column->values ? column->values->size : 0;
    if (there < wanted)
        return bl_error_set(err, BL_E_CORRUPT, "%zu bytes of values where %llu are needed", there,
                            (unsigned long long)wanted);
    return BL_OK;
}

static bl_status check_children(const bl_column *column, int64_t wanted, bl_error *err) {
    for (size_t i = 0; i < column->n_children; i++) {
        const bl_column *child = &column->children[i];
        const char *name = column->type->names[i];
        if (!child->type || !bl_type_equal(child->type, column->type->children[i]))
            return bl_error_set(err, BL_E_CORRUPT, "%s: not of the type it should be", name);
        if (child->length != wanted)
            return bl_error_set(err, BL_E_CORRUPT, "%s: %lld values where %lld are needed", name,
                                (long long)child->length, (long long)wanted);
        BL_TRY_IN(bl_column_check(child, err), err, "%s", name);
    }
    return BL_OK;
}

bl_status bl_column_check(const bl_column *column, bl_error *err) {
    const bl_type *type = column->type;
    if (!type || column->n_children != type->n_children)
        return bl_error_set(err, BL_E_CORRUPT, "a column without its type");
    if (column->length < 0 || column->length > INT64_MAX / 16)
        return bl_error_set(err, BL_E_CORRUPT, "%lld values", (long long)column->length);
    if (column->validity && column->validity->size < ((uint64_t)column->length + 7) / 8)
        return bl_error_set(err, BL_E_CORRUPT, "%zu bytes that say which of %lld values are null",
                            column->validity->size, (long long)column->length);
    int64_t behind = column->length;
    if (has_offsets(type->id))
        BL_TRY(check_offsets(column, &behind, err));
    if (!type->n_children && type->id != BL_STRUCT)
        return check_values(column, behind, err);
    if (type->id == BL_FIXED_LIST &&
        __builtin_mul_overflow(column->length, type->list_size, &behind))
        return bl_error_set(err, BL_E_CORRUPT, "too many items");
    return check_children(column, behind, err);
}

int64_t bl_column_count_nulls(const bl_column *column) {
    if (!column->validity)
        return 0;
    const uint8_t *bits = column->validity->data;
    int64_t n = column->length, there = 0, i = 0;
    for (; i + 64 <= n; i += 64) {
        uint64_t word;
        memcpy(&word, bits + i / 8, sizeof word);
        there += __builtin_popcountll(word);
    }
    for (; i < n; i++)
        there += bits[i / 8] >> (i % 8) & 1;
    return n - there;
}

bool bl_column_has_nulls(const bl_column *column) {
    if (bl_column_count_nulls(column))
        return true;
    for (size_t i = 0; i < column->n_children; i++)
        if (bl_column_has_nulls(&column->children[i]))
            return true;
    return false;
}

const bl_type *bl_column_type(const bl_column *column) { return column->type; }
int64_t bl_column_length(const bl_column *column) { return column->length; }

const uint8_t *bl_column_validity(const bl_column *column) {
    return column->validity ? column->validity->data : NULL;
}

const void *bl_column_values(const bl_column *column) {
    if (column->type->id >= BL_LIST)
        return NULL;
    return column->values ? column->values->data : zeros;
}

const void *bl_column_offsets(const bl_column *column) {
    if (!has_offsets(column->type->id))
        return NULL;
    return column->offsets ? column->offsets->data : zeros;
}

const bl_column *bl_column_child(const bl_column *column, size_t i) {
    return i < column->n_children ? &column->children[i] : NULL;
}

int64_t bl_column_integer(const bl_column *column, int64_t i) {
    const void *values = column->values->data;
    switch (column->type->id) {
    case BL_INT8:
        return ((const int8_t *)values)[i];
    case BL_UINT8:
        return ((const uint8_t *)values)[i];
    case BL_INT16:
        return ((const int16_t *)values)[i];
    case BL_UINT16:
        return ((const uint16_t *)values)[i];
    case BL_INT32:
        return ((const int32_t *)values)[i];
    case BL_UINT32:
        return ((const uint32_t *)values)[i];
    default: // 64 bits of either sign
        return ((const int64_t *)values)[i];
    }
}

bool bl_type_is_number(const bl_type *type) {
    return type->id == BL_BOOL || bl_type_id_width(type->id) > 0;
}

double bl_column_number(const bl_column *column, int64_t i) {
    if (bl_column_is_null(column, i))
        return NAN;
    const void *values = column->values->data;
    switch (column->type->id) {
    case BL_BOOL:
        return ((const uint8_t *)values)[i / 8] >> i % 8 & 1;
    case BL_FLOAT32:
        return (double)((const float *)values)[i];
    case BL_FLOAT64:
        return ((const double *)values)[i];
    case BL_UINT64:
        return (double)((const uint64_t *)values)[i];
    default:
        return (double)bl_column_integer(column, i);
    }
}
