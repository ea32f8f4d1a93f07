// SPDX-License-Identifier: Apache-2.0
// XGBoost's models, JSON or UBJSON: boosters gbtree and dart. A tree is arrays over its nodes; a
// node without a left child is a leaf, and its value stands where others have their threshold.
// Sums are float32 and begin at base_score, which is kept as the objective's result and so taken
// back through its function.
#include <math.h>

#include "base/elementary.h"
#include "base/number_text.h"
#include "model/trees/private.h"

// ---- objectives ----

/// How base_score becomes the margin at which sums begin.
typedef enum margin { AS_IT_IS, LOGIT, LOGARITHM } margin;

typedef struct objective {
    const char *name;
    bl_nn_forest_function function;
    margin base;
} objective;

static const objective objectives[] = {
    {"binary:logistic", BL_NN_FOREST_LOGISTIC, LOGIT},
    {"binary:logitraw", BL_NN_FOREST_IDENTITY, AS_IT_IS},
    {"count:poisson", BL_NN_FOREST_EXP, LOGARITHM},
    {"multi:softmax", BL_NN_FOREST_SOFTMAX, AS_IT_IS},
    {"multi:softprob", BL_NN_FOREST_SOFTMAX, AS_IT_IS},
    {"rank:map", BL_NN_FOREST_IDENTITY, AS_IT_IS},
    {"rank:ndcg", BL_NN_FOREST_IDENTITY, AS_IT_IS},
    {"rank:pairwise", BL_NN_FOREST_IDENTITY, AS_IT_IS},
    {"reg:absoluteerror", BL_NN_FOREST_IDENTITY, AS_IT_IS},
    {"reg:gamma", BL_NN_FOREST_EXP, LOGARITHM},
    {"reg:linear", BL_NN_FOREST_IDENTITY, AS_IT_IS},
    {"reg:logistic", BL_NN_FOREST_LOGISTIC, LOGIT},
    {"reg:pseudohubererror", BL_NN_FOREST_IDENTITY, AS_IT_IS},
    {"reg:quantileerror", BL_NN_FOREST_IDENTITY, AS_IT_IS},
    {"reg:squarederror", BL_NN_FOREST_IDENTITY, AS_IT_IS},
    {"reg:squaredlogerror", BL_NN_FOREST_IDENTITY, AS_IT_IS},
    {"reg:tweedie", BL_NN_FOREST_EXP, LOGARITHM},
    {"survival:aft", BL_NN_FOREST_EXP, LOGARITHM},
    {"survival:cox", BL_NN_FOREST_EXP, LOGARITHM},
};

static bl_status find_objective(const char *name, const objective **ret_objective, bl_error *err) {
    for (size_t i = 0; i < sizeof objectives / sizeof *objectives; i++)
        if (strcmp(objectives[i].name, name) == 0) {
            *ret_objective = &objectives[i];
            return BL_OK;
        }
    return bl_error_set(err, BL_E_UNSUPPORTED, "objective '%s' is not known", name);
}

static float to_margin(float base, margin how) {
    if (how == LOGIT)
        return -(float)bl_ln((double)(1 / base - 1));
    return how == LOGARITHM ? (float)bl_ln((double)base) : base;
}

// ---- access ----

static bl_status get(const bl_item *map, const char *key, bl_item_kind kind,
                     const bl_item **ret_item, bl_error *err) {
    const bl_item *item = bl_item_get(map, key);
    if (!item)
        return bl_error_set(err, BL_E_INVALID, "'%s' is missing", key);
    BL_TRY(bl_item_expect(item, key, kind, err));
    *ret_item = item;
    return BL_OK;
}

static bl_status get_text(const bl_item *map, const char *key, const char **ret_text,
                          bl_error *err) {
    const bl_item *item = bl_item_get(map, key);
    if (!item || item->kind != BL_ITEM_TEXT)
        return bl_error_set(err, BL_E_INVALID, "'%s' is missing, or no text", key);
    *ret_text = item->text;
    return BL_OK;
}

