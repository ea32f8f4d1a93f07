// SPDX-License-Identifier: Apache-2.0
// Conv1D: a(x[taps × k]·W + b) at each place of a window. What a window sees is copied into one
// row, so that it is a product like Dense's.
#include <string.h>

#include "nn/layers/window.h"

enum { KERNEL, BIAS };
enum { SEEN, ARGUMENTS, SLOPES, BACK }; ///< slots

static bl_nn_window window_of(const bl_nn_step *step) {
    const bl_nn_convolution_options *o = step->options;
    return (bl_nn_window){(size_t)o->kernel_size, (size_t)o->strides, (size_t)o->dilation_rate,
                          (bl_nn_window_padding)o->padding};
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_convolution_options *o = step->options;
    bl_nn_window window = window_of(step);
    size_t width = bl_nn_plan_input(plan, step, 0).width, n = (size_t)o->filters, k;
    if (__builtin_mul_overflow(window.taps, width, &k) || k > BL_NN_MOST_PARAMETERS)
        return bl_nn_plan_error(step, BL_E_LIMIT, err, "has too many parameters");
    BL_TRY(bl_nn_plan_windows(plan, step, &window, n, err));
    bl_nn_plan_parameter(plan, step, "kernel", 3, (size_t[]){window.taps, width, n},
                         o->kernel_initializer, o->kernel_regularizer);
    if (o->use_bias)
        bl_nn_plan_parameter(plan, step, "bias", 1, &n, o->bias_initializer, o->bias_regularizer);
    bl_nn_plan_weights(plan, step, KERNEL, 0, k, n, n);
    const bl_nn_value *output = &plan->values.items[step->output];
    size_t rows = output->rows, stride = output->stride;
    bool needs = bl_nn_activation_needs_arguments(&o->activation);
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.rows = rows, .per_row = k});
    bl_nn_plan_slot(plan, step,
                    (bl_nn_slot){.rows = rows, .per_row = needs ? stride : 0, .only_trains = true});
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.rows = rows, .per_row = stride, .only_trains = true});
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.rows = rows, .per_row = k, .only_trains = true});
    return BL_OK;
}

/// What each window sees, tap by tap; zeros beyond the ends.
static void look(const bl_nn_run *run, const bl_nn_step *step, float *seen) {
    bl_nn_window window = window_of(step);
    size_t width = bl_nn_width(run, step->inputs[0]);
    bl_nn_matrix x = run->values[step->inputs[0]];
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span from = bl_nn_event_rows(run, step->inputs[0], e);
        bl_nn_span to = bl_nn_event_rows(run, step->output, e);
        for (size_t i = 0; i < to.last - to.first; i++)
            for (size_t t = 0; t < window.taps; t++, seen += width) {
                size_t at = bl_nn_window_step(&window, from.last - from.first, i, t);
                if (at == SIZE_MAX)
                    memset(seen, 0, width * sizeof *seen);
                else
                    memcpy(seen, bl_nn_row(x, from.first + at), width * sizeof *seen);
            }
    }
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const bl_nn_convolution_options *o = step->options;
    bl_nn_window window = window_of(step);
    bl_nn_matrix y = run->values[step->output];
    float *seen = bl_nn_slot_at(run, step, SEEN);
    const bl_nn_weights *weights = bl_nn_weights_at(run, step, KERNEL);
    bool keeps = run->trains && bl_nn_activation_needs_arguments(&o->activation);
    float *arguments = keeps ? bl_nn_slot_at(run, step, ARGUMENTS) : y.data;
    (void)err;
    bl_nn_find_windows(run, step, &window);
    look(run, step, seen);
    size_t m = bl_nn_n_rows(run, step->output);
    run->kernels->multiply(&(bl_nn_product){
        .m = m,
        .a = seen,
        .a_stride = weights->k,
        .b = &weights->forward,
        .bias = o->use_bias ? bl_nn_parameter_at(run, step, BIAS) : NULL,
        .out = arguments,
        .out_stride = y.stride,
    });
    bl_nn_activate(run->kernels, &o->activation, arguments, y.stride, m, weights->n, y.data,
                   y.stride);
    return BL_OK;
}

/// Gradients of what was seen go back to where it was.
static void give_back(const bl_nn_run *run, const bl_nn_step *step, const float *seen) {
    bl_nn_window window = window_of(step);
    size_t width = bl_nn_width(run, step->inputs[0]);
    bl_nn_matrix to = run->input_gradients[0];
    memset(to.data, 0, bl_nn_n_rows(run, step->inputs[0]) * to.stride * sizeof *to.data);
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span from = bl_nn_event_rows(run, step->inputs[0], e);
        bl_nn_span made = bl_nn_event_rows(run, step->output, e);
        for (size_t i = 0; i < made.last - made.first; i++)
            for (size_t t = 0; t < window.taps; t++, seen += width) {
                size_t at = bl_nn_window_step(&window, from.last - from.first, i, t);
                for (size_t k = 0; k < width && at != SIZE_MAX; k++)
                    bl_nn_row(to, from.first + at)[k] += seen[k];
            }
    }
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_convolution_options *o = step->options;
    const bl_nn_activation *a = &o->activation;
    const bl_nn_weights *weights = bl_nn_weights_at(run, step, KERNEL);
    bl_nn_matrix y = run->values[step->output], g = run->gradient;
    size_t m = bl_nn_n_rows(run, step->output);
    if (a->kind != BL_NN_LINEAR) {
        bool needs = bl_nn_activation_needs_arguments(a);
        float *slopes = bl_nn_slot_at(run, step, SLOPES);
        bl_nn_activate_back(run->kernels, a, needs ? bl_nn_slot_at(run, step, ARGUMENTS) : y.data,
                            y.stride, g.data, g.stride, m, weights->n, slopes, y.stride);
        g = (bl_nn_matrix){slopes, y.stride};
    }
    run->kernels->add_gradient(&(bl_nn_gradient){
        .m = m,
        .k = weights->k,
        .n = weights->n,
        .a = bl_nn_slot_at(run, step, SEEN),
        .a_stride = weights->k,
        .b = g.data,
        .b_stride = g.stride,
        .adds = step->adds,
        .out = bl_nn_gradient_at(run, step, KERNEL),
        .out_stride = weights->n,
    });
    if (o->use_bias)
        run->kernels->add_columns(g.data, g.stride, m, weights->n, step->adds,
                                  bl_nn_gradient_at(run, step, BIAS));
    if (!run->input_gradients[0].data)
        return;
    float *back = bl_nn_slot_at(run, step, BACK);
    run->kernels->multiply(&(bl_nn_product){
        .m = m,
        .a = g.data,
        .a_stride = g.stride,
        .b = &weights->backward,
        .out = back,
        .out_stride = weights->k,
    });
    give_back(run, step, back);
}

const bl_nn_layer bl_nn_convolution_layer = {
    .plan = plan, .forward = forward, .backward = backward};
