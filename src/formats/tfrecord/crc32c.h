// SPDX-License-Identifier: Apache-2.0
/// \file
/// CRC32C, the checksum of TFRecord: a table in plain C, and the processor's own instructions where
/// it has them. All give the same bits.
/// \source RFC 3720, appendix B.4 (the polynomial 0x1edc6f41); TensorFlow, "TFRecord" (the mask)
#ifndef BL_FORMATS_TFRECORD_CRC32C_H
#define BL_FORMATS_TFRECORD_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// The checksum of `size` bytes.
typedef uint32_t (*bl_crc32c_fn)(const uint8_t *data, size_t size);

uint32_t bl_crc32c_plain(const uint8_t *data, size_t size);
#if defined(__x86_64__)
uint32_t bl_crc32c_sse42(const uint8_t *data, size_t size); ///< needs SSE4.2 and PCLMUL
#elif defined(__aarch64__)
uint32_t bl_crc32c_armv8(const uint8_t *data, size_t size); ///< needs CRC32 and PMULL
#endif

/// The fastest that this processor has.
bl_crc32c_fn bl_crc32c_get(void);

/// As it is stored: rotated and moved, so that a checksum of bytes that hold checksums stays good.
static inline uint32_t bl_crc32c_mask(uint32_t crc) {
    return ((crc >> 15) | (crc << 17)) + UINT32_C(0xa282ead8);
}

#endif
