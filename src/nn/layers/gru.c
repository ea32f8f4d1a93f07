// SPDX-License-Identifier: Apache-2.0
// GRU: gates z and r of x·W + h·U + b, and a candidate of x·W + b and q, where the reset gate comes
// either behind the product, q = r·(h·U + b'), or before it, q = (r·h)·U; h = z·h + (1 −
// z)·candidate.
#include <string.h>

#include "nn/kernels/gates.h"
#include "nn/layers/recurrent.h"

enum { UPDATE, RESET, CANDIDATE, N_GATES };
/// Behind the gates: h·U + b', and arguments.
enum { PRODUCT = N_GATES, ARGUMENTS, N_BLOCKS = ARGUMENTS + N_GATES };
/// Slopes of what is behind z and r: of q and then of the candidate; or, where the reset gate comes
/// before the product, of the candidate, and then r·h.
enum { FIRST = 2, SECOND, N_SLOPES };

// ---- the reset gate comes behind the product, with sigmoid and tanh ----

static void multiply(const bl_nn_recurrence *r) {
    bl_nn_recurrent_multiply(r, 0, r->left, r->state_stride, false, r->scratch, r->scratch_stride);
}

static void forward(const bl_nn_recurrence *r) {
    multiply(r);
    r->run->kernels->gru(&(bl_nn_gates){
        .m = r->m,
        .units = r->units,
        .arguments = r->arguments,
        .argument_stride = r->argument_stride,
        .recurrent = r->scratch,
        .recurrent_stride = r->scratch_stride,
        .state = r->states[0],
        .next = r->next[0],
        .state_stride = r->state_stride,
        .kept = r->run->trains ? r->rows : NULL,
        .kept_stride = r->row_stride,
    });
}

static void backward(const bl_nn_recurrence *r) {
    r->run->kernels->gru_back(&(bl_nn_gates_back){
        .m = r->m,
        .units = r->units,
        .kept = r->rows,
        .kept_stride = r->row_stride,
        .state = r->states[0],
        .slopes = r->slopes,
        .slope_stride = r->slope_stride,
        .output_gradient = r->gradients[0],
        .state_stride = r->state_stride,
    });
    bl_nn_recurrent_multiply_back(r, true);
}

// ---- with any activations, forward ----

static void activate(const bl_nn_recurrence *r, const bl_nn_activation *a, size_t gate) {
    bl_nn_activate(r->run->kernels, a, r->rows + (ARGUMENTS + gate) * r->units, r->row_stride, r->m,
                   r->units, r->rows + gate * r->units, r->row_stride);
}

/// Values of z and r; for the candidate the scratch has h·U + b', or r·h and its product.
static void forward_gates(const bl_nn_recurrence *r) {
    size_t units = r->units;
    multiply(r);
    for (size_t e = 0; e < r->m; e++) {
        float *to = r->rows + e * r->row_stride + ARGUMENTS * units;
        const float *from = r->arguments + e * r->argument_stride;
        const float *product = r->scratch + e * r->scratch_stride;
        for (size_t i = 0; i < 2 * units; i++)
            to[i] = from[i] + product[i];
    }
    activate(r, &r->options->recurrent_activation, UPDATE);
    activate(r, &r->options->recurrent_activation, RESET);
}

static void forward_candidate(const bl_nn_recurrence *r) {
    size_t units = r->units;
    activate(r, &r->options->activation, CANDIDATE);
    for (size_t e = 0; e < r->m; e++) {
        const float *z = r->rows + e * r->row_stride, *candidate = z + CANDIDATE * units;
        const float *h = r->states[0] + e * r->state_stride;
        float *next = r->next[0] + e * r->state_stride;
        for (size_t i = 0; i < units; i++)
            next[i] = z[i] * h[i] + (1 - z[i]) * candidate[i];
    }
}

static void forward_after(const bl_nn_recurrence *r) {
    size_t units = r->units;
    forward_gates(r);
    for (size_t e = 0; e < r->m; e++) {
        float *row = r->rows + e * r->row_stride;
        const float *from = r->arguments + e * r->argument_stride + CANDIDATE * units;
        const float *product = r->scratch + e * r->scratch_stride + CANDIDATE * units;
        memcpy(row + PRODUCT * units, product, units * sizeof *row);
        for (size_t i = 0; i < units; i++)
            row[(ARGUMENTS + CANDIDATE) * units + i] =
                from[i] + row[RESET * units + i] * product[i];
    }
    forward_candidate(r);
}

static void forward_before(const bl_nn_recurrence *r) {
    size_t units = r->units;
    forward_gates(r);
    for (size_t e = 0; e < r->m; e++) {
        float *row = r->rows + e * r->row_stride, *reset = r->scratch + e * r->scratch_stride;
        const float *h = r->states[0] + e * r->state_stride;
        for (size_t i = 0; i < units; i++)
            reset[i] = row[RESET * units + i] * h[i];
        memcpy(row + (ARGUMENTS + CANDIDATE) * units,
               r->arguments + e * r->argument_stride + CANDIDATE * units, units * sizeof *row);
    }
    bl_nn_recurrent_multiply(r, 1, r->scratch, r->scratch_stride, true,
                             r->rows + (ARGUMENTS + CANDIDATE) * units, r->row_stride);
    forward_candidate(r);
}

