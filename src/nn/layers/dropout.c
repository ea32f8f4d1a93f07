// SPDX-License-Identifier: Apache-2.0
// Dropout: while training, numbers are zero at random and the others larger, so that the mean
// stays; SpatialDropout1D takes whole columns of an event. What an event loses depends on the seed,
// the step and the event's number alone.
#include "nn/layers/plan.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    double rate = ((const bl_nn_dropout_options *)step->options)->rate;
    if (!(rate >= 0 && rate < 1))
        return bl_nn_plan_error(step, BL_E_INVALID, err, "drops %g of all: 0 … 1, less than 1",
                                rate);
    bl_nn_plan_rowwise(plan, step, bl_nn_plan_input(plan, step, 0).width);
    const bl_nn_value *output = &plan->values.items[step->output];
    bl_nn_plan_slot(
        plan, step,
        (bl_nn_slot){.rows = output->rows, .per_row = output->stride, .only_trains = true});
    return BL_OK;
}

/// What the numbers of an event are multiplied with. \param n rows
static void draw(bl_nn_run *run, const bl_nn_step *step, size_t event, float *factors, size_t n) {
    double rate = ((const bl_nn_dropout_options *)step->options)->rate;
    size_t width = bl_nn_width(run, step->output), stride = run->value_list[step->output].stride;
    uint32_t below = (uint32_t)(rate * 0x1p32);
    float kept = (float)(1 / (1 - rate));
    bl_random random;
    bl_random_init(&random, run->seed, (uint32_t)step->number, run->first_event + event);
    bool is_spatial = step->kind == BL_NN_KIND_SPATIAL_DROPOUT;
    for (size_t r = 0; r < n; r++, factors += stride)
        for (size_t i = 0; i < width; i++)
            factors[i] = is_spatial && r                   ? factors[i - stride]
                         : bl_random_word(&random) < below ? 0
                                                           : kept;
}

static void multiply(bl_nn_matrix x, const float *factors, size_t stride, size_t m, size_t n,
                     bl_nn_matrix to) {
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < n; i++)
            to.data[r * to.stride + i] = x.data[r * x.stride + i] * factors[r * stride + i];
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    bl_nn_matrix x = run->values[step->inputs[0]], *y = &run->values[step->output];
    const bl_nn_value *value = &run->value_list[step->output];
    (void)err;
    if (!run->trains) {
        *y = x;
        return BL_OK;
    }
    float *factors = bl_nn_slot_at(run, step, 0);
    for (size_t e = 0; e < run->n_events; e++) {
        const uint32_t *offsets = value->rows ? run->rows[value->rows].offsets + e : NULL;
        size_t first = offsets ? offsets[0] : e, last = offsets ? offsets[1] : e + 1;
        draw(run, step, e, factors + first * value->stride, last - first);
    }
    multiply(x, factors, value->stride, bl_nn_n_rows(run, step->output), value->shape.width, *y);
    return BL_OK;
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_value *value = &run->value_list[step->output];
    if (run->input_gradients[0].data)
        multiply(run->gradient, bl_nn_slot_at(run, step, 0), value->stride,
                 bl_nn_n_rows(run, step->output), value->shape.width, run->input_gradients[0]);
}

const bl_nn_layer bl_nn_dropout_layer = {.plan = plan, .forward = forward, .backward = backward};
