// SPDX-License-Identifier: Apache-2.0
/// \file
/// Ensembles of decision trees (boosted trees, random forests), for inference: exact comparisons,
/// sums in a stated order, the same bits for any number of rows.
///
/// A row walks each tree from its root. A split compares one feature with its threshold and goes on
/// to `yes` or `no`; a NaN goes where `missing_is_yes` says, whatever the comparison. The leaf that
/// it ends in has weights, each for one output. Weights are put together over trees in ascending
/// order, beginning at the bases or adding them at the end; then comes the function behind.
#ifndef BL_NN_TREES_FOREST_H
#define BL_NN_TREES_FOREST_H

#include <stdint.h>

#include "base/memory.h"

/// What there may be at most; more is BL_E_LIMIT.
enum {
    BL_NN_FOREST_MOST_FEATURES = 1 << 24,
    BL_NN_FOREST_MOST_OUTPUTS = 4096,
    BL_NN_FOREST_MOST_NODES = 1 << 28,
};

/// How a feature x is compared with a threshold t: X(NAME, text).
#define BL_NN_COMPARISONS(X) \
    X(LESS, "x < t")         \
    X(AT_MOST, "x <= t")     \
    X(MORE, "x > t")         \
    X(AT_LEAST, "x >= t")    \
    X(EQUAL, "x == t")       \
    X(OTHER, "x != t")

typedef enum bl_nn_comparison {
#define BL_NN_COMPARISON_ENUM(name, text) BL_NN_##name,
    BL_NN_COMPARISONS(BL_NN_COMPARISON_ENUM)
#undef BL_NN_COMPARISON_ENUM
        BL_NN_N_COMPARISONS
} bl_nn_comparison;

/// How weights of several trees become one number. The least and the greatest are of the trees that
/// have a weight for an output; 0 where none has. The mean is the sum divided by all trees.
typedef enum bl_nn_forest_joint {
    BL_NN_FOREST_SUM,
    BL_NN_FOREST_MEAN,
    BL_NN_FOREST_LEAST,
    BL_NN_FOREST_GREATEST,
    BL_NN_FOREST_N_JOINTS
} bl_nn_forest_joint;

/// One number as those of two classes: of a probability p the pair (1 − p, p), of a margin s the
/// pair (−s, s). Made before the function behind.
typedef enum bl_nn_forest_pair {
    BL_NN_FOREST_NO_PAIR,
    BL_NN_FOREST_COMPLEMENT,
    BL_NN_FOREST_OPPOSITE,
    BL_NN_FOREST_N_PAIRS
} bl_nn_forest_pair;

/// The function behind. SOFTMAX_ZERO leaves out scores within 1e-7 of 0, as onnxruntime does.
/// PROBIT is the quantile of the normal distribution, by Winitzki's approximation, as onnxruntime
/// has it (2e-3). Functions are computed in double and rounded once.
typedef enum bl_nn_forest_function {
    BL_NN_FOREST_IDENTITY,
    BL_NN_FOREST_SOFTMAX,
    BL_NN_FOREST_LOGISTIC,
    BL_NN_FOREST_SOFTMAX_ZERO,
    BL_NN_FOREST_PROBIT,
    BL_NN_FOREST_EXP,
    BL_NN_FOREST_N_FUNCTIONS
} bl_nn_forest_function;

/// All of a forest but its trees.
typedef struct bl_nn_forest_head {
    size_t n_features;
    size_t n_scores; ///< that trees have weights for
    bl_nn_forest_joint joint;
    bl_nn_forest_pair pair; ///< only of one score
    bl_nn_forest_function function;
    bool is_double;      ///< sums of doubles, rounded at the end; else each sum to float32
    bool begins_at_base; ///< sums begin at the bases; else they are added at the end
    const double *bases; ///< [n_scores] NULL: all 0
} bl_nn_forest_head;

/// A node as it was given. Children are numbered in their tree.
typedef struct bl_nn_forest_node {
    uint32_t feature;
    float threshold;
    uint32_t yes, no;   ///< BL_NN_FOREST_LEAF: none
    uint8_t comparison; ///< bl_nn_comparison
    bool missing_is_yes;
    uint32_t first_weight, n_weights; ///< of a leaf, in `weights`
} bl_nn_forest_node;

enum { BL_NN_FOREST_LEAF = 0 }; ///< both children: a root is nobody's child

typedef struct bl_nn_forest_weight {
    double value; ///< a float32 unless the forest sums doubles
    uint32_t output;
    bool is_last; ///< of its leaf
} bl_nn_forest_weight;

/// A node as it is walked: children lie side by side, so that a step is `step`, plus 1 to the
/// second. A leaf's step is 0 and its threshold NaN, which nothing compares with: whoever is there
/// stays.
typedef struct bl_nn_forest_step {
    float threshold;
    uint32_t feature;
    uint32_t step;
    uint32_t kind; ///< of a split: the bits of walk.h; of a leaf: twice its first weight
} bl_nn_forest_step;

