// SPDX-License-Identifier: Apache-2.0
// Values that are not ours as they lie: texts of all kinds, halves, decimals, indices of
// dictionaries, and what is nothing but null.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/context.h"
#include "formats/arrow/request.h"

// ---- texts ----

static bl_status too_long(bl_arrow_walk *walk) {
    return bl_error_set(walk->err, BL_E_LIMIT,
                        "more than 2147483647 bytes in one column of a batch; read fewer rows");
}

/// Offsets of 8 bytes as such of 4 that begin at 0.
static bl_status narrow(bl_arrow_walk *walk, const bl_buffer *wide, size_t n,
                        bl_buffer **ret_offsets) {
    const int64_t *from = (const int64_t *)(const void *)wide->data;
    BL_TRY(bl_arrow_new_buffer(walk->context, (n + 1) * sizeof(int32_t), ret_offsets, walk->err));
    int32_t *to = (int32_t *)(void *)(*ret_offsets)->data;
    uint64_t first = (uint64_t)from[0], wild = 0;
    for (size_t i = 0; i <= n; i++) {
        uint64_t offset = (uint64_t)from[i] - first;
        wild |= offset >> 31;
        to[i] = (int32_t)offset;
    }
    return wild ? too_long(walk) : BL_OK;
}

static bl_status decode_text(bl_arrow_walk *walk, const bl_arrow_field *field, int64_t first,
                             int64_t last, bl_column *column) {
    const bl_arrow_record *record = &walk->piece->record;
    size_t width = field->width, n = (size_t)(last - first);
    if (n == 0)
        return BL_OK;
    int64_t length = bl_arrow_pair_at(record->nodes, field->node).first;
    bool is_whole = record->codec != BL_CODEC_STORED || (first == 0 && last == length);
    BL_AUTO(bl_buffer) offsets = NULL;
    BL_AUTO(bl_buffer) text = NULL;
    BL_TRY(bl_arrow_next_buffer(walk, width, ((uint64_t)n + 1) * width, &offsets));
    BL_TRY(bl_arrow_next_buffer(walk, 1, 0, &text));
    if (width == 8)
        BL_TRY(narrow(walk, offsets, n, &column->offsets));
    else
        BL_TRY(bl_arrow_offsets(walk->context, offsets, width, 0, n, &column->offsets, walk->err));
    int64_t begin = bl_arrow_load_offset(offsets, width, 0);
    int64_t end = bl_arrow_load_offset(offsets, width, n);
    if (begin < 0 || end < begin)
        return bl_error_set(walk->err, BL_E_CORRUPT, "offsets descend");
    return bl_arrow_part(walk->context, text, is_whole ? (size_t)begin : 0, (size_t)(end - begin),
                         1, &column->values, walk->err);
}

static bl_status decode_fixed_texts(bl_arrow_walk *walk, const bl_arrow_field *field, int64_t first,
                                    int64_t last, bl_column *column) {
    uint64_t n = (uint64_t)(last - first), size;
    if (__builtin_mul_overflow(n, field->width, &size) || size > INT32_MAX)
        return too_long(walk);
    BL_TRY(bl_arrow_next_buffer(walk, 1, size, &column->values));
    BL_TRY(
        bl_arrow_new_buffer(walk->context, (n + 1) * sizeof(int32_t), &column->offsets, walk->err));
    int32_t *offsets = (int32_t *)(void *)column->offsets->data;
    for (uint64_t i = 0; i <= n; i++)
        offsets[i] = (int32_t)(i * field->width);
    return BL_OK;
}

enum { VIEW_BYTES = 16, INLINE_BYTES = 12 };

typedef struct views {
    const uint8_t *data; ///< [n] of VIEW_BYTES: length, then the text, or its beginning, which of
                         ///< the buffers it is in, and where
    const uint8_t *validity; ///< NULL: none is null
    bl_buffer **texts;       ///< [n_texts]
    size_t n_texts;
} views;

/// The text of a view; nothing for a null. \return false: it points nowhere
static bool view_text(const views *v, size_t i, const uint8_t **ret_text, size_t *ret_size) {
    const uint8_t *view = v->data + i * VIEW_BYTES;
    int64_t size = bl_flat_load32(view), buffer = bl_flat_load32(view + 8),
            at = bl_flat_load32(view + 12);
    *ret_size = 0;
    if (v->validity && !(v->validity[i / 8] >> i % 8 & 1))
        return true;
    *ret_text = view + 4;
    if (size >= 0 && size <= INLINE_BYTES) {
        *ret_size = (size_t)size;
        return true;
    }
    if (size < 0 || buffer < 0 || (size_t)buffer >= v->n_texts || at < 0 ||
        (uint64_t)at + (uint64_t)size > v->texts[buffer]->size)
        return false;
    *ret_text = v->texts[buffer]->data + at;
    *ret_size = (size_t)size;
    return true;
}

