// SPDX-License-Identifier: Apache-2.0
// Windows over sequences: their rows.
#include "nn/layers/window.h"

bl_status bl_nn_plan_windows(bl_nn_plan *plan, bl_nn_step *step, const bl_nn_window *window,
                             size_t width, bl_error *err) {
    bl_nn_shape shape = bl_nn_plan_input(plan, step, 0);
    if (!shape.steps)
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "takes sequences, not vectors");
    size_t n = bl_nn_window_count(window, shape.steps);
    if (!n)
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "sees %zu steps at once; there are %zu",
                                bl_nn_window_reach(window), shape.steps);
    bl_nn_plan_sequence(plan, step, bl_nn_plan_rows(plan, n, false), n, width);
    return BL_OK;
}

void bl_nn_find_windows(bl_nn_run *run, const bl_nn_step *step, const bl_nn_window *window) {
    bl_nn_rows *rows = &run->rows[step->first_rows];
    size_t n = 0;
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span span = bl_nn_event_rows(run, step->inputs[0], e);
        rows->offsets[e] = (uint32_t)n;
        n += bl_nn_window_count(window, span.last - span.first);
    }
    rows->offsets[run->n_events] = (uint32_t)n;
    rows->n = n;
}
