// SPDX-License-Identifier: Apache-2.0
/// \file
/// CRC32C with a processor's instructions. One of them takes three cycles, but three can be on
/// their way: so three neighbouring blocks are summed at once and their sums put together by a
/// product.
///
/// A sum with n zero bytes behind is the sum times x^(8n) modulo the polynomial. The product
/// without carries of two 32-bit numbers, whose bits stand reversed, is one bit short of 64; the
/// instruction takes these 64 bits times x^32 modulo the polynomial. So the factor is x^(8n − 33).
///
/// The file that includes this has step8(crc, uint64_t), step1(crc, uint8_t) and product(a, b).
#ifndef BL_FORMATS_TFRECORD_CRC32C_LANES_H
#define BL_FORMATS_TFRECORD_CRC32C_LANES_H

#include <string.h>

#include "formats/tfrecord/crc32c.h"

static inline uint64_t bl_crc_load(const uint8_t *data) {
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

/// Three blocks of `n` bytes each. \param far, near  x^(16n − 33) and x^(8n − 33)
#define BL_CRC_THREE(crc, data, n, far, near)                           \
    do {                                                                \
        uint32_t second_ = 0, third_ = 0;                               \
        for (size_t i_ = 0; i_ < (n); i_ += 8) {                        \
            crc = step8(crc, bl_crc_load((data) + i_));                 \
            second_ = step8(second_, bl_crc_load((data) + (n) + i_));   \
            third_ = step8(third_, bl_crc_load((data) + 2 * (n) + i_)); \
        }                                                               \
        uint64_t both_ = product(crc, far) ^ product(second_, near);    \
        crc = step8(0, both_) ^ third_;                                 \
    } while (0)

#define BL_CRC_ALL(data, size)                                                     \
    uint32_t crc = UINT32_MAX;                                                     \
    for (; (size) >= 3 * 2048; (data) += 3 * 2048, (size) -= 3 * 2048)             \
        BL_CRC_THREE(crc, data, 2048, UINT32_C(0x82f89c77), UINT32_C(0xa51b6135)); \
    for (; (size) >= 3 * 512; (data) += 3 * 512, (size) -= 3 * 512)                \
        BL_CRC_THREE(crc, data, 512, UINT32_C(0x170076fa), UINT32_C(0xdd7e3b0c));  \
    for (; (size) >= 3 * 128; (data) += 3 * 128, (size) -= 3 * 128)                \
        BL_CRC_THREE(crc, data, 128, UINT32_C(0xb9e02b86), UINT32_C(0x0d3b6092));  \
    for (; (size) >= 3 * 32; (data) += 3 * 32, (size) -= 3 * 32)                   \
        BL_CRC_THREE(crc, data, 32, UINT32_C(0x9e4addf8), UINT32_C(0xba4fc28e));   \
    for (; (size) >= 8; (data) += 8, (size) -= 8)                                  \
        crc = step8(crc, bl_crc_load(data));                                       \
    for (; (size); (data)++, (size)--)                                             \
        crc = step1(crc, *(data));                                                 \
    return ~crc

#endif
