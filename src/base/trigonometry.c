// SPDX-License-Identifier: Apache-2.0
// Sine and cosine of many numbers, of which compilers make vector instructions: the same bits on
// every machine, within 1.1 units in the last place.
// Source: Cody and Waite's reduction by multiples of π/2, and the polynomials of FreeBSD's k_sin.c
// and k_cos.c (Sun Microsystems, 1993). Numbers past 2^19, which would need a longer π, are left to
// the C library.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/elementary.h"
#include "base/wide.h"

/// A number in [−π/4, π/4] and what it lacks to the exact one.
typedef struct reduced {
    double x, rest;
    uint64_t quadrant; ///< modulo 4
} reduced;

static const double most = 0x1p19;

/// π/2 in pieces of 33 bits, whose products with small whole numbers are exact.
static inline reduced reduce(double x) {
    const double inverse = 6.36619772367581382433e-01, magic = 0x1.8p52;
    const double pi_1 = 1.57079632673412561417e+00, pi_2 = 6.07710050630396597660e-11;
    const double pi_2_rest = 2.02226624879595063154e-21;
    double shifted = x * inverse + magic, n = shifted - magic; // rounded to a whole number
    double high = x - n * pi_1, taken = n * pi_2, near = high - taken;
    taken = n * pi_2_rest - ((high - near) - taken);
    reduced r = {.x = near - taken};
    r.rest = (near - r.x) - taken;
    memcpy(&r.quadrant, &shifted, sizeof shifted); // its lowest bits are those of n
    return r;
}

static inline double sine(double x, double rest) {
    double z = x * x, cube = z * x;
    double p = 2.75573137070700676789e-06 +
               z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10);
    p = 8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 + z * p);
    return x - ((z * (0.5 * rest - cube * p) - rest) - cube * -1.66666666666666324348e-01);
}

static inline double cosine(double x, double rest) {
    double z = x * x, square = z * z, half = 0.5 * z, near = 1 - half;
    double low = 4.16666666666666019037e-02 +
                 z * (-1.38888888888741095749e-03 + z * 2.48015872894767294178e-05);
    double high = -2.75573143513906633035e-07 +
                  z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11);
    double p = z * low + square * square * high;
    return near + (((1 - near) - half) + (z * p - x * rest));
}

/// \param quarter 0: the sine, 1: the cosine
static inline double turn(double x, uint64_t quarter) {
    reduced r = reduce(x);
    double s = sine(r.x, r.rest), c = cosine(r.x, r.rest), result;
    uint64_t sine_bits, cosine_bits, quadrant = r.quadrant + quarter;
    uint64_t is_cosine = -(quadrant & 1);
    memcpy(&sine_bits, &s, sizeof s);
    memcpy(&cosine_bits, &c, sizeof c);
    uint64_t bits = (sine_bits & ~is_cosine) | (cosine_bits & is_cosine);
    bits ^= (quadrant & 2) << 62; // the sign
    memcpy(&result, &bits, sizeof bits);
    return quarter == 0 && x == 0 ? x : result; // with its sign
}

static size_t count_large(const double *x, size_t n) {
    size_t large = 0;
    for (size_t i = 0; i < n; i++)
        large += !(fabs(x[i]) <= most);
    return large;
}

BL_WIDE static void turn_near(const double *x, double *o, size_t n, uint64_t quarter) {
    for (size_t i = 0; i < n; i++)
        o[i] = turn(x[i], quarter);
}

static void turn_all(const double *x, double *o, size_t n, uint64_t quarter) {
    if (count_large(x, n) == 0) {
        turn_near(x, o, n, quarter);
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (fabs(x[i]) <= most)
            o[i] = turn(x[i], quarter);
        else
            o[i] = quarter ? cos(x[i]) : sin(x[i]);
}

void bl_sin_all(const double *x, double *out, size_t n) { turn_all(x, out, n, 0); }

void bl_cos_all(const double *x, double *out, size_t n) { turn_all(x, out, n, 1); }

double bl_sin(double x) {
    turn_all(&x, &x, 1, 0);
    return x;
}

double bl_cos(double x) {
    turn_all(&x, &x, 1, 1);
    return x;
}
