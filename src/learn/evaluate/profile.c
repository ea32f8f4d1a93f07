// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/profile.h"

#include <math.h>

/// Events of a bin, one behind the other.
static bl_status begin(bl_arena *arena, size_t n, bl_pairs *to, bl_error *err) {
    to->weights = (double *)bl_arena_array(arena, n + 1, sizeof *to->weights);
    to->truths = (double *)bl_arena_array(arena, n + 1, sizeof *to->truths);
    to->predictions = (double *)bl_arena_array(arena, n + 1, sizeof *to->predictions);
    to->keys = (uint64_t *)bl_arena_array(arena, n + 1, sizeof *to->keys);
    if (to->weights && to->truths && to->predictions && to->keys)
        return BL_OK;
    return bl_error_nomem(err, n * sizeof *to->weights, "events of a bin");
}

static bool is_in(const double *edges, size_t bin, size_t n_bins, double x) {
    return x >= edges[bin] && (bin + 1 == n_bins ? x <= edges[bin + 1] : x < edges[bin + 1]);
}

/// \return the variable's mean
static double take(const bl_pairs *pairs, const double *along, const double *edges, size_t bin,
                   size_t n_bins, bl_pairs *to) {
    bl_sum sum = {0};
    to->n = 0;
    for (size_t i = 0; i < pairs->n; i++) {
        double x = along[pairs->events[i]];
        if (!is_in(edges, bin, n_bins, x))
            continue;
        to->weights[to->n] = pairs->weights[i];
        to->truths[to->n] = pairs->truths[i];
        to->predictions[to->n] = pairs->predictions[i];
        to->keys[to->n++] = pairs->keys[i];
        bl_sum_add(&sum, x);
    }
    to->are_positive = pairs->are_positive && to->n > 0;
    return to->n ? bl_sum_value(&sum) / (double)to->n : NAN;
}

bl_status bl_profile_make(bl_arena *arena, const bl_pairs *pairs, const double *along,
                          const double *edges, size_t n_bins, uint64_t seed, size_t n_replicas,
                          bl_profile *ret_profile, bl_error *err) {
    bl_profile profile = {.n_bins = n_bins};
    bl_pairs bin = {0};
    bl_arena scratch;
    profile.means = (double *)bl_arena_array(arena, n_bins + 1, sizeof *profile.means);
    profile.bins = (bl_residuals *)bl_arena_array(arena, n_bins + 1, sizeof *profile.bins);
    if (!profile.means || !profile.bins)
        return bl_error_nomem(err, n_bins * sizeof *profile.bins, "a profile");
    bl_arena_init(&scratch, arena->context);
    bl_status status = begin(&scratch, pairs->n, &bin, err);
    for (size_t i = 0; i < n_bins && status == BL_OK; i++) {
        profile.means[i] = take(pairs, along, edges, i, n_bins, &bin);
        status = bl_residuals_of(arena->context, &bin, seed, n_replicas, &profile.bins[i], err);
    }
    bl_arena_release(&scratch);
    if (status == BL_OK)
        *ret_profile = profile;
    return status;
}
