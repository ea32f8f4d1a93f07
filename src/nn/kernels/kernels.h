// SPDX-License-Identifier: Apache-2.0
/// \file
/// The inner loops of networks in float32, once in plain C and once for each instruction set that
/// gains by it. All give the same bits, for any number of rows, however rows are cut into calls.
///
/// Every output is one chain of fused multiply-adds (one rounding each) in ascending order. Lanes
/// of vectors run over outputs, never along a sum. What is summed over rows, gradients, is summed
/// in shards of BL_NN_SHARD rows, each a chain of its own, which are added in order: a call begins
/// at a multiple of so many rows. Only the bits of a NaN may differ.
///
/// Matrices are row by row; a stride is the number of floats from one row to the next, at least as
/// many as a row has. Nothing needs to be aligned, but multiples of 64 bytes are faster. Outputs do
/// not overlap inputs unless it says so. Nothing is allocated, and nothing fails.
#ifndef BL_NN_KERNELS_KERNELS_H
#define BL_NN_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/kernels/updates.h"

enum { BL_NN_SHARD = 64 };

/// A matrix as its kernels want the right side of a product: see nn/kernels/packed.h.
typedef struct bl_nn_packed bl_nn_packed;

/// out[m × n] = start + a[m × k]·b[k × n]
typedef struct bl_nn_product {
    size_t m;
    const float *a; ///< [m × k]
    size_t a_stride;
    const bl_nn_packed *b; ///< [k × n]
    const float *bias;     ///< [n] where chains start; NULL: at 0
    bool adds;             ///< chains start at what is in `out`, not at the bias
    bool rectifies;        ///< stores max(x, 0) of what chains end at; a NaN stays
    const float *gates;    ///< [m × n] times 0 where one of these is not above 0; NULL: none
    size_t gates_stride;
    float *out; ///< [m × n]
    size_t out_stride;
} bl_nn_product;

/// out[k × n] = start + a[m × k]ᵀ·b[m × n], summed over rows in shards
typedef struct bl_nn_gradient {
    size_t m, k, n;
    const float *a; ///< [m × k]
    size_t a_stride;
    const float *b; ///< [m × n]
    size_t b_stride;
    bool adds;  ///< shards are added to what is in `out`, not to 0
    float *out; ///< [k × n]
    size_t out_stride;
} bl_nn_gradient;

/// A function of each of n numbers. \param out [n], may be x
typedef void (*bl_nn_map)(const float *x, float *out, size_t n);
/// The gradient before a function from the one behind it, by its values or arguments.
/// \param from [n] \param gradient [n] behind \param out [n] before; may be either of them
typedef void (*bl_nn_slope)(const float *from, const float *gradient, float *out, size_t n);

/// A function of rows. \param x [m × n] \param out [m × n], may be x
typedef void (*bl_nn_row_map)(const float *x, size_t x_stride, size_t m, size_t n, float *out,
                              size_t out_stride);
/// The gradient before a function of rows, by its values.
/// \param y [m × n] \param gradient [m × n] behind \param out [m × n] before; may be either of them
typedef void (*bl_nn_row_slope)(const float *y, size_t y_stride, const float *gradient,
                                size_t gradient_stride, size_t m, size_t n, float *out,
                                size_t out_stride);

/// See nn/kernels/activations.h.
typedef struct bl_nn_activation bl_nn_activation;
/// As bl_nn_map and bl_nn_slope, with constants.
typedef void (*bl_nn_activation_map)(const bl_nn_activation *a, const float *x, float *out,
                                     size_t n);
typedef void (*bl_nn_activation_slope)(const bl_nn_activation *a, const float *from,
                                       const float *gradient, float *out, size_t n);

/// See nn/kernels/gates.h.
typedef struct bl_nn_gates bl_nn_gates;
typedef struct bl_nn_gates_back bl_nn_gates_back;

