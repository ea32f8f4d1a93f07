// SPDX-License-Identifier: Apache-2.0
// Forests as TreeEnsembleClassifier or TreeEnsembleRegressor, and functions that onnxruntime leaves
// out of one score (LOGISTIC) or that no ensemble has (EXP) as nodes behind.
#include "model/onnx/trees.h"

/// Arrays of attributes, filled in node by node.
typedef struct arrays {
    size_t n, n_weights;
    int64_t *trees, *nodes, *features, *yes, *no, *missing;
    float *thresholds;
    const char **modes;
    int64_t *weight_trees, *weight_nodes, *outputs;
    float *weights;
} arrays;

static bl_status make_arrays(bl_arena *arena, const bl_nn_forest *f, arrays *a, bl_error *err) {
    int64_t **const of_nodes[] = {&a->trees, &a->nodes, &a->features, &a->yes, &a->no, &a->missing};
    int64_t **const of_weights[] = {&a->weight_trees, &a->weight_nodes, &a->outputs};
    size_t n = f->n_nodes + 1, n_weights = f->n_weights + 1;
    bool is_made = true;
    for (size_t i = 0; i < sizeof of_nodes / sizeof *of_nodes; i++)
        is_made &= (*of_nodes[i] = (int64_t *)bl_arena_array(arena, n, sizeof(int64_t))) != NULL;
    for (size_t i = 0; i < sizeof of_weights / sizeof *of_weights; i++)
        is_made &=
            (*of_weights[i] = (int64_t *)bl_arena_array(arena, n_weights, sizeof(int64_t))) != NULL;
    a->thresholds = (float *)bl_arena_array(arena, n, sizeof *a->thresholds);
    a->modes = (const char **)bl_arena_array(arena, n, sizeof *a->modes);
    a->weights = (float *)bl_arena_array(arena, n_weights, sizeof *a->weights);
    return is_made && a->thresholds && a->modes && a->weights
               ? BL_OK
               : bl_error_nomem(err, n * sizeof(int64_t), "a model");
}

/// A split whose NaN goes to no by x != t is one by x == t with its children exchanged: to others
/// NaN is unequal.
static void put_split(arrays *a, const bl_nn_forest_node *node) {
    static const char *const modes[] = {
        [BL_NN_LESS] = "BRANCH_LT",  [BL_NN_AT_MOST] = "BRANCH_LEQ",
        [BL_NN_MORE] = "BRANCH_GT",  [BL_NN_AT_LEAST] = "BRANCH_GTE",
        [BL_NN_EQUAL] = "BRANCH_EQ", [BL_NN_OTHER] = "BRANCH_NEQ",
    };
    bool is_exchanged = node->comparison == BL_NN_OTHER && !node->missing_is_yes;
    a->features[a->n] = node->feature;
    a->thresholds[a->n] = node->threshold;
    a->modes[a->n] = modes[is_exchanged ? BL_NN_EQUAL : node->comparison];
    a->yes[a->n] = is_exchanged ? node->no : node->yes;
    a->no[a->n] = is_exchanged ? node->yes : node->no;
    a->missing[a->n] = is_exchanged || node->missing_is_yes;
}

static void put_leaf(arrays *a, const bl_nn_forest *f, size_t tree, size_t number,
                     const bl_nn_forest_node *node) {
    a->modes[a->n] = "LEAF";
    for (size_t i = 0; i < node->n_weights; i++, a->n_weights++) {
        const bl_nn_forest_weight *weight = &f->weights[node->first_weight + i];
        a->weight_trees[a->n_weights] = (int64_t)tree;
        a->weight_nodes[a->n_weights] = (int64_t)number;
        a->outputs[a->n_weights] = weight->output;
        a->weights[a->n_weights] = (float)weight->value;
    }
}

static void put_trees(arrays *a, const bl_nn_forest *f) {
    for (size_t t = 0; t < f->n_trees; t++)
        for (size_t i = f->firsts[t]; i < f->firsts[t + 1]; i++, a->n++) {
            const bl_nn_forest_node *node = &f->nodes[i];
            a->trees[a->n] = (int64_t)t;
            a->nodes[a->n] = (int64_t)(i - f->firsts[t]);
            if (bl_nn_forest_is_leaf(node))
                put_leaf(a, f, t, i - f->firsts[t], node);
            else
                put_split(a, node);
        }
}

static void add_arrays(bl_onnx_builder *b, bl_onnx_node *node, const arrays *a, bool is_class) {
    bl_onnx_add_ints(b, node, "nodes_treeids", a->n, a->trees);
    bl_onnx_add_ints(b, node, "nodes_nodeids", a->n, a->nodes);
    bl_onnx_add_ints(b, node, "nodes_featureids", a->n, a->features);
    bl_onnx_add_strings(b, node, "nodes_modes", a->n, a->modes);
    bl_onnx_add_floats(b, node, "nodes_values", a->n, a->thresholds);
    bl_onnx_add_ints(b, node, "nodes_truenodeids", a->n, a->yes);
    bl_onnx_add_ints(b, node, "nodes_falsenodeids", a->n, a->no);
    bl_onnx_add_ints(b, node, "nodes_missing_value_tracks_true", a->n, a->missing);
    bl_onnx_add_ints(b, node, is_class ? "class_treeids" : "target_treeids", a->n_weights,
                     a->weight_trees);
    bl_onnx_add_ints(b, node, is_class ? "class_nodeids" : "target_nodeids", a->n_weights,
                     a->weight_nodes);
    bl_onnx_add_ints(b, node, is_class ? "class_ids" : "target_ids", a->n_weights, a->outputs);
    bl_onnx_add_floats(b, node, is_class ? "class_weights" : "target_weights", a->n_weights,
                       a->weights);
}

