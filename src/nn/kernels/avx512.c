// SPDX-License-Identifier: Apache-2.0
// The kernels for processors with AVX-512.
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#define LANES_ATTRIBUTE __attribute__((target("avx512f")))
#define INLINE LANES_ATTRIBUTE static inline __attribute__((always_inline))

enum {
    LANES = 16,
    VECTORS = 4,
    WIDE = 8,
    ACCUMULATORS = 24,
    MOST_ROWS = 8,
    BLOCK_STEPS = 128,
    LOADS_PARTS = 1
};
typedef float lanes __attribute__((vector_size(64)));
typedef int32_t lane_bits __attribute__((vector_size(64)));

INLINE lanes splat(float x) { return _mm512_set1_ps(x); }

INLINE lanes fused(lanes a, lanes b, lanes c) { return _mm512_fmadd_ps(a, b, c); }

INLINE float fused_one(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

INLINE lanes root_of(lanes x) { return _mm512_sqrt_ps(x); }

/// a < b ? a : b and a > b ? a : b
INLINE lanes lower(lanes a, lanes b) { return _mm512_min_ps(a, b); }
INLINE lanes higher(lanes a, lanes b) { return _mm512_max_ps(a, b); }

INLINE lanes load(const float *from) { return _mm512_loadu_ps(from); }

INLINE void store(float *to, lanes x) { _mm512_storeu_ps(to, x); }

INLINE __mmask16 first_lanes(size_t n) { return (__mmask16)((1U << n) - 1); }

INLINE lanes load_first(const float *from, size_t n) {
    return _mm512_maskz_loadu_ps(first_lanes(n), from);
}

INLINE void store_first(float *to, lanes x, size_t n) {
    _mm512_mask_storeu_ps(to, first_lanes(n), x);
}

/// Where the bit `distance` of a lane's number is set, a gets b's lane so far before, and where it
/// is not, b gets a's so far behind.
INLINE void trade(lanes *a, lanes *b, size_t distance) {
    lanes low = *a, high = *b;
    if (distance == 8) {
        *a = _mm512_shuffle_f32x4(low, high, 0x44);
        *b = _mm512_shuffle_f32x4(low, high, 0xee);
    } else if (distance == 4) {
        *a = _mm512_mask_shuffle_f32x4(low, 0xf0f0, high, high, 0xa0);
        *b = _mm512_mask_shuffle_f32x4(high, 0x0f0f, low, low, 0xf5);
    } else if (distance == 2) {
        *a = (lanes)_mm512_unpacklo_pd((__m512d)low, (__m512d)high);
        *b = (lanes)_mm512_unpackhi_pd((__m512d)low, (__m512d)high);
    } else {
        *a = _mm512_mask_moveldup_ps(low, 0xaaaa, high);
        *b = _mm512_mask_movehdup_ps(high, 0x5555, low);
    }
}

#include "nn/kernels/lanes_table.h"

const bl_nn_kernels bl_nn_kernels_avx512 = {"AVX-512", LANES_TABLE};
#endif
