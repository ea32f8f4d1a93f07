// SPDX-License-Identifier: Apache-2.0
// TreeEnsembleClassifier and TreeEnsembleRegressor as forests. Their nodes and weights are arrays
// in any order, each with the numbers of its tree and of its node in it.
#include "model/onnx/trees.h"

#include <stdlib.h>

#include "model/onnx/trees_private.h"

/// What stands where, in the order of trees and nodes.
typedef struct place {
    int64_t tree, node;
    size_t at; ///< in the attributes
} place;

typedef struct reader {
    bl_arena *arena;
    const bl_onnx_node *node;
    bl_error *err;
    bool is_classifier;
    size_t n_nodes, n_weights;
    bl_onnx_ints features, yes, no, missing, outputs;
    bl_onnx_numbers thresholds, weights, bases;
    const bl_bytes *modes;
    place *nodes;        ///< [n_nodes]
    place *leaf_weights; ///< [n_weights]
    bool *is_child;      ///< [n_nodes] in the order of `nodes`
    bl_nn_forest_head head;
} reader;

// ---- attributes ----

static int compare_places(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->tree != y->tree)
        return x->tree < y->tree ? -1 : 1;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/// \param ret_places [n] sorted, in the arena
static bl_status read_places(reader *r, const char *trees_name, const char *nodes_name,
                             size_t *ret_n, place **ret_places) {
    bl_onnx_ints trees, nodes;
    BL_TRY(bl_onnx_get_ints(r->node, trees_name, &trees, r->err));
    BL_TRY(bl_onnx_get_ints(r->node, nodes_name, &nodes, r->err));
    BL_TRY(bl_onnx_expect_n(nodes_name, nodes.n, trees.n, r->err));
    place *places = (place *)bl_arena_array(r->arena, trees.n + 1, sizeof *places);
    if (!places)
        return bl_error_nomem(r->err, trees.n * sizeof *places, "nodes");
    for (size_t i = 0; i < trees.n; i++)
        places[i] = (place){trees.at[i], nodes.at[i], i};
    if (trees.n)
        qsort(places, trees.n, sizeof *places, compare_places);
    *ret_n = trees.n;
    *ret_places = places;
    return BL_OK;
}

static bl_status get_node_ints(const reader *r, const char *name, bl_onnx_ints *ret_ints) {
    BL_TRY(bl_onnx_get_ints(r->node, name, ret_ints, r->err));
    return bl_onnx_expect_n(name, ret_ints->n, r->n_nodes, r->err);
}

static bl_status read_nodes(reader *r) {
    const bl_onnx_attribute *modes = bl_onnx_attribute_get(r->node, "nodes_modes");
    BL_TRY(read_places(r, "nodes_treeids", "nodes_nodeids", &r->n_nodes, &r->nodes));
    for (size_t i = 1; i < r->n_nodes; i++)
        if (r->nodes[i].tree == r->nodes[i - 1].tree && r->nodes[i].node == r->nodes[i - 1].node)
            return bl_error_set(r->err, BL_E_INVALID, "tree %lld: node %lld is there twice",
                                (long long)r->nodes[i].tree, (long long)r->nodes[i].node);
    BL_TRY(get_node_ints(r, "nodes_featureids", &r->features));
    BL_TRY(get_node_ints(r, "nodes_truenodeids", &r->yes));
    BL_TRY(get_node_ints(r, "nodes_falsenodeids", &r->no));
    BL_TRY(bl_onnx_get_ints(r->node, "nodes_missing_value_tracks_true", &r->missing, r->err));
    if (r->missing.n)
        BL_TRY(
            bl_onnx_expect_n("nodes_missing_value_tracks_true", r->missing.n, r->n_nodes, r->err));
    BL_TRY(bl_onnx_get_numbers(r->arena, r->node, "nodes_values", "nodes_values_as_tensor",
                               &r->thresholds, r->err));
    BL_TRY(bl_onnx_expect_n("nodes_values", r->thresholds.n, r->n_nodes, r->err));
    BL_TRY(bl_onnx_expect_n("nodes_modes", modes ? modes->strings.n : 0, r->n_nodes, r->err));
    r->modes = modes ? modes->strings.items : NULL;
    r->is_child = (bool *)bl_arena_array(r->arena, r->n_nodes + 1, sizeof *r->is_child);
    return r->is_child ? BL_OK : bl_error_nomem(r->err, r->n_nodes, "nodes");
}