typedef struct bl_nn_kernels {
    const char *name;
    size_t n_lanes;   ///< of a vector
    size_t n_vectors; ///< of a panel of packed matrices, at most
    /// Rows of `to` end in whole vectors, with zeros.
    /// \param from [n_rows × n] \param to [n × n_rows], to_stride of whole vectors at least
    void (*transpose)(const float *from, size_t from_stride, size_t n_rows, size_t n, float *to,
                      size_t to_stride);
    void (*multiply)(const bl_nn_product *product);
    void (*add_gradient)(const bl_nn_gradient *gradient);
    /// The sums of columns, over rows in shards: the gradient of a bias.
    /// \param b [m × n] \param adds to what is in `out`, not to 0 \param out [n]
    void (*add_columns)(const float *b, size_t b_stride, size_t m, size_t n, bool adds, float *out);
    /// e^x, e^x − 1, the natural logarithm and that of 1 + x, log(1 + e^x), tanh, 1/(1 + e^−x),
    /// max(x, 0).
    /// The largest errors found are 0.8, 1.4, 0.9, 1.4, 1.7, 1.4, 2.4 and 0 units in the last
    /// place.
    /// Infinities, zeros and what under- or overflows give what C's functions give; NaN gives NaN.
    bl_nn_map exp, expm1, ln, log1p, softplus, tanh, sigmoid, relu;
    /// tanh, sigmoid and ReLU by their values, softplus by its arguments.
    bl_nn_slope tanh_slope, sigmoid_slope, relu_slope, softplus_slope;
    /// Activations of single numbers, by kind.
    const bl_nn_activation_map *activations;
    const bl_nn_activation_slope *activation_slopes;
    /// out = e^(x − max) divided by its sum along each row. A row that is all −∞, or has +∞ or NaN,
    /// is NaN. \param x [m × n] \param out [m × n], may be x
    bl_nn_row_map softmax;
    /// out = x − max − log Σ e^(x − max), the logarithm of it.
    bl_nn_row_map log_softmax;
    /// y·(gradient − Σ y·gradient) and gradient − e^y·Σ gradient, by values y.
    bl_nn_row_slope softmax_slope, log_softmax_slope;
    /// One step of an optimiser. Each parameter is on its own, wherever the range is cut.
    void (*update)(const bl_nn_update *update);
    /// A step of recurrent layers. The largest errors found of their sigmoid and tanh are 4.5 and
    /// 4.1 units in the last place; sigmoid falls to 2e-19 and no further.
    void (*gru)(const bl_nn_gates *gates);
    void (*gru_back)(const bl_nn_gates_back *gates);
    void (*lstm)(const bl_nn_gates *gates);
    void (*lstm_back)(const bl_nn_gates_back *gates);
    /// Softmax down columns, in parts, for attention: x becomes e^(x − most), where `most` is the
    /// largest of a column, and `sums` the sum of what x became. A column that is all −∞ is NaN.
    /// \param x [m × n], n and the stride a multiple of n_lanes, as in the next two
    /// \param most, sums [n]
    void (*softmax_columns)(float *x, size_t stride, size_t m, size_t n, float *most, float *sums);
    /// x becomes e^(x − most)·inverse.
    void (*softmax_columns_again)(float *x, size_t stride, size_t m, size_t n, const float *most,
                                  const float *inverses);
    /// gradient = y·(gradient − sum). \param y, gradient [m × n], with the same stride
    /// \param sums [n] Σ y·gradient
    void (*softmax_columns_slope)(const float *y, size_t stride, size_t m, size_t n,
                                  const float *sums, float *gradient);
} bl_nn_kernels;

extern const bl_nn_kernels bl_nn_kernels_plain;
#if defined(__x86_64__)
extern const bl_nn_kernels bl_nn_kernels_avx512; ///< only where the processor has it
extern const bl_nn_kernels bl_nn_kernels_avx2;   ///< AVX2 and FMA
#elif defined(__aarch64__)
extern const bl_nn_kernels bl_nn_kernels_neon;
#endif

/// The fastest that this processor has.
const bl_nn_kernels *bl_nn_kernels_get(void);
/// The i-th of all that this processor has, the fastest first, plain C last; NULL behind it.
const bl_nn_kernels *bl_nn_kernels_at(size_t i);

#endif