// ---- and backward ----

static void slope(const bl_nn_recurrence *r, const bl_nn_activation *a, size_t gate, size_t block) {
    size_t from = bl_nn_activation_needs_arguments(a) ? ARGUMENTS + gate : gate;
    float *gradient = r->slopes + block * r->units;
    bl_nn_activate_back(r->run->kernels, a, r->rows + from * r->units, r->row_stride, gradient,
                        r->slope_stride, r->m, r->units, gradient, r->slope_stride);
}

/// Slopes of z and, at `block`, of the candidate; the gradient of h becomes what goes past both.
static void backward_candidate(const bl_nn_recurrence *r, size_t block) {
    size_t units = r->units;
    for (size_t e = 0; e < r->m; e++) {
        const float *z = r->rows + e * r->row_stride, *candidate = z + CANDIDATE * units;
        const float *h = r->states[0] + e * r->state_stride;
        float *gradient = r->gradients[0] + e * r->state_stride;
        float *to = r->slopes + e * r->slope_stride;
        for (size_t i = 0; i < units; i++) {
            to[i] = gradient[i] * (h[i] - candidate[i]);
            to[block * units + i] = gradient[i] * (1 - z[i]);
            gradient[i] *= z[i];
        }
    }
    slope(r, &r->options->recurrent_activation, UPDATE, UPDATE);
    slope(r, &r->options->activation, CANDIDATE, block);
}

static void backward_after(const bl_nn_recurrence *r) {
    size_t units = r->units;
    backward_candidate(r, SECOND);
    for (size_t e = 0; e < r->m; e++) {
        const float *row = r->rows + e * r->row_stride;
        float *to = r->slopes + e * r->slope_stride;
        for (size_t i = 0; i < units; i++) {
            float gradient = to[SECOND * units + i];
            to[RESET * units + i] = gradient * row[PRODUCT * units + i];
            to[FIRST * units + i] = gradient * row[RESET * units + i];
        }
    }
    slope(r, &r->options->recurrent_activation, RESET, RESET);
    bl_nn_recurrent_multiply_back(r, true);
}

static void backward_before(const bl_nn_recurrence *r) {
    size_t units = r->units;
    backward_candidate(r, FIRST);
    r->run->kernels->multiply(&(bl_nn_product){
        .m = r->m,
        .a = r->slopes + FIRST * units,
        .a_stride = r->slope_stride,
        .b = &bl_nn_recurrent_piece(r, 1)->backward,
        .out = r->scratch, // of r·h
        .out_stride = r->scratch_stride,
    });
    for (size_t e = 0; e < r->m; e++) {
        const float *reset = r->rows + e * r->row_stride + RESET * units;
        const float *h = r->states[0] + e * r->state_stride,
                    *of = r->scratch + e * r->scratch_stride;
        float *gradient = r->gradients[0] + e * r->state_stride;
        float *to = r->slopes + e * r->slope_stride;
        for (size_t i = 0; i < units; i++) {
            to[RESET * units + i] = of[i] * h[i];
            to[SECOND * units + i] = reset[i] * h[i];
            gradient[i] += of[i] * reset[i];
        }
    }
    slope(r, &r->options->recurrent_activation, RESET, RESET);
    bl_nn_recurrent_multiply_back(r, true);
}

// ---- the layer ----

#define SIZES(run, kept, biases)                                                \
    .n_gates = N_GATES, .n_run = (run), .n_kept = (kept), .n_slopes = N_SLOPES, \
    .n_scratch = N_GATES, .n_states = 1, .n_biases = (biases)
#define BEHIND                        \
    .n_inputs = 2, .n_recurrents = 1, \
    .inputs = {{.n = 2}, {.column = CANDIDATE, .n = 1, .slope = SECOND}}, .recurrents = {{.n = 3}}

static const bl_nn_cell fast = {SIZES(0, PRODUCT + 1, 2), BEHIND, .forward = forward,
                                .backward = backward};
static const bl_nn_cell after = {SIZES(N_BLOCKS, N_BLOCKS, 2), BEHIND, .forward = forward_after,
                                 .backward = backward_after};
static const bl_nn_cell before = {
    SIZES(N_BLOCKS, N_BLOCKS, 1),
    .n_inputs = 1,
    .n_recurrents = 2,
    .inputs = {{.n = 3}},
    .recurrents = {{.n = 2}, {.column = CANDIDATE, .n = 1, .slope = FIRST, .left = SECOND}},
    .forward = forward_before,
    .backward = backward_before};

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_recurrent_options *o = step->options;
    bool is_usual =
        o->activation.kind == BL_NN_TANH && o->recurrent_activation.kind == BL_NN_SIGMOID;
    const bl_nn_cell *behind = is_usual ? &fast : &after;
    return bl_nn_recurrent_plan(plan, step, o->reset_after ? behind : &before, err);
}

const bl_nn_layer bl_nn_gru_layer = {
    .plan = plan, .forward = bl_nn_recurrent_forward, .backward = bl_nn_recurrent_backward};
