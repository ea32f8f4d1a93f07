// SPDX-License-Identifier: Apache-2.0
// Measures of all events; moments.h has what replicas need.
#include "learn/evaluate/residuals.h"

#include <math.h>

#include "base/sum.h"
#include "learn/evaluate/moments.h"
#include "learn/evaluate/roc.h"

// ---- measures ----

/// ⟨xy⟩ − ⟨x⟩⟨y⟩ of sums; NaN where it is a variance and not above 0.
static double variance(bool varies, double square, double sum, double w) {
    double v = square / w - sum / w * (sum / w);
    return varies && v > 0 ? v : NAN;
}

static double half_width(const double *quantiles) {
    return (quantiles[BL_QUANTILE_HIGH] - quantiles[BL_QUANTILE_LOW]) / 2;
}

void bl_measures_of(const bl_measured *measured, const double moments[BL_N_MOMENTS],
                    const double *residuals, const double *responses, double *to) {
    const double *m = moments;
    double w = m[BL_MOMENT_W];
    for (size_t i = 0; i < BL_N_MEASURES; i++)
        to[i] = NAN;
    if (w == 0)
        return;
    double of_t = variance(measured->truths_vary, m[BL_MOMENT_TT], m[BL_MOMENT_T], w);
    double of_p = variance(measured->predictions_vary, m[BL_MOMENT_PP], m[BL_MOMENT_P], w);
    double together = m[BL_MOMENT_TP] / w - m[BL_MOMENT_T] / w * (m[BL_MOMENT_P] / w);
    double squared = m[BL_MOMENT_RR] / w, middle = responses[BL_QUANTILE_MIDDLE];
    to[BL_MEASURE_bias] = m[BL_MOMENT_R] / w;
    to[BL_MEASURE_rmse] = squared < 0 ? NAN : sqrt(squared);
    to[BL_MEASURE_mae] = m[BL_MOMENT_ABS] / w;
    to[BL_MEASURE_r2] = 1 - squared / of_t;
    to[BL_MEASURE_correlation] = together / sqrt(of_t * of_p);
    to[BL_MEASURE_median] = residuals[BL_QUANTILE_MIDDLE];
    to[BL_MEASURE_half_width] = half_width(residuals);
    to[BL_MEASURE_response] = middle;
    to[BL_MEASURE_resolution] = middle > 0 ? half_width(responses) / middle : NAN;
}

// ---- events in order ----

static double *differences(bl_arena *arena, const bl_pairs *pairs) {
    double *values = (double *)bl_arena_array(arena, pairs->n + 1, sizeof *values);
    for (size_t i = 0; values && i < pairs->n; i++)
        values[i] = pairs->predictions[i] - pairs->truths[i];
    return values;
}

static double *ratios(bl_arena *arena, const bl_pairs *pairs) {
    double *values = (double *)bl_arena_array(arena, pairs->n + 1, sizeof *values);
    for (size_t i = 0; values && i < pairs->n; i++)
        values[i] = pairs->predictions[i] / pairs->truths[i];
    return values;
}

static uint64_t *keys_of(bl_arena *arena, const bl_pairs *pairs, const bl_sorted *sorted) {
    uint64_t *keys = (uint64_t *)bl_arena_array(arena, sorted->n + 1, sizeof *keys);
    for (size_t i = 0; keys && i < sorted->n; i++)
        keys[i] = pairs->keys[sorted->order[i]];
    return keys;
}

static double mean(const double *values, const double *weights, size_t n) {
    bl_sum sum = {0}, all = {0};
    for (size_t i = 0; i < n; i++) {
        bl_sum_add(&sum, weights[i] * values[i]);
        bl_sum_add(&all, weights[i]);
    }
    double m = bl_sum_value(&sum) / bl_sum_value(&all);
    return isfinite(m) ? m : 0;
}

/// Numbers in another order, seen from their mean.
static double *centred(bl_arena *arena, const double *values, const bl_pairs *pairs,
                       const size_t *order, bool *ret_vary) {
    double *to = (double *)bl_arena_array(arena, pairs->n + 1, sizeof *to);
    double middle = mean(values, pairs->weights, pairs->n);
    for (size_t i = 0; to && i < pairs->n; i++) {
        to[i] = values[order[i]] - middle;
        *ret_vary |= values[i] != values[0];
    }
    return to;
}

