// SPDX-License-Identifier: Apache-2.0
// The kernels for processors with AVX2 and BMI2.
#if defined(__x86_64__)
#include <immintrin.h>

#include "formats/parquet/level_kernels.h"

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

AVX2 static uint64_t at_least(const uint8_t *levels, size_t n, unsigned least) {
    const __m256i bound = _mm256_set1_epi8((char)(least - 1)); // levels are below 128
    const __m256i *from = (const __m256i *)levels;
    __m256i low = _mm256_cmpgt_epi8(_mm256_loadu_si256(from), bound);
    __m256i high = _mm256_cmpgt_epi8(_mm256_loadu_si256(from + 1), bound);
    uint64_t bits =
        (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
    return _bzhi_u64(bits, (unsigned)n);
}

AVX2 static uint64_t gather(uint64_t from, uint64_t where) { return _pext_u64(from, where); }

AVX2 static unsigned count(uint64_t bits) { return (unsigned)_mm_popcnt_u64(bits); }

AVX2 static void put_counts(uint64_t where, uint64_t items, int32_t base, int32_t *out) {
    for (; where; where = _blsr_u64(where))
        *out++ = base + (int32_t)_mm_popcnt_u64(items & (_blsmsk_u64(where) >> 1));
}

const bl_level_kernels bl_level_kernels_avx2 = {at_least, gather, put_counts, count};
#endif
