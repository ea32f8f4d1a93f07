// SPDX-License-Identifier: Apache-2.0
// Distances against all pairs of functions' values, tails against tabulated ones, and p-values of
// samples of one distribution, which are uniform; training and test are the two samples.
#include "learn/evaluate/kolmogorov.h"

#include <math.h>

#include "base/random.h"
#include "base/testing.h"

enum { N = 300, N_TOYS = 2000, TOY_EVENTS = 1500 };

static bl_context *context;
static float scores[TOY_EVENTS];
static double weights[TOY_EVENTS];
static int32_t labels[TOY_EVENTS];

static bl_kolmogorov test_of(bl_arena *arena, size_t n, const double *of) {
    bl_ranking ranking = {0};
    assert_ok(bl_ranking_make(arena, n, scores, 1, of, labels, 1, -1, &ranking, NULL));
    return bl_kolmogorov_of(&ranking);
}

static double below(size_t n, int32_t label, float at) {
    double sum = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        sum += labels[i] == label && scores[i] <= at ? weights[i] : 0;
        all += labels[i] == label ? weights[i] : 0;
    }
    return sum / all;
}

static void distances_are_those_of_the_functions(void **state) {
    (void)state;
    bl_arena arena;
    bl_random random;
    bl_arena_init(&arena, context);
    bl_random_init(&random, 5, 0, 0);
    for (int has_negative = 0; has_negative < 2; has_negative++) {
        double distance = 0, sums[2] = {0}, squares[2] = {0};
        for (size_t i = 0; i < N; i++) {
            labels[i] = i % 3 == 0;
            scores[i] = (float)floor(50 * bl_random_uniform(&random)); // many are equal
            weights[i] = bl_random_uniform(&random) - (has_negative ? 0.2 : 0);
            sums[labels[i]] += weights[i];
            squares[labels[i]] += weights[i] * weights[i];
        }
        for (size_t i = 0; i < N; i++)
            distance = fmax(distance, fabs(below(N, 0, scores[i]) - below(N, 1, scores[i])));
        bl_kolmogorov k = test_of(&arena, N, weights);
        assert_true(fabs(k.distance - distance) < 1e-12);
        for (size_t i = 0; i < 2; i++)
            assert_true(fabs(k.sizes[i] / (sums[i] * sums[i] / squares[i]) - 1) < 1e-12);
        assert_int_equal(k.are_all_positive, !has_negative);
        double size = k.sizes[0] * k.sizes[1] / (k.sizes[0] + k.sizes[1]);
        assert_true(k.p == bl_kolmogorov_tail(sqrt(size) * k.distance));
    }
    bl_arena_release(&arena);
}

