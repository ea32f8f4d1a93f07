// SPDX-License-Identifier: Apache-2.0
/// \file
/// Types of columns: immutable trees, shared by reference count.
#ifndef BL_COLUMN_TYPE_H
#define BL_COLUMN_TYPE_H

#include <beamline/batch.h>

#include "base/memory.h"

struct bl_type {
    bl_type_id id;
    int64_t list_size; ///< items per list of a BL_FIXED_LIST
    size_t n_children;
    bl_type **children;  ///< [n_children]; shares
    char **names;        ///< [n_children]; owns
    bl_context *context; ///< NULL for the static primitive types, which are never freed
    atomic_uint n_holders;
};

/// The one primitive type of an id (also utf8 and binary); static.
bl_type *bl_type_primitive(bl_type_id id);
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

/// Same shape, same ids, same names of struct members.
bool bl_type_equal(const bl_type *a, const bl_type *b);
/// Bytes of one value of a primitive id; 0 for bool (bits) and for everything else.
size_t bl_type_id_width(bl_type_id id);
/// "float32", "list", …; a static string.
const char *bl_type_id_text(bl_type_id id);

#endif
