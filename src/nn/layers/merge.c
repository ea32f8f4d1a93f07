// SPDX-License-Identifier: Apache-2.0
// Add, Subtract, Multiply, Divide, Average, Maximum, Minimum: number by number. An input of one
// column goes with every column of the others. Where inputs have different masks, a product, a
// maximum or a minimum takes, as in Keras, a step of those only whose masks let it count; where
// none does, that of the first, or 1.
#include <string.h>

#include "nn/layers/rows.h"

/// Whether masks say which inputs a row takes.
static bool chooses(const bl_nn_value *values, const bl_nn_step *step) {
    size_t mask = values[step->output].mask;
    return mask != BL_NN_NONE && mask != values[step->inputs[0]].mask &&
           (step->kind == BL_NN_KIND_MULTIPLY || step->kind == BL_NN_KIND_MAXIMUM ||
            step->kind == BL_NN_KIND_MINIMUM);
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    size_t width = 1;
    for (size_t i = 0; i < step->n_inputs; i++) {
        size_t n = bl_nn_plan_input(plan, step, i).width;
        if (n != 1 && width != 1 && n != width)
            return bl_nn_plan_error(step, BL_E_SHAPE, err,
                                    "takes inputs of as many columns, not %zu and %zu", width, n);
        width = n > width ? n : width;
    }
    BL_TRY(bl_nn_plan_joined_rows(plan, step, width, err));
    if (chooses(plan->values.items, step))
        bl_nn_plan_slot(
            plan, step,
            (bl_nn_slot){.rows = plan->values.items[step->output].rows, .per_row = step->n_inputs});
    return BL_OK;
}

/// [rows × inputs] whether the row takes the input; NULL: all of them.
static uint32_t *choices(const bl_nn_run *run, const bl_nn_step *step) {
    return chooses(run->value_list, step) ? bl_nn_numbers_at(run, step, 0) : NULL;
}

static void choose(const bl_nn_run *run, const bl_nn_step *step, uint32_t *takes) {
    size_t n = step->n_inputs, m = bl_nn_n_rows(run, step->output);
    memset(takes, 0, m * n * sizeof *takes);
    for (size_t i = 0; i < n; i++) {
        const bl_nn_rows *rows = &run->rows[run->value_list[step->inputs[i]].mask];
        for (size_t k = 0; k < rows->n; k++)
            takes[rows->index[k] * n + i] = 1;
    }
    for (size_t r = 0; r < m && step->kind != BL_NN_KIND_MULTIPLY; r++, takes += n) {
        bool takes_any = false;
        for (size_t i = 0; i < n; i++)
            takes_any |= takes[i] != 0;
        takes[0] |= !takes_any;
    }
}

static float merged(bl_nn_kind_id kind, float a, float b) {
    switch (kind) {
    case BL_NN_KIND_SUBTRACT:
        return a - b;
    case BL_NN_KIND_MULTIPLY:
        return a * b;
    case BL_NN_KIND_DIVIDE:
        return a / b;
    case BL_NN_KIND_MAXIMUM:
        return a != a || a > b ? a : b; // a NaN of either stays
    case BL_NN_KIND_MINIMUM:
        return a != a || a < b ? a : b;
    default:
        return a + b;
    }
}

