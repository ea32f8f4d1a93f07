// SPDX-License-Identifier: Apache-2.0
// Areas and curves of a class, or of a pair of classes, of a subject.
#include "learn/evaluate/roc.h"

#include <math.h>
#include <stdlib.h>

#include "learn/evaluate/replicas.h"

/// What all numbers of one class are made from.
typedef struct making {
    bl_arena *arena;  ///< of the results
    bl_arena scratch; ///< of what is made on the way
    bl_arena once;    ///< of one variation
    const bl_evaluation *e;
    size_t subject;
    bl_roc *roc;
} making;

// ---- intervals ----

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double quantile(size_t n, const double *sorted, double part) {
    double at = part * (double)(n - 1), whole = floor(at);
    size_t i = (size_t)whole;
    return i + 1 < n ? sorted[i] + (at - whole) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

void bl_interval_of(size_t n, double *values, double *ret_low, double *ret_high) {
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            values[n_kept++] = values[i];
    *ret_low = *ret_high = NAN;
    if (!n_kept)
        return;
    qsort(values, n_kept, sizeof *values, compare);
    *ret_low = quantile(n_kept, values, (1 - BL_ROC_INTERVAL) / 2);
    *ret_high = quantile(n_kept, values, (1 + BL_ROC_INTERVAL) / 2);
}

// ---- rankings ----

/// What two classes together say of the first: s/(s + t); where both are 0, a half.
static float *between_two(making *m, bl_arena *arena, const bl_scored *scored) {
    size_t n_classes = m->e->n_classes;
    float *together = (float *)bl_arena_array(arena, scored->n + 1, sizeof *together);
    for (size_t i = 0; i < scored->n && together; i++) {
        const float *of = scored->scores[m->subject] + i * n_classes;
        float s = of[m->roc->signal], t = of[m->roc->background];
        together[i] = s == 0 && t == 0 ? 0.5F : s / (s + t);
    }
    return together;
}

static bl_status rank(making *m, bl_arena *arena, const bl_scored *scored, bl_ranking *ret_ranking,
                      bl_error *err) {
    size_t stride = m->e->n_classes;
    const float *scores = scored->scores[m->subject] + m->roc->signal;
    if (m->roc->background >= 0 && m->e->n_classes > 2) {
        scores = between_two(m, arena, scored);
        stride = 1;
    }
    if (!scores)
        return bl_error_nomem(err, scored->n * sizeof *scores, "scores");
    return bl_ranking_make(arena, scored->n, scores, stride, scored->physics, scored->labels,
                           m->roc->signal, m->roc->background, ret_ranking, err);
}

/// Weights such that those of each class add up to 1.
static bl_status weigh_equally(making *m, const bl_ranking *ranking, bl_ranking *ret_ranking,
                               bl_error *err) {
    const bl_scored *test = m->e->test;
    double *weights = (double *)bl_arena_array(&m->scratch, test->n + 1, sizeof *weights);
    double *sums = (double *)bl_arena_array(&m->scratch, m->e->n_classes, sizeof *sums);
    if (!weights || !sums)
        return bl_error_nomem(err, test->n * sizeof *weights, "weights");
    for (size_t i = 0; i < test->n; i++)
        sums[test->labels[i]] += test->physics[i];
    for (size_t i = 0; i < test->n; i++)
        weights[i] = test->physics[i] / sums[test->labels[i]];
    return bl_ranking_reweigh(&m->scratch, ranking, weights, ret_ranking, err);
}

// ---- replicas ----

/// Background efficiencies at those of the signal that the curve has, 68 % of all replicas.
static bl_status make_bands(making *m, const bl_replicas *replicas, bl_error *err) {
    bl_roc *roc = m->roc;
    size_t n = roc->curve.n;
    double *values = (double *)bl_arena_array(&m->scratch, replicas->n, sizeof *values);
    roc->low = (double *)bl_arena_array(m->arena, n + 1, sizeof *roc->low);
    roc->high = (double *)bl_arena_array(m->arena, n + 1, sizeof *roc->high);
    if (!values || !roc->low || !roc->high)
        return bl_error_nomem(err, n * sizeof *roc->low, "bands of a curve");
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < replicas->n; k++)
            values[k] = bl_curve_crossing(n, replicas->signal + k * n, replicas->background + k * n,
                                          roc->curve.signal[i]);
        bl_interval_of(replicas->n, values, &roc->low[i], &roc->high[i]);
    }
    return BL_OK;
}

/// \param curve NULL: areas alone
static bl_status run_replicas(making *m, const bl_ranking *ranking, const bl_curve *curve,
                              bl_roc_composed *to, bl_error *err) {
    bl_replicas r = {.seed = m->e->seed, .keys = m->e->test->keys, .n = m->e->n_replicas};
    to->low = to->high = NAN;
    if (!r.n || isnan(to->area.area))
        return BL_OK;
    r.n_cuts = curve ? curve->n : 0;
    r.cuts = curve ? curve->below : NULL;
    r.areas = (double *)bl_arena_array(&m->scratch, r.n, sizeof *r.areas);
    r.signal = (double *)bl_arena_array(&m->scratch, r.n * r.n_cuts + 1, sizeof *r.signal);
    r.background = (double *)bl_arena_array(&m->scratch, r.n * r.n_cuts + 1, sizeof *r.background);
    if (!r.areas || !r.signal || !r.background)
        return bl_error_nomem(err, r.n * (r.n_cuts + 1) * sizeof(double), "replicas");
    BL_TRY(bl_replicas_run(m->e->context, ranking, &r, err));
    bl_interval_of(r.n, r.areas, &to->low, &to->high);
    return curve ? make_bands(m, &r, err) : BL_OK;
}

