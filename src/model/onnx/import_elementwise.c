// SPDX-License-Identifier: Apache-2.0
// Operators on each number, and on rows.
#include "model/onnx/import.h"

#include <math.h>

#include "model/onnx/trees_private.h"

bool bl_onnx_is_near(double a, double b) { return fabs(a - b) <= 1e-6 * fabs(b); }

// ---- scaling ----

/// Numbers of both: those of a single one are the same for all.
static double at(const bl_nn_numbers *numbers, size_t i) {
    return numbers->items[numbers->n == 1 ? 0 : i];
}

/// A Rescaling that nobody else sees takes the next in.
static bl_status join_scaling(bl_onnx_import *c, bl_nn_scaling_options *options, size_t n,
                              const double *scale, const double *offset, bl_error *err) {
    size_t n_all = options->scale.n > n ? options->scale.n : n;
    double *scales = bl_arena_array(c->arena, 2 * n_all, sizeof *scales);
    if (!scales)
        return bl_onnx_no_memory(err);
    double *offsets = scales + n_all;
    for (size_t i = 0; i < n_all; i++) {
        double s = scale[n == 1 ? 0 : i], o = offset[n == 1 ? 0 : i];
        scales[i] = at(&options->scale, i) * s;
        offsets[i] = at(&options->offset, i) * s + o;
    }
    options->scale = (bl_nn_numbers){n_all, scales};
    options->offset = (bl_nn_numbers){n_all, offsets};
    return BL_OK;
}

static bool is_scaling(const bl_onnx_import *c, const bl_onnx_seen *t, size_t n) {
    const bl_nn_node *node = &c->graph->nodes[t->node];
    if (node->kind->id != BL_NN_KIND_RESCALING || !bl_onnx_is_alone(t))
        return false;
    size_t has = ((const bl_nn_scaling_options *)node->options)->scale.n;
    return has == 1 || n == 1 || has == n;
}

bl_status bl_onnx_scale(bl_onnx_import *c, bl_onnx_seen *t, size_t n, const double *scale,
                        const double *offset, bl_error *err) {
    bl_nn_node *node = NULL;
    if (is_scaling(c, t, n))
        return join_scaling(c, c->graph->nodes[t->node].options, n, scale, offset, err);
    bl_onnx_seen seen = *t;
    bool is_of_event = n != 1 && n != t->width;
    if (is_of_event)
        BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_FLATTEN, t, &node, err));
    double *numbers = bl_arena_array(c->arena, 2 * n, sizeof *numbers);
    if (!numbers)
        return bl_onnx_no_memory(err);
    memcpy(numbers, scale, n * sizeof *numbers);
    memcpy(numbers + n, offset, n * sizeof *numbers);
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_RESCALING, t, &node, err));
    *(bl_nn_scaling_options *)node->options =
        (bl_nn_scaling_options){.scale = {n, numbers}, .offset = {n, numbers + n}};
    if (!is_of_event)
        return BL_OK;
    int64_t *sizes = bl_arena_array(c->arena, 2, sizeof *sizes);
    if (!sizes)
        return bl_onnx_no_memory(err);
    sizes[0] = (int64_t)seen.steps;
    sizes[1] = (int64_t)seen.width;
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_RESHAPE, t, &node, err));
    ((bl_nn_reshape_options *)node->options)->target_shape = (bl_nn_counts){2, sizes};
    return BL_OK;
}

static bl_status scale_by(bl_onnx_import *c, bl_onnx_seen *t, double scale, double offset,
                          bl_error *err) {
    return bl_onnx_scale(c, t, 1, &scale, &offset, err);
}

// ---- activations ----

/// The activation of a layer that has none yet; NULL: it cannot have one.
static bl_nn_activation *free_activation(bl_nn_node *node) {
    bl_nn_activation *activation = NULL;
    if (node->kind->id == BL_NN_KIND_DENSE)
        activation = &((bl_nn_dense_options *)node->options)->activation;
    else if (node->kind->id == BL_NN_KIND_CONV1D)
        activation = &((bl_nn_convolution_options *)node->options)->activation;
    return activation && activation->kind == BL_NN_LINEAR ? activation : NULL;
}

