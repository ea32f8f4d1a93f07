// SPDX-License-Identifier: Apache-2.0
// The kernels in plain C, for processors without fused multiply-adds too.
#include <stdint.h>
#include <string.h>

#define LANES_ATTRIBUTE
#define INLINE static inline __attribute__((always_inline))

enum {
    LANES = 4,
    VECTORS = 1,
    WIDE = 4,
    ACCUMULATORS = 4,
    MOST_ROWS = 4,
    BLOCK_STEPS = 256,
    LOADS_PARTS = 0
};
typedef float lanes __attribute__((vector_size(16)));
typedef int32_t lane_bits __attribute__((vector_size(16)));

INLINE lanes splat(float x) { return (lanes){x, x, x, x}; }

/// a·b + c, rounded once. The product is exact in double. The sum is rounded to odd: where it is
/// not exact, its last bit is set, so that the last rounding sees on which side the exact one lies.
/// Source: S. Boldo, G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved
/// algorithms using rounding to odd", IEEE Trans. Comput. 57 (2008).
INLINE float fused_one(float a, float b, float c) {
#ifdef __FP_FAST_FMAF
    return __builtin_fmaf(a, b, c);
#else
    double product = (double)a * b, other = c, sum = product + other;
    double taken = sum - product, error = (product - (sum - taken)) + (other - taken);
    int64_t bits;
    memcpy(&bits, &sum, sizeof sum);
    int is_inexact = (error < 0) | (error > 0), is_larger = (error > 0) == (sum > 0);
    bits += is_inexact & ~bits & 1 ? 2 * is_larger - 1 : 0;
    memcpy(&sum, &bits, sizeof sum);
    return (float)sum;
#endif
}

INLINE lanes fused(lanes a, lanes b, lanes c) {
    return (lanes){fused_one(a[0], b[0], c[0]), fused_one(a[1], b[1], c[1]),
                   fused_one(a[2], b[2], c[2]), fused_one(a[3], b[3], c[3])};
}

INLINE lanes root_of(lanes x) {
    return (lanes){__builtin_sqrtf(x[0]), __builtin_sqrtf(x[1]), __builtin_sqrtf(x[2]),
                   __builtin_sqrtf(x[3])};
}

/// a < b ? a : b and a > b ? a : b
INLINE lanes lower(lanes a, lanes b) {
    lane_bits is_lower = a < b;
    return (lanes)((is_lower & (lane_bits)a) | (~is_lower & (lane_bits)b));
}
INLINE lanes higher(lanes a, lanes b) {
    lane_bits is_higher = a > b;
    return (lanes)((is_higher & (lane_bits)a) | (~is_higher & (lane_bits)b));
}

INLINE lanes load(const float *from) {
    lanes x;
    memcpy(&x, from, sizeof x);
    return x;
}

INLINE void store(float *to, lanes x) { memcpy(to, &x, sizeof x); }

INLINE lanes load_first(const float *from, size_t n) {
    lanes x = {0};
    memcpy(&x, from, n * sizeof *from);
    return x;
}

INLINE void store_first(float *to, lanes x, size_t n) { memcpy(to, &x, n * sizeof *to); }

/// Where the bit `distance` of a lane's number is set, a gets b's lane so far before, and where it
/// is not, b gets a's so far behind.
INLINE void trade(lanes *a, lanes *b, size_t distance) {
    for (size_t i = 0; i < LANES; i++)
        if (i & distance) {
            float moved = (*a)[i];
            (*a)[i] = (*b)[i - distance];
            (*b)[i - distance] = moved;
        }
}

#include "nn/kernels/lanes_table.h"

const bl_nn_kernels bl_nn_kernels_plain = {"plain", LANES_TABLE};
