// SPDX-License-Identifier: Apache-2.0
// PReLU: below 0 a slope that is trained, for each number of an event.
#include <string.h>

#include "nn/layers/rows.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_prelu_options *options = step->options;
    bl_nn_shape shape = bl_nn_plan_input(plan, step, 0);
    size_t sizes[] = {shape.steps, shape.width};
    (void)err;
    bl_nn_plan_parameter(plan, step, "alpha", shape.steps ? 2 : 1, sizes + !shape.steps,
                         options->alpha_initializer, options->alpha_regularizer);
    bl_nn_plan_rowwise(plan, step, shape.width);
    return BL_OK;
}

/// Slopes of row r of an event.
static size_t slopes_of(const bl_nn_run *run, const bl_nn_step *step, size_t r) {
    return run->value_list[step->output].shape.steps ? r * bl_nn_width(run, step->output) : 0;
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const float *alpha = bl_nn_parameter_at(run, step, 0);
    (void)err;
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span span = bl_nn_event_rows(run, step->output, e);
        for (size_t r = span.first; r < span.last; r++) {
            const float *x = bl_nn_row(run->values[step->inputs[0]], r);
            const float *a = alpha + slopes_of(run, step, r - span.first);
            float *y = bl_nn_row(run->values[step->output], r);
            for (size_t i = 0; i < bl_nn_width(run, step->output); i++)
                y[i] = x[i] < 0 ? a[i] * x[i] : x[i];
        }
    }
    return BL_OK;
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    const float *alpha = bl_nn_parameter_at(run, step, 0);
    float *sums = bl_nn_gradient_at(run, step, 0);
    bl_nn_matrix to = run->input_gradients[0];
    if (!step->adds)
        memset(sums, 0, run->parameter_list[step->first_parameter].n * sizeof *sums);
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span span = bl_nn_event_rows(run, step->output, e);
        for (size_t r = span.first; r < span.last; r++) {
            const float *x = bl_nn_row(run->values[step->inputs[0]], r);
            const float *g = bl_nn_row(run->gradient, r);
            size_t slopes = slopes_of(run, step, r - span.first);
            for (size_t i = 0; i < bl_nn_width(run, step->output); i++) {
                sums[slopes + i] += x[i] < 0 ? g[i] * x[i] : 0;
                if (to.data)
                    bl_nn_row(to, r)[i] = x[i] < 0 ? g[i] * alpha[slopes + i] : g[i];
            }
        }
    }
}

const bl_nn_layer bl_nn_prelu_layer = {.plan = plan, .forward = forward, .backward = backward};
