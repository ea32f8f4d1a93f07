// SPDX-License-Identifier: Apache-2.0
// Functions of single numbers that train nothing: comparisons, limits, logarithms, roots, scaling.
#include <math.h>

#include "nn/layers/rows.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    (void)err;
    bl_nn_plan_rowwise(plan, step, bl_nn_plan_input(plan, step, 0).width);
    return BL_OK;
}

static void compare(bl_nn_kind_id kind, const float *x, float value, float *y, size_t n) {
#define WHERE(condition)               \
    for (size_t i = 0; i < n; i++)     \
        y[i] = (condition) ? 1.0F : 0; \
    break
    switch (kind) {
    case BL_NN_KIND_NOT_EQUAL:
        WHERE(x[i] != value);
    case BL_NN_KIND_EQUAL:
        WHERE(x[i] == value);
    case BL_NN_KIND_GREATER:
        WHERE(x[i] > value);
    case BL_NN_KIND_GREATER_EQUAL:
        WHERE(x[i] >= value);
    case BL_NN_KIND_LESS:
        WHERE(x[i] < value);
    default:
        WHERE(x[i] <= value);
    }
#undef WHERE
}

static bl_status forward_compare(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    float value = (float)((const bl_nn_compare_options *)step->options)->value;
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    (void)err;
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++)
        compare(step->kind, bl_nn_row(x, r), value, bl_nn_row(y, r),
                bl_nn_width(run, step->output));
    return BL_OK;
}

const bl_nn_layer bl_nn_compare_layer = {.plan = plan, .forward = forward_compare};

// ---- functions ----

static void map(const bl_nn_run *run, const bl_nn_step *step, const float *x, float *y, size_t n) {
    const bl_nn_clip_options *clip = step->options;
    switch (step->kind) {
    case BL_NN_KIND_EXP:
        run->kernels->exp(x, y, n);
        break;
    case BL_NN_KIND_LOG:
        run->kernels->ln(x, y, n);
        break;
    case BL_NN_KIND_LOG1P:
        run->kernels->log1p(x, y, n);
        break;
    case BL_NN_KIND_CLIP: // comparisons that let a NaN stay
        for (size_t i = 0; i < n; i++) {
            float low = x[i] < (float)clip->x_min ? (float)clip->x_min : x[i];
            y[i] = low > (float)clip->x_max ? (float)clip->x_max : low;
        }
        break;
    case BL_NN_KIND_ABSOLUTE:
        for (size_t i = 0; i < n; i++)
            y[i] = fabsf(x[i]);
        break;
    case BL_NN_KIND_SQUARE:
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] * x[i];
        break;
    case BL_NN_KIND_SQRT:
        for (size_t i = 0; i < n; i++)
            y[i] = sqrtf(x[i]);
        break;
    default:
        for (size_t i = 0; i < n; i++)
            y[i] = -x[i];
    }
}

static bl_status forward_map(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    (void)err;
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++)
        map(run, step, bl_nn_row(x, r), bl_nn_row(y, r), bl_nn_width(run, step->output));
    return BL_OK;
}

/// \param x the argument \param y the value
static float slope(const bl_nn_step *step, float x, float y) {
    const bl_nn_clip_options *clip = step->options;
    switch (step->kind) {
    case BL_NN_KIND_EXP:
        return y;
    case BL_NN_KIND_LOG:
        return 1 / x;
    case BL_NN_KIND_LOG1P:
        return 1 / (1 + x);
    case BL_NN_KIND_CLIP:
        return x >= (float)clip->x_min && x <= (float)clip->x_max ? 1 : 0;
    case BL_NN_KIND_ABSOLUTE:
        return (float)((x > 0) - (x < 0));
    case BL_NN_KIND_SQUARE:
        return 2 * x;
    case BL_NN_KIND_SQRT:
        return 0.5F / y;
    default:
        return -1;
    }
}

static void backward_map(bl_nn_run *run, const bl_nn_step *step) {
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    bl_nn_matrix g = run->gradient, to = run->input_gradients[0];
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m && to.data; r++)
        for (size_t i = 0; i < bl_nn_width(run, step->output); i++)
            bl_nn_row(to, r)[i] =
                bl_nn_row(g, r)[i] * slope(step, bl_nn_row(x, r)[i], bl_nn_row(y, r)[i]);
}

const bl_nn_layer bl_nn_function_layer = {
    .plan = plan, .forward = forward_map, .backward = backward_map};

// ---- Normalization and Rescaling: y = x·factor + shift, by column ----

typedef struct scaling {
    float *factors, *shifts; ///< [width]
} scaling;

static bool fits(const bl_nn_numbers *numbers, size_t width) {
    return numbers->n == 1 || numbers->n == width;
}

static double at(const bl_nn_numbers *numbers, size_t i) {
    return numbers->items[numbers->n == 1 ? 0 : i];
}

/// As Keras, which keeps the standard deviation from being 0. \param ret_factor, ret_shift of a
/// column
static void find_scale(const bl_nn_step *step, size_t i, double *ret_factor, double *ret_shift) {
    const bl_nn_scaling_options *o = step->options;
    if (step->kind == BL_NN_KIND_RESCALING) {
        *ret_factor = at(&o->scale, i);
        *ret_shift = at(&o->offset, i);
        return;
    }
    double deviation = fmax(sqrt(at(&o->variance, i)), 1e-7);
    *ret_factor = o->invert ? deviation : 1 / deviation;
    *ret_shift = o->invert ? at(&o->mean, i) : -at(&o->mean, i) / deviation;
}

static bl_status plan_scaling(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_scaling_options *o = step->options;
    size_t width = bl_nn_plan_input(plan, step, 0).width;
    bool is_rescaling = step->kind == BL_NN_KIND_RESCALING;
    const bl_nn_numbers *a = is_rescaling ? &o->scale : &o->mean;
    const bl_nn_numbers *b = is_rescaling ? &o->offset : &o->variance;
    if (!fits(a, width) || !fits(b, width))
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "has %zu and %zu numbers for %zu columns",
                                a->n, b->n, width);
    scaling *s = bl_arena_alloc(plan->arena, sizeof *s);
    float *numbers = bl_arena_array(plan->arena, width, 2 * sizeof *numbers);
    if (!s || !numbers)
        return bl_error_set(err, BL_E_NOMEM, "no memory for a network");
    *s = (scaling){numbers, numbers + width};
    for (size_t i = 0; i < width; i++) {
        double factor, shift;
        find_scale(step, i, &factor, &shift);
        s->factors[i] = (float)factor;
        s->shifts[i] = (float)shift;
    }
    step->state = s;
    bl_nn_plan_rowwise(plan, step, width);
    return BL_OK;
}

static bl_status forward_scaling(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const scaling *s = step->state;
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    (void)err;
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++)
        for (size_t i = 0; i < bl_nn_width(run, step->output); i++)
            bl_nn_row(y, r)[i] = bl_nn_row(x, r)[i] * s->factors[i] + s->shifts[i];
    return BL_OK;
}

static void backward_scaling(bl_nn_run *run, const bl_nn_step *step) {
    const scaling *s = step->state;
    bl_nn_matrix g = run->gradient, to = run->input_gradients[0];
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m && to.data; r++)
        for (size_t i = 0; i < bl_nn_width(run, step->output); i++)
            bl_nn_row(to, r)[i] = bl_nn_row(g, r)[i] * s->factors[i];
}

const bl_nn_layer bl_nn_scaling_layer = {
    .plan = plan_scaling, .forward = forward_scaling, .backward = backward_scaling};