/// Smirnov's table, 1948; both sums meet at 1.
static void tails_are_those_of_the_table(void **state) {
    (void)state;
    static const double table[][2] = {
        {0.5, 0.036055}, {0.8, 0.455857}, {1.0, 0.730000}, {1.36, 0.950514}, {2.0, 0.999329}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_true(fabs(1 - bl_kolmogorov_tail(table[i][0]) - table[i][1]) < 1e-6);
    assert_true(fabs(bl_kolmogorov_tail(nextafter(1, 0)) - bl_kolmogorov_tail(1)) < 1e-14);
    assert_true(bl_kolmogorov_tail(0) == 1 && bl_kolmogorov_tail(1e-6) == 1);
    assert_true(bl_kolmogorov_tail(40) == 0 && bl_kolmogorov_tail(INFINITY) == 0);
    assert_true(isnan(bl_kolmogorov_tail(NAN)));
}

/// χ² of p-values of samples of one distribution, in ten bins.
static double chi2_of_p_values(double negative) {
    double counts[10] = {0}, chi2 = 0, wanted = N_TOYS / 10.0;
    bl_random random;
    bl_random_init(&random, 9, 0, 0);
    for (size_t toy = 0; toy < N_TOYS; toy++) {
        bl_arena arena;
        bl_arena_init(&arena, context);
        for (size_t i = 0; i < TOY_EVENTS; i++) {
            labels[i] = i % 3 == 0;
            scores[i] = (float)bl_random_uniform(&random);
            weights[i] = 0.4 + 1.2 * bl_random_uniform(&random);
            weights[i] *= bl_random_uniform(&random) < negative ? -1 : 1;
        }
        double p = test_of(&arena, TOY_EVENTS, weights).p;
        counts[p >= 1 ? 9 : (size_t)(10 * p)]++;
        bl_arena_release(&arena);
    }
    for (size_t i = 0; i < 10; i++)
        chi2 += (counts[i] - wanted) * (counts[i] - wanted) / wanted;
    print_message("χ² of %d p-values: %.1f\n", N_TOYS, chi2);
    return chi2;
}

/// Weights vary by a factor of four; their signs do not depend on the score.
static void p_values_are_uniform(void **state) {
    (void)state;
    assert_true(chi2_of_p_values(0) < 33.7); // all but one of 10,000 at 9 degrees of freedom
    assert_true(chi2_of_p_values(0.1) < 33.7);
}

static void edges(void **state) {
    (void)state;
    bl_arena arena;
    bl_arena_init(&arena, context);
    labels[0] = 0, labels[1] = 1, labels[2] = 1;
    scores[0] = 1, scores[1] = 2, scores[2] = 3;
    assert_true(isnan(test_of(&arena, 0, NULL).p) && isnan(test_of(&arena, 1, NULL).distance));
    assert_true(test_of(&arena, 2, NULL).distance == 1);
    weights[0] = -1, weights[1] = -1, weights[2] = -2;
    assert_true(test_of(&arena, 3, weights).distance == 1); // all are negative: signs cancel
    weights[1] = 1, weights[2] = -1;
    assert_true(isnan(test_of(&arena, 3, weights).p)); // they add up to 0
    bl_arena_release(&arena);
}

// ---- training and test ----

static float score_of(const bl_scored *events, size_t event, const void *user) {
    return events->scores[*(const size_t *)user][event];
}

enum { N_TRAIN = 40, N_PARTS = 100 };

/// Of the events in the arrays the first are those of the training.
static bl_status test_parts(bl_context *of, bl_kolmogorov *ret_result) {
    const float *by_subject[2][2] = {{NULL, scores}, {NULL, scores + N_TRAIN}};
    const bl_scored train = {.n = N_TRAIN, .physics = weights, .scores = by_subject[0]},
                    test = {.n = N_PARTS - N_TRAIN,
                            .physics = weights + N_TRAIN,
                            .scores = by_subject[1]};
    const bl_evaluation e = {.context = of, .train = &train, .test = &test};
    const size_t subject = 1;
    for (size_t i = 0; i < N_PARTS; i++) {
        labels[i] = i >= N_TRAIN;
        weights[i] = 1 + (double)(i % 4);
        scores[i] = i % 7 == 0 ? NAN : i > 50 && i % 5 == 0 ? INFINITY : (float)(i % 30);
    }
    return bl_kolmogorov_overtraining(&e, score_of, &subject, ret_result, NULL);
}

/// As of both samples in one list, without what is NaN; what is infinite counts.
static void training_is_the_first_sample(void **state) {
    (void)state;
    bl_arena arena;
    bl_kolmogorov k = {0};
    bl_arena_init(&arena, context);
    assert_ok(test_parts(context, &k));
    size_t n = 0;
    for (size_t i = 0; i < N_PARTS; i++) {
        if (isnan(scores[i]))
            continue;
        labels[n] = labels[i];
        weights[n] = weights[i];
        scores[n++] = scores[i];
    }
    assert_true(n > 80 && n < N_PARTS);
    bl_kolmogorov wanted = test_of(&arena, n, weights);
    assert_true(k.distance == wanted.distance && k.distance > 0.1);
    assert_true(k.p == wanted.p && k.are_all_positive);
    assert_true(k.sizes[0] == wanted.sizes[0] && k.sizes[1] == wanted.sizes[1]);
    assert_true(k.sizes[0] < k.sizes[1]);
    bl_arena_release(&arena);
}

static bl_status without_memory(bl_context *faulty) {
    bl_kolmogorov k;
    return test_parts(faulty, &k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_the_functions),
        cmocka_unit_test(tails_are_those_of_the_table),
        cmocka_unit_test(p_values_are_uniform),
        cmocka_unit_test(edges),
        cmocka_unit_test(training_is_the_first_sample),
        test_each_allocation(without_memory),
    };
    return test_run(tests, 1, &context, NULL);
}
