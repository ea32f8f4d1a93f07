// SPDX-License-Identifier: Apache-2.0
// ROC curves, a group of equal scores at a time, from the highest score down.
#include "learn/evaluate/curve.h"

#include <math.h>

#include "base/sum.h"

/// A walk along a curve.
typedef struct walk {
    const bl_ranking *ranking;
    size_t below; ///< groups that are not selected
    bl_sum sums[2];
    double x[2]; ///< efficiencies: background, signal
} walk;

static walk begin(const bl_ranking *r) { return (walk){.ranking = r, .below = r->n_groups}; }

/// Selects one group more. \return false: all are
static bool step(walk *w) {
    const bl_ranking *r = w->ranking;
    if (!w->below)
        return false;
    size_t last = r->ends[--w->below], first = w->below ? r->ends[w->below - 1] : 0;
    for (size_t i = first; i < last; i++)
        bl_sum_add(&w->sums[r->is_signal[i]], r->weights[i]);
    w->x[true] = bl_sum_value(&w->sums[true]) / r->signal;
    w->x[false] = bl_sum_value(&w->sums[false]) / r->background;
    if (!w->below) // as sums are rounded, or not
        w->x[true] = w->x[false] = 1;
    return true;
}

static bool is_curve(const bl_ranking *r) {
    return isfinite(r->signal) && isfinite(r->background) && r->signal != 0 && r->background != 0;
}

// ---- crossings ----

static double between(double x0, double y0, double x1, double y1, double at) {
    return x1 == x0 ? y1 : y0 + (at - x0) / (x1 - x0) * (y1 - y0);
}

static double crossing_of(const bl_ranking *r, bool of_signal, double at) {
    double x = 0, y = 0;
    if (!is_curve(r))
        return NAN;
    for (walk w = begin(r); step(&w); x = w.x[of_signal], y = w.x[!of_signal])
        if (w.x[of_signal] >= at)
            return between(x, y, w.x[of_signal], w.x[!of_signal], at);
    return y;
}

double bl_curve_background_at(const bl_ranking *ranking, double signal) {
    return crossing_of(ranking, true, signal);
}

double bl_curve_signal_at(const bl_ranking *ranking, double background) {
    return crossing_of(ranking, false, background);
}

double bl_curve_crossing(size_t n, const double *x, const double *y, double at) {
    for (size_t i = 0; i < n; i++)
        if (x[i] >= at)
            return i ? between(x[i - 1], y[i - 1], x[i], y[i], at) : y[i];
    return n ? y[n - 1] : NAN;
}

// ---- points ----

/// How far a point is from the one before, in steps of the axes.
typedef struct thinning {
    double least; ///< background efficiency that is drawn: what is below is as if it were this
    double step, log_step;
    double signal, log_background; ///< of the last point
} thinning;

static double log_of(const thinning *t, double background) {
    return log(background > t->least ? background : t->least);
}

static bool is_far(const thinning *t, const walk *w) {
    return fabs(w->x[true] - t->signal) >= t->step ||
           fabs(log_of(t, w->x[false]) - t->log_background) >= t->log_step;
}

static void put(bl_curve *c, const walk *w, thinning *t) {
    const bl_ranking *r = w->ranking;
    c->signal[c->n] = t->signal = w->x[true];
    c->background[c->n] = w->x[false];
    c->below[c->n] = (uint32_t)w->below;
    c->thresholds[c->n++] = w->below < r->n_groups ? r->scores[w->below] : INFINITY;
    t->log_background = log_of(t, w->x[false]);
}

/// \return false: there are more points than there is room for
static bool fill(const bl_ranking *r, thinning t, bl_curve *c) {
    walk w = begin(r);
    c->n = 0;
    put(c, &w, &t);
    while (step(&w)) {
        if (w.below && !is_far(&t, &w))
            continue;
        if (c->n == BL_CURVE_POINTS)
            return false;
        put(c, &w, &t);
    }
    return true;
}

/// The least background efficiency above 0, but for what is left of sums that cancel.
static double least_background(const bl_ranking *r) {
    const double rounded = 1e-9;
    double least = 1;
    for (walk w = begin(r); step(&w);)
        if (w.x[false] > rounded && w.x[false] < least)
            least = w.x[false];
    return least;
}

bl_status bl_curve_make(bl_arena *arena, const bl_ranking *ranking, bl_curve *ret_curve,
                        bl_error *err) {
    enum { STEPS = 240 };
    bl_curve c = {0};
    if (!is_curve(ranking)) {
        *ret_curve = c;
        return BL_OK;
    }
    c.signal = (double *)bl_arena_array(arena, BL_CURVE_POINTS, sizeof *c.signal);
    c.background = (double *)bl_arena_array(arena, BL_CURVE_POINTS, sizeof *c.background);
    c.below = (uint32_t *)bl_arena_array(arena, BL_CURVE_POINTS, sizeof *c.below);
    c.thresholds = (float *)bl_arena_array(arena, BL_CURVE_POINTS, sizeof *c.thresholds);
    if (!c.signal || !c.background || !c.below || !c.thresholds)
        return bl_error_nomem(err, BL_CURVE_POINTS * sizeof *c.signal, "a ROC curve");
    double least = least_background(ranking), range = -log(least);
    thinning t = {.least = least, .step = 1.0 / STEPS, .log_step = (range > 1 ? range : 1) / STEPS};
    while (!fill(ranking, t, &c)) { // weights of both signs go back and forth
        t.step *= 2;
        t.log_step *= 2;
    }
    *ret_curve = c;
    return BL_OK;
}
