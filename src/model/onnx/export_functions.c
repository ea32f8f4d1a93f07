// SPDX-License-Identifier: Apache-2.0
// Functions of single numbers, and of several values number by number, as operators of ONNX.
#include <math.h>

#include "model/onnx/export.h"

// ---- activations ----

static const char *clip(bl_onnx_export *x, const char *in, double least, double most) {
    const char *inputs[] = {in, bl_onnx_number(x, least), bl_onnx_number(x, most)};
    return bl_onnx_emit(x, "Clip", 3, inputs, NULL);
}

static const char *add(bl_onnx_export *x, const char *in, double number) {
    return bl_onnx_emit2(x, "Add", in, bl_onnx_number(x, number));
}

static const char *times(bl_onnx_export *x, const char *in, double number) {
    return bl_onnx_emit2(x, "Mul", in, bl_onnx_number(x, number));
}

static const char *hard_sigmoid(bl_onnx_export *x, const char *in, double alpha) {
    bl_onnx_node *node;
    const char *out = bl_onnx_emit(x, "HardSigmoid", 1, &in, &node);
    bl_onnx_add_float(&x->b, node, "alpha", (float)alpha);
    bl_onnx_add_float(&x->b, node, "beta", 0.5F);
    return out;
}

static const char *shrink(bl_onnx_export *x, const bl_nn_activation *a, const char *in) {
    bl_onnx_node *node;
    const char *out = bl_onnx_emit(x, "Shrink", 1, &in, &node);
    bl_onnx_add_float(&x->b, node, "lambd", a->threshold);
    bl_onnx_add_float(&x->b, node, "bias", a->kind == BL_NN_SOFT_SHRINK ? a->threshold : 0);
    return out;
}

/// max(x, slope·x) up to a limit; behind a threshold.
static const char *relu(bl_onnx_export *x, const bl_nn_activation *a, const char *in) {
    if (a->threshold != 0 && a->slope != 0) // slope·(x − threshold) below it
        return NULL;
    const char *out = a->threshold != 0
                          ? bl_onnx_emit_float(x, "ThresholdedRelu", in, "alpha", a->threshold)
                      : a->slope != 0 ? bl_onnx_emit_float(x, "LeakyRelu", in, "alpha", a->slope)
                                      : NULL;
    if (!out && a->limit < INFINITY)
        return clip(x, in, 0, a->limit);
    if (!out)
        return bl_onnx_emit1(x, "Relu", in);
    return a->limit < INFINITY ? bl_onnx_emit2(x, "Min", out, bl_onnx_number(x, a->limit)) : out;
}

/// ½x·(1 + erf(x/√2)), or by tanh(√(2/π)·(x + 0.044715·x³)).
static const char *gelu(bl_onnx_export *x, bool is_approximate, const char *in) {
    const char *inner = times(x, in, 0.70710678118654752);
    if (is_approximate) {
        const char *cube = bl_onnx_emit2(x, "Mul", bl_onnx_emit2(x, "Mul", in, in), in);
        inner = bl_onnx_emit2(x, "Add", in, times(x, cube, 0.044715));
        inner = times(x, inner, 0.79788456080286536);
    }
    const char *share = add(x, bl_onnx_emit1(x, is_approximate ? "Tanh" : "Erf", inner), 1);
    return times(x, bl_onnx_emit2(x, "Mul", in, share), 0.5);
}

/// ¼(x + 1)² between −1 and 1, x above.
static const char *sparse_plus(bl_onnx_export *x, const char *in) {
    const char *near = add(x, clip(x, in, -1, 1), 1);
    const char *above = bl_onnx_emit1(x, "Relu", add(x, in, -1));
    return bl_onnx_emit2(x, "Add", times(x, bl_onnx_emit2(x, "Mul", near, near), 0.25), above);
}

static const char *squareplus(bl_onnx_export *x, const char *in) {
    const char *root = bl_onnx_emit1(x, "Sqrt", add(x, bl_onnx_emit2(x, "Mul", in, in), 4));
    return times(x, bl_onnx_emit2(x, "Add", in, root), 0.5);
}

static const char *over_rows(bl_onnx_export *x, const char *op_type, const char *in) {
    bl_onnx_node *node;
    const char *out = bl_onnx_emit(x, op_type, 1, &in, &node);
    bl_onnx_add_int(&x->b, node, "axis", -1);
    return out;
}

