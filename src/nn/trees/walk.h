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

/// Lays out complete trees where that does not take much more room.
/// \return BL_OK, BL_E_NOMEM
bl_status bl_nn_forest_lay_complete(bl_nn_forest *forest, bl_error *err);

/// Walks that go side by side.
enum { BL_NN_FOREST_LANES = 8 };

/// Rows through one complete tree, without a NaN among them.
/// \param x BL_NN_FOREST_LANES rows \param ret_leaves [BL_NN_FOREST_LANES] kinds of leaves
void bl_nn_forest_walk_rows(const bl_nn_forest *forest, size_t tree, const float *x,
                            size_t x_stride, uint32_t *ret_leaves);
/// One row through several complete trees. \param trees [BL_NN_FOREST_LANES]
void bl_nn_forest_walk_trees(const bl_nn_forest *forest, const size_t *trees, const float *x,
                             uint32_t *ret_leaves);

/// Scores as results: bases, pairs, the function behind.
/// \param scores [n_scores] changed \param out [n_outputs]
void bl_nn_forest_end(const bl_nn_forest *forest, double *scores, float *out);

#endif
