// SPDX-License-Identifier: Apache-2.0
// Bins of scores against sums written down one by one, and events that are calibrated by making.
#include "learn/evaluate/calibration.h"

#include "base/random.h"
#include "base/testing.h"

enum { N = 20000 };

static float scores[N * 2];
static double weights[N];
static int32_t labels[N];

static void make(double power) {
    bl_random random;
    bl_random_init(&random, 2, 0, 0);
    for (size_t i = 0; i < N; i++) {
        double p = bl_random_uniform(&random);
        scores[2 * i + 1] = (float)p;
        labels[i] = bl_random_uniform(&random) < pow(p, power);
        weights[i] = 0.5 + bl_random_uniform(&random);
    }
}

static void bins_are_sums_of_events(void **state) {
    (void)state;
    make(2);
    bl_calibration c = bl_calibration_of(N, scores + 1, 2, labels, 1, weights);
    double gaps = 0, all = 0;
    for (int bin = 0; bin < BL_CALIBRATION_BINS; bin++) {
        double w = 0, ws = 0, wy = 0;
        for (size_t i = 0; i < N; i++) {
            double s = (double)scores[2 * i + 1] * BL_CALIBRATION_BINS;
            if (s < bin || s >= bin + 1)
                continue;
            w += weights[i];
            ws += weights[i] * scores[2 * i + 1];
            wy += labels[i] ? weights[i] : 0;
        }
        assert_true(fabs(c.bins[bin].predicted - ws / w) < 1e-12);
        assert_true(fabs(c.bins[bin].observed - wy / w) < 1e-12);
        gaps += fabs(ws - wy);
        all += w;
    }
    assert_true(fabs(c.error - gaps / all) < 1e-12);
    assert_true(fabs(c.error - 1 / 6.0) < 0.01); // ∫ p − p² dp
}

/// Of what is calibrated, observed parts are off by their errors.
static void errors_are_standard_deviations(void **state) {
    (void)state;
    make(1);
    bl_calibration c = bl_calibration_of(N, scores + 1, 2, labels, 1, weights);
    double chi2 = 0;
    for (size_t bin = 0; bin < BL_CALIBRATION_BINS; bin++) {
        double d = (c.bins[bin].observed - c.bins[bin].predicted) / c.bins[bin].error;
        chi2 += d * d;
    }
    assert_true(chi2 > 2.6 && chi2 < 44); // all but one of 10,000 on each side
    assert_true(c.error < 0.02);
}

static void edges(void **state) {
    (void)state;
    static const float given[] = {1, 0, NAN, 1.5F, -0.1F};
    static const int32_t classes[] = {1, 1, 1, 0, 0};
    static const double negative[] = {-1, 1, 1, 1, 1};
    bl_calibration c = bl_calibration_of(5, given, 1, classes, 1, NULL);
    assert_int_equal(c.n_outside, 3);
    assert_int_equal(c.bins[BL_CALIBRATION_BINS - 1].n, 1);
    assert_true(c.error == 0.5);
    c = bl_calibration_of(5, given, 1, classes, 1, negative);
    assert_true(isnan(c.bins[BL_CALIBRATION_BINS - 1].observed) && c.error == 1);
    assert_true(isnan(bl_calibration_of(0, given, 1, classes, 1, NULL).error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_are_sums_of_events),
        cmocka_unit_test(errors_are_standard_deviations),
        cmocka_unit_test(edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
