// SPDX-License-Identifier: Apache-2.0
// Replicas of ranked events. One pass over the ranking serves some of them: they lie beside each
// other, so that vectors run over them, and a task has some of them. Random numbers are those of
// SplitMix64, which begins anew for each event, where the seed and the event's number say.
#include "learn/evaluate/replicas.h"

#include <math.h>

#include "base/context.h"
#include "base/wide.h"
#include "learn/evaluate/area.h"
#include "learn/evaluate/poisson.h"

enum {
    LANES = BL_POISSON_LANES, ///< replicas of a task
    BLOCK = BL_POISSON_BLOCK,
    TASK = 1 << 16, ///< events whose beginnings are found together
};

typedef struct run {
    const bl_ranking *ranking;
    const bl_replicas *replicas;
    uint64_t *starts; ///< [ranking->n] where the random numbers of each begin
} run;

/// What is summed of some replicas.
typedef struct sums {
    double signal[LANES], background[LANES];       ///< below the group
    double of_signal[LANES], of_background[LANES]; ///< of the group, where it has several events
    double pairs[LANES];
    size_t n_groups; ///< that are over
    size_t cut;      ///< cuts that are still to come
    bool is_open;    ///< some events of the next group are there
} sums;

// ---- how often ----

static bl_status find_starts(void *argument, size_t task, unsigned worker, bl_error *err) {
    const run *r = (const run *)argument;
    const uint64_t *keys = r->replicas->keys, seed = r->replicas->seed;
    size_t first = task * TASK, left = r->ranking->n - first, n = left < TASK ? left : TASK;
    const uint32_t *events = r->ranking->events + first;
    (void)worker;
    (void)err;
    for (size_t i = 0; i < n; i++)
        r->starts[first + i] = bl_poisson_start(seed, keys ? keys[events[i]] : events[i]);
    return BL_OK;
}

// ---- sums ----

/// A group of one event.
static inline void add_alone(sums *s, const uint16_t counts[LANES], double signal,
                             double background) {
    for (size_t k = 0; k < LANES; k++) {
        double x = counts[k] * signal;
        s->pairs[k] += x * s->background[k];
        s->signal[k] += x;
        s->background[k] += counts[k] * background;
    }
}

static inline void add(sums *s, const uint16_t counts[LANES], double signal, double background) {
    for (size_t k = 0; k < LANES; k++) {
        s->of_signal[k] += counts[k] * signal;
        s->of_background[k] += counts[k] * background;
    }
}

static inline void end_group(sums *s) {
    for (size_t k = 0; k < LANES; k++) {
        s->pairs[k] += s->of_signal[k] * (s->background[k] + s->of_background[k] / 2);
        s->signal[k] += s->of_signal[k];
        s->background[k] += s->of_background[k];
        s->of_signal[k] = s->of_background[k] = 0;
    }
}

/// Keeps what is below cuts that are here.
static void keep_cuts(const bl_replicas *r, size_t chunk, sums *s) {
    for (; s->cut && r->cuts[s->cut - 1] == s->n_groups; s->cut--)
        for (size_t lane = 0, k = chunk * LANES; lane < LANES && k < r->n; lane++, k++) {
            r->signal[k * r->n_cuts + s->cut - 1] = s->signal[lane];
            r->background[k * r->n_cuts + s->cut - 1] = s->background[lane];
        }
}

BL_WIDE static void add_block(const run *of, size_t chunk, size_t first, size_t n,
                              uint16_t counts[BLOCK][LANES], sums *s) {
    const bl_ranking *r = of->ranking;
    for (size_t i = 0; i < n; i++) {
        double weight = r->weights[first + i], signal = r->is_signal[first + i] ? weight : 0;
        bool ends = first + i + 1 == r->ends[s->n_groups];
        if (ends && !s->is_open) {
            add_alone(s, counts[i], signal, weight - signal);
        } else {
            add(s, counts[i], signal, weight - signal);
            s->is_open = !ends;
            if (ends)
                end_group(s);
        }
        s->n_groups += ends;
        if (ends && s->cut)
            keep_cuts(of->replicas, chunk, s);
    }
}

// ---- replicas ----

/// Areas, and of what is below cuts the part that is not.
static void end_chunk(const bl_replicas *r, size_t chunk, const sums *s) {
    for (size_t lane = 0, k = chunk * LANES; lane < LANES && k < r->n; lane++, k++) {
        double signal = s->signal[lane], background = s->background[lane];
        bool has_both = signal != 0 && background != 0;
        r->areas[k] = has_both ? s->pairs[lane] / (signal * background) : NAN;
        for (size_t i = k * r->n_cuts; i < (k + 1) * r->n_cuts; i++) {
            r->signal[i] = 1 - r->signal[i] / signal;
            r->background[i] = 1 - r->background[i] / background;
        }
    }
}

static bl_status run_chunk(void *argument, size_t chunk, unsigned worker, bl_error *err) {
    const run *r = (const run *)argument;
    uint16_t counts[BLOCK][LANES];
    sums s = {.cut = r->replicas->n_cuts}; // the last is the first to come
    (void)worker;
    (void)err;
    keep_cuts(r->replicas, chunk, &s);
    for (size_t first = 0; first < r->ranking->n; first += BLOCK) {
        size_t left = r->ranking->n - first, n = left < BLOCK ? left : BLOCK;
        bl_poisson_draw(r->starts + first, n, chunk, counts);
        add_block(r, chunk, first, n, counts, &s);
    }
    end_chunk(r->replicas, chunk, &s);
    return BL_OK;
}

bl_status bl_replicas_run(bl_context *context, const bl_ranking *ranking,
                          const bl_replicas *replicas, bl_error *err) {
    run r = {.ranking = ranking, .replicas = replicas};
    r.starts = (uint64_t *)bl_alloc(context, (ranking->n + 1) * sizeof *r.starts);
    if (!r.starts)
        return bl_error_nomem(err, ranking->n * sizeof *r.starts, "replicas");
    bl_status status = bl_run_tasks(context, find_starts, &r, (ranking->n + TASK - 1) / TASK, err);
    if (status == BL_OK)
        status = bl_run_tasks(context, run_chunk, &r, (replicas->n + LANES - 1) / LANES, err);
    bl_free(context, r.starts);
    return status;
}

bl_status bl_area_replicas(bl_arena *arena, const bl_ranking *ranking, uint64_t seed,
                           const uint64_t *keys, size_t n_replicas, double *ret_areas,
                           bl_error *err) {
    const bl_replicas replicas = {.seed = seed, .keys = keys, .n = n_replicas, .areas = ret_areas};
    return bl_replicas_run(arena->context, ranking, &replicas, err);
}
