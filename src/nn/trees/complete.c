// SPDX-License-Identifier: Apache-2.0
// Complete trees: where all trees of a forest are about as deep, each is laid out with every node
// that its depth has room for. A step then is 2i or 2i + 1, there is nothing to load but feature
// and threshold, and all walks are equally long.
#include <math.h>

#include "nn/trees/walk.h"

enum {
    LANES = BL_NN_FOREST_LANES,
    MOST_DEPTH = 16,
    MOST_TIMES = 4, ///< as many leaves as there are
};

// ---- the layout ----

/// Puts a node, and all below it, to place `i` of a tree. Below a leaf that is not at the bottom
/// all walks go to the first child, since nothing compares with NaN.
static void put(bl_nn_forest *f, size_t tree, size_t i, size_t depth,
                const bl_nn_forest_step *step) {
    size_t first = tree << f->depth;
    if (depth == f->depth) {
        f->leaves[first + i - ((size_t)1 << depth)] = step->kind;
        return;
    }
    bool is_leaf = step->step == 0;
    f->splits[first + i] = (bl_nn_forest_split){step->threshold, is_leaf ? 0 : step->feature};
    put(f, tree, 2 * i, depth + 1, step + step->step);
    if (!is_leaf)
        put(f, tree, 2 * i + 1, depth + 1, step + step->step + 1);
}

bl_status bl_nn_forest_lay_complete(bl_nn_forest *f, bl_error *err) {
    size_t n_leaves = (f->n_nodes + f->n_trees) / 2;
    if (f->order == BL_NN_FOREST_ORDER_MIXED || f->depth == 0 || f->depth > MOST_DEPTH)
        return BL_OK;
    size_t n = f->n_trees << f->depth;
    if (n > MOST_TIMES * n_leaves)
        return BL_OK;
    f->splits = (bl_nn_forest_split *)bl_alloc_zero(f->context, n, sizeof *f->splits);
    f->leaves = (uint32_t *)bl_alloc_zero(f->context, n, sizeof *f->leaves);
    if (!f->splits || !f->leaves)
        return bl_error_nomem(err, n * sizeof *f->splits, "complete trees");
    for (size_t t = 0; t < f->n_trees; t++)
        put(f, t, 1, 0, f->steps + f->firsts[t]);
    return BL_OK;
}

// ---- walking ----

/// \param splits, x [LANES]
__attribute__((always_inline)) static inline void walk(const bl_nn_forest *f, bool is_less,
                                                       const bl_nn_forest_split *const *splits,
                                                       const float *const *x, size_t *at) {
    for (size_t level = 0; level < f->depth; level++)
#pragma GCC unroll 8
        for (int i = 0; i < LANES; i++) {
            const bl_nn_forest_split *split = &splits[i][at[i]];
            float value = x[i][split->feature];
            at[i] = 2 * at[i] + (is_less ? value >= split->threshold : value > split->threshold);
        }
}

__attribute__((always_inline)) static inline void walk_either(
    const bl_nn_forest *f, const bl_nn_forest_split *const *splits, const float *const *x,
    size_t *at) {
    for (int i = 0; i < LANES; i++)
        at[i] = 1;
    if (f->order == BL_NN_FOREST_ORDER_LESS)
        walk(f, true, splits, x, at);
    else
        walk(f, false, splits, x, at);
}

void bl_nn_forest_walk_rows(const bl_nn_forest *f, size_t tree, const float *x, size_t x_stride,
                            uint32_t *ret_leaves) {
    const bl_nn_forest_split *splits[LANES];
    const float *rows[LANES];
    const uint32_t *leaves = f->leaves + (tree << f->depth);
    size_t at[LANES];
    for (size_t i = 0; i < LANES; i++) {
        splits[i] = f->splits + (tree << f->depth);
        rows[i] = x + i * x_stride;
    }
    walk_either(f, splits, rows, at);
    for (size_t i = 0; i < LANES; i++)
        ret_leaves[i] = leaves[at[i] - ((size_t)1 << f->depth)];
}

void bl_nn_forest_walk_trees(const bl_nn_forest *f, const size_t *trees, const float *x,
                             uint32_t *ret_leaves) {
    const bl_nn_forest_split *splits[LANES];
    const float *rows[LANES];
    size_t at[LANES];
    for (size_t i = 0; i < LANES; i++) {
        splits[i] = f->splits + (trees[i] << f->depth);
        rows[i] = x;
    }
    walk_either(f, splits, rows, at);
    for (size_t i = 0; i < LANES; i++)
        ret_leaves[i] = f->leaves[(trees[i] << f->depth) + at[i] - ((size_t)1 << f->depth)];
}
