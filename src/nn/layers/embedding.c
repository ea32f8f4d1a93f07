// SPDX-License-Identifier: Apache-2.0
// Embedding: a row of a table for each whole number: a vector of n numbers becomes a sequence of n
// rows, a sequence of one column one of as many rows. With mask_zero zeros do not count.
#include <string.h>

#include "nn/layers/rows.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_embedding_options *options = step->options;
    bl_nn_shape shape = bl_nn_plan_input(plan, step, 0);
    if (shape.steps && shape.width != 1)
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "takes one column of a sequence, not %zu",
                                shape.width);
    size_t steps = shape.steps ? shape.steps : shape.width, width = (size_t)options->output_dim;
    bl_nn_plan_parameter(plan, step, "embeddings", 2, (size_t[]){(size_t)options->input_dim, width},
                         options->embeddings_initializer, options->embeddings_regularizer);
    size_t rows = bl_nn_plan_rows(plan, steps, false);
    bl_nn_plan_sequence(plan, step, rows, steps, width);
    if (options->mask_zero && !step->packs)
        plan->values.items[step->output].mask = bl_nn_plan_rows(plan, steps, true);
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.rows = rows, .per_row = 1});
    return BL_OK;
}

static bl_status read_number(const bl_nn_step *step, size_t event, float x, uint32_t *ret_number,
                             bl_error *err) {
    int64_t n = ((const bl_nn_embedding_options *)step->options)->input_dim;
    if (!(x >= 0 && x < (float)n))
        return bl_error_set(err, BL_E_INVALID,
                            "layer '%s' takes numbers from 0 to %lld; event %zu has %g", step->name,
                            (long long)n - 1, event, (double)x);
    *ret_number = (uint32_t)x;
    return BL_OK;
}

/// Rows of the output, of its mask, and the numbers of rows.
static bl_status find_rows(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const bl_nn_embedding_options *options = step->options;
    bl_nn_rows *rows = &run->rows[step->first_rows];
    size_t mask = run->value_list[step->output].mask;
    bl_nn_rows *counting = mask == BL_NN_NONE ? NULL : &run->rows[mask];
    uint32_t *numbers = bl_nn_numbers_at(run, step, 0), n = 0, n_counting = 0;
    bl_nn_matrix x = run->values[step->inputs[0]];
    bool is_vector = !run->value_list[step->inputs[0]].shape.steps;
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span span = bl_nn_event_rows(run, step->inputs[0], e);
        size_t n_numbers = is_vector ? bl_nn_width(run, step->inputs[0]) : span.last - span.first;
        rows->offsets[e] = n;
        if (counting)
            counting->offsets[e] = n_counting;
        for (size_t i = 0; i < n_numbers; i++) {
            const float *from = is_vector ? bl_nn_row(x, e) + i : bl_nn_row(x, span.first + i);
            uint32_t number;
            BL_TRY(read_number(step, e, *from, &number, err));
            if (options->mask_zero && number == 0 && step->packs)
                continue;
            if (counting)
                counting->index[n_counting] = n;
            n_counting += number != 0;
            numbers[n++] = number;
        }
    }
    rows->offsets[run->n_events] = n;
    rows->n = n;
    if (counting) {
        counting->offsets[run->n_events] = n_counting;
        counting->n = n_counting;
    }
    return BL_OK;
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    BL_TRY(find_rows(run, step, err));
    const uint32_t *numbers = bl_nn_numbers_at(run, step, 0);
    const float *table = bl_nn_parameter_at(run, step, 0);
    size_t width = bl_nn_width(run, step->output);
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++)
        memcpy(bl_nn_row(run->values[step->output], r), table + numbers[r] * width,
               width * sizeof *table);
    return BL_OK;
}

/// The numbers themselves have no gradient.
static void backward(bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_embedding_options *options = step->options;
    const uint32_t *numbers = bl_nn_numbers_at(run, step, 0);
    float *table = bl_nn_gradient_at(run, step, 0);
    size_t width = bl_nn_width(run, step->output);
    if (!step->adds)
        memset(table, 0, (size_t)options->input_dim * width * sizeof *table);
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++)
        for (size_t i = 0; i < width; i++)
            table[numbers[r] * width + i] += bl_nn_row(run->gradient, r)[i];
    bl_nn_matrix to = run->input_gradients[0];
    if (to.data)
        memset(to.data, 0, bl_nn_n_rows(run, step->inputs[0]) * to.stride * sizeof *to.data);
}

const bl_nn_layer bl_nn_embedding_layer = {.plan = plan, .forward = forward, .backward = backward};
