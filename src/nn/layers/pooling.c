// SPDX-License-Identifier: Apache-2.0
// MaxPooling1D and AveragePooling1D. What lies beyond the ends does not count.
#include <string.h>

#include "nn/layers/window.h"

static bl_nn_window window_of(const bl_nn_step *step) {
    const bl_nn_pooling_options *o = step->options;
    return (bl_nn_window){(size_t)o->pool_size, (size_t)(o->strides ? o->strides : o->pool_size), 1,
                          (bl_nn_window_padding)o->padding};
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    bl_nn_window window = window_of(step);
    return bl_nn_plan_windows(plan, step, &window, bl_nn_plan_input(plan, step, 0).width, err);
}

/// Column k of one window. \return how many steps it saw
static size_t pool(const bl_nn_step *step, const bl_nn_window *window, bl_nn_matrix x,
                   bl_nn_span span, size_t i, size_t k, float *ret_value) {
    bool is_max = step->kind == BL_NN_KIND_MAX_POOLING;
    size_t n_seen = 0;
    float value = 0;
    for (size_t t = 0; t < window->taps; t++) {
        size_t at = bl_nn_window_step(window, span.last - span.first, i, t);
        if (at == SIZE_MAX)
            continue;
        float next = bl_nn_row(x, span.first + at)[k];
        if (n_seen++ == 0)
            value = next;
        else if (!is_max)
            value += next;
        else
            value = value != value || value > next ? value : next;
    }
    *ret_value = is_max || !n_seen ? value : value / (float)n_seen;
    return n_seen;
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    bl_nn_window window = window_of(step);
    (void)err;
    bl_nn_find_windows(run, step, &window);
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span from = bl_nn_event_rows(run, step->inputs[0], e);
        bl_nn_span to = bl_nn_event_rows(run, step->output, e);
        for (size_t r = to.first; r < to.last; r++)
            for (size_t k = 0; k < bl_nn_width(run, step->output); k++)
                pool(step, &window, run->values[step->inputs[0]], from, r - to.first, k,
                     bl_nn_row(run->values[step->output], r) + k);
    }
    return BL_OK;
}

/// Of several that are the largest, the first takes all.
static void give_back(const bl_nn_run *run, const bl_nn_step *step, const bl_nn_window *window,
                      bl_nn_span span, size_t r, size_t i, size_t k) {
    bool is_max = step->kind == BL_NN_KIND_MAX_POOLING;
    bl_nn_matrix x = run->values[step->inputs[0]], to = run->input_gradients[0];
    float y, g = bl_nn_row(run->gradient, r)[k];
    size_t n_seen = pool(step, window, x, span, i, k, &y);
    for (size_t t = 0; t < window->taps; t++) {
        size_t at = bl_nn_window_step(window, span.last - span.first, i, t);
        if (at == SIZE_MAX)
            continue;
        if (!is_max)
            bl_nn_row(to, span.first + at)[k] += g / (float)n_seen;
        else if (bl_nn_row(x, span.first + at)[k] == y) {
            bl_nn_row(to, span.first + at)[k] += g;
            return;
        }
    }
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    bl_nn_window window = window_of(step);
    bl_nn_matrix to = run->input_gradients[0];
    if (!to.data)
        return;
    memset(to.data, 0, bl_nn_n_rows(run, step->inputs[0]) * to.stride * sizeof *to.data);
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span from = bl_nn_event_rows(run, step->inputs[0], e);
        bl_nn_span made = bl_nn_event_rows(run, step->output, e);
        for (size_t r = made.first; r < made.last; r++)
            for (size_t k = 0; k < bl_nn_width(run, step->output); k++)
                give_back(run, step, &window, from, r, r - made.first, k);
    }
}

const bl_nn_layer bl_nn_pooling_layer = {.plan = plan, .forward = forward, .backward = backward};
