// SPDX-License-Identifier: Apache-2.0
// Members of objects that were read, by name.
#include "formats/root/object.h"

int64_t bl_root_number_integer(const bl_root_number *number, const uint8_t *data) {
    union {
        int8_t i8;
        uint8_t u8;
        int16_t i16;
        uint16_t u16;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
        float f;
        double d;
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

static const bl_root_member *search(const bl_root_object *object, const char *name) {
    for (size_t i = object->n_members; i-- > 0;)
        if (strcmp(object->members[i].name, name) == 0)
            return &object->members[i];
    return NULL;
}

const bl_root_member *bl_root_object_member(const bl_root_object *object, const char *name) {
    if (!object)
        return NULL;
    if (!object->places)
        return search(object, name);
    uintptr_t address = (uintptr_t)name;
    size_t n_slots = sizeof object->places->slots / sizeof *object->places->slots;
    size_t slot = (address ^ (address >> 8)) % n_slots;
    const char *known = object->places->slots[slot].name;
    size_t index = object->places->slots[slot].index;
    if (object->places->slots[slot].asked == name) {
        if (!known && index == object->n_members)
            return NULL;
        if (known && index < object->n_members && object->members[index].name == known)
            return &object->members[index];
    }
    const bl_root_member *found = search(object, name);
    object->places->slots[slot].asked = name;
    object->places->slots[slot].name = found ? found->name : NULL;
    object->places->slots[slot].index =
        found ? (size_t)(found - object->members) : object->n_members;
    return found;
}

int64_t bl_root_object_integer(const bl_root_object *object, const char *name, int64_t absent) {
    const bl_root_member *member = bl_root_object_member(object, name);
    if (!member)
        return absent;
    if (member->kind == BL_ROOT_INTEGER)
        return member->integer;
    bool fits = member->kind == BL_ROOT_REAL && member->real > -9e18 && member->real < 9e18;
    return fits ? (int64_t)member->real : absent; // old trees count in doubles
}

const char *bl_root_object_text(const bl_root_object *object, const char *name,
                                const char *absent) {
    const bl_root_member *member = bl_root_object_member(object, name);
    return member && member->kind == BL_ROOT_TEXT ? member->text : absent;
}

const bl_root_object *bl_root_object_object(const bl_root_object *object, const char *name) {
    const bl_root_member *member = bl_root_object_member(object, name);
    return member && member->kind == BL_ROOT_OBJECT ? member->object : NULL;
}

int64_t bl_root_array_integer(const bl_root_member *array, size_t i, int64_t absent) {
    if (!array || array->kind != BL_ROOT_ARRAY || i >= array->array.n)
        return absent;
    const bl_root_number *number = array->array.number;
    return bl_root_number_integer(number, array->array.data + i * number->size);
}
