// SPDX-License-Identifier: Apache-2.0
/// \file
/// What earlier positions of a record stand for: later bytes refer to objects and classes by them.
#ifndef BL_FORMATS_ROOT_REFERENCE_H
#define BL_FORMATS_ROOT_REFERENCE_H

#include "base/memory.h"

/// Things by position, in ascending order; zeroed memory is an empty list.
typedef struct bl_root_references {
    size_t n, capacity;
    struct bl_root_reference *items;
} bl_root_references;

/// Remembers what a position stands for; positions come in ascending order, others are left out.
/// \param thing borrows \return BL_OK, BL_E_NOMEM
bl_status bl_root_remember(bl_context *context, bl_root_references *references, uint32_t position,
                           void *thing, bl_error *err);
/// What a position stands for, or NULL.
void *bl_root_recall(const bl_root_references *references, uint32_t position);
void bl_root_references_release(bl_context *context, bl_root_references *references);

#endif
