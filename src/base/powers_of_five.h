// SPDX-License-Identifier: Apache-2.0
/// \file
/// Powers of five to 128 bits: what both ways between decimal text and floating-point numbers need.
#ifndef BL_BASE_POWERS_OF_FIVE_H
#define BL_BASE_POWERS_OF_FIVE_H

#include <stdint.h>

enum { BL_FIRST_POWER_OF_FIVE = -342, BL_LAST_POWER_OF_FIVE = 324 };

/// The leading 128 bits of a power of five: exact from 0 to 55, rounded up from -27 to -1, else cut
/// off.
typedef struct bl_power_of_five {
    uint64_t high, low;
} bl_power_of_five;

extern const bl_power_of_five bl_powers_of_five[BL_LAST_POWER_OF_FIVE - BL_FIRST_POWER_OF_FIVE + 1];

static inline bl_power_of_five bl_power_of_five_get(int power) {
    return bl_powers_of_five[power - BL_FIRST_POWER_OF_FIVE];
}

__extension__ typedef unsigned __int128 bl_uint128;

#endif
