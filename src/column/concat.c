// SPDX-License-Identifier: Apache-2.0
// Columns one after the other. The shape of the result follows from the bottom up, because utf8
// joined with binary gives binary and so changes the types above it.
#include "column/column.h"

/// One more holder of everything that a column holds.
static bl_status share(bl_context *context, const bl_column *from, bl_column *column,
                       bl_error *err) {
    BL_TRY(bl_column_init(context, column, from->type, err));
    column->length = from->length;
    column->validity = from->validity ? bl_buffer_ref(from->validity) : NULL;
    column->offsets = from->offsets ? bl_buffer_ref(from->offsets) : NULL;
    column->values = from->values ? bl_buffer_ref(from->values) : NULL;
    for (size_t i = 0; i < from->n_children; i++)
        BL_TRY(share(context, &from->children[i], &column->children[i], err));
    return BL_OK;
}

static bool is_string(const bl_type *type) { return type->id == BL_UTF8 || type->id == BL_BINARY; }

static bl_status check_shapes(const bl_column *const *parts, size_t n, bl_error *err) {
    for (size_t i = 1; i < n; i++) {
        if (bl_type_same_shape(parts[0]->type, parts[i]->type))
            continue;
        char first[128], other[128];
        (void)bl_type_format(parts[0]->type, first, sizeof first);
        (void)bl_type_format(parts[i]->type, other, sizeof other);
        return bl_error_set(err, BL_E_TYPE, "%s cannot follow %s", other, first);
    }
    return BL_OK;
}

/// Appends `n` bits at bit `at` of zeroed `out`; what follows them in `in` may be anything.
static void append_bits(uint8_t *out, size_t at, const uint8_t *in, size_t n) {
    unsigned shift = at % 8;
    out += at / 8;
    for (size_t i = 0; i * 8 < n; i++) {
        size_t left = n - i * 8;
        unsigned bits = in[i];
        if (left < 8)
            bits &= (1U << left) - 1;
        bits <<= shift;
        out[i] |= (uint8_t)bits;
        if (bits >> 8)
            out[i + 1] |= (uint8_t)(bits >> 8);
    }
}

/// The bits of what is null, where any part has some.
static bl_status concat_validity(bl_context *context, const bl_column *const *parts, size_t n,
                                 bl_column *column, bl_error *err) {
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any = any || parts[i]->validity;
    if (!any)
        return BL_OK;
    size_t size = ((size_t)column->length + 7) / 8, at = 0;
    BL_TRY(bl_buffer_new(context, size, &column->validity, err));
    column->validity->size = size;
    uint8_t *out = column->validity->data;
    memset(out, 0, size);
    for (size_t i = 0; i < n; i++) {
        size_t end = at + (size_t)parts[i]->length;
        if (parts[i]->validity)
            append_bits(out, at, parts[i]->validity->data, (size_t)parts[i]->length);
        for (; !parts[i]->validity && at < end; at++)
            out[at / 8] = (uint8_t)(out[at / 8] | 1U << at % 8);
        at = end;
    }
    return BL_OK;
}

/// Bytes of a part's values.
static size_t value_bytes(const bl_column *part) {
    if (part->type->id == BL_BOOL)
        return ((size_t)part->length + 7) / 8;
    return is_string(part->type) ? (size_t)bl_column_offset(part, part->length)
                                 : (size_t)part->length * bl_type_id_width(part->type->id);
}

static bl_status concat_values(bl_context *context, const bl_column *const *parts, size_t n,
                               bl_column *column, bl_error *err) {
    bool is_bool = column->type->id == BL_BOOL;
    size_t size = is_bool ? ((size_t)column->length + 7) / 8 : 0;
    for (size_t i = 0; !is_bool && i < n; i++)
        size += value_bytes(parts[i]);
    BL_TRY(bl_buffer_new(context, size, &column->values, err));
    column->values->size = size;
    uint8_t *out = column->values->data;
    if (is_bool)
        memset(out, 0, size);
    size_t at = 0; // in bits for bools, else in bytes
    for (size_t i = 0; i < n; i++) {
        size_t bytes = value_bytes(parts[i]);
        if (!bytes)
            continue;
        if (is_bool)
            append_bits(out, at, parts[i]->values->data, (size_t)parts[i]->length);
        else
            memcpy(out + at, parts[i]->values->data, bytes);
        at += is_bool ? (size_t)parts[i]->length : bytes;
    }
    return BL_OK;
}

