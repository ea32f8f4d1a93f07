// SPDX-License-Identifier: Apache-2.0
/// \file
/// All kernels for vectors of any width, as a table: each file of kernels says what `lanes` are and
/// includes this.
#ifndef BL_NN_KERNELS_LANES_TABLE_H
#define BL_NN_KERNELS_LANES_TABLE_H

#include "nn/kernels/lanes_activations.h"
#include "nn/kernels/lanes_gates.h"
#include "nn/kernels/lanes_products.h"
#include "nn/kernels/lanes_softmax.h"
#include "nn/kernels/lanes_updates.h"

/// A table but its name.
#define LANES_TABLE                                                                             \
    LANES, VECTORS, transpose, multiply, add_gradient, add_columns, exp_all, expm1_all, ln_all, \
        log1p_all, softplus_all, tanh_all, sigmoid_all, relu_all, tanh_slope_all,               \
        sigmoid_slope_all, relu_slope_all, softplus_slope_all, activations, activation_slopes,  \
        softmax, log_softmax, softmax_slope, log_softmax_slope, update, gru, gru_back, lstm,    \
        lstm_back, softmax_columns, softmax_columns_again, softmax_columns_slope

#endif
