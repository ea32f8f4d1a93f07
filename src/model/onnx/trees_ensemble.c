// SPDX-License-Identifier: Apache-2.0
// TreeEnsemble as a forest: splits and leaves in arrays of their own, a leaf with one weight, trees
// by the splits that are their roots. A tree that is but a leaf is a split with it on both sides.
#include "model/onnx/trees_private.h"

typedef struct ensemble {
    bl_onnx_ints roots, features, yes, no, yes_is_leaf, no_is_leaf, missing, outputs;
    bl_onnx_numbers thresholds, weights;
    bl_bytes modes;
    bool *was_here; ///< [n splits]
} ensemble;

/// A node that waits for its turn; where it stands is its number in the tree.
typedef struct waiting {
    bool is_leaf;
    size_t at;
} waiting;

static bl_status get_ints(const bl_onnx_node *node, const char *name, size_t n,
                          bl_onnx_ints *ret_ints, bl_error *err) {
    BL_TRY(bl_onnx_get_ints(node, name, ret_ints, err));
    return bl_onnx_expect_n(name, ret_ints->n, n, err);
}

static bl_status read_modes(bl_arena *arena, const bl_onnx_node *node, size_t n,
                            bl_bytes *ret_modes, bl_error *err) {
    const bl_onnx_attribute *a = bl_onnx_attribute_get(node, "nodes_modes");
    if (!a || a->kind != BL_ONNX_ATTRIBUTE_TENSOR || a->tensor->type != BL_ONNX_UINT8)
        return bl_error_set(err, BL_E_TYPE, "attribute 'nodes_modes' is no tensor of uint8");
    BL_TRY(bl_onnx_tensor_bytes(arena, a->tensor, ret_modes, err));
    return bl_onnx_expect_n("nodes_modes", ret_modes->size, n, err);
}

static bl_status read_arrays(bl_arena *arena, const bl_onnx_node *node, ensemble *e,
                             bl_error *err) {
    BL_TRY(bl_onnx_get_ints(node, "tree_roots", &e->roots, err));
    BL_TRY(bl_onnx_get_ints(node, "nodes_featureids", &e->features, err));
    size_t n = e->features.n;
    BL_TRY(get_ints(node, "nodes_truenodeids", n, &e->yes, err));
    BL_TRY(get_ints(node, "nodes_falsenodeids", n, &e->no, err));
    BL_TRY(get_ints(node, "nodes_trueleafs", n, &e->yes_is_leaf, err));
    BL_TRY(get_ints(node, "nodes_falseleafs", n, &e->no_is_leaf, err));
    BL_TRY(bl_onnx_get_ints(node, "nodes_missing_value_tracks_true", &e->missing, err));
    if (e->missing.n)
        BL_TRY(bl_onnx_expect_n("nodes_missing_value_tracks_true", e->missing.n, n, err));
    BL_TRY(bl_onnx_get_numbers(arena, node, "nodes_splits", NULL, &e->thresholds, err));
    BL_TRY(bl_onnx_expect_n("nodes_splits", e->thresholds.n, n, err));
    BL_TRY(read_modes(arena, node, n, &e->modes, err));
    BL_TRY(bl_onnx_get_numbers(arena, node, "leaf_weights", NULL, &e->weights, err));
    BL_TRY(get_ints(node, "leaf_targetids", e->weights.n, &e->outputs, err));
    e->was_here = (bool *)bl_arena_array(arena, n + 1, sizeof *e->was_here);
    return e->was_here ? BL_OK : bl_error_nomem(err, n, "nodes");
}

static bl_status read_head(const bl_onnx_node *node, const ensemble *e, bl_nn_forest_head *head,
                           bl_error *err) {
    static const bl_nn_forest_joint joints[] = {BL_NN_FOREST_MEAN, BL_NN_FOREST_SUM,
                                                BL_NN_FOREST_LEAST, BL_NN_FOREST_GREATEST};
    static const bl_nn_forest_function functions[] = {
        BL_NN_FOREST_IDENTITY, BL_NN_FOREST_SOFTMAX, BL_NN_FOREST_LOGISTIC,
        BL_NN_FOREST_SOFTMAX_ZERO, BL_NN_FOREST_PROBIT};
    int64_t joint = 1, function = 0, n_targets = 1, last = 0;
    BL_TRY(bl_onnx_get_int(node, "aggregate_function", &joint, err));
    BL_TRY(bl_onnx_get_int(node, "post_transform", &function, err));
    BL_TRY(bl_onnx_get_int(node, "n_targets", &n_targets, err));
    if (joint < 0 || joint > 3 || function < 0 || function > 4)
        return bl_error_set(err, BL_E_INVALID, "aggregate_function %lld, post_transform %lld",
                            (long long)joint, (long long)function);
    for (size_t i = 0; i < e->features.n; i++)
        last = e->features.at[i] > last ? e->features.at[i] : last;
    head->n_features = (size_t)last + 1;
    head->n_scores = n_targets < 0 ? 0 : (size_t)n_targets;
    head->joint = joints[joint];
    head->function = functions[function];
    head->is_double = e->weights.is_double;
    // onnxruntime has no other function of one score
    if (head->n_scores == 1 && head->function != BL_NN_FOREST_PROBIT)
        head->function = BL_NN_FOREST_IDENTITY;
    return BL_OK;
}

