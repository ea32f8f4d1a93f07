// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/correlation.h"

#include <math.h>

#include "base/context.h"
#include "base/sum.h"

typedef struct columns {
    size_t n, m;
    const float *values;
    const double *weights;
    double *matrix;
} columns;

static bool has_both(const columns *c, size_t event, size_t i, size_t j) {
    const float *row = c->values + event * c->m;
    return c->weights[event] != 0 && isfinite(row[i]) && isfinite(row[j]);
}

/// Means first, as variances of numbers far from 0 are lost otherwise.
static double coefficient(const columns *c, size_t i, size_t j) {
    bl_sum w = {0}, x = {0}, y = {0}, xx = {0}, yy = {0}, xy = {0};
    size_t n = 0;
    for (size_t e = 0; e < c->n; e++) {
        if (!has_both(c, e, i, j))
            continue;
        bl_sum_add(&w, c->weights[e]);
        bl_sum_add(&x, c->weights[e] * c->values[e * c->m + i]);
        bl_sum_add(&y, c->weights[e] * c->values[e * c->m + j]);
        n++;
    }
    double all = bl_sum_value(&w), mean_x = bl_sum_value(&x) / all, mean_y = bl_sum_value(&y) / all;
    if (n < 2 || all == 0)
        return NAN;
    for (size_t e = 0; e < c->n; e++) {
        if (!has_both(c, e, i, j))
            continue;
        double dx = c->values[e * c->m + i] - mean_x, dy = c->values[e * c->m + j] - mean_y;
        bl_sum_add(&xx, c->weights[e] / all * dx * dx);
        bl_sum_add(&yy, c->weights[e] / all * dy * dy);
        bl_sum_add(&xy, c->weights[e] / all * dx * dy);
    }
    double a = bl_sum_value(&xx), b = bl_sum_value(&yy);
    bool varies = a > 1e-24 * mean_x * mean_x && b > 1e-24 * mean_y * mean_y && a > 0 && b > 0;
    return varies ? bl_sum_value(&xy) / (sqrt(a) * sqrt(b)) : NAN;
}

static bl_status run_column(void *argument, size_t i, unsigned worker, bl_error *err) {
    const columns *c = (const columns *)argument;
    (void)worker;
    (void)err;
    for (size_t j = 0; j <= i; j++)
        c->matrix[i * c->m + j] = c->matrix[j * c->m + i] = coefficient(c, i, j);
    return BL_OK;
}

bl_status bl_correlation_make(bl_context *context, size_t n, size_t m, const float *values,
                              const double *weights, double *ret_matrix, bl_error *err) {
    columns c = {n, m, values, weights, ret_matrix};
    return bl_run_tasks(context, run_column, &c, m, err);
}