bl_status bl_onnx_activate(bl_onnx_import *c, bl_onnx_seen *t, const bl_nn_activation *activation,
                           bl_error *err) {
    bl_nn_node *node = NULL;
    bl_nn_activation *has = free_activation(&c->graph->nodes[t->node]);
    if (has && bl_onnx_is_alone(t)) {
        *has = *activation;
        return BL_OK;
    }
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_ACTIVATION, t, &node, err));
    ((bl_nn_activation_options *)node->options)->activation = *activation;
    return BL_OK;
}

static bl_nn_activation activation_of(int kind) {
    bl_nn_activation activation = {.kind = BL_NN_LINEAR};
    (void)bl_nn_activation_find(bl_nn_activation_name((bl_nn_activation_kind)kind), &activation);
    return activation;
}

static bl_status finish(bl_onnx_import *c, bl_onnx_seen *t, const bl_nn_activation *activation,
                        bl_error *err) {
    BL_TRY(bl_onnx_activate(c, t, activation, err));
    bl_onnx_put(c, 0, t);
    return BL_OK;
}

/// What ONNX has for an activation's constant where it is not given.
static double preset_alpha(int kind) { return kind == BL_NN_LEAKY_RELU ? 0.01 : 1; }

bl_status bl_onnx_add_activation(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    double alpha, gamma;
    bl_nn_activation activation = activation_of(rule->which);
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_float(c, "alpha", preset_alpha(rule->which), &alpha, err));
    BL_TRY(bl_onnx_float(c, "gamma", 1.0507009873554805, &gamma, err));
    if (rule->which == BL_NN_LEAKY_RELU || rule->which == BL_NN_ELU || rule->which == BL_NN_CELU)
        activation.slope = (float)alpha;
    else if (rule->which == BL_NN_RELU && strcmp(rule->name, "ThresholdedRelu") == 0)
        activation.threshold = (float)alpha;
    else if (rule->which == BL_NN_SELU &&
             !((alpha == 1 || bl_onnx_is_near(alpha, 1.6732632423543772)) &&
               bl_onnx_is_near(gamma, 1.0507009873554805)))
        return bl_onnx_refuse(err, "its alpha is %g and its gamma %g", alpha, gamma);
    else if (rule->which == BL_NN_SILU && alpha != 1)
        return bl_onnx_refuse(err, "its alpha is %g, not 1", alpha);
    if (rule->which == BL_NN_GELU) {
        activation.approximate = bl_onnx_attribute_is(c, "approximate", "tanh", false);
        if (!activation.approximate && !bl_onnx_attribute_is(c, "approximate", "none", true))
            return bl_onnx_refuse(err, "its approximation is not known");
    }
    return finish(c, &x, &activation, err);
}

bl_status bl_onnx_add_softmax(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    int64_t number;
    unsigned axis;
    bl_nn_activation activation = activation_of(rule->which);
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_int(c, "axis", -1, &number, err));
    BL_TRY(bl_onnx_read_axis((double)number, x.rank, &axis, err));
    if (bl_onnx_opset_version(&c->model->opsets, NULL) < 13 && x.rank != 2)
        return bl_onnx_refuse(err, "it is of a version before 13, over all axes from one on");
    BL_TRY(bl_onnx_columns_at(c, &x, axis, err));
    return finish(c, &x, &activation, err);
}

/// max(0, min(1, alpha·x + beta)); with 1/6 and 1/2 it is ours.
bl_status bl_onnx_add_hard_sigmoid(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    double alpha, beta;
    bl_nn_activation activation = activation_of(BL_NN_HARD_SIGMOID);
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_float(c, "alpha", 0.2F, &alpha, err));
    BL_TRY(bl_onnx_float(c, "beta", 0.5, &beta, err));
    if (!bl_onnx_is_near(alpha, 1.0 / 6) || beta != 0.5) {
        BL_TRY(scale_by(c, &x, alpha, beta, err));
        activation = (bl_nn_activation){.kind = BL_NN_RELU, .limit = 1};
    }
    return finish(c, &x, &activation, err);
}

bl_status bl_onnx_add_shrink(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    double lambda, bias;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_float(c, "lambd", 0.5, &lambda, err));
    BL_TRY(bl_onnx_float(c, "bias", 0, &bias, err));
    if (bias != 0 && bias != lambda)
        return bl_onnx_refuse(err, "its bias is %g, neither 0 nor lambd", bias);
    bl_nn_activation activation = {.kind = bias == 0 ? BL_NN_HARD_SHRINK : BL_NN_SOFT_SHRINK,
                                   .threshold = (float)lambda};
    return finish(c, &x, &activation, err);
}