static bl_status compose(making *m, const bl_ranking *ranking, const bl_curve *curve,
                         bl_roc_composed *to, bl_error *err) {
    to->area = bl_area_of(ranking);
    to->background = bl_curve_background_at(ranking, BL_ROC_EFFICIENCY);
    return run_replicas(m, ranking, curve, to, err);
}

// ---- variations ----

static bl_status begin_varied(making *m, size_t n, bl_error *err) {
    bl_roc *roc = m->roc;
    size_t n_points = roc->curve.n;
    roc->varied = (bl_roc_varied *)bl_arena_array(m->arena, n + 1, sizeof *roc->varied);
    roc->varied_low = (double *)bl_arena_array(m->arena, n_points + 1, sizeof(double));
    roc->varied_high = (double *)bl_arena_array(m->arena, n_points + 1, sizeof(double));
    if (!roc->varied || !roc->varied_low || !roc->varied_high)
        return bl_error_nomem(err, n * sizeof *roc->varied, "variations");
    for (size_t i = 0; i < n_points; i++)
        roc->varied_low[i] = roc->varied_high[i] = roc->curve.background[i];
    return BL_OK;
}

/// A variation's area, and what its curve adds to the envelope.
static bl_status add_varied(making *m, const char *name, const bl_ranking *ranking, bl_error *err) {
    bl_roc *roc = m->roc;
    bl_curve curve;
    roc->varied[roc->n_varied++] = (bl_roc_varied){name, bl_area_of(ranking)};
    BL_TRY(bl_curve_make(&m->once, ranking, &curve, err));
    for (size_t i = 0; i < roc->curve.n && curve.n; i++) {
        double at =
            bl_curve_crossing(curve.n, curve.signal, curve.background, roc->curve.signal[i]);
        roc->varied_low[i] = fmin(roc->varied_low[i], at);
        roc->varied_high[i] = fmax(roc->varied_high[i], at);
    }
    return BL_OK;
}

static bl_status vary(making *m, const bl_ranking *nominal, bl_error *err) {
    const bl_evaluation *e = m->e;
    bl_ranking ranking = {0};
    size_t n = e->n_variations + e->n_shifted;
    if (!n)
        return BL_OK;
    BL_TRY(begin_varied(m, n, err));
    for (size_t i = 0; i < e->n_variations; i++) {
        BL_TRY(bl_ranking_reweigh(&m->once, nominal, e->test->weights[i], &ranking, err));
        BL_TRY(add_varied(m, e->variations[i], &ranking, err));
        bl_arena_release(&m->once);
    }
    for (size_t i = 0; i < e->n_shifted; i++) {
        BL_TRY(rank(m, &m->once, &e->shifted[i], &ranking, err));
        BL_TRY(add_varied(m, e->shifted[i].name, &ranking, err));
        bl_arena_release(&m->once);
    }
    return BL_OK;
}

// ---- all numbers ----

static bl_status make_all(making *m, bl_error *err) {
    bl_roc *roc = m->roc;
    bl_ranking ranking = {0}, equal = {0};
    BL_TRY(rank(m, &m->scratch, m->e->test, &ranking, err));
    BL_TRY(bl_curve_make(m->arena, &ranking, &roc->curve, err));
    BL_TRY(compose(m, &ranking, &roc->curve, &roc->physical, err));
    roc->equal = roc->physical; // of two classes it is the same
    if (m->e->n_classes > 2 && roc->background < 0) {
        BL_TRY(weigh_equally(m, &ranking, &equal, err));
        BL_TRY(compose(m, &equal, NULL, &roc->equal, err));
    }
    return vary(m, &ranking, err);
}

bl_status bl_roc_make(bl_arena *arena, const bl_evaluation *evaluation, size_t subject,
                      int32_t signal, int32_t background, bl_roc *ret_roc, bl_error *err) {
    bl_roc roc = {.signal = signal, .background = background};
    making m = {.arena = arena, .e = evaluation, .subject = subject, .roc = &roc};
    bl_arena_init(&m.scratch, arena->context);
    bl_arena_init(&m.once, arena->context);
    bl_status status = make_all(&m, err);
    bl_arena_release(&m.once);
    bl_arena_release(&m.scratch);
    if (status == BL_OK)
        *ret_roc = roc;
    return status;
}

bl_status bl_roc_area(const bl_evaluation *evaluation, size_t subject, int32_t signal,
                      bl_area *ret_area, bl_error *err) {
    bl_roc roc = {.signal = signal, .background = -1};
    making m = {.e = evaluation, .subject = subject, .roc = &roc};
    bl_ranking ranking = {0};
    bl_arena_init(&m.scratch, evaluation->context);
    bl_status status = rank(&m, &m.scratch, evaluation->test, &ranking, err);
    if (status == BL_OK)
        *ret_area = bl_area_of(&ranking);
    bl_arena_release(&m.scratch);
    return status;
}
