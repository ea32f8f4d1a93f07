// SPDX-License-Identifier: Apache-2.0
/// \file
/// How objects of one class lie in the bytes of each version that the file describes.
///
/// A class gives one struct: its base classes' members first, flattened, then its own. The newest
/// version of the class decides on the columns; each other version fills the same columns, by name.
#ifndef BL_FORMATS_TTREE_CLASS_LAYOUT_H
#define BL_FORMATS_TTREE_CLASS_LAYOUT_H

#include "formats/ttree/layout.h"

#define BL_NO_COLUMN SIZE_MAX

/// One column of a class's struct.
typedef struct bl_class_column {
    const char *name; ///< of the struct's member
    const char *own;  ///< as its class spells it
    const char *base; ///< direct base class that it comes from; NULL: none
    bl_type *type;    ///< borrows
} bl_class_column;

/// One member or base class in one version.
typedef struct bl_class_member {
    bl_layout layout;
    const char *name;
    size_t column; ///< its first; BL_NO_COLUMN: read past
    bool is_base;  ///< an OBJECT, whose columns follow each other from `column` on
} bl_class_member;

typedef struct bl_class_version {
    int version; ///< INT32_MIN: whatever the data say
    uint32_t checksum;
    const char *unreadable; ///< why objects of this version cannot be read; NULL: they can
    bool takes_bytes;       ///< false: an object lies in no bytes at all
    bool is_partial;        ///< members follow that are not listed; the byte count tells the end
    size_t n_members;
    bl_class_member *members;
    size_t n_missing;
    size_t *missing; ///< [n_missing] columns that this version has not: they get zeros
} bl_class_version;

typedef struct bl_class_layout bl_class_layout;

/// A class derived from that of a pointer.
typedef struct bl_class_view {
    const char *name;        ///< of the object's own class
    bl_class_layout *layout; ///< has no columns; fills those of the pointer's class
} bl_class_view;

/// What a pointer to a class may point to.
typedef struct bl_class_views {
    const char *class_name; ///< as declared
    size_t n;
    bl_class_view *items; ///< derived from it
} bl_class_views;

struct bl_class_layout {
    const char *name;
    bl_type *type;          ///< a struct; shares
    const char *unreadable; ///< why not; NULL: it can be read
    bool is_made;           ///< false while its members are looked at
    size_t n_nodes;         ///< of the struct's type, all the way down
    size_t n_columns;
    bl_class_column *columns;
    size_t n_versions;
    bl_class_version *versions; ///< the first is the one that decided on the columns
    bl_class_views *views;      ///< for pointers to it, where there are any
};

/// The layout of a class by the file's streamer info. The tree's bl_layouts owns it.
/// \return BL_OK, BL_E_UNSUPPORTED (with the reason), BL_E_NOMEM
bl_status bl_class_layout_of(bl_layouts *layouts, const char *class_name,
                             bl_class_layout **ret_layout, bl_error *err);
/// Finds the classes that a pointer to this one may point to.
/// \param class_name in the arena
bl_status bl_class_find_views(bl_layouts *layouts, const char *class_name,
                              bl_class_views **ret_views, bl_error *err);
/// Which of a class's versions is meant, or NULL. \param checksum 0: not known
const bl_class_version *bl_class_version_of(const bl_class_layout *layout, int version,
                                            uint32_t checksum);
/// Adds a class that is not in the file. \param name of the class, in the arena
bl_status bl_class_layout_new(bl_layouts *layouts, const char *name, bl_class_layout **ret_layout,
                              bl_error *err);
/// Makes version `i` of a class of the file's description of it; the first makes the columns.
bl_status bl_class_version_make(bl_layouts *layouts, bl_class_layout *layout, size_t i,
                                const bl_root_class *described, bl_error *err);
/// Makes the struct of the columns that were found.
bl_status bl_class_type_make(bl_layouts *layouts, bl_class_layout *layout, bl_error *err);

#endif
