// SPDX-License-Identifier: Apache-2.0
/// \file
/// Functions of single numbers as exported code has them: nn/kernels/lanes_functions.h,
/// lanes_gates.h and lanes_activations.h with one lane, in portable C, with the same bits
/// (code/parts_test.c compares them). Paragraphs are parts: each defines one name, what it needs
/// stands before it, and what nobody needs is left out of an exported file.
#ifndef BL_MODEL_CODE_PARTS_FUNCTIONS_H
#define BL_MODEL_CODE_PARTS_FUNCTIONS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline

// ---- parts ----

// a*b + c, rounded once: by an instruction, or by doubles. There the product is exact, and the sum
// is rounded to odd, so that the last rounding sees on which side the exact one lies.
// Source: S. Boldo, G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms
// using rounding to odd", IEEE Trans. Comput. 57 (2008).
INLINE float fused(float a, float b, float c) {
#if defined(FP_FAST_FMAF) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    return fmaf(a, b, c);
#else
    double product = (double)a * b, other = c, sum = product + other;
    double taken = sum - product, error = (product - (sum - taken)) + (other - taken);
    union {
        double number;
        int64_t bits;
    } u = {sum};
    int is_inexact = (error < 0) | (error > 0), is_larger = (error > 0) == (sum > 0);
    u.bits += is_inexact & ~u.bits & 1 ? 2 * is_larger - 1 : 0;
    return (float)u.number;
#endif
}

INLINE uint32_t bits_of(float x) {
    union {
        float number;
        uint32_t bits;
    } u = {x};
    return u.bits;
}

INLINE float float_of(uint32_t bits) {
    union {
        uint32_t bits;
        float number;
    } u = {bits};
    return u.number;
}

INLINE float size_of(float x) { return float_of(bits_of(x) & 0x7fffffffU); }

// The sign of one, and the size of the other.
INLINE float signed_as(float x, float size) {
    return float_of(bits_of(size) | (bits_of(x) & 0x80000000U));
}

// A NaN stays.
INLINE float at_most(float x, float most) { return x > most ? most : x; }

INLINE float within(float x, float least, float most) {
    float low = at_most(x, most);
    return x < least ? least : low;
}

// 2^n for n from -126 to 127, modulo 2^32
INLINE float power_of_two(uint32_t n) { return float_of((n + 127U) << 23); }

// floor(n/2) of a number modulo 2^32 that is small either way
INLINE uint32_t half_of(uint32_t n) { return ((n + 1024U) >> 1) - 512U; }

// log 2 in pieces: products of the first, of 15 bits, with small whole numbers are exact.
static const float log2_high = 0x1.62e4p-1F;

static const float log2_low = 0x1.7f7d1cp-20F;

static const float rounding = 0x1.8p23F;

// x = n*log 2 + r + lost, for |x| < 2^9
typedef struct reduced {
    float n, r, lost;
    uint32_t power;
} reduced;

INLINE reduced reduced_of(float x) {
    float shifted = fused(x, 0x1.715476p+0F, rounding), n = shifted - rounding;
    float high = fused(n, -log2_high, x), r = fused(n, -log2_low, high);
    reduced c = {n, r, 0, bits_of(shifted) - bits_of(rounding)};
    c.lost = fused(n, -log2_low, high - r);
    return c;
}

// e^r = 1 + r + r^2*p(r) for |r| <= log(2)/2
INLINE float exp_terms(float r) {
    float p = fused(1.989108e-04F, r, 1.3933731e-03F);
    p = fused(fused(p, r, 8.3333105e-03F), r, 4.1666463e-02F);
    return fused(fused(p, r, 1.6666667e-01F), r, 5.e-01F);
}

// e^x = near*power*rest. Factors are multiplied to `near`, then one power of two after the other.
typedef struct powers {
    float near, power, rest;
} powers;

INLINE powers power_of(float x) {
    reduced c = reduced_of(within(x, -120, 90));
    float near = 1 + c.r, lost = c.lost + (c.r - (near - 1));
    uint32_t half = half_of(c.power);
    powers p = {near + fused(c.r * c.r, exp_terms(c.r), lost), power_of_two(half),
                power_of_two(c.power - half)};
    return p;
}

INLINE float product_of(powers p, float factor) { return p.near * factor * p.power * p.rest; }

INLINE float exp_of(float x) { return product_of(power_of(x), 1); }

// e^x - 1 = 2^n*((1 - 2^-n) + (e^r - 1)); 2^-n is lost where n is large.
INLINE float expm1_of(float x) {
    reduced c = reduced_of(within(x, -20, 90));
    float near = c.r + fused(c.r * c.r, exp_terms(c.r), c.lost);
    float one = 1 - power_of_two(0U - (c.n > 64 ? 64U : c.power));
    uint32_t half = half_of(c.power);
    near = (one + near) * power_of_two(half) * power_of_two(c.power - half);
    return x == 0 ? x : near;
}

