// SPDX-License-Identifier: Apache-2.0
/// \file
/// Thrift's compact protocol, writing: structs field by field, in ascending order of their numbers.
/// The counterpart of the reader's; schemas/parquet.md lists the messages.
/// \source Apache Thrift, doc/specs/thrift-compact-protocol.md
#ifndef BL_FORMATS_PARQUET_THRIFT_WRITE_H
#define BL_FORMATS_PARQUET_THRIFT_WRITE_H

#include "base/packer.h"
#include "formats/parquet/thrift.h"

enum { BL_THRIFT_DEEPEST = 8 };

/// Structs that are open: field numbers are written as differences.
typedef struct bl_thrift_out {
    bl_packer out;
    size_t depth;
    int last[BL_THRIFT_DEEPEST + 1]; ///< number of the last field of each open struct
} bl_thrift_out;

static inline void bl_thrift_out_release(bl_thrift_out *thrift) { bl_packer_release(&thrift->out); }

void bl_thrift_put_varint(bl_packer *out, uint64_t value);
static inline uint64_t bl_thrift_put_zigzag(int64_t value) {
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

/// A field's head, whose value the caller writes.
void bl_thrift_put_field(bl_thrift_out *thrift, int number, bl_thrift_type type);
void bl_thrift_put_bool(bl_thrift_out *thrift, int number, bool value);
void bl_thrift_put_byte(bl_thrift_out *thrift, int number, int value);
void bl_thrift_put_i16(bl_thrift_out *thrift, int number, int value);
void bl_thrift_put_i32(bl_thrift_out *thrift, int number, int32_t value);
void bl_thrift_put_i64(bl_thrift_out *thrift, int number, int64_t value);
void bl_thrift_put_binary(bl_thrift_out *thrift, int number, const void *bytes, size_t n);
void bl_thrift_put_text(bl_thrift_out *thrift, int number, const char *text);
/// A struct as a field; fields up to bl_thrift_put_end are its own.
void bl_thrift_put_begin(bl_thrift_out *thrift, int number);
/// A struct as an item of a list, or the outermost one.
void bl_thrift_put_begin_item(bl_thrift_out *thrift);
void bl_thrift_put_end(bl_thrift_out *thrift);
/// A list of `n` items, which the caller writes.
void bl_thrift_put_list(bl_thrift_out *thrift, int number, bl_thrift_type type, size_t n);
void bl_thrift_put_item_i32(bl_thrift_out *thrift, int32_t value);
void bl_thrift_put_item_i64(bl_thrift_out *thrift, int64_t value);
void bl_thrift_put_item_bool(bl_thrift_out *thrift, bool value);
void bl_thrift_put_item_binary(bl_thrift_out *thrift, const void *bytes, size_t n);

#endif
