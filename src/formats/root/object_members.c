// SPDX-License-Identifier: Apache-2.0
// Members of objects that were read, by name.
#include "formats/root/object.h"

/// A member and its value.
typedef struct member {
    const bl_root_field *field; ///< NULL: absent
    bl_root_step_kind kind;
    bl_root_value value;
} member;

static member find(const bl_root_object *object, const char *name) {
    for (const bl_root_part *part = object ? object->parts : NULL; part; part = part->next) {
        const bl_root_field *field = bl_root_plan_field(part->plan, name);
        if (field)
            return (member){field, part->plan->steps[field->step].kind, part->values[field->step]};
    }
    return (member){0};
}

/// True for members whose value is `data`, and which were reached before the object ended.
static bool has_numbers(const member *m) {
    return m->field && m->kind <= BL_ROOT_STEP_SIZED && m->value.data;
}

int64_t bl_root_number_integer(const bl_root_number *number, const uint8_t *data) {
    union {
        int8_t i8;
        uint8_t u8;
        int16_t i16;
        uint16_t u16;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
    } value = {0};
    bl_root_numbers_decode(number, data, 1, &value);
    switch (number->type) {
    case BL_INT8:
        return value.i8;
    case BL_BOOL:
    case BL_UINT8:
        return value.u8;
    case BL_INT16:
        return value.i16;
    case BL_UINT16:
        return value.u16;
    case BL_INT32:
        return value.i32;
    case BL_UINT32:
        return value.u32;
    default:
        return value.i64;
    }
}

/// A real number as an integer, as old trees count in doubles.
static int64_t whole(const bl_root_number *number, const uint8_t *data, int64_t absent) {
    float single = 0;
    double real = 0;
    if (number->type == BL_FLOAT32) {
        bl_root_numbers_decode(number, data, 1, &single);
        real = single;
    } else {
        bl_root_numbers_decode(number, data, 1, &real);
    }
    return real > -9e18 && real < 9e18 ? (int64_t)real : absent;
}

int64_t bl_root_object_integer(const bl_root_object *object, const char *name, int64_t absent) {
    member m = find(object, name);
    if (!has_numbers(&m) || m.kind != BL_ROOT_STEP_RUN || m.field->is_array)
        return absent;
    const bl_root_number *number = &m.field->number;
    const uint8_t *data = m.value.data + m.field->offset;
    bool is_real = number->type == BL_FLOAT32 || number->type == BL_FLOAT64;
    return is_real ? whole(number, data, absent) : bl_root_number_integer(number, data);
}

const char *bl_root_object_text(const bl_root_object *object, const char *name,
                                const char *absent) {
    member m = find(object, name);
    return m.field && m.kind == BL_ROOT_STEP_TEXT && m.value.text ? m.value.text : absent;
}

bl_root_object *bl_root_object_object(const bl_root_object *object, const char *name) {
    member m = find(object, name);
    bool is_object = m.field && (m.kind == BL_ROOT_STEP_POINTER || m.kind == BL_ROOT_STEP_EMBEDDED);
    return is_object ? m.value.object : NULL;
}

bl_root_array bl_root_object_array(const bl_root_object *object, const char *name) {
    static const bl_root_number wide = {.type = BL_INT64, .size = 8};
    member m = find(object, name);
    bl_root_array array = {0};
    if (!has_numbers(&m))
        return array;
    array.data = m.value.data + m.field->offset;
    array.number = &m.field->number;
    if (m.kind == BL_ROOT_STEP_RUN) {
        array.n = m.field->is_array ? m.field->n : 0;
    } else if (m.kind == BL_ROOT_STEP_SIZED) {
        array.n = bl_load_be32(array.data);
        array.data += 4;
    } else {
        uint8_t flag = *array.data++;
        if (flag == 2) // so say old branches that their seeks are of 64 bits
            array.number = &wide;
        array.n = flag ? (size_t)bl_root_object_integer(object, m.field->count_name, 0) : 0;
    }
    return array;
}

int64_t bl_root_array_integer(const bl_root_array *array, size_t i, int64_t absent) {
    if (i >= array->n)
        return absent;
    return bl_root_number_integer(array->number, array->data + i * array->number->size);
}