const char *bl_onnx_write_activation(bl_onnx_export *x, const bl_nn_activation *a, const char *in) {
    switch (a->kind) {
    case BL_NN_LINEAR:
        return in;
    case BL_NN_RELU:
        return relu(x, a, in);
    case BL_NN_RELU6:
        return clip(x, in, 0, 6);
    case BL_NN_LEAKY_RELU:
        return bl_onnx_emit_float(x, "LeakyRelu", in, "alpha", a->slope);
    case BL_NN_ELU:
        return bl_onnx_emit_float(x, "Elu", in, "alpha", a->slope);
    case BL_NN_SELU:
        return bl_onnx_emit1(x, "Selu", in);
    case BL_NN_CELU:
        return bl_onnx_emit_float(x, "Celu", in, "alpha", a->slope);
    case BL_NN_GELU:
        return gelu(x, a->approximate, in);
    case BL_NN_SIGMOID:
        return bl_onnx_emit1(x, "Sigmoid", in);
    case BL_NN_HARD_SIGMOID:
        return hard_sigmoid(x, in, 1.0 / 6);
    case BL_NN_SPARSE_SIGMOID:
        return hard_sigmoid(x, in, 0.5);
    case BL_NN_LOG_SIGMOID:
        in = bl_onnx_emit1(x, "Neg", in);
        return bl_onnx_emit1(x, "Neg", bl_onnx_emit1(x, "Softplus", in));
    case BL_NN_TANH:
        return bl_onnx_emit1(x, "Tanh", in);
    case BL_NN_HARD_TANH:
        return clip(x, in, -1, 1);
    case BL_NN_TANH_SHRINK:
        return bl_onnx_emit2(x, "Sub", in, bl_onnx_emit1(x, "Tanh", in));
    case BL_NN_HARD_SHRINK:
    case BL_NN_SOFT_SHRINK:
        return shrink(x, a, in);
    case BL_NN_SOFTPLUS:
        return bl_onnx_emit1(x, "Softplus", in);
    case BL_NN_SQUAREPLUS:
        return squareplus(x, in);
    case BL_NN_SPARSE_PLUS:
        return sparse_plus(x, in);
    case BL_NN_SOFTSIGN:
        return bl_onnx_emit1(x, "Softsign", in);
    case BL_NN_SILU:
        return bl_onnx_emit2(x, "Mul", in, bl_onnx_emit1(x, "Sigmoid", in));
    case BL_NN_HARD_SILU:
        return bl_onnx_emit1(x, "HardSwish", in);
    case BL_NN_MISH:
        return bl_onnx_emit2(x, "Mul", in,
                             bl_onnx_emit1(x, "Tanh", bl_onnx_emit1(x, "Softplus", in)));
    case BL_NN_EXPONENTIAL:
        return bl_onnx_emit1(x, "Exp", in);
    case BL_NN_SOFTMAX:
        return over_rows(x, "Softmax", in);
    case BL_NN_LOG_SOFTMAX:
        return over_rows(x, "LogSoftmax", in);
    default:
        return NULL;
    }
}

BL_ONNX_WRITER(activation_layer) {
    const bl_nn_activation *a = &((const bl_nn_activation_options *)x->node->options)->activation;
    ret_made->name = bl_onnx_write_activation(x, a, in[0]->name);
    return ret_made->name ? BL_OK : bl_onnx_cannot(x, "its activation has no operator", err);
}

// ---- functions ----

BL_ONNX_WRITER(function) {
    static const char *const names[BL_NN_KIND_N] = {
        [BL_NN_KIND_EXP] = "Exp",   [BL_NN_KIND_LOG] = "Log",      [BL_NN_KIND_LOG1P] = "Log",
        [BL_NN_KIND_SQRT] = "Sqrt", [BL_NN_KIND_ABSOLUTE] = "Abs", [BL_NN_KIND_NEGATIVE] = "Neg"};
    const char *a = in[0]->name;
    (void)err;
    if (x->node->kind->id == BL_NN_KIND_LOG1P)
        a = add(x, a, 1);
    ret_made->name = x->node->kind->id == BL_NN_KIND_SQUARE
                         ? bl_onnx_emit2(x, "Mul", a, a)
                         : bl_onnx_emit1(x, names[x->node->kind->id], a);
    return BL_OK;
}

