// SPDX-License-Identifier: Apache-2.0
// Ranking by radix sort: scores as integers of the same order, eleven bits at a time.
#include "learn/evaluate/ranking.h"

#include <math.h>
#include <string.h>

enum { BITS = 11, N_DIGITS = 1 << BITS, N_PASSES = 3 };

/// An event and its score as an integer.
typedef struct ranked {
    uint32_t key, event;
} ranked;

/// Ascends with the score, as −0 and 0 are equal and NaN the least.
static uint32_t key_of(float score) {
    uint32_t bits;
    float plain = score + 0.F; // −0 becomes 0
    if (isnan(score))
        return 0;
    memcpy(&bits, &plain, sizeof bits);
    return bits >> 31 ? ~bits : bits | 1U << 31;
}

static size_t digit_of(uint32_t key, int pass) { return key >> (pass * BITS) & (N_DIGITS - 1); }

/// One pass from one array into the other; of equal digits the first stays the first.
static void sort_by(int pass, const ranked *from, ranked *to, size_t n) {
    size_t starts[N_DIGITS + 1] = {0};
    for (size_t i = 0; i < n; i++)
        starts[digit_of(from[i].key, pass) + 1]++;
    for (size_t d = 0; d < N_DIGITS; d++)
        starts[d + 1] += starts[d];
    for (size_t i = 0; i < n; i++)
        to[starts[digit_of(from[i].key, pass)]++] = from[i];
}

static size_t pick(size_t n, const float *scores, size_t stride, const int32_t *labels,
                   int32_t signal, int32_t background, ranked *to) {
    size_t n_picked = 0;
    for (size_t i = 0; i < n; i++)
        if (background < 0 || labels[i] == signal || labels[i] == background)
            to[n_picked++] = (ranked){key_of(scores[i * stride]), (uint32_t)i};
    return n_picked;
}

static bl_status allocate(bl_arena *arena, size_t n, bl_ranking *r, bl_error *err) {
    r->weights = (double *)bl_arena_array(arena, n + 1, sizeof *r->weights);
    r->is_signal = (bool *)bl_arena_array(arena, n + 1, sizeof *r->is_signal);
    r->events = (uint32_t *)bl_arena_array(arena, n + 1, sizeof *r->events);
    r->ends = (uint32_t *)bl_arena_array(arena, n + 1, sizeof *r->ends);
    r->scores = (float *)bl_arena_array(arena, n + 1, sizeof *r->scores);
    if (r->weights && r->is_signal && r->events && r->ends && r->scores)
        return BL_OK;
    return bl_error_nomem(err, n * sizeof *r->weights, "a ranking");
}

bl_status bl_ranking_make(bl_arena *arena, size_t n, const float *scores, size_t stride,
                          const double *weights, const int32_t *labels, int32_t signal,
                          int32_t background, bl_ranking *ret_ranking, bl_error *err) {
    bl_ranking r = {0};
    if (n >= UINT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "%zu events to be ranked", n);
    ranked *a = (ranked *)bl_alloc(arena->context, (n + 1) * sizeof *a);
    ranked *b = (ranked *)bl_alloc(arena->context, (n + 1) * sizeof *b);
    bl_status status = BL_OK;
    if (a && b)
        status = allocate(arena, n, &r, err);
    else
        status = bl_error_nomem(err, n * sizeof *a, "a ranking");
    if (status == BL_OK) {
        r.n = pick(n, scores, stride, labels, signal, background, a);
        sort_by(0, a, b, r.n);
        sort_by(1, b, a, r.n);
        sort_by(2, a, b, r.n);
    }
    for (size_t i = 0; i < r.n; i++) {
        size_t event = b[i].event;
        r.events[i] = b[i].event;
        r.weights[i] = weights ? weights[event] : 1;
        r.is_signal[i] = labels[event] == signal;
        r.n_signal += r.is_signal[i];
        *(r.is_signal[i] ? &r.signal : &r.background) += r.weights[i];
        if (i + 1 == r.n || b[i + 1].key != b[i].key) {
            r.scores[r.n_groups] = scores[event * stride];
            r.ends[r.n_groups++] = (uint32_t)(i + 1);
        }
    }
    bl_free(arena->context, a);
    bl_free(arena->context, b);
    if (status == BL_OK)
        *ret_ranking = r;
    return status;
}

bl_status bl_ranking_reweigh(bl_arena *arena, const bl_ranking *ranking, const double *weights,
                             bl_ranking *ret_ranking, bl_error *err) {
    bl_ranking r = *ranking;
    r.weights = (double *)bl_arena_array(arena, r.n + 1, sizeof *r.weights);
    if (!r.weights)
        return bl_error_nomem(err, r.n * sizeof *r.weights, "a ranking");
    r.signal = r.background = 0;
    for (size_t i = 0; i < r.n; i++) {
        r.weights[i] = weights ? weights[r.events[i]] : 1;
        *(r.is_signal[i] ? &r.signal : &r.background) += r.weights[i];
    }
    *ret_ranking = r;
    return BL_OK;
}
