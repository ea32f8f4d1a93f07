// SPDX-License-Identifier: Apache-2.0
// Exponential, logarithm, hyperbolic functions and angles, without branches, so that compilers make
// vector instructions of loops over them.
// Source: reductions as in W. J. Cody, W. Waite, "Software Manual for the Elementary Functions"
// (1980). The polynomials were made for these intervals: through the function at Chebyshev points,
// in 60 digits; each comment says how far the rounded one is off, in units of 2^-53 of the result.
#include "base/elementary.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/wide.h"

static inline uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double double_of(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static const uint64_t sign_bit = UINT64_C(1) << 63;
enum { MANTISSA_BITS = 52, BIAS = 1023 };

/// \return `yes` or `no`, without a branch
static inline double choose(int which, double yes, double no) {
    uint64_t mask = -(uint64_t)which;
    return double_of((bits_of(yes) & mask) | (bits_of(no) & ~mask));
}

/// 2^n for n in [−1022, 1023].
static inline double power_of_two(uint64_t n) { return double_of((n + BIAS) << MANTISSA_BITS); }

// ---- e^x ----

/// log 2 in pieces: products of the first, of 42 bits, with small whole numbers are exact.
static const double log2_high = 0x1.62e42fefa38p-1, log2_low = 0x1.ef35793c7673p-45;

/// e^r − 1 for |r| ≤ log(2)/2, of which r + rest is the exact one; 0.004.
static inline double exp_less_one(double r, double rest) {
    double p = 2.0918137737642736e-09 + r * 1.608662795678037e-10;
    p = 2.75572632790885e-07 + r * (2.505207109429355e-08 + r * p);
    p = 2.4801587336442236e-05 + r * (2.755731924721873e-06 + r * p);
    p = 0.0013888888888879073 + r * (0.00019841269841263298 + r * p);
    p = 0.04166666666666668 + r * (0.008333333333333333 + r * p);
    p = 0.5 + r * (0.16666666666666666 + r * p);
    return r + (r * r * p + (rest + rest * r));
}

/// e^x·2^shift for a small whole shift. The power of two is multiplied in two steps, so that only
/// the result under- or overflows.
static inline double exp_shifted(double x, double shift) {
    const double magic = 0x1.8p52, most = 712, least = -747, inverse = 0x1.71547652b82fep+0;
    const double above = 4096; // keeps the power positive until it is halved
    double near = choose(x > most, most, choose(x < least, least, x));
    double n = (near * inverse + magic) - magic; // rounded to a whole number
    double high = near - n * log2_high, low = n * log2_low, r = high - low;
    double rest = (high - r) - low;
    uint64_t power = bits_of((n + shift + above) + magic) & 0x1fff, half = power / 2;
    double first = power_of_two(half - 2048), second = power_of_two(power - half - 2048);
    return (1 + exp_less_one(r, rest)) * first * second;
}

// ---- logarithm ----

static inline double ln_of(double x) {
    const uint64_t root_half = UINT64_C(0x3fe6a09e667f3bcd); // √½, where mantissas begin
    const double not_subnormal = 0x1p-1022, up = 0x1p54, smallest_power = 1024;
    int is_small = x < not_subnormal;
    uint64_t bits = bits_of(choose(is_small, x * up, x));
    uint64_t power = (bits - root_half + (UINT64_C(1) << 62)) >> MANTISSA_BITS;
    double m = double_of(bits - ((power - 1024) << MANTISSA_BITS)); // in [√½, √2)
    double k = (double_of(power | bits_of(0x1p52)) - 0x1p52) - smallest_power;
    k -= choose(is_small, 54, 0);
    double f = m - 1, s = f / (2 + f), z = s * s, half_square = 0.5 * f * f;
    double p = 0.15331710618210773 + z * 0.14616585424888623; // 2 artanh s; 0.04
    p = 0.22222211130259878 + z * (0.18182889455674947 + z * p);
    p = 0.39999999999899444 + z * (0.2857142862600327 + z * p);
    p = z * (0.666666666666667 + z * p);
    double low = k * log2_low + s * (half_square + p);
    double result = k * log2_high - ((half_square - low) - f);
    result = choose(x == INFINITY || x != x, x, result);
    return choose(x == 0, -INFINITY, choose(x < 0, NAN, result));
}

// ---- hyperbolic functions ----

static inline double sinh_of(double x) {
    double size = fabs(x), z = x * x;
    double p = 1.6057679623801638e-10 + z * 7.746178593018827e-13; // for |x| < 1; 0.1
    p = 2.7557319191381816e-06 + z * (2.5052117695907823e-08 + z * p);
    p = 0.008333333333333299 + z * (0.00019841269841324198 + z * p);
    double near = x + x * z * (0.16666666666666666 + z * p);
    double half = exp_shifted(size, -1), far = half - 0.25 / half;
    far = double_of(bits_of(far) | (bits_of(x) & sign_bit));
    return choose(size < 1, near, far);
}

static inline double cosh_of(double x) {
    double half = exp_shifted(fabs(x), -1);
    return half + 0.25 / half;
}

// ---- angles ----

/// The octant of the angle of (larger, smaller), then of (x, y), is q quarters of π: the angle is
/// q·π/4 ± arctan r for |r| ≤ ½.
static inline double atan2_of(double y, double x) {
    const double quarter_high = 0x1.921fb54442d18p-1, quarter_low = 0x1.1a62633145c07p-55;
    const double huge = 0x1p1000;
    double of_x = fabs(x), of_y = fabs(y);
    int is_steep = of_y > of_x, is_left = (bits_of(x) & sign_bit) != 0;
    double large = choose(is_steep, of_y, of_x), small = choose(is_steep, of_x, of_y);
    double scale = choose(large > huge, 0.25, 1);
    int is_diagonal = small == INFINITY;
    large = choose(is_diagonal || large == 0, 1, large * scale);
    small = choose(is_diagonal, 1, small * scale);
    int is_far = small > 0.5 * large; // and their difference exact
    double r = choose(is_far, small - large, small) / choose(is_far, small + large, large);
    double z = r * r, p = -0.028951792176159143 + z * 0.011151594030166084; // 0.2
    p = -0.05157484877490183 + z * (0.04283480660039027 + z * p);
    p = -0.06665052069128366 + z * (0.05866490540941255 + z * p);
    p = -0.09090904367082059 + z * (0.07692198387274125 + z * p);
    p = -0.14285714284104867 + z * (0.11111110990044813 + z * p);
    double angle = r + r * z * (-0.33333333333333326 + z * (0.1999999999999159 + z * p));
    double q = choose(is_far, 1, 0);
    q = choose(is_steep, 2 - q, q);
    q = choose(is_left, 4 - q, q);
    angle = choose(is_steep ^ is_left, -angle, angle);
    angle = q * quarter_high + (q * quarter_low + angle);
    angle = double_of((bits_of(angle) & ~sign_bit) | (bits_of(y) & sign_bit));
    return choose(x != x || y != y, x + y, angle);
}

// ---- alone and of many ----

#define UNARY(name)                                                          \
    double bl_##name(double x) { return name##_of(x); }                      \
    BL_WIDE static void name##_all(const double *x, double *out, size_t n) { \
        for (size_t i = 0; i < n; i++)                                       \
            out[i] = name##_of(x[i]);                                        \
    }                                                                        \
    void bl_##name##_all(const double *x, double *out, size_t n) { name##_all(x, out, n); }

static inline double exp_of(double x) { return exp_shifted(x, 0); }

UNARY(exp)
UNARY(ln)
UNARY(sinh)
UNARY(cosh)

double bl_atan2(double y, double x) { return atan2_of(y, x); }

BL_WIDE static void atan2_all(const double *y, const double *x, double *out, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = atan2_of(y[i], x[i]);
}

void bl_atan2_all(const double *y, const double *x, double *out, size_t n) {
    atan2_all(y, x, out, n);
}
