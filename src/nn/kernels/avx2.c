// SPDX-License-Identifier: Apache-2.0
// The kernels for processors with AVX2 and FMA.
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#define LANES_ATTRIBUTE __attribute__((target("avx2,fma")))
#define INLINE LANES_ATTRIBUTE static inline __attribute__((always_inline))

enum {
    LANES = 8,
    VECTORS = 3,
    WIDE = 9,
    ACCUMULATORS = 12,
    MOST_ROWS = 8,
    BLOCK_STEPS = 256,
    LOADS_PARTS = 0
};
typedef float lanes __attribute__((vector_size(32)));
typedef int32_t lane_bits __attribute__((vector_size(32)));

INLINE lanes splat(float x) { return _mm256_set1_ps(x); }

INLINE lanes fused(lanes a, lanes b, lanes c) { return _mm256_fmadd_ps(a, b, c); }

INLINE float fused_one(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

INLINE lanes root_of(lanes x) { return _mm256_sqrt_ps(x); }

/// a < b ? a : b and a > b ? a : b
INLINE lanes lower(lanes a, lanes b) { return _mm256_min_ps(a, b); }
INLINE lanes higher(lanes a, lanes b) { return _mm256_max_ps(a, b); }

INLINE lanes load(const float *from) { return _mm256_loadu_ps(from); }

INLINE void store(float *to, lanes x) { _mm256_storeu_ps(to, x); }

INLINE __m256i first_lanes(size_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE lanes load_first(const float *from, size_t n) {
    return _mm256_maskload_ps(from, first_lanes(n));
}

INLINE void store_first(float *to, lanes x, size_t n) {
    _mm256_maskstore_ps(to, first_lanes(n), x);
}

/// Where the bit `distance` of a lane's number is set, a gets b's lane so far before, and where it
/// is not, b gets a's so far behind.
INLINE void trade(lanes *a, lanes *b, size_t distance) {
    lanes low = *a, high = *b;
    if (distance == 4) {
        *a = _mm256_permute2f128_ps(low, high, 0x20);
        *b = _mm256_permute2f128_ps(low, high, 0x31);
    } else if (distance == 2) {
        *a = (lanes)_mm256_unpacklo_pd((__m256d)low, (__m256d)high);
        *b = (lanes)_mm256_unpackhi_pd((__m256d)low, (__m256d)high);
    } else {
        *a = _mm256_blend_ps(low, _mm256_moveldup_ps(high), 0xaa);
        *b = _mm256_blend_ps(_mm256_movehdup_ps(low), high, 0xaa);
    }
}

#include "nn/kernels/lanes_table.h"

const bl_nn_kernels bl_nn_kernels_avx2 = {"AVX2", LANES_TABLE};
#endif
