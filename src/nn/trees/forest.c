// SPDX-License-Identifier: Apache-2.0
// Forests built and checked, and their trees laid out for walking.
#include "nn/trees/forest.h"

#include <math.h>

#include "nn/trees/walk.h"

void bl_nn_forest_free(bl_nn_forest *forest) {
    if (!forest)
        return;
    bl_context *context = forest->context;
    bl_free(context, (void *)(uintptr_t)forest->head.bases);
    bl_free(context, forest->firsts);
    bl_free(context, forest->nodes);
    bl_free(context, forest->weights);
    bl_free(context, forest->steps);
    bl_free(context, forest->splits);
    bl_free(context, forest->leaves);
    bl_free(context, forest);
}

void bl_nn_forest_builder_release(bl_nn_forest_builder *b) {
    bl_nn_forest_free(b->forest);
    *b = (bl_nn_forest_builder){0};
}

// ---- the head ----

static bl_status check_head(const bl_nn_forest_head *head, bl_error *err) {
    if (head->n_features == 0 || head->n_scores == 0)
        return bl_error_set(err, BL_E_INVALID, "a forest without %s",
                            head->n_features ? "outputs" : "features");
    if (head->n_features > BL_NN_FOREST_MOST_FEATURES)
        return bl_error_set(err, BL_E_LIMIT, "%zu features; a forest has %d at most",
                            head->n_features, BL_NN_FOREST_MOST_FEATURES);
    if (head->n_scores > BL_NN_FOREST_MOST_OUTPUTS)
        return bl_error_set(err, BL_E_LIMIT, "%zu outputs; a forest has %d at most", head->n_scores,
                            BL_NN_FOREST_MOST_OUTPUTS);
    if (head->pair != BL_NN_FOREST_NO_PAIR && head->n_scores != 1)
        return bl_error_set(err, BL_E_INVALID, "a pair is made of one score, not of %zu",
                            head->n_scores);
    if (head->begins_at_base && head->joint != BL_NN_FOREST_SUM)
        return bl_error_set(err, BL_E_INVALID, "only sums begin at their bases");
    for (size_t i = 0; head->bases && i < head->n_scores; i++)
        if (!isfinite(head->is_double ? head->bases[i] : (float)head->bases[i]))
            return bl_error_set(err, BL_E_INVALID, "base value %zu is no finite number", i);
    return BL_OK;
}

bl_status bl_nn_forest_begin(bl_nn_forest_builder *b, bl_context *context,
                             const bl_nn_forest_head *head, bl_error *err) {
    *b = (bl_nn_forest_builder){0};
    BL_TRY(check_head(head, err));
    BL_AUTO(bl_nn_forest) forest = (bl_nn_forest *)bl_alloc_zero(context, 1, sizeof *forest);
    if (!forest)
        return bl_error_nomem(err, sizeof *forest, "a forest");
    double *bases = (double *)bl_alloc_zero(context, head->n_scores, sizeof *bases);
    forest->context = context;
    forest->head = *head;
    forest->head.bases = bases;
    forest->n_outputs = head->pair == BL_NN_FOREST_NO_PAIR ? head->n_scores : 2;
    if (!bases)
        return bl_error_nomem(err, head->n_scores * sizeof *bases, "base values");
    for (size_t i = 0; head->bases && i < head->n_scores; i++)
        bases[i] = head->is_double ? head->bases[i] : (double)(float)head->bases[i];
    b->forest = BL_MOVE(forest);
    return BL_OK;
}

// ---- nodes ----

bl_status bl_nn_forest_add_tree(bl_nn_forest_builder *b, bl_error *err) {
    bl_nn_forest *f = b->forest;
    BL_TRY(bl_array_grow(f->context, (void *)&f->firsts, &b->trees_room, f->n_trees + 1,
                         sizeof *f->firsts, "trees", err));
    f->firsts[f->n_trees++] = (uint32_t)f->n_nodes;
    return BL_OK;
}

/// The number of the next node in its tree, for errors.
static size_t place(const bl_nn_forest *f) { return f->n_nodes - f->firsts[f->n_trees - 1]; }

static bl_status add_node(bl_nn_forest_builder *b, bl_nn_forest_node node, bl_error *err) {
    bl_nn_forest *f = b->forest;
    if (f->n_nodes == BL_NN_FOREST_MOST_NODES)
        return bl_error_set(err, BL_E_LIMIT, "more than %d nodes", BL_NN_FOREST_MOST_NODES);
    BL_TRY(bl_array_grow(f->context, (void *)&f->nodes, &b->nodes_room, f->n_nodes,
                         sizeof *f->nodes, "nodes", err));
    node.first_weight = (uint32_t)f->n_weights;
    f->nodes[f->n_nodes++] = node;
    return BL_OK;
}

