// SPDX-License-Identifier: Apache-2.0
/// \file
/// The activations of layers by their names in Keras, over blocks of rows and back. Special values
/// are those of Keras: NaN gives NaN, except from the shrinks and a ReLU with a threshold and no
/// slope, which give 0; what approaches 0 as a product of −∞ and 0 is NaN at −∞.
///
/// The largest errors found are, in units in the last place: 5.9 of gelu, 6.6 of tanh_shrink, 3.9
/// of mish, 2.8 of silu and squareplus, 2.4 of sigmoid, and 2.2 at most of all others. Where gelu
/// by tanh falls to 0, its exponent is rounded first: 320 where it is 10⁻²².
///
/// Not here: glu, which halves a row, sparsemax, and threshold, which has no constants by default.
#ifndef BL_NN_KERNELS_ACTIVATIONS_H
#define BL_NN_KERNELS_ACTIVATIONS_H

#include "nn/kernels/kernels.h"

/// Those of single numbers: X(kind, name, from, slope, limit, threshold), with the constants that
/// Keras has for the name. What slopes come from may depend on the constants: EITHER.
/// \source keras.activations in Keras 3
#define BL_NN_NUMBER_ACTIVATIONS(X)                      \
    X(LINEAR, linear, VALUES, 0, 0, 0)                   \
    X(RELU, relu, EITHER, 0, INFINITY, 0)                \
    X(RELU6, relu6, VALUES, 0, 6, 0)                     \
    X(LEAKY_RELU, leaky_relu, EITHER, 0.2F, INFINITY, 0) \
    X(ELU, elu, EITHER, 1, 0, 0)                         \
    X(SELU, selu, VALUES, 0, 0, 0)                       \
    X(CELU, celu, VALUES, 1, 0, 0)                       \
    X(GELU, gelu, ARGUMENTS, 0, 0, 0)                    \
    X(SIGMOID, sigmoid, VALUES, 0, 0, 0)                 \
    X(HARD_SIGMOID, hard_sigmoid, VALUES, 0, 0, 0)       \
    X(SPARSE_SIGMOID, sparse_sigmoid, VALUES, 0, 0, 0)   \
    X(LOG_SIGMOID, log_sigmoid, VALUES, 0, 0, 0)         \
    X(TANH, tanh, VALUES, 0, 0, 0)                       \
    X(HARD_TANH, hard_tanh, VALUES, 0, 0, 0)             \
    X(TANH_SHRINK, tanh_shrink, ARGUMENTS, 0, 0, 0)      \
    X(HARD_SHRINK, hard_shrink, EITHER, 0, 0, 0.5F)      \
    X(SOFT_SHRINK, soft_shrink, EITHER, 0, 0, 0.5F)      \
    X(SOFTPLUS, softplus, VALUES, 0, 0, 0)               \
    X(SQUAREPLUS, squareplus, VALUES, 0, 0, 0)           \
    X(SPARSE_PLUS, sparse_plus, VALUES, 0, 0, 0)         \
    X(SOFTSIGN, softsign, VALUES, 0, 0, 0)               \
    X(SILU, silu, ARGUMENTS, 0, 0, 0)                    \
    X(HARD_SILU, hard_silu, ARGUMENTS, 0, 0, 0)          \
    X(MISH, mish, ARGUMENTS, 0, 0, 0)                    \
    X(EXPONENTIAL, exponential, VALUES, 0, 0, 0)

/// And those of rows.
#define BL_NN_ACTIVATIONS(X)             \
    BL_NN_NUMBER_ACTIVATIONS(X)          \
    X(SOFTMAX, softmax, VALUES, 0, 0, 0) \
    X(LOG_SOFTMAX, log_softmax, VALUES, 0, 0, 0)

#define BL_NN_ACTIVATION_KIND(kind, ...) BL_NN_##kind,
typedef enum bl_nn_activation_kind {
    BL_NN_ACTIVATIONS(BL_NN_ACTIVATION_KIND) BL_NN_N_ACTIVATIONS
} bl_nn_activation_kind;
#undef BL_NN_ACTIVATION_KIND

/// An activation with its constants; those that a kind has none of are not read.
struct bl_nn_activation {
    bl_nn_activation_kind kind;
    float slope;      ///< negative_slope of relu and leaky_relu, alpha of elu and celu
    float limit;      ///< max_value of relu; INFINITY: none
    float threshold;  ///< of relu and the shrinks
    bool approximate; ///< gelu by tanh
};

/// As Keras writes it.
const char *bl_nn_activation_name(bl_nn_activation_kind kind);
/// By Keras's name, also its other spellings; with the constants that Keras has for the name.
/// \param ret_activation untouched where there is none
/// \return whether there is one
bool bl_nn_activation_find(const char *name, bl_nn_activation *ret_activation);
/// Whether slopes come from arguments, which must then be kept; else from values.
bool bl_nn_activation_needs_arguments(const bl_nn_activation *a);
/// Whether it is max(x, 0), which products do themselves.
bool bl_nn_activation_rectifies(const bl_nn_activation *a);

/// out = a(x) for rows, of numbers or whole.
/// \param x [m × n] \param out [m × n], may be x
void bl_nn_activate(const bl_nn_kernels *k, const bl_nn_activation *a, const float *x,
                    size_t x_stride, size_t m, size_t n, float *out, size_t out_stride);
/// The gradient before an activation from the one behind it. Slopes at kinks are those of a side.
/// \param from [m × n] values, or arguments where it needs them \param gradient [m × n] behind
/// \param out [m × n] before; may be either of them
void bl_nn_activate_back(const bl_nn_kernels *k, const bl_nn_activation *a, const float *from,
                         size_t from_stride, const float *gradient, size_t gradient_stride,
                         size_t m, size_t n, float *out, size_t out_stride);

#endif
