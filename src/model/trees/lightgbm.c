// SPDX-License-Identifier: Apache-2.0
// LightGBM's models: lines of key=value, first of the whole, then of each tree. Splits are numbered
// from 0, leaves from −1 down. Sums are doubles.
//
// What is missing follows decision_type: where a split says that NaN is missing, it has a way of
// its own, else it counts as 0.
#include <math.h>

#include "base/number_text.h"
#include "model/trees/private.h"

/// decision_type: a bit for categories, one for the way of what is missing, two for what is.
enum { IS_CATEGORY = 1, MISSING_LEFT = 2, MISSING_SHIFT = 2, MISSING_MASK = 3 };
enum { MISSING_NONE, MISSING_ZERO, MISSING_NAN };

/// What LightGBM calls zero: numbers up to this size.
static const double near_zero = 1e-35F;

// ---- lines ----

typedef struct span {
    const char *at, *end;
} span;

static span take_line(span *text) {
    const char *end =
        text->at == text->end ? NULL : memchr(text->at, '\n', (size_t)(text->end - text->at));
    span line = {text->at, end ? end : text->end};
    text->at = end ? end + 1 : text->end;
    if (line.end > line.at && line.end[-1] == '\r')
        line.end--;
    return line;
}

/// True of the line of a key; \param ret_value what stands behind the "="
static bool has_key(span line, const char *key, span *ret_value) {
    size_t n = strlen(key);
    if ((size_t)(line.end - line.at) <= n || memcmp(line.at, key, n) != 0 || line.at[n] != '=')
        return false;
    *ret_value = (span){line.at + n + 1, line.end};
    return true;
}

static bool is_line(span line, const char *text) {
    size_t n = strlen(text);
    return (size_t)(line.end - line.at) == n && memcmp(line.at, text, n) == 0;
}

/// The next word of a line, empty at its end.
static span take_word(span *line) {
    while (line->at < line->end && *line->at == ' ')
        line->at++;
    span word = {line->at, line->at};
    while (word.end < line->end && *word.end != ' ')
        word.end++;
    line->at = word.end;
    return word;
}

/// A line of keys that are looked for, with what they had.
typedef struct field {
    const char *key;
    span value;
    bool is_there;
} field;

static void look_for(field *fields, size_t n, span line) {
    for (size_t i = 0; i < n; i++)
        if (!fields[i].is_there && has_key(line, fields[i].key, &fields[i].value))
            fields[i].is_there = true;
}

/// A field of one integer; not there, it leaves the result as it was.
static bl_status read_count(const field *f, size_t most, size_t *ret_n, bl_error *err) {
    const char *end = NULL;
    if (!f->is_there)
        return BL_OK;
    uint64_t n = bl_number_read_uint(f->value.at, f->value.end, &end);
    if (end != f->value.end || n > most)
        return bl_error_set(
            err, BL_E_INVALID, "%s is '%.*s'", f->key,
            (int)(f->value.end - f->value.at > 40 ? 40 : f->value.end - f->value.at), f->value.at);
    *ret_n = (size_t)n;
    return BL_OK;
}

/// A number as C++ prints it, infinite ones too. \return false where it is none
static bool read_number(span word, double *ret_number) {
    const char *end = NULL;
    if (is_line(word, "inf") || is_line(word, "-inf")) {
        *ret_number = *word.at == '-' ? -INFINITY : INFINITY;
        return true;
    }
    *ret_number = bl_number_read_float64(word.at, word.end, &end);
    return end == word.end && word.at < word.end;
}

/// A field of n numbers. \param ret_numbers [n] in the arena
static bl_status read_numbers(bl_arena *arena, const field *f, size_t n, double **ret_numbers,
                              bl_error *err) {
    span left = f->value;
    if (!f->is_there)
        return bl_error_set(err, BL_E_CORRUPT, "%s is missing", f->key);
    if (n > (size_t)(left.end - left.at))
        return bl_error_set(err, BL_E_CORRUPT, "%s: fewer than %zu numbers", f->key, n);
    double *numbers = (double *)bl_arena_array(arena, n + 1, sizeof *numbers);
    if (!numbers)
        return bl_error_nomem(err, n * sizeof *numbers, f->key);
    for (size_t i = 0; i < n; i++) {
        if (!read_number(take_word(&left), &numbers[i]))
            return bl_error_set(err, BL_E_CORRUPT, "%s: number %zu of %zu is none", f->key, i, n);
    }
    if (take_word(&left).at != left.end)
        return bl_error_set(err, BL_E_CORRUPT, "%s: more than %zu numbers", f->key, n);
    *ret_numbers = numbers;
    return BL_OK;
}

