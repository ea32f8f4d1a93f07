// SPDX-License-Identifier: Apache-2.0
/// \file
/// Messages of protocol buffers as plain structs, by description: a const table says which field
/// of a message is which member of a struct, and reading and writing both follow it. Fields that a
/// table does not list are skipped.
///
/// Members by kind: int64_t, int32_t, uint64_t, float, double, `const char *`, bl_bytes, and a
/// pointer to the struct of another message; a repeated field is a BL_MESSAGE_LIST of these, a list
/// of messages one of structs. A pointer that is NULL is a field that is not there; whether a
/// single number is there says `has`.
/// \source Protocol Buffers documentation, "Encoding"
#ifndef BL_BASE_MESSAGE_H
#define BL_BASE_MESSAGE_H

#include "base/arena.h"

/// Messages in messages at most, as protobuf's own readers have it.
enum { BL_MESSAGE_MOST_DEPTH = 100, BL_MESSAGE_MOST_FIELDS = 24 };

/// The first member of the struct of every message.
typedef struct bl_message {
    uint64_t has;    ///< bit n: field n is there; numbers of fields are below 64
    uint64_t offset; ///< of its first byte in what was read; 0: it was not read
} bl_message;

typedef struct bl_bytes {
    const uint8_t *data; ///< borrows
    size_t size;
} bl_bytes;

#define BL_MESSAGE_LIST(type) \
    struct {                  \
        size_t n;             \
        type *items;          \
    }

typedef BL_MESSAGE_LIST(void) bl_message_list; ///< any list

typedef enum bl_message_kind {
    BL_MESSAGE_INT64,
    BL_MESSAGE_INT32,
    BL_MESSAGE_UINT64,
    BL_MESSAGE_FLOAT,
    BL_MESSAGE_DOUBLE,
    BL_MESSAGE_TEXT, ///< UTF-8 without a NUL
    BL_MESSAGE_BYTES,
    BL_MESSAGE_MESSAGE,
} bl_message_kind;

/// How a field of numbers is repeated when it is written; both are read.
typedef enum bl_message_rule { BL_MESSAGE_ONE, BL_MESSAGE_MANY, BL_MESSAGE_PACKED } bl_message_rule;

typedef struct bl_message_type bl_message_type;

typedef struct bl_message_field {
    uint32_t number;
    bl_message_kind kind;
    bl_message_rule rule;
    const char *name;            ///< for errors
    size_t offset;               ///< of the member
    const bl_message_type *type; ///< of BL_MESSAGE_MESSAGE
} bl_message_field;

struct bl_message_type {
    const char *name;
    size_t size;                    ///< of the struct
    size_t n_fields;                ///< at most BL_MESSAGE_MOST_FIELDS
    const bl_message_field *fields; ///< [n_fields] by ascending number
};

static inline bool bl_message_has(const bl_message *message, uint32_t number) {
    return message->has >> number & 1;
}

/// Reads a message. Texts, lists and structs are made in the arena, bl_bytes point into `data`,
/// which must live as long. A later value of a single field replaces an earlier one.
/// \param ret_message a struct of `type`
/// \return BL_OK, BL_E_CORRUPT, BL_E_LIMIT (messages too deep in each other), BL_E_UNSUPPORTED (a
/// message in several pieces that are to be merged), BL_E_NOMEM
bl_status bl_message_decode(bl_arena *arena, const bl_message_type *type, const void *data,
                            size_t size, void *ret_message, bl_error *err);

/// Writes a message with its fields in the order of their numbers; the same struct gives the same
/// bytes. \param ret_buffer the caller holds it
/// \return BL_OK, BL_E_LIMIT (more than 2³¹−1 bytes, which nobody reads), BL_E_NOMEM
bl_status bl_message_encode(bl_context *context, const bl_message_type *type, const void *message,
                            bl_buffer **ret_buffer, bl_error *err);

#endif
