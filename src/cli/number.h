// SPDX-License-Identifier: Apache-2.0
/// \file
/// Numbers as people read them: sizes, groups of three, fixed decimals (base/number_text.h has the
/// shortest digits).
#ifndef BL_CLI_NUMBER_H
#define BL_CLI_NUMBER_H

#include "base/number_text.h"

__extension__ typedef __int128 bl_int128;

size_t bl_number_int128(char *text, bl_int128 value);
/// As printf's "%.*f" with `n_decimals` (at most 9), but faster.
size_t bl_number_fixed(char *text, double value, unsigned n_decimals);
/// 1234567 as "1,234,567".
size_t bl_number_grouped(char *text, int64_t value);
/// 1234567 bytes as "1.2 MB" (powers of 1000, as files are sold).
size_t bl_number_bytes(char *text, uint64_t bytes);

#endif