BL_ONNX_WRITER(comparison) {
    static const char *const names[BL_NN_KIND_N] = {
        [BL_NN_KIND_EQUAL] = "Equal",     [BL_NN_KIND_NOT_EQUAL] = "Equal",
        [BL_NN_KIND_GREATER] = "Greater", [BL_NN_KIND_GREATER_EQUAL] = "GreaterOrEqual",
        [BL_NN_KIND_LESS] = "Less",       [BL_NN_KIND_LESS_EQUAL] = "LessOrEqual"};
    double value = ((const bl_nn_compare_options *)x->node->options)->value;
    (void)err;
    const char *flags =
        bl_onnx_emit2(x, names[x->node->kind->id], in[0]->name, bl_onnx_number(x, value));
    if (x->node->kind->id == BL_NN_KIND_NOT_EQUAL)
        flags = bl_onnx_emit1(x, "Not", flags);
    ret_made->name = bl_onnx_cast_to(x, flags, BL_ONNX_FLOAT);
    return BL_OK;
}

BL_ONNX_WRITER(clip) {
    const bl_nn_clip_options *options = x->node->options;
    (void)err;
    ret_made->name = clip(x, in[0]->name, options->x_min, options->x_max);
    return BL_OK;
}

BL_ONNX_WRITER(prelu) {
    (void)err;
    ret_made->name = bl_onnx_emit2(x, "PRelu", in[0]->name, bl_onnx_parameter(x, "alpha"));
    return BL_OK;
}

// ---- scaling ----

static double at(const bl_nn_numbers *numbers, size_t i) {
    return numbers->items[numbers->n == 1 ? 0 : i];
}

/// As the layer has it: x·factor + shift.
BL_ONNX_WRITER(scaling) {
    const bl_nn_scaling_options *o = x->node->options;
    size_t n = ret_made->shape.width;
    float *factors = bl_arena_array(x->arena, n, 2 * sizeof *factors);
    bool shifts = false;
    if (!factors)
        return bl_error_nomem(err, 2 * n * sizeof *factors, "a scale");
    for (size_t i = 0; i < n; i++) {
        double factor, shift;
        if (x->node->kind->id == BL_NN_KIND_RESCALING) {
            factor = at(&o->scale, i);
            shift = at(&o->offset, i);
        } else {
            double deviation = fmax(sqrt(at(&o->variance, i)), 1e-7);
            factor = o->invert ? deviation : 1 / deviation;
            shift = o->invert ? at(&o->mean, i) : -at(&o->mean, i) / deviation;
        }
        factors[i] = (float)factor;
        factors[n + i] = (float)shift;
        shifts |= factors[n + i] != 0;
    }
    int64_t sizes[] = {(int64_t)n};
    ret_made->name = bl_onnx_emit2(x, "Mul", in[0]->name, bl_onnx_floats(x, 1, sizes, factors));
    if (shifts)
        ret_made->name =
            bl_onnx_emit2(x, "Add", ret_made->name, bl_onnx_floats(x, 1, sizes, factors + n));
    return BL_OK;
}

// ---- several values ----

BL_ONNX_WRITER(merge) {
    static const char *const names[BL_NN_KIND_N] = {
        [BL_NN_KIND_ADD] = "Add",     [BL_NN_KIND_SUBTRACT] = "Sub", [BL_NN_KIND_MULTIPLY] = "Mul",
        [BL_NN_KIND_DIVIDE] = "Div",  [BL_NN_KIND_AVERAGE] = "Add",  [BL_NN_KIND_MAXIMUM] = "Max",
        [BL_NN_KIND_MINIMUM] = "Min",
    };
    size_t n = x->node->n_inputs;
    (void)err;
    ret_made->name = in[0]->name;
    for (size_t i = 1; i < n; i++)
        ret_made->name = bl_onnx_emit2(x, names[x->node->kind->id], ret_made->name, in[i]->name);
    if (x->node->kind->id == BL_NN_KIND_AVERAGE && n > 1)
        ret_made->name = bl_onnx_emit2(x, "Div", ret_made->name, bl_onnx_number(x, (double)n));
    return BL_OK;
}