/// Parameters are numbers in texts. One that is not there leaves the result as it was.
static bl_status get_count(const bl_item *map, const char *key, size_t *ret_n, bl_error *err) {
    const char *text = NULL, *end = NULL;
    if (!bl_item_get(map, key))
        return BL_OK;
    BL_TRY(get_text(map, key, &text, err));
    uint64_t n = bl_number_read_uint(text, text + strlen(text), &end);
    if (!end || *end || n > INT32_MAX)
        return bl_error_set(err, BL_E_INVALID, "'%s' is '%s'", key, text);
    *ret_n = (size_t)n;
    return BL_OK;
}

static bl_status get_list(const bl_item *map, const char *key, size_t n, const bl_item **ret_list,
                          bl_error *err) {
    BL_TRY(get(map, key, BL_ITEM_LIST, ret_list, err));
    if ((*ret_list)->n != n)
        return bl_error_set(err, BL_E_CORRUPT, "'%s' has %zu items, not %zu", key, (*ret_list)->n,
                            n);
    return BL_OK;
}

/// Numbers of a list whose items were checked by nobody: what is none is −1, which no caller takes
/// for an index.
static int64_t integer_at(const bl_item *list, size_t i) {
    const bl_item *item = list->items[i];
    return item->kind == BL_ITEM_INTEGER || item->kind == BL_ITEM_BOOL ? item->integer : -1;
}

static double number_at(const bl_item *list, size_t i) {
    const bl_item *item = list->items[i];
    bool is_number = item->kind == BL_ITEM_INTEGER || item->kind == BL_ITEM_FLOAT;
    return is_number ? item->number : (double)NAN;
}

// ---- trees ----

typedef struct tree {
    size_t n;
    const bl_item *left, *right, *features, *values, *default_left;
    bool *is_reached;  ///< [n] pruned nodes are not
    uint32_t *numbers; ///< [n] among those that are reached
    uint32_t *waiting; ///< [n]
} tree;

static bl_status open_tree(bl_arena *arena, const bl_item *item, tree *ret_tree, bl_error *err) {
    size_t n_vector = 1;
    const bl_item *parameters = bl_item_get(item, "tree_param"), *types = NULL;
    tree t = {0};
    BL_TRY(get_count(parameters, "size_leaf_vector", &n_vector, err));
    if (n_vector > 1)
        return bl_error_set(err, BL_E_UNSUPPORTED, "vectors in leaves");
    BL_TRY(get(item, "left_children", BL_ITEM_LIST, &t.left, err));
    t.n = t.left->n;
    BL_TRY(get_list(item, "right_children", t.n, &t.right, err));
    BL_TRY(get_list(item, "split_indices", t.n, &t.features, err));
    BL_TRY(get_list(item, "split_conditions", t.n, &t.values, err));
    BL_TRY(get_list(item, "default_left", t.n, &t.default_left, err));
    if (bl_item_get(item, "split_type"))
        BL_TRY(get_list(item, "split_type", t.n, &types, err));
    for (size_t i = 0; types && i < t.n; i++)
        if (integer_at(types, i) != 0)
            return bl_error_set(err, BL_E_UNSUPPORTED, "node %zu splits by categories", i);
    t.is_reached = (bool *)bl_arena_array(arena, t.n + 1, sizeof *t.is_reached);
    t.numbers = (uint32_t *)bl_arena_array(arena, t.n + 1, sizeof *t.numbers);
    t.waiting = (uint32_t *)bl_arena_array(arena, t.n + 1, sizeof *t.waiting);
    if (!t.is_reached || !t.numbers || !t.waiting)
        return bl_error_nomem(err, t.n, "a tree");
    *ret_tree = t;
    return BL_OK;
}

static bool is_leaf(const tree *t, size_t node) { return integer_at(t->left, node) == -1; }

/// Numbers the nodes that a row can reach. A node that is reached twice is refused by the builder.
static bl_status number_nodes(tree *t, bl_error *err) {
    uint32_t n_waiting = 0, number = 0;
    if (t->n == 0)
        return bl_error_set(err, BL_E_CORRUPT, "no nodes");
    t->waiting[n_waiting++] = 0;
    t->is_reached[0] = true;
    while (n_waiting) {
        uint32_t node = t->waiting[--n_waiting];
        if (is_leaf(t, node))
            continue;
        const int64_t children[] = {integer_at(t->left, node), integer_at(t->right, node)};
        for (int i = 0; i < 2; i++) {
            if (children[i] < 0 || (uint64_t)children[i] >= t->n)
                return bl_error_set(err, BL_E_CORRUPT, "node %u: child %lld of %zu nodes", node,
                                    (long long)children[i], t->n);
            if (t->is_reached[children[i]])
                continue;
            t->is_reached[children[i]] = true;
            t->waiting[n_waiting++] = (uint32_t)children[i];
        }
    }
    for (size_t i = 0; i < t->n; i++)
        t->numbers[i] = t->is_reached[i] ? number++ : 0;
    return BL_OK;
}