static bl_status read_weights(reader *r) {
    bool is_class = r->is_classifier;
    const char *outputs = is_class ? "class_ids" : "target_ids";
    const char *weights = is_class ? "class_weights" : "target_weights";
    BL_TRY(read_places(r, is_class ? "class_treeids" : "target_treeids",
                       is_class ? "class_nodeids" : "target_nodeids", &r->n_weights,
                       &r->leaf_weights));
    BL_TRY(bl_onnx_get_ints(r->node, outputs, &r->outputs, r->err));
    BL_TRY(bl_onnx_expect_n(outputs, r->outputs.n, r->n_weights, r->err));
    BL_TRY(bl_onnx_get_numbers(r->arena, r->node, weights,
                               is_class ? "class_weights_as_tensor" : "target_weights_as_tensor",
                               &r->weights, r->err));
    BL_TRY(bl_onnx_expect_n(weights, r->weights.n, r->n_weights, r->err));
    return bl_onnx_get_numbers(r->arena, r->node, "base_values", "base_values_as_tensor", &r->bases,
                               r->err);
}

// ---- the head ----

static bool is_text(bl_bytes bytes, const char *text) {
    return bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
}

/// Which of some names an attribute has; `ret_which` stays without one.
static bl_status get_choice(const reader *r, const char *attribute, const char *const *names,
                            size_t n, size_t *ret_which) {
    const bl_onnx_attribute *a = bl_onnx_attribute_get(r->node, attribute);
    if (!a)
        return BL_OK;
    for (size_t i = 0; a->kind == BL_ONNX_ATTRIBUTE_STRING && i < n; i++)
        if (is_text(a->s, names[i])) {
            *ret_which = i;
            return BL_OK;
        }
    return bl_error_set(r->err, BL_E_INVALID, "attribute '%s' is none of those that there are",
                        attribute);
}

static bl_status read_function(const reader *r, bl_nn_forest_function *ret_function) {
    static const char *const names[] = {
        [BL_NN_FOREST_IDENTITY] = "NONE",     [BL_NN_FOREST_SOFTMAX] = "SOFTMAX",
        [BL_NN_FOREST_LOGISTIC] = "LOGISTIC", [BL_NN_FOREST_SOFTMAX_ZERO] = "SOFTMAX_ZERO",
        [BL_NN_FOREST_PROBIT] = "PROBIT",
    };
    size_t which = BL_NN_FOREST_IDENTITY;
    BL_TRY(get_choice(r, "post_transform", names, sizeof names / sizeof *names, &which));
    *ret_function = (bl_nn_forest_function)which;
    return BL_OK;
}

static bl_status read_regressor(reader *r) {
    static const char *const names[] = {
        [BL_NN_FOREST_SUM] = "SUM",
        [BL_NN_FOREST_MEAN] = "AVERAGE",
        [BL_NN_FOREST_LEAST] = "MIN",
        [BL_NN_FOREST_GREATEST] = "MAX",
    };
    size_t which = BL_NN_FOREST_SUM;
    int64_t n_targets = 1;
    BL_TRY(get_choice(r, "aggregate_function", names, sizeof names / sizeof *names, &which));
    BL_TRY(bl_onnx_get_int(r->node, "n_targets", &n_targets, r->err));
    r->head.joint = (bl_nn_forest_joint)which;
    r->head.n_scores = n_targets < 0 ? 0 : (size_t)n_targets;
    return BL_OK;
}

/// Two classes of which weights know one: a probability where no weight is below 0, else a margin.
static bl_status read_pair(reader *r) {
    bool is_positive = true;
    for (size_t i = 0; i < r->n_weights; i++)
        is_positive &= r->weights.at[i] >= 0;
    if (r->head.function == BL_NN_FOREST_PROBIT)
        return bl_error_set(r->err, BL_E_UNSUPPORTED, "PROBIT of two classes with one weight");
    r->head.n_scores = 1;
    bool is_logistic = r->head.function == BL_NN_FOREST_LOGISTIC;
    r->head.pair = is_positive && !is_logistic ? BL_NN_FOREST_COMPLEMENT : BL_NN_FOREST_OPPOSITE;
    r->head.function = is_logistic ? BL_NN_FOREST_LOGISTIC : BL_NN_FOREST_IDENTITY;
    return BL_OK;
}

