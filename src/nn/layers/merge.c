// SPDX-License-Identifier: Apache-2.0
// Add, Subtract, Multiply, Divide, Average, Maximum, Minimum: number by number. An input of one
// column goes with every column of the others.
#include "nn/layers/rows.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    size_t width = 1;
    for (size_t i = 0; i < step->n_inputs; i++) {
        size_t n = bl_nn_plan_input(plan, step, i).width;
        if (n != 1 && width != 1 && n != width)
            return bl_nn_plan_error(step, BL_E_SHAPE, err,
                                    "takes inputs of as many columns, not %zu and %zu", width, n);
        width = n > width ? n : width;
    }
    return bl_nn_plan_joined_rows(plan, step, width, err);
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

/// y = y ∘ x for a row.
static void merge_row(bl_nn_kind_id kind, const float *x, bool is_one, float *y, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] = merged(kind, y[i], x[is_one ? 0 : i]);
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    BL_TRY(bl_nn_find_joined_rows(run, step, err));
    bl_nn_matrix y = run->values[step->output];
    size_t n = bl_nn_width(run, step->output), m = bl_nn_n_rows(run, step->output);
    for (size_t r = 0; r < m; r++) {
        float *to = bl_nn_row(y, r);
        for (size_t i = 0; i < step->n_inputs; i++) {
            const float *x = bl_nn_row(run->values[step->inputs[i]], r);
            bool is_one = bl_nn_width(run, step->inputs[i]) == 1 && n > 1;
            for (size_t k = 0; k < n && i == 0; k++)
                to[k] = x[is_one ? 0 : k];
            if (i)
                merge_row(step->kind, x, is_one, to, n);
        }
        for (size_t k = 0; k < n && step->kind == BL_NN_KIND_AVERAGE; k++)
            to[k] /= (float)step->n_inputs;
    }
    return BL_OK;
}

/// Where several are the largest, they share the gradient, each its part.
static float share_of_largest(const bl_nn_run *run, const bl_nn_step *step, size_t r, size_t k,
                              float x) {
    float y = bl_nn_row(run->values[step->output], r)[k];
    size_t n_equal = 0;
    for (size_t i = 0; i < step->n_inputs; i++) {
        size_t column = bl_nn_width(run, step->inputs[i]) == 1 ? 0 : k;
        n_equal += bl_nn_row(run->values[step->inputs[i]], r)[column] == y;
    }
    return x == y ? 1 / (float)n_equal : 0;
}

/// ∂y/∂x of input i for number k of row r.
static float slope(const bl_nn_run *run, const bl_nn_step *step, size_t i, size_t r, size_t k) {
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
            product *= other == i ? 1 : bl_nn_row(run->values[step->inputs[other]], r)[c];
        }
        return product;
    case BL_NN_KIND_DIVIDE: {
        size_t c = bl_nn_width(run, step->inputs[1]) == 1 ? 0 : k;
        float by = bl_nn_row(run->values[step->inputs[1]], r)[c];
        return i ? -bl_nn_row(run->values[step->output], r)[k] / by : 1 / by;
    }
    case BL_NN_KIND_MAXIMUM:
    case BL_NN_KIND_MINIMUM:
        return share_of_largest(run, step, r, k, x);
    default:
        return 1;
    }
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    size_t n = bl_nn_width(run, step->output), m = bl_nn_n_rows(run, step->output);
    for (size_t i = 0; i < step->n_inputs; i++) {
        bl_nn_matrix to = run->input_gradients[i];
        bool is_one = bl_nn_width(run, step->inputs[i]) == 1;
        for (size_t r = 0; r < m && to.data; r++) {
            const float *g = bl_nn_row(run->gradient, r);
            float *out = bl_nn_row(to, r), sum = 0;
            for (size_t k = 0; k < n; k++) {
                float part = g[k] * slope(run, step, i, r, k);
                sum += part;
                out[is_one ? 0 : k] = is_one ? sum : part;
            }
        }
    }
}

const bl_nn_layer bl_nn_merge_layer = {.plan = plan, .forward = forward, .backward = backward};