static bl_status add_node(bl_nn_forest_builder *b, const tree *t, size_t i, size_t output,
                          float scale, bl_error *err) {
    if (is_leaf(t, i)) {
        BL_TRY(bl_nn_forest_add_leaf(b, err));
        double value = (double)(scale * (float)number_at(t->values, i));
        return bl_nn_forest_add_weight(b, output, value, err);
    }
    int64_t feature = integer_at(t->features, i);
    return bl_nn_forest_add_split(
        b, feature < 0 ? SIZE_MAX : (size_t)feature, BL_NN_LESS,
        (double)(float)number_at(t->values, i), integer_at(t->default_left, i) == 1,
        t->numbers[integer_at(t->left, i)], t->numbers[integer_at(t->right, i)], err);
}

static bl_status add_tree(bl_nn_forest_builder *b, const bl_item *item, size_t output, float scale,
                          bl_error *err) {
    tree t;
    bl_arena work;
    bl_arena_init(&work, b->forest->context);
    bl_status status = open_tree(&work, item, &t, err);
    if (status == BL_OK)
        status = number_nodes(&t, err);
    if (status == BL_OK)
        status = bl_nn_forest_add_tree(b, err);
    for (size_t i = 0; status == BL_OK && i < t.n; i++)
        if (t.is_reached[i])
            status = add_node(b, &t, i, output, scale, err);
    bl_arena_release(&work);
    return status;
}

// ---- the whole ----

/// base_score: a number, since 3.1 a list of them in one text. \param bases [n] one stands for all
static bl_status read_bases(const char *text, margin how, size_t n, double *bases, bl_error *err) {
    const char *at = text, *end = text + strlen(text);
    size_t n_read = 0;
    bool is_list = *at == '[';
    at += is_list;
    for (bool is_more = true; is_more;) {
        const char *behind = NULL;
        float base = bl_number_read_float32(at, end, &behind);
        float value = to_margin(base, how);
        if (!behind || n_read == n || !isfinite(value))
            return bl_error_set(err, BL_E_INVALID, "base_score is '%.80s'", text);
        bases[n_read++] = (double)value;
        is_more = is_list && *behind == ',';
        at = behind + is_more;
    }
    if (strcmp(at, is_list ? "]" : "") != 0 || (n_read != 1 && n_read != n))
        return bl_error_set(err, BL_E_INVALID, "base_score is '%.80s'", text);
    for (; n_read < n; n_read++)
        bases[n_read] = bases[0];
    return BL_OK;
}

static bl_status add_trees(bl_nn_forest_builder *b, const bl_item *booster, bl_error *err) {
    const char *name = NULL;
    const bl_item *model = NULL, *trees = NULL, *outputs = NULL, *drops = NULL, *owner = booster;
    BL_TRY(get_text(booster, "name", &name, err));
    bool is_dart = strcmp(name, "dart") == 0;
    if (!is_dart && strcmp(name, "gbtree") != 0)
        return bl_error_set(err, BL_E_UNSUPPORTED, "booster '%s' is none of trees", name);
    if (is_dart)
        BL_TRY(get(booster, "gbtree", BL_ITEM_MAP, &owner, err));
    BL_TRY(get(owner, "model", BL_ITEM_MAP, &model, err));
    BL_TRY(get(model, "trees", BL_ITEM_LIST, &trees, err));
    BL_TRY(get_list(model, "tree_info", trees->n, &outputs, err));
    if (is_dart)
        BL_TRY(get_list(booster, "weight_drop", trees->n, &drops, err));
    for (size_t i = 0; i < trees->n; i++) {
        int64_t output = integer_at(outputs, i);
        float scale = drops ? (float)number_at(drops, i) : 1;
        BL_TRY_IN(add_tree(b, trees->items[i], output < 0 ? SIZE_MAX : (size_t)output, scale, err),
                  err, "tree %zu", i);
    }
    return BL_OK;
}

