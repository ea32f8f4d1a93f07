// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside number_parse: a decimal in pieces, and the way that is always right.
#ifndef BL_BASE_NUMBER_PARSE_H
#define BL_BASE_NUMBER_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A number in text: `digits` · 10^`exponent`.
typedef struct bl_decimal_text {
    uint64_t digits;  ///< the first 19 that count
    int64_t exponent; ///< of them
    bool is_negative;
    bool is_cut;             ///< more digits follow
    bool is_integer;         ///< neither point nor exponent
    const char *begin, *end; ///< of all digits, the point among them, without leading zeros
    const char *point;       ///< NULL: none
    int64_t written;         ///< the exponent as written
} bl_decimal_text;

/// Whether a decimal is above (1), below (-1) or at (0) `middle` · 2^`exponent`.
int bl_decimal_compare(const bl_decimal_text *decimal, uint64_t middle, int exponent);

#endif
