// SPDX-License-Identifier: Apache-2.0
#include "data/inputs/numbers.h"

#include <math.h>
#include <string.h>

/// X(ID, type) of numbers that are not bits.
#define NUMBERS(X)      \
    X(INT8, int8_t)     \
    X(UINT8, uint8_t)   \
    X(INT16, int16_t)   \
    X(UINT16, uint16_t) \
    X(INT32, int32_t)   \
    X(UINT32, uint32_t) \
    X(INT64, int64_t)   \
    X(UINT64, uint64_t) \
    X(FLOAT32, float)   \
    X(FLOAT64, double)

static bool bit_at(const void *bits, int64_t i) {
    return ((const uint8_t *)bits)[i / 8] >> i % 8 & 1;
}

double bl_number_at(const bl_column *column, int64_t i) {
    double value;
    bl_numbers_copy(column, i, 1, true, &value, 1);
    return value;
}

/// One loop for each pair of types.
#define COPY(name, to)                                                                           \
    static void name(const bl_column *column, int64_t first, size_t n, to *out, size_t stride) { \
        const void *values = column->values ? column->values->data : NULL;                       \
        switch (column->type->id) {                                                              \
            NUMBERS(COPY_CASE)                                                                   \
        default: /* bits */                                                                      \
            for (size_t i = 0; i < n; i++)                                                       \
                out[i * stride] = bit_at(values, first + (int64_t)i) ? 1 : 0;                    \
            break;                                                                               \
        }                                                                                        \
        for (size_t i = 0; column->validity && i < n; i++)                                       \
            if (bl_column_is_null(column, first + (int64_t)i))                                   \
                out[i * stride] = NAN;                                                           \
    }
#define COPY_CASE(ID, from)                                                          \
    case BL_##ID:                                                                    \
        for (size_t i = 0; i < n; i++)                                               \
            out[i * stride] = (COPY_TYPE)((const from *)values)[first + (int64_t)i]; \
        break;

#define COPY_TYPE double
COPY(copy_doubles, double)
#undef COPY_TYPE
#define COPY_TYPE float
COPY(copy_floats, float)
#undef COPY_TYPE

const void *bl_numbers_at(const bl_column *column, int64_t first, bool is_double) {
    size_t number_bytes = is_double ? sizeof(double) : sizeof(float);
    if (column->type->id != (is_double ? BL_FLOAT64 : BL_FLOAT32) || column->validity ||
        !column->values)
        return NULL;
    return column->values->data + (size_t)first * number_bytes;
}

void bl_numbers_copy(const bl_column *column, int64_t first, size_t n, bool is_double, void *out,
                     size_t stride) {
    const void *same = stride == 1 ? bl_numbers_at(column, first, is_double) : NULL;
    if (same)
        memcpy(out, same, n * (is_double ? sizeof(double) : sizeof(float)));
    else if (is_double)
        copy_doubles(column, first, n, (double *)out, stride);
    else
        copy_floats(column, first, n, (float *)out, stride);
}

void bl_list_at(const bl_column *column, int64_t i, int64_t *ret_first, int64_t *ret_last) {
    int64_t size = column->type->list_size;
    bool is_fixed = column->type->id == BL_FIXED_LIST;
    const void *offsets = is_fixed ? NULL : column->offsets->data;
    if (is_fixed) {
        *ret_first = i * size;
        *ret_last = (i + 1) * size;
    } else if (column->type->id == BL_LARGE_LIST) {
        *ret_first = ((const int64_t *)offsets)[i];
        *ret_last = ((const int64_t *)offsets)[i + 1];
    } else {
        *ret_first = ((const int32_t *)offsets)[i];
        *ret_last = ((const int32_t *)offsets)[i + 1];
    }
    if (bl_column_is_null(column, i))
        *ret_last = *ret_first;
}
