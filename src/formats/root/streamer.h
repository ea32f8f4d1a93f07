// SPDX-License-Identifier: Apache-2.0
/// \file
/// Streamer info: the file's own description of its classes.
#ifndef BL_FORMATS_ROOT_STREAMER_H
#define BL_FORMATS_ROOT_STREAMER_H

#include "base/names.h"
#include "formats/root/file.h"

/// Type codes of TVirtualStreamerInfo::EReadWrite. 1 … 19 are numbers (see number.h).
enum {
    BL_ROOT_BASE = 0,
    BL_ROOT_CHARSTAR = 7,
    BL_ROOT_ARRAY_OF = 20,   ///< + number: fixed-size array
    BL_ROOT_POINTER_TO = 40, ///< + number: array counted by another member
    BL_ROOT_OBJECT_IN = 61,  ///< derived from TObject, embedded
    BL_ROOT_ANY_IN = 62,     ///< any other class, embedded
    BL_ROOT_OBJECT_AT = 63,  ///< pointer that is never null: like embedded
    BL_ROOT_OBJECT_PTR = 64,
    BL_ROOT_TSTRING = 65,
    BL_ROOT_TOBJECT = 66,
    BL_ROOT_TNAMED = 67,
    BL_ROOT_ANY_AT = 68,
    BL_ROOT_ANY_PTR = 69,
    BL_ROOT_STL_PTR = 71,
    BL_ROOT_STL = 300,
    BL_ROOT_STD_STRING = 365,
    BL_ROOT_STREAMER = 500,
    BL_ROOT_STREAM_LOOP = 501, ///< objects counted by another member
};

/// One member or base class.
typedef struct bl_root_element {
    const char *name;
    const char *title; ///< the author's comment, with ranges and counters in brackets
    const char *type_name;
    int type;
    int array_length; ///< product of the dimensions
    int n_dims;
    int dims[5];
    const char *count_name; ///< of the member that counts a BL_ROOT_POINTER_TO
    int base_version;       ///< of a base class
    uint32_t base_checksum; ///< of a base class; 0: not said
    int content_type;       ///< of a collection's items, as `type`; 0: not said
} bl_root_element;

typedef struct bl_root_class {
    const char *name;
    int version;
    uint32_t checksum;
    size_t n_elements;
    const bl_root_element *elements;
    bool any_version; ///< describes its other versions too: they differ in nothing
    bool is_foreign;  ///< without ClassDef: its objects carry version 0 and the checksum
    const struct bl_root_class *next; ///< another version of the same class
} bl_root_class;

typedef struct bl_root_classes {
    size_t n;
    bl_root_class *items;
    bl_name_map by_name; ///< to the newest of a name's classes
} bl_root_classes;

/// The file's classes, read once and kept with the file. A file without any gives an empty list.
bl_status bl_root_classes_of(bl_root_file *file, const bl_root_classes **ret_classes,
                             bl_error *err);
/// Frees what of the classes is not in the file's arena. NULL is allowed.
void bl_root_classes_release(bl_root_file *file, bl_root_classes *classes);
/// True for a base class.
bool bl_root_element_is_base(const bl_root_element *element);
/// The class of that version, else of that checksum, else NULL. version < 0: the newest.
const bl_root_class *bl_root_class_find(const bl_root_classes *classes, const char *name,
                                        int version, uint32_t checksum);

/// The classes that describe classes; what the reader knows before it has read anything.
extern const bl_root_class bl_root_bootstrap[];
extern const size_t bl_root_n_bootstrap;
/// The one of that name and version, or NULL.
const bl_root_class *bl_root_bootstrap_class(const char *name, int version);

#endif
