// SPDX-License-Identifier: Apache-2.0
// Where rows and fields end, for processors with AVX2.
#if defined(__x86_64__)
#include <immintrin.h>

#include "formats/text/marks_walk.h"

#define AVX2 __attribute__((target("avx2,popcnt,bmi")))

AVX2 BL_INLINE uint64_t equal64(__m256i low, __m256i high, uint8_t c) {
    __m256i wanted = _mm256_set1_epi8((char)c);
    uint32_t a = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    uint32_t b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return a | (uint64_t)b << 32;
}

AVX2 BL_INLINE bl_masks masks_avx2(const uint8_t *text, uint8_t separator) {
    __m256i low = _mm256_loadu_si256((const __m256i *)text);
    __m256i high = _mm256_loadu_si256((const __m256i *)(text + 32));
    return (bl_masks){equal64(low, high, '"'), equal64(low, high, '\n'), equal64(low, high, '\r'),
                      equal64(low, high, separator)};
}

AVX2 BL_INLINE bl_masks lines_avx2(const uint8_t *text, uint8_t separator) {
    (void)separator;
    __m256i low = _mm256_loadu_si256((const __m256i *)text);
    __m256i high = _mm256_loadu_si256((const __m256i *)(text + 32));
    return (bl_masks){0, equal64(low, high, '\n'), equal64(low, high, '\r'), 0};
}

BL_DEFINE_MARKS(AVX2, avx2, masks_avx2, true);
BL_DEFINE_MARKS(AVX2, lines, lines_avx2, false);

const bl_marks_kernels bl_marks_avx2 = {"avx2", count_avx2, split_avx2};
const bl_marks_kernels bl_marks_lines_avx2 = {"lines avx2", count_lines, split_lines};
#endif
