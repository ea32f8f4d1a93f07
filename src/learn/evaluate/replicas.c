// SPDX-License-Identifier: Apache-2.0
// Replicas of ranked events. One pass over the ranking serves some of them: they lie beside each
// other, so that vectors run over them, and a task has some of them.
#include "learn/evaluate/replicas.h"

#include <math.h>

#include "base/context.h"
#include "base/random.h"
#include "learn/evaluate/area.h"

enum { LANES = 16, STREAM = 0xb007, WORDS = LANES / 2 };

typedef struct run {
    const bl_ranking *ranking;
    const bl_replicas *replicas;
} run;

/// What is summed of some replicas.
typedef struct sums {
    double signal[LANES], background[LANES];       ///< below the group
    double of_signal[LANES], of_background[LANES]; ///< of the group
    double pairs[LANES];
} sums;

/// How often: 65536 · P(N > k) of a Poisson variable N of mean 1, rounded so that its mean is 1.
static const uint16_t above[] = {41427, 17317, 5263, 1244, 240, 39, 5, 1};

static void draw(const bl_replicas *r, size_t event, size_t chunk, double *ret_counts) {
    uint64_t number = r->keys ? r->keys[event] : event;
    for (size_t block = 0; block < WORDS / 4; block++) {
        const uint32_t counter[4] = {(uint32_t)(chunk * (WORDS / 4) + block), STREAM,
                                     (uint32_t)number, (uint32_t)(number >> 32)};
        const uint32_t key[2] = {(uint32_t)r->seed, (uint32_t)(r->seed >> 32)};
        uint32_t words[4];
        bl_philox(counter, key, words);
        for (size_t i = 0; i < 8; i++) {
            uint32_t uniform = words[i / 2] >> (i % 2 * 16) & 0xffff;
            unsigned n = 0;
            for (size_t k = 0; k < sizeof above / sizeof *above; k++)
                n += uniform < above[k];
            ret_counts[block * 8 + i] = n;
        }
    }
}

static void end_group(sums *s) {
    for (size_t k = 0; k < LANES; k++) {
        s->pairs[k] += s->of_signal[k] * (s->background[k] + s->of_background[k] / 2);
        s->signal[k] += s->of_signal[k];
        s->background[k] += s->of_background[k];
        s->of_signal[k] = s->of_background[k] = 0;
    }
}

/// Keeps what is below a cut.
static void keep_cut(const bl_replicas *r, size_t chunk, size_t cut, const sums *s) {
    for (size_t lane = 0, k = chunk * LANES; lane < LANES && k < r->n; lane++, k++) {
        r->signal[k * r->n_cuts + cut] = s->signal[lane];
        r->background[k * r->n_cuts + cut] = s->background[lane];
    }
}

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
    const run *of = (const run *)argument;
    const bl_ranking *ranking = of->ranking;
    const bl_replicas *r = of->replicas;
    double counts[LANES];
    sums s = {0};
    size_t cut = r->n_cuts; // the last is the first to come
    (void)worker;
    (void)err;
    for (; cut && r->cuts[cut - 1] == 0; cut--)
        keep_cut(r, chunk, cut - 1, &s);
    for (size_t i = 0, k = 0; i < ranking->n; i++) {
        double *into = ranking->is_signal[i] ? s.of_signal : s.of_background;
        draw(r, ranking->events[i], chunk, counts);
        for (size_t lane = 0; lane < LANES; lane++)
            into[lane] += counts[lane] * ranking->weights[i];
        if (i + 1 < ranking->ends[k])
            continue;
        end_group(&s);
        k++;
        for (; cut && r->cuts[cut - 1] == k; cut--)
            keep_cut(r, chunk, cut - 1, &s);
    }
    end_chunk(r, chunk, &s);
    return BL_OK;
}

bl_status bl_replicas_run(bl_arena *arena, const bl_ranking *ranking, const bl_replicas *replicas,
                          bl_error *err) {
    run of = {ranking, replicas};
    return bl_run_tasks(arena->context, run_chunk, &of, (replicas->n + LANES - 1) / LANES, err);
}

bl_status bl_area_replicas(bl_arena *arena, const bl_ranking *ranking, uint64_t seed,
                           const uint64_t *keys, size_t n_replicas, double *ret_areas,
                           bl_error *err) {
    const bl_replicas replicas = {.seed = seed, .keys = keys, .n = n_replicas, .areas = ret_areas};
    return bl_replicas_run(arena, ranking, &replicas, err);
}