// ---- what surrounds the trees ----

static bl_status check_pair(const bl_nn_forest *f, bl_error *err) {
    bool is_positive = true;
    for (size_t i = 0; i < f->n_weights; i++)
        is_positive &= f->weights[i].value >= 0;
    bool is_complement = f->head.pair == BL_NN_FOREST_COMPLEMENT;
    bool is_sayable = f->head.function == BL_NN_FOREST_LOGISTIC   ? !is_complement
                      : f->head.function == BL_NN_FOREST_IDENTITY ? is_complement == is_positive
                                                                  : false;
    if (!is_sayable || f->n_weights == 0 || f->head.joint != BL_NN_FOREST_SUM)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "ONNX's classifiers cannot say this pair of two classes");
    return BL_OK;
}

/// The operator that stands behind, of one score; NULL: none.
static const char *operator_behind(const bl_nn_forest *f) {
    if (f->head.function == BL_NN_FOREST_EXP)
        return "Exp";
    bool is_one = f->head.function == BL_NN_FOREST_LOGISTIC && f->n_outputs == 1;
    return is_one ? "Sigmoid" : NULL;
}

static void add_head(bl_onnx_builder *b, bl_onnx_node *node, const bl_nn_forest *f,
                     const float *bases) {
    static const char *const functions[] = {
        [BL_NN_FOREST_IDENTITY] = "NONE",     [BL_NN_FOREST_SOFTMAX] = "SOFTMAX",
        [BL_NN_FOREST_LOGISTIC] = "LOGISTIC", [BL_NN_FOREST_SOFTMAX_ZERO] = "SOFTMAX_ZERO",
        [BL_NN_FOREST_PROBIT] = "PROBIT",
    };
    static const char *const joints[] = {
        [BL_NN_FOREST_SUM] = "SUM",
        [BL_NN_FOREST_MEAN] = "AVERAGE",
        [BL_NN_FOREST_LEAST] = "MIN",
        [BL_NN_FOREST_GREATEST] = "MAX",
    };
    static const int64_t labels[] = {0, 1};
    bl_onnx_add_string(b, node, "post_transform",
                       operator_behind(f) ? "NONE" : functions[f->head.function]);
    bl_onnx_add_floats(b, node, "base_values", f->head.n_scores, bases);
    if (f->head.pair != BL_NN_FOREST_NO_PAIR) {
        bl_onnx_add_ints(b, node, "classlabels_int64s", 2, labels);
        return;
    }
    bl_onnx_add_string(b, node, "aggregate_function", joints[f->head.joint]);
    bl_onnx_add_int(b, node, "n_targets", (int64_t)f->head.n_scores);
}

static bl_status add_nodes(bl_onnx_builder *b, const bl_nn_forest *f, const arrays *a,
                           const float *bases, const char *input, const char *output,
                           bl_error *err) {
    bool is_class = f->head.pair != BL_NN_FOREST_NO_PAIR;
    const char *behind = operator_behind(f);
    const char *scores = behind ? bl_arena_printf(b->arena, "%s_scores", output) : output;
    const char *label = bl_arena_printf(b->arena, "%s_label", output);
    if (!scores || !label)
        return bl_error_nomem(err, 0, "names");
    const char *outputs[] = {label, scores};
    bl_onnx_node *node =
        bl_onnx_add_node(b, is_class ? "TreeEnsembleClassifier" : "TreeEnsembleRegressor",
                         "ai.onnx.ml", 1, &input, is_class ? 2 : 1, outputs + !is_class);
    add_head(b, node, f, bases);
    add_arrays(b, node, a, is_class);
    if (behind)
        bl_onnx_add_node(b, behind, NULL, 1, &scores, 1, &output);
    return b->failed ? bl_error_nomem(err, 0, "a model") : BL_OK;
}

bl_status bl_onnx_add_forest(bl_onnx_builder *b, const bl_nn_forest *f, const char *input,
                             const char *output, bl_error *err) {
    arrays a = {0};
    bool is_softmax =
        f->head.function == BL_NN_FOREST_SOFTMAX || f->head.function == BL_NN_FOREST_SOFTMAX_ZERO;
    if (is_softmax && f->head.n_scores == 1)
        return bl_error_set(err, BL_E_UNSUPPORTED, "softmax of one score");
    if (f->head.pair != BL_NN_FOREST_NO_PAIR)
        BL_TRY(check_pair(f, err));
    float *bases = (float *)bl_arena_array(b->arena, f->head.n_scores, sizeof *bases);
    if (!bases)
        return bl_error_nomem(err, f->head.n_scores * sizeof *bases, "base values");
    for (size_t i = 0; i < f->head.n_scores; i++)
        bases[i] = (float)f->head.bases[i];
    BL_TRY(make_arrays(b->arena, f, &a, err));
    put_trees(&a, f);
    return add_nodes(b, f, &a, bases, input, output, err);
}
