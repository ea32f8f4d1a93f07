// SPDX-License-Identifier: Apache-2.0
/// \file
/// Transposing for vectors of any width, by squares that fit into registers: each file of kernels
/// says what `lanes` are and how two of them `trade` some.
#ifndef BL_NN_KERNELS_LANES_TRANSPOSE_H
#define BL_NN_KERNELS_LANES_TRANSPOSE_H

#include <stdbool.h>
#include <stddef.h>

/// Swaps the quarters off the diagonal of a square, then those of its quarters, and so on.
INLINE void transpose_square(lanes x[LANES]) {
#pragma GCC unroll 4
    for (size_t distance = LANES / 2; distance > 0; distance /= 2)
#pragma GCC unroll 16
        for (size_t i = 0; i < LANES; i++)
            if (!(i & distance))
                trade(&x[i], &x[i + distance], distance);
}

/// \param n_rows, n at most LANES
INLINE void transpose_block(const float *from, size_t from_stride, size_t n_rows, size_t n,
                            float *to, size_t to_stride, bool pads) {
    lanes x[LANES];
#pragma GCC unroll 16
    for (size_t i = 0; i < LANES; i++) {
        const float *row = from + i * from_stride;
        if (i >= n_rows)
            x[i] = splat(0);
        else
            x[i] = n == LANES ? load(row) : load_first(row, n);
    }
    transpose_square(x);
#pragma GCC unroll 16
    for (size_t i = 0; i < LANES; i++) {
        if (i >= n)
            break;
        if (pads || n_rows == LANES)
            store(to + i * to_stride, x[i]);
        else
            store_first(to + i * to_stride, x[i], n_rows);
    }
}

/// \param pads rows of `to` end in whole vectors, with zeros
INLINE void transpose_blocks(const float *from, size_t from_stride, size_t n_rows, size_t n,
                             float *to, size_t to_stride, bool pads) {
    for (; n_rows > 0; from += LANES * from_stride, to += LANES) {
        size_t some_rows = n_rows < LANES ? n_rows : LANES;
        for (size_t i = 0; i < n; i += LANES) {
            size_t some = n - i < LANES ? n - i : LANES;
            if (some_rows == LANES && some == LANES)
                transpose_block(from + i, from_stride, LANES, LANES, to + i * to_stride, to_stride,
                                true);
            else
                transpose_block(from + i, from_stride, some_rows, some, to + i * to_stride,
                                to_stride, pads);
        }
        n_rows -= some_rows;
    }
}

LANES_ATTRIBUTE static void transpose(const float *from, size_t from_stride, size_t n_rows,
                                      size_t n, float *to, size_t to_stride) {
    transpose_blocks(from, from_stride, n_rows, n, to, to_stride, true);
}

#endif
