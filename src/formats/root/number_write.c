// SPDX-License-Identifier: Apache-2.0
// Numbers in memory into numbers on disk: the other byte order, which the kernels that read give
// as well. Neither side need be aligned.
#include <string.h>

#include "formats/root/kernels.h"

void bl_root_numbers_encode(size_t width, const void *values, size_t n, uint8_t *out) {
    const bl_root_kernels *kernels = bl_root_kernels_get();
    const uint8_t *from = (const uint8_t *)values;
    switch (width) {
    case 1:
        if (n)
            memcpy(out, from, n);
        break;
    case 2:
        kernels->swap16(from, n, out);
        break;
    case 4:
        kernels->swap32(from, n, out);
        break;
    default:
        kernels->swap64(from, n, out);
    }
}

void bl_root_bools_encode(const uint8_t *bits, size_t first, size_t n, uint8_t *out) {
    for (size_t i = 0; i < n; i++)
        out[i] = bits[(first + i) / 8] >> ((first + i) % 8) & 1;
}