static void append_offsets32(int32_t *out, const bl_column *part, int32_t base) {
    const int32_t *in = (const int32_t *)(const void *)part->offsets->data;
    for (int64_t i = 1; i <= part->length; i++)
        out[i] = in[i] + base;
}

static void append_offsets64(int64_t *out, const bl_column *part, int64_t base) {
    const int64_t *in = (const int64_t *)(const void *)part->offsets->data;
    for (int64_t i = 1; i <= part->length; i++)
        out[i] = in[i] + base;
}

static bl_status concat_offsets(bl_context *context, const bl_column *const *parts, size_t n,
                                bl_column *column, bl_error *err) {
    bool is_large = column->type->id == BL_LARGE_LIST;
    size_t behind = 0, width = is_large ? 8 : 4;
    for (size_t i = 0; i < n; i++)
        behind += (size_t)bl_column_offset(parts[i], parts[i]->length);
    if (!is_large && behind > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "%zu %s are more than one batch can hold", behind,
                            is_string(column->type) ? "bytes" : "items");
    size_t size = ((size_t)column->length + 1) * width;
    BL_TRY(bl_buffer_new(context, size, &column->offsets, err));
    column->offsets->size = size;
    void *out = column->offsets->data;
    memset(out, 0, width);
    size_t at = 0, base = 0;
    for (size_t i = 0; i < n; i++) {
        if (!parts[i]->length)
            continue;
        if (is_large)
            append_offsets64((int64_t *)out + at, parts[i], (int64_t)base);
        else
            append_offsets32((int32_t *)out + at, parts[i], (int32_t)base);
        at += (size_t)parts[i]->length;
        base += (size_t)bl_column_offset(parts[i], parts[i]->length);
    }
    return BL_OK;
}

static bl_status concat(bl_context *context, const bl_column *const *parts, size_t n,
                        bl_column *column, bl_error *err);

/// Joins child after child; then the type is that of the parts, or a new one over new children.
static bl_status concat_children(bl_context *context, const bl_column *const *parts, size_t n,
                                 bl_column *column, bl_error *err) {
    const bl_column **childs = (const bl_column **)bl_alloc_zero(context, n, sizeof *childs);
    if (!childs)
        return bl_error_nomem(err, n * sizeof *childs, "a column");
    bl_status status = BL_OK;
    bool same = true;
    for (size_t c = 0; status == BL_OK && c < column->n_children; c++) {
        for (size_t i = 0; i < n; i++)
            childs[i] = &parts[i]->children[c];
        status = concat(context, childs, n, &column->children[c], err);
        same = same && status == BL_OK &&
               bl_type_equal(column->children[c].type, column->type->children[c]);
    }
    bl_free(context, childs);
    BL_TRY(status);
    if (same)
        return BL_OK;
    bl_type *type = NULL;
    BL_TRY(bl_type_with_children(context, column->type, column->children, &type, err));
    bl_type_release(column->type);
    column->type = type;
    return BL_OK;
}

static bl_status concat(bl_context *context, const bl_column *const *parts, size_t n,
                        bl_column *column, bl_error *err) {
    bl_type *type = parts[0]->type;
    for (size_t i = 1; i < n && type->id == BL_UTF8; i++)
        type = parts[i]->type;
    BL_TRY(bl_column_init(context, column, type, err));
    for (size_t i = 0; i < n; i++)
        if (__builtin_add_overflow(column->length, parts[i]->length, &column->length))
            return bl_error_set(err, BL_E_LIMIT, "too many values");
    BL_TRY(concat_validity(context, parts, n, column, err));
    if (type->id == BL_LIST || type->id == BL_LARGE_LIST || is_string(type))
        BL_TRY(concat_offsets(context, parts, n, column, err));
    if (type->id < BL_LIST)
        return concat_values(context, parts, n, column, err);
    return concat_children(context, parts, n, column, err);
}

bl_status bl_column_concat(bl_context *context, const bl_column *const *parts, size_t n,
                           bl_column *column, bl_error *err) {
    if (n == 0)
        return bl_error_set(err, BL_E_INVALID, "nothing to join");
    BL_TRY(check_shapes(parts, n, err));
    bl_column joined = {0};
    bl_status status =
        n == 1 ? share(context, parts[0], &joined, err) : concat(context, parts, n, &joined, err);
    if (status == BL_OK)
        *column = joined;
    else
        bl_column_release(context, &joined);
    return status;
}
