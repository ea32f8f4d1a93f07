// SPDX-License-Identifier: Apache-2.0
// Measures of replicas. Some replicas lie beside each other, so that vectors run over them. Events
// pass by three times: once for their sums, then, in the order of residuals and of responses, for
// quantiles, which need to know how much all weigh.
#include "learn/evaluate/moments.h"

#include <math.h>

#include "base/context.h"
#include "base/wide.h"
#include "learn/evaluate/poisson.h"

enum { LANES = BL_POISSON_LANES, BLOCK = BL_POISSON_BLOCK };

typedef struct run {
    const bl_measured *measured;
    uint64_t seed;
    size_t n;       ///< replicas
    double *values; ///< [BL_N_MEASURES × n]
} run;

/// What is known of some replicas.
typedef struct lanes {
    double moments[BL_N_MOMENTS][LANES];
    double sum[LANES], below[LANES]; ///< |Σw| of events so far; of those before the group
    double first[BL_N_QUANTILES][LANES], last[BL_N_QUANTILES][LANES];
} lanes;

typedef uint16_t counted[BLOCK][LANES];

static void draw(const run *r, const uint64_t *keys, size_t n, size_t chunk, counted counts) {
    uint64_t starts[BLOCK];
    for (size_t i = 0; i < n; i++)
        starts[i] = bl_poisson_start(r->seed, keys[i]);
    bl_poisson_draw(starts, n, chunk, counts);
}

// ---- sums ----

BL_WIDE static void add_block(const bl_measured *m, size_t first, size_t n, counted counts,
                              lanes *l) {
    for (size_t i = 0; i < n; i++) {
        double w = m->residuals.weights[first + i], x = m->residuals.values[first + i];
        double t = m->truths[first + i], p = m->predictions[first + i];
        const double terms[BL_N_MOMENTS] = {w,           w * x, w * (x * x), w * fabs(x), w * t,
                                            w * (t * t), w * p, w * (p * p), w * (t * p)};
        for (size_t k = 0; k < BL_N_MOMENTS; k++)
            for (size_t lane = 0; lane < LANES; lane++)
                l->moments[k][lane] += counts[i][lane] * terms[k];
    }
}

// ---- quantiles ----

static void begin_walk(lanes *l) {
    for (size_t lane = 0; lane < LANES; lane++) {
        l->sum[lane] = l->below[lane] = 0;
        for (size_t k = 0; k < BL_N_QUANTILES; k++) {
            l->first[k][lane] = INFINITY;
            l->last[k][lane] = -INFINITY;
        }
    }
}

/// The rule of bl_sorted_quantile; numbers ascend, so that the least of all is the first.
static inline void end_group(lanes *l, double value) {
    for (size_t k = 0; k < BL_N_QUANTILES; k++)
        for (size_t lane = 0; lane < LANES; lane++) {
            double wanted = bl_quantiles[k] * fabs(l->moments[BL_MOMENT_W][lane]);
            double first = l->first[k][lane], last = l->last[k][lane];
            l->first[k][lane] = l->sum[lane] >= wanted && value < first ? value : first;
            l->last[k][lane] = l->below[lane] <= wanted ? value : last;
        }
    for (size_t lane = 0; lane < LANES; lane++)
        l->below[lane] = l->sum[lane];
}

BL_WIDE static void walk_block(const bl_sorted *s, size_t first, size_t n, counted counts,
                               lanes *l) {
    for (size_t i = 0; i < n; i++) {
        double w = s->weights[first + i];
        for (size_t lane = 0; lane < LANES; lane++)
            l->sum[lane] += counts[i][lane] * (l->moments[BL_MOMENT_W][lane] < 0 ? -w : w);
        if (bl_sorted_ends(s, first + i))
            end_group(l, s->values[first + i]);
    }
}

static void walk(const run *r, const bl_sorted *s, const uint64_t *keys, size_t chunk, lanes *l,
                 double ret_quantiles[LANES][BL_N_QUANTILES]) {
    counted counts;
    begin_walk(l);
    for (size_t first = 0; first < s->n; first += BLOCK) {
        size_t left = s->n - first, n = left < BLOCK ? left : BLOCK;
        draw(r, keys + first, n, chunk, counts);
        walk_block(s, first, n, counts, l);
    }
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t k = 0; k < BL_N_QUANTILES; k++)
            ret_quantiles[lane][k] = (l->first[k][lane] + l->last[k][lane]) / 2;
}

// ---- replicas ----

static void end_chunk(const run *r, size_t chunk, const lanes *l,
                      double residuals[LANES][BL_N_QUANTILES],
                      double responses[LANES][BL_N_QUANTILES]) {
    double moments[BL_N_MOMENTS], values[BL_N_MEASURES];
    for (size_t lane = 0, at = chunk * LANES; lane < LANES && at < r->n; lane++, at++) {
        for (size_t k = 0; k < BL_N_MOMENTS; k++)
            moments[k] = l->moments[k][lane];
        bl_measures_of(r->measured, moments, residuals[lane], responses[lane], values);
        for (size_t k = 0; k < BL_N_MEASURES; k++)
            r->values[k * r->n + at] = values[k];
    }
}

static bl_status run_chunk(void *argument, size_t chunk, unsigned worker, bl_error *err) {
    const run *r = (const run *)argument;
    const bl_measured *m = r->measured;
    double residuals[LANES][BL_N_QUANTILES], responses[LANES][BL_N_QUANTILES];
    counted counts;
    lanes l = {0};
    (void)worker;
    (void)err;
    for (size_t first = 0; first < m->residuals.n; first += BLOCK) {
        size_t left = m->residuals.n - first, n = left < BLOCK ? left : BLOCK;
        draw(r, m->keys + first, n, chunk, counts);
        add_block(m, first, n, counts, &l);
    }
    walk(r, &m->residuals, m->keys, chunk, &l, residuals);
    walk(r, &m->responses, m->response_keys, chunk, &l, responses);
    end_chunk(r, chunk, &l, residuals, responses);
    return BL_OK;
}

bl_status bl_measures_replicas(bl_context *context, const bl_measured *measured, uint64_t seed,
                               size_t n, double *ret_values, bl_error *err) {
    run r = {measured, seed, n, ret_values};
    return bl_run_tasks(context, run_chunk, &r, (n + LANES - 1) / LANES, err);
}
