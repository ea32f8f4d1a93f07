// SPDX-License-Identifier: Apache-2.0
/// \file
/// FlatBuffers, as far as Arrow's messages need them: tables, vectors, texts and structs are read
/// with every offset checked, and written from the last byte to the first.
///
/// A table is a signed offset back to its vtable, and its fields; the vtable says at which distance
/// from the table each field is, 0 where it is not there. Reading keeps a sticky failure: after it
/// fields are absent and vectors empty, so that code reads a whole record and checks once.
///
/// Left out: 64-bit offsets, nested buffers, file identifiers, vtables shared by several tables.
/// \source FlatBuffers, "FlatBuffer Internals"
#ifndef BL_FORMATS_ARROW_FLAT_H
#define BL_FORMATS_ARROW_FLAT_H

#include "base/memory.h"

/// One flatbuffer being read.
typedef struct bl_flat {
    const uint8_t *data; ///< borrows
    size_t size;
    bool failed;
    size_t failed_at; ///< where the offset stands that points nowhere
} bl_flat;

/// A table inside it; `flat` NULL: not there.
typedef struct bl_flat_table {
    bl_flat *flat;
    size_t at, size; ///< in bytes
    size_t vtable, vtable_size;
} bl_flat_table;

/// `n` elements of equal size, not aligned.
typedef struct bl_flat_vector {
    bl_flat *flat;
    const uint8_t *data;
    size_t n;
} bl_flat_vector;

/// The root table.
bl_flat_table bl_flat_root(bl_flat *flat);
/// A whole number of `width` bytes (1, 2, 4, 8), sign-extended; `otherwise` where it is absent.
int64_t bl_flat_int(const bl_flat_table *table, unsigned field, size_t width, int64_t otherwise);
/// A table; not there where the field is absent.
bl_flat_table bl_flat_child(const bl_flat_table *table, unsigned field);
/// A vector of elements of `size` bytes; empty where the field is absent.
bl_flat_vector bl_flat_elements(const bl_flat_table *table, unsigned field, size_t size);
/// Table `i` of a vector of offsets (elements of 4 bytes).
bl_flat_table bl_flat_table_of(const bl_flat_vector *vector, size_t i);
/// A text, which does not end with a NUL; NULL where the field is absent.
const char *bl_flat_text(const bl_flat_table *table, unsigned field, size_t *ret_length);
/// \return BL_OK, BL_E_CORRUPT; `what` names the record
bl_status bl_flat_check(const bl_flat *flat, const char *what, bl_error *err);

static inline int64_t bl_flat_load64(const uint8_t *at) {
    int64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline int32_t bl_flat_load32(const uint8_t *at) {
    int32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/// A place in a flatbuffer being written: bytes from its end; 0: nothing.
typedef size_t bl_flat_ref;

enum { BL_FLAT_FIELDS = 8 };

/// One flatbuffer being written; all calls keep a sticky failure. Zeroed but for `context`.
typedef struct bl_flat_builder {
    bl_context *context;
    uint8_t *data; ///< [capacity]; the last `used` bytes are written; owns
    size_t capacity, used;
    bool failed;
    size_t fields[BL_FLAT_FIELDS]; ///< of the open table: where each is; 0: absent
    size_t table_end;              ///< `used` when it was begun
} bl_flat_builder;

void bl_flat_builder_release(bl_flat_builder *builder);
/// Tables, texts and vectors are written before the table that refers to them is begun.
bl_flat_ref bl_flat_add_text(bl_flat_builder *builder, const char *text);
/// \param elements `n` of `size` bytes, aligned to `alignment`
bl_flat_ref bl_flat_add_vector(bl_flat_builder *builder, const void *elements, size_t n,
                               size_t size, size_t alignment);
bl_flat_ref bl_flat_add_refs(bl_flat_builder *builder, const bl_flat_ref *refs, size_t n);
void bl_flat_begin(bl_flat_builder *builder);
void bl_flat_put(bl_flat_builder *builder, unsigned field, size_t width, int64_t value);
/// Nothing is put where `ref` is 0.
void bl_flat_put_ref(bl_flat_builder *builder, unsigned field, bl_flat_ref ref);
bl_flat_ref bl_flat_end(bl_flat_builder *builder);
/// Ends the flatbuffer at its root. \param ret_data borrows from the builder; a multiple of 8 bytes
/// \return BL_OK, BL_E_NOMEM
bl_status bl_flat_finish(bl_flat_builder *builder, bl_flat_ref root, const uint8_t **ret_data,
                         size_t *ret_size, bl_error *err);

#endif
