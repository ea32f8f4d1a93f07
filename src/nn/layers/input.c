// SPDX-License-Identifier: Apache-2.0
// Input: what the caller feeds, where it lies, if it can be used there.
#include <string.h>

#include "nn/layers/plan.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_input_options *options = step->options;
    const int64_t *sizes = options->shape.items;
    size_t rank = options->shape.n;
    if (rank < 1 || rank > 2 || (options->ragged && rank < 2))
        return bl_nn_plan_error(step, BL_E_UNSUPPORTED, err,
                                "is a vector [n] or a sequence [steps, n], not of %zu axes", rank);
    for (size_t i = 0; i < rank; i++)
        if (sizes[i] < 1 || sizes[i] > INT32_MAX)
            return bl_nn_plan_error(step, BL_E_SHAPE, err, "has a size of %lld",
                                    (long long)sizes[i]);
    if (rank == 1) {
        bl_nn_plan_vector(plan, step, (size_t)sizes[0]);
        return BL_OK;
    }
    size_t rows = bl_nn_plan_rows(plan, (size_t)sizes[0], false);
    bl_nn_plan_sequence(plan, step, rows, (size_t)sizes[0], (size_t)sizes[1]);
    return BL_OK;
}

static bl_status check_lengths(const bl_nn_run *run, const bl_nn_step *step, size_t steps,
                               const bl_nn_feed *feed, bl_error *err) {
    for (size_t e = 0; e < run->n_events; e++) {
        int64_t n = feed->offsets[e + 1] - feed->offsets[e];
        if (n < 0 || (uint64_t)n > steps)
            return bl_error_set(err, BL_E_SHAPE,
                                "input '%s': event %zu has %lld rows, where there may be %zu",
                                step->name, e, (long long)n, steps);
    }
    return BL_OK;
}

/// Zeros stand behind the rows that an event has.
static void pad(const bl_nn_run *run, const bl_nn_step *step, const bl_nn_feed *feed,
                const float *data, size_t stride) {
    const bl_nn_value *value = &run->value_list[step->output];
    size_t steps = value->shape.steps, width = value->shape.width;
    float *to = run->values[step->output].data;
    for (size_t e = 0; e < run->n_events; e++) {
        size_t n = (size_t)(feed->offsets[e + 1] - feed->offsets[e]);
        for (size_t r = 0; r < n; r++, to += value->stride, data += stride)
            memcpy(to, data, width * sizeof *to);
        memset(to, 0, (steps - n) * value->stride * sizeof *to);
        to += (steps - n) * value->stride;
    }
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const bl_nn_input_options *options = step->options;
    const bl_nn_value *value = &run->value_list[step->output];
    const bl_nn_feed *feed = &run->feeds[step->first_slot];
    size_t steps = value->shape.steps, stride = feed->stride ? feed->stride : value->shape.width;
    const float *data = feed->data;
    if (!steps) {
        run->values[step->output] = (bl_nn_matrix){(float *)data, stride};
        return BL_OK;
    }
    bl_nn_rows *rows = &run->rows[value->rows];
    bool is_ragged = feed->offsets && (options->ragged || step->packs);
    if (feed->offsets) {
        BL_TRY(check_lengths(run, step, steps, feed, err));
        data += (size_t)feed->offsets[0] * stride;
    }
    for (size_t e = 0; e <= run->n_events; e++)
        rows->offsets[e] =
            (uint32_t)(is_ragged ? (size_t)(feed->offsets[e] - feed->offsets[0]) : e * steps);
    rows->n = rows->offsets[run->n_events];
    if (feed->offsets && !is_ragged)
        pad(run, step, feed, data, stride);
    else
        run->values[step->output] = (bl_nn_matrix){(float *)data, stride};
    return BL_OK;
}

const bl_nn_layer bl_nn_input_layer = {.plan = plan, .forward = forward};
