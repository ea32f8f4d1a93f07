// SPDX-License-Identifier: Apache-2.0
/// \file
/// Elementary functions of doubles, ours: the same bits on every machine, alone or of many numbers
/// at once. Each error is the largest that the tests found, in units in the last place (ulp).
///
/// Infinities, NaN, zeros with their signs and what under- or overflows give what C's functions
/// give. `out` may be the input, which is slower. Source: see elementary.c and trigonometry.c.
#ifndef BL_BASE_ELEMENTARY_H
#define BL_BASE_ELEMENTARY_H

#include <stddef.h>

/// \param x rad; 1.1 ulp. Past 2^19, which would need a longer π, they are the C library's
double bl_sin(double x);
double bl_cos(double x);
void bl_sin_all(const double *x, double *out, size_t n);
void bl_cos_all(const double *x, double *out, size_t n);

/// e^x; 0.8 ulp.
double bl_exp(double x);
void bl_exp_all(const double *x, double *out, size_t n);

/// The natural logarithm; 0.8 ulp.
double bl_ln(double x);
void bl_ln_all(const double *x, double *out, size_t n);

/// (e^x − e^−x)/2 and (e^x + e^−x)/2; 1.6 and 1.3 ulp.
double bl_sinh(double x);
double bl_cosh(double x);
void bl_sinh_all(const double *x, double *out, size_t n);
void bl_cosh_all(const double *x, double *out, size_t n);

/// The angle of (x, y) in [−π, π]; 2 ulp.
double bl_atan2(double y, double x);
void bl_atan2_all(const double *y, const double *x, double *out, size_t n);

#endif
