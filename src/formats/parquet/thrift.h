// SPDX-License-Identifier: Apache-2.0
/// \file
/// Thrift's compact protocol, as far as Parquet uses it: reading, over a cursor with its sticky
/// failure.
/// \source Apache Thrift, "Thrift compact protocol"
#ifndef BL_FORMATS_PARQUET_THRIFT_H
#define BL_FORMATS_PARQUET_THRIFT_H

#include "base/cursor.h"

typedef enum bl_thrift_type {
    BL_THRIFT_STOP,
    BL_THRIFT_TRUE,
    BL_THRIFT_FALSE,
    BL_THRIFT_I8,
    BL_THRIFT_I16,
    BL_THRIFT_I32,
    BL_THRIFT_I64,
    BL_THRIFT_DOUBLE,
    BL_THRIFT_BINARY,
    BL_THRIFT_LIST,
    BL_THRIFT_SET,
    BL_THRIFT_MAP,
    BL_THRIFT_STRUCT,
    BL_THRIFT_UUID,
} bl_thrift_type;

/// One field of a struct. Zeroed memory stands before the first.
typedef struct bl_thrift_field {
    int32_t id;
    uint8_t type; ///< bl_thrift_type
} bl_thrift_field;

/// Bytes in the message.
typedef struct bl_thrift_text {
    const uint8_t *data; ///< borrows from the message; NULL: none
    size_t size;
} bl_thrift_text;

uint64_t bl_thrift_varint(bl_cursor *c);
/// A number of type I8, I16, I32 or I64.
int64_t bl_thrift_int(bl_cursor *c, uint8_t type);
bl_thrift_text bl_thrift_binary(bl_cursor *c);
/// Begins a list. \return its size, at most the bytes that are left
size_t bl_thrift_list(bl_cursor *c, uint8_t *ret_type);
/// The next field of a struct; false at its end and after a failure.
bool bl_thrift_next(bl_cursor *c, bl_thrift_field *field);
/// Passes the value of a field.
void bl_thrift_skip(bl_cursor *c, uint8_t type);

#endif
