// SPDX-License-Identifier: Apache-2.0
// Distances against all pairs of functions' values, tails against tabulated ones, and p-values of
// samples of one distribution, which are uniform.
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_the_functions),
        cmocka_unit_test(tails_are_those_of_the_table),
        cmocka_unit_test(p_values_are_uniform),
        cmocka_unit_test(edges),
    };
    return test_run(tests, 1, &context, NULL);
}
