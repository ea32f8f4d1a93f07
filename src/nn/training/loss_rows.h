// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside loss: what each kind of loss does with a row.
#ifndef BL_NN_TRAINING_LOSS_ROWS_H
#define BL_NN_TRAINING_LOSS_ROWS_H

#include "nn/training/loss.h"

typedef struct bl_nn_loss_row {
    const bl_nn_loss *loss;
    size_t n;
    const float *x, *target; ///< [n]; of sparse losses target [1]
    const float *first;      ///< [n] what `prepare` left in scratch
    float *second;           ///< [n] the same; free to be written
    double factor;           ///< of the gradient: scale·w
    float *gradient;         ///< [n]; NULL: not wanted
} bl_nn_loss_row;

typedef struct bl_nn_loss_rule {
    /// Functions of all elements, by kernels, into scratch; NULL: there are none.
    void (*prepare)(const bl_nn_kernels *kernels, const bl_nn_loss_rows *rows);
    /// ℓ of one row, and its gradient.
    double (*row)(const bl_nn_loss_row *row);
} bl_nn_loss_rule;

const bl_nn_loss_rule *bl_nn_loss_rule_of(const bl_nn_loss *loss);

#endif