/// A split of a tree that is laid out as if it were complete: node i has the children 2i and 2i
/// + 1.
typedef struct bl_nn_forest_split {
    float threshold;
    uint32_t feature;
} bl_nn_forest_split;

/// Which comparisons a forest has: one that takes but one test is walked faster.
typedef enum bl_nn_forest_order {
    BL_NN_FOREST_ORDER_LESS,    ///< < and >= only
    BL_NN_FOREST_ORDER_AT_MOST, ///< <= and > only
    BL_NN_FOREST_ORDER_MIXED
} bl_nn_forest_order;

/// Immutable: any number of threads may use it.
typedef struct bl_nn_forest {
    bl_context *context;
    bl_nn_forest_head head; ///< owns `bases`
    size_t n_outputs;       ///< of a row of results: n_scores, 2 of a pair
    size_t n_trees, n_nodes, n_weights;
    size_t depth;                 ///< splits on the longest way
    uint32_t *firsts;             ///< [n_trees + 1] first node of each tree, its root
    bl_nn_forest_node *nodes;     ///< [n_nodes]
    bl_nn_forest_weight *weights; ///< [n_weights]
    bl_nn_forest_order order;
    bool is_plain;            ///< sums of one score, of which each leaf has one weight
    bl_nn_forest_step *steps; ///< [n_nodes] tree by tree, breadth first
    // Trees of one depth, or nearly, once more as complete ones; NULL: they are too different.
    bl_nn_forest_split *splits; ///< [n_trees · 2^depth] each from 1 on
    uint32_t *leaves;           ///< [n_trees · 2^depth] as the kinds of leaves
} bl_nn_forest;

/// Makes a forest node by node. Errors name the tree and the node.
typedef struct bl_nn_forest_builder {
    bl_nn_forest *forest; ///< owns
    size_t trees_room, nodes_room, weights_room;
} bl_nn_forest_builder;

/// \param head copied
/// \return BL_OK, BL_E_INVALID (a pair of several scores, no features, no scores, bases that are no
/// finite numbers), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_nn_forest_begin(bl_nn_forest_builder *b, bl_context *context,
                             const bl_nn_forest_head *head, bl_error *err);
/// A new tree, to which the next nodes belong; the first is its root.
bl_status bl_nn_forest_add_tree(bl_nn_forest_builder *b, bl_error *err);
/// A node that compares. \param threshold rounded to the float32 with which every float32 compares
/// the same; a NaN for EQUAL and OTHER alone
/// \param yes, no in this tree, also ones that come later
/// \return BL_OK, BL_E_INVALID (the threshold is NaN), BL_E_RANGE (no such feature), BL_E_LIMIT,
/// BL_E_NOMEM
bl_status bl_nn_forest_add_split(bl_nn_forest_builder *b, size_t feature,
                                 bl_nn_comparison comparison, double threshold, bool missing_is_yes,
                                 size_t yes, size_t no, bl_error *err);
/// A leaf without weights.
bl_status bl_nn_forest_add_leaf(bl_nn_forest_builder *b, bl_error *err);
/// A weight of the newest node, a leaf. \param value rounded to float32 where the forest sums such
/// \return BL_OK, BL_E_INVALID (no finite number), BL_E_RANGE (no such output), BL_E_LIMIT,
/// BL_E_NOMEM
bl_status bl_nn_forest_add_weight(bl_nn_forest_builder *b, size_t output, double value,
                                  bl_error *err);
/// Checks all trees: each node is reached from its root on one way. \param ret_forest caller owns
/// \return BL_OK, BL_E_INVALID (an empty tree, a child that is not there, a node that is reached
/// twice or never), BL_E_NOMEM
bl_status bl_nn_forest_finish(bl_nn_forest_builder *b, bl_nn_forest **ret_forest, bl_error *err);
/// Gives up what was built and not finished.
void bl_nn_forest_builder_release(bl_nn_forest_builder *b);
/// NULL is allowed.
void bl_nn_forest_free(bl_nn_forest *forest);
BL_DEFINE_AUTO(bl_nn_forest, bl_nn_forest_free);

/// True of a node without children.
static inline bool bl_nn_forest_is_leaf(const bl_nn_forest_node *node) {
    return node->yes == BL_NN_FOREST_LEAF && node->no == BL_NN_FOREST_LEAF;
}

/// Computes rows. Allocates nothing; a row's bits do not depend on the others.
/// \param x [m × n_features] \param x_stride floats from a row to the next
/// \param out [m × n_outputs], not x \param out_stride as x_stride
void bl_nn_forest_run(const bl_nn_forest *forest, size_t m, const float *x, size_t x_stride,
                      float *out, size_t out_stride);

#endif
