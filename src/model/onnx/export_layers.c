// SPDX-License-Identifier: Apache-2.0
// Layers as operators of ONNX, but recurrent ones and attention.
#include "model/onnx/export.h"

#include <math.h>

#include "model/onnx/trees.h"
#include "nn/layers/window.h"

BL_ONNX_WRITER(same) {
    (void)x;
    (void)err;
    ret_made->name = in[0]->name;
    return BL_OK;
}

// ---- products ----

BL_ONNX_WRITER(dense) {
    const bl_nn_node *node = x->node->inner ? x->node->inner : x->node;
    const bl_nn_dense_options *o = node->options;
    const char *out = bl_onnx_emit2(x, "MatMul", in[0]->name, bl_onnx_parameter(x, "kernel"));
    if (o->use_bias)
        out = bl_onnx_emit2(x, "Add", out, bl_onnx_parameter(x, "bias"));
    ret_made->name = bl_onnx_write_activation(x, &o->activation, out);
    return ret_made->name ? BL_OK : bl_onnx_cannot(x, "its activation has no operator", err);
}

/// [taps × columns × filters] as [filters × columns × taps].
static const char *write_filters(bl_onnx_export *x) {
    const bl_nn_parameter *kernel = bl_onnx_find_parameter(x, x->layer, "kernel");
    if (!kernel)
        return "";
    size_t taps = kernel->sizes[0], columns = kernel->sizes[1], filters = kernel->sizes[2];
    const float *from = x->network->parameters + kernel->offset;
    float *to = bl_arena_array(x->arena, kernel->n, sizeof *to);
    for (size_t t = 0; t < taps && to; t++)
        for (size_t i = 0; i < columns; i++)
            for (size_t f = 0; f < filters; f++)
                to[(f * columns + i) * taps + t] = from[(t * columns + i) * filters + f];
    int64_t sizes[] = {(int64_t)filters, (int64_t)columns, (int64_t)taps};
    return bl_onnx_floats(x, 3, sizes, to);
}

/// The window of an operator on [events, columns, steps].
static void set_window(bl_onnx_export *x, bl_onnx_node *node, const bl_nn_window *w, size_t steps) {
    size_t n = bl_nn_window_count(w, steps), before = bl_nn_window_before(w, steps);
    size_t needed = n ? (n - 1) * w->stride + bl_nn_window_reach(w) : 0;
    size_t behind = needed > steps + before ? needed - steps - before : 0;
    bl_onnx_add_ints(&x->b, node, "kernel_shape", 1, (int64_t[]){(int64_t)w->taps});
    bl_onnx_add_ints(&x->b, node, "strides", 1, (int64_t[]){(int64_t)w->stride});
    bl_onnx_add_ints(&x->b, node, "pads", 2, (int64_t[]){(int64_t)before, (int64_t)behind});
}

static const int64_t turned[] = {0, 2, 1};

BL_ONNX_WRITER(convolution) {
    const bl_nn_convolution_options *o = x->node->options;
    bl_nn_window window = {(size_t)o->kernel_size, (size_t)o->strides, (size_t)o->dilation_rate,
                           (bl_nn_window_padding)o->padding};
    const char *inputs[] = {bl_onnx_transpose_to(x, in[0]->name, 3, turned), write_filters(x),
                            o->use_bias ? bl_onnx_parameter(x, "bias") : ""};
    bl_onnx_node *node;
    const char *out = bl_onnx_emit(x, "Conv", o->use_bias ? 3 : 2, inputs, &node);
    set_window(x, node, &window, in[0]->shape.steps);
    bl_onnx_add_ints(&x->b, node, "dilations", 1, &o->dilation_rate);
    out = bl_onnx_transpose_to(x, out, 3, turned);
    ret_made->name = bl_onnx_write_activation(x, &o->activation, out);
    return ret_made->name ? BL_OK : bl_onnx_cannot(x, "its activation has no operator", err);
}