/// A float32 with which every float32 compares as with `t`: rounded down where what is equal goes
/// with what is below, else up; what no float32 is equal to is NaN.
static float round_threshold(bl_nn_comparison comparison, double t) {
    float near = (float)t;
    if ((double)near == t)
        return near;
    if (comparison == BL_NN_EQUAL || comparison == BL_NN_OTHER)
        return NAN;
    bool is_down = comparison == BL_NN_AT_MOST || comparison == BL_NN_MORE;
    if (is_down)
        return (double)near > t ? nextafterf(near, -INFINITY) : near;
    return (double)near < t ? nextafterf(near, INFINITY) : near;
}

bl_status bl_nn_forest_add_split(bl_nn_forest_builder *b, size_t feature,
                                 bl_nn_comparison comparison, double threshold, bool missing_is_yes,
                                 size_t yes, size_t no, bl_error *err) {
    bl_nn_forest *f = b->forest;
    size_t tree = f->n_trees - 1;
    if (feature >= f->head.n_features)
        return bl_error_set(err, BL_E_RANGE, "tree %zu: node %zu: feature %zu of %zu", tree,
                            place(f), feature, f->head.n_features);
    if (isnan(threshold) && comparison != BL_NN_EQUAL && comparison != BL_NN_OTHER)
        return bl_error_set(err, BL_E_INVALID, "tree %zu: node %zu: the threshold is no number",
                            tree, place(f));
    if (yes >= BL_NN_FOREST_MOST_NODES || no >= BL_NN_FOREST_MOST_NODES ||
        (yes == BL_NN_FOREST_LEAF && no == BL_NN_FOREST_LEAF))
        return bl_error_set(err, BL_E_INVALID, "tree %zu: node %zu: children %zu and %zu", tree,
                            place(f), yes, no);
    return add_node(b,
                    (bl_nn_forest_node){.feature = (uint32_t)feature,
                                        .threshold = round_threshold(comparison, threshold),
                                        .yes = (uint32_t)yes,
                                        .no = (uint32_t)no,
                                        .comparison = (uint8_t)comparison,
                                        .missing_is_yes = missing_is_yes},
                    err);
}

bl_status bl_nn_forest_add_leaf(bl_nn_forest_builder *b, bl_error *err) {
    return add_node(b, (bl_nn_forest_node){0}, err);
}

bl_status bl_nn_forest_add_weight(bl_nn_forest_builder *b, size_t output, double value,
                                  bl_error *err) {
    bl_nn_forest *f = b->forest;
    size_t tree = f->n_trees - 1, node = place(f) - 1;
    double kept = f->head.is_double ? value : (double)(float)value;
    if (output >= f->head.n_scores)
        return bl_error_set(err, BL_E_RANGE, "tree %zu: node %zu: output %zu of %zu", tree, node,
                            output, f->head.n_scores);
    if (!isfinite(kept))
        return bl_error_set(err, BL_E_INVALID, "tree %zu: node %zu: a weight is no finite number",
                            tree, node);
    if (f->n_weights == BL_NN_FOREST_MOST_NODES)
        return bl_error_set(err, BL_E_LIMIT, "more than %d weights", BL_NN_FOREST_MOST_NODES);
    BL_TRY(bl_array_grow(f->context, (void *)&f->weights, &b->weights_room, f->n_weights,
                         sizeof *f->weights, "weights", err));
    bl_nn_forest_node *leaf = &f->nodes[f->n_nodes - 1];
    if (leaf->n_weights++)
        f->weights[f->n_weights - 1].is_last = false;
    f->weights[f->n_weights++] = (bl_nn_forest_weight){kept, (uint32_t)output, true};
    return BL_OK;
}

// ---- the layout ----

/// Room for laying out trees.
typedef struct layout {
    bl_nn_forest *forest;
    uint32_t *order; ///< [n_nodes] which node of its tree stands where
    bool *was_here;  ///< [n_nodes]
    size_t tree, n_nodes;
    size_t n_placed; ///< nodes of this tree
} layout;

static bl_status place_child(layout *l, size_t parent, size_t child, bl_error *err) {
    const char *what = child >= l->n_nodes  ? "is not there"
                       : l->was_here[child] ? "is reached a second time"
                                            : NULL;
    if (what)
        return bl_error_set(err, BL_E_INVALID, "tree %zu: node %zu: its child %zu %s", l->tree,
                            parent, child, what);
    l->was_here[child] = true;
    l->order[l->n_placed++] = (uint32_t)child;
    return BL_OK;
}

