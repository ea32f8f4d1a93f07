// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/pairs.h"

#include <math.h>

static bl_status make_room(bl_arena *arena, size_t n, bl_pairs *pairs, bl_error *err) {
    pairs->weights = (double *)bl_arena_array(arena, n + 1, sizeof *pairs->weights);
    pairs->truths = (double *)bl_arena_array(arena, n + 1, sizeof *pairs->truths);
    pairs->predictions = (double *)bl_arena_array(arena, n + 1, sizeof *pairs->predictions);
    pairs->keys = (uint64_t *)bl_arena_array(arena, n + 1, sizeof *pairs->keys);
    pairs->events = (size_t *)bl_arena_array(arena, n + 1, sizeof *pairs->events);
    if (pairs->weights && pairs->truths && pairs->predictions && pairs->keys && pairs->events)
        return BL_OK;
    return bl_error_nomem(err, n * sizeof *pairs->weights, "truths and predictions");
}

bl_status bl_pairs_make(bl_arena *arena, const bl_evaluation *evaluation, const bl_scored *events,
                        size_t subject, size_t target, bl_pairs *ret_pairs, bl_error *err) {
    bl_pairs pairs = {.are_positive = true};
    size_t m = evaluation->n_targets;
    BL_TRY(make_room(arena, events->n, &pairs, err));
    for (size_t i = 0; i < events->n; i++) {
        double truth = events->truths[i * m + target];
        double prediction = (double)events->scores[subject][i * m + target];
        bool is_known = isfinite(truth), is_predicted = isfinite(prediction);
        pairs.n_unknown += !is_known;
        pairs.n_unpredicted += is_known && !is_predicted;
        pairs.are_positive &= !is_known || truth > 0;
        if (!is_known || !is_predicted)
            continue;
        pairs.weights[pairs.n] = events->physics[i];
        pairs.truths[pairs.n] = truth;
        pairs.predictions[pairs.n] = prediction;
        pairs.keys[pairs.n] = events->keys ? events->keys[i] : i;
        pairs.events[pairs.n++] = i;
    }
    pairs.are_positive &= pairs.n > 0;
    *ret_pairs = pairs;
    return BL_OK;
}

bl_status bl_pairs_reweigh(bl_arena *arena, const bl_pairs *pairs, const double *weights,
                           bl_pairs *ret_pairs, bl_error *err) {
    bl_pairs other = *pairs;
    other.weights = (double *)bl_arena_array(arena, pairs->n + 1, sizeof *other.weights);
    if (!other.weights)
        return bl_error_nomem(err, pairs->n * sizeof *other.weights, "weights");
    for (size_t i = 0; i < pairs->n; i++)
        other.weights[i] = weights[pairs->events[i]];
    *ret_pairs = other;
    return BL_OK;
}
