// SPDX-License-Identifier: Apache-2.0
/// \file
/// Regularisers of parameters, as Keras 3 defines them: l1·Σ|x| + l2·Σx².
/// In YAML: `l1`, `l2` or `l1_l2` (0.01 each), `{l1: 0.001}`, `{l2: 0.001}`, `{l1: 0.001, l2:
/// 0.01}`.
#ifndef BL_NN_TRAINING_REGULARIZER_H
#define BL_NN_TRAINING_REGULARIZER_H

#include "base/document.h"

typedef struct bl_nn_regularizer {
    double l1, l2; ///< 0: it is not there
} bl_nn_regularizer;

/// Reads one; a NULL item is none. \return BL_OK, BL_E_INVALID
bl_status bl_nn_regularizer_read(const bl_item *item, bl_nn_regularizer *ret_regularizer,
                                 bl_error *err);
/// What it adds to the loss, summed in double (sums.h); its gradient is added.
/// \param x [n] \param gradient [n]; NULL: not wanted
double bl_nn_regularizer_add(const bl_nn_regularizer *regularizer, const float *x, size_t n,
                             float *gradient);

#endif
