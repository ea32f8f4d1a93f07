// SPDX-License-Identifier: Apache-2.0
// Dense: a(x·W + b) of each row.
#include "nn/layers/plan.h"

enum { KERNEL, BIAS };
enum { ARGUMENTS }; ///< slots

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_dense_options *options = step->options;
    size_t k = bl_nn_plan_input(plan, step, 0).width, n = (size_t)options->units;
    size_t rows = plan->values.items[step->inputs[0]].rows;
    (void)err;
    bl_nn_plan_parameter(plan, step, "kernel", 2, (size_t[]){k, n}, options->kernel_initializer,
                         options->kernel_regularizer);
    if (options->use_bias)
        bl_nn_plan_parameter(plan, step, "bias", 1, &n, options->bias_initializer,
                             options->bias_regularizer);
    bl_nn_plan_weights(plan, step, KERNEL, 0, k, n, n);
    bl_nn_plan_rowwise(plan, step, n);
    size_t stride = plan->values.items[step->output].stride;
    bool needs = bl_nn_activation_needs_arguments(&options->activation);
    bl_nn_plan_slot(plan, step,
                    (bl_nn_slot){.rows = rows, .per_row = needs ? stride : 0, .only_trains = true});
    return BL_OK;
}

/// Columns of a block whose rows lie so far apart: functions of numbers run on the gaps too, and so
/// on all rows at once.
static size_t n_columns(const bl_nn_activation *a, size_t n, size_t stride) {
    return a->kind == BL_NN_SOFTMAX || a->kind == BL_NN_LOG_SOFTMAX ? n : stride;
}

/// While training, arguments are kept where slopes come from them.
static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const bl_nn_dense_options *options = step->options;
    const bl_nn_activation *a = &options->activation;
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    size_t m = bl_nn_n_rows(run, step->inputs[0]), n = bl_nn_width(run, step->output);
    bool keeps = run->trains && bl_nn_activation_needs_arguments(a);
    bool ends = (run->trains && step->is_joined) || a->kind == BL_NN_LINEAR;
    float *arguments = keeps ? bl_nn_slot_at(run, step, ARGUMENTS) : y.data;
    (void)err;
    run->kernels->multiply(&(bl_nn_product){
        .m = m,
        .a = x.data,
        .a_stride = x.stride,
        .b = &bl_nn_weights_at(run, step, KERNEL)->forward,
        .bias = options->use_bias ? bl_nn_parameter_at(run, step, BIAS) : NULL,
        .rectifies = !ends && bl_nn_activation_rectifies(a),
        .out = arguments,
        .out_stride = y.stride,
    });
    if (!ends && !bl_nn_activation_rectifies(a))
        bl_nn_activate(run->kernels, a, arguments, y.stride, m, n_columns(a, n, y.stride), y.data,
                       y.stride);
    return BL_OK;
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_dense_options *options = step->options;
    const bl_nn_activation *a = &options->activation;
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    bl_nn_matrix g = run->gradient, to = run->input_gradients[0];
    size_t m = bl_nn_n_rows(run, step->inputs[0]), n = bl_nn_width(run, step->output);
    const bl_nn_value *input = &run->value_list[step->inputs[0]];
    bool is_done = step->is_joined || run->value_list[step->output].is_gated;
    if (!is_done && a->kind != BL_NN_LINEAR) {
        bool needs = bl_nn_activation_needs_arguments(a);
        const float *from = needs ? bl_nn_slot_at(run, step, ARGUMENTS) : y.data;
        size_t width = g.stride == y.stride ? n_columns(a, n, y.stride) : n;
        bl_nn_activate_back(run->kernels, a, from, y.stride, g.data, g.stride, m, width, g.data,
                            g.stride);
    }
    run->kernels->add_gradient(&(bl_nn_gradient){
        .m = m,
        .k = bl_nn_width(run, step->inputs[0]),
        .n = n,
        .a = x.data,
        .a_stride = x.stride,
        .b = g.data,
        .b_stride = g.stride,
        .adds = step->adds,
        .out = bl_nn_gradient_at(run, step, KERNEL),
        .out_stride = n,
    });
    if (options->use_bias)
        run->kernels->add_columns(g.data, g.stride, m, n, step->adds,
                                  bl_nn_gradient_at(run, step, BIAS));
    if (to.data)
        run->kernels->multiply(&(bl_nn_product){
            .m = m,
            .a = g.data,
            .a_stride = g.stride,
            .b = &bl_nn_weights_at(run, step, KERNEL)->backward,
            .gates = input->is_gated ? x.data : NULL,
            .gates_stride = x.stride,
            .out = to.data,
            .out_stride = to.stride,
        });
}

const bl_nn_layer bl_nn_dense_layer = {.plan = plan, .forward = forward, .backward = backward};
