// SPDX-License-Identifier: Apache-2.0
/// \file
/// Softmax down columns for vectors of any width, each lane a column of its own, so that sums are
/// chains that need not wait for each other.
#ifndef BL_NN_KERNELS_LANES_ATTENTION_H
#define BL_NN_KERNELS_LANES_ATTENTION_H

#include "nn/kernels/lanes_functions.h"
#include "nn/kernels/lanes_products.h"

INLINE void softmax_panel(float *x, size_t stride, size_t m, size_t n_vectors, float *most,
                          float *sums) {
    lanes largest[VECTORS], sum[VECTORS];
    for (size_t v = 0; v < n_vectors; v++) {
        largest[v] = splat(-INFINITY);
        sum[v] = splat(0);
    }
    for (size_t r = 0; r < m; r++)
        for (size_t v = 0; v < n_vectors; v++) {
            lanes next = load(x + r * stride + v * LANES);
            largest[v] = choose(next > largest[v], next, largest[v]);
        }
    for (size_t r = 0; r < m; r++)
        for (size_t v = 0; v < n_vectors; v++) {
            float *at = x + r * stride + v * LANES;
            lanes e = exp_of(load(at) - largest[v]);
            store(at, e);
            sum[v] += e;
        }
    for (size_t v = 0; v < n_vectors; v++) {
        store(most + v * LANES, largest[v]);
        store(sums + v * LANES, sum[v]);
    }
}

/// Panels of as many vectors as registers are kept for, then single vectors.
LANES_ATTRIBUTE static void softmax_columns(float *x, size_t stride, size_t m, size_t n,
                                            float *most, float *sums) {
    size_t i = 0;
    for (; i + PANEL <= n; i += PANEL)
        softmax_panel(x + i, stride, m, VECTORS, most + i, sums + i);
    for (; i < n; i += LANES)
        softmax_panel(x + i, stride, m, 1, most + i, sums + i);
}

LANES_ATTRIBUTE static void softmax_columns_again(float *x, size_t stride, size_t m, size_t n,
                                                  const float *most, const float *inverses) {
    for (size_t r = 0; r < m; r++, x += stride)
        for (size_t i = 0; i < n; i += LANES)
            store(x + i, exp_of(load(x + i) - load(most + i)) * load(inverses + i));
}

LANES_ATTRIBUTE static void softmax_columns_slope(const float *y, size_t stride, size_t m, size_t n,
                                                  const float *sums, float *gradient) {
    for (size_t r = 0; r < m; r++, y += stride, gradient += stride)
        for (size_t i = 0; i < n; i += LANES)
            store(gradient + i, load(y + i) * (load(gradient + i) - load(sums + i)));
}

#endif
