// SPDX-License-Identifier: Apache-2.0
// Areas and their variances against all pairs, replicas against the variance.
#include "learn/evaluate/area.h"

#include <math.h>

#include "base/random.h"
#include "base/testing.h"

enum { N = 400, N_MANY = 4000, N_REPLICAS = 500, N_TOYS = 10000 };

static bl_context *context;
static float scores[N_MANY];
static double weights[N_MANY];
static int32_t labels[N_MANY];

/// Random events; scores are few, so that many are equal. \param negative part of negative weight
static void make(size_t n, uint64_t seed, double negative) {
    bl_random random;
    bl_random_init(&random, seed, 1, 0);
    for (size_t i = 0; i < n; i++) {
        labels[i] = bl_random_uniform(&random) < 0.4;
        double x = bl_random_uniform(&random) + bl_random_uniform(&random) + 0.5 * labels[i];
        scores[i] = (float)(floor(x * 40) / 40 - 1);
        weights[i] = 0.1 + bl_random_uniform(&random);
        if (bl_random_uniform(&random) < negative)
            weights[i] = -weights[i];
    }
}

static double pair(float a, float b) { return a > b ? 1 : a == b ? 0.5 : 0; }

/// The definition, pair by pair.
static bl_area all_pairs(size_t n) {
    bl_area a = {0};
    double area = 0, variance = 0;
    for (size_t i = 0; i < n; i++)
        *(labels[i] ? &a.signal : &a.background) += weights[i];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (labels[i] == 1 && labels[j] == 0)
                area += weights[i] * weights[j] * pair(scores[i], scores[j]);
    a.area = area / (a.signal * a.background);
    for (size_t i = 0; i < n; i++) {
        double right = 0, all = labels[i] ? a.background : a.signal;
        for (size_t j = 0; j < n; j++)
            if (labels[j] != labels[i])
                right += weights[j] *
                         (labels[i] ? pair(scores[i], scores[j]) : pair(scores[j], scores[i]));
        double x = weights[i] / (labels[i] ? a.signal : a.background) * (right / all - a.area);
        variance += x * x;
    }
    a.sigma = sqrt(variance);
    return a;
}

static bl_ranking rank(bl_arena *arena, size_t n, const double *of) {
    bl_ranking ranking = {0};
    assert_ok(bl_ranking_make(arena, n, scores, 1, of, labels, 1, -1, &ranking, NULL));
    return ranking;
}

static void test_area(void **state) {
    (void)state;
    bl_arena arena;
    bl_arena_init(&arena, context);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        make(N, seed, seed > 3 ? 0.2 : 0);
        bl_ranking ranking = rank(&arena, N, weights);
        bl_area found = bl_area_of(&ranking), wanted = all_pairs(N);
        assert_true(fabs(found.area - wanted.area) < 1e-13);
        assert_true(fabs(found.sigma - wanted.sigma) < 1e-13);
        for (size_t i = 0; i < N; i++)
            labels[i] = !labels[i];
        bl_ranking swapped = rank(&arena, N, weights);
        assert_true(fabs(bl_area_of(&swapped).area - (1 - found.area)) < 1e-13);
    }
    bl_arena_release(&arena);
}

static void test_edges(void **state) {
    (void)state;
    bl_arena arena;
    bl_arena_init(&arena, context);
    scores[0] = -0.F, scores[1] = 0, scores[2] = NAN, scores[3] = -INFINITY;
    labels[0] = 1, labels[1] = 0, labels[2] = 1, labels[3] = 0;
    bl_ranking ranking = rank(&arena, 4, NULL);
    assert_int_equal(ranking.n_groups, 3); // zeros are equal, NaN is below all
    assert_int_equal(ranking.events[0], 2);
    assert_true(bl_area_of(&ranking).area == (1.5 + 0) / 4);
    bl_ranking one = rank(&arena, 1, NULL), none = rank(&arena, 0, NULL);
    assert_true(isnan(bl_area_of(&one).area) && isnan(bl_area_of(&none).sigma));
    labels[3] = 2;
    assert_ok(bl_ranking_make(&arena, 4, scores, 1, NULL, labels, 1, 2, &ranking, NULL));
    assert_int_equal(ranking.n, 3);
    assert_true(bl_area_of(&ranking).area == 0.5);
    bl_arena_release(&arena);
}

static void test_replicas(void **state) {
    (void)state;
    static double areas[N_REPLICAS], again[N_REPLICAS];
    bl_arena arena;
    double mean = 0, variance = 0;
    bl_arena_init(&arena, context);
    make(N_MANY, 7, 0.1);
    bl_ranking ranking = rank(&arena, N_MANY, weights);
    bl_area area = bl_area_of(&ranking);
    assert_ok(bl_area_replicas(&arena, &ranking, 3, NULL, N_REPLICAS, areas, NULL));
    for (size_t i = 0; i < N_REPLICAS; i++)
        mean += areas[i] / N_REPLICAS;
    for (size_t i = 0; i < N_REPLICAS; i++)
        variance += (areas[i] - mean) * (areas[i] - mean) / (N_REPLICAS - 1);
    assert_true(fabs(mean - area.area) < 5 * area.sigma / sqrt(N_REPLICAS));
    assert_true(fabs(sqrt(variance) / area.sigma - 1) < 0.15); // 5 σ of a σ from 500
    assert_ok(bl_area_replicas(&arena, &ranking, 3, NULL, 17, again, NULL));
    assert_memory_equal(areas, again, 17 * sizeof *areas); // however many there are
    assert_ok(bl_area_replicas(&arena, &ranking, 4, NULL, 17, again, NULL));
    assert_true(areas[0] != again[0]);
    bl_arena_release(&arena);
}

/// Areas of other events drawn as these are spread as σ says: of 10,000 their σ is known to 0.7 %.
static void test_toys(void **state) {
    static const double negative[] = {0, 0.1};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        double mean = 0, square = 0, variance = 0;
        for (uint64_t toy = 0; toy < N_TOYS; toy++) {
            bl_arena arena;
            bl_arena_init(&arena, context);
            make(N, 100 + toy, negative[k]);
            bl_ranking ranking = rank(&arena, N, weights);
            bl_area area = bl_area_of(&ranking);
            mean += area.area / N_TOYS;
            square += area.area * area.area / N_TOYS;
            variance += area.sigma * area.sigma / N_TOYS;
            bl_arena_release(&arena);
        }
        double ratio = sqrt((square - mean * mean) / variance);
        if (!(fabs(ratio - 1) < 0.025))
            fail_msg("toys are spread %g times as far as their errors say", ratio);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_area),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_toys),
        cmocka_unit_test(test_replicas),
    };
    return test_run(tests, 2, &context, NULL);
}
