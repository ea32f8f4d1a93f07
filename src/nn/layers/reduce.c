// SPDX-License-Identifier: Apache-2.0
// One row of all rows of an event, or one number of all columns: sums, means, the largest, the
// least, any, all; global pooling is such. Masks count for GlobalAveragePooling1D alone, as in
// Keras. Of no rows at all everything is 0, where Keras has NaN.
#include <string.h>

#include "nn/layers/rows.h"

static bool is_global(const bl_nn_step *step) {
    return step->kind == BL_NN_KIND_GLOBAL_MAX_POOLING ||
           step->kind == BL_NN_KIND_GLOBAL_AVERAGE_POOLING;
}

static bool is_over_columns(const bl_nn_step *step, bl_nn_shape input) {
    if (is_global(step))
        return false;
    int64_t axis = ((const bl_nn_reduce_options *)step->options)->axis;
    return axis == -1 || axis == (input.steps ? 2 : 1);
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_reduce_options *options = step->options;
    bl_nn_shape shape = bl_nn_plan_input(plan, step, 0);
    size_t rows = plan->values.items[step->inputs[0]].rows;
    int64_t axis = is_global(step) ? 1 : options->axis;
    if (axis < (shape.steps ? -2 : -1) || axis == 0 || axis > (shape.steps ? 2 : 1))
        return bl_nn_plan_error(step, BL_E_INVALID, err, "has no axis %lld to reduce",
                                (long long)axis);
    if (is_over_columns(step, shape)) {
        if (shape.steps && !options->keepdims)
            bl_nn_plan_vector(plan, step, shape.steps);
        else
            bl_nn_plan_rowwise(plan, step, 1);
        plan->values.items[step->output].mask = BL_NN_NONE;
    } else if (!shape.steps) {
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "takes sequences, not vectors");
    } else if (options->keepdims) {
        bl_nn_plan_sequence(plan, step, bl_nn_plan_rows(plan, 1, false), 1, shape.width);
    } else {
        bl_nn_plan_vector(plan, step, shape.width);
    }
    // Which row was the largest, by column.
    bl_nn_plan_slot(plan, step,
                    (bl_nn_slot){.rows = rows, .per_event = shape.width, .only_trains = true});
    return BL_OK;
}

static void first(bl_nn_kind_id kind, const float *x, float *y, size_t n) {
    bool is_logical = kind == BL_NN_KIND_ANY || kind == BL_NN_KIND_ALL;
    for (size_t i = 0; i < n; i++)
        y[i] = is_logical ? (float)(x[i] != 0) : x[i];
}

static void join(bl_nn_kind_id kind, const float *x, float *y, size_t n) {
    switch (kind) {
    case BL_NN_KIND_MAX:
    case BL_NN_KIND_GLOBAL_MAX_POOLING:
        for (size_t i = 0; i < n; i++)
            y[i] = y[i] != y[i] || y[i] > x[i] ? y[i] : x[i];
        break;
    case BL_NN_KIND_MIN:
        for (size_t i = 0; i < n; i++)
            y[i] = y[i] != y[i] || y[i] < x[i] ? y[i] : x[i];
        break;
    case BL_NN_KIND_ANY:
        for (size_t i = 0; i < n; i++)
            y[i] = (float)((y[i] != 0) | (x[i] != 0));
        break;
    case BL_NN_KIND_ALL:
        for (size_t i = 0; i < n; i++)
            y[i] = (float)((y[i] != 0) & (x[i] != 0));
        break;
    default:
        for (size_t i = 0; i < n; i++)
            y[i] += x[i];
    }
}

static bool is_mean(bl_nn_kind_id kind) {
    return kind == BL_NN_KIND_MEAN || kind == BL_NN_KIND_GLOBAL_AVERAGE_POOLING;
}

static bool is_extreme(bl_nn_kind_id kind) {
    return kind == BL_NN_KIND_MAX || kind == BL_NN_KIND_MIN ||
           kind == BL_NN_KIND_GLOBAL_MAX_POOLING;
}

/// The rows of event e that are joined.
typedef struct members {
    size_t n;
    size_t first;          ///< rows first … first + n − 1, or
    const uint32_t *index; ///< those
} members;

static members members_of(const bl_nn_run *run, const bl_nn_step *step, size_t event) {
    const bl_nn_rows *rows = step->kind == BL_NN_KIND_GLOBAL_AVERAGE_POOLING
                                 ? bl_nn_rows_that_count(run, step, 0)
                                 : &run->rows[run->value_list[step->inputs[0]].rows];
    size_t begin = rows->offsets[event];
    return (members){rows->offsets[event + 1] - begin, begin,
                     rows->index ? rows->index + begin : NULL};
}

static size_t member(const members *m, size_t i) { return m->index ? m->index[i] : m->first + i; }

static void join_rows(bl_nn_run *run, const bl_nn_step *step, size_t event, float *y) {
    bl_nn_matrix x = run->values[step->inputs[0]];
    size_t n = bl_nn_width(run, step->output);
    members m = members_of(run, step, event);
    if (m.n == 0)
        memset(y, 0, n * sizeof *y);
    for (size_t i = 0; i < m.n; i++) {
        const float *row = bl_nn_row(x, member(&m, i));
        if (i == 0)
            first(step->kind, row, y, n);
        else
            join(step->kind, row, y, n);
    }
    for (size_t k = 0; k < n && m.n && is_mean(step->kind); k++)
        y[k] /= (float)m.n;
}

