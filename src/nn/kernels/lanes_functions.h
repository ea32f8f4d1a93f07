// SPDX-License-Identifier: Apache-2.0
/// \file
/// Functions of single numbers for vectors of any width: each file of kernels says what `lanes` are
/// and includes this. There are no branches, only choices, so that each lane is on its own.
/// Source: reductions as in W. J. Cody, W. Waite, "Software Manual for the Elementary Functions"
/// (1980). The polynomials go through the functions at Chebyshev points, in 50 digits.
#ifndef BL_NN_KERNELS_LANES_FUNCTIONS_H
#define BL_NN_KERNELS_LANES_FUNCTIONS_H

#include <float.h>
#include <math.h>

#include "nn/kernels/kernels.h"

/// Bits to calculate with, past their largest too.
typedef uint32_t lane_words __attribute__((vector_size(LANES * sizeof(float))));

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

INLINE lanes choose(lane_bits which, lanes yes, lanes no) {
    return (lanes)((which & (lane_bits)yes) | (~which & (lane_bits)no));
}

INLINE lane_bits splat_bits(int32_t x) { return (lane_bits){0} + x; }

INLINE lanes size_of(lanes x) { return (lanes)((lane_bits)x & splat_bits(INT32_MAX)); }

/// A NaN stays.
INLINE lanes at_most(lanes x, float most) { return lower(splat(most), x); }

INLINE lanes within(lanes x, float least, float most) {
    return higher(splat(least), at_most(x, most));
}

/// 2^n for n in [−126, 127].
INLINE lanes power_of_two(lane_bits n) { return (lanes)(((lane_words)n + 127) << 23); }

/// c[0] + c[1]·x + … + c[n − 1]·x^(n − 1)
INLINE lanes polynomial(lanes x, const float *c, int n) {
    lanes p = splat(c[n - 1]);
    for (int i = n - 2; i >= 0; i--)
        p = fused(p, x, splat(c[i]));
    return p;
}

/// log 2 in pieces: products of the first, of 15 bits, with small whole numbers are exact.
static const float log2_high = 0x1.62e4p-1F, log2_low = 0x1.7f7d1cp-20F;

/// e^x = near·power·rest. Factors are multiplied to `near`, then one power of two after the other,
/// so that only the result under- or overflows.
typedef struct powers {
    lanes near, power, rest;
} powers;

/// e^r = 1 + r + r²·p(r) for |r| <= log(2)/2
static const float exp_terms[] = {5.e-01F,        1.6666667e-01F, 4.1666463e-02F,
                                  8.3333105e-03F, 1.3933731e-03F, 1.989108e-04F};

/// x = n·log 2 + r + lost, for |x| < 2^9
typedef struct reduced {
    lanes n, r, lost;
    lane_bits power; ///< n
} reduced;

INLINE reduced reduced_of(lanes x) {
    const lanes magic = splat(0x1.8p23F);
    lanes shifted = fused(x, splat(0x1.715476p+0F), magic), n = shifted - magic;
    lanes high = fused(n, splat(-log2_high), x), r = fused(n, splat(-log2_low), high);
    lanes lost = fused(n, splat(-log2_low), high - r);
    return (reduced){n, r, lost, (lane_bits)((lane_words)shifted - (lane_words)magic)};
}

/// All powers below that of EXP_LEAST are 0, also times that many.
enum { EXP_LEAST = -120, EXP_MOST = 90 };

INLINE powers power_of(lanes x) {
    reduced c = reduced_of(within(x, EXP_LEAST, EXP_MOST));
    lanes near = splat(1) + c.r, lost = c.lost + (c.r - (near - splat(1)));
    near += fused(c.r * c.r, polynomial(c.r, exp_terms, 6), lost);
    lane_bits half = c.power >> 1;
    return (powers){near, power_of_two(half), power_of_two(c.power - half)};
}

INLINE lanes product_of(powers p, lanes factor) { return p.near * factor * p.power * p.rest; }

INLINE lanes exp_of(lanes x) { return product_of(power_of(x), splat(1)); }

/// e^x − 1 = 2^n·((1 − 2^−n) + (e^r − 1)); 2^−n is lost where n is large.
INLINE lanes expm1_of(lanes x) {
    reduced c = reduced_of(within(x, -20, EXP_MOST));
    lanes near = c.r + fused(c.r * c.r, polynomial(c.r, exp_terms, 6), c.lost);
    lanes one = splat(1) - power_of_two(-(lane_bits)choose(c.n > splat(64), (lanes)splat_bits(64),
                                                           (lanes)c.power));
    lane_bits half = c.power >> 1;
    near = (one + near) * power_of_two(half) * power_of_two(c.power - half);
    return choose(x == splat(0), x, near); // a zero keeps its sign
}

/// x = m·2^k for m in [√½, √2); x > 0, not subnormal
typedef struct split {
    lanes m, k;
    lane_bits power; ///< k
} split;

INLINE split split_of(lanes x) {
    const uint32_t root_half = 0x3f3504f3;
    split s = {.power = (lane_bits)((lane_words)x - root_half) >> 23};
    s.m = (lanes)((lane_words)x - ((lane_words)s.power << 23));
    s.k = __builtin_convertvector(s.power, lanes);
    return s;
}

