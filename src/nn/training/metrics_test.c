// SPDX-License-Identifier: Apache-2.0
// Metrics against brute force over all pairs of rows.
#include "nn/training/metrics.h"

#include "nn/training/reading_testing.h"
#include "nn/training/roc.h"

enum { MOST = 2 * BL_NN_ROC_EXACT + 10000 };

static float scores[MOST], weights[MOST];
static bool is_signal[MOST];

static double area_by_pairs(size_t n) {
    double right = 0, signal = 0, background = 0;
    for (size_t i = 0; i < n; i++) {
        *(is_signal[i] ? &signal : &background) += (double)weights[i];
        for (size_t j = 0; is_signal[i] && j < n; j++)
            if (!is_signal[j] && scores[i] >= scores[j])
                right +=
                    (double)weights[i] * (double)weights[j] * (scores[i] > scores[j] ? 1 : 0.5);
    }
    return right / signal / background;
}

/// For ascending scores: where the background first exceeds what is allowed, from above.
static double efficiency_by_loop(size_t n, double allowed) {
    double signal = 0, background = 0, s = 0, b = 0;
    for (size_t i = 0; i < n; i++)
        *(is_signal[i] ? &signal : &background) += (double)weights[i];
    for (size_t i = n; i-- > 0;) {
        if (!is_signal[i] && b + (double)weights[i] > allowed * background)
            break;
        *(is_signal[i] ? &s : &b) += (double)weights[i];
    }
    return s / signal;
}

/// How scores of signal and background are spread.
typedef enum spread { FLAT, TIES, NEAR_ENDS, TINY, N_SPREADS } spread;

static float score_of(spread kind, bool signal) {
    double u = drand48(), v = drand48(), better = signal && v > u ? v : u;
    switch (kind) {
    case TIES:
        return (float)(floor(better * 20) / 20);
    case NEAR_ENDS:
        return (float)(1 / (1 + exp(-25 * (better - 0.5))));
    case TINY:
        return (float)(1e-6 * better);
    default:
        return (float)better;
    }
}

/// Little signal among many rows, so that there are not too many pairs.
static void fill(spread kind, size_t n, double least_weight) {
    for (size_t i = 0; i < n; i++) {
        is_signal[i] = drand48() < (n < BL_NN_ROC_EXACT ? 0.3 : 0.01);
        scores[i] = score_of(kind, is_signal[i]);
        weights[i] = (float)(least_weight + (2 - least_weight) * drand48());
    }
}

static void add_all(bl_nn_roc *roc, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        bl_nn_roc_add(roc, scores[i], (double)weights[i], is_signal[i]);
}

