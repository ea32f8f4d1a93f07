// SPDX-License-Identifier: Apache-2.0
// Areas: events by ascending score, a group of equal scores at a time.
#include "learn/evaluate/area.h"

#include <math.h>

#include "base/sum.h"

/// Σ w of a group.
typedef struct group {
    size_t first, last;
    double signal, background;
} group;

static group group_at(const bl_ranking *r, size_t k, size_t first) {
    group g = {.first = first, .last = r->ends[k]};
    for (size_t i = g.first; i < g.last; i++)
        *(r->is_signal[i] ? &g.signal : &g.background) += r->weights[i];
    return g;
}

static double area_of(const bl_ranking *r) {
    bl_sum pairs = {0}, below = {0};
    size_t first = 0;
    for (size_t k = 0; k < r->n_groups; k++) {
        group g = group_at(r, k, first);
        bl_sum_add(&pairs, g.signal * (bl_sum_value(&below) + g.background / 2));
        bl_sum_add(&below, g.background);
        first = g.last;
    }
    return bl_sum_value(&pairs) / (r->signal * r->background);
}

static double variance_of(const bl_ranking *r, double area) {
    bl_sum variance = {0}, signal = {0}, background = {0}; // below the group
    size_t first = 0;
    for (size_t k = 0; k < r->n_groups; k++) {
        group g = group_at(r, k, first);
        double q = (bl_sum_value(&background) + g.background / 2) / r->background - area;
        double p = 1 - (bl_sum_value(&signal) + g.signal / 2) / r->signal - area;
        for (size_t i = g.first; i < g.last; i++) {
            double x =
                r->is_signal[i] ? r->weights[i] / r->signal * q : r->weights[i] / r->background * p;
            bl_sum_add(&variance, x * x);
        }
        bl_sum_add(&signal, g.signal);
        bl_sum_add(&background, g.background);
        first = g.last;
    }
    return bl_sum_value(&variance);
}

bl_area bl_area_of(const bl_ranking *r) {
    bl_sum squares[2] = {{0}};
    for (size_t i = 0; i < r->n; i++)
        bl_sum_add(&squares[r->is_signal[i]], r->weights[i] * r->weights[i]);
    bl_area a = {.area = NAN,
                 .sigma = NAN,
                 .n_signal = r->n_signal,
                 .n_background = r->n - r->n_signal,
                 .signal = r->signal,
                 .background = r->background,
                 .signal_size = r->signal * r->signal / bl_sum_value(&squares[true]),
                 .background_size = r->background * r->background / bl_sum_value(&squares[false])};
    if (r->signal == 0 || r->background == 0)
        return a;
    a.area = area_of(r);
    a.sigma = sqrt(variance_of(r, a.area));
    return a;
}
