// SPDX-License-Identifier: Apache-2.0
// Activation: a function of each number, or, softmax, of each row.
#include "nn/layers/plan.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    (void)err;
    bl_nn_plan_rowwise(plan, step, bl_nn_plan_input(plan, step, 0).width);
    return BL_OK;
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const bl_nn_activation_options *options = step->options;
    bl_nn_matrix x = run->values[step->inputs[0]], *y = &run->values[step->output];
    (void)err;
    if (options->activation.kind == BL_NN_LINEAR || (run->trains && step->is_joined))
        *y = x;
    else
        bl_nn_activate(run->kernels, &options->activation, x.data, x.stride,
                       bl_nn_n_rows(run, step->inputs[0]), bl_nn_width(run, step->output), y->data,
                       y->stride);
    return BL_OK;
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    static const bl_nn_activation linear = {.kind = BL_NN_LINEAR};
    const bl_nn_activation_options *options = step->options;
    const bl_nn_activation *a = step->is_joined ? &linear : &options->activation;
    bool needs = bl_nn_activation_needs_arguments(a);
    bl_nn_matrix from = run->values[needs ? step->inputs[0] : step->output];
    bl_nn_matrix g = run->gradient, to = run->input_gradients[0];
    if (to.data)
        bl_nn_activate_back(run->kernels, a, from.data, from.stride, g.data, g.stride,
                            bl_nn_n_rows(run, step->inputs[0]), bl_nn_width(run, step->output),
                            to.data, to.stride);
}

const bl_nn_layer bl_nn_activation_layer = {.plan = plan, .forward = forward, .backward = backward};