/// Row r of the first input, or y ∘ a later one. \param takes of the row; NULL: all
static void merge_row(const bl_nn_run *run, const bl_nn_step *step, size_t r, const uint32_t *takes,
                      float *y) {
    size_t n = bl_nn_width(run, step->output);
    bool is_first = true;
    for (size_t k = 0; k < n && takes; k++)
        y[k] = 1;
    for (size_t i = 0; i < step->n_inputs; i++) {
        const float *x = bl_nn_row(run->values[step->inputs[i]], r);
        bool is_one = bl_nn_width(run, step->inputs[i]) == 1;
        if (takes && !takes[i])
            continue;
        for (size_t k = 0; k < n; k++)
            y[k] = is_first ? x[is_one ? 0 : k] : merged(step->kind, y[k], x[is_one ? 0 : k]);
        is_first = false;
    }
    for (size_t k = 0; k < n && step->kind == BL_NN_KIND_AVERAGE; k++)
        y[k] /= (float)step->n_inputs;
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    BL_TRY(bl_nn_find_joined_rows(run, step, err));
    uint32_t *takes = choices(run, step);
    if (takes)
        choose(run, step, takes);
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++)
        merge_row(run, step, r, takes ? takes + r * step->n_inputs : NULL,
                  bl_nn_row(run->values[step->output], r));
    return BL_OK;
}

/// Where several are the largest, they share the gradient, each its part.
static float share_of_largest(const bl_nn_run *run, const bl_nn_step *step, size_t r, size_t k,
                              const uint32_t *takes, float x) {
    float y = bl_nn_row(run->values[step->output], r)[k];
    size_t n_equal = 0;
    for (size_t i = 0; i < step->n_inputs; i++) {
        size_t column = bl_nn_width(run, step->inputs[i]) == 1 ? 0 : k;
        n_equal += (!takes || takes[i]) && bl_nn_row(run->values[step->inputs[i]], r)[column] == y;
    }
    return x == y ? 1 / (float)n_equal : 0;
}

/// ∂y/∂x of input i for number k of row r. \param takes of the row; NULL: all
static float slope(const bl_nn_run *run, const bl_nn_step *step, size_t i, size_t r, size_t k,
                   const uint32_t *takes) {
    if (takes && !takes[i])
        return 0;
    size_t column = bl_nn_width(run, step->inputs[i]) == 1 ? 0 : k;
    float x = bl_nn_row(run->values[step->inputs[i]], r)[column], product = 1;
    switch (step->kind) {
    case BL_NN_KIND_SUBTRACT:
        return i ? -1 : 1;
    case BL_NN_KIND_AVERAGE:
        return 1 / (float)step->n_inputs;
    case BL_NN_KIND_MULTIPLY:
        for (size_t other = 0; other < step->n_inputs; other++) {
            size_t c = bl_nn_width(run, step->inputs[other]) == 1 ? 0 : k;
            bool is_taken = other != i && (!takes || takes[other]);
            product *= is_taken ? bl_nn_row(run->values[step->inputs[other]], r)[c] : 1;
        }
        return product;
    case BL_NN_KIND_DIVIDE: {
        size_t c = bl_nn_width(run, step->inputs[1]) == 1 ? 0 : k;
        float by = bl_nn_row(run->values[step->inputs[1]], r)[c];
        return i ? -bl_nn_row(run->values[step->output], r)[k] / by : 1 / by;
    }
    case BL_NN_KIND_MAXIMUM:
    case BL_NN_KIND_MINIMUM:
        return share_of_largest(run, step, r, k, takes, x);
    default:
        return 1;
    }
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    size_t n = bl_nn_width(run, step->output), m = bl_nn_n_rows(run, step->output);
    const uint32_t *takes = choices(run, step);
    for (size_t i = 0; i < step->n_inputs; i++) {
        bl_nn_matrix to = run->input_gradients[i];
        bool is_one = bl_nn_width(run, step->inputs[i]) == 1;
        for (size_t r = 0; r < m && to.data; r++) {
            const float *g = bl_nn_row(run->gradient, r);
            float *out = bl_nn_row(to, r), sum = 0;
            for (size_t k = 0; k < n; k++) {
                float part =
                    g[k] * slope(run, step, i, r, k, takes ? takes + r * step->n_inputs : NULL);
                sum += part;
                out[is_one ? 0 : k] = is_one ? sum : part;
            }
        }
    }
}

const bl_nn_layer bl_nn_merge_layer = {.plan = plan, .forward = forward, .backward = backward};
