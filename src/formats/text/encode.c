// SPDX-License-Identifier: Apache-2.0
// Values as JSON and as CSV cells. In CSV what is null is an empty cell, an empty text is "", and
// lists and structs are JSON in quotes. Days and points in time are ISO 8601. JSON has no NaN and
// no infinity: readers that are strict refuse what Python writes for them, so all are null there.
#include "formats/text/encode.h"

#include <math.h>

#include "base/iso_time.h"
#include "base/number_text.h"

// ---- text that grows ----

char *bl_text_out_room(bl_text_out *out, size_t n) {
    size_t wanted;
    if (__builtin_expect(n <= out->capacity - out->used && !out->failed, 1))
        return out->data + out->used;
    if (out->failed || __builtin_add_overflow(out->used, n, &wanted) || wanted > SIZE_MAX / 2) {
        out->failed = true;
        return NULL;
    }
    wanted = wanted < 4096 ? 4096 : wanted + wanted / 2;
    char *data = (char *)bl_realloc(out->context, out->data, wanted);
    if (!data) {
        out->failed = true;
        return NULL;
    }
    out->data = data;
    out->capacity = wanted;
    return data + out->used;
}

void bl_text_out_bytes(bl_text_out *out, const char *bytes, size_t n) {
    char *room = bl_text_out_room(out, n);
    if (room && n)
        memcpy(room, bytes, n);
    out->used += room ? n : 0;
}

void bl_text_out_release(bl_text_out *out) {
    bl_free(out->context, out->data);
    *out = (bl_text_out){.context = out->context};
}

static void put_word(bl_text_out *out, const char *word) {
    bl_text_out_bytes(out, word, strlen(word));
}

// ---- JSON text ----

static bool is_plain_json(unsigned char c) { return c >= ' ' && c != '"' && c != '\\'; }

static void put_escape(bl_text_out *out, unsigned char c) {
    static const char hex[] = "0123456789abcdef";
    static const char names[] = "\"\\bfnrt", values[] = "\"\\\b\f\n\r\t";
    const char *found = c ? strchr(values, c) : NULL;
    char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    if (found)
        text[1] = names[found - values];
    bl_text_out_bytes(out, text, found ? 2 : 6);
}

void bl_text_encode_json(bl_text_out *out, const char *text, size_t size, bool is_binary) {
    bl_text_out_char(out, '"');
    for (size_t i = 0; i < size;) {
        size_t begin = i;
        while (i < size && is_plain_json((unsigned char)text[i]) &&
               !(is_binary && (unsigned char)text[i] >= 0x7f))
            i++;
        bl_text_out_bytes(out, text + begin, i - begin);
        if (i < size)
            put_escape(out, (unsigned char)text[i++]);
    }
    bl_text_out_char(out, '"');
}

// ---- values ----

static const char *string_at(const bl_column *column, int64_t row, size_t *ret_size) {
    const int32_t *offsets = (const int32_t *)(const void *)column->offsets->data;
    *ret_size = (size_t)(offsets[row + 1] - offsets[row]);
    return *ret_size ? (const char *)column->values->data + offsets[row] : "";
}

static int64_t whole_at(const bl_column *column, int64_t row) {
    const void *values = column->values->data;
    switch (column->type->id) {
    case BL_INT8:
        return ((const int8_t *)values)[row];
    case BL_UINT8:
        return ((const uint8_t *)values)[row];
    case BL_INT16:
        return ((const int16_t *)values)[row];
    case BL_UINT16:
        return ((const uint16_t *)values)[row];
    case BL_INT32:
        return ((const int32_t *)values)[row];
    case BL_UINT32:
        return ((const uint32_t *)values)[row];
    default:
        return ((const int64_t *)values)[row];
    }
}

static void put_float(bl_text_out *out, const bl_column *column, int64_t row, bool is_json) {
    const void *values = column->values->data;
    bool is_narrow = column->type->id == BL_FLOAT32;
    double value = is_narrow ? (double)((const float *)values)[row] : ((const double *)values)[row];
    char *room = bl_text_out_room(out, BL_NUMBER_BYTES);
    if (!room)
        return;
    if (is_json && !isfinite(value)) {
        const char *word = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        put_word(out, out->is_cell ? word : "null");
        out->n_lost += !out->is_cell;
    } else if (isnan(value)) { // spelled as pandas, Polars and DuckDB all take it for a number
        put_word(out, "NaN");
    } else {
        out->used +=
            is_narrow ? bl_number_float32(room, (float)value) : bl_number_float64(room, value);
    }
}

static void put_whole(bl_text_out *out, const bl_column *column, int64_t row, bool is_json) {
    int64_t value = whole_at(column, row);
    const char *logical = column->type->logical;
    char *room = bl_text_out_room(out, BL_NUMBER_BYTES + BL_ISO_BYTES);
    if (!room)
        return;
    size_t n = logical ? bl_iso_write(room + is_json, logical, value) : 0;
    if (n && is_json) {
        room[0] = room[n + 1] = '"';
        n += 2;
    }
    if (!n)
        n = column->type->id == BL_UINT64 ? bl_number_uint(room, (uint64_t)value)
                                          : bl_number_int(room, value);
    out->used += n;
}

static void put_scalar(bl_text_out *out, const bl_column *column, int64_t row, bool is_json) {
    bl_type_id id = column->type->id;
    if (id == BL_FLOAT32 || id == BL_FLOAT64)
        put_float(out, column, row, is_json);
    else if (id == BL_BOOL)
        put_word(out, column->values->data[row / 8] >> (row % 8) & 1 ? "true" : "false");
    else
        put_whole(out, column, row, is_json);
}