static void join_columns(const bl_nn_step *step, const float *x, size_t n, float *y) {
    first(step->kind, x, y, 1);
    for (size_t i = 1; i < n; i++)
        join(step->kind, x + i, y, 1);
    if (is_mean(step->kind))
        *y /= (float)n;
}

/// Where the number of row r of an event is: in a row of its own, or in a column, as Keras has it
/// where the axis is not kept.
static float *number_of(const bl_nn_run *run, const bl_nn_step *step, bl_nn_matrix of, size_t event,
                        size_t r) {
    const bl_nn_value *input = &run->value_list[step->inputs[0]];
    if (run->value_list[step->output].rows != input->rows)
        return bl_nn_row(of, event) + r;
    return bl_nn_row(of, bl_nn_event_rows(run, step->output, event).first + r);
}

/// Columns of an event's rows; rows that it lacks are 0.
static void join_event(bl_nn_run *run, const bl_nn_step *step, size_t event) {
    bl_nn_span span = bl_nn_event_rows(run, step->inputs[0], event);
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    size_t n = span.last - span.first, width = bl_nn_width(run, step->output);
    for (size_t r = 0; r < n; r++)
        join_columns(step, bl_nn_row(x, span.first + r), bl_nn_width(run, step->inputs[0]),
                     number_of(run, step, y, event, r));
    bool is_vector = !run->value_list[step->output].rows && run->value_list[step->inputs[0]].rows;
    for (size_t r = n; r < width && is_vector; r++)
        bl_nn_row(y, event)[r] = 0;
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    bl_nn_matrix y = run->values[step->output];
    bl_nn_shape from = run->value_list[step->inputs[0]].shape;
    (void)err;
    if (is_over_columns(step, from)) {
        for (size_t e = 0; e < run->n_events; e++)
            join_event(run, step, e);
        return BL_OK;
    }
    if (run->value_list[step->output].rows) {
        bl_nn_rows *rows = &run->rows[step->first_rows];
        for (size_t e = 0; e <= run->n_events; e++)
            rows->offsets[e] = (uint32_t)e;
        rows->n = run->n_events;
    }
    for (size_t e = 0; e < run->n_events; e++)
        join_rows(run, step, e, bl_nn_row(y, e));
    return BL_OK;
}

// ---- backward ----

/// Where several are the largest, they share the gradient, each its part.
static void spread_extreme(const bl_nn_run *run, const bl_nn_step *step, size_t event,
                           bl_nn_matrix to) {
    bl_nn_matrix x = run->values[step->inputs[0]];
    const float *y = bl_nn_row(run->values[step->output], event);
    const float *g = bl_nn_row(run->gradient, event);
    float *shares = bl_nn_slot_at(run, step, 0);
    size_t n = bl_nn_width(run, step->output);
    members m = members_of(run, step, event);
    memset(shares, 0, n * sizeof *shares);
    for (size_t i = 0; i < m.n; i++)
        for (size_t k = 0; k < n; k++)
            shares[k] += (float)(bl_nn_row(x, member(&m, i))[k] == y[k]);
    for (size_t i = 0; i < m.n; i++)
        for (size_t k = 0; k < n; k++) {
            size_t row = member(&m, i);
            bl_nn_row(to, row)[k] = bl_nn_row(x, row)[k] == y[k] ? g[k] / shares[k] : 0;
        }
}

static void spread(const bl_nn_run *run, const bl_nn_step *step, size_t event, bl_nn_matrix to) {
    const float *g = bl_nn_row(run->gradient, event);
    members m = members_of(run, step, event);
    float by = is_mean(step->kind) ? (float)m.n : 1;
    for (size_t i = 0; i < m.n; i++)
        for (size_t k = 0; k < bl_nn_width(run, step->output); k++)
            bl_nn_row(to, member(&m, i))[k] = g[k] / by;
}

/// \param y the number that row x became \param g its gradient
static void spread_columns(const bl_nn_step *step, const float *x, size_t n, float y, float g,
                           float *to) {
    size_t n_equal = 0;
    for (size_t i = 0; i < n; i++)
        n_equal += x[i] == y;
    for (size_t i = 0; i < n; i++)
        to[i] = !is_extreme(step->kind) ? (is_mean(step->kind) ? g / (float)n : g)
                : x[i] == y             ? g / (float)n_equal
                                        : 0;
}

static void spread_event(const bl_nn_run *run, const bl_nn_step *step, size_t event,
                         bl_nn_matrix to) {
    bl_nn_span span = bl_nn_event_rows(run, step->inputs[0], event);
    for (size_t r = 0; r < span.last - span.first; r++) {
        float y = *number_of(run, step, run->values[step->output], event, r);
        float g = *number_of(run, step, run->gradient, event, r);
        spread_columns(step, bl_nn_row(run->values[step->inputs[0]], span.first + r),
                       bl_nn_width(run, step->inputs[0]), y, g, bl_nn_row(to, span.first + r));
    }
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    bl_nn_matrix to = run->input_gradients[0];
    size_t m = bl_nn_n_rows(run, step->inputs[0]);
    if (!to.data)
        return;
    if (is_over_columns(step, run->value_list[step->inputs[0]].shape)) {
        for (size_t e = 0; e < run->n_events; e++)
            spread_event(run, step, e, to);
        return;
    }
    memset(to.data, 0, m * to.stride * sizeof *to.data);
    for (size_t e = 0; e < run->n_events; e++)
        if (is_extreme(step->kind))
            spread_extreme(run, step, e, to);
        else
            spread(run, step, e, to);
}

const bl_nn_layer bl_nn_reduce_layer = {.plan = plan, .forward = forward, .backward = backward};