// ---- objectives ----

typedef struct objective {
    const char *name;
    bl_nn_forest_function function;
} objective;

static const objective objectives[] = {
    {"binary", BL_NN_FOREST_LOGISTIC},
    {"cross_entropy", BL_NN_FOREST_LOGISTIC},
    {"custom", BL_NN_FOREST_IDENTITY},
    {"fair", BL_NN_FOREST_IDENTITY},
    {"gamma", BL_NN_FOREST_EXP},
    {"huber", BL_NN_FOREST_IDENTITY},
    {"lambdarank", BL_NN_FOREST_IDENTITY},
    {"mape", BL_NN_FOREST_IDENTITY},
    {"multiclass", BL_NN_FOREST_SOFTMAX},
    {"multiclassova", BL_NN_FOREST_LOGISTIC},
    {"poisson", BL_NN_FOREST_EXP},
    {"quantile", BL_NN_FOREST_IDENTITY},
    {"rank_xendcg", BL_NN_FOREST_IDENTITY},
    {"regression", BL_NN_FOREST_IDENTITY},
    {"regression_l1", BL_NN_FOREST_IDENTITY},
    {"tweedie", BL_NN_FOREST_EXP},
};

/// Words behind an objective: "sigmoid:2" is a factor of the margin; "num_class:3" is told twice;
/// numbers without a name are of the training.
static bl_status read_options(span line, double *ret_scale, bl_error *err) {
    static const char sigmoid[] = "sigmoid:";
    for (span word = take_word(&line); word.at < word.end; word = take_word(&line)) {
        if (is_line(word, "sqrt"))
            return bl_error_set(err, BL_E_UNSUPPORTED, "the objective's option 'sqrt'");
        size_t n = sizeof sigmoid - 1;
        if ((size_t)(word.end - word.at) <= n || memcmp(word.at, sigmoid, n) != 0)
            continue;
        const char *end = NULL;
        *ret_scale = bl_number_read_float64(word.at + n, word.end, &end);
        if (end != word.end || !isfinite(*ret_scale))
            return bl_error_set(err, BL_E_INVALID, "the objective's option 'sigmoid'");
    }
    return BL_OK;
}

static bl_status read_objective(bl_trees_model *model, const field *f, bl_nn_forest_head *head,
                                double *ret_scale, bl_error *err) {
    static const char none[] = "custom";
    span line = f->is_there ? f->value : (span){none, none + sizeof none - 1};
    span name = take_word(&line);
    for (size_t i = 0; i < sizeof objectives / sizeof *objectives; i++)
        if (is_line(name, objectives[i].name)) {
            model->objective = objectives[i].name;
            head->function = objectives[i].function;
            return read_options(line, ret_scale, err);
        }
    return bl_error_set(err, BL_E_UNSUPPORTED, "objective '%.*s' is not known",
                        (int)(name.end - name.at > 40 ? 40 : name.end - name.at), name.at);
}

// ---- trees ----

enum {
    NUM_LEAVES,
    NUM_CAT,
    SPLIT_FEATURE,
    THRESHOLD,
    DECISION_TYPE,
    LEFT_CHILD,
    RIGHT_CHILD,
    LEAF_VALUE,
    IS_LINEAR,
    N_TREE_FIELDS
};

typedef struct tree {
    size_t n_leaves, n_splits;
    double *features, *thresholds, *types, *left, *right, *leaves; ///< in an arena
} tree;

static bl_status read_arrays(bl_arena *arena, const field *fields, tree *t, bl_error *err) {
    size_t n_categories = 0, is_linear = 0;
    BL_TRY(read_count(&fields[NUM_LEAVES], BL_NN_FOREST_MOST_NODES / 2, &t->n_leaves, err));
    BL_TRY(read_count(&fields[NUM_CAT], INT32_MAX, &n_categories, err));
    BL_TRY(read_count(&fields[IS_LINEAR], 1, &is_linear, err));
    if (n_categories || is_linear)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s",
                            is_linear ? "linear leaves" : "splits by categories");
    if (t->n_leaves == 0)
        return bl_error_set(err, BL_E_CORRUPT, "num_leaves is missing, or 0");
    t->n_splits = t->n_leaves - 1;
    BL_TRY(read_numbers(arena, &fields[LEAF_VALUE], t->n_leaves, &t->leaves, err));
    if (t->n_splits == 0)
        return BL_OK;
    BL_TRY(read_numbers(arena, &fields[SPLIT_FEATURE], t->n_splits, &t->features, err));
    BL_TRY(read_numbers(arena, &fields[THRESHOLD], t->n_splits, &t->thresholds, err));
    BL_TRY(read_numbers(arena, &fields[DECISION_TYPE], t->n_splits, &t->types, err));
    BL_TRY(read_numbers(arena, &fields[LEFT_CHILD], t->n_splits, &t->left, err));
    return read_numbers(arena, &fields[RIGHT_CHILD], t->n_splits, &t->right, err);
}

