// SPDX-License-Identifier: Apache-2.0
/// \file
/// What earlier positions of a record stand for: later bytes refer to objects and classes by them.
#ifndef BL_FORMATS_ROOT_REFERENCE_H
#define BL_FORMATS_ROOT_REFERENCE_H

#include "formats/root/object.h"

/// An object, or a class named by a tag.
typedef struct bl_root_reference {
    uint32_t position; ///< 0: empty slot
    bl_root_object *object;
    const char *class_name;
    bl_root_places *places; ///< of a class
} bl_root_reference;

/// A map from positions; zeroed memory is an empty one.
typedef struct bl_root_references {
    size_t n_used, n_slots;
    bl_root_reference *slots; ///< in the reader's arena
} bl_root_references;

/// Adds or replaces what a position stands for. \return BL_OK, BL_E_NOMEM
bl_status bl_root_remember(bl_root_references *references, bl_arena *arena,
                           const bl_root_reference *reference, bl_error *err);
/// What a position stands for, or NULL.
const bl_root_reference *bl_root_recall(const bl_root_references *references, uint32_t position);

#endif
