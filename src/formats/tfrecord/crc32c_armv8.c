// SPDX-License-Identifier: Apache-2.0
// CRC32C by the ARMv8 instructions CRC32C and PMULL.
#if defined(__aarch64__)
#include <arm_acle.h>
#include <arm_neon.h>

#include "formats/tfrecord/crc32c_lanes.h"

#if defined(__clang__)
#define ARMV8 __attribute__((target("crc,aes")))
#else
#define ARMV8 __attribute__((target("+crc+crypto")))
#endif

ARMV8 static inline uint32_t step8(uint32_t crc, uint64_t eight) { return __crc32cd(crc, eight); }

ARMV8 static inline uint32_t step1(uint32_t crc, uint8_t one) { return __crc32cb(crc, one); }

ARMV8 static inline uint64_t product(uint32_t a, uint32_t b) {
    return vgetq_lane_u64(vreinterpretq_u64_p128(vmull_p64((poly64_t)a, (poly64_t)b)), 0);
}

ARMV8 uint32_t bl_crc32c_armv8(const uint8_t *data, size_t size) { BL_CRC_ALL(data, size); }
#endif
