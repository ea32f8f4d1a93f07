// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the decoding of values one by one: bytes of an entry into builders.
///
/// Nothing here returns a status. What goes wrong stays with the cursor (bytes that are not there),
/// the builder (no memory) or the reader (what the bytes say is not possible), and whoever began
/// the entry looks at all three when it is over. Builders may be NULL: then values are read past.
#ifndef BL_FORMATS_TTREE_DECODE_VALUES_H
#define BL_FORMATS_TTREE_DECODE_VALUES_H

#include "formats/ttree/class_layout.h"
#include "formats/ttree/decode.h"

enum {
    BL_MEMBERWISE = 0x4000,         ///< in a version
    BL_BYTE_COUNT_BIT = 0x40000000, ///< in a byte count
    BL_OBJECT_IS_REFERENCED = 16,   ///< in fBits: two more bytes follow
    BL_CLASS_VERSION_SINCE = 8,     ///< of collections: memberwise ones tell their items' version
};

/// One entry that is being decoded.
typedef struct bl_value_reader {
    bl_cursor cursor;
    uint64_t position;    ///< of the entry's first byte, as references inside it count
    uint64_t again_bytes; ///< that objects referred to again may still have
    bl_status status;     ///< sticky
    bl_error *err;        ///< the message of `status`
} bl_value_reader;

/// Gives an entry up: keeps the first failure and makes the cursor fail.
void bl_reader_fail(bl_value_reader *r, bl_status status, const char *format, ...) BL_PRINTF(3, 4);

/// `n` values of one layout, one behind the other.
void bl_read_values(bl_value_reader *r, const bl_layout *layout, int64_t n, bl_builder *builder);

/// A byte count and what stands in it.
typedef struct bl_streamed {
    size_t end; ///< SIZE_MAX: not said
    int version;
} bl_streamed;

/// Reads a byte count, where there is one, and a version.
bl_streamed bl_read_header(bl_value_reader *r);
/// Fails where the bytes that a header counted were not all used.
void bl_check_end(bl_value_reader *r, const bl_streamed *header, const char *what);

/// `n` values behind one header of `version`, up to its end.
void bl_read_streamed(bl_value_reader *r, const bl_layout *layout, int64_t n, int version,
                      bl_builder *builder);
/// One object, pair or bare members of a class as a value.
void bl_read_class(bl_value_reader *r, const bl_layout *layout, bl_builder *builder);
/// The version of a class that `version`, just read, means; where it means none, a checksum
/// follows. \return NULL and a failure: it is not described, or cannot be read
const bl_class_version *bl_read_class_version(bl_value_reader *r, const bl_class_layout *layout,
                                              int version);
/// One object of a class, with its header. \param at builders of the class's columns
void bl_read_object(bl_value_reader *r, const bl_class_layout *layout, bl_builder *at);
/// The members of `n` objects: of one, or member by member of all. \param at as above
void bl_read_members(bl_value_reader *r, const bl_class_version *version, int64_t n,
                     bool memberwise, bl_builder *at);
/// A TObject's version, number and bits. \param at builders of the two; NULL: read past
void bl_read_tobject(bl_value_reader *r, bl_builder *at);
/// A pointer and what it points to, as a list.
void bl_read_pointer(bl_value_reader *r, const bl_layout *layout, bl_builder *builder);
/// An object behind the name of its class.
void bl_read_named(bl_value_reader *r, const bl_layout *layout, bl_builder *builder);
/// A BL_LAYOUT_OPAQUE, by its byte count.
void bl_read_past(bl_value_reader *r, const bl_layout *layout);
/// One number into a builder of whatever number.
void bl_append_numbers(const bl_root_number *number, const uint8_t *data, size_t n,
                       bl_builder *builder);

static inline bl_builder *bl_builder_child(bl_builder *builder, size_t i) {
    return builder ? &builder->children[i] : NULL;
}

/// True where nothing failed so far, as far as a loop has to know.
static inline bool bl_reader_good(const bl_value_reader *r, const bl_builder *builder) {
    return !r->cursor.failed && (!builder || builder->failed == BL_OK);
}

#endif
