// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside trees: what laying out and walking share.
#ifndef BL_NN_TREES_WALK_H
#define BL_NN_TREES_WALK_H

#include "nn/trees/forest.h"

/// Bits of a split's kind: which features go on to the second child.
enum {
    BL_NN_STEP_MISSING_IS_SECOND = 1, ///< NaN; not set in a leaf's kind
    BL_NN_STEP_MORE = 2,              ///< those above the threshold
    BL_NN_STEP_EQUAL = 4,             ///< those at the threshold
    BL_NN_STEP_AT_LEAST = 6,
};
/// The kind of a leaf that has no weights.
#define BL_NN_STEP_NO_WEIGHTS (UINT32_MAX - 1)

/// Scores as results: bases, pairs, the function behind.
/// \param scores [n_scores] changed \param out [n_outputs]
void bl_nn_forest_end(const bl_nn_forest *forest, double *scores, float *out);

#endif
