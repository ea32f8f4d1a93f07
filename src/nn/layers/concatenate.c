// SPDX-License-Identifier: Apache-2.0
// Concatenate: columns beside columns, or steps behind steps.
#include <string.h>

#include "nn/layers/rows.h"

static bool joins_steps(const bl_nn_plan *plan, const bl_nn_step *step) {
    int64_t axis = ((const bl_nn_concatenate_options *)step->options)->axis;
    return bl_nn_plan_input(plan, step, 0).steps && (axis == 1 || axis == -2);
}

static bl_status plan_steps(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    size_t steps = 0, width = bl_nn_plan_input(plan, step, 0).width;
    bool has_mask = false;
    for (size_t i = 0; i < step->n_inputs; i++) {
        bl_nn_shape shape = bl_nn_plan_input(plan, step, i);
        if (!shape.steps || shape.width != width)
            return bl_nn_plan_error(step, BL_E_SHAPE, err,
                                    "joins sequences of %zu columns, not of %zu", width,
                                    shape.width);
        steps += shape.steps;
        has_mask |= plan->values.items[step->inputs[i]].mask != BL_NN_NONE;
    }
    size_t rows = bl_nn_plan_rows(plan, steps, false);
    bl_nn_plan_sequence(plan, step, rows, steps, width);
    if (has_mask)
        plan->values.items[step->output].mask = bl_nn_plan_rows(plan, steps, true);
    return BL_OK;
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    if (joins_steps(plan, step))
        return plan_steps(plan, step, err);
    size_t width = 0;
    for (size_t i = 0; i < step->n_inputs; i++)
        width += bl_nn_plan_input(plan, step, i).width;
    return bl_nn_plan_joined_rows(plan, step, width, err);
}

static void copy(bl_nn_matrix from, bl_nn_matrix to, size_t m, size_t n) {
    for (size_t r = 0; r < m; r++)
        memcpy(bl_nn_row(to, r), bl_nn_row(from, r), n * sizeof(float));
}

static bool made_rows(const bl_nn_run *run, const bl_nn_step *step) {
    return run->value_list[step->output].rows != run->value_list[step->inputs[0]].rows;
}

/// Every event's rows of one input after the other. \param back from the output to the inputs
static void copy_steps(bl_nn_run *run, const bl_nn_step *step, bl_nn_matrix joined, bool back) {
    size_t n = bl_nn_width(run, step->output), to = 0;
    for (size_t e = 0; e < run->n_events; e++) {
        for (size_t i = 0; i < step->n_inputs; i++) {
            bl_nn_span span = bl_nn_event_rows(run, step->inputs[i], e);
            bl_nn_matrix part = back ? run->input_gradients[i] : run->values[step->inputs[i]];
            size_t m = span.last - span.first;
            bl_nn_matrix here = {bl_nn_row(joined, to), joined.stride};
            to += m;
            if (!part.data)
                continue;
            part.data = bl_nn_row(part, span.first);
            copy(back ? here : part, back ? part : here, m, n);
        }
    }
}

/// The rows that count of one input's event, behind those before. \param first of its rows in the
/// output
static void append_mask(const bl_nn_run *run, size_t value, size_t event, uint32_t first,
                        bl_nn_rows *mask) {
    const bl_nn_value *input = &run->value_list[value];
    const bl_nn_rows *rows = &run->rows[input->mask != BL_NN_NONE ? input->mask : input->rows];
    uint32_t begin = run->rows[input->rows].offsets[event];
    for (uint32_t i = rows->offsets[event]; i < rows->offsets[event + 1]; i++)
        mask->index[mask->n++] = first + (rows->index ? rows->index[i] : i) - begin;
}

/// Rows of the output, and which of them count.
static void find_steps(const bl_nn_run *run, const bl_nn_step *step) {
    bl_nn_rows *rows = &run->rows[step->first_rows];
    size_t mask = run->value_list[step->output].mask;
    bool has_mask = mask != BL_NN_NONE;
    uint32_t n = 0;
    if (has_mask)
        run->rows[mask].n = 0;
    for (size_t e = 0; e < run->n_events; e++) {
        rows->offsets[e] = n;
        if (has_mask)
            run->rows[mask].offsets[e] = (uint32_t)run->rows[mask].n;
        for (size_t i = 0; i < step->n_inputs; i++) {
            bl_nn_span span = bl_nn_event_rows(run, step->inputs[i], e);
            if (has_mask)
                append_mask(run, step->inputs[i], e, n, &run->rows[mask]);
            n += (uint32_t)(span.last - span.first);
        }
    }
    rows->offsets[run->n_events] = n;
    rows->n = n;
    if (has_mask)
        run->rows[mask].offsets[run->n_events] = (uint32_t)run->rows[mask].n;
}

static bl_status forward_steps(bl_nn_run *run, const bl_nn_step *step) {
    find_steps(run, step);
    copy_steps(run, step, run->values[step->output], false);
    return BL_OK;
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    if (made_rows(run, step))
        return forward_steps(run, step);
    BL_TRY(bl_nn_find_joined_rows(run, step, err));
    bl_nn_matrix y = run->values[step->output];
    for (size_t i = 0; i < step->n_inputs; i++) {
        size_t n = bl_nn_width(run, step->inputs[i]);
        copy(run->values[step->inputs[i]], y, bl_nn_n_rows(run, step->output), n);
        y.data += n;
    }
    return BL_OK;
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    bl_nn_matrix g = run->gradient;
    if (made_rows(run, step)) {
        copy_steps(run, step, g, true);
        return;
    }
    for (size_t i = 0; i < step->n_inputs; i++) {
        size_t n = bl_nn_width(run, step->inputs[i]);
        if (run->input_gradients[i].data)
            copy(g, run->input_gradients[i], bl_nn_n_rows(run, step->output), n);
        g.data += n;
    }
}

const bl_nn_layer bl_nn_concatenate_layer = {
    .plan = plan, .forward = forward, .backward = backward};
