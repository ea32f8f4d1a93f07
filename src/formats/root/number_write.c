// SPDX-License-Identifier: Apache-2.0
// Numbers in memory into numbers on disk: a plain loop for each width, which compilers turn into
// vector code. Neither side need be aligned.
#include "formats/root/number.h"

#include "base/cursor.h"

#define SWAP(bits)                                             \
    for (size_t i = 0; i < n; i++) {                           \
        uint##bits##_t value;                                  \
        memcpy(&value, from + i * sizeof value, sizeof value); \
        value = __builtin_bswap##bits(value);                  \
        memcpy(out + i * sizeof value, &value, sizeof value);  \
    }

void bl_root_numbers_encode(size_t width, const void *values, size_t n, uint8_t *out) {
    const uint8_t *from = (const uint8_t *)values;
    switch (width) {
    case 1:
        if (n)
            memcpy(out, from, n);
        break;
    case 2:
        SWAP(16)
        break;
    case 4:
        SWAP(32)
        break;
    default:
        SWAP(64)
    }
}

void bl_root_bools_encode(const uint8_t *bits, size_t first, size_t n, uint8_t *out) {
    for (size_t i = 0; i < n; i++)
        out[i] = bits[(first + i) / 8] >> ((first + i) % 8) & 1;
}
