// SPDX-License-Identifier: Apache-2.0
#include "nn/training/sums.h"

#include <math.h>
#include <stdbool.h>

static inline double term(float x, bool squares) {
    return squares ? (double)x * (double)x : fabs((double)x);
}

static inline __attribute__((always_inline)) double sum_of(const float *x, size_t n, bool squares) {
    enum { CHAINS = 8 };
    double sums[CHAINS] = {0};
    size_t i = 0;
    for (; i + CHAINS <= n; i += CHAINS)
        for (size_t k = 0; k < CHAINS; k++)
            sums[k] += term(x[i + k], squares);
    for (size_t k = 0; i + k < n; k++)
        sums[k] += term(x[i + k], squares);
    for (size_t half = CHAINS / 2; half; half /= 2)
        for (size_t k = 0; k < half; k++)
            sums[k] += sums[k + half];
    return sums[0];
}

double bl_nn_sum_of_squares(const float *x, size_t n) { return sum_of(x, n, true); }

double bl_nn_sum_of_sizes(const float *x, size_t n) { return sum_of(x, n, false); }