BL_ONNX_WRITER(pooling) {
    const bl_nn_pooling_options *o = x->node->options;
    bool is_max = x->node->kind->id == BL_NN_KIND_MAX_POOLING;
    bl_nn_window window = {(size_t)o->pool_size, (size_t)(o->strides ? o->strides : o->pool_size),
                           1, (bl_nn_window_padding)o->padding};
    const char *steps = bl_onnx_transpose_to(x, in[0]->name, 3, turned);
    bl_onnx_node *node;
    (void)err;
    const char *out = bl_onnx_emit(x, is_max ? "MaxPool" : "AveragePool", 1, &steps, &node);
    set_window(x, node, &window, in[0]->shape.steps);
    ret_made->name = bl_onnx_transpose_to(x, out, 3, turned);
    return BL_OK;
}

// ---- reductions ----

/// Operators of version 17: ReduceSum takes axes as an input, others as an attribute.
static const char *reduce(bl_onnx_export *x, const char *op_type, const char *a, int64_t axis,
                          bool keeps) {
    bool is_sum = strcmp(op_type, "ReduceSum") == 0;
    const char *inputs[] = {a, is_sum ? bl_onnx_counts(x, 1, &axis) : ""};
    bl_onnx_node *node;
    const char *out = bl_onnx_emit(x, op_type, is_sum ? 2 : 1, inputs, &node);
    if (!is_sum)
        bl_onnx_add_ints(&x->b, node, "axes", 1, &axis);
    bl_onnx_add_int(&x->b, node, "keepdims", keeps);
    return out;
}

/// The mean of steps that count: their sum by their number.
static const char *write_mean(bl_onnx_export *x, const bl_onnx_made *in, bool keeps) {
    const char *flags = bl_onnx_steps_that_count(x, in->lengths, in->shape.steps);
    const char *sum = reduce(x, "ReduceSum", bl_onnx_emit2(x, "Mul", in->name, flags), 1, keeps);
    const char *n = reduce(x, "ReduceSum", flags, 1, keeps);
    return bl_onnx_emit2(x, "Div", sum, bl_onnx_emit2(x, "Max", n, bl_onnx_number(x, 1)));
}

BL_ONNX_WRITER(reduction) {
    static const char *const names[BL_NN_KIND_N] = {
        [BL_NN_KIND_SUM] = "ReduceSum",   [BL_NN_KIND_GLOBAL_AVERAGE_POOLING] = "ReduceMean",
        [BL_NN_KIND_MEAN] = "ReduceMean", [BL_NN_KIND_GLOBAL_MAX_POOLING] = "ReduceMax",
        [BL_NN_KIND_MAX] = "ReduceMax",   [BL_NN_KIND_MIN] = "ReduceMin",
        [BL_NN_KIND_ANY] = "ReduceMax",   [BL_NN_KIND_ALL] = "ReduceMin"};
    bl_nn_kind_id kind = x->node->kind->id;
    const bl_nn_reduce_options *o = x->node->options;
    const char *a = in[0]->name;
    bool is_global =
        kind == BL_NN_KIND_GLOBAL_AVERAGE_POOLING || kind == BL_NN_KIND_GLOBAL_MAX_POOLING;
    bool is_over_steps = is_global || (in[0]->shape.steps && (o->axis == 1 || o->axis == -2));
    bool keeps = o->keepdims || (!is_over_steps && !in[0]->shape.steps);
    (void)err;
    if (kind == BL_NN_KIND_ANY || kind == BL_NN_KIND_ALL)
        a = bl_onnx_cast_to(
            x, bl_onnx_emit1(x, "Not", bl_onnx_emit2(x, "Equal", a, bl_onnx_number(x, 0))),
            BL_ONNX_FLOAT);
    if (kind == BL_NN_KIND_GLOBAL_AVERAGE_POOLING && in[0]->lengths)
        ret_made->name = write_mean(x, in[0], o->keepdims);
    else
        ret_made->name = reduce(x, names[kind], a, is_over_steps ? 1 : -1, keeps);
    return BL_OK;
}

// ---- shapes ----