static bl_status read_classifier(reader *r) {
    const bl_onnx_attribute *texts = bl_onnx_attribute_get(r->node, "classlabels_strings");
    bl_onnx_ints labels;
    BL_TRY(bl_onnx_get_ints(r->node, "classlabels_int64s", &labels, r->err));
    r->head.n_scores = labels.n ? labels.n : texts ? texts->strings.n : 0;
    bool is_first_alone = r->n_weights > 0;
    for (size_t i = 0; i < r->n_weights; i++)
        is_first_alone &= r->outputs.at[i] == 0;
    return r->head.n_scores == 2 && is_first_alone ? read_pair(r) : BL_OK;
}

static bl_status read_head(reader *r) {
    int64_t last = 0;
    BL_TRY(read_function(r, &r->head.function));
    BL_TRY(r->is_classifier ? read_classifier(r) : read_regressor(r));
    // onnxruntime has no other function of one score
    if (r->head.n_scores == 1 && r->head.pair == BL_NN_FOREST_NO_PAIR &&
        r->head.function != BL_NN_FOREST_PROBIT)
        r->head.function = BL_NN_FOREST_IDENTITY;
    if (r->bases.n && r->bases.n != r->head.n_scores)
        return bl_error_set(r->err, BL_E_UNSUPPORTED, "%zu base values of %zu scores", r->bases.n,
                            r->head.n_scores);
    for (size_t i = 0; i < r->n_nodes; i++)
        if (!is_text(r->modes[i], "LEAF") && r->features.at[i] > last)
            last = r->features.at[i];
    r->head.n_features = (size_t)last + 1;
    r->head.bases = r->bases.n ? r->bases.at : NULL;
    r->head.is_double = r->weights.is_double;
    return BL_OK;
}

// ---- trees ----

/// A tree: places [first, last) of `nodes`; its root comes first among the forest's nodes.
typedef struct span {
    size_t first, last, root;
} span;

