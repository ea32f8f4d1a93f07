// SPDX-License-Identifier: Apache-2.0
// Rows of several inputs, side by side.
#include "nn/layers/rows.h"

#include <string.h>

bl_status bl_nn_plan_joined_rows(bl_nn_plan *plan, bl_nn_step *step, size_t width, bl_error *err) {
    bl_nn_shape first = bl_nn_plan_input(plan, step, 0);
    size_t mask = BL_NN_NONE;
    for (size_t i = 0; i < step->n_inputs; i++) {
        const bl_nn_value *input = &plan->values.items[step->inputs[i]];
        char a[BL_NN_SHAPE_TEXT], b[BL_NN_SHAPE_TEXT];
        if (input->shape.steps != first.steps)
            return bl_nn_plan_error(step, BL_E_SHAPE, err,
                                    "takes inputs of as many steps, not %s "
                                    "and %s",
                                    bl_nn_shape_text(first, a), bl_nn_shape_text(input->shape, b));
        mask = mask == BL_NN_NONE ? input->mask : mask;
    }
    bl_nn_plan_rowwise(plan, step, width);
    plan->values.items[step->output].mask = mask;
    return BL_OK;
}

bl_status bl_nn_check_joined_rows(const bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    size_t first = run->value_list[step->inputs[0]].rows;
    for (size_t i = 1; i < step->n_inputs; i++) {
        size_t rows = run->value_list[step->inputs[i]].rows;
        if (rows == first)
            continue;
        const uint32_t *a = run->rows[first].offsets, *b = run->rows[rows].offsets;
        for (size_t e = 0; e < run->n_events; e++)
            if (a[e + 1] != b[e + 1])
                return bl_error_set(err, BL_E_SHAPE,
                                    "layer '%s' takes as many rows of each input: event %zu has "
                                    "%u and %u",
                                    step->name, e, a[e + 1] - a[e], b[e + 1] - b[e]);
    }
    return BL_OK;
}
