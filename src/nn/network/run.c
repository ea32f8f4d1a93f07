// SPDX-License-Identifier: Apache-2.0
// Running a shard forward and backward.
#include <string.h>

#include "nn/network/private.h"

// ---- forward ----

bl_status bl_nn_workspace_begin(bl_nn_workspace *w, size_t n_events, const bl_nn_feed *feeds,
                                bl_error *err) {
    size_t n_values = w->network->plan.values.n;
    if (n_events > w->most_events)
        return bl_error_set(err, BL_E_INVALID, "%zu events where there is memory for %zu", n_events,
                            w->most_events);
    memcpy(w->run.values, w->own_values, n_values * sizeof *w->own_values);
    memset(w->has_gradient, 0, n_values * sizeof *w->has_gradient);
    w->run.n_events = n_events;
    w->run.rows[0].n = n_events;
    w->run.feeds = feeds;
    return BL_OK;
}

/// The rows of the step's input that the mask, which it was given, lets count.
static void fill_mask(bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_value *input = &run->value_list[step->inputs[0]];
    const bl_nn_value *mask = &run->value_list[step->mask];
    const bl_nn_rows *all = &run->rows[input->rows];
    bl_nn_matrix flags = run->values[step->mask];
    bl_nn_rows *rows = &run->rows[step->own_mask];
    uint32_t n = 0;
    for (size_t e = 0; e < run->n_events; e++) {
        rows->offsets[e] = n;
        uint32_t first = all->offsets[e], last = all->offsets[e + 1];
        for (uint32_t r = first; r < last; r++) {
            float flag = mask->shape.steps ? flags.data[r * flags.stride]
                                           : flags.data[e * flags.stride + (r - first)];
            rows->index[n] = r;
            n += flag != 0;
        }
    }
    rows->offsets[run->n_events] = n;
    rows->n = n;
}

bl_status bl_nn_run_forward(bl_nn_workspace *w, size_t first, size_t last, bl_error *err) {
    for (size_t i = first; i < last; i++) {
        const bl_nn_step *step = &w->network->steps[i];
        if (step->own_mask != BL_NN_NONE)
            fill_mask(&w->run, step);
        BL_TRY(step->layer->forward(&w->run, step, err));
    }
    return BL_OK;
}

void bl_nn_run_measure(bl_nn_workspace *w, const bl_nn_step *step) {
    if (step->own_mask != BL_NN_NONE)
        fill_mask(&w->run, step);
    step->layer->measure(&w->run, step);
}

bl_status bl_nn_predict(bl_nn_workspace *w, size_t n_events, const bl_nn_feed *feeds,
                        bl_nn_matrix *ret_outputs, bl_error *err) {
    BL_TRY(bl_nn_workspace_begin(w, n_events, feeds, err));
    w->run.trains = false;
    BL_TRY(bl_nn_run_forward(w, 0, w->network->n_steps, err));
    for (size_t i = 0; i < w->network->n_outputs; i++)
        ret_outputs[i] = w->run.values[w->network->outputs[i]];
    return BL_OK;
}

const uint32_t *bl_nn_output_offsets(const bl_nn_workspace *w, size_t output) {
    size_t rows = w->network->plan.values.items[w->network->outputs[output]].rows;
    return rows ? w->run.rows[rows].offsets : NULL;
}

// ---- backward ----

static size_t n_rows_of(const bl_nn_workspace *w, size_t value) {
    return bl_nn_n_rows(&w->run, value);
}

static void clear(const bl_nn_workspace *w, size_t value, bl_nn_matrix m) {
    memset(m.data, 0, n_rows_of(w, value) * m.stride * sizeof *m.data);
}

/// Rows have no gaps that anyone reads, so that they are added with what lies in between.
static void add(const bl_nn_workspace *w, size_t value) {
    float *restrict to = w->value_gradients[value].data;
    const float *restrict from = w->spare_gradients[value].data;
    size_t width = w->network->plan.values.items[value].shape.width;
    size_t stride = w->value_gradients[value].stride;
    for (size_t r = 0, n = n_rows_of(w, value); r < n; r++, to += stride, from += stride)
        for (size_t i = 0; i < width; i++)
            to[i] += from[i];
}

bl_nn_matrix bl_nn_output_gradient(bl_nn_workspace *w, size_t output) {
    size_t value = w->network->outputs[output];
    w->has_gradient[value] = true;
    return w->value_gradients[value];
}

bool bl_nn_run_point(bl_nn_workspace *w, const bl_nn_step *step) {
    w->run.gradient = w->value_gradients[step->output];
    if (!w->run.gradient.data)
        return false;
    if (!w->has_gradient[step->output])
        clear(w, step->output, w->run.gradient);
    w->has_gradient[step->output] = true;
    for (size_t i = 0; i < step->n_inputs; i++) {
        size_t value = step->inputs[i];
        w->run.input_gradients[i] =
            w->has_gradient[value] ? w->spare_gradients[value] : w->value_gradients[value];
    }
    return true;
}

static void run_backward(bl_nn_workspace *w, const bl_nn_step *step) {
    if (!step->layer->backward || !bl_nn_run_point(w, step))
        return;
    step->layer->backward(&w->run, step);
    for (size_t i = 0; i < step->n_inputs; i++) {
        size_t value = step->inputs[i];
        if (!w->run.input_gradients[i].data)
            continue;
        if (w->has_gradient[value])
            add(w, value);
        w->has_gradient[value] = true;
    }
}

void bl_nn_run_backward(bl_nn_workspace *w, size_t first, size_t last) {
    for (size_t i = last; i-- > first;)
        run_backward(w, &w->network->steps[i]);
}
