// SPDX-License-Identifier: Apache-2.0
// Writing Thrift's compact protocol into a packer, whose sticky failure is checked at the end.
#include "formats/parquet/thrift_write.h"

#include <assert.h>

void bl_thrift_put_varint(bl_packer *out, uint64_t value) {
    uint8_t bytes[10];
    size_t n = 0;
    for (; value > 0x7f; value >>= 7)
        bytes[n++] = (uint8_t)(value | 0x80);
    bytes[n++] = (uint8_t)value;
    bl_pack_bytes(out, bytes, n);
}

void bl_thrift_put_field(bl_thrift_out *thrift, int number, bl_thrift_type type) {
    int *last = &thrift->last[thrift->depth];
    int step = number - *last;
    assert(step > 0 && step < 16); // no message of ours leaves out so many
    bl_pack_u8(&thrift->out, (uint8_t)((unsigned)step << 4 | (unsigned)type));
    *last = number;
}

void bl_thrift_put_bool(bl_thrift_out *thrift, int number, bool value) {
    bl_thrift_put_field(thrift, number, value ? BL_THRIFT_TRUE : BL_THRIFT_FALSE);
}

void bl_thrift_put_byte(bl_thrift_out *thrift, int number, int value) {
    bl_thrift_put_field(thrift, number, BL_THRIFT_I8);
    bl_pack_u8(&thrift->out, (uint8_t)value);
}

void bl_thrift_put_i16(bl_thrift_out *thrift, int number, int value) {
    bl_thrift_put_field(thrift, number, BL_THRIFT_I16);
    bl_thrift_put_varint(&thrift->out, bl_thrift_put_zigzag(value));
}

void bl_thrift_put_i32(bl_thrift_out *thrift, int number, int32_t value) {
    bl_thrift_put_field(thrift, number, BL_THRIFT_I32);
    bl_thrift_put_item_i32(thrift, value);
}

void bl_thrift_put_i64(bl_thrift_out *thrift, int number, int64_t value) {
    bl_thrift_put_field(thrift, number, BL_THRIFT_I64);
    bl_thrift_put_item_i64(thrift, value);
}

void bl_thrift_put_binary(bl_thrift_out *thrift, int number, const void *bytes, size_t n) {
    bl_thrift_put_field(thrift, number, BL_THRIFT_BINARY);
    bl_thrift_put_item_binary(thrift, bytes, n);
}

void bl_thrift_put_text(bl_thrift_out *thrift, int number, const char *text) {
    bl_thrift_put_binary(thrift, number, text, strlen(text));
}

void bl_thrift_put_begin(bl_thrift_out *thrift, int number) {
    bl_thrift_put_field(thrift, number, BL_THRIFT_STRUCT);
    bl_thrift_put_begin_item(thrift);
}

void bl_thrift_put_begin_item(bl_thrift_out *thrift) {
    assert(thrift->depth < BL_THRIFT_DEEPEST);
    thrift->last[++thrift->depth] = 0;
}

void bl_thrift_put_end(bl_thrift_out *thrift) {
    assert(thrift->depth > 0);
    thrift->depth--;
    bl_pack_u8(&thrift->out, 0);
}

void bl_thrift_put_list(bl_thrift_out *thrift, int number, bl_thrift_type type, size_t n) {
    bl_thrift_put_field(thrift, number, BL_THRIFT_LIST);
    if (n < 15) {
        bl_pack_u8(&thrift->out, (uint8_t)(n << 4 | (unsigned)type));
        return;
    }
    bl_pack_u8(&thrift->out, (uint8_t)(0xf0U | (unsigned)type));
    bl_thrift_put_varint(&thrift->out, n);
}

void bl_thrift_put_item_i32(bl_thrift_out *thrift, int32_t value) {
    bl_thrift_put_varint(&thrift->out, bl_thrift_put_zigzag(value));
}

void bl_thrift_put_item_i64(bl_thrift_out *thrift, int64_t value) {
    bl_thrift_put_varint(&thrift->out, bl_thrift_put_zigzag(value));
}

void bl_thrift_put_item_bool(bl_thrift_out *thrift, bool value) {
    bl_pack_u8(&thrift->out, value ? BL_THRIFT_TRUE : BL_THRIFT_FALSE);
}

void bl_thrift_put_item_binary(bl_thrift_out *thrift, const void *bytes, size_t n) {
    bl_thrift_put_varint(&thrift->out, n);
    bl_pack_bytes(&thrift->out, bytes, n);
}
