// SPDX-License-Identifier: Apache-2.0
// usage: area [EVENTS [REPLICAS [THREADS]]]
//
// How fast areas under ROC curves are: random events (10 million) are ranked, their area and its
// error are computed, and so are Poisson replicas (100) on so many threads (2). Scores are all
// different but for chance, weights have both signs, and each line is the best of three rounds:
// seconds, nanoseconds an event (an event and replica), and the part of what memory can do: bytes
// that must be read and written once, by the rate of memcpy.
#include <sys/resource.h>

#include "base/random.h"
#include "bench/bench.h"
#include "learn/evaluate/area.h"

enum { ROUNDS = 3 };

typedef struct events {
    size_t n, n_replicas;
    float *scores;
    double *weights, *areas;
    int32_t *labels;
    uint64_t *keys;
    bl_context *context;
    bl_arena arena;
    bl_ranking ranking;
    bl_area area;
} events;

static double user_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec * 1e-6;
}

static void make(events *e) {
    bl_random random;
    bl_random_init(&random, 1, 2, 3);
    e->scores = bench_alloc(e->n * sizeof *e->scores);
    e->weights = bench_alloc(e->n * sizeof *e->weights);
    e->labels = bench_alloc(e->n * sizeof *e->labels);
    e->keys = bench_alloc(e->n * sizeof *e->keys);
    e->areas = bench_alloc(e->n_replicas * sizeof *e->areas);
    for (size_t i = 0; i < e->n; i++) {
        e->labels[i] = bl_random_word(&random) & 1;
        double x = bl_random_uniform(&random), y = bl_random_uniform(&random);
        e->scores[i] = (float)(e->labels[i] ? x > y ? x : y : x);
        e->weights[i] = bl_random_word(&random) % 8 ? 1 : -0.5;
        e->keys[i] = (uint64_t)bl_random_word(&random) << 32 | bl_random_word(&random);
    }
}

static void rank(events *e) {
    bl_error err = {0};
    bl_arena_release(&e->arena);
    bench_check(bl_ranking_make(&e->arena, e->n, e->scores, 1, e->weights, e->labels, 1, -1,
                                &e->ranking, &err),
                &err);
}

static void find_area(events *e) { e->area = bl_area_of(&e->ranking); }

static void replicate(events *e) {
    bl_error err = {0};
    bench_check(bl_area_replicas(&e->arena, &e->ranking, 1, e->keys, e->n_replicas, e->areas, &err),
                &err);
}

static double memcpy_rate(size_t bytes) {
    uint8_t *from = bench_alloc(bytes), *to = bench_alloc(bytes);
    double best = 0;
    memset(from, 1, bytes);
    memset(to, 2, bytes);
    for (int i = 0; i < ROUNDS; i++) {
        double begin = bench_seconds();
        memcpy(to, from, bytes);
        double rate = 2 * (double)bytes / (bench_seconds() - begin);
        best = rate > best ? rate : best;
    }
    free(from);
    free(to);
    return best;
}

/// \param bytes that an event must be read and written
static double measure(const char *what, void (*work)(events *e), events *e, size_t n_times,
                      double bytes, double rate) {
    double best = 1e300, user = 1e300;
    for (int i = 0; i < ROUNDS; i++) {
        double begin = bench_seconds(), user_begin = user_seconds();
        work(e);
        double seconds = bench_seconds() - begin, used = user_seconds() - user_begin;
        best = seconds < best ? seconds : best;
        user = used < user ? used : user;
    }
    double n = (double)e->n;
    printf("%-9s %7.3f s  %7.3f s of processors  %7.3f ns  %4.1f %% of memory\n", what, best, user,
           user / n / (double)n_times * 1e9, 100 * n * bytes / rate / best);
    return best;
}

int main(int argc, char **argv) {
    events e = {.n = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000,
                .n_replicas = argc > 2 ? strtoull(argv[2], NULL, 10) : 100};
    unsigned n_threads = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 2;
    e.context = bench_context(n_threads);
    bl_arena_init(&e.arena, e.context);
    make(&e);
    double rate = memcpy_rate(e.n * sizeof *e.weights), all = 0;
    printf("%zu events, %zu replicas, %u threads; memcpy reads and writes %.1f GB/s\n", e.n,
           e.n_replicas, n_threads, rate * 1e-9);
    // score, label and weight are read, weight, sort, event, end and score are written
    all += measure("ranking", rank, &e, 1, 16 + 21, rate);
    all += measure("area", find_area, &e, 1, 13, rate);
    all += measure("replicas", replicate, &e, e.n_replicas, 13 + 4 + 8, rate);
    printf("%-9s %7.3f s; area %.6f ± %.6f, first replica %.6f\n", "all", all, e.area.area,
           e.area.sigma, e.areas[0]);
    bl_arena_release(&e.arena);
    bl_context_free(e.context);
    free(e.scores);
    free(e.weights);
    free(e.labels);
    free(e.keys);
    free(e.areas);
    return 0;
}
