// SPDX-License-Identifier: Apache-2.0
// CRC32C by SSE4.2 and PCLMUL.
#if defined(__x86_64__)
#include <immintrin.h>

#include "formats/tfrecord/crc32c_lanes.h"

#define SSE42 __attribute__((target("sse4.2,pclmul")))

SSE42 static inline uint32_t step8(uint32_t crc, uint64_t eight) {
    return (uint32_t)_mm_crc32_u64(crc, eight);
}

SSE42 static inline uint32_t step1(uint32_t crc, uint8_t one) { return _mm_crc32_u8(crc, one); }

SSE42 static inline uint64_t product(uint32_t a, uint32_t b) {
    __m128i both = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)a), _mm_cvtsi32_si128((int)b), 0);
    return (uint64_t)_mm_cvtsi128_si64(both);
}

SSE42 uint32_t bl_crc32c_sse42(const uint8_t *data, size_t size) { BL_CRC_ALL(data, size); }
#endif
