// SPDX-License-Identifier: Apache-2.0
// SimpleRNN: h = a(x·W + b + h·U). Kept is h, or the argument where slopes come from that.
#include <string.h>

#include "nn/layers/recurrent.h"

static void forward(const bl_nn_recurrence *r) {
    const bl_nn_activation *a = &r->options->activation;
    bool needs_arguments = bl_nn_activation_needs_arguments(a);
    bl_nn_recurrent_multiply(r, 0, r->left, r->state_stride, true, r->arguments,
                             r->argument_stride);
    bl_nn_activate(r->run->kernels, a, r->arguments, r->argument_stride, r->m, r->units, r->next[0],
                   r->state_stride);
    for (size_t e = 0; e < r->m && r->run->trains; e++)
        memcpy(r->rows + e * r->row_stride,
               needs_arguments ? r->arguments + e * r->argument_stride
                               : r->next[0] + e * r->state_stride,
               r->units * sizeof *r->rows);
}

static void backward(const bl_nn_recurrence *r) {
    bl_nn_activate_back(r->run->kernels, &r->options->activation, r->rows, r->row_stride,
                        r->gradients[0], r->state_stride, r->m, r->units, r->slopes,
                        r->slope_stride);
    bl_nn_recurrent_multiply_back(r, false);
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    static const bl_nn_cell cell = {
        .n_gates = 1,
        .n_kept = 1,
        .n_slopes = 1,
        .n_states = 1,
        .n_biases = 1,
        .n_inputs = 1,
        .n_recurrents = 1,
        .inputs = {{.n = 1}},
        .recurrents = {{.n = 1}},
        .forward = forward,
        .backward = backward,
    };
    return bl_nn_recurrent_plan(plan, step, &cell, err);
}

const bl_nn_layer bl_nn_simple_rnn_layer = {
    .plan = plan, .forward = bl_nn_recurrent_forward, .backward = bl_nn_recurrent_backward};
