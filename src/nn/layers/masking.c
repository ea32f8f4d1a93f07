// SPDX-License-Identifier: Apache-2.0
// Masking: rows of nothing but one value do not count. They are left out where nobody sees them
// (step->packs), else they are zeros, and the output has a mask.
#include <string.h>

#include "nn/layers/rows.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    bl_nn_shape shape = bl_nn_plan_input(plan, step, 0);
    if (!shape.steps)
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "takes sequences, not vectors");
    size_t input_rows = plan->values.items[step->inputs[0]].rows;
    size_t rows = bl_nn_plan_rows(plan, shape.steps, true);
    if (step->packs) {
        size_t packed = bl_nn_plan_rows(plan, shape.steps, false);
        bl_nn_plan_sequence(plan, step, packed, shape.steps, shape.width);
    } else {
        bl_nn_plan_sequence(plan, step, input_rows, shape.steps, shape.width);
        plan->values.items[step->output].mask = rows;
    }
    return BL_OK;
}

/// Of nearly all rows the first number tells.
static bool counts(const float *x, size_t n, float value) {
    for (size_t i = 0; i < n; i++)
        if (x[i] != value)
            return true;
    return false;
}

static void find_rows(bl_nn_run *run, const bl_nn_step *step) {
    bl_nn_rows *rows = &run->rows[step->first_rows];
    bl_nn_matrix x = run->values[step->inputs[0]];
    size_t width = bl_nn_width(run, step->output);
    float value = (float)((const bl_nn_masking_options *)step->options)->mask_value;
    uint32_t n = 0;
    for (size_t e = 0; e < run->n_events; e++) {
        rows->offsets[e] = n;
        bl_nn_span span = bl_nn_event_rows(run, step->inputs[0], e);
        for (size_t r = span.first; r < span.last; r++) {
            rows->index[n] = (uint32_t)r;
            n += counts(bl_nn_row(x, r), width, value);
        }
    }
    rows->offsets[run->n_events] = n;
    rows->n = n;
    if (step->packs) {
        bl_nn_rows *packed = &run->rows[step->first_rows + 1];
        memcpy(packed->offsets, rows->offsets, (run->n_events + 1) * sizeof *rows->offsets);
        packed->n = n;
    }
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    (void)err;
    find_rows(run, step);
    const bl_nn_rows *rows = &run->rows[step->first_rows];
    bl_nn_matrix x = run->values[step->inputs[0]], *y = &run->values[step->output];
    size_t width = bl_nn_width(run, step->output), n_all = bl_nn_n_rows(run, step->inputs[0]);
    if (rows->n == n_all) {
        *y = x;
        return BL_OK;
    }
    if (!step->packs)
        memset(y->data, 0, n_all * y->stride * sizeof *y->data);
    for (size_t i = 0; i < rows->n; i++)
        memcpy(bl_nn_row(*y, step->packs ? i : rows->index[i]), bl_nn_row(x, rows->index[i]),
               width * sizeof(float));
    return BL_OK;
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_rows *rows = &run->rows[step->first_rows];
    bl_nn_matrix g = run->gradient, to = run->input_gradients[0];
    if (!to.data)
        return;
    memset(to.data, 0, bl_nn_n_rows(run, step->inputs[0]) * to.stride * sizeof *to.data);
    for (size_t i = 0; i < rows->n; i++)
        memcpy(bl_nn_row(to, rows->index[i]), bl_nn_row(g, step->packs ? i : rows->index[i]),
               bl_nn_width(run, step->output) * sizeof(float));
}

const bl_nn_layer bl_nn_masking_layer = {.plan = plan, .forward = forward, .backward = backward};
