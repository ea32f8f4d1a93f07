// SPDX-License-Identifier: Apache-2.0
// Values that are stored otherwise than columns have them.
#include "formats/parquet/convert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

static bl_status new_values(bl_context *context, size_t size, bl_column *column, bl_error *err) {
    BL_TRY(bl_buffer_new(context, size, &column->values, err));
    column->values->size = size;
    return BL_OK;
}

static bl_status pack_bools(bl_context *context, const uint8_t *bytes, bl_column *column,
                            bl_error *err) {
    size_t n = (size_t)column->length, n_bytes = (n + 7) / 8;
    BL_TRY(new_values(context, n_bytes, column, err));
    uint8_t *bits = column->values->data;
    if (n_bytes)
        memset(bits, 0, n_bytes);
    for (size_t i = 0; i < n; i++)
        bits[i / 8] = (uint8_t)(bits[i / 8] | (bytes[i] & 1U) << i % 8);
    return BL_OK;
}

// ---- numbers ----

static void narrow(const uint8_t *from, size_t n, size_t width, uint8_t *to) {
    for (size_t i = 0; i < n; i++) // the low bytes of a whole number are those of the narrower one
        memcpy(to + i * width, from + i * 4, width);
}

static float half_float(uint16_t bits) {
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, exponent = bits >> 10 & 31,
             part = bits & 0x3ff;
    uint32_t made;
    float value;
    if (exponent == 0) {
        value = ldexpf((float)part, -24);
        return sign ? -value : value;
    }
    made = sign | (exponent == 31 ? 0x7f800000U : (exponent + 112) << 23) | part << 13;
    memcpy(&value, &made, sizeof value);
    return value;
}

static void widen_halves(const uint8_t *from, size_t n, float *to) {
    for (size_t i = 0; i < n; i++) {
        uint16_t bits;
        memcpy(&bits, from + 2 * i, sizeof bits);
        to[i] = half_float(bits);
    }
}

/// Nanoseconds of a Julian day, and the day.
static void read_times(const uint8_t *from, size_t n, int64_t *to) {
    static const uint64_t day_of_1970 = 2440588, nanoseconds_a_day = UINT64_C(86400000000000);
    for (size_t i = 0; i < n; i++) {
        uint64_t nanoseconds;
        uint32_t day;
        memcpy(&nanoseconds, from + 12 * i, sizeof nanoseconds);
        memcpy(&day, from + 12 * i + 8, sizeof day);
        to[i] = (int64_t)((day - day_of_1970) * nanoseconds_a_day + nanoseconds);
    }
}

/// Powers of ten that a double has exactly.
static double power_of_ten(int scale) {
    double power = 1;
    for (int i = 0; i < scale; i++)
        power *= 10;
    return power;
}

/// The nearest double of large numbers, by way of their digits.
static double decimal_by_text(const uint8_t *bytes, size_t n, int scale) {
    enum { MOST = 64 };
    uint8_t left[MOST];
    char text[4 * MOST + 32], *at = text + 4 * MOST;
    bool is_negative = n && bytes[0] & 0x80;
    if (n > MOST)
        return NAN;
    unsigned carry = 1;
    for (size_t i = n; i-- > 0;) {
        unsigned byte = is_negative ? (unsigned)(uint8_t)~bytes[i] + carry : bytes[i];
        carry = is_negative ? byte >> 8 : 0;
        left[i] = (uint8_t)byte;
    }
    snprintf(at, 32, "e%d", -scale);
    for (bool any = true; any;) {
        unsigned rest = 0;
        any = false;
        for (size_t i = 0; i < n; i++) {
            rest = rest << 8 | left[i];
            left[i] = (uint8_t)(rest / 10);
            any = any || left[i];
            rest %= 10;
        }
        *--at = (char)('0' + rest);
    }
    double value = strtod(at, NULL);
    return is_negative ? -value : value;
}

double bl_parquet_decimal(const uint8_t *bytes, size_t n, int scale) {
    enum { EXACT_POWER = 22 };
    const int64_t exact = INT64_C(1) << 53;
    int64_t value = n && bytes[0] & 0x80 ? -1 : 0;
    if (n > 8)
        return decimal_by_text(bytes, n, scale);
    for (size_t i = 0; i < n; i++)
        value = (int64_t)((uint64_t)value << 8 | bytes[i]);
    if (value >= -exact && value <= exact && scale >= 0 && scale <= EXACT_POWER)
        return (double)value / power_of_ten(scale);
    return decimal_by_text(bytes, n, scale);
}

static void read_decimals(const uint8_t *from, size_t n, size_t width, int scale, double *to) {
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[8];
        for (size_t k = 0; k < width; k++)
            bytes[k] = from[i * width + width - 1 - k];
        to[i] = bl_parquet_decimal(bytes, width, scale);
    }
}

static bl_status convert_numbers(bl_context *context, const bl_stream_leaf *s, const uint8_t *from,
                                 bl_column *column, bl_error *err) {
    const bl_parquet_node *node = s->leaf->node;
    size_t n = (size_t)column->length, width = bl_type_id_width(column->type->id);
    BL_TRY(new_values(context, n * width, column, err));
    void *to = column->values->data;
    if (node->conversion == BL_PARQUET_NARROWED)
        narrow(from, n, width, (uint8_t *)to);
    else if (node->conversion == BL_PARQUET_HALF_FLOAT)
        widen_halves(from, n, (float *)to);
    else if (node->conversion == BL_PARQUET_INT96_TIME)
        read_times(from, n, (int64_t *)to);
    else
        read_decimals(from, n, s->width, s->leaf->element->scale, (double *)to);
    return BL_OK;
}