bl_status bl_onnx_clip(bl_onnx_import *c, bl_onnx_seen *t, double least, double most,
                       bl_error *err) {
    bl_nn_node *node = NULL;
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_CLIP, t, &node, err));
    *(bl_nn_clip_options *)node->options = (bl_nn_clip_options){.x_min = least, .x_max = most};
    return BL_OK;
}

bl_status bl_onnx_add_clip(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *least = NULL, *most = NULL;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &least, err));
    BL_TRY(bl_onnx_take_constant(c, 2, &most, err));
    double from = least && least->n ? least->numbers[0] : -(double)INFINITY;
    double to = most && most->n ? most->numbers[0] : (double)INFINITY;
    if (!(from <= to))
        return bl_onnx_refuse(err, "its limits are %g and %g", from, to);
    if (from == 0)
        return finish(c, &x, &(bl_nn_activation){.kind = BL_NN_RELU, .limit = (float)to}, err);
    BL_TRY(bl_onnx_clip(c, &x, from, to, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_prelu(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *slope = NULL;
    const double *numbers;
    bl_nn_node *node = NULL;
    size_t n;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &slope, err));
    if (!slope)
        return bl_onnx_refuse(err, "it has no slopes");
    BL_TRY(bl_onnx_spread(c, &x, slope, &n, &numbers, err));
    if (n != 1 && n != x.width)
        return bl_onnx_refuse(err, "its slopes are not the same for all steps");
    float *values = bl_arena_array(c->arena, x.width, sizeof *values);
    if (!values)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < x.width; i++)
        values[i] = (float)numbers[n == 1 ? 0 : i];
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_PRELU, &x, &node, err));
    BL_TRY(bl_onnx_add_weight(c, node->name, "alpha", x.width, values, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

// ---- functions ----

/// Those that are kinds of layers.
bl_status bl_onnx_add_function(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    bl_nn_node *node = NULL;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_add_after(c, (bl_nn_kind_id)rule->which, &x, &node, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_not(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    bl_nn_node *node = NULL;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    if (!x.is_flag)
        return bl_onnx_refuse(err, "its input is not of true and false");
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_EQUAL, &x, &node, err));
    ((bl_nn_compare_options *)node->options)->value = 0;
    x.is_flag = true;
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_divide_one(bl_onnx_import *c, bl_onnx_seen *t, size_t n, const double *numbers,
                             bl_error *err) {
    static const double nothing = 0;
    bl_onnx_seen above = *t;
    bl_nn_node *node = NULL;
    above.is_shared = true;
    // Ones, whatever x is: limits of 1 leave nothing but a NaN.
    BL_TRY(bl_onnx_clip(c, &above, 1, 1, err));
    if (n != 1 || numbers[0] != 1) {
        double *zeros = bl_arena_array(c->arena, n, sizeof *zeros);
        if (!zeros)
            return bl_onnx_no_memory(err);
        BL_TRY(bl_onnx_scale(c, &above, n, numbers, n == 1 ? &nothing : zeros, err));
    }
    size_t nodes[] = {above.node, t->node};
    BL_TRY(bl_onnx_add_layer(c, BL_NN_KIND_DIVIDE, 2, nodes, &node, err));
    t->node = c->graph->n_nodes - 1;
    t->is_shared = t->is_whole = t->is_flag = false;
    return BL_OK;
}

bl_status bl_onnx_add_reciprocal(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_divide_one(c, &x, 1, &(double){1}, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

/// Of x/√2 alone: what becomes of it is gelu.
bl_status bl_onnx_add_erf(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    const bl_nn_node *node = &c->graph->nodes[x.node];
    const bl_nn_scaling_options *options = node->options;
    if (node->kind->id != BL_NN_KIND_RESCALING || options->scale.n != 1 ||
        options->offset.items[0] != 0 ||
        !bl_onnx_is_near(options->scale.items[0], 0.70710678118654752))
        return bl_onnx_refuse(err, "it is not of x/sqrt(2), as in gelu");
    x.kind = BL_ONNX_ERF;
    x.node = node->inputs[0];
    x.factor = 1;
    x.offset = 0;
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}