static bl_status add_leaf(const ensemble *e, bl_nn_forest_builder *b, size_t at, bl_error *err) {
    if (at >= e->weights.n)
        return bl_error_set(err, BL_E_INVALID, "leaf %zu of %zu", at, e->weights.n);
    int64_t output = e->outputs.at[at];
    BL_TRY(bl_nn_forest_add_leaf(b, err));
    return bl_nn_forest_add_weight(b, output < 0 ? SIZE_MAX : (size_t)output, e->weights.at[at],
                                   err);
}

/// Its children are numbered `next` and `next` + 1.
static bl_status add_split(const ensemble *e, bl_nn_forest_builder *b, size_t at, size_t next,
                           bl_error *err) {
    static const bl_nn_comparison comparisons[] = {BL_NN_AT_MOST, BL_NN_LESS,  BL_NN_AT_LEAST,
                                                   BL_NN_MORE,    BL_NN_EQUAL, BL_NN_OTHER};
    if (at >= e->features.n || e->was_here[at])
        return bl_error_set(err, BL_E_INVALID, "node %zu is %s", at,
                            at < e->features.n ? "reached a second time" : "not there");
    e->was_here[at] = true;
    uint8_t mode = e->modes.data[at];
    if (mode >= sizeof comparisons / sizeof *comparisons)
        return bl_error_set(err, mode == 6 ? BL_E_UNSUPPORTED : BL_E_INVALID, "node %zu: mode %u%s",
                            at, mode, mode == 6 ? ", a set of values" : " is none");
    bool is_yes = comparisons[mode] == BL_NN_OTHER || (e->missing.n && e->missing.at[at] == 1);
    int64_t feature = e->features.at[at];
    return bl_nn_forest_add_split(b, feature < 0 ? SIZE_MAX : (size_t)feature, comparisons[mode],
                                  e->thresholds.at[at], is_yes, next, next + 1, err);
}

static waiting child(const bl_onnx_ints *is_leaf, const bl_onnx_ints *at, size_t i) {
    return (waiting){is_leaf->at[i] != 0, at->at[i] < 0 ? SIZE_MAX : (size_t)at->at[i]};
}

static bool is_one_leaf(const ensemble *e, size_t root) {
    return root < e->features.n && e->yes_is_leaf.at[root] && e->no_is_leaf.at[root] &&
           e->yes.at[root] == e->no.at[root];
}

/// \param queue [2 · splits + 1]
static bl_status add_tree(const ensemble *e, bl_nn_forest_builder *b, size_t root, waiting *queue,
                          bl_error *err) {
    size_t n = 0;
    BL_TRY(bl_nn_forest_add_tree(b, err));
    if (is_one_leaf(e, root))
        return add_leaf(e, b, child(&e->yes_is_leaf, &e->yes, root).at, err);
    queue[n++] = (waiting){false, root};
    for (size_t i = 0; i < n; i++) {
        waiting next = queue[i];
        if (next.is_leaf) {
            BL_TRY(add_leaf(e, b, next.at, err));
            continue;
        }
        BL_TRY(add_split(e, b, next.at, n, err));
        queue[n++] = child(&e->yes_is_leaf, &e->yes, next.at);
        queue[n++] = child(&e->no_is_leaf, &e->no, next.at);
    }
    return BL_OK;
}

static bl_status add_trees(bl_arena *arena, const ensemble *e, bl_nn_forest_builder *b,
                           bl_error *err) {
    size_t most = 2 * e->features.n + 1;
    waiting *queue = (waiting *)bl_arena_array(arena, most, sizeof *queue);
    if (!queue)
        return bl_error_nomem(err, most * sizeof *queue, "nodes");
    for (size_t t = 0; t < e->roots.n; t++) {
        int64_t root = e->roots.at[t];
        BL_TRY_IN(add_tree(e, b, root < 0 ? SIZE_MAX : (size_t)root, queue, err), err, "tree %zu",
                  t);
    }
    return BL_OK;
}

bl_status bl_onnx_read_ensemble(bl_arena *arena, const bl_onnx_node *node,
                                bl_nn_forest **ret_forest, bl_error *err) {
    ensemble e = {0};
    bl_nn_forest_head head = {0};
    bl_nn_forest_builder b;
    BL_TRY(read_arrays(arena, node, &e, err));
    BL_TRY(read_head(node, &e, &head, err));
    BL_TRY(bl_nn_forest_begin(&b, arena->context, &head, err));
    bl_status status = add_trees(arena, &e, &b, err);
    if (status == BL_OK)
        status = bl_nn_forest_finish(&b, ret_forest, err);
    bl_nn_forest_builder_release(&b);
    return status;
}
