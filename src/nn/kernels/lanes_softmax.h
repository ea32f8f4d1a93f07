// SPDX-License-Identifier: Apache-2.0
/// \file
/// Softmax of rows for vectors of any width: each file of kernels says what `lanes` are and
/// includes this.
#ifndef BL_NN_KERNELS_LANES_SOFTMAX_H
#define BL_NN_KERNELS_LANES_SOFTMAX_H

#include "nn/kernels/lanes_activations.h"
#include "nn/kernels/lanes_attention.h"
#include "nn/kernels/lanes_products.h"

/// Rows whose sums are made at the same time.
enum { ROWS = 4 };

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

/// out = (x − most) − log
INLINE void shift_row(const float *x, size_t n, float most, lanes log, float *out) {
    lanes by = splat(most);
    for (; n >= LANES; n -= LANES, x += LANES, out += LANES)
        store(out, load(x) - by - log);
    if (n)
        store_first(out, load_first(x, n) - by - log, n);
}

/// Few columns: lanes run over rows. \param m, n at most LANES
LANES_ATTRIBUTE static void softmax_of_few(const float *x, size_t x_stride, size_t m, size_t n,
                                           float *out, size_t out_stride) {
    _Alignas(64) float turned[LANES * LANES];
    lanes most = splat(-INFINITY), sum = splat(0);
    transpose_block(x, x_stride, m, n, turned, LANES, true);
    for (size_t i = 0; i < n; i++)
        most = larger_of(load(turned + i * LANES), most);
    for (size_t i = 0; i < n; i++) {
        lanes power = exp_of(load(turned + i * LANES) - most);
        sum += power;
        store(turned + i * LANES, power);
    }
    for (size_t i = 0; i < n; i++)
        store(turned + i * LANES, load(turned + i * LANES) / sum);
    transpose_block(turned, LANES, n, m, out, out_stride, false);
}

/// Sums of rows are long chains; those of some rows are made at the same time.
LANES_ATTRIBUTE static void softmax(const float *x, size_t x_stride, size_t m, size_t n, float *out,
                                    size_t out_stride) {
    size_t row = 0;
    for (; n <= LANES && row + ROWS <= m; row += smaller(m - row, LANES))
        softmax_of_few(x + row * x_stride, x_stride, smaller(m - row, LANES), n,
                       out + row * out_stride, out_stride);
    for (; row < m; row += ROWS) {
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

/// Sums of e^(x − most) need no room: those of a vector wait for their turn.
LANES_ATTRIBUTE static void log_softmax(const float *x, size_t x_stride, size_t m, size_t n,
                                        float *out, size_t out_stride) {
    for (size_t row = 0; row < m; row += ROWS) {
        const float *rows[ROWS];
        float most[ROWS], sums[ROWS] = {0}, each[ROWS][LANES];
        size_t n_rows = smaller(m - row, ROWS);
        for (size_t r = 0; r < ROWS; r++) {
            rows[r] = x + (row + smaller(r, n_rows - 1)) * x_stride;
            most[r] = largest(rows[r], n);
        }
        for (size_t i = 0; i < n; i += LANES) {
            size_t n_here = smaller(n - i, LANES);
            for (size_t r = 0; r < ROWS; r++) {
                lanes of = n_here < LANES ? load_first(rows[r] + i, n_here) : load(rows[r] + i);
                store(each[r], exp_of(of - splat(most[r])));
            }
            for (size_t k = 0; k < n_here; k++)
                for (size_t r = 0; r < ROWS; r++)
                    sums[r] += each[r][k];
        }
        for (size_t r = 0; r < n_rows; r++)
            shift_row(rows[r], n, most[r], ln_of(splat(sums[r])), out + (row + r) * out_stride);
    }
}

/// Σ y·gradient of each row, or Σ gradient where y is NULL.
INLINE void sum_rows(const float *const y[], const float *const gradient[], size_t n,
                     float sums[ROWS]) {
    for (size_t r = 0; r < ROWS; r++)
        sums[r] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < ROWS; r++)
            sums[r] = y ? fused_one(y[r][i], gradient[r][i], sums[r]) : sums[r] + gradient[r][i];
}

INLINE lanes row_slope_of(lanes y, lanes gradient, lanes sum, bool is_log) {
    return is_log ? fused(-exp_of(y), sum, gradient) : y * (gradient - sum);
}

INLINE void slope_rows(const float *y, size_t y_stride, const float *gradient,
                       size_t gradient_stride, size_t m, size_t n, float *out, size_t out_stride,
                       bool is_log) {
    for (size_t row = 0; row < m; row += ROWS) {
        const float *ys[ROWS], *gradients[ROWS];
        float sums[ROWS];
        size_t n_rows = smaller(m - row, ROWS);
        for (size_t r = 0; r < ROWS; r++) {
            size_t at = row + smaller(r, n_rows - 1);
            ys[r] = y + at * y_stride;
            gradients[r] = gradient + at * gradient_stride;
        }
        sum_rows(is_log ? NULL : ys, gradients, n, sums);
        for (size_t r = 0; r < n_rows; r++) {
            float *to = out + (row + r) * out_stride;
            lanes sum = splat(sums[r]);
            size_t i = 0;
            for (; i + LANES <= n; i += LANES)
                store(to + i, row_slope_of(load(ys[r] + i), load(gradients[r] + i), sum, is_log));
            if (i < n) {
                lanes rest = load_first(ys[r] + i, n - i);
                lanes behind = load_first(gradients[r] + i, n - i);
                store_first(to + i, row_slope_of(rest, behind, sum, is_log), n - i);
            }
        }
    }
}

LANES_ATTRIBUTE static void softmax_slope(const float *y, size_t y_stride, const float *gradient,
                                          size_t gradient_stride, size_t m, size_t n, float *out,
                                          size_t out_stride) {
    slope_rows(y, y_stride, gradient, gradient_stride, m, n, out, out_stride, false);
}

LANES_ATTRIBUTE static void log_softmax_slope(const float *y, size_t y_stride,
                                              const float *gradient, size_t gradient_stride,
                                              size_t m, size_t n, float *out, size_t out_stride) {
    slope_rows(y, y_stride, gradient, gradient_stride, m, n, out, out_stride, true);
}

#endif