// x = m*2^k for m in [sqrt(1/2), sqrt(2)); x > 0, not subnormal
typedef struct split {
    float m, k;
    uint32_t power;
} split;

INLINE split split_of(float x) {
    uint32_t root_half = 0x3f3504f3U, up = 256; // power + up is never below 0
    uint32_t power = ((bits_of(x) - root_half + (up << 23)) >> 23) - up;
    split s = {float_of(bits_of(x) - (power << 23)), (float)(power + up) - (float)up, power};
    return s;
}

// log(1 + f) + k*log 2 for 1 + f in [sqrt(1/2), sqrt(2)]
INLINE float log_of(float f, float k) {
    float square = f * f, p = fused(6.971612e-02F, f, -1.1479734e-01F);
    p = fused(fused(p, f, 1.168542e-01F), f, -1.2425687e-01F);
    p = fused(fused(p, f, 1.4249058e-01F), f, -1.6667803e-01F);
    p = fused(fused(p, f, 2.0000716e-01F), f, -2.4999997e-01F);
    p = fused(p, f, 3.333333e-01F);
    float low = fused(square * f, p, k * log2_low);
    low = fused(-0.5F, square, low);
    return fused(k, log2_high, f + low);
}

static const float float_largest = 0x1.fffffep127F;

INLINE float ln_of(float x) {
    int is_small = x < 0x1p-126F;
    split s = split_of(is_small ? x * 0x1p24F : x);
    float result = log_of(s.m - 1, s.k - (is_small ? 24.0F : 0.0F));
    result = x <= float_largest ? result : x;
    result = x < 0 ? NAN : result;
    return x == 0 ? -INFINITY : result;
}

// Near 0 it is of x itself; else what 1 + x lost is put back behind the reduction.
INLINE float log1p_of(float x) {
    float u = 1 + x, taken = u - 1, lost = (1 - (u - taken)) + (x - taken);
    split s = split_of(u);
    int is_far = u > 0x1p30F;
    float scale = power_of_two(is_far ? 0U : 0U - s.power);
    lost = is_far ? 0 : lost;
    float f = fused(lost, scale, s.m - 1);
    float result = log_of(s.power == 0 ? x : f, s.k);
    result = x <= float_largest ? result : x;
    result = x == 0 ? x : result;
    result = x < -1 ? NAN : result;
    return x == -1 ? -INFINITY : result;
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). What is between sqrt(2) and 2 is halved.
INLINE float softplus_of(float x) {
    float small = exp_of(-size_of(x));
    int is_halved = small > 0x1.a8279ap-2F;
    float half = fused(small, 0.5F, -0.5F), f = is_halved ? half : small;
    return (x > 0 ? x : 0) + log_of(f, is_halved ? 1.0F : 0.0F);
}

// tanh x = x + x^3*p(x^2) for |x| < 0.625
INLINE float tanh_terms(float square) {
    float p = fused(2.291809e-03F, square, -8.343119e-03F);
    p = fused(fused(p, square, 2.1768667e-02F), square, -5.3959228e-02F);
    return fused(fused(p, square, 1.3333303e-01F), square, -3.3333334e-01F);
}

INLINE float tanh_of(float x) {
    float size = size_of(x), square = x * x;
    float near = fused(size * square, tanh_terms(square), size);
    float far = 1 - 2 / (exp_of(size + size) + 1);
    return signed_as(x, size < 0.625F ? near : far);
}

INLINE float sigmoid_of(float x) {
    float power = exp_of(-size_of(x));
    return (x < 0 ? power : 1) / (1 + power);
}

// ---- gates of recurrent layers: e^x = scale*(1 + rest), for x in [-87, 88] ----

typedef struct short_power {
    float scale, rest;
} short_power;

INLINE short_power short_power_of(float x) {
    float shifted = fused(x, 0x1.715476p+0F, rounding), n = shifted - rounding;
    float r = fused(n, -log2_low, fused(n, -log2_high, x));
    float p = fused(fused(1.3926213e-03F, r, 8.363203e-03F), r, 4.1666554e-02F);
    p = fused(fused(p, r, 1.6666577e-01F), r, 5.e-01F);
    short_power s = {float_of((bits_of(shifted) << 23) + bits_of(1.0F)), fused(r * r, p, r)};
    return s;
}

INLINE float gate_of(float x) {
    short_power p = short_power_of(within(-x, -30, 87));
    return 1 / fused(p.scale, p.rest, p.scale + 1);
}

INLINE float gate_tanh_of(float x) {
    short_power p = short_power_of(within(x + x, -30, 30));
    float less_one = fused(p.scale, p.rest, p.scale - 1);
    return less_one / (less_one + 2);
}

