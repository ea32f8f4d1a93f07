// SPDX-License-Identifier: Apache-2.0
// The code of layers whose rows are made of one row of each input, and the table of all.
#include <math.h>
#include <string.h>

#include "model/code/private.h"

static void write_dense(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_dense_options *o = step->options;
    size_t k = bl_code_width(c, step->inputs[0]), n = (size_t)o->units, padded = bl_code_padded(n);
    const char *w = bl_code_parameter(c, step, 0, k, 1, n, 0, n);
    const char *bias = o->use_bias ? bl_code_parameter(c, step, 1, 1, 1, n, 0, n) : NULL;
    bl_code_place(c, step, true);
    bl_code_open(c, step);
    bl_code_product(c, bias, "x", k, w, padded, "y");
    bl_code_activate(c, &o->activation, "y", padded, n, "y");
    bl_code_close(c);
}

/// The output is where the input is.
static void pass_on(bl_coder *c, const bl_nn_step *step) {
    c->places[step->output] = *bl_code_in(c, step, 0);
}

static void write_activation(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_activation *a = &((const bl_nn_activation_options *)step->options)->activation;
    if (a->kind == BL_NN_LINEAR) {
        pass_on(c, step);
        return;
    }
    bool is_of_rows = a->kind == BL_NN_SOFTMAX || a->kind == BL_NN_LOG_SOFTMAX;
    bl_code_place(c, step, !is_of_rows && bl_code_in(c, step, 0)->is_padded);
    bl_code_open(c, step);
    bl_code_activate(c, a, "x", bl_code_columns(c, step), bl_code_width(c, step->output), "y");
    bl_code_close(c);
}

/// y[i] = an expression for each column of each row.
static void write_map(bl_coder *c, const bl_nn_step *step, const char *expression) {
    bl_code_place(c, step, bl_code_in(c, step, 0)->is_padded);
    bl_code_open(c, step);
    BL_PUT(c, "        for (size_t i = 0; i < %zu; i++)\n            y[i] = %s;\n",
           bl_code_columns(c, step), expression);
    bl_code_close(c);
}

static void write_prelu(bl_coder *c, const bl_nn_step *step) {
    size_t n = bl_code_width(c, step->output);
    const char *w = bl_code_parameter(c, step, 0, 1, 1, n, 0, n);
    write_map(c, step, bl_code_format(c, "x[i] < 0 ? %s[i] * x[i] : x[i]", w));
}

// ---- normalisations ----

