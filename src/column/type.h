// SPDX-License-Identifier: Apache-2.0
/// \file
/// Types of columns: immutable trees, shared by reference count.
#ifndef BL_COLUMN_TYPE_H
#define BL_COLUMN_TYPE_H

#include <beamline/batch.h>

#include "base/memory.h"

struct bl_type {
    bl_type_id id;
    bool is_nullable;
    int64_t list_size; ///< items per list of a BL_FIXED_LIST
    char *logical;     ///< of int32 and int64: an Arrow format string, or NULL; owns
    size_t n_children;
    bl_type **children;  ///< [n_children]; shares
    char **names;        ///< [n_children]; owns
    bl_context *context; ///< NULL for the static primitive types, which are never freed
    atomic_uint n_holders;
};

/// The one primitive type of an id (also utf8 and binary); static.
bl_type *bl_type_primitive(bl_type_id id);
/// The same, whose values may be null.
bl_type *bl_type_primitive_nullable(bl_type_id id);
/// A BL_INT32 or BL_INT64 whose numbers stand for something. \param logical an Arrow format string,
/// copied; NULL: numbers
bl_status bl_type_new_logical(bl_context *context, bl_type_id id, const char *logical,
                              bool is_nullable, bl_type **ret_type, bl_error *err);
/// A type like another one, whose values may be null.
bl_status bl_type_new_nullable(bl_context *context, bl_type *like, bl_type **ret_type,
                               bl_error *err);
/// Bytes of one value that an Arrow format string for numbers that stand for something has: 4 or 8;
/// 0 where it is none.
size_t bl_type_logical_width(const char *format);
/// A BL_LIST, BL_LARGE_LIST or BL_FIXED_LIST (of `list_size` items). \param item shares
bl_status bl_type_new_list(bl_context *context, bl_type_id id, int64_t list_size, bl_type *item,
                           bl_type **ret_type, bl_error *err);
/// A BL_STRUCT. \param names copied \param children shares each
bl_status bl_type_new_struct(bl_context *context, size_t n, const char *const *names,
                             bl_type *const *children, bl_type **ret_type, bl_error *err);
/// A list or struct type as `like`, over the types of `children` [like->n_children].
bl_status bl_type_with_children(bl_context *context, const bl_type *like, const bl_column *children,
                                bl_type **ret_type, bl_error *err);
bl_type *bl_type_ref(bl_type *type);
/// NULL is allowed.
void bl_type_release(bl_type *type);
BL_DEFINE_AUTO(bl_type, bl_type_release);

/// Same shape, same ids, same names of struct members, whether or not values may be null.
bool bl_type_equal(const bl_type *a, const bl_type *b);
/// The same but for texts, which may be utf8 in one and binary in the other: a batch shows which.
bool bl_type_same_shape(const bl_type *a, const bl_type *b);
/// Bytes of one value of a primitive id; 0 for bool (bits) and for everything else.
size_t bl_type_id_width(bl_type_id id);
/// "float32", "list", …; a static string.
const char *bl_type_id_text(bl_type_id id);

#endif