/// The place of a node; SIZE_MAX: it is not there.
static size_t find_node(const reader *r, span tree, int64_t node) {
    size_t low = tree.first, high = tree.last;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->nodes[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < tree.last && r->nodes[low].node == node ? low : SIZE_MAX;
}

static size_t child_number(const reader *r, span tree, int64_t node) {
    size_t i = find_node(r, tree, node);
    if (i == SIZE_MAX)
        return SIZE_MAX;
    return i == tree.root ? 0 : i - tree.first + (i < tree.root);
}

static bool is_leaf(const reader *r, size_t i) { return is_text(r->modes[r->nodes[i].at], "LEAF"); }

/// The node that is nobody's child; where there is none, the first, which the builder refuses.
static size_t find_root(const reader *r, span tree) {
    for (size_t i = tree.first; i < tree.last; i++) {
        if (is_leaf(r, i))
            continue;
        const int64_t children[] = {r->yes.at[r->nodes[i].at], r->no.at[r->nodes[i].at]};
        for (int k = 0; k < 2; k++) {
            size_t child = find_node(r, tree, children[k]);
            if (child != SIZE_MAX)
                r->is_child[child] = true;
        }
    }
    for (size_t i = tree.first; i < tree.last; i++)
        if (!r->is_child[i])
            return i;
    return tree.first;
}

static bl_status read_mode(const reader *r, bl_bytes mode, bl_nn_comparison *ret_comparison) {
    static const char *const names[] = {
        [BL_NN_LESS] = "BRANCH_LT",  [BL_NN_AT_MOST] = "BRANCH_LEQ",
        [BL_NN_MORE] = "BRANCH_GT",  [BL_NN_AT_LEAST] = "BRANCH_GTE",
        [BL_NN_EQUAL] = "BRANCH_EQ", [BL_NN_OTHER] = "BRANCH_NEQ",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_text(mode, names[i])) {
            *ret_comparison = (bl_nn_comparison)i;
            return BL_OK;
        }
    return bl_error_set(r->err, BL_E_INVALID, "a mode of a node that is none");
}

/// The first weight of a leaf, or where it would stand.
static size_t find_weights(const reader *r, place leaf) {
    size_t low = 0, high = r->n_weights;
    leaf.at = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_places(&r->leaf_weights[middle], &leaf) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bl_status add_leaf(reader *r, bl_nn_forest_builder *b, place leaf) {
    BL_TRY(bl_nn_forest_add_leaf(b, r->err));
    for (size_t i = find_weights(r, leaf); i < r->n_weights; i++) {
        place weight = r->leaf_weights[i];
        if (weight.tree != leaf.tree || weight.node != leaf.node)
            break;
        int64_t output = r->outputs.at[weight.at];
        BL_TRY(bl_nn_forest_add_weight(b, output < 0 ? SIZE_MAX : (size_t)output,
                                       r->weights.at[weight.at], r->err));
    }
    return BL_OK;
}

static bl_status add_split(reader *r, bl_nn_forest_builder *b, span tree, size_t at) {
    bl_nn_comparison comparison;
    BL_TRY(read_mode(r, r->modes[at], &comparison));
    bool is_yes = comparison == BL_NN_OTHER || (r->missing.n && r->missing.at[at] == 1);
    int64_t feature = r->features.at[at];
    return bl_nn_forest_add_split(
        b, feature < 0 ? SIZE_MAX : (size_t)feature, comparison, r->thresholds.at[at], is_yes,
        child_number(r, tree, r->yes.at[at]), child_number(r, tree, r->no.at[at]), r->err);
}

static bl_status add_node(reader *r, bl_nn_forest_builder *b, span tree, size_t i) {
    return is_leaf(r, i) ? add_leaf(r, b, r->nodes[i]) : add_split(r, b, tree, r->nodes[i].at);
}

static bl_status add_trees(reader *r, bl_nn_forest_builder *b) {
    for (span tree = {0}; tree.first < r->n_nodes; tree.first = tree.last) {
        tree.last = tree.first;
        while (tree.last < r->n_nodes && r->nodes[tree.last].tree == r->nodes[tree.first].tree)
            tree.last++;
        tree.root = find_root(r, tree);
        BL_TRY(bl_nn_forest_add_tree(b, r->err));
        BL_TRY(add_node(r, b, tree, tree.root));
        for (size_t i = tree.first; i < tree.last; i++)
            if (i != tree.root)
                BL_TRY(add_node(r, b, tree, i));
    }
    if (b->forest->n_weights != r->n_weights)
        return bl_error_set(r->err, BL_E_INVALID, "%zu of %zu weights are of no leaf",
                            r->n_weights - b->forest->n_weights, r->n_weights);
    return BL_OK;
}

static bl_status read_forest(reader *r, bl_nn_forest **ret_forest) {
    bl_nn_forest_builder b;
    BL_TRY(read_nodes(r));
    BL_TRY(read_weights(r));
    BL_TRY(read_head(r));
    BL_TRY(bl_nn_forest_begin(&b, r->arena->context, &r->head, r->err));
    bl_status status = add_trees(r, &b);
    if (status == BL_OK)
        status = bl_nn_forest_finish(&b, ret_forest, r->err);
    bl_nn_forest_builder_release(&b);
    return status;
}

// ---- the operators ----

static bool is_operator(const bl_onnx_node *node, const char *name) {
    return node->domain && strcmp(node->domain, "ai.onnx.ml") == 0 && node->op_type &&
           strcmp(node->op_type, name) == 0;
}

bool bl_onnx_is_forest(const bl_onnx_node *node) {
    return is_operator(node, "TreeEnsembleClassifier") ||
           is_operator(node, "TreeEnsembleRegressor") || is_operator(node, "TreeEnsemble");
}

static bl_status read_operator(bl_arena *arena, const bl_onnx_node *node, bl_nn_forest **ret_forest,
                               bl_error *err) {
    reader r = {.arena = arena,
                .node = node,
                .err = err,
                .is_classifier = is_operator(node, "TreeEnsembleClassifier")};
    if (!bl_onnx_is_forest(node))
        return bl_error_set(err, BL_E_UNSUPPORTED, "no ensemble of trees");
    if (is_operator(node, "TreeEnsemble"))
        return bl_onnx_read_ensemble(arena, node, ret_forest, err);
    return read_forest(&r, ret_forest);
}

bl_status bl_onnx_forest_read(bl_context *context, const bl_onnx_node *node,
                              bl_nn_forest **ret_forest, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_status status = read_operator(&arena, node, ret_forest, err);
    bl_arena_release(&arena);
    if (status != BL_OK)
        return bl_error_in(err, status, "%s", node->op_type ? node->op_type : "a node");
    return BL_OK;
}
