// SPDX-License-Identifier: Apache-2.0
// Permute: steps become columns, and columns steps. Steps that an event lacks are zeros.
#include "nn/layers/rows.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_counts *dims = &((const bl_nn_permute_options *)step->options)->dims;
    bl_nn_shape shape = bl_nn_plan_input(plan, step, 0);
    if (dims->n != 2 || dims->items[0] != 2 || dims->items[1] != 1)
        return bl_nn_plan_error(step, BL_E_UNSUPPORTED, err, "knows the order [2, 1] alone");
    if (!shape.steps)
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "takes sequences, not vectors");
    size_t rows = bl_nn_plan_rows(plan, shape.width, false);
    bl_nn_plan_sequence(plan, step, rows, shape.width, shape.steps);
    return BL_OK;
}

/// The rows of an event as columns: to[c][r] = from[r][c], and zeros where there is no row.
static void turn(const float *from, size_t stride, bl_nn_span span, float *to, size_t stride_to,
                 bl_nn_span span_to, size_t width_to) {
    size_t n = span.last - span.first;
    for (size_t c = 0; c < span_to.last - span_to.first; c++) {
        float *out = to + (span_to.first + c) * stride_to;
        for (size_t r = 0; r < width_to; r++)
            out[r] = r < n ? from[(span.first + r) * stride + c] : 0;
    }
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    bl_nn_shape shape = run->value_list[step->output].shape;
    bl_nn_rows *rows = &run->rows[step->first_rows];
    (void)err;
    for (size_t e = 0; e <= run->n_events; e++)
        rows->offsets[e] = (uint32_t)(e * shape.steps);
    rows->n = run->n_events * shape.steps;
    for (size_t e = 0; e < run->n_events; e++)
        turn(x.data, x.stride, bl_nn_event_rows(run, step->inputs[0], e), y.data, y.stride,
             bl_nn_event_rows(run, step->output, e), shape.width);
    return BL_OK;
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    bl_nn_matrix to = run->input_gradients[0], g = run->gradient;
    size_t width = bl_nn_width(run, step->inputs[0]);
    for (size_t e = 0; e < run->n_events && to.data; e++)
        turn(g.data, g.stride, bl_nn_event_rows(run, step->output, e), to.data, to.stride,
             bl_nn_event_rows(run, step->inputs[0], e), width);
}

const bl_nn_layer bl_nn_permute_layer = {.plan = plan, .forward = forward, .backward = backward};
