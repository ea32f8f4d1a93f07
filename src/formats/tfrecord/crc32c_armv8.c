// SPDX-License-Identifier: Apache-2.0
// CRC32C by the ARMv8 instructions CRC32C and PMULL.
#if defined(__aarch64__)
#include <arm_acle.h>
#include <arm_neon.h>

#include "formats/tfrecord/crc32c_lanes.h"

#if defined(__clang__) // whose header offers them only where every file may use them
#define ARMV8 __attribute__((target("crc,aes")))
#define CRC8(crc, value) __builtin_arm_crc32cd(crc, value)
#define CRC1(crc, value) __builtin_arm_crc32cb(crc, value)
#else
#define ARMV8 __attribute__((target("+crc+crypto")))
#define CRC8(crc, value) __crc32cd(crc, value)
#define CRC1(crc, value) __crc32cb(crc, value)
#endif

ARMV8 static inline uint32_t step8(uint32_t crc, uint64_t eight) { return CRC8(crc, eight); }

ARMV8 static inline uint32_t step1(uint32_t crc, uint8_t one) { return CRC1(crc, one); }

ARMV8 static inline uint64_t product(uint32_t a, uint32_t b) {
    return vgetq_lane_u64(vreinterpretq_u64_p128(vmull_p64((poly64_t)a, (poly64_t)b)), 0);
}

ARMV8 uint32_t bl_crc32c_armv8(const uint8_t *data, size_t size) { BL_CRC_ALL(data, size); }
#endif