/// Flatten, Reshape, Permute.
BL_ONNX_WRITER(shape) {
    bl_nn_shape shape = ret_made->shape;
    int64_t sizes[] = {-1, (int64_t)(shape.steps ? shape.steps : shape.width),
                       (int64_t)shape.width};
    (void)err;
    ret_made->name = x->node->kind->id == BL_NN_KIND_PERMUTE
                         ? bl_onnx_transpose_to(x, in[0]->name, 3, turned)
                         : bl_onnx_reshape_to(x, in[0]->name, shape.steps ? 3 : 2, sizes);
    return BL_OK;
}

BL_ONNX_WRITER(slice) {
    const bl_nn_slice_options *o = x->node->options;
    bool is_steps = in[0]->shape.steps && o->axis == 1;
    int64_t axis = is_steps ? 1 : -1, end = o->start + o->size;
    const char *inputs[] = {in[0]->name, bl_onnx_counts(x, 1, &o->start),
                            bl_onnx_counts(x, 1, &end), bl_onnx_counts(x, 1, &axis)};
    (void)err;
    ret_made->name = bl_onnx_emit(x, "Slice", 4, inputs, NULL);
    if (is_steps && !o->keepdims)
        ret_made->name = bl_onnx_squeeze_at(x, ret_made->name, 1);
    return BL_OK;
}

BL_ONNX_WRITER(concatenation) {
    const bl_nn_concatenate_options *o = x->node->options;
    size_t n = x->node->n_inputs;
    const char **inputs = bl_arena_array(x->arena, n + 1, sizeof *inputs);
    bool is_steps = in[0]->shape.steps && o->axis == 1;
    bl_onnx_node *node;
    if (!inputs)
        return bl_error_nomem(err, n * sizeof *inputs, "names");
    if (is_steps && in[0]->lengths)
        return bl_onnx_cannot(x, "it is over steps some of which do not count", err);
    for (size_t i = 0; i < n; i++)
        inputs[i] = in[i]->name;
    ret_made->name = bl_onnx_emit(x, "Concat", n, inputs, &node);
    bl_onnx_add_int(&x->b, node, "axis", is_steps ? 1 : -1);
    return BL_OK;
}

// ---- normalization ----

static const float *numbers_of(const bl_onnx_export *x, const char *name) {
    const bl_nn_parameter *parameter = bl_onnx_find_parameter(x, x->layer, name);
    return parameter ? x->network->parameters + parameter->offset : NULL;
}

/// With the moving mean and variance: x·factor + shift.
BL_ONNX_WRITER(batch_normalization) {
    const bl_nn_normalization_options *o = x->node->options;
    size_t n = ret_made->shape.width;
    const float *gamma = numbers_of(x, "gamma"), *beta = numbers_of(x, "beta");
    const float *mean = numbers_of(x, "moving_mean"), *variance = numbers_of(x, "moving_variance");
    float *factors = bl_arena_array(x->arena, n, 2 * sizeof *factors);
    if (!factors || !mean || !variance)
        return bl_error_nomem(err, 2 * n * sizeof *factors, "a scale");
    for (size_t i = 0; i < n; i++) {
        double factor = (gamma ? (double)gamma[i] : 1) / sqrt((double)variance[i] + o->epsilon);
        factors[i] = (float)factor;
        factors[n + i] = (float)((beta ? (double)beta[i] : 0) - (double)mean[i] * factor);
    }
    int64_t sizes[] = {(int64_t)n};
    const char *scaled = bl_onnx_emit2(x, "Mul", in[0]->name, bl_onnx_floats(x, 1, sizes, factors));
    ret_made->name = bl_onnx_emit2(x, "Add", scaled, bl_onnx_floats(x, 1, sizes, factors + n));
    return BL_OK;
}

/// By the root of the mean square alone.
static const char *write_root(bl_onnx_export *x, const char *a, double epsilon) {
    const char *mean = reduce(x, "ReduceMean", bl_onnx_emit2(x, "Mul", a, a), -1, true);
    const char *root =
        bl_onnx_emit1(x, "Sqrt", bl_onnx_emit2(x, "Add", mean, bl_onnx_number(x, epsilon)));
    return bl_onnx_emit2(x, "Div", a, root);
}