static void areas(void **state) {
    (void)state;
    const size_t lengths[] = {2, 50, 3000, BL_NN_ROC_EXACT, BL_NN_ROC_EXACT + 1};
    srand48(6);
    bl_nn_roc *roc = NULL;
    assert_ok(bl_nn_roc_new(context, &roc, NULL));
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
        for (int kind = 0; kind < N_SPREADS; kind++)
            for (int negative = 0; negative < 2; negative++) {
                size_t n = lengths[k];
                fill((spread)kind, n, negative ? -0.5 : 0.5);
                is_signal[0] = true, is_signal[1] = false;
                bl_nn_roc_reset(roc);
                add_all(roc, 0, n);
                near(bl_nn_roc_area(roc), area_by_pairs(n), n <= BL_NN_ROC_EXACT ? 1e-12 : 5e-6);
            }
    bl_nn_roc_free(roc);
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static void efficiencies(void **state) {
    (void)state;
    bl_nn_roc *roc = NULL;
    assert_ok(bl_nn_roc_new(context, &roc, NULL));
    const double allowed[] = {0, 0.001, 0.01, 0.3, 1};
    for (size_t n = 500; n <= MOST; n *= 16)
        for (size_t k = 0; k < sizeof allowed / sizeof *allowed; k++) {
            fill(FLAT, n, 0.5);
            qsort(scores, n, sizeof *scores, ascending);
            bl_nn_roc_reset(roc);
            add_all(roc, 0, n);
            near(bl_nn_roc_efficiency(roc, allowed[k]), efficiency_by_loop(n, allowed[k]), 1e-3);
        }
    bl_nn_roc_reset(roc); // one tie: a straight line
    bl_nn_roc_add(roc, 0.5F, 1, true);
    bl_nn_roc_add(roc, 0.5F, 1, false);
    near(bl_nn_roc_efficiency(roc, 0.25), 0.25, 0);
    near(bl_nn_roc_area(roc), 0.5, 0);
    bl_nn_roc_free(roc);
}

static void nothing_to_tell(void **state) {
    (void)state;
    bl_nn_roc *roc = NULL;
    assert_ok(bl_nn_roc_new(context, &roc, NULL));
    assert_true(isnan(bl_nn_roc_area(roc)) && isnan(bl_nn_roc_efficiency(roc, 0.1)));
    bl_nn_roc_add(roc, 0.5F, 1, true);
    assert_true(isnan(bl_nn_roc_area(roc)) && isnan(bl_nn_roc_efficiency(roc, 0.1)));
    bl_nn_roc_add(roc, -INFINITY, 1, false);
    near(bl_nn_roc_area(roc), 1, 0);
    for (size_t i = 0; i < BL_NN_ROC_EXACT; i++) { // outside of [0, 1], in bins
        bl_nn_roc_add(roc, 7, 1, true);
        bl_nn_roc_add(roc, i % 2 ? -7 : -0.F, 1, false);
    }
    near(bl_nn_roc_area(roc), 1, 0);
    bl_nn_roc_free(roc);
}

/// Zeros are equal, whatever their sign, and negative scores below them.
static void scores_of_either_sign(void **state) {
    (void)state;
    const float backgrounds[] = {-2, -1e-30F, -0.F, -1};
    bl_nn_roc *roc = NULL;
    assert_ok(bl_nn_roc_new(context, &roc, NULL));
    bl_nn_roc_add(roc, 3, 1, true);
    for (size_t i = 0; i < 4; i++)
        bl_nn_roc_add(roc, backgrounds[i], 1, false);
    bl_nn_roc_add(roc, 0, 1, true);
    bl_nn_roc_add(roc, -1.5F, 1, true);
    near(bl_nn_roc_area(roc), (4 + 3.5 + 1) / 12, 1e-15);
    bl_nn_roc_free(roc);
}

/// Kept and kept, kept and bins, bins and kept, bins and bins.
static void merging(void **state) {
    (void)state;
    const size_t cuts[] = {100, 1000, MOST - 1000, MOST / 2}, ends[] = {300, MOST, MOST, MOST};
    for (size_t k = 0; k < 4; k++) {
        bl_nn_roc *one = NULL, *a = NULL, *b = NULL;
        assert_ok(bl_nn_roc_new(context, &one, NULL));
        assert_ok(bl_nn_roc_new(context, &a, NULL));
        assert_ok(bl_nn_roc_new(context, &b, NULL));
        fill(NEAR_ENDS, ends[k], -0.5);
        add_all(one, 0, ends[k]);
        add_all(a, 0, cuts[k]);
        add_all(b, cuts[k], ends[k]);
        bl_nn_roc_merge(a, b);
        near(bl_nn_roc_area(a), bl_nn_roc_area(one), 1e-12);
        near(bl_nn_roc_efficiency(a, 0.2), bl_nn_roc_efficiency(one, 0.2), 1e-9);
        bl_nn_roc_free(one);
        bl_nn_roc_free(a);
        bl_nn_roc_free(b);
    }
}

// ---- all of them ----

static bl_nn_metrics *metrics_of(size_t n, bl_nn_targets targets) {
    bl_nn_metrics_options options = bl_nn_metrics_default(n, targets);
    bl_nn_metrics *metrics = NULL;
    assert_ok(bl_nn_metrics_new(context, &options, &metrics, NULL));
    return metrics;
}

static void classes(void **state) {
    (void)state;
    const float at[][3] = {{0.7F, 0.2F, 0.1F}, {0.3F, 0.3F, 0.4F}, {0.5F, 0.5F, 0}, {NAN, 0, 1}};
    const float one[][3] = {{1, 0, 0}, {0, 1, 0}, {0, 1, 0}, {0, 0, 1}};
    const float labels[] = {0, 1, 1, 2}, w[] = {2, -1, 2, 3};
    bl_nn_metrics *by_label = metrics_of(3, BL_NN_TARGETS_LABELS);
    bl_nn_metrics *by_one = metrics_of(3, BL_NN_TARGETS_ONE_OF);
    const bl_nn_metrics_rows rows = {4, at[0], 3, labels, 1, w};
    const bl_nn_metrics_rows same = {4, at[0], 3, one[0], 3, w};
    bl_nn_metrics_add(by_label, &rows, 6);
    bl_nn_metrics_add(by_one, &same, 6);
    bl_nn_metrics *const both[] = {by_label, by_one};
    for (size_t i = 0; i < 2; i++) {
        near(bl_nn_metrics_loss(both[i]), 1.5, 0);
        near(bl_nn_metrics_accuracy(both[i]), 2. / 6, 1e-15); // a tie is of the first
        assert_int_equal(bl_nn_metrics_n_rows(both[i]), 4);
        assert_int_equal(bl_nn_metrics_n_nan(both[i]), 1);
        near(bl_nn_metrics_area(both[i], 0), 1, 0);
    }
    bl_nn_metrics_merge(by_label, by_one);
    assert_int_equal(bl_nn_metrics_n_rows(by_label), 8);
    near(bl_nn_metrics_accuracy(by_label), 2. / 6, 1e-15);
    near(bl_nn_metrics_efficiency(by_label, 0), 1, 0);
    bl_nn_metrics_reset(by_label);
    assert_true(isnan(bl_nn_metrics_loss(by_label)) && isnan(bl_nn_metrics_accuracy(by_label)));
    bl_nn_metrics_free(by_label);
    bl_nn_metrics_free(by_one);
}

static void yes_or_no(void **state) {
    (void)state;
    const float at[] = {0.5F, 0.9F, 0.1F, 0.8F}, is[] = {0, 1, 1, 0};
    bl_nn_metrics *metrics = metrics_of(1, BL_NN_TARGETS_YES_NO);
    const bl_nn_metrics_rows rows = {4, at, 1, is, 1, NULL};
    bl_nn_metrics_add(metrics, &rows, 2);
    near(bl_nn_metrics_accuracy(metrics), 0.5, 0);
    near(bl_nn_metrics_area(metrics, 0), 0.5, 0);
    assert_true(isnan(bl_nn_metrics_area(metrics, 1)));
    bl_nn_metrics_free(metrics);
    metrics = metrics_of(1, BL_NN_TARGETS_NUMBERS);
    bl_nn_metrics_add(metrics, &rows, 2);
    near(bl_nn_metrics_loss(metrics), 0.5, 0);
    assert_true(isnan(bl_nn_metrics_accuracy(metrics)) && isnan(bl_nn_metrics_area(metrics, 0)));
    bl_nn_metrics_free(metrics);
}

static void reading(void **state) {
    (void)state;
    bl_nn_metrics_options options = bl_nn_metrics_default(2, BL_NN_TARGETS_YES_NO);
    bl_error err = {0};
    assert_ok(bl_nn_metrics_read(NULL, &options, &err));
    assert_ok(bl_nn_metrics_read(yaml("{background: 0.05, curves: false}"), &options, &err));
    assert_true(options.background == 0.05 && !options.curves && options.n == 2);
    says("did you mean 'background'", bl_nn_metrics_read(yaml("{backgrund: 1}"), &options, &err),
         &err);
    says("background is between 0 and 1",
         bl_nn_metrics_read(yaml("{background: 5}"), &options, &err), &err);
    assert_true(options.background == 0.05);
}

static bl_status make(bl_context *own) {
    bl_nn_metrics_options options = bl_nn_metrics_default(2, BL_NN_TARGETS_LABELS);
    bl_nn_metrics *metrics = NULL;
    bl_status status = bl_nn_metrics_new(own, &options, &metrics, NULL);
    bl_nn_metrics_free(metrics);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas),           cmocka_unit_test(efficiencies),
        cmocka_unit_test(nothing_to_tell), cmocka_unit_test(scores_of_either_sign),
        cmocka_unit_test(merging),         cmocka_unit_test(classes),
        cmocka_unit_test(yes_or_no),       cmocka_unit_test(reading),
        test_each_allocation(make),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
