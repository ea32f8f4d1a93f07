// SPDX-License-Identifier: Apache-2.0
// Thrift's compact protocol, read.
#include "formats/parquet/thrift.h"

enum { MOST_DEPTH = 32 };

static void fail(bl_cursor *c) { (void)bl_cursor_take(c, SIZE_MAX); }

uint64_t bl_thrift_varint(bl_cursor *c) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = bl_cursor_u8(c);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    fail(c);
    return 0;
}

int64_t bl_thrift_int(bl_cursor *c, uint8_t type) {
    if (type == BL_THRIFT_I8)
        return (int8_t)bl_cursor_u8(c);
    if (type != BL_THRIFT_I16 && type != BL_THRIFT_I32 && type != BL_THRIFT_I64) {
        fail(c);
        return 0;
    }
    uint64_t bits = bl_thrift_varint(c);
    return (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
}

bl_thrift_text bl_thrift_binary(bl_cursor *c) {
    uint64_t size = bl_thrift_varint(c);
    const uint8_t *data = bl_cursor_take(c, size > SIZE_MAX ? SIZE_MAX : (size_t)size);
    return data ? (bl_thrift_text){data, (size_t)size} : (bl_thrift_text){NULL, 0};
}

size_t bl_thrift_list(bl_cursor *c, uint8_t *ret_type) {
    uint8_t head = bl_cursor_u8(c);
    uint64_t size = head >> 4;
    *ret_type = head & 15;
    if (size == 15)
        size = bl_thrift_varint(c);
    if (size > bl_cursor_left(c)) { // an element takes a byte at least
        fail(c);
        return 0;
    }
    return (size_t)size;
}

bool bl_thrift_next(bl_cursor *c, bl_thrift_field *field) {
    uint8_t head = bl_cursor_u8(c);
    if (c->failed || (head & 15) == BL_THRIFT_STOP)
        return false;
    int32_t id = head >> 4 ? field->id + (head >> 4) : (int32_t)bl_thrift_int(c, BL_THRIFT_I16);
    *field = (bl_thrift_field){id, head & 15};
    return !c->failed;
}

static void skip(bl_cursor *c, uint8_t type, bool in_list, unsigned depth);

static void skip_list(bl_cursor *c, unsigned depth) {
    uint8_t type;
    size_t n = bl_thrift_list(c, &type);
    for (size_t i = 0; i < n && !c->failed; i++)
        skip(c, type, true, depth);
}

static void skip_map(bl_cursor *c, unsigned depth) {
    uint64_t n = bl_thrift_varint(c);
    if (n == 0)
        return;
    uint8_t types = bl_cursor_u8(c);
    for (uint64_t i = 0; i < n && !c->failed; i++) {
        skip(c, types >> 4, true, depth);
        skip(c, types & 15, true, depth);
    }
}

static void skip_struct(bl_cursor *c, unsigned depth) {
    bl_thrift_field field = {0};
    while (bl_thrift_next(c, &field))
        skip(c, field.type, false, depth);
}

static void skip(bl_cursor *c, uint8_t type, bool in_list, unsigned depth) {
    if (depth > MOST_DEPTH) {
        fail(c);
        return;
    }
    switch (type) {
    case BL_THRIFT_TRUE:
    case BL_THRIFT_FALSE:
        bl_cursor_skip(c, in_list);
        return;
    case BL_THRIFT_I8:
        bl_cursor_skip(c, 1);
        return;
    case BL_THRIFT_I16:
    case BL_THRIFT_I32:
    case BL_THRIFT_I64:
        (void)bl_thrift_varint(c);
        return;
    case BL_THRIFT_DOUBLE:
        bl_cursor_skip(c, 8);
        return;
    case BL_THRIFT_UUID:
        bl_cursor_skip(c, 16);
        return;
    case BL_THRIFT_BINARY:
        (void)bl_thrift_binary(c);
        return;
    case BL_THRIFT_LIST:
    case BL_THRIFT_SET:
        skip_list(c, depth + 1);
        return;
    case BL_THRIFT_MAP:
        skip_map(c, depth + 1);
        return;
    case BL_THRIFT_STRUCT:
        skip_struct(c, depth + 1);
        return;
    default:
        fail(c);
    }
}

void bl_thrift_skip(bl_cursor *c, uint8_t type) { skip(c, type, false, 0); }
