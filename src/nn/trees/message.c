// SPDX-License-Identifier: Apache-2.0
// Forests as messages. Names and numbers are those of schemas/forest.proto.
#include "nn/trees/message.h"

#include "base/message.h"

typedef BL_MESSAGE_LIST(uint64_t) whole_numbers;

typedef struct message {
    bl_message head;
    uint64_t n_features, n_scores;
    int32_t joint, pair, function, is_double, begins_at_base;
    BL_MESSAGE_LIST(double) bases;
    whole_numbers tree_sizes;
    BL_MESSAGE_LIST(int32_t) kinds;
    whole_numbers features;
    BL_MESSAGE_LIST(float) thresholds;
    whole_numbers yes, no, weight_counts, outputs;
    BL_MESSAGE_LIST(double) weights;
} message;

enum { LAST_SINGLE = 7, LEAF_KIND = 0 };

#define FIELD(number, kind, rule, name) \
    { number, BL_MESSAGE_##kind, BL_MESSAGE_##rule, #name, offsetof(message, name), NULL }

static const bl_message_field fields[] = {
    FIELD(1, UINT64, ONE, n_features),
    FIELD(2, UINT64, ONE, n_scores),
    FIELD(3, INT32, ONE, joint),
    FIELD(4, INT32, ONE, pair),
    FIELD(5, INT32, ONE, function),
    FIELD(6, INT32, ONE, is_double),
    FIELD(7, INT32, ONE, begins_at_base),
    FIELD(8, DOUBLE, PACKED, bases),
    FIELD(9, UINT64, PACKED, tree_sizes),
    FIELD(10, INT32, PACKED, kinds),
    FIELD(11, UINT64, PACKED, features),
    FIELD(12, FLOAT, PACKED, thresholds),
    FIELD(13, UINT64, PACKED, yes),
    FIELD(14, UINT64, PACKED, no),
    FIELD(15, UINT64, PACKED, weight_counts),
    FIELD(16, UINT64, PACKED, outputs),
    FIELD(17, DOUBLE, PACKED, weights),
};
static const bl_message_type forest_message = {"a forest", sizeof(message),
                                               sizeof fields / sizeof *fields, fields};

// ---- writing ----

/// Lists as long as they can become.
static bl_status make_lists(bl_arena *arena, const bl_nn_forest *f, message *m, bl_error *err) {
    size_t n = f->n_nodes + 1;
    m->bases.items = (double *)bl_arena_array(arena, f->head.n_scores, sizeof(double));
    m->tree_sizes.items = (uint64_t *)bl_arena_array(arena, f->n_trees + 1, sizeof(uint64_t));
    m->kinds.items = (int32_t *)bl_arena_array(arena, n, sizeof(int32_t));
    m->features.items = (uint64_t *)bl_arena_array(arena, n, sizeof(uint64_t));
    m->thresholds.items = (float *)bl_arena_array(arena, n, sizeof(float));
    m->yes.items = (uint64_t *)bl_arena_array(arena, n, sizeof(uint64_t));
    m->no.items = (uint64_t *)bl_arena_array(arena, n, sizeof(uint64_t));
    m->weight_counts.items = (uint64_t *)bl_arena_array(arena, n, sizeof(uint64_t));
    m->outputs.items = (uint64_t *)bl_arena_array(arena, f->n_weights + 1, sizeof(uint64_t));
    m->weights.items = (double *)bl_arena_array(arena, f->n_weights + 1, sizeof(double));
    bool is_made = m->bases.items && m->tree_sizes.items && m->kinds.items && m->features.items &&
                   m->thresholds.items && m->yes.items && m->no.items && m->weight_counts.items &&
                   m->outputs.items && m->weights.items;
    return is_made ? BL_OK : bl_error_nomem(err, n * sizeof(uint64_t), "a forest's message");
}

static void put_node(message *m, const bl_nn_forest_node *node) {
    if (bl_nn_forest_is_leaf(node)) {
        m->kinds.items[m->kinds.n++] = LEAF_KIND;
        m->weight_counts.items[m->weight_counts.n++] = node->n_weights;
        return;
    }
    m->kinds.items[m->kinds.n++] = 1 + 2 * node->comparison + node->missing_is_yes;
    m->features.items[m->features.n++] = node->feature;
    m->thresholds.items[m->thresholds.n++] = node->threshold;
    m->yes.items[m->yes.n++] = node->yes;
    m->no.items[m->no.n++] = node->no;
}

static void put_forest(message *m, const bl_nn_forest *f) {
    for (size_t i = 0; i < f->head.n_scores; i++)
        m->bases.items[m->bases.n++] = f->head.bases[i];
    for (size_t t = 0; t < f->n_trees; t++)
        m->tree_sizes.items[m->tree_sizes.n++] = f->firsts[t + 1] - f->firsts[t];
    for (size_t i = 0; i < f->n_nodes; i++)
        put_node(m, &f->nodes[i]);
    for (size_t i = 0; i < f->n_weights; i++) { // leaf by leaf, as they were added
        m->outputs.items[m->outputs.n++] = f->weights[i].output;
        m->weights.items[m->weights.n++] = f->weights[i].value;
    }
}

bl_status bl_nn_forest_encode(const bl_nn_forest *f, bl_buffer **ret_buffer, bl_error *err) {
    const bl_nn_forest_head *head = &f->head;
    message m = {.head.has = (2U << LAST_SINGLE) - 2,
                 .n_features = head->n_features,
                 .n_scores = head->n_scores,
                 .joint = (int32_t)head->joint,
                 .pair = (int32_t)head->pair,
                 .function = (int32_t)head->function,
                 .is_double = head->is_double,
                 .begins_at_base = head->begins_at_base};
    bl_arena arena;
    bl_arena_init(&arena, f->context);
    bl_status status = make_lists(&arena, f, &m, err);
    if (status == BL_OK) {
        put_forest(&m, f);
        status = bl_message_encode(f->context, &forest_message, &m, ret_buffer, err);
    }
    bl_arena_release(&arena);
    return status;
}

// ---- reading ----

/// Where reading a message is: splits, leaves and weights before this node.
typedef struct position {
    size_t node, split, leaf, weight;
} position;

static bl_status check_enums(const message *m, bl_error *err) {
    const struct {
        const char *name;
        int32_t value, n;
    } enums[] = {{"joint", m->joint, BL_NN_FOREST_N_JOINTS},
                 {"pair", m->pair, BL_NN_FOREST_N_PAIRS},
                 {"function", m->function, BL_NN_FOREST_N_FUNCTIONS},
                 {"is_double", m->is_double, 2},
                 {"begins_at_base", m->begins_at_base, 2}};
    for (size_t i = 0; i < sizeof enums / sizeof *enums; i++)
        if (enums[i].value < 0 || enums[i].value >= enums[i].n)
            return bl_error_set(err, BL_E_CORRUPT, "%s is %d", enums[i].name, enums[i].value);
    return BL_OK;
}

/// Lists that belong together are of one length.
static bl_status check_lists(const message *m, bl_error *err) {
    size_t n_leaves = 0, n_splits = m->features.n;
    for (size_t i = 0; i < m->kinds.n; i++) {
        if (m->kinds.items[i] < 0 || m->kinds.items[i] > 2 * BL_NN_N_COMPARISONS)
            return bl_error_set(err, BL_E_CORRUPT, "node %zu is of kind %d", i, m->kinds.items[i]);
        n_leaves += m->kinds.items[i] == LEAF_KIND;
    }
    const char *what = m->weight_counts.n != n_leaves                ? "leaves"
                       : m->kinds.n - n_leaves != n_splits           ? "splits"
                       : m->thresholds.n != n_splits                 ? "thresholds"
                       : m->yes.n != n_splits || m->no.n != n_splits ? "children"
                       : m->outputs.n != m->weights.n                ? "weights"
                                                                     : NULL;
    bool has_bases = m->bases.n == 0 || m->bases.n == m->n_scores;
    if (what || !has_bases)
        return bl_error_set(err, BL_E_CORRUPT, "its lists of %s are not as long as they should be",
                            what ? what : "bases");
    return BL_OK;
}

static bl_status add_leaf(const message *m, bl_nn_forest_builder *b, position *at, bl_error *err) {
    uint64_t n = m->weight_counts.items[at->leaf++];
    if (n > m->weights.n - at->weight)
        return bl_error_set(err, BL_E_CORRUPT, "node %zu has more weights than there are",
                            at->node);
    BL_TRY(bl_nn_forest_add_leaf(b, err));
    for (; n; n--, at->weight++)
        BL_TRY(bl_nn_forest_add_weight(b, m->outputs.items[at->weight],
                                       m->weights.items[at->weight], err));
    return BL_OK;
}

static bl_status add_node(const message *m, bl_nn_forest_builder *b, position *at, bl_error *err) {
    int32_t kind = m->kinds.items[at->node] - 1;
    if (kind + 1 == LEAF_KIND)
        return add_leaf(m, b, at, err);
    size_t i = at->split++;
    return bl_nn_forest_add_split(b, m->features.items[i], (bl_nn_comparison)(kind / 2),
                                  (double)m->thresholds.items[i], kind % 2, m->yes.items[i],
                                  m->no.items[i], err);
}

static bl_status add_trees(const message *m, bl_nn_forest_builder *b, bl_error *err) {
    position at = {0};
    for (size_t t = 0; t < m->tree_sizes.n; t++) {
        uint64_t n = m->tree_sizes.items[t];
        if (n > m->kinds.n - at.node)
            return bl_error_set(err, BL_E_CORRUPT, "tree %zu has more nodes than there are", t);
        BL_TRY(bl_nn_forest_add_tree(b, err));
        for (; n; n--, at.node++)
            BL_TRY(add_node(m, b, &at, err));
    }
    if (at.node < m->kinds.n || at.weight < m->weights.n)
        return bl_error_set(err, BL_E_CORRUPT, "%s that are of no %s",
                            at.node < m->kinds.n ? "nodes" : "weights",
                            at.node < m->kinds.n ? "tree" : "leaf");
    return BL_OK;
}

static bl_status build(bl_context *context, const message *m, bl_nn_forest **ret_forest,
                       bl_error *err) {
    bl_nn_forest_builder b;
    BL_TRY(check_enums(m, err));
    BL_TRY(check_lists(m, err));
    const bl_nn_forest_head head = {.n_features = m->n_features,
                                    .n_scores = m->n_scores,
                                    .joint = (bl_nn_forest_joint)m->joint,
                                    .pair = (bl_nn_forest_pair)m->pair,
                                    .function = (bl_nn_forest_function)m->function,
                                    .is_double = m->is_double,
                                    .begins_at_base = m->begins_at_base,
                                    .bases = m->bases.n ? m->bases.items : NULL};
    BL_TRY(bl_nn_forest_begin(&b, context, &head, err));
    bl_status status = add_trees(m, &b, err);
    if (status == BL_OK)
        status = bl_nn_forest_finish(&b, ret_forest, err);
    bl_nn_forest_builder_release(&b);
    return status;
}

bl_status bl_nn_forest_decode(bl_context *context, const void *data, size_t size,
                              bl_nn_forest **ret_forest, bl_error *err) {
    bl_arena arena;
    message m = {0};
    bl_arena_init(&arena, context);
    bl_status status = bl_message_decode(&arena, &forest_message, data, size, &m, err);
    if (status == BL_OK)
        status = build(context, &m, ret_forest, err);
    bl_arena_release(&arena);
    return status == BL_OK ? BL_OK : bl_error_in(err, status, "forest");
}
