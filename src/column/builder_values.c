// SPDX-License-Identifier: Apache-2.0
// Builders: values that are not as the column is, or not there at all.
#include "column/builder.h"

#define TWO_TO_63 9223372036854775808.0

/// Any number as both a whole number and a real one; whichever the type has is exact.
typedef struct any_number {
    bool is_real;
    double real;
    int64_t integer; ///< of a uint64: its bits
} any_number;

#define LOAD(c_type, member)                               \
    do {                                                   \
        c_type loaded;                                     \
        memcpy(&loaded, value, sizeof loaded);             \
        number.member = (__typeof__(number.member))loaded; \
    } while (0)

static any_number load(bl_type_id type, const void *value) {
    any_number number = {.is_real = type == BL_FLOAT32 || type == BL_FLOAT64};
    switch (type) {
    case BL_FLOAT32:
        LOAD(float, real);
        break;
    case BL_FLOAT64:
        LOAD(double, real);
        break;
    case BL_INT8:
        LOAD(int8_t, integer);
        break;
    case BL_INT16:
        LOAD(int16_t, integer);
        break;
    case BL_UINT16:
        LOAD(uint16_t, integer);
        break;
    case BL_INT32:
        LOAD(int32_t, integer);
        break;
    case BL_UINT32:
        LOAD(uint32_t, integer);
        break;
    case BL_INT64:
    case BL_UINT64:
        LOAD(int64_t, integer);
        break;
    default:
        LOAD(uint8_t, integer);
        break;
    }
    if (number.is_real) // C leaves it open what becomes of values that do not fit
        number.integer =
            number.real >= -TWO_TO_63 && number.real < TWO_TO_63 ? (int64_t)number.real : 0;
    else
        number.real = type == BL_UINT64 ? (double)(uint64_t)number.integer : (double)number.integer;
    return number;
}

void bl_builder_append_number(bl_builder *builder, bl_type_id type, const void *value) {
    any_number number = load(type, value);
    bl_type_id to = builder->type->id;
    if (to == BL_BOOL) {
        uint8_t flag = number.is_real ? number.real != 0 : number.integer != 0;
        bl_builder_append_bools(builder, &flag, 1);
        return;
    }
    void *place = bl_builder_extend(builder, 1);
    if (!place)
        return;
    float narrow = (float)number.real;
    if (to == BL_FLOAT64)
        memcpy(place, &number.real, sizeof number.real);
    else if (to == BL_FLOAT32)
        memcpy(place, &narrow, sizeof narrow);
    else // the low bytes of a whole number are those of the narrower one
        memcpy(place, &number.integer, bl_type_id_width(to));
}

void bl_builder_append_defaults(bl_builder *builder, size_t n) {
    bl_type_id id = builder->type->id;
    size_t width = bl_type_id_width(id);
    const uint8_t zero = 0;
    if (id == BL_STRUCT || id == BL_FIXED_LIST) {
        size_t n_items = id == BL_STRUCT ? n : n * (size_t)builder->type->list_size;
        for (size_t i = 0; i < builder->n_children; i++)
            bl_builder_append_defaults(&builder->children[i], n_items);
        if (builder->n_children == 0)
            bl_builder_append_empty(builder, n);
        return;
    }
    if (width) {
        void *place = bl_builder_extend(builder, n);
        if (place)
            memset(place, 0, n * width);
        return;
    }
    for (size_t i = 0; i < n && builder->failed == BL_OK; i++) {
        if (id == BL_BOOL)
            bl_builder_append_bools(builder, &zero, 1);
        else if (id == BL_UTF8 || id == BL_BINARY)
            bl_builder_append_string(builder, &zero, 0);
        else
            bl_builder_end_list(builder);
    }
}
