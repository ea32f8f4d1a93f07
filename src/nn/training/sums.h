// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sums over parameters and gradients, in double: eight chains, each of every eighth number, which
/// are added pair by pair. So vectors of any width give the same bits.
#ifndef BL_NN_TRAINING_SUMS_H
#define BL_NN_TRAINING_SUMS_H

#include <stddef.h>

/// Σ x² \param x [n]
double bl_nn_sum_of_squares(const float *x, size_t n);
/// Σ |x| \param x [n]
double bl_nn_sum_of_sizes(const float *x, size_t n);

#endif
