// SPDX-License-Identifier: Apache-2.0
/// \file
/// How long a local file is, and a checksum of its bytes.
#ifndef BL_BASE_FILE_SUM_H
#define BL_BASE_FILE_SUM_H

#include <stdint.h>

#include "base/error.h"

/// \param ret_xxh64 XXH64 of seed 0
/// \return BL_OK, BL_E_NOTFOUND, BL_E_ACCESS, BL_E_IO, BL_E_NOMEM
bl_status bl_file_sum(const char *path, uint64_t *ret_bytes, uint64_t *ret_xxh64, bl_error *err);

#endif
