// SPDX-License-Identifier: Apache-2.0
/// \file
/// Softmax of rows for vectors of any width: each file of kernels says what `lanes` are and
/// includes this, and the other two, of which it makes the table.
#ifndef BL_NN_KERNELS_LANES_SOFTMAX_H
#define BL_NN_KERNELS_LANES_SOFTMAX_H

#include "nn/kernels/lanes_functions.h"
#include "nn/kernels/lanes_products.h"

INLINE lanes larger_of(lanes a, lanes b) { return choose(a > b, a, b); }

/// The largest is the same in whatever order it is looked for. n > 0
INLINE float largest(const float *x, size_t n) {
    lanes found = splat(-INFINITY);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        found = larger_of(load(x + i), found);
    float each[LANES], result = -INFINITY;
    store(each, found);
    for (size_t k = 0; k < LANES; k++)
        result = each[k] > result ? each[k] : result;
    for (; i < n; i++)
        result = x[i] > result ? x[i] : result;
    return result;
}

/// out = e^(x − most) where `divides` is false, x/most where it is true
INLINE void scale_row(const float *x, size_t n, float most, bool divides, float *out) {
    lanes by = splat(most);
    for (; n >= LANES; n -= LANES, x += LANES, out += LANES)
        store(out, divides ? load(x) / by : exp_of(load(x) - by));
    if (n) {
        lanes rest = load_first(x, n);
        store_first(out, divides ? rest / by : exp_of(rest - by), n);
    }
}

/// Sums of rows are long chains; those of some rows are made at the same time.
LANES_ATTRIBUTE static void softmax(const float *x, size_t x_stride, size_t m, size_t n, float *out,
                                    size_t out_stride) {
    enum { ROWS = 4 };
    for (size_t row = 0; row < m; row += ROWS) {
        float *rows[ROWS], sums[ROWS] = {0};
        size_t n_rows = smaller(m - row, ROWS);
        for (size_t r = 0; r < ROWS; r++)
            rows[r] = out + (row + smaller(r, n_rows - 1)) * out_stride;
        for (size_t r = 0; r < n_rows; r++) {
            const float *from = x + (row + r) * x_stride;
            scale_row(from, n, largest(from, n), false, rows[r]);
        }
        for (size_t i = 0; i < n; i++)
            for (size_t r = 0; r < ROWS; r++)
                sums[r] += rows[r][i];
        for (size_t r = 0; r < n_rows; r++)
            scale_row(rows[r], n, sums[r], true, rows[r]);
    }
}

/// A table but its name.
#define LANES_TABLE                                                                             \
    LANES, VECTORS, transpose, multiply, add_gradient, add_columns, exp_all, ln_all, log1p_all, \
        softplus_all, tanh_all, sigmoid_all, relu_all, tanh_slope_all, sigmoid_slope_all,       \
        relu_slope_all, softplus_slope_all, softmax

#endif
