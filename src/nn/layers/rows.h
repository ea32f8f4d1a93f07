// SPDX-License-Identifier: Apache-2.0
/// \file
/// What several layers do with rows.
#ifndef BL_NN_LAYERS_ROWS_H
#define BL_NN_LAYERS_ROWS_H

#include "nn/layers/plan.h"

/// The rows of event e of a value: from the first to before the last.
typedef struct bl_nn_span {
    size_t first, last;
} bl_nn_span;

static inline bl_nn_span bl_nn_event_rows(const bl_nn_run *run, size_t value, size_t event) {
    size_t rows = run->value_list[value].rows;
    if (!rows)
        return (bl_nn_span){event, event + 1};
    const uint32_t *offsets = run->rows[rows].offsets;
    return (bl_nn_span){offsets[event], offsets[event + 1]};
}

static inline float *bl_nn_row(bl_nn_matrix m, size_t row) { return m.data + row * m.stride; }

/// A plan for inputs of which each row of the output takes one row each: all are vectors, or
/// sequences of as many steps. A row of the output counts where any of the inputs' does; an input
/// without a mask counts everywhere.
/// \return BL_OK, BL_E_SHAPE
bl_status bl_nn_plan_joined_rows(bl_nn_plan *plan, bl_nn_step *step, size_t width, bl_error *err);
/// While running: events have as many rows of the step's input `other` as of `first`.
/// \return BL_OK, BL_E_SHAPE (naming an event)
bl_status bl_nn_check_same_rows(const bl_nn_run *run, const bl_nn_step *step, size_t first,
                                size_t other, bl_error *err);
/// While running: checks that the inputs' events have as many rows as the first input's, and finds
/// which rows of the output count.
/// \return BL_OK, BL_E_SHAPE (naming an event)
bl_status bl_nn_find_joined_rows(const bl_nn_run *run, const bl_nn_step *step, bl_error *err);

#endif
