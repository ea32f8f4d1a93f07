// SPDX-License-Identifier: Apache-2.0
// Cuts on scores against all thresholds that there are.
#include "learn/evaluate/working_point.h"

#include "base/random.h"
#include "base/testing.h"

enum { N = 400 };

static bl_context *context;
static float scores[N];
static double weights[N];
static int32_t labels[N];

static double part(int32_t label, float threshold) {
    double selected = 0, all = 0;
    for (size_t i = 0; i < N; i++) {
        selected += labels[i] == label && scores[i] >= threshold ? weights[i] : 0;
        all += labels[i] == label ? weights[i] : 0;
    }
    return selected / all;
}

/// The highest of the scores that keeps enough.
static float threshold_of(int32_t label, double efficiency) {
    float best = NAN;
    for (size_t i = 0; i < N; i++)
        if (part(label, scores[i]) >= efficiency - 1e-12 && !(scores[i] <= best))
            best = scores[i];
    return best;
}

static void thresholds_are_the_highest(void **state) {
    (void)state;
    bl_arena arena;
    bl_random random;
    bl_arena_init(&arena, context);
    for (int has_negative = 0; has_negative < 2; has_negative++) {
        bl_ranking ranking;
        bl_random_init(&random, 3, 0, (uint64_t)has_negative);
        for (size_t i = 0; i < N; i++) {
            labels[i] = i % 4 == 0;
            scores[i] = (float)floor(60 * bl_random_uniform(&random)) / 60;
            weights[i] = bl_random_uniform(&random) - 0.15 * has_negative;
        }
        assert_ok(bl_ranking_make(&arena, N, scores, 1, weights, labels, 1, -1, &ranking, NULL));
        for (int32_t label = 0; label < 2; label++)
            for (int percent = 1; percent < 99; percent += 7) {
                double e = percent / 100.0;
                bl_working_point p = bl_working_point_at(&ranking, e, label == 1);
                assert_true(p.threshold == threshold_of(label, e));
                assert_true(fabs(p.signal - part(1, p.threshold)) < 1e-12);
                assert_true(fabs(p.background - part(0, p.threshold)) < 1e-12);
            }
    }
    bl_arena_release(&arena);
}

static void errors_are_binomial(void **state) {
    (void)state;
    bl_arena arena;
    bl_ranking ranking;
    bl_arena_init(&arena, context);
    for (size_t i = 0; i < N; i++) {
        labels[i] = i % 2 == 0;
        scores[i] = (float)floor((double)i / 2);
    }
    assert_ok(bl_ranking_make(&arena, N, scores, 1, NULL, labels, 1, -1, &ranking, NULL));
    bl_working_point p = bl_working_point_at(&ranking, 0.25, true);
    assert_true(p.threshold == 150 && p.signal == 0.25 && p.background == 0.25);
    assert_true(fabs(p.signal_error - sqrt(0.25 * 0.75 / 200)) < 1e-15);
    assert_true(fabs(p.background_error - p.signal_error) < 1e-15);
    bl_arena_release(&arena);
}

static void edges(void **state) {
    (void)state;
    bl_arena arena;
    bl_ranking ranking;
    bl_arena_init(&arena, context);
    scores[0] = NAN, scores[1] = 2, scores[2] = 1;
    labels[0] = 1, labels[1] = 0, labels[2] = 1;
    assert_ok(bl_ranking_make(&arena, 3, scores, 1, NULL, labels, 1, -1, &ranking, NULL));
    bl_working_point p = bl_working_point_at(&ranking, 0.9, true); // NaN is never selected
    assert_true(p.threshold == 1 && p.signal == 0.5 && p.background == 1);
    assert_ok(bl_ranking_make(&arena, 1, scores + 1, 1, NULL, labels + 1, 1, -1, &ranking, NULL));
    p = bl_working_point_at(&ranking, 0.5, true); // no signal
    assert_true(isnan(p.threshold) && isnan(p.signal) && p.background == 0);
    assert_true(bl_working_point_at(&ranking, 0.5, false).threshold == 2);
    assert_ok(bl_ranking_make(&arena, 0, scores, 1, NULL, labels, 1, -1, &ranking, NULL));
    assert_true(isnan(bl_working_point_at(&ranking, 0.5, true).threshold));
    assert_ok(bl_ranking_make(&arena, 1, scores, 1, NULL, labels, 1, -1, &ranking, NULL));
    assert_true(isnan(bl_working_point_at(&ranking, 0.5, true).threshold)); // only NaN
    bl_arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thresholds_are_the_highest),
        cmocka_unit_test(errors_are_binomial),
        cmocka_unit_test(edges),
    };
    return test_run(tests, 1, &context, NULL);
}