/// log(1 + f) + k·log 2 for 1 + f in [√½, √2]
INLINE lanes log_of(lanes f, lanes k) {
    static const float c[] = {3.333333e-01F,   -2.4999997e-01F, 2.0000716e-01F,
                              -1.6667803e-01F, 1.4249058e-01F,  -1.2425687e-01F,
                              1.168542e-01F,   -1.1479734e-01F, 6.971612e-02F};
    lanes square = f * f, low = fused(square * f, polynomial(f, c, 9), k * splat(log2_low));
    low = fused(splat(-0.5F), square, low);
    return fused(k, splat(log2_high), f + low);
}

INLINE lanes ln_of(lanes x) {
    lane_bits is_small = x < splat(0x1p-126F);
    split s = split_of(choose(is_small, x * splat(0x1p24F), x));
    lanes k = s.k - choose(is_small, splat(24), splat(0));
    lanes result = log_of(s.m - splat(1), k);
    result = choose(~(x <= splat(FLT_MAX)), x, result);
    result = choose(x < splat(0), splat(NAN), result);
    return choose(x == splat(0), splat(-INFINITY), result);
}

/// Near 0 it is of x itself; else what 1 + x lost is put back behind the reduction.
INLINE lanes log1p_of(lanes x) {
    const lanes one = splat(1);
    lanes u = one + x, taken = u - one, lost = (one - (u - taken)) + (x - taken);
    split s = split_of(u);
    lane_bits is_near = s.power == splat_bits(0), is_far = u > splat(0x1p30F);
    lanes scale = power_of_two(-s.power & ~is_far);
    lost = (lanes)((lane_bits)lost & ~is_far); // the result would lose it too
    lanes f = fused(lost, scale, s.m - one);
    lanes result = log_of(choose(is_near, x, f), s.k);
    result = choose(~(x <= splat(FLT_MAX)) | (x == splat(0)), x, result);
    result = choose(x < splat(-1), splat(NAN), result);
    return choose(x == splat(-1), splat(-INFINITY), result);
}

/// log(1 + e^x) = max(x, 0) + log(1 + e^−|x|). What is between √2 and 2 is halved.
INLINE lanes softplus_of(lanes x) {
    lanes small = exp_of(-size_of(x));
    lane_bits is_halved = small > splat(0x1.a8279ap-2F);
    lanes f = choose(is_halved, fused(small, splat(0.5F), splat(-0.5F)), small);
    return choose(x > splat(0), x, splat(0)) + log_of(f, choose(is_halved, splat(1), splat(0)));
}

/// tanh x = x + x³·p(x²) for |x| < 0.625
INLINE lanes tanh_terms(lanes square) {
    static const float c[] = {-3.3333334e-01F, 1.3333303e-01F, -5.3959228e-02F,
                              2.1768667e-02F,  -8.343119e-03F, 2.291809e-03F};
    return polynomial(square, c, 6);
}

/// The sign of one, and the size of the other.
INLINE lanes signed_as(lanes x, lanes size) {
    return (lanes)((lane_bits)size | ((lane_bits)x & splat_bits(INT32_MIN)));
}

/// Near 0 a polynomial, else 1 − 2/(e^2|x| + 1).
INLINE lanes tanh_of(lanes x) {
    lanes size = size_of(x), square = x * x;
    lanes near = fused(size * square, tanh_terms(square), size);
    lanes far = splat(1) - splat(2) / (exp_of(size + size) + splat(1));
    return signed_as(x, choose(size < splat(0.625F), near, far));
}

/// Of the negative of the size, so that nothing overflows.
INLINE lanes sigmoid_of(lanes x) {
    lanes power = exp_of(-size_of(x));
    return choose(x < splat(0), power, splat(1)) / (splat(1) + power);
}

INLINE lanes relu_of(lanes x) { return choose(x <= splat(0), splat(0), x); }

INLINE lanes tanh_slope_of(lanes y, lanes gradient) { return gradient * fused(-y, y, splat(1)); }

INLINE lanes sigmoid_slope_of(lanes y, lanes gradient) { return gradient * (y * (splat(1) - y)); }

INLINE lanes relu_slope_of(lanes y, lanes gradient) {
    return choose(y > splat(0), gradient, splat(0));
}

INLINE lanes softplus_slope_of(lanes x, lanes gradient) { return gradient * sigmoid_of(x); }

// ---- of many ----

#define MAP(name)                                                                  \
    LANES_ATTRIBUTE static void name##_all(const float *x, float *out, size_t n) { \
        for (; n >= LANES; n -= LANES, x += LANES, out += LANES)                   \
            store(out, name##_of(load(x)));                                        \
        if (n)                                                                     \
            store_first(out, name##_of(load_first(x, n)), n);                      \
    }
MAP(exp)
MAP(expm1)
MAP(ln)
MAP(log1p)
MAP(softplus)
MAP(tanh)
MAP(sigmoid)
MAP(relu)

#define SLOPE(name)                                                                              \
    LANES_ATTRIBUTE static void name##_all(const float *from, const float *gradient, float *out, \
                                           size_t n) {                                           \
        for (; n >= LANES; n -= LANES, from += LANES, gradient += LANES, out += LANES)           \
            store(out, name##_of(load(from), load(gradient)));                                   \
        if (n)                                                                                   \
            store_first(out, name##_of(load_first(from, n), load_first(gradient, n)), n);        \
    }
SLOPE(tanh_slope)
SLOPE(sigmoid_slope)
SLOPE(relu_slope)
SLOPE(softplus_slope)

#endif
