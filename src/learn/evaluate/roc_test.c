// SPDX-License-Identifier: Apache-2.0
// Numbers of classes and pairs against all pairs of events; variations, replicas, classes of which
// there is nothing.
#include "learn/evaluate/roc.h"

#include "learn/evaluate/evaluation_testing.h"

enum { N = 900 };

static bl_context *context;
static bl_arena arena;
static hand_made made;

static bl_roc roc_of(size_t subject, int32_t signal, int32_t background) {
    bl_roc roc = {0};
    assert_ok(bl_roc_make(&arena, &made.evaluation, subject, signal, background, &roc, NULL));
    return roc;
}

/// What an event says of the signal.
static float score_of(const hand_events *events, size_t subject, size_t i, int32_t signal,
                      int32_t background) {
    const float *of = events->scores[subject] + i * HAND_CLASSES;
    return background < 0 ? of[signal] : of[signal] / (of[signal] + of[background]);
}

/// The definition, pair by pair. \param scale [classes] of weights
static double all_pairs(const hand_events *events, size_t subject, int32_t signal,
                        int32_t background, const double *weights, const double *scale) {
    double right = 0, sums[2] = {0};
    for (size_t i = 0; i < N; i++) {
        double w = weights[i] * scale[events->labels[i]];
        if (events->labels[i] == signal)
            sums[1] += w;
        else if (background < 0 || events->labels[i] == background)
            sums[0] += w;
    }
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N && events->labels[i] == signal; j++) {
            int32_t other = events->labels[j];
            if (other == signal || (background >= 0 && other != background))
                continue;
            float s = score_of(events, subject, i, signal, background);
            float t = score_of(events, subject, j, signal, background);
            double half = s > t ? 1 : s == t ? 0.5 : 0;
            right += half * weights[i] * scale[signal] * weights[j] * scale[other];
        }
    return right / (sums[0] * sums[1]);
}

static void assert_near(double is, double wanted) {
    if (!(fabs(is - wanted) < 1e-11))
        fail_msg("%.17g is not %.17g", is, wanted);
}

static void compositions(void **state) {
    static const double as_they_are[] = {1, 1, 1};
    double equal[HAND_CLASSES] = {0};
    (void)state;
    hand_make(context, &made, N);
    const hand_events *test = &made.test;
    for (size_t i = 0; i < N; i++)
        equal[test->labels[i]] += test->physics[i];
    for (size_t k = 0; k < HAND_CLASSES; k++)
        equal[k] = 1 / equal[k];
    for (size_t subject = 0; subject < HAND_SUBJECTS; subject++)
        for (int32_t k = 0; k < HAND_CLASSES; k++) {
            bl_roc roc = roc_of(subject, k, -1);
            bl_roc pair = roc_of(subject, k, (k + 1) % HAND_CLASSES);
            bl_area area = {0};
            assert_near(roc.physical.area.area,
                        all_pairs(test, subject, k, -1, test->physics, as_they_are));
            assert_near(roc.equal.area.area, all_pairs(test, subject, k, -1, test->physics, equal));
            assert_near(pair.physical.area.area, all_pairs(test, subject, k, (k + 1) % HAND_CLASSES,
                                                           test->physics, as_they_are));
            assert_true(roc.equal.area.area != roc.physical.area.area);
            assert_near(pair.equal.area.area, pair.physical.area.area);
            assert_ok(bl_roc_area(&made.evaluation, subject, k, &area, NULL));
            assert_true(area.area == roc.physical.area.area);
        }
}

static void variations(void **state) {
    static const double as_they_are[] = {1, 1, 1};
    (void)state;
    hand_make(context, &made, N);
    bl_roc roc = roc_of(1, 1, -1);
    assert_int_equal(roc.n_varied, 3);
    for (size_t k = 0; k < 2; k++)
        assert_near(roc.varied[k].area.area,
                    all_pairs(&made.test, 1, 1, -1, made.test.varied[k], as_they_are));
    assert_string_equal(roc.varied[2].name, "test.jesUp");
    assert_near(roc.varied[2].area.area,
                all_pairs(&made.shifted, 1, 1, -1, made.shifted.physics, as_they_are));
    for (size_t i = 0; i < roc.curve.n; i++) {
        assert_true(roc.varied_low[i] <= roc.curve.background[i]);
        assert_true(roc.varied_high[i] >= roc.curve.background[i]);
    }
    made.evaluation.n_variations = 0;
    made.evaluation.n_shifted = 0;
    roc = roc_of(1, 1, -1);
    assert_null(roc.varied_low);
}

