// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sizes as people write them.
#ifndef BL_BASE_SIZE_H
#define BL_BASE_SIZE_H

#include <stdint.h>

#include "base/error.h"

/// A size in bytes: digits, then nothing or one of K, M, G, T (powers of 1024), `iB` or `B`.
/// \return BL_OK, BL_E_USAGE
bl_status bl_size_parse(const char *text, uint64_t *ret_bytes, bl_error *err);

#endif