static bl_status arrange(bl_arena *arena, const bl_pairs *pairs, bl_measured *m, bl_error *err) {
    double *residuals = differences(arena, pairs), *responses = ratios(arena, pairs);
    if (!residuals || !responses)
        return bl_error_nomem(err, pairs->n * sizeof *residuals, "residuals");
    BL_TRY(bl_sorted_make(arena, pairs->n, residuals, pairs->weights, &m->residuals, err));
    BL_TRY(bl_sorted_make(arena, pairs->are_positive ? pairs->n : 0, responses, pairs->weights,
                          &m->responses, err));
    m->truths = centred(arena, pairs->truths, pairs, m->residuals.order, &m->truths_vary);
    m->predictions =
        centred(arena, pairs->predictions, pairs, m->residuals.order, &m->predictions_vary);
    m->keys = keys_of(arena, pairs, &m->residuals);
    m->response_keys = keys_of(arena, pairs, &m->responses);
    if (!m->truths || !m->predictions || !m->keys || !m->response_keys)
        return bl_error_nomem(err, pairs->n * sizeof *residuals, "residuals");
    return BL_OK;
}

// ---- all events ----

static void measure(const bl_measured *m, bl_residuals *to) {
    const bl_sorted *r = &m->residuals;
    bl_sum sums[BL_N_MOMENTS] = {{0}}, squares = {0};
    double moments[BL_N_MOMENTS], residuals[BL_N_QUANTILES], responses[BL_N_QUANTILES];
    for (size_t i = 0; i < r->n; i++) {
        double w = r->weights[i], x = r->values[i], t = m->truths[i], p = m->predictions[i];
        const double terms[BL_N_MOMENTS] = {w,           w * x, w * (x * x), w * fabs(x), w * t,
                                            w * (t * t), w * p, w * (p * p), w * (t * p)};
        for (size_t k = 0; k < BL_N_MOMENTS; k++)
            bl_sum_add(&sums[k], terms[k]);
        bl_sum_add(&squares, w * w);
    }
    for (size_t k = 0; k < BL_N_MOMENTS; k++)
        moments[k] = bl_sum_value(&sums[k]);
    for (size_t k = 0; k < BL_N_QUANTILES; k++) {
        residuals[k] = bl_sorted_quantile(r, bl_quantiles[k]);
        responses[k] = bl_sorted_quantile(&m->responses, bl_quantiles[k]);
    }
    to->n = r->n;
    to->sumw = moments[BL_MOMENT_W];
    to->size = to->sumw * to->sumw / bl_sum_value(&squares);
    bl_measures_of(m, moments, residuals, responses, to->values);
}

/// Errors from replicas.
static bl_status find_errors(bl_arena *arena, const bl_measured *m, uint64_t seed, size_t n,
                             bl_residuals *to, bl_error *err) {
    double low, high;
    for (size_t k = 0; k < BL_N_MEASURES; k++)
        to->errors[k] = NAN;
    if (!n || to->n < 2)
        return BL_OK;
    double *values = (double *)bl_arena_array(arena, n * BL_N_MEASURES, sizeof *values);
    if (!values)
        return bl_error_nomem(err, n * BL_N_MEASURES * sizeof *values, "replicas");
    BL_TRY(bl_measures_replicas(arena->context, m, seed, n, values, err));
    for (size_t k = 0; k < BL_N_MEASURES; k++) {
        bl_interval_of(n, values + k * n, &low, &high);
        to->errors[k] = isnan(to->values[k]) ? NAN : (high - low) / 2;
    }
    return BL_OK;
}

bl_status bl_residuals_of(bl_context *context, const bl_pairs *pairs, uint64_t seed,
                          size_t n_replicas, bl_residuals *ret_residuals, bl_error *err) {
    bl_measured measured = {0};
    bl_residuals residuals = {0};
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_status status = arrange(&arena, pairs, &measured, err);
    if (status == BL_OK) {
        measure(&measured, &residuals);
        status = find_errors(&arena, &measured, seed, n_replicas, &residuals, err);
    }
    bl_arena_release(&arena);
    if (status == BL_OK)
        *ret_residuals = residuals;
    return status;
}
