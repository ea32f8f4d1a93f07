// SPDX-License-Identifier: Apache-2.0
// Curves against all thresholds one by one; what is left out of them does not show.
#include "learn/evaluate/curve.h"

#include <math.h>

#include "base/random.h"
#include "base/testing.h"

enum { MOST = 100000 };

static bl_context *context;
static bl_arena arena;
static float scores[MOST];
static double weights[MOST];
static int32_t labels[MOST];

/// \param steps scores are multiples of 1/steps \param negative part of negative weight
static void make(size_t n, uint64_t seed, double steps, double negative) {
    bl_random random;
    bl_random_init(&random, seed, 4, 0);
    for (size_t i = 0; i < n; i++) {
        labels[i] = bl_random_uniform(&random) < 0.4;
        double x = bl_random_uniform(&random), y = bl_random_uniform(&random);
        x = labels[i] ? fmax(x, y) : x * y;
        scores[i] = (float)(floor(x * steps) / steps);
        weights[i] = 0.5 + bl_random_uniform(&random);
        if (bl_random_uniform(&random) < negative)
            weights[i] = -weights[i];
    }
}

static bl_ranking rank(size_t n) {
    bl_ranking ranking = {0};
    assert_ok(bl_ranking_make(&arena, n, scores, 1, weights, labels, 1, -1, &ranking, NULL));
    return ranking;
}

static bl_curve curve_of(const bl_ranking *ranking) {
    bl_curve curve = {0};
    assert_ok(bl_curve_make(&arena, ranking, &curve, NULL));
    return curve;
}

/// What part of a sort has at least a score.
static double part_above(size_t n, bool is_signal, float threshold) {
    double selected = 0, all = 0;
    for (size_t i = 0; i < n; i++)
        if (labels[i] == is_signal) {
            all += weights[i];
            selected += scores[i] >= threshold ? weights[i] : 0;
        }
    return selected / all;
}

static void points_are_those_of_thresholds(void **state) {
    enum { N = 2000 };
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        make(N, seed, 300, seed > 2 ? 0.2 : 0);
        bl_ranking ranking = rank(N);
        bl_curve curve = curve_of(&ranking);
        assert_in_range(curve.n, 100, BL_CURVE_POINTS);
        for (size_t i = 0; i < curve.n; i++) {
            float at = curve.thresholds[i];
            assert_true(fabs(curve.signal[i] - part_above(N, true, at)) < 1e-12);
            assert_true(fabs(curve.background[i] - part_above(N, false, at)) < 1e-12);
        }
        assert_true(curve.signal[0] == 0 && isinf(curve.thresholds[0]));
        assert_true(curve.signal[curve.n - 1] == 1 && curve.background[curve.n - 1] == 1);
    }
}

/// How far a point is from the nearest of a curve, as a part of the axes.
static double distance(const bl_curve *curve, double signal, double background, double range) {
    double least = INFINITY;
    for (size_t i = 0; i < curve->n; i++)
        least = fmin(least, fmax(fabs(curve->signal[i] - signal),
                                 fabs(log(curve->background[i] / background)) / range));
    return least;
}

static void no_shape_is_lost(void **state) {
    (void)state;
    make(MOST, 5, 1 << 24, 0);
    bl_ranking ranking = rank(MOST);
    bl_curve curve = curve_of(&ranking);
    double signal = 0, background = 0, range = 0;
    assert_in_range(curve.n, 200, BL_CURVE_POINTS);
    for (size_t k = ranking.n; k-- > 0;) {
        *(ranking.is_signal[k] ? &signal : &background) += ranking.weights[k];
        double y = background / ranking.background;
        if (y > 0 && range == 0)
            range = -log(y);
        if (y > 0)
            assert_true(distance(&curve, signal / ranking.signal, y, range) < 1.0 / 200);
    }
    assert_true(range > 8);
}

/// Along all thresholds, from the highest, the first that has so much.
static double first_crossing(size_t n, bool of_signal, double at, const bl_ranking *ranking) {
    double x = 0, y = 0;
    for (size_t k = ranking->n_groups; k-- > 0;) {
        double next_x = part_above(n, of_signal, ranking->scores[k]);
        double next_y = part_above(n, !of_signal, ranking->scores[k]);
        if (next_x >= at)
            return y + (at - x) / (next_x - x) * (next_y - y);
        x = next_x;
        y = next_y;
    }
    return NAN;
}

static void crossings(void **state) {
    enum { N = 500 };
    static const double at[] = {0.01, 0.1, 0.5, 0.9, 0.99};
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        make(N, seed, 50, seed > 2 ? 0.3 : 0);
        bl_ranking ranking = rank(N);
        for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
            double background = bl_curve_background_at(&ranking, at[i]);
            double signal = bl_curve_signal_at(&ranking, at[i]);
            assert_true(fabs(background - first_crossing(N, true, at[i], &ranking)) < 1e-12);
            assert_true(fabs(signal - first_crossing(N, false, at[i], &ranking)) < 1e-12);
        }
    }
    static const double x[] = {0, 0.5, 0.4, 1}, y[] = {0, 0.1, 0.3, 1};
    assert_true(fabs(bl_curve_crossing(4, x, y, 0.25) - 0.05) < 1e-15);
    assert_true(fabs(bl_curve_crossing(4, x, y, 0.45) - 0.09) < 1e-15); // the first of three
    assert_true(bl_curve_crossing(4, x, y, 2) == 1 && isnan(bl_curve_crossing(0, x, y, 0)));
}

static void edges(void **state) {
    (void)state;
    make(MOST, 6, 1 << 24, 0.49); // hardly any weight is left: back and forth
    bl_ranking ranking = rank(MOST);
    assert_in_range(curve_of(&ranking).n, 2, BL_CURVE_POINTS);
    for (size_t n = 0; n < 2; n++) {
        ranking = rank(n);
        assert_int_equal(curve_of(&ranking).n, 0);
        assert_true(isnan(bl_curve_background_at(&ranking, 0.5)));
        assert_true(isnan(bl_curve_signal_at(&ranking, 0.5)));
    }
    labels[0] = 1, labels[1] = 0, scores[0] = scores[1] = NAN; // not even these are told apart
    weights[0] = weights[1] = -1;
    ranking = rank(2);
    bl_curve curve = curve_of(&ranking);
    assert_int_equal(curve.n, 2);
    assert_true(bl_curve_background_at(&ranking, 0.5) == 0.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_those_of_thresholds),
        cmocka_unit_test(no_shape_is_lost),
        cmocka_unit_test(crossings),
        cmocka_unit_test(edges),
    };
    return test_run(tests, 1, &context, &arena);
}