/// The child that stands first is where comparing for `order` says no.
static bl_nn_forest_step make_split(const bl_nn_forest_node *node, bool *ret_yes_is_first) {
    static const uint32_t tests[] = {
        [BL_NN_LESS] = BL_NN_STEP_AT_LEAST, [BL_NN_AT_LEAST] = BL_NN_STEP_AT_LEAST,
        [BL_NN_AT_MOST] = BL_NN_STEP_MORE,  [BL_NN_MORE] = BL_NN_STEP_MORE,
        [BL_NN_EQUAL] = BL_NN_STEP_EQUAL,   [BL_NN_OTHER] = BL_NN_STEP_EQUAL};
    bool yes_is_first = node->comparison == BL_NN_LESS || node->comparison == BL_NN_AT_MOST ||
                        node->comparison == BL_NN_OTHER;
    bool missing_is_second = node->missing_is_yes != yes_is_first;
    *ret_yes_is_first = yes_is_first;
    return (bl_nn_forest_step){
        .threshold = node->threshold,
        .feature = node->feature,
        .kind = tests[node->comparison] | (missing_is_second ? BL_NN_STEP_MISSING_IS_SECOND : 0U),
    };
}

/// Lays out one tree, breadth first, which proves that it is one.
static bl_status lay_tree(layout *l, bl_error *err) {
    bl_nn_forest *f = l->forest;
    const bl_nn_forest_node *nodes = f->nodes + f->firsts[l->tree];
    bl_nn_forest_step *steps = f->steps + f->firsts[l->tree];
    size_t depth = 0, level_end = 1;
    l->was_here[0] = true;
    l->order[0] = 0;
    l->n_placed = 1;
    for (size_t i = 0; i < l->n_placed; i++) {
        const bl_nn_forest_node *node = &nodes[l->order[i]];
        bool yes_is_first;
        if (i == level_end) {
            depth++;
            level_end = l->n_placed;
        }
        if (bl_nn_forest_is_leaf(node)) {
            steps[i] = (bl_nn_forest_step){.threshold = NAN,
                                           .kind = node->n_weights ? node->first_weight << 1
                                                                   : BL_NN_STEP_NO_WEIGHTS};
            continue;
        }
        steps[i] = make_split(node, &yes_is_first);
        steps[i].step = (uint32_t)(l->n_placed - i);
        BL_TRY(place_child(l, l->order[i], yes_is_first ? node->yes : node->no, err));
        BL_TRY(place_child(l, l->order[i], yes_is_first ? node->no : node->yes, err));
    }
    f->depth = depth > f->depth ? depth : f->depth;
    for (size_t i = 0; i < l->n_nodes; i++)
        if (!l->was_here[i])
            return bl_error_set(err, BL_E_INVALID, "tree %zu: node %zu is never reached", l->tree,
                                i);
    return BL_OK;
}

static bl_status lay_out(bl_nn_forest *f, uint32_t *order, bool *was_here, bl_error *err) {
    for (size_t t = 0; t < f->n_trees; t++) {
        layout l = {f, order, was_here + f->firsts[t], t, f->firsts[t + 1] - f->firsts[t], 0};
        if (l.n_nodes == 0)
            return bl_error_set(err, BL_E_INVALID, "tree %zu has no nodes", t);
        BL_TRY(lay_tree(&l, err));
    }
    return BL_OK;
}

//// What lets a forest be walked faster.
static void look(bl_nn_forest *f) {
    bool is_less = true, is_at_most = true;
    f->is_plain = f->head.n_scores == 1 &&
                  (f->head.joint == BL_NN_FOREST_SUM || f->head.joint == BL_NN_FOREST_MEAN);
    for (size_t i = 0; i < f->n_nodes; i++) {
        const bl_nn_forest_node *node = &f->nodes[i];
        if (bl_nn_forest_is_leaf(node)) {
            f->is_plain &= node->n_weights == 1;
            continue;
        }
        is_less &= node->comparison == BL_NN_LESS || node->comparison == BL_NN_AT_LEAST;
        is_at_most &= node->comparison == BL_NN_AT_MOST || node->comparison == BL_NN_MORE;
    }
    f->order = is_less      ? BL_NN_FOREST_ORDER_LESS
               : is_at_most ? BL_NN_FOREST_ORDER_AT_MOST
                            : BL_NN_FOREST_ORDER_MIXED;
}

bl_status bl_nn_forest_finish(bl_nn_forest_builder *b, bl_nn_forest **ret_forest, bl_error *err) {
    bl_nn_forest *f = b->forest;
    bl_context *context = f->context;
    size_t n = f->n_nodes ? f->n_nodes : 1;
    BL_TRY(bl_nn_forest_add_tree(b, err)); // the end of the last
    f->n_trees--;
    f->steps = (bl_nn_forest_step *)bl_alloc_zero(context, n, sizeof *f->steps);
    uint32_t *order = (uint32_t *)bl_alloc_zero(context, n, sizeof *order);
    bool *was_here = (bool *)bl_alloc_zero(context, n, sizeof *was_here);
    bl_status status = BL_E_NOMEM;
    if (f->steps && order && was_here)
        status = lay_out(f, order, was_here, err);
    else
        (void)bl_error_nomem(err, n * sizeof *f->steps, "trees");
    bl_free(context, order);
    bl_free(context, was_here);
    BL_TRY(status);
    look(f);
    BL_TRY(bl_nn_forest_lay_complete(f, err));
    *ret_forest = BL_MOVE(b->forest);
    return BL_OK;
}
