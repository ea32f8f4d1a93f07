// SPDX-License-Identifier: Apache-2.0
/// \file
/// Numbers as text: the shortest digits that read back as the same number, sizes, groups of three.
#ifndef BL_CLI_NUMBER_H
#define BL_CLI_NUMBER_H

#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 bl_int128;

/// Bytes that hold any number written here, its NUL included.
enum { BL_NUMBER_BYTES = 48 };

/// The fewest digits that a correctly rounding reader turns into the same float64 (float32): always
/// with a point or an exponent, so that it is seen to be no integer; "nan", "inf", "-inf".
/// \param text [BL_NUMBER_BYTES] \return the length
size_t bl_number_float64(char *text, double value);
size_t bl_number_float32(char *text, float value);
size_t bl_number_int(char *text, int64_t value);
size_t bl_number_uint(char *text, uint64_t value);
size_t bl_number_int128(char *text, bl_int128 value);
/// As printf's "%.*f" with `n_decimals` (at most 9), but faster.
size_t bl_number_fixed(char *text, double value, unsigned n_decimals);
/// 1234567 as "1,234,567".
size_t bl_number_grouped(char *text, int64_t value);
/// 1234567 bytes as "1.2 MB" (powers of 1000, as files are sold).
size_t bl_number_bytes(char *text, uint64_t bytes);

#endif
