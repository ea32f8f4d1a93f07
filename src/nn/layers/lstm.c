// SPDX-License-Identifier: Apache-2.0
// LSTM: gates i, f, o and a candidate g of x·W + h·U + b; c = f·c + i·g, h = o·a(c).
#include <string.h>

#include "nn/kernels/gates.h"
#include "nn/layers/recurrent.h"

enum { IN, FORGET, CANDIDATE, OUT, N_GATES };
enum { TANH = N_GATES, ARGUMENTS, CARRY = ARGUMENTS + N_GATES, N_BLOCKS }; ///< behind the gates

// ---- with sigmoid and tanh ----

static void forward(const bl_nn_recurrence *r) {
    bl_nn_recurrent_multiply(r, 0, r->left, r->state_stride, true, r->arguments,
                             r->argument_stride);
    r->run->kernels->lstm(&(bl_nn_gates){
        .m = r->m,
        .units = r->units,
        .arguments = r->arguments,
        .argument_stride = r->argument_stride,
        .state = r->states[1],
        .next = r->next[1],
        .output = r->next[0],
        .state_stride = r->state_stride,
        .kept = r->run->trains ? r->rows : NULL,
        .kept_stride = r->row_stride,
    });
}

static void backward(const bl_nn_recurrence *r) {
    r->run->kernels->lstm_back(&(bl_nn_gates_back){
        .m = r->m,
        .units = r->units,
        .kept = r->rows,
        .kept_stride = r->row_stride,
        .state = r->states[1],
        .slopes = r->slopes,
        .slope_stride = r->slope_stride,
        .output_gradient = r->gradients[0],
        .carry_gradient = r->gradients[1],
        .state_stride = r->state_stride,
    });
    bl_nn_recurrent_multiply_back(r, false);
}

// ---- with any activations ----

static const bl_nn_activation *activation_of(const bl_nn_recurrence *r, size_t gate) {
    return gate == CANDIDATE ? &r->options->activation : &r->options->recurrent_activation;
}

static void forward_any(const bl_nn_recurrence *r) {
    const bl_nn_kernels *k = r->run->kernels;
    size_t units = r->units, stride = r->row_stride;
    float *arguments = r->rows + ARGUMENTS * units, *carry = r->rows + CARRY * units;
    bl_nn_recurrent_multiply(r, 0, r->left, r->state_stride, true, r->arguments,
                             r->argument_stride);
    for (size_t e = 0; e < r->m; e++)
        memcpy(arguments + e * stride, r->arguments + e * r->argument_stride,
               N_GATES * units * sizeof *arguments);
    for (size_t g = 0; g < N_GATES; g++)
        bl_nn_activate(k, activation_of(r, g), arguments + g * units, stride, r->m, units,
                       r->rows + g * units, stride);
    for (size_t e = 0; e < r->m; e++) {
        const float *row = r->rows + e * stride, *before = r->states[1] + e * r->state_stride;
        float *c = carry + e * stride;
        for (size_t i = 0; i < units; i++)
            c[i] = row[FORGET * units + i] * before[i] + row[i] * row[CANDIDATE * units + i];
        memcpy(r->next[1] + e * r->state_stride, c, units * sizeof *c);
    }
    bl_nn_activate(k, &r->options->activation, carry, stride, r->m, units, r->rows + TANH * units,
                   stride);
    for (size_t e = 0; e < r->m; e++) {
        const float *out = r->rows + e * stride + OUT * units, *of_c = out + units;
        float *h = r->next[0] + e * r->state_stride;
        for (size_t i = 0; i < units; i++)
            h[i] = out[i] * of_c[i];
    }
}

/// A gradient goes back through an activation, by its block of values or of arguments.
static void slope(const bl_nn_recurrence *r, const bl_nn_activation *a, size_t values,
                  size_t arguments, float *gradient, size_t stride) {
    size_t from = bl_nn_activation_needs_arguments(a) ? arguments : values;
    bl_nn_activate_back(r->run->kernels, a, r->rows + from * r->units, r->row_stride, gradient,
                        stride, r->m, r->units, gradient, stride);
}

static void backward_any(const bl_nn_recurrence *r) {
    size_t units = r->units;
    for (size_t e = 0; e < r->m; e++) { // the gradient of a(c), where that of f is later
        const float *out = r->rows + e * r->row_stride + OUT * units;
        const float *gradient = r->gradients[0] + e * r->state_stride;
        float *to = r->slopes + e * r->slope_stride;
        for (size_t i = 0; i < units; i++) {
            to[FORGET * units + i] = gradient[i] * out[i];
            to[OUT * units + i] = gradient[i] * out[units + i];
        }
    }
    slope(r, &r->options->activation, TANH, CARRY, r->slopes + FORGET * units, r->slope_stride);
    for (size_t e = 0; e < r->m; e++) {
        const float *row = r->rows + e * r->row_stride, *c = r->states[1] + e * r->state_stride;
        float *to = r->slopes + e * r->slope_stride;
        float *of_c = r->gradients[1] + e * r->state_stride;
        for (size_t i = 0; i < units; i++) {
            float gradient = of_c[i] + to[FORGET * units + i];
            to[i] = gradient * row[CANDIDATE * units + i];
            to[FORGET * units + i] = gradient * c[i];
            to[CANDIDATE * units + i] = gradient * row[i];
            of_c[i] = gradient * row[FORGET * units + i];
        }
    }
    for (size_t g = 0; g < N_GATES; g++)
        slope(r, activation_of(r, g), g, ARGUMENTS + g, r->slopes + g * units, r->slope_stride);
    bl_nn_recurrent_multiply_back(r, false);
}

// ---- the layer ----

#define CELL(run, kept, forward_of, backward_of)                                                  \
    {                                                                                             \
        .n_gates = N_GATES, .n_run = (run), .n_kept = (kept), .n_slopes = N_GATES, .n_states = 2, \
        .n_biases = 1, .n_inputs = 1, .n_recurrents = 1, .inputs = {{.n = N_GATES}},              \
        .recurrents = {{.n = N_GATES}}, .forward = forward_of, .backward = backward_of            \
    }

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    static const bl_nn_cell fast = CELL(0, TANH + 1, forward, backward);
    static const bl_nn_cell any = CELL(N_BLOCKS, N_BLOCKS, forward_any, backward_any);
    const bl_nn_recurrent_options *o = step->options;
    bool is_usual =
        o->activation.kind == BL_NN_TANH && o->recurrent_activation.kind == BL_NN_SIGMOID;
    BL_TRY(bl_nn_recurrent_plan(plan, step, is_usual ? &fast : &any, err));
    if (o->use_bias && o->unit_forget_bias && plan->status == BL_OK) {
        bl_nn_parameter *bias = &plan->parameters.items[plan->parameters.n - 1];
        bias->first_one = FORGET * (size_t)o->units;
        bias->n_ones = (size_t)o->units;
    }
    return BL_OK;
}

const bl_nn_layer bl_nn_lstm_layer = {
    .plan = plan, .forward = bl_nn_recurrent_forward, .backward = bl_nn_recurrent_backward};