// ---- texts ----

/// Decimals as bytes, of one length or each of its own.
static bl_status byte_decimals(bl_context *context, const bl_stream_leaf *s, const uint8_t *from,
                               bl_column *column, bl_error *err) {
    const int32_t *ends = s->offsets ? (const int32_t *)(const void *)s->offsets->data : NULL;
    size_t n = (size_t)column->length;
    BL_TRY(new_values(context, n * sizeof(double), column, err));
    double *to = (double *)(void *)column->values->data;
    for (size_t i = 0; i < n; i++) {
        size_t first = ends ? (size_t)ends[i] : i * s->width;
        size_t last = ends ? (size_t)ends[i + 1] : first + s->width;
        to[i] = bl_parquet_decimal(from + first, last - first, s->leaf->element->scale);
    }
    return BL_OK;
}

/// Values of one length, each a text of its own; a null has none.
static bl_status fixed_texts(bl_context *context, bl_stream_leaf *s, bl_column *column,
                             bl_error *err) {
    size_t n = (size_t)column->length, end = 0, width = s->width;
    if (n * width > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "more than 2147483647 bytes in one column of a batch");
    BL_TRY(bl_buffer_new(context, (n + 1) * sizeof(int32_t), &column->offsets, err));
    column->offsets->size = (n + 1) * sizeof(int32_t);
    int32_t *offsets = (int32_t *)(void *)column->offsets->data;
    uint8_t *values = s->values ? s->values->data : NULL;
    offsets[0] = 0;
    for (size_t i = 0; i < n; i++) {
        if (!bl_column_is_null(column, (int64_t)i)) {
            if (values && end != i * width)
                memmove(values + end, values + i * width, width);
            end += width;
        }
        offsets[i + 1] = (int32_t)end;
    }
    if (s->values)
        s->values->size = end;
    column->values = BL_MOVE(s->values);
    return BL_OK;
}

bool bl_parquet_are_utf8(const uint32_t *ends, int64_t n, const uint8_t *bytes) {
    size_t size = ends[n] - ends[0];
    if (size == 0 || !bytes)
        return true;
    for (int64_t i = 0; i < n; i++)
        if (ends[i] - ends[0] < size && (bytes[ends[i] - ends[0]] & 0xc0) == 0x80)
            return false;
    return bl_utf8_valid(bytes, size);
}

/// Whether all texts of a column are; some may have been looked at.
static bool are_utf8(const bl_stream_leaf *s, const bl_column *column) {
    const uint32_t *ends = (const uint32_t *)(const void *)column->offsets->data + s->n_checked;
    const uint8_t *bytes = column->values ? column->values->data + ends[0] : NULL;
    return !s->is_other && bl_parquet_are_utf8(ends, column->length - s->n_checked, bytes);
}

static bl_status texts(bl_context *context, bl_stream_leaf *s, bl_column *column, bl_error *err) {
    size_t size = ((size_t)column->length + 1) * sizeof(int32_t);
    if (!s->offsets || !s->offsets->size) { // no text at all, not even a null
        BL_TRY(bl_stream_reserve(context, &s->offsets, size, err));
        memset(s->offsets->data, 0, sizeof(int32_t));
        s->offsets->size = sizeof(int32_t);
    }
    if (s->offsets->size != size)
        return bl_error_set(err, BL_E_CORRUPT, "%zu texts where there should be %lld",
                            s->offsets->size / sizeof(int32_t) - 1, (long long)column->length);
    column->offsets = BL_MOVE(s->offsets);
    column->values = BL_MOVE(s->values);
    if (column->type->id != BL_UTF8 || are_utf8(s, column))
        return BL_OK;
    bl_type_id id = BL_BINARY;
    column->type =
        column->type->is_nullable ? bl_type_primitive_nullable(id) : bl_type_primitive(id);
    return BL_OK;
}

bl_status bl_parquet_finish_leaf(bl_context *context, bl_stream_leaf *s, bl_column *column,
                                 bl_error *err) {
    const bl_parquet_node *node = s->leaf->node;
    size_t wanted = (size_t)column->length * s->width;
    if (s->n_slots != column->length || (wanted && (!s->values || s->values->size < wanted)))
        return bl_error_set(err, BL_E_CORRUPT, "%lld places for values where there should be %lld",
                            (long long)s->n_slots, (long long)column->length);
    const uint8_t *from = s->values ? s->values->data : (const uint8_t *)"";
    if (node->conversion == BL_PARQUET_DECIMAL_BYTES)
        return byte_decimals(context, s, from, column, err);
    if (node->conversion != BL_PARQUET_AS_STORED)
        return convert_numbers(context, s, from, column, err);
    if (s->leaf->element->type == BL_PARQUET_BOOLEAN)
        return pack_bools(context, from, column, err);
    if (s->leaf->element->type == BL_PARQUET_FIXED_LEN_BYTE_ARRAY)
        return fixed_texts(context, s, column, err);
    if (s->width == 0)
        return texts(context, s, column, err);
    column->values = BL_MOVE(s->values);
    return BL_OK;
}