static void put_json(bl_text_out *out, const bl_column *column, int64_t row);

static void put_list(bl_text_out *out, const bl_column *column, int64_t row) {
    int64_t first, last;
    if (column->type->id == BL_FIXED_LIST) {
        first = row * column->type->list_size;
        last = first + column->type->list_size;
    } else if (column->type->id == BL_LARGE_LIST) {
        const int64_t *offsets = (const int64_t *)(const void *)column->offsets->data;
        first = offsets[row];
        last = offsets[row + 1];
    } else {
        const int32_t *offsets = (const int32_t *)(const void *)column->offsets->data;
        first = offsets[row];
        last = offsets[row + 1];
    }
    bl_text_out_char(out, '[');
    for (int64_t i = first; i < last; i++) {
        if (i > first)
            bl_text_out_char(out, ',');
        put_json(out, &column->children[0], i);
    }
    bl_text_out_char(out, ']');
}

static void put_struct(bl_text_out *out, const bl_column *column, int64_t row) {
    bl_text_out_char(out, '{');
    for (size_t i = 0; i < column->n_children; i++) {
        const char *name = column->type->names[i];
        if (i)
            bl_text_out_char(out, ',');
        bl_text_encode_json(out, name, strlen(name), false);
        bl_text_out_char(out, ':');
        put_json(out, &column->children[i], row);
    }
    bl_text_out_char(out, '}');
}

static void put_json(bl_text_out *out, const bl_column *column, int64_t row) {
    bl_type_id id = column->type->id;
    size_t n;
    if (bl_column_is_null(column, row)) {
        put_word(out, "null");
    } else if (id < BL_BINARY) {
        put_scalar(out, column, row, true);
    } else if (id == BL_BINARY || id == BL_UTF8) {
        const char *text = string_at(column, row, &n);
        bl_text_encode_json(out, text, n, id == BL_BINARY);
    } else if (id == BL_STRUCT) {
        put_struct(out, column, row);
    } else {
        put_list(out, column, row);
    }
}

// ---- CSV ----

void bl_text_style_csv(bl_text_style *style, char separator) {
    style->separator = separator;
    for (const char *at = "\"\r\n"; *at; at++)
        style->is_quoted[(unsigned char)*at] = true;
    style->is_quoted[(unsigned char)separator] = true;
}

/// Writes a text between quotes. \return behind it
static char *put_quoted(char *to, const char *text, size_t size) {
    *to++ = '"';
    for (size_t i = 0; i < size; i++) {
        *to++ = text[i];
        if (text[i] == '"')
            *to++ = '"';
    }
    *to++ = '"';
    return to;
}

/// Most texts need no quotes: they are copied on trial, and looked at on the way.
static void put_cell(const bl_text_style *style, bl_text_out *out, const char *text, size_t size) {
    char *room = size < SIZE_MAX / 4 ? bl_text_out_room(out, 2 * size + 2) : NULL;
    if (!room)
        return;
    bool is_quoted = size == 0 || text[0] == ' ' || text[size - 1] == ' ';
    for (size_t i = 0; i < size; i++) {
        room[i] = text[i];
        is_quoted |= style->is_quoted[(unsigned char)text[i]];
    }
    out->used += is_quoted ? (size_t)(put_quoted(room, text, size) - room) : size;
}

/// JSON in quotes: written behind what is there, then each of its quotes is doubled, from its
/// end.
static void put_nested_cell(bl_text_out *out, const bl_column *column, int64_t row) {
    bl_text_out_char(out, '"');
    size_t begin = out->used, n_quotes = 0;
    out->is_cell = true;
    put_json(out, column, row);
    out->is_cell = false;
    for (size_t i = begin; i < out->used; i++)
        n_quotes += out->data[i] == '"';
    if (n_quotes && bl_text_out_room(out, n_quotes)) {
        size_t from = out->used, to = from + n_quotes;
        out->used = to;
        while (from > begin) {
            char c = out->data[--from];
            out->data[--to] = c;
            if (c == '"')
                out->data[--to] = c;
        }
    }
    bl_text_out_char(out, '"');
}

static void put_csv(const bl_text_style *style, bl_text_out *out, const bl_column *column,
                    int64_t row) {
    bl_type_id id = column->type->id;
    size_t n;
    if (bl_column_is_null(column, row)) {
        if (style->n_columns == 1) // an empty line would be no row
            put_word(out, "\"\"");
    } else if (id < BL_BINARY) {
        put_scalar(out, column, row, false);
    } else if (id == BL_BINARY || id == BL_UTF8) {
        const char *text = string_at(column, row, &n);
        put_cell(style, out, text, n);
    } else {
        put_nested_cell(out, column, row);
    }
}

void bl_text_encode_header(const bl_text_style *style, bl_text_out *out) {
    for (size_t i = 0; i < style->n_columns; i++) {
        if (i)
            bl_text_out_char(out, style->separator);
        put_cell(style, out, style->names[i], strlen(style->names[i]));
    }
    bl_text_out_char(out, '\n');
}

void bl_text_encode(const bl_text_style *style, const bl_batch *batch, int64_t first, int64_t last,
                    bl_text_out *out) {
    for (int64_t row = first; row < last && !out->failed; row++) {
        for (size_t i = 0; i < style->n_columns; i++) {
            const bl_column *column = &batch->columns[i];
            if (style->is_json) {
                put_word(out, style->keys[i]);
                put_json(out, column, row);
            } else {
                if (i)
                    bl_text_out_char(out, style->separator);
                put_csv(style, out, column, row);
            }
        }
        if (style->is_json)
            put_word(out, style->n_columns ? "}" : "{}");
        bl_text_out_char(out, '\n');
    }
}
