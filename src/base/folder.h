// SPDX-License-Identifier: Apache-2.0
/// \file
/// Local folders.
#ifndef BL_BASE_FOLDER_H
#define BL_BASE_FOLDER_H

#include "base/arena.h"

/// Makes a folder, and those above it; what is there stays.
/// \return BL_OK, BL_E_INVALID (too long), BL_E_EXISTS, BL_E_ACCESS, BL_E_IO, BL_E_NOTFOUND
bl_status bl_folder_make(const char *path, bl_error *err);

/// Names of what a folder holds, without "." and "..", in ascending order of their bytes.
/// \param is_wanted NULL: all \param ret_names [*ret_n] in the arena
/// \return BL_OK, BL_E_NOTFOUND, BL_E_ACCESS, BL_E_IO, BL_E_NOMEM
bl_status bl_folder_list(bl_arena *arena, const char *folder, bool (*is_wanted)(const char *name),
                         const char ***ret_names, size_t *ret_n, bl_error *err);
/// Removes those files that can be removed. \param is_wanted as above
void bl_folder_clear(bl_context *context, const char *folder, bool (*is_wanted)(const char *name));
/// Removes a folder and all that is in it, as far as it can be removed. Links are not followed.
void bl_folder_remove(const char *folder);

#endif
