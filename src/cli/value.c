// SPDX-License-Identifier: Apache-2.0
// Values as JSON, CSV cells or table cells.
#include "cli/value.h"

#include <math.h>
#include <stdio.h>

#include "base/iso_time.h"
#include "cli/number.h"

static void write_float(bl_out *out, double value, bool is_float32, bl_value_style style) {
    char *room = bl_out_room(out, BL_NUMBER_BYTES);
    if (!room)
        return;
    size_t n;
    if (style == BL_VALUE_JSON && !isfinite(value))
        n = (size_t)snprintf(room, BL_NUMBER_BYTES, "null");
    else if (style == BL_VALUE_SHOW)
        n = (size_t)snprintf(room, BL_NUMBER_BYTES, "%.6g", value);
    else
        n = is_float32 ? bl_number_float32(room, (float)value) : bl_number_float64(room, value);
    out->used += n;
}

static void write_int(bl_out *out, int64_t value) {
    char *room = bl_out_room(out, BL_NUMBER_BYTES);
    if (room)
        out->used += bl_number_int(room, value);
}

static void write_csv_text(bl_out *out, const char *bytes, size_t n) {
    bool is_plain = n > 0 && bytes[0] != ' ' && bytes[n - 1] != ' ';
    for (size_t i = 0; i < n && is_plain; i++)
        is_plain = bytes[i] != ',' && bytes[i] != '"' && bytes[i] != '\n' && bytes[i] != '\r';
    if (is_plain) {
        bl_out_bytes(out, bytes, n);
        return;
    }
    bl_out_char(out, '"');
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '"')
            bl_out_char(out, '"');
        bl_out_char(out, bytes[i]);
    }
    bl_out_char(out, '"');
}

static void write_string(bl_out *out, const bl_column *column, int64_t row, bl_type_id id,
                         bl_value_style style, bool is_nested) {
    const int32_t *offsets = bl_column_offsets(column);
    size_t n = (size_t)(offsets[row + 1] - offsets[row]);
    const char *bytes = n ? (const char *)bl_column_values(column) + offsets[row] : "";
    if (style == BL_VALUE_JSON || is_nested)
        bl_out_json(out, bytes, n, id == BL_BINARY);
    else if (style == BL_VALUE_CSV)
        write_csv_text(out, bytes, n);
    else
        bl_out_bytes(out, bytes, n);
}

static void write_value(bl_out *out, const bl_column *column, int64_t row, bl_value_style style,
                        bool is_nested);

static void write_items(bl_out *out, const bl_column *items, int64_t first, int64_t last,
                        bl_value_style style) {
    bl_out_char(out, '[');
    for (int64_t i = first; i < last; i++) {
        if (i > first)
            bl_out_text(out, style == BL_VALUE_SHOW ? ", " : ",");
        write_value(out, items, i, style, true);
    }
    bl_out_char(out, ']');
}

static void write_list(bl_out *out, const bl_column *column, int64_t row, bl_value_style style) {
    const bl_type *type = bl_column_type(column);
    const bl_column *items = bl_column_child(column, 0);
    const void *offsets = bl_column_offsets(column);
    int64_t first, last;
    if (bl_type_get_id(type) == BL_FIXED_LIST) {
        int64_t n = bl_type_list_size(type);
        first = row * n;
        last = first + n;
    } else if (bl_type_get_id(type) == BL_LARGE_LIST) {
        first = ((const int64_t *)offsets)[row];
        last = ((const int64_t *)offsets)[row + 1];
    } else {
        first = ((const int32_t *)offsets)[row];
        last = ((const int32_t *)offsets)[row + 1];
    }
    write_items(out, items, first, last, style);
}

static void write_struct(bl_out *out, const bl_column *column, int64_t row, bl_value_style style) {
    const bl_type *type = bl_column_type(column);
    bl_out_char(out, '{');
    for (size_t i = 0; i < bl_type_n_children(type); i++) {
        if (i)
            bl_out_text(out, style == BL_VALUE_SHOW ? ", " : ",");
        const char *name = bl_type_child_name(type, i);
        if (style == BL_VALUE_SHOW)
            bl_out_text(out, name);
        else
            bl_out_json_text(out, name);
        bl_out_text(out, style == BL_VALUE_SHOW ? ": " : ":");
        write_value(out, bl_column_child(column, i), row, style, true);
    }
    bl_out_char(out, '}');
}