/// Splits come first, leaves behind them; what is no node is past all of them.
static size_t child_number(const tree *t, double child) {
    size_t n = t->n_splits + t->n_leaves;
    if (child >= 0)
        return child < (double)t->n_splits ? (size_t)child : n;
    return child >= -(double)t->n_leaves ? t->n_splits + (size_t)(-child - 1) : n;
}

static bl_status add_split(bl_nn_forest_builder *b, const tree *t, size_t i, bl_error *err) {
    double threshold = t->thresholds[i], feature = t->features[i];
    if (!(t->types[i] >= 0 && t->types[i] < 16))
        return bl_error_set(err, BL_E_CORRUPT, "split %zu: decision_type %g", i, t->types[i]);
    unsigned type = (unsigned)t->types[i], missing = type >> MISSING_SHIFT & MISSING_MASK;
    bool goes_left = type & MISSING_LEFT, zero_is_left = 0 <= threshold;
    if (type & IS_CATEGORY)
        return bl_error_set(err, BL_E_UNSUPPORTED, "split %zu is by categories", i);
    if (missing == MISSING_ZERO) {
        bool is_whole = threshold >= near_zero || threshold < -near_zero;
        if (!is_whole || goes_left != zero_is_left)
            return bl_error_set(err, BL_E_UNSUPPORTED,
                                "split %zu: zeros that are missing (zero_as_missing)", i);
    }
    return bl_nn_forest_add_split(
        b, feature >= 0 && feature < BL_NN_FOREST_MOST_FEATURES ? (size_t)feature : SIZE_MAX,
        BL_NN_AT_MOST, threshold, missing == MISSING_NAN ? goes_left : zero_is_left,
        child_number(t, t->left[i]), child_number(t, t->right[i]), err);
}

static bl_status add_tree(bl_nn_forest_builder *b, const field *fields, double scale,
                          bl_error *err) {
    tree t = {0};
    bl_arena work;
    size_t output = b->forest->n_trees % b->forest->head.n_scores;
    bl_arena_init(&work, b->forest->context);
    bl_status status = read_arrays(&work, fields, &t, err);
    if (status == BL_OK)
        status = bl_nn_forest_add_tree(b, err);
    for (size_t i = 0; status == BL_OK && i < t.n_splits; i++)
        status = add_split(b, &t, i, err);
    for (size_t i = 0; status == BL_OK && i < t.n_leaves; i++) {
        status = bl_nn_forest_add_leaf(b, err);
        if (status == BL_OK)
            status = bl_nn_forest_add_weight(b, output, scale * t.leaves[i], err);
    }
    bl_arena_release(&work);
    return status;
}

/// \param text begins behind the line "Tree=0"
static bl_status add_trees(bl_nn_forest_builder *b, span text, double scale, bl_error *err) {
    for (bool is_more = true; is_more;) {
        field fields[N_TREE_FIELDS] = {
            [NUM_LEAVES] = {.key = "num_leaves"},       [NUM_CAT] = {.key = "num_cat"},
            [SPLIT_FEATURE] = {.key = "split_feature"}, [THRESHOLD] = {.key = "threshold"},
            [DECISION_TYPE] = {.key = "decision_type"}, [LEFT_CHILD] = {.key = "left_child"},
            [RIGHT_CHILD] = {.key = "right_child"},     [LEAF_VALUE] = {.key = "leaf_value"},
            [IS_LINEAR] = {.key = "is_linear"},
        };
        bool is_next = false, is_end = false;
        size_t number = b->forest->n_trees;
        while (!is_next && !is_end) {
            if (text.at == text.end)
                return bl_error_set(err, BL_E_CORRUPT, "tree %zu: the file ends in it", number);
            span line = take_line(&text), value;
            is_end = is_line(line, "end of trees");
            is_next = has_key(line, "Tree", &value);
            look_for(fields, N_TREE_FIELDS, line);
        }
        BL_TRY_IN(add_tree(b, fields, scale, err), err, "tree %zu", number);
        is_more = is_next;
    }
    return BL_OK;
}

