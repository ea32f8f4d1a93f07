// SPDX-License-Identifier: Apache-2.0
// Values of a column appended as PLAIN has them; bools as a byte each, until they are packed.
#include "base/utf8.h"
#include "formats/parquet/write.h"

uint8_t *bl_pqw_extend(bl_packer *packer, size_t n) {
    uint8_t *at = bl_packer_extend(packer, n + BL_PQW_SLACK);
    if (at)
        packer->buffer->size -= BL_PQW_SLACK;
    return at;
}

typedef struct selection {
    int64_t base;
    const int64_t *places; ///< [n]; NULL: from `base` on
    size_t n;
} selection;

static inline int64_t place_of(const selection *chosen, size_t i) {
    return chosen->places ? chosen->places[i] : chosen->base + (int64_t)i;
}

#define COPY(name, from, to)                                                           \
    static void name(const bl_column *column, const selection *chosen, uint8_t *out) { \
        const from *values = (const from *)(const void *)column->values->data;         \
        for (size_t i = 0; i < chosen->n; i++) {                                       \
            to value = (to)values[place_of(chosen, i)];                                \
            memcpy(out + i * sizeof value, &value, sizeof value);                      \
        }                                                                              \
    }
COPY(copy_int8, int8_t, int32_t)
COPY(copy_uint8, uint8_t, int32_t)
COPY(copy_int16, int16_t, int32_t)
COPY(copy_uint16, uint16_t, int32_t)
COPY(copy4, uint32_t, uint32_t)
COPY(copy8, uint64_t, uint64_t)

static void copy_bools(const bl_column *column, const selection *chosen, uint8_t *out) {
    const uint8_t *bits = column->values->data;
    for (size_t i = 0; i < chosen->n; i++) {
        int64_t place = place_of(chosen, i);
        out[i] = bits[place >> 3] >> (place & 7) & 1;
    }
}

/// A block of values that lie behind each other as they do in the file.
static bool copy_block(const bl_column *column, const selection *chosen, size_t width,
                       uint8_t *out) {
    if (chosen->places)
        return false;
    memcpy(out, column->values->data + (size_t)chosen->base * width, chosen->n * width);
    return true;
}

// ---- dates and times ----

static bl_status too_far(const bl_pqw_leaf *leaf, int64_t value, const char *unit, bl_error *err) {
    return bl_error_set(err, BL_E_TYPE, "'%s': %lld seconds do not fit into %s", leaf->name,
                        (long long)value, unit);
}

static bl_status copy_seconds4(const bl_pqw_leaf *leaf, const bl_column *column,
                               const selection *chosen, uint8_t *out, bl_error *err) {
    const int32_t *values = (const int32_t *)(const void *)column->values->data;
    for (size_t i = 0; i < chosen->n; i++) {
        int32_t value, seconds = values[place_of(chosen, i)];
        if (__builtin_mul_overflow(seconds, 1000, &value))
            return too_far(leaf, seconds, "32 bits of milliseconds", err);
        memcpy(out + i * sizeof value, &value, sizeof value);
    }
    return BL_OK;
}

static bl_status copy_seconds8(const bl_pqw_leaf *leaf, const bl_column *column,
                               const selection *chosen, uint8_t *out, bl_error *err) {
    const int64_t *values = (const int64_t *)(const void *)column->values->data;
    for (size_t i = 0; i < chosen->n; i++) {
        int64_t value, seconds = values[place_of(chosen, i)];
        if (__builtin_mul_overflow(seconds, (int64_t)1000, &value))
            return too_far(leaf, seconds, "64 bits of milliseconds", err);
        memcpy(out + i * sizeof value, &value, sizeof value);
    }
    return BL_OK;
}

static bl_status copy_days(const bl_pqw_leaf *leaf, const bl_column *column,
                           const selection *chosen, uint8_t *out, bl_error *err) {
    const int64_t day = 86400000;
    const int64_t *values = (const int64_t *)(const void *)column->values->data;
    for (size_t i = 0; i < chosen->n; i++) {
        int64_t given = values[place_of(chosen, i)];
        int64_t days = given / day - (given % day < 0);
        if (days < INT32_MIN || days > INT32_MAX)
            return too_far(leaf, given / 1000, "32 bits of days", err);
        int32_t value = (int32_t)days;
        memcpy(out + i * sizeof value, &value, sizeof value);
    }
    return BL_OK;
}

// ---- texts ----

