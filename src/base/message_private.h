// SPDX-License-Identifier: Apache-2.0
/// \file
/// What reading and writing of messages share: how a kind of value is stored.
#ifndef BL_BASE_MESSAGE_PRIVATE_H
#define BL_BASE_MESSAGE_PRIVATE_H

#include "base/message.h"
#include "base/wire.h"

/// Bytes of one value in a struct or a list.
static inline size_t bl_message_stride(const bl_message_field *field) {
    static const size_t sizes[] = {
        [BL_MESSAGE_INT64] = sizeof(int64_t),   [BL_MESSAGE_INT32] = sizeof(int32_t),
        [BL_MESSAGE_UINT64] = sizeof(uint64_t), [BL_MESSAGE_FLOAT] = sizeof(float),
        [BL_MESSAGE_DOUBLE] = sizeof(double),   [BL_MESSAGE_TEXT] = sizeof(const char *),
        [BL_MESSAGE_BYTES] = sizeof(bl_bytes),
    };
    return field->kind == BL_MESSAGE_MESSAGE ? field->type->size : sizes[field->kind];
}

/// The type of a value that is not packed.
static inline unsigned bl_message_wire_type(bl_message_kind kind) {
    static const uint8_t types[] = {
        [BL_MESSAGE_INT64] = BL_WIRE_VARINT,   [BL_MESSAGE_INT32] = BL_WIRE_VARINT,
        [BL_MESSAGE_UINT64] = BL_WIRE_VARINT,  [BL_MESSAGE_FLOAT] = BL_WIRE_FIXED32,
        [BL_MESSAGE_DOUBLE] = BL_WIRE_FIXED64, [BL_MESSAGE_TEXT] = BL_WIRE_BYTES,
        [BL_MESSAGE_BYTES] = BL_WIRE_BYTES,    [BL_MESSAGE_MESSAGE] = BL_WIRE_BYTES,
    };
    return types[kind];
}

#endif