static void write_primitive(bl_out *out, const void *values, bl_type_id id, int64_t row,
                            bl_value_style style) {
    switch (id) {
    case BL_BOOL:
        bl_out_text(out, ((const uint8_t *)values)[row / 8] >> (row % 8) & 1 ? "true" : "false");
        return;
    case BL_INT8:
        write_int(out, ((const int8_t *)values)[row]);
        return;
    case BL_UINT8:
        write_int(out, ((const uint8_t *)values)[row]);
        return;
    case BL_INT16:
        write_int(out, ((const int16_t *)values)[row]);
        return;
    case BL_UINT16:
        write_int(out, ((const uint16_t *)values)[row]);
        return;
    case BL_INT32:
        write_int(out, ((const int32_t *)values)[row]);
        return;
    case BL_UINT32:
        write_int(out, ((const uint32_t *)values)[row]);
        return;
    case BL_INT64:
        write_int(out, ((const int64_t *)values)[row]);
        return;
    case BL_UINT64: {
        char *room = bl_out_room(out, BL_NUMBER_BYTES);
        if (room)
            out->used += bl_number_uint(room, ((const uint64_t *)values)[row]);
        return;
    }
    case BL_FLOAT32:
        write_float(out, (double)((const float *)values)[row], true, style);
        return;
    case BL_FLOAT64:
        write_float(out, ((const double *)values)[row], false, style);
        return;
    default:
        bl_out_text(out, "null");
    }
}

/// A day or point in time. \return false for what has no such text: the number is written then
static bool write_time(bl_out *out, const bl_column *column, int64_t row, bl_value_style style,
                       bool is_nested) {
    const char *logical = bl_type_logical(bl_column_type(column));
    char text[BL_ISO_BYTES];
    if (!logical)
        return false;
    int64_t value = bl_type_get_id(bl_column_type(column)) == BL_INT32
                        ? ((const int32_t *)bl_column_values(column))[row]
                        : ((const int64_t *)bl_column_values(column))[row];
    size_t n = bl_iso_write(text, logical, value);
    if (n && (style == BL_VALUE_JSON || is_nested))
        bl_out_json(out, text, n, false);
    else
        bl_out_bytes(out, text, n);
    return n > 0;
}

static void write_value(bl_out *out, const bl_column *column, int64_t row, bl_value_style style,
                        bool is_nested) {
    bl_type_id id = bl_type_get_id(bl_column_type(column));
    const uint8_t *validity = bl_column_validity(column);
    if (validity && !(validity[row / 8] >> row % 8 & 1))
        bl_out_text(out, style == BL_VALUE_CSV && !is_nested ? "" : "null");
    else if (write_time(out, column, row, style, is_nested))
        return;
    else if (id == BL_BINARY || id == BL_UTF8)
        write_string(out, column, row, id, style, is_nested);
    else if (id == BL_LIST || id == BL_LARGE_LIST || id == BL_FIXED_LIST)
        write_list(out, column, row, style);
    else if (id == BL_STRUCT)
        write_struct(out, column, row, style);
    else
        write_primitive(out, bl_column_values(column), id, row, style);
}

/// A nested value as JSON text inside a quoted cell, whose own quotes are doubled.
static void write_csv_nested(bl_out *out, const bl_column *column, int64_t row) {
    bl_out_char(out, '"');
    out->doubles_quotes = true;
    write_value(out, column, row, BL_VALUE_JSON, false);
    out->doubles_quotes = false;
    bl_out_char(out, '"');
}

void bl_value_write(bl_out *out, const bl_column *column, int64_t row, bl_value_style style) {
    bool is_nested = bl_type_n_children(bl_column_type(column)) > 0;
    const uint8_t *validity = bl_column_validity(column);
    bool is_null = validity && !(validity[row / 8] >> row % 8 & 1);
    if (style == BL_VALUE_CSV && is_nested && !is_null)
        write_csv_nested(out, column, row);
    else
        write_value(out, column, row, style, false);
}

bool bl_value_is_number(const bl_type *type) {
    return bl_type_get_id(type) >= BL_INT8 && bl_type_get_id(type) <= BL_FLOAT64;
}
