// SPDX-License-Identifier: Apache-2.0
// Areas of replicas of the events. One pass over the ranking serves some replicas: they lie beside
// each other, so that vectors run over them, and a task has some of them.
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/random.h"
#include "learn/evaluate/area.h"

enum { LANES = 16, STREAM = 0xb007, WORDS = LANES / 2 };

typedef struct replicas {
    const bl_ranking *ranking;
    uint64_t seed;
    const uint64_t *keys;
    size_t n;
    double *areas;
} replicas;

/// What is summed of some replicas.
typedef struct sums {
    double signal[LANES], background[LANES];       ///< below the group
    double of_signal[LANES], of_background[LANES]; ///< of the group
    double pairs[LANES];
} sums;

/// How often: 65536 · P(N > k) of a Poisson variable N of mean 1, rounded so that its mean is 1.
static const uint16_t above[] = {41427, 17317, 5263, 1244, 240, 39, 5, 1};

static void draw(const replicas *r, size_t event, size_t chunk, double *ret_counts) {
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

static bl_status run_chunk(void *argument, size_t chunk, unsigned worker, bl_error *err) {
    const replicas *r = (const replicas *)argument;
    const bl_ranking *ranking = r->ranking;
    double counts[LANES];
    sums s = {0};
    (void)worker;
    (void)err;
    for (size_t i = 0, k = 0; i < ranking->n; i++) {
        double *into = ranking->is_signal[i] ? s.of_signal : s.of_background;
        draw(r, ranking->events[i], chunk, counts);
        for (size_t lane = 0; lane < LANES; lane++)
            into[lane] += counts[lane] * ranking->weights[i];
        if (i + 1 == ranking->ends[k]) {
            end_group(&s);
            k++;
        }
    }
    for (size_t lane = 0; lane < LANES && chunk * LANES + lane < r->n; lane++) {
        double scale = s.signal[lane] * s.background[lane];
        r->areas[chunk * LANES + lane] = scale == 0 ? NAN : s.pairs[lane] / scale;
    }
    return BL_OK;
}

bl_status bl_area_replicas(bl_arena *arena, const bl_ranking *ranking, uint64_t seed,
                           const uint64_t *keys, size_t n_replicas, double *ret_areas,
                           bl_error *err) {
    replicas r = {ranking, seed, keys, n_replicas, ret_areas};
    return bl_run_tasks(arena->context, run_chunk, &r, (n_replicas + LANES - 1) / LANES, err);
}
