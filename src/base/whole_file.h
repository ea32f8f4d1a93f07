// SPDX-License-Identifier: Apache-2.0
/// \file
/// Small local files that appear whole or not at all.
#ifndef BL_BASE_WHOLE_FILE_H
#define BL_BASE_WHOLE_FILE_H

#include <stddef.h>

#include "base/error.h"

/// Writes a file beside its name, and gives it the name when it is on the disk.
/// \param overwrite replace what is there; else that is BL_E_EXISTS
/// \return BL_OK, BL_E_EXISTS, BL_E_NOTFOUND (no such folder), BL_E_ACCESS, BL_E_IO
bl_status bl_whole_file_write(const char *path, const void *bytes, size_t size, bool overwrite,
                              bl_error *err);

#endif
