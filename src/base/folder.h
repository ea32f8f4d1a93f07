// SPDX-License-Identifier: Apache-2.0
/// \file
/// Local folders.
#ifndef BL_BASE_FOLDER_H
#define BL_BASE_FOLDER_H

#include "base/error.h"

/// Makes a folder, and those above it; what is there stays.
/// \return BL_OK, BL_E_INVALID (too long), BL_E_EXISTS, BL_E_ACCESS, BL_E_IO, BL_E_NOTFOUND
bl_status bl_folder_make(const char *path, bl_error *err);

#endif
