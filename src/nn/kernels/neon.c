// SPDX-License-Identifier: Apache-2.0
// The kernels for 64-bit Arm, all of which have Advanced SIMD.
#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#define LANES_ATTRIBUTE
#define INLINE static inline __attribute__((always_inline))

enum {
    LANES = 4,
    VECTORS = 4,
    WIDE = 8,
    ACCUMULATORS = 24,
    MOST_ROWS = 8,
    BLOCK_STEPS = 256,
    LOADS_PARTS = 0
};
typedef float32x4_t lanes;
typedef int32_t lane_bits __attribute__((vector_size(16)));

INLINE lanes splat(float x) { return vdupq_n_f32(x); }

INLINE lanes fused(lanes a, lanes b, lanes c) { return vfmaq_f32(c, a, b); }

INLINE float fused_one(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

INLINE lanes root_of(lanes x) { return vsqrtq_f32(x); }

/// a < b ? a : b and a > b ? a : b
INLINE lanes lower(lanes a, lanes b) {
    lane_bits is_lower = a < b;
    return (lanes)((is_lower & (lane_bits)a) | (~is_lower & (lane_bits)b));
}
INLINE lanes higher(lanes a, lanes b) {
    lane_bits is_higher = a > b;
    return (lanes)((is_higher & (lane_bits)a) | (~is_higher & (lane_bits)b));
}

INLINE lanes load(const float *from) { return vld1q_f32(from); }

INLINE void store(float *to, lanes x) { vst1q_f32(to, x); }

INLINE lanes load_first(const float *from, size_t n) {
    float four[LANES] = {0};
    memcpy(four, from, n * sizeof *from);
    return load(four);
}

INLINE void store_first(float *to, lanes x, size_t n) { memcpy(to, &x, n * sizeof *to); }

/// Where the bit `distance` of a lane's number is set, a gets b's lane so far before, and where it
/// is not, b gets a's so far behind.
INLINE void trade(lanes *a, lanes *b, size_t distance) {
    lanes low = *a, high = *b;
    if (distance == 2) {
        *a = vcombine_f32(vget_low_f32(low), vget_low_f32(high));
        *b = vcombine_f32(vget_high_f32(low), vget_high_f32(high));
    } else {
        *a = vtrn1q_f32(low, high);
        *b = vtrn2q_f32(low, high);
    }
}

#include "nn/kernels/lanes_table.h"

const bl_nn_kernels bl_nn_kernels_neon = {"NEON", LANES_TABLE};
#endif
