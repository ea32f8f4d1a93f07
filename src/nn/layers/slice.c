// SPDX-License-Identifier: Apache-2.0
// Slice: some columns, or some steps of a sequence. Steps that an event lacks are zeros.
#include <string.h>

#include "nn/layers/rows.h"

static bool is_over_steps(const bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_slice_options *options = step->options;
    return run->value_list[step->inputs[0]].shape.steps && options->axis == 1;
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_slice_options *options = step->options;
    bl_nn_shape shape = bl_nn_plan_input(plan, step, 0);
    bool is_steps = shape.steps && options->axis == 1;
    size_t n = is_steps ? shape.steps : shape.width, size = (size_t)options->size;
    if ((size_t)options->start > n || size > n - (size_t)options->start)
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "takes %zu behind %lld, where there are %zu",
                                size, (long long)options->start, n);
    if (is_steps && !options->keepdims && size > 1)
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "makes a vector of one step, not of %zu",
                                size);
    if (!is_steps)
        bl_nn_plan_rowwise(plan, step, size);
    else if (options->keepdims)
        bl_nn_plan_sequence(plan, step, bl_nn_plan_rows(plan, size, false), size, shape.width);
    else
        bl_nn_plan_vector(plan, step, shape.width);
    return BL_OK;
}

static void take_steps(bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_slice_options *options = step->options;
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    size_t start = (size_t)options->start, size = (size_t)options->size;
    size_t bytes = bl_nn_width(run, step->output) * sizeof(float);
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span span = bl_nn_event_rows(run, step->inputs[0], e);
        for (size_t r = 0; r < size; r++) {
            float *to = bl_nn_row(y, e * size + r);
            if (span.first + start + r < span.last)
                memcpy(to, bl_nn_row(x, span.first + start + r), bytes);
            else
                memset(to, 0, bytes);
        }
    }
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const bl_nn_slice_options *options = step->options;
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    (void)err;
    if (!is_over_steps(run, step)) {
        for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++)
            memcpy(bl_nn_row(y, r), bl_nn_row(x, r) + options->start,
                   (size_t)options->size * sizeof(float));
        return BL_OK;
    }
    if (options->keepdims) {
        bl_nn_rows *rows = &run->rows[step->first_rows];
        for (size_t e = 0; e <= run->n_events; e++)
            rows->offsets[e] = (uint32_t)(e * (size_t)options->size);
        rows->n = run->n_events * (size_t)options->size;
    }
    take_steps(run, step);
    return BL_OK;
}

/// A row's gradient, or zeros where it was not taken.
static void put(float *to, size_t width, size_t start, const float *from, size_t n) {
    memset(to, 0, width * sizeof *to);
    if (from)
        memcpy(to + start, from, n * sizeof *to);
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_slice_options *options = step->options;
    bl_nn_matrix to = run->input_gradients[0], g = run->gradient;
    size_t width = bl_nn_width(run, step->inputs[0]), n = bl_nn_width(run, step->output);
    size_t start = (size_t)options->start, size = (size_t)options->size;
    if (!to.data)
        return;
    if (!is_over_steps(run, step)) {
        for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++)
            put(bl_nn_row(to, r), width, start, bl_nn_row(g, r), n);
        return;
    }
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span span = bl_nn_event_rows(run, step->inputs[0], e);
        for (size_t r = 0; r < span.last - span.first; r++)
            put(bl_nn_row(to, span.first + r), width, 0,
                r >= start && r - start < size ? bl_nn_row(g, e * size + r - start) : NULL, n);
    }
}

const bl_nn_layer bl_nn_slice_layer = {.plan = plan, .forward = forward, .backward = backward};
