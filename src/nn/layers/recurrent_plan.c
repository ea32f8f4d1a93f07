// SPDX-License-Identifier: Apache-2.0
// Recurrent layers, planned: their options, parameters and memory.
#include "nn/layers/recurrent_private.h"

static bl_status check(const bl_nn_plan *plan, const bl_nn_step *step, bl_error *err) {
    const bl_nn_recurrent_options *o = step->options;
    bl_nn_shape input = bl_nn_plan_input(plan, step, 0);
    char text[BL_NN_SHAPE_TEXT];
    if (!input.steps)
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "takes sequences, not %s",
                                bl_nn_shape_text(input, text));
    if (!(o->dropout >= 0 && o->dropout < 1))
        return bl_nn_plan_error(step, BL_E_INVALID, err, "has a dropout of %g", o->dropout);
    if (!(o->recurrent_dropout >= 0 && o->recurrent_dropout < 1))
        return bl_nn_plan_error(step, BL_E_INVALID, err, "has a recurrent_dropout of %g",
                                o->recurrent_dropout);
    return BL_OK;
}

static void plan_pieces(bl_nn_plan *plan, bl_nn_step *step, size_t parameter, size_t k,
                        const bl_nn_piece *pieces, size_t n) {
    const bl_nn_recurrent_options *o = step->options;
    const bl_nn_cell *cell = step->state;
    size_t units = (size_t)o->units;
    for (size_t i = 0; i < n; i++)
        bl_nn_plan_weights(plan, step, parameter, pieces[i].column * units, k, pieces[i].n * units,
                           cell->n_gates * units);
}

static void plan_parameters(bl_nn_plan *plan, bl_nn_step *step, size_t width) {
    const bl_nn_recurrent_options *o = step->options;
    const bl_nn_cell *cell = step->state;
    size_t units = (size_t)o->units, n = cell->n_gates * units;
    size_t biases[] = {cell->n_biases, n};
    bl_nn_plan_parameter(plan, step, "kernel", 2, (size_t[]){width, n}, o->kernel_initializer,
                         o->kernel_regularizer);
    bl_nn_plan_parameter(plan, step, "recurrent_kernel", 2, (size_t[]){units, n},
                         o->recurrent_initializer, o->recurrent_regularizer);
    if (o->use_bias)
        bl_nn_plan_parameter(plan, step, "bias", cell->n_biases > 1 ? 2 : 1,
                             cell->n_biases > 1 ? biases : &n, o->bias_initializer,
                             o->bias_regularizer);
    bl_nn_plan_weights(plan, step, KERNEL, 0, width, n, n);
    plan_pieces(plan, step, RECURRENT_KERNEL, units, cell->recurrents, cell->n_recurrents);
    if (cell->n_inputs > 1)
        plan_pieces(plan, step, KERNEL, width, cell->inputs, cell->n_inputs);
}

static void plan_slots(bl_nn_plan *plan, bl_nn_step *step, size_t width) {
    const bl_nn_recurrent_options *o = step->options;
    const bl_nn_cell *cell = step->state;
    size_t rows = plan->values.items[step->inputs[0]].rows;
    size_t units = (size_t)o->units, state = padded(units), all = cell->n_states * state;
    size_t gates = padded(cell->n_gates * units), slopes = padded(cell->n_slopes * units);
    size_t left = o->recurrent_dropout > 0 ? state : 0, drops = o->dropout > 0 ? width : 0;
    bl_nn_slot slots[] = {
        [CHUNK_INPUTS] = {.once = CHUNK_ROWS * width},
        [CHUNK_GATES] = {.once = CHUNK_ROWS * (gates > slopes ? gates : slopes)},
        [NOW] = {.per_event = all},
        [ROWS] = {.per_event = padded(cell->n_run * units)},
        [SCRATCH] = {.per_event = padded(cell->n_scratch * units)},
        [KEPT] = {.per_row = padded(cell->n_kept * units), .only_trains = true},
        [STATES] = {.per_row = all, .per_event = all, .only_trains = true},
        [LEFT] = {.per_row = left, .per_event = left, .only_trains = true},
        [DROPS] = {.per_event = drops + left, .only_trains = true},
        [SUMS] = {.once = slopes, .only_trains = true},
    };
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        slots[i].rows = rows;
        bl_nn_plan_slot(plan, step, slots[i]);
    }
}

bl_status bl_nn_recurrent_plan(bl_nn_plan *plan, bl_nn_step *step, const bl_nn_cell *cell,
                               bl_error *err) {
    const bl_nn_recurrent_options *o = step->options;
    BL_TRY(check(plan, step, err));
    size_t width = bl_nn_plan_input(plan, step, 0).width;
    step->state = (void *)cell;
    plan_parameters(plan, step, width);
    plan_slots(plan, step, width);
    if (o->return_sequences)
        bl_nn_plan_rowwise(plan, step, (size_t)o->units);
    else
        bl_nn_plan_vector(plan, step, (size_t)o->units);
    return BL_OK;
}