// ---- the whole ----

enum { VERSION, PER_ITERATION, MAX_FEATURE, OBJECTIVE, FEATURE_NAMES, N_HEAD_FIELDS };

/// Reads lines up to the first tree. \param ret_has_trees false: there are none
static bl_status read_fields(span *text, field *fields, bool *ret_is_mean, bool *ret_has_trees,
                             bl_error *err) {
    while (text->at < text->end) {
        span line = take_line(text), number;
        *ret_has_trees = has_key(line, "Tree", &number);
        if (*ret_has_trees || is_line(line, "end of trees"))
            return BL_OK;
        *ret_is_mean |= is_line(line, "average_output");
        look_for(fields, N_HEAD_FIELDS, line);
    }
    return bl_error_set(err, BL_E_CORRUPT, "the file ends before its trees");
}

static bl_status keep_text(bl_trees_model *model, span text, const char **ret_text, bl_error *err) {
    size_t n = (size_t)(text.end - text.at);
    if (n && memchr(text.at, 0, n))
        return bl_error_set(err, BL_E_CORRUPT, "a zero byte in a text");
    *ret_text = bl_arena_text(&model->arena, n ? text.at : "", n);
    return *ret_text ? BL_OK : bl_error_nomem(err, n, "a text");
}

static bl_status read_names(bl_trees_model *model, const field *f, size_t n_features,
                            bl_error *err) {
    span left = f->value;
    size_t n = 0;
    if (!f->is_there)
        return BL_OK;
    for (span line = left, word = take_word(&line); word.at < word.end; word = take_word(&line))
        n++;
    if (n != n_features)
        return bl_error_set(err, BL_E_CORRUPT, "%zu feature_names of %zu features", n, n_features);
    model->names = (const char **)bl_arena_array(&model->arena, n + 1, sizeof *model->names);
    if (!model->names)
        return bl_error_nomem(err, n * sizeof *model->names, "names of features");
    for (; model->n_names < n; model->n_names++)
        BL_TRY(keep_text(model, take_word(&left), &model->names[model->n_names], err));
    return BL_OK;
}

static bl_status build(bl_trees_model *model, const bl_nn_forest_head *head, bool has_trees,
                       span text, double scale, bl_error *err) {
    bl_nn_forest_builder b;
    BL_TRY(bl_nn_forest_begin(&b, model->arena.context, head, err));
    bl_status status = has_trees ? add_trees(&b, text, scale, err) : BL_OK;
    if (status == BL_OK)
        status = bl_nn_forest_finish(&b, &model->forest, err);
    bl_nn_forest_builder_release(&b);
    return status;
}

bl_status bl_trees_read_lightgbm(bl_trees_model *model, const char *text, size_t size,
                                 bl_error *err) {
    field fields[N_HEAD_FIELDS] = {
        [VERSION] = {.key = "version"},
        [PER_ITERATION] = {.key = "num_tree_per_iteration"},
        [MAX_FEATURE] = {.key = "max_feature_idx"},
        [OBJECTIVE] = {.key = "objective"},
        [FEATURE_NAMES] = {.key = "feature_names"},
    };
    span left = {text, text + size};
    bl_nn_forest_head head = {.n_scores = 1, .is_double = true};
    bool is_mean = false, has_trees = false;
    double scale = 1;
    BL_TRY(read_fields(&left, fields, &is_mean, &has_trees, err));
    BL_TRY(keep_text(model, fields[VERSION].value, &model->version, err));
    BL_TRY(read_count(&fields[PER_ITERATION], BL_NN_FOREST_MOST_OUTPUTS, &head.n_scores, err));
    BL_TRY(read_count(&fields[MAX_FEATURE], BL_NN_FOREST_MOST_FEATURES, &head.n_features, err));
    head.n_features += fields[MAX_FEATURE].is_there;
    BL_TRY(read_objective(model, &fields[OBJECTIVE], &head, &scale, err));
    BL_TRY(read_names(model, &fields[FEATURE_NAMES], head.n_features, err));
    if (is_mean) { // over iterations, each of which has a tree for every score
        head.joint = BL_NN_FOREST_MEAN;
        scale *= (double)head.n_scores;
    }
    return build(model, &head, has_trees, left, scale, err);
}