static size_t texts_size(const int32_t *offsets, const selection *chosen) {
    if (!chosen->places)
        return 4 * chosen->n +
               (size_t)(offsets[chosen->base + (int64_t)chosen->n] - offsets[chosen->base]);
    size_t size = 4 * chosen->n;
    for (size_t i = 0; i < chosen->n; i++)
        size += (size_t)(offsets[chosen->places[i] + 1] - offsets[chosen->places[i]]);
    return size;
}

/// Each text behind its length. \param end of the column's bytes: short texts before it are copied
/// as a block
static void copy_texts(const int32_t *offsets, const uint8_t *bytes, const uint8_t *end,
                       const selection *chosen, uint8_t *out) {
    for (size_t i = 0; i < chosen->n; i++) {
        int64_t place = place_of(chosen, i);
        const uint8_t *text = bytes + offsets[place];
        uint32_t n = (uint32_t)(offsets[place + 1] - offsets[place]);
        memcpy(out, &n, sizeof n);
        if (n <= BL_PQW_SLACK && (size_t)(end - text) >= BL_PQW_SLACK)
            memcpy(out + 4, text, BL_PQW_SLACK);
        else if (n)
            memcpy(out + 4, text, n);
        out += 4 + n;
    }
}

static bl_status check_utf8(const bl_pqw_leaf *leaf, const uint8_t *texts, size_t n,
                            bl_error *err) {
    for (uint32_t size; n > 0; n--, texts += 4 + size) {
        memcpy(&size, texts, sizeof size);
        if (!bl_utf8_valid(texts + 4, size))
            return bl_error_set(err, BL_E_TYPE, "'%s': bytes that are no UTF-8 text", leaf->name);
    }
    return BL_OK;
}

static bl_status append_texts(const bl_pqw_leaf *leaf, const bl_column *column,
                              const selection *chosen, bl_packer *values, bl_error *err) {
    const int32_t *offsets = (const int32_t *)(const void *)column->offsets->data;
    size_t size = texts_size(offsets, chosen);
    if (size > INT32_MAX - 2 * BL_PQW_HEAD - bl_packer_size(values))
        return bl_error_set(err, BL_E_LIMIT, "'%s': more than 2 GiB in one page", leaf->name);
    uint8_t *out = bl_pqw_extend(values, size);
    if (!out)
        return bl_packer_check(values, "values", err);
    static const uint8_t nothing = 0;
    const uint8_t *bytes = column->values ? column->values->data : &nothing;
    copy_texts(offsets, bytes, bytes + offsets[column->length], chosen, out);
    if (leaf->is_utf8 && column->type->id == BL_BINARY)
        return check_utf8(leaf, out, chosen->n, err);
    return BL_OK;
}

bl_status bl_pqw_append_values(const bl_pqw_leaf *leaf, const bl_column *column, int64_t base,
                               const int64_t *places, size_t n, bl_packer *values, bl_error *err) {
    selection chosen = {base, places, n};
    if (n == 0)
        return BL_OK;
    if (leaf->kind == BL_PQW_TEXT)
        return append_texts(leaf, column, &chosen, values, err);
    if (n > (INT32_MAX - BL_PQW_HEAD - bl_packer_size(values)) / leaf->width)
        return bl_error_set(err, BL_E_LIMIT, "'%s': more than 2 GiB in one page", leaf->name);
    uint8_t *out = bl_packer_extend(values, n * leaf->width);
    if (!out)
        return bl_packer_check(values, "values", err);
    switch (leaf->kind) {
    case BL_PQW_BOOL:
        copy_bools(column, &chosen, out);
        break;
    case BL_PQW_INT8:
        copy_int8(column, &chosen, out);
        break;
    case BL_PQW_UINT8:
        copy_uint8(column, &chosen, out);
        break;
    case BL_PQW_INT16:
        copy_int16(column, &chosen, out);
        break;
    case BL_PQW_UINT16:
        copy_uint16(column, &chosen, out);
        break;
    case BL_PQW_COPY4:
        if (!copy_block(column, &chosen, 4, out))
            copy4(column, &chosen, out);
        break;
    case BL_PQW_COPY8:
        if (!copy_block(column, &chosen, 8, out))
            copy8(column, &chosen, out);
        break;
    case BL_PQW_SECONDS4:
        return copy_seconds4(leaf, column, &chosen, out, err);
    case BL_PQW_SECONDS8:
        return copy_seconds8(leaf, column, &chosen, out, err);
    case BL_PQW_DAYS:
        return copy_days(leaf, column, &chosen, out, err);
    default:
        break;
    }
    return BL_OK;
}
