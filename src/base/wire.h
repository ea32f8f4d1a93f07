// SPDX-License-Identifier: Apache-2.0
/// \file
/// Protocol buffers' wire format: fields over bytes that somebody else keeps. Nothing is allocated,
/// and nothing is believed: every length is held against what is left.
/// \source Protocol Buffers documentation, "Encoding"
#ifndef BL_BASE_WIRE_H
#define BL_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BL_WIRE_VARINT = 0, BL_WIRE_FIXED64 = 1, BL_WIRE_BYTES = 2, BL_WIRE_FIXED32 = 5 };
enum { BL_VARINT_MOST = 10 };

/// Bytes of a message or of a packed field.
typedef struct bl_wire {
    const uint8_t *at, *end;
} bl_wire;

/// One field of a message.
typedef struct bl_wire_field {
    uint32_t number;
    unsigned type;
    uint64_t value; ///< of BL_WIRE_VARINT
    bl_wire bytes;  ///< what is behind the tag, without the length of BL_WIRE_BYTES
} bl_wire_field;

static inline size_t bl_wire_left(const bl_wire *wire) { return (size_t)(wire->end - wire->at); }

/// A whole number of seven bits a byte, the lowest first. \return false past the end or ten bytes
static inline bool bl_wire_varint(bl_wire *wire, uint64_t *ret_value) {
    const uint8_t *at = wire->at;
    if (__builtin_expect(at < wire->end && *at < 0x80, 1)) {
        *ret_value = *at;
        wire->at = at + 1;
        return true;
    }
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at < wire->end; shift += 7) {
        uint64_t byte = *at++;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            wire->at = at;
            return true;
        }
    }
    return false;
}

/// The next `n` bytes. \return false where there are fewer
static inline bool bl_wire_take(bl_wire *wire, uint64_t n, bl_wire *ret_bytes) {
    if (__builtin_expect(n > bl_wire_left(wire), 0))
        return false;
    *ret_bytes = (bl_wire){wire->at, wire->at + n};
    wire->at += n;
    return true;
}

/// The next field of a message that is not at its end. Groups, which nobody writes any more, are
/// refused. \return false where the bytes are none
static inline bool bl_wire_next(bl_wire *wire, bl_wire_field *ret_field) {
    uint64_t tag, length;
    if (!bl_wire_varint(wire, &tag) || tag > UINT32_MAX || tag < 8)
        return false;
    ret_field->number = (uint32_t)(tag >> 3);
    ret_field->type = tag & 7;
    switch (ret_field->type) {
    case BL_WIRE_BYTES:
        return bl_wire_varint(wire, &length) && bl_wire_take(wire, length, &ret_field->bytes);
    case BL_WIRE_VARINT:
        return bl_wire_varint(wire, &ret_field->value);
    case BL_WIRE_FIXED32:
        return bl_wire_take(wire, 4, &ret_field->bytes);
    case BL_WIRE_FIXED64:
        return bl_wire_take(wire, 8, &ret_field->bytes);
    default:
        return false;
    }
}

/// Varints that end in these bytes: those whose last byte has no bit that says "more follows".
static inline size_t bl_wire_count_varints(bl_wire wire) {
    size_t n = 0;
    for (; bl_wire_left(&wire) >= 8; wire.at += 8) {
        uint64_t eight;
        memcpy(&eight, wire.at, sizeof eight);
        uint64_t ends = ~eight >> 7 & UINT64_C(0x0101010101010101);
        n += (size_t)((ends * UINT64_C(0x0101010101010101)) >> 56);
    }
    for (; wire.at < wire.end; wire.at++)
        n += *wire.at < 0x80;
    return n;
}

/// Bytes that a number takes.
static inline size_t bl_wire_varint_size(uint64_t value) {
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    return (bits + 6) / 7;
}

/// Writes a number. \param out room for its bytes \return behind it
static inline uint8_t *bl_wire_put_varint(uint8_t *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        *out++ = (uint8_t)(value | 0x80);
    *out++ = (uint8_t)value;
    return out;
}

#endif
