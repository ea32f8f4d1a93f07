// SPDX-License-Identifier: Apache-2.0
// Operators of ai.onnx.ml, and labels of classes.
#include "model/onnx/import.h"

#include "model/onnx/trees_private.h"

// ---- names of classes ----

/// Labels of a node, from attributes of texts or whole numbers.
static bl_status read_labels(bl_onnx_import *c, const char *texts_name, const char *ints_name,
                             bl_onnx_seen *ret_labels, bl_error *err) {
    const bl_onnx_attribute *texts = bl_onnx_attribute_get(c->node, texts_name);
    bl_onnx_ints ints;
    BL_TRY(bl_onnx_get_ints(c->node, ints_name, &ints, err));
    bool has_texts = texts && texts->strings.n;
    size_t n = has_texts ? texts->strings.n : ints.n;
    const char **names = bl_arena_array(c->arena, n + 1, sizeof *names);
    if (!names)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < n; i++) {
        names[i] = has_texts ? bl_arena_text(c->arena, (const char *)texts->strings.items[i].data,
                                             texts->strings.items[i].size)
                             : bl_arena_printf(c->arena, "%lld", (long long)ints.at[i]);
        if (!names[i])
            return bl_onnx_no_memory(err);
    }
    *ret_labels =
        (bl_onnx_seen){.kind = BL_ONNX_LABELS, .mask = BL_NN_NONE, .n_texts = n, .texts = names};
    return BL_OK;
}

static void name_classes(bl_onnx_import *c, const bl_onnx_seen *labels) {
    if (!labels->n_texts)
        return;
    c->result->n_classes = labels->n_texts;
    c->result->class_names = labels->texts;
}

/// The class with the largest score: a label, which is left out.
bl_status bl_onnx_add_arg_max(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x, labels = {.kind = BL_ONNX_LABELS, .mask = BL_NN_NONE};
    int64_t number;
    unsigned axis;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_int(c, "axis", 0, &number, err));
    BL_TRY(bl_onnx_read_axis((double)number, x.rank, &axis, err));
    if (x.axes[axis].role != BL_ONNX_COLUMNS)
        return bl_onnx_refuse(err, "it is not over columns");
    bl_onnx_put(c, 0, &labels);
    return BL_OK;
}

/// Names of classes by their numbers; or columns that stand one beside the other.
bl_status bl_onnx_add_labels(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen *names = bl_onnx_in(c, 0), *which = bl_onnx_in(c, 1);
    bl_onnx_seen labels = {.kind = BL_ONNX_LABELS, .mask = BL_NN_NONE};
    (void)rule;
    if (!names || !which || which->kind != BL_ONNX_LABELS)
        return bl_onnx_refuse(err, "it does not take names of classes by labels");
    if (names->kind == BL_ONNX_TEXTS) {
        labels.n_texts = names->n_texts;
        labels.texts = names->texts;
    } else if (names->kind == BL_ONNX_CONSTANT) {
        BL_TRY(bl_onnx_read_numbers(c, names, err));
        const char **texts = bl_arena_array(c->arena, names->n + 1, sizeof *texts);
        for (size_t i = 0; i < names->n && texts; i++)
            if (!(texts[i] = bl_arena_printf(c->arena, "%g", names->numbers[i])))
                return bl_onnx_no_memory(err);
        if (!texts)
            return bl_onnx_no_memory(err);
        labels.n_texts = names->n;
        labels.texts = texts;
    } else {
        return bl_onnx_refuse(err, "its names are no constant");
    }
    name_classes(c, &labels);
    bl_onnx_put(c, 0, &labels);
    return BL_OK;
}

/// Probabilities with the names of classes: they stay as they are.
bl_status bl_onnx_add_zip_map(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen labels;
    BL_TRY(read_labels(c, "classlabels_strings", "classlabels_int64s", &labels, err));
    name_classes(c, &labels);
    return bl_onnx_add_same(c, rule, err);
}