static bl_status copy_views(bl_arrow_walk *walk, const views *v, size_t n, bl_column *column) {
    BL_TRY(bl_arrow_new_buffer(walk->context, ((uint64_t)n + 1) * sizeof(int32_t), &column->offsets,
                               walk->err));
    int32_t *offsets = (int32_t *)(void *)column->offsets->data;
    const uint8_t *text = NULL;
    uint64_t total = 0;
    size_t size;
    for (size_t i = 0; i < n; i++) {
        offsets[i] = (int32_t)total;
        if (!view_text(v, i, &text, &size))
            return bl_error_set(walk->err, BL_E_CORRUPT, "view %zu points past its buffer", i);
        total += size;
        if (total > INT32_MAX)
            return too_long(walk);
    }
    offsets[n] = (int32_t)total;
    BL_TRY(bl_arrow_new_buffer(walk->context, total, &column->values, walk->err));
    for (size_t i = 0; i < n; i++) {
        (void)view_text(v, i, &text, &size);
        if (size)
            memcpy(column->values->data + offsets[i], text, size);
    }
    return BL_OK;
}

static bl_status decode_views(bl_arrow_walk *walk, const bl_arrow_field *field, int64_t first,
                              int64_t last, bl_column *column) {
    const bl_arrow_record *record = &walk->piece->record;
    size_t n_texts = bl_arrow_last_buffer(record, field) - bl_arrow_first_buffer(record, field) - 2;
    size_t n = (size_t)(last - first), n_read = 0;
    bl_buffer **texts = (bl_buffer **)bl_alloc_zero(walk->context, n_texts + 1, sizeof *texts);
    if (!texts)
        return bl_error_nomem(walk->err, n_texts * sizeof *texts, "views");
    BL_AUTO(bl_buffer) data = NULL;
    bl_status status = bl_arrow_next_buffer(walk, 4, (uint64_t)n * VIEW_BYTES, &data);
    for (; status == BL_OK && n_read < n_texts; n_read++)
        status = bl_arrow_next_buffer(walk, 1, 0, &texts[n_read]);
    if (status == BL_OK)
        status = copy_views(walk,
                            &(views){.data = data->data,
                                     .validity = column->validity ? column->validity->data : NULL,
                                     .texts = texts,
                                     .n_texts = n_texts},
                            n, column);
    for (size_t i = 0; i < n_read; i++)
        bl_buffer_release(texts[i]);
    bl_free(walk->context, texts);
    return status;
}

// ---- numbers ----