static bl_status build(bl_trees_model *model, const bl_item *learner, const bl_nn_forest_head *head,
                       bl_error *err) {
    const bl_item *booster = NULL;
    bl_nn_forest_builder b;
    BL_TRY(get(learner, "gradient_booster", BL_ITEM_MAP, &booster, err));
    BL_TRY(bl_nn_forest_begin(&b, model->arena.context, head, err));
    bl_status status = add_trees(&b, booster, err);
    if (status == BL_OK)
        status = bl_nn_forest_finish(&b, &model->forest, err);
    bl_nn_forest_builder_release(&b);
    return status;
}

static bl_status read_names(bl_trees_model *model, const bl_item *learner, size_t n_features,
                            bl_error *err) {
    const bl_item *names = bl_item_get(learner, "feature_names");
    if (!names || names->kind != BL_ITEM_LIST || names->n != n_features)
        return BL_OK;
    model->names = (const char **)bl_arena_array(&model->arena, names->n + 1, sizeof *model->names);
    if (!model->names)
        return bl_error_nomem(err, names->n * sizeof *model->names, "names of features");
    for (; model->n_names < names->n; model->n_names++) {
        const bl_item *name = names->items[model->n_names];
        const char *text = name->kind == BL_ITEM_TEXT ? name->text : "";
        model->names[model->n_names] = bl_arena_text(&model->arena, text, strlen(text));
        if (!model->names[model->n_names])
            return bl_error_nomem(err, strlen(text), "the name of a feature");
    }
    return BL_OK;
}

static bl_status read_version(bl_trees_model *model, const bl_item *document, bl_error *err) {
    const bl_item *version = bl_item_get(document, "version");
    if (!version || version->kind != BL_ITEM_LIST || version->n != 3)
        return BL_OK;
    model->version =
        bl_arena_printf(&model->arena, "%lld.%lld.%lld", (long long)integer_at(version, 0),
                        (long long)integer_at(version, 1), (long long)integer_at(version, 2));
    return model->version ? BL_OK : bl_error_nomem(err, 0, "a version");
}

static bl_status read_head(bl_trees_model *model, const bl_item *learner, bl_nn_forest_head *head,
                           bl_error *err) {
    const bl_item *parameters = NULL, *described = NULL;
    const objective *known = NULL;
    const char *name = NULL, *base = NULL;
    size_t n_classes = 0, n_targets = 1;
    BL_TRY(get(learner, "learner_model_param", BL_ITEM_MAP, &parameters, err));
    BL_TRY(get(learner, "objective", BL_ITEM_MAP, &described, err));
    BL_TRY(get_text(described, "name", &name, err));
    BL_TRY(find_objective(name, &known, err));
    BL_TRY(get_count(parameters, "num_feature", &head->n_features, err));
    BL_TRY(get_count(parameters, "num_class", &n_classes, err));
    BL_TRY(get_count(parameters, "num_target", &n_targets, err));
    BL_TRY(get_text(parameters, "base_score", &base, err));
    head->n_scores = n_classes > n_targets ? n_classes : n_targets;
    if (head->n_scores == 0 || head->n_scores > BL_NN_FOREST_MOST_OUTPUTS)
        return bl_error_set(err, BL_E_LIMIT, "%zu classes, %zu targets", n_classes, n_targets);
    double *bases = (double *)bl_arena_array(&model->arena, head->n_scores, sizeof *bases);
    if (!bases)
        return bl_error_nomem(err, head->n_scores * sizeof *bases, "base scores");
    head->bases = bases;
    head->function = known->function;
    head->begins_at_base = true;
    model->objective = known->name;
    return read_bases(base, known->base, head->n_scores, bases, err);
}

bl_status bl_trees_read_xgboost(bl_trees_model *model, const bl_item *document, bl_error *err) {
    const bl_item *learner = NULL;
    bl_nn_forest_head head = {0};
    BL_TRY(get(document, "learner", BL_ITEM_MAP, &learner, err));
    BL_TRY(read_version(model, document, err));
    BL_TRY(read_head(model, learner, &head, err));
    BL_TRY(read_names(model, learner, head.n_features, err));
    return build(model, learner, &head, err);
}