// ---- scaling ----

bl_status bl_onnx_add_scaler(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    bl_onnx_numbers offset, scale;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_columns_at(c, &x, x.rank - 1, err));
    BL_TRY(bl_onnx_get_numbers(c->arena, c->node, "offset", NULL, &offset, err));
    BL_TRY(bl_onnx_get_numbers(c->arena, c->node, "scale", NULL, &scale, err));
    size_t n = offset.n > scale.n ? offset.n : scale.n;
    bool fits = (n == 1 || n == x.width) && (offset.n == 1 || offset.n == n) &&
                (scale.n == 1 || scale.n == n);
    if (!fits)
        return bl_error_set(err, BL_E_SHAPE, "it has %zu offsets, %zu scales for %zu columns",
                            offset.n, scale.n, x.width);
    double *numbers = bl_arena_array(c->arena, 2 * n, sizeof *numbers);
    if (!numbers)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < n; i++) {
        numbers[i] = scale.at[scale.n == 1 ? 0 : i];
        numbers[n + i] = -offset.at[offset.n == 1 ? 0 : i] * numbers[i];
    }
    BL_TRY(bl_onnx_scale(c, &x, n, numbers, numbers + n, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

static bl_status add_kind(bl_onnx_import *c, bl_nn_kind_id kind, bl_onnx_seen *t, bl_error *err) {
    bl_nn_node *node = NULL;
    BL_TRY(bl_onnx_add_after(c, kind, t, &node, err));
    if (kind == BL_NN_KIND_SUM || kind == BL_NN_KIND_MAX) {
        *(bl_nn_reduce_options *)node->options =
            (bl_nn_reduce_options){.axis = -1, .keepdims = true};
        t->width = t->axes[t->rank - 1].size = 1;
    }
    return BL_OK;
}

/// Rows by their norm; rows of nothing but 0 stay.
bl_status bl_onnx_add_normalizer(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_columns_at(c, &x, x.rank - 1, err));
    bl_onnx_seen norm = x;
    if (bl_onnx_attribute_is(c, "norm", "L1", false)) {
        BL_TRY(add_kind(c, BL_NN_KIND_ABSOLUTE, &norm, err));
        BL_TRY(add_kind(c, BL_NN_KIND_SUM, &norm, err));
    } else if (bl_onnx_attribute_is(c, "norm", "L2", false)) {
        BL_TRY(add_kind(c, BL_NN_KIND_SQUARE, &norm, err));
        BL_TRY(add_kind(c, BL_NN_KIND_SUM, &norm, err));
        BL_TRY(add_kind(c, BL_NN_KIND_SQRT, &norm, err));
    } else {
        return bl_onnx_refuse(err, "its norm is neither L1 nor L2");
    }
    BL_TRY(bl_onnx_clip(c, &norm, 0x1p-126, 0x1.fffffep127, err));
    BL_TRY(bl_onnx_join(c, BL_NN_KIND_DIVIDE, &x, &norm, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

// ---- trees ----

bl_status bl_onnx_add_trees(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x, labels;
    bl_nn_node *node = NULL;
    bool is_classifier = rule->which;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_columns_at(c, &x, x.rank - 1, err));
    bl_nn_forest **forest = &c->result->forests[c->result->n_forests];
    BL_TRY(bl_onnx_forest_read(c->arena->context, c->node, forest, err));
    c->result->n_forests++;
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_TREE_ENSEMBLE, &x, &node, err));
    ((bl_nn_forest_options *)node->options)->forest = *forest;
    x.width = x.axes[x.rank - 1].size = (*forest)->n_outputs;
    x.axes[x.rank - 1] = bl_onnx_axis_of(BL_ONNX_COLUMNS, x.width, 1);
    if (is_classifier) {
        BL_TRY(read_labels(c, "classlabels_strings", "classlabels_int64s", &labels, err));
        name_classes(c, &labels);
        bl_onnx_put(c, 0, &labels);
    }
    bl_onnx_put(c, is_classifier, &x);
    return BL_OK;
}

// ---- linear models ----

static bl_status read_after(const bl_onnx_import *c, bl_nn_activation *ret_activation,
                            bl_error *err) {
    static const struct {
        const char *onnx, *keras;
    } functions[] = {{"NONE", "linear"}, {"LOGISTIC", "sigmoid"}, {"SOFTMAX", "softmax"}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (bl_onnx_attribute_is(c, "post_transform", functions[i].onnx, i == 0)) {
            (void)bl_nn_activation_find(functions[i].keras, ret_activation);
            return BL_OK;
        }
    return bl_onnx_refuse(err, "its post_transform is none of NONE, LOGISTIC and SOFTMAX");
}

/// Rows of coefficients as columns of a matrix. \param n columns; of a pair with one row, the first
/// is the other's negative
static bl_status add_rows(bl_onnx_import *c, bl_onnx_seen *x, size_t n, bool is_pair,
                          const bl_onnx_numbers *rows, const bl_onnx_numbers *intercepts,
                          bl_error *err) {
    size_t k = x->width;
    float *kernel = bl_arena_array(c->arena, (k + 1) * n + 1, sizeof *kernel);
    if (!kernel)
        return bl_onnx_no_memory(err);
    float *bias = kernel + k * n;
    for (size_t j = 0; j < n; j++) {
        size_t row = is_pair ? 0 : j;
        double sign = is_pair && j == 0 ? -1 : 1;
        for (size_t i = 0; i < k; i++)
            kernel[i * n + j] = (float)(sign * rows->at[row * k + i]);
        bias[j] = (float)(intercepts->n ? sign * intercepts->at[row] : 0);
    }
    BL_TRY(bl_onnx_add_dense(c, x, n, kernel, bias, err));
    x->axes[x->rank - 1] = bl_onnx_axis_of(BL_ONNX_COLUMNS, n, 1);
    return BL_OK;
}

bl_status bl_onnx_add_linear(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x, labels = {0};
    bl_onnx_numbers rows, intercepts;
    bl_nn_activation after = {0};
    int64_t n_targets;
    bool is_classifier = rule->which;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_columns_at(c, &x, x.rank - 1, err));
    BL_TRY(bl_onnx_get_numbers(c->arena, c->node, "coefficients", NULL, &rows, err));
    BL_TRY(bl_onnx_get_numbers(c->arena, c->node, "intercepts", NULL, &intercepts, err));
    BL_TRY(bl_onnx_int(c, "targets", 1, &n_targets, err));
    BL_TRY(read_after(c, &after, err));
    if (is_classifier)
        BL_TRY(read_labels(c, "classlabels_strings", "classlabels_ints", &labels, err));
    size_t n = is_classifier ? labels.n_texts : n_targets < 1 ? 0 : (size_t)n_targets;
    bool is_pair = is_classifier && n == 2 && rows.n == x.width;
    size_t n_rows = is_pair ? 1 : n;
    if (!n || n > SIZE_MAX / x.width || rows.n != n_rows * x.width ||
        (intercepts.n && intercepts.n != n_rows))
        return bl_error_set(err, BL_E_SHAPE, "it has %zu coefficients for %zu columns", rows.n,
                            x.width);
    if (is_pair && after.kind != BL_NN_SIGMOID)
        return bl_onnx_refuse(err, "its two classes have one score that is not LOGISTIC");
    BL_TRY(add_rows(c, &x, n, is_pair, &rows, &intercepts, err));
    if (after.kind != BL_NN_LINEAR)
        BL_TRY(bl_onnx_activate(c, &x, &after, err));
    if (is_classifier) {
        name_classes(c, &labels);
        bl_onnx_put(c, 0, &labels);
    }
    bl_onnx_put(c, is_classifier, &x);
    return BL_OK;
}