// ---- activations ----

INLINE float relu_of(float x) { return x <= 0 ? 0 : x; }

// x above 0, up to the limit; below slope*x
INLINE float rectified(float x, float slope, float limit) {
    float low = slope < 0 || slope > 0 ? slope * (x - 0) : 0, high = at_most(x, limit);
    return x <= 0 ? low : high;
}

// The same above a threshold that is not 0
INLINE float rectified_above(float x, float slope, float limit, float threshold) {
    float low = slope < 0 || slope > 0 ? slope * (x - threshold) : 0, high = at_most(x, limit);
    return x > threshold ? high : low;
}

INLINE float hard_sigmoid_of(float x) { return within(x + 3, 0, 6) / 6; }

INLINE float hard_shrink_of(float x, float threshold) { return size_of(x) > threshold ? x : 0; }

INLINE float soft_shrink_of(float x, float threshold) {
    float low = x < -threshold ? x + threshold : 0, high = x - threshold;
    return x > threshold ? high : low;
}

INLINE float sparse_plus_of(float x) {
    float above = x + 1, low = x <= -1 ? 0 : above * above * 0.25F;
    return x < 1 ? low : x;
}

INLINE float softsign_of(float x) { return x / (1 + size_of(x)); }

// high*x above 0, low*(e^x - 1) below
INLINE float elu_of(float x, float high, float low, float scaled) {
    float below = low * expm1_of(scaled), above = high * x;
    return x < 0 ? below : above;
}

// No smaller than where e^x is 0, but -infinity becomes NaN: it is multiplied by 0 next.
INLINE float not_too_low(float x) {
    float low = fused(x, 0, -120);
    return x < -120 ? low : x;
}

// x/(1 + e^-size), minus below 0
INLINE float gated(float x, float size) {
    powers p = power_of(-size);
    float all = not_too_low(x) / (1 + product_of(p, 1)), low = product_of(p, all);
    return x < 0 ? low : all;
}

INLINE float silu_of(float x) { return gated(x, size_of(x)); }

INLINE float quick_gelu_of(float x) {
    float size = at_most(size_of(x), 15);
    return gated(x, size * fused(size * size, 0.07135481F, 1.5957691F));
}

// What is beyond t of the normal distribution, divided by e^(-t^2/2), for t in [0, 15].
INLINE float tail_of(float t) {
    float part = 1 / (t + 3), x = fused(part, -6, 1); // (t - 3)/(t + 3)
    float p = fused(5.5491873e-05F, x, 1.3332395e-04F);
    p = fused(fused(p, x, -2.447093e-04F), x, -1.0344766e-03F);
    p = fused(fused(p, x, 1.0241573e-03F), x, 6.9699204e-03F);
    p = fused(fused(p, x, -1.0462289e-02F), x, -4.726276e-02F);
    p = fused(fused(p, x, 2.3001768e-01F), x, -5.09332e-01F);
    return fused(p, x, 7.290837e-01F) * part;
}

// e^(-t^2/2)*factor. What t^2 lost is put back into the factor.
INLINE float bell_of(float t, float factor) {
    float square = t * t, lost = fused(t, t, -square) * -0.5F;
    return product_of(power_of(square * -0.5F), fused(factor, lost, factor));
}

INLINE float gelu_of(float x) {
    float t = at_most(size_of(x), 15), lost = bell_of(t, t * tail_of(t));
    float low = fused(x, 0, -lost), high = x - lost;
    return x < 0 ? low : high;
}

// tanh(log(1 + e^x)) is a fraction of polynomials of e^x, or of e^-x.
INLINE float mish_of(float x) {
    powers p = power_of(-size_of(x));
    float small = product_of(p, 1);
    float over = x < 0 ? small * (small + 2) : fused(small, 2, 1);
    float under = over + (x < 0 ? 2 : 2 * small * small);
    float low = product_of(p, not_too_low(x) * (small + 2) / under), high = x * over / under;
    return x < 0 ? low : high;
}

INLINE float tanh_shrink_of(float x) {
    float size = size_of(x), square = x * x, near = -(size * square * tanh_terms(square));
    float far = (size - 1) + 2 / (exp_of(size + size) + 1);
    return signed_as(x, size < 0.625F ? near : far);
}

// (x + sqrt(x^2 + 4))/2; below 0 its inverse of -x, where -infinity gives NaN
INLINE float squareplus_of(float x) {
    float size = size_of(x), root = sqrtf(fused(x, x, 4));
    root = size > 0x1p14F ? size : root;
    float high = fused(0.5F, root, 0.5F * size), low = fused(x, 0, 1) / high;
    return x < 0 ? low : high;
}

#endif