/// The statistics as the layer makes them: mean, and 1/deviation.
static void write_batch_normalization(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_normalization_options *o = step->options;
    size_t n = bl_code_width(c, step->output), at = 0;
    const char *gamma = "", *beta = "";
    float *inverse = bl_arena_array(&c->arena, n, sizeof *inverse);
    if (o->scale)
        gamma = bl_code_format(c, " * %s[i]", bl_code_parameter(c, step, at++, 1, 1, n, 0, n));
    if (o->center)
        beta = bl_code_format(c, " + %s[i]", bl_code_parameter(c, step, at++, 1, 1, n, 0, n));
    const char *mean = bl_code_parameter(c, step, at++, 1, 1, n, 0, n);
    const float *variance = bl_code_numbers(c, step, at);
    if (!inverse) {
        c->body.has_failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        inverse[i] = (float)(1 / sqrt(variance[i] + o->epsilon));
    const char *by = bl_code_matrix(c, step, "inverse", inverse, 1, 1, n, n);
    write_map(c, step, bl_code_format(c, "(x[i] - %s[i]) * %s[i]%s%s", mean, by, gamma, beta));
}

static void write_layer_normalization(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_normalization_options *o = step->options;
    size_t n = bl_code_width(c, step->output), at = 0;
    const char *gamma = "", *beta = "0";
    if (o->scale || o->rms_scaling)
        gamma = bl_code_format(c, " * %s[i]", bl_code_parameter(c, step, at++, 1, 1, n, 0, n));
    if (o->center && !o->rms_scaling)
        beta = bl_code_format(c, "%s[i]", bl_code_parameter(c, step, at++, 1, 1, n, 0, n));
    bl_code_place(c, step, false);
    bl_code_open(c, step);
    BL_PUT(c, "        normalise(x, %zu, %d, %a, y);\n", n, !o->rms_scaling, o->epsilon);
    BL_PUT(c, "        for (size_t i = 0; i < %zu; i++)\n            y[i] = y[i]%s + %s;\n", n,
           gamma, beta);
    bl_code_close(c);
}

static double number_of(const bl_nn_numbers *numbers, size_t i) {
    return numbers->items[numbers->n == 1 ? 0 : i];
}

/// As nn/layers/elementwise.c has them.
static void find_scale(const bl_nn_step *step, size_t i, float *ret_factor, float *ret_shift) {
    const bl_nn_scaling_options *o = step->options;
    if (step->kind == BL_NN_KIND_RESCALING) {
        *ret_factor = (float)number_of(&o->scale, i);
        *ret_shift = (float)number_of(&o->offset, i);
        return;
    }
    double deviation = fmax(sqrt(number_of(&o->variance, i)), 1e-7);
    *ret_factor = (float)(o->invert ? deviation : 1 / deviation);
    *ret_shift = (float)(o->invert ? number_of(&o->mean, i) : -number_of(&o->mean, i) / deviation);
}

static void write_scaling(bl_coder *c, const bl_nn_step *step) {
    size_t n = bl_code_width(c, step->output);
    float *numbers = bl_arena_array(&c->arena, n, 2 * sizeof *numbers);
    if (!numbers) {
        c->body.has_failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        find_scale(step, i, &numbers[i], &numbers[n + i]);
    const char *factor = bl_code_matrix(c, step, "factor", numbers, 1, 1, n, n);
    const char *shift = bl_code_matrix(c, step, "shift", numbers + n, 1, 1, n, n);
    write_map(c, step, bl_code_format(c, "x[i] * %s[i] + %s[i]", factor, shift));
}

// ---- functions of single numbers ----

static void write_comparison(bl_coder *c, const bl_nn_step *step) {
    static const char *const signs[BL_NN_KIND_N] = {
        [BL_NN_KIND_NOT_EQUAL] = "!=", [BL_NN_KIND_EQUAL] = "==",
        [BL_NN_KIND_GREATER] = ">",    [BL_NN_KIND_GREATER_EQUAL] = ">=",
        [BL_NN_KIND_LESS] = "<",       [BL_NN_KIND_LESS_EQUAL] = "<=",
    };
    float value = (float)((const bl_nn_compare_options *)step->options)->value;
    write_map(
        c, step,
        bl_code_format(c, "x[i] %s %s ? 1.0F : 0", signs[step->kind], bl_code_number(c, value)));
}

static void write_clip(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_clip_options *o = step->options;
    write_map(c, step,
              bl_code_format(c, "at_most(x[i] < %s ? %s : x[i], %s)",
                             bl_code_number(c, (float)o->x_min), bl_code_number(c, (float)o->x_min),
                             bl_code_number(c, (float)o->x_max)));
}

static void write_function(bl_coder *c, const bl_nn_step *step) {
    static const char *const expressions[BL_NN_KIND_N] = {
        [BL_NN_KIND_EXP] = "exp_of(x[i])",     [BL_NN_KIND_LOG] = "ln_of(x[i])",
        [BL_NN_KIND_LOG1P] = "log1p_of(x[i])", [BL_NN_KIND_ABSOLUTE] = "size_of(x[i])",
        [BL_NN_KIND_SQUARE] = "x[i] * x[i]",   [BL_NN_KIND_SQRT] = "sqrtf(x[i])",
        [BL_NN_KIND_NEGATIVE] = "-x[i]",
    };
    write_map(c, step, expressions[step->kind]);
}

// ---- several inputs ----

static void write_merge(bl_coder *c, const bl_nn_step *step) {
    static const char *const expressions[BL_NN_KIND_N] = {
        [BL_NN_KIND_ADD] = "y[i] + %s",
        [BL_NN_KIND_SUBTRACT] = "y[i] - %s",
        [BL_NN_KIND_MULTIPLY] = "y[i] * %s",
        [BL_NN_KIND_DIVIDE] = "y[i] / %s",
        [BL_NN_KIND_AVERAGE] = "y[i] + %s",
        [BL_NN_KIND_MAXIMUM] = "larger_of(y[i], %s)",
        [BL_NN_KIND_MINIMUM] = "smaller_of(y[i], %s)",
    };
    size_t n = bl_code_width(c, step->output);
    bl_code_joined_mask(c, step);
    bl_code_place(c, step, true);
    size_t columns = bl_code_columns(c, step);
    c->places[step->output].is_padded = columns > n;
    bl_code_open(c, step);
    BL_PUT(c, "        for (size_t i = 0; i < %zu; i++) {\n", columns);
    for (size_t k = 0; k < step->n_inputs; k++) {
        bool is_one = bl_code_width(c, step->inputs[k]) == 1 && n > 1;
        const char *name = step->n_inputs > 1 ? bl_code_format(c, "x%zu", k) : "x";
        const char *x = bl_code_format(c, "%s[%s]", name, is_one ? "0" : "i");
        const char *expression = expressions[step->kind];
        int before = (int)(strchr(expression, '%') - expression);
        BL_PUT(c, "            y[i] = ");
        if (k)
            BL_PUT(c, "%.*s%s%s;\n", before, expression, x, expression + before + 2);
        else
            BL_PUT(c, "%s;\n", x);
    }
    if (step->kind == BL_NN_KIND_AVERAGE)
        BL_PUT(c, "            y[i] = y[i] / %zu;\n", step->n_inputs);
    BL_PUT(c, "        }\n");
    bl_code_close(c);
}

const bl_code_writer bl_code_writers[BL_NN_KIND_N] = {
    [BL_NN_KIND_INPUT] = bl_code_input,
    [BL_NN_KIND_DENSE] = write_dense,
    [BL_NN_KIND_ACTIVATION] = write_activation,
    [BL_NN_KIND_PRELU] = write_prelu,
    [BL_NN_KIND_DROPOUT] = pass_on,
    [BL_NN_KIND_SPATIAL_DROPOUT] = pass_on,
    [BL_NN_KIND_BATCH_NORMALIZATION] = write_batch_normalization,
    [BL_NN_KIND_LAYER_NORMALIZATION] = write_layer_normalization,
    [BL_NN_KIND_EMBEDDING] = bl_code_embedding,
    [BL_NN_KIND_GRU] = bl_code_recurrent,
    [BL_NN_KIND_LSTM] = bl_code_recurrent,
    [BL_NN_KIND_SIMPLE_RNN] = bl_code_recurrent,
    [BL_NN_KIND_MASKING] = bl_code_masking,
    [BL_NN_KIND_CONV1D] = bl_code_convolution,
    [BL_NN_KIND_MAX_POOLING] = bl_code_pooling,
    [BL_NN_KIND_AVERAGE_POOLING] = bl_code_pooling,
    [BL_NN_KIND_GLOBAL_MAX_POOLING] = bl_code_reduce,
    [BL_NN_KIND_GLOBAL_AVERAGE_POOLING] = bl_code_reduce,
    [BL_NN_KIND_SUM] = bl_code_reduce,
    [BL_NN_KIND_MEAN] = bl_code_reduce,
    [BL_NN_KIND_MAX] = bl_code_reduce,
    [BL_NN_KIND_MIN] = bl_code_reduce,
    [BL_NN_KIND_ANY] = bl_code_reduce,
    [BL_NN_KIND_ALL] = bl_code_reduce,
    [BL_NN_KIND_FLATTEN] = bl_code_reshape,
    [BL_NN_KIND_RESHAPE] = bl_code_reshape,
    [BL_NN_KIND_PERMUTE] = bl_code_permute,
    [BL_NN_KIND_SLICE] = bl_code_slice,
    [BL_NN_KIND_CONCATENATE] = bl_code_concatenate,
    [BL_NN_KIND_ADD] = write_merge,
    [BL_NN_KIND_SUBTRACT] = write_merge,
    [BL_NN_KIND_MULTIPLY] = write_merge,
    [BL_NN_KIND_DIVIDE] = write_merge,
    [BL_NN_KIND_AVERAGE] = write_merge,
    [BL_NN_KIND_MAXIMUM] = write_merge,
    [BL_NN_KIND_MINIMUM] = write_merge,
    [BL_NN_KIND_NORMALIZATION] = write_scaling,
    [BL_NN_KIND_RESCALING] = write_scaling,
    [BL_NN_KIND_NOT_EQUAL] = write_comparison,
    [BL_NN_KIND_EQUAL] = write_comparison,
    [BL_NN_KIND_GREATER] = write_comparison,
    [BL_NN_KIND_GREATER_EQUAL] = write_comparison,
    [BL_NN_KIND_LESS] = write_comparison,
    [BL_NN_KIND_LESS_EQUAL] = write_comparison,
    [BL_NN_KIND_CLIP] = write_clip,
    [BL_NN_KIND_EXP] = write_function,
    [BL_NN_KIND_LOG] = write_function,
    [BL_NN_KIND_LOG1P] = write_function,
    [BL_NN_KIND_ABSOLUTE] = write_function,
    [BL_NN_KIND_SQUARE] = write_function,
    [BL_NN_KIND_SQRT] = write_function,
    [BL_NN_KIND_NEGATIVE] = write_function,
    [BL_NN_KIND_TREE_ENSEMBLE] = bl_code_forest,
};
