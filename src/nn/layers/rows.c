// SPDX-License-Identifier: Apache-2.0
// Rows of several inputs, side by side.
#include "nn/layers/rows.h"

#include <string.h>

/// The mask of the output: the one that all inputs have, new rows where they have different ones;
/// BL_NN_NONE where an input has none.
static size_t plan_joined_mask(bl_nn_plan *plan, const bl_nn_step *step) {
    size_t first = plan->values.items[step->inputs[0]].mask, n_different = 0;
    for (size_t i = 0; i < step->n_inputs; i++) {
        size_t mask = plan->values.items[step->inputs[i]].mask;
        if (mask == BL_NN_NONE)
            return BL_NN_NONE;
        n_different += mask != first;
    }
    return n_different ? bl_nn_plan_rows(plan, bl_nn_plan_input(plan, step, 0).steps, true) : first;
}

bl_status bl_nn_plan_joined_rows(bl_nn_plan *plan, bl_nn_step *step, size_t width, bl_error *err) {
    bl_nn_shape first = bl_nn_plan_input(plan, step, 0);
    for (size_t i = 0; i < step->n_inputs; i++) {
        bl_nn_shape shape = bl_nn_plan_input(plan, step, i);
        char a[BL_NN_SHAPE_TEXT], b[BL_NN_SHAPE_TEXT];
        if (shape.steps != first.steps)
            return bl_nn_plan_error(step, BL_E_SHAPE, err,
                                    "takes inputs of as many steps, not %s and %s",
                                    bl_nn_shape_text(first, a), bl_nn_shape_text(shape, b));
    }
    bl_nn_plan_rowwise(plan, step, width);
    plan->values.items[step->output].mask = plan_joined_mask(plan, step);
    return BL_OK;
}

bl_status bl_nn_check_same_rows(const bl_nn_run *run, const bl_nn_step *step, size_t first,
                                size_t other, bl_error *err) {
    size_t these = run->value_list[step->inputs[first]].rows;
    size_t those = run->value_list[step->inputs[other]].rows;
    const uint32_t *a = run->rows[these].offsets, *b = run->rows[those].offsets;
    for (size_t e = 0; e < run->n_events && these != those; e++)
        if (a[e + 1] != b[e + 1])
            return bl_error_set(err, BL_E_SHAPE,
                                "layer '%s' takes as many rows of each input: event %zu has "
                                "%u and %u",
                                step->name, e, a[e + 1] - a[e], b[e + 1] - b[e]);
    return BL_OK;
}

/// Where any input's row counts.
static void join_masks(const bl_nn_run *run, const bl_nn_step *step, bl_nn_rows *joined) {
    uint32_t n = 0;
    for (size_t e = 0; e < run->n_events; e++) {
        size_t at[BL_NN_MOST_INPUTS];
        bl_nn_span span = bl_nn_event_rows(run, step->inputs[0], e);
        joined->offsets[e] = n;
        for (size_t i = 0; i < step->n_inputs; i++)
            at[i] = run->rows[run->value_list[step->inputs[i]].mask].offsets[e];
        for (size_t r = span.first; r < span.last; r++) {
            bool counts = false;
            for (size_t i = 0; i < step->n_inputs; i++) {
                const bl_nn_rows *rows = &run->rows[run->value_list[step->inputs[i]].mask];
                bool is_there = at[i] < rows->offsets[e + 1] && rows->index[at[i]] == r;
                at[i] += is_there;
                counts |= is_there;
            }
            joined->index[n] = (uint32_t)r;
            n += counts;
        }
    }
    joined->offsets[run->n_events] = n;
    joined->n = n;
}

bl_status bl_nn_find_joined_rows(const bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    for (size_t i = 1; i < step->n_inputs; i++)
        BL_TRY(bl_nn_check_same_rows(run, step, 0, i, err));
    size_t mask = run->value_list[step->output].mask;
    if (mask != run->value_list[step->inputs[0]].mask && mask != BL_NN_NONE)
        join_masks(run, step, &run->rows[mask]);
    return BL_OK;
}