static void replicas(void **state) {
    (void)state;
    hand_make(context, &made, HAND_MOST);
    made.evaluation.n_replicas = 400;
    bl_roc roc = roc_of(0, 2, -1), again;
    double width = (roc.physical.high - roc.physical.low) / 2;
    assert_true(roc.physical.low < roc.physical.area.area);
    assert_true(roc.physical.high > roc.physical.area.area);
    assert_true(fabs(width / roc.physical.area.sigma - 1) < 0.2);
    assert_true(roc.equal.high > roc.equal.low);
    for (size_t i = 0; i < roc.curve.n; i++)
        assert_true(roc.low[i] <= roc.high[i]);
    bl_context *alone = test_context(1);
    made.evaluation.context = alone;
    again = roc_of(0, 2, -1);
    made.evaluation.context = context;
    bl_context_free(alone);
    assert_true(again.physical.low == roc.physical.low && again.equal.high == roc.equal.high);
    assert_memory_equal(again.low, roc.low, roc.curve.n * sizeof *roc.low);
    made.evaluation.n_replicas = 0;
    roc = roc_of(0, 2, -1);
    assert_true(isnan(roc.physical.low) && !roc.low);
}

/// Classes 0 and 1 alone. Scores of the other sign turn an area round, and so do other labels.
static void swapped(void **state) {
    (void)state;
    hand_make(context, &made, N);
    for (size_t i = 0; i < N; i++) {
        float *first = made.test.scores[0] + i * HAND_CLASSES;
        made.test.labels[i] = made.test.labels[i] == 1;
        first[0] = -first[1];
        made.test.scores[1][i * HAND_CLASSES] = first[1];
    }
    double area = roc_of(0, 1, -1).physical.area.area;
    assert_near(roc_of(0, 0, -1).physical.area.area, area);
    assert_near(roc_of(1, 0, -1).physical.area.area, 1 - area);
}

static void intervals(void **state) {
    double values[101], low, high;
    (void)state;
    for (size_t i = 0; i < 101; i++)
        values[i] = (double)(i * 37 % 101);
    bl_interval_of(101, values, &low, &high);
    assert_near(low, 16);
    assert_near(high, 84);
    for (size_t i = 0; i < 3; i++)
        values[i] = i == 1 ? 5 : NAN;
    bl_interval_of(3, values, &low, &high);
    assert_true(low == 5 && high == 5);
    values[0] = NAN;
    bl_interval_of(1, values, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

static void empty_class(void **state) {
    (void)state;
    hand_make(context, &made, N);
    for (size_t i = 0; i < N; i++)
        made.test.labels[i] = made.test.labels[i] == 2 ? 1 : made.test.labels[i];
    bl_roc roc = roc_of(0, 2, -1);
    assert_true(isnan(roc.physical.area.area) && isnan(roc.physical.low));
    assert_true(isnan(roc.physical.background) && roc.curve.n == 0);
    assert_true(isfinite(roc_of(0, 1, -1).equal.area.area));
    made.test.labels[5] = 2;
    roc = roc_of(0, 2, -1);
    assert_true(isfinite(roc.physical.area.area) && isfinite(roc.equal.area.sigma));
}

static void strange_weights(void **state) {
    (void)state;
    hand_make(context, &made, N);
    double area = roc_of(0, 1, 0).physical.area.area;
    for (size_t i = 0; i < N; i++)
        made.test.physics[i] = -made.test.physics[i];
    assert_near(roc_of(0, 1, 0).physical.area.area, area);
    for (size_t i = 0; i < N; i++)
        made.test.physics[i] = made.test.labels[i] == 1 ? 0 : 1;
    bl_roc roc = roc_of(0, 1, -1);
    assert_true(isnan(roc.physical.area.area) && isnan(roc.equal.area.area));
    assert_int_equal(roc.curve.n, 0);
    roc = roc_of(0, 0, -1); // a class of no weight in the background
    assert_true(isfinite(roc.physical.area.area) && isnan(roc.equal.area.area));
}

static bl_status without_memory(bl_context *faulty) {
    bl_roc roc;
    bl_arena own;
    bl_arena_init(&own, faulty);
    hand_make(faulty, &made, 50);
    bl_status status = bl_roc_make(&own, &made.evaluation, 0, 1, -1, &roc, NULL);
    if (status == BL_OK)
        status = bl_roc_make(&own, &made.evaluation, 0, 1, 2, &roc, NULL);
    bl_arena_release(&own);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compositions),    cmocka_unit_test(variations),
        cmocka_unit_test(replicas),        cmocka_unit_test(swapped),
        cmocka_unit_test(intervals),       cmocka_unit_test(empty_class),
        cmocka_unit_test(strange_weights), test_each_allocation(without_memory),
    };
    return test_run(tests, 2, &context, &arena);
}
