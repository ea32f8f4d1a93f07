// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sums of doubles with what their additions rounded off.
/// \source A. Neumaier, ZAMM 54 (1974) 39
#ifndef BL_BASE_SUM_H
#define BL_BASE_SUM_H

#include <math.h>

/// A sum so far. Zeroed memory is an empty sum.
typedef struct bl_sum {
    double sum, rest;
} bl_sum;

static inline void bl_sum_add(bl_sum *sum, double x) {
    double next = sum->sum + x;
    sum->rest += fabs(sum->sum) >= fabs(x) ? (sum->sum - next) + x : (x - next) + sum->sum;
    sum->sum = next;
}

static inline double bl_sum_value(const bl_sum *sum) { return sum->sum + sum->rest; }

#endif
