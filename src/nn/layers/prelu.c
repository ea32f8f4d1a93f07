// SPDX-License-Identifier: Apache-2.0
// PReLU: below 0 a slope that is trained, one for each column, whatever the step.
#include <string.h>

#include "nn/layers/rows.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_prelu_options *options = step->options;
    bl_nn_shape shape = bl_nn_plan_input(plan, step, 0);
    size_t sizes[] = {1, shape.width}; // as Keras has them where steps share slopes
    (void)err;
    bl_nn_plan_parameter(plan, step, "alpha", shape.steps ? 2 : 1, sizes + !shape.steps,
                         options->alpha_initializer, options->alpha_regularizer);
    bl_nn_plan_rowwise(plan, step, shape.width);
    return BL_OK;
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const float *alpha = bl_nn_parameter_at(run, step, 0);
    (void)err;
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++) {
        const float *x = bl_nn_row(run->values[step->inputs[0]], r);
        float *y = bl_nn_row(run->values[step->output], r);
        for (size_t i = 0; i < bl_nn_width(run, step->output); i++)
            y[i] = x[i] < 0 ? alpha[i] * x[i] : x[i];
    }
    return BL_OK;
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    const float *alpha = bl_nn_parameter_at(run, step, 0);
    float *sums = bl_nn_gradient_at(run, step, 0);
    bl_nn_matrix to = run->input_gradients[0];
    size_t n = bl_nn_width(run, step->output);
    if (!step->adds)
        memset(sums, 0, n * sizeof *sums);
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++) {
        const float *x = bl_nn_row(run->values[step->inputs[0]], r);
        const float *g = bl_nn_row(run->gradient, r);
        for (size_t i = 0; i < n; i++)
            sums[i] += x[i] < 0 ? g[i] * x[i] : 0;
        for (size_t i = 0; i < n && to.data; i++)
            bl_nn_row(to, r)[i] = x[i] < 0 ? g[i] * alpha[i] : g[i];
    }
}

const bl_nn_layer bl_nn_prelu_layer = {.plan = plan, .forward = forward, .backward = backward};
