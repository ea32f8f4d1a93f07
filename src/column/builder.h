// SPDX-License-Identifier: Apache-2.0
/// \file
/// Building a column value by value, for shapes that no block-wise kernel covers.
///
/// A builder is a tree like its type. A list is built by appending its items to the child and then
/// calling bl_builder_end_list once per list; a fixed-size list and a struct by appending to the
/// children alone. All append calls keep a sticky failure that bl_builder_finish reports, so inner
/// loops need no checks.
#ifndef BL_COLUMN_BUILDER_H
#define BL_COLUMN_BUILDER_H

#include "column/column.h"

typedef struct bl_builder bl_builder;
struct bl_builder {
    bl_type *type; ///< borrows
    bl_context *context;
    int64_t length;      ///< values, strings or lists so far; of structs only those without members
    int64_t n_marked;    ///< values that `validity` speaks of; those behind are there
    bl_buffer *validity; ///< NULL: none is null so far
    bl_buffer *offsets;
    bl_buffer *values;
    size_t n_children;
    bl_builder *children;
    bl_status failed; ///< sticky; the first failure of this node
    bool is_utf8;     ///< strings: all bytes so far were valid UTF-8
};

/// \param type borrows until release
bl_status bl_builder_init(bl_builder *builder, bl_context *context, bl_type *type, bl_error *err);
/// NULL-safe on zeroed builders.
void bl_builder_release(bl_builder *builder);

/// Room for `n` more values of a fixed-width primitive builder: the place to write them in host
/// order; NULL after a failure. They count as appended.
void *bl_builder_extend(bl_builder *builder, size_t n);
/// Appends `n` bool values, one byte each (0 is false), to a bool builder.
void bl_builder_append_bools(bl_builder *builder, const uint8_t *bytes, size_t n);
/// Appends one string to a utf8 or binary builder.
void bl_builder_append_string(bl_builder *builder, const uint8_t *bytes, size_t n);
/// Ends a list of a list or large_list builder at the child's present length.
void bl_builder_end_list(bl_builder *builder);
/// Appends `n` values to a struct that has no members.
void bl_builder_append_empty(bl_builder *builder, size_t n);
/// Appends one number of another type to a primitive builder, as C converts it.
/// \param value in host order, a bool as one byte
void bl_builder_append_number(bl_builder *builder, bl_type_id type, const void *value);
/// Appends `n` zeros, empty texts, empty lists or structs of them.
void bl_builder_append_defaults(bl_builder *builder, size_t n);
/// Appends `n` nulls, with zeros or what is empty in their places; members of structs and items of
/// fixed lists are nulls too.
void bl_builder_append_nulls(bl_builder *builder, size_t n);
/// Number of values, strings, lists, fixed lists or structs appended so far.
int64_t bl_builder_length(const bl_builder *builder);

/// Moves what was built into a zeroed column and leaves the builder empty and usable.
/// A utf8 builder that met other bytes gives a binary column.
/// \return BL_OK, BL_E_NOMEM, BL_E_LIMIT (over 2³¹−1 bytes or items behind 32-bit offsets)
bl_status bl_builder_finish(bl_builder *builder, bl_column *ret_column, bl_error *err);

#endif