BL_ONNX_WRITER(layer_normalization) {
    const bl_nn_normalization_options *o = x->node->options;
    size_t n = ret_made->shape.width;
    float *ones = bl_arena_array(x->arena, n, sizeof *ones);
    if (!ones)
        return bl_error_nomem(err, n * sizeof *ones, "ones");
    for (size_t i = 0; i < n; i++)
        ones[i] = 1;
    const char *gamma = o->scale ? bl_onnx_parameter(x, "gamma")
                                 : bl_onnx_floats(x, 1, (int64_t[]){(int64_t)n}, ones);
    const char *beta = o->center ? bl_onnx_parameter(x, "beta") : "";
    const char *inputs[] = {in[0]->name, gamma, beta};
    if (o->rms_scaling) {
        ret_made->name = bl_onnx_emit2(x, "Mul", write_root(x, in[0]->name, o->epsilon), gamma);
        if (o->center)
            ret_made->name = bl_onnx_emit2(x, "Add", ret_made->name, beta);
        return BL_OK;
    }
    bl_onnx_node *node;
    ret_made->name = bl_onnx_emit(x, "LayerNormalization", o->center ? 3 : 2, inputs, &node);
    bl_onnx_add_int(&x->b, node, "axis", -1);
    bl_onnx_add_float(&x->b, node, "epsilon", (float)o->epsilon);
    return BL_OK;
}

// ---- rows that count ----

BL_ONNX_WRITER(embedding) {
    const bl_nn_embedding_options *o = x->node->options;
    const char *from = in[0]->name;
    (void)err;
    if (in[0]->shape.steps)
        from = bl_onnx_squeeze_at(x, from, 2);
    const char *numbers = bl_onnx_cast_to(x, from, BL_ONNX_INT64);
    ret_made->name = bl_onnx_emit2(x, "Gather", bl_onnx_parameter(x, "embeddings"), numbers);
    ret_made->lengths = in[0]->lengths;
    ret_made->is_ragged = in[0]->is_ragged;
    if (o->mask_zero) {
        const char *is_nothing = bl_onnx_emit2(x, "Equal", bl_onnx_cast_to(x, from, BL_ONNX_FLOAT),
                                               bl_onnx_number(x, 0));
        ret_made->lengths = bl_onnx_count_flags(
            x, bl_onnx_cast_to(x, bl_onnx_emit1(x, "Not", is_nothing), BL_ONNX_FLOAT));
    }
    return BL_OK;
}

/// Rows of nothing but a number become zeros, and do not count.
BL_ONNX_WRITER(masking) {
    const bl_nn_masking_options *o = x->node->options;
    const char *is_nothing =
        bl_onnx_emit2(x, "Equal", in[0]->name, bl_onnx_number(x, o->mask_value));
    const char *flags = bl_onnx_cast_to(x, bl_onnx_emit1(x, "Not", is_nothing), BL_ONNX_FLOAT);
    (void)err;
    flags = reduce(x, "ReduceMax", flags, 2, true);
    ret_made->lengths = bl_onnx_count_flags(x, bl_onnx_squeeze_at(x, flags, 2));
    ret_made->name = o->mask_value == 0 ? in[0]->name : bl_onnx_emit2(x, "Mul", in[0]->name, flags);
    return BL_OK;
}

// ---- trees ----

BL_ONNX_WRITER(trees) {
    const bl_nn_forest_options *o = x->node->options;
    if (in[0]->shape.steps)
        return bl_onnx_cannot(x, "its rows are steps, which trees of ONNX do not take", err);
    ret_made->name = bl_onnx_new_name(x);
    x->wants_trees = true;
    BL_TRY_IN(bl_onnx_add_forest(&x->b, o->forest, in[0]->name, ret_made->name, err), err,
              "layer '%s' (%s)", x->node->name, x->node->kind->name);
    return BL_OK;
}