static float half_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000U) << 16, exponent = half >> 10 & 0x1f,
             fraction = half & 0x3ff, bits;
    float value;
    if (exponent == 0) { // zero or subnormal: fraction · 2⁻²⁴, exact
        value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    bits = sign | (exponent == 0x1f ? 0xffU : exponent + 112) << 23 | fraction << 13;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bl_status decode_halves(bl_arrow_walk *walk, size_t n, bl_column *column) {
    BL_AUTO(bl_buffer) halves = NULL;
    BL_TRY(bl_arrow_next_buffer(walk, 2, (uint64_t)n * 2, &halves));
    BL_TRY(bl_arrow_new_buffer(walk->context, (uint64_t)n * sizeof(float), &column->values,
                               walk->err));
    const uint16_t *from = (const uint16_t *)(const void *)halves->data;
    float *to = (float *)(void *)column->values->data;
    for (size_t i = 0; i < n; i++)
        to[i] = half_to_float(from[i]);
    return BL_OK;
}

enum { DECIMAL_WORDS = 8, DECIMAL_TEXT = 112 };
#define EXACT_WHOLE ((uint64_t)1 << 53)
#define EXACT_SCALE 22 // 10²² is the largest power of ten that is a float64

/// The magnitude of a two's complement number of `width` bytes, in words of 32 bits, lowest first.
static bool magnitude(const uint8_t *at, size_t width, uint32_t *words) {
    size_t n = width / 4;
    bool is_negative = at[width - 1] >> 7;
    uint64_t carry = is_negative;
    memset(words, 0, DECIMAL_WORDS * sizeof *words);
    memcpy(words, at, width);
    for (size_t i = 0; i < n && is_negative; i++) {
        carry += (uint32_t)~words[i];
        words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return is_negative;
}

/// Writes a magnitude in decimal digits, from the end of a text; returns where they begin.
static char *digits(uint32_t *words, char *end) {
    uint32_t any = 1;
    while (any) {
        uint64_t rest = 0;
        any = 0;
        for (size_t i = DECIMAL_WORDS; i-- > 0;) {
            rest = rest << 32 | words[i];
            words[i] = (uint32_t)(rest / 10);
            rest %= 10;
            any |= words[i];
        }
        *--end = (char)('0' + rest);
    }
    return end;
}

/// The float64 that is nearest to a decimal: a division of two exact numbers is; all else is read
/// from its digits by the C library, which rounds to nearest.
static double decimal_to_double(const uint8_t *at, size_t width, int32_t scale) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint32_t words[DECIMAL_WORDS];
    bool is_negative = magnitude(at, width, words);
    uint32_t high = 0;
    for (size_t i = 2; i < DECIMAL_WORDS; i++)
        high |= words[i];
    uint64_t low = (uint64_t)words[1] << 32 | words[0];
    double value;
    if (!high && low <= EXACT_WHOLE && scale >= 0 && scale <= EXACT_SCALE) {
        value = (double)low / powers[scale];
    } else {
        char text[DECIMAL_TEXT];
        char *end = text + DECIMAL_TEXT - 16, *begin;
        snprintf(end, 16, "e%lld", -(long long)scale);
        begin = digits(words, end);
        value = strtod(begin, NULL);
    }
    return is_negative ? -value : value;
}

static bl_status decode_decimals(bl_arrow_walk *walk, const bl_arrow_field *field, size_t n,
                                 bl_column *column) {
    BL_AUTO(bl_buffer) raw = NULL;
    BL_TRY(bl_arrow_next_buffer(walk, 4, (uint64_t)n * field->width, &raw));
    BL_TRY(bl_arrow_new_buffer(walk->context, (uint64_t)n * sizeof(double), &column->values,
                               walk->err));
    double *to = (double *)(void *)column->values->data;
    for (size_t i = 0; i < n; i++)
        to[i] = decimal_to_double(raw->data + i * field->width, field->width, field->scale);
    return BL_OK;
}

// ---- nulls, dictionaries ----

static bl_status decode_nulls(bl_arrow_walk *walk, size_t n, bl_column *column) {
    BL_TRY(bl_arrow_new_buffer(walk->context, ((uint64_t)n + 7) / 8, &column->values, walk->err));
    memset(column->values->data, 0, column->values->size);
    column->validity = bl_buffer_ref(column->values);
    return BL_OK;
}

static int64_t load_index(const uint8_t *at, size_t width, bool is_signed) {
    uint64_t value = 0;
    memcpy(&value, at, width);
    unsigned shift = 64 - 8 * (unsigned)width;
    return is_signed ? (int64_t)(value << shift) >> shift : (int64_t)value;
}

static bl_status decode_indices(bl_arrow_walk *walk, const bl_arrow_field *field, size_t n,
                                bl_column *column) {
    const bl_column *values = bl_arrow_dictionary_find(walk->request, field, walk->piece->before);
    BL_AUTO(bl_buffer) indices = NULL;
    BL_AUTO(bl_buffer) rows = NULL;
    BL_TRY(bl_arrow_next_buffer(walk, field->width, (uint64_t)n * field->width, &indices));
    BL_TRY(bl_arrow_new_buffer(walk->context, (uint64_t)n * sizeof(int64_t), &rows, walk->err));
    int64_t *row = (int64_t *)(void *)rows->data;
    int64_t length = values ? values->length : 0;
    for (size_t i = 0; i < n; i++) {
        bool is_null = bl_column_is_null(column, (int64_t)i);
        row[i] = is_null ? -1
                         : load_index(indices->data + i * field->width, field->width,
                                      field->has_signed_indices);
        if (!is_null && (row[i] < 0 || row[i] >= length))
            return bl_error_set(walk->err, BL_E_CORRUPT,
                                "value %lld of dictionary %lld, which has %lld", (long long)row[i],
                                (long long)field->dictionary, (long long)length);
    }
    bl_column empty = {.type = field->type};
    bl_column taken = {0};
    if (!values && n)
        BL_TRY(bl_column_init(walk->context, &empty, field->type, walk->err));
    bl_status status =
        bl_arrow_take(walk->context, values ? values : &empty, row, n, &taken, walk->err);
    if (!values && n)
        bl_column_release(walk->context, &empty);
    bl_column_release(walk->context, status == BL_OK ? column : &taken);
    if (status == BL_OK)
        *column = taken;
    return status;
}

bl_status bl_arrow_decode_values(bl_arrow_walk *walk, const bl_arrow_field *field, int64_t first,
                                 int64_t last, bl_column *column) {
    size_t n = (size_t)(last - first);
    if (field->values)
        return decode_indices(walk, field, n, column);
    switch (field->layout) {
    case BL_ARROW_NULLS:
        return decode_nulls(walk, n, column);
    case BL_ARROW_TEXT:
        return decode_text(walk, field, first, last, column);
    case BL_ARROW_FIXED_BINARY:
        return decode_fixed_texts(walk, field, first, last, column);
    case BL_ARROW_VIEWS:
        return decode_views(walk, field, first, last, column);
    default:
        return field->cast == BL_ARROW_HALF ? decode_halves(walk, n, column)
                                            : decode_decimals(walk, field, n, column);
    }
}
