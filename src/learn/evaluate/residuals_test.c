// SPDX-License-Identifier: Apache-2.0
// Measures of predictions against their definitions, event by event; their errors against replicas
// that are made one by one; events that have nothing to say; bins; and memory that is not there.
#include "learn/evaluate/residuals.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/testing.h"
#include "learn/evaluate/poisson.h"
#include "learn/evaluate/profile.h"
#include "learn/evaluate/roc.h"
#include "learn/evaluate/sorted.h"

enum { MOST = 400, REPLICAS = 40, SEED = 11 };

typedef struct made {
    double weights[MOST], truths[MOST], predictions[MOST];
    uint64_t keys[MOST];
    size_t events[MOST];
    bl_pairs pairs;
} made;

static bl_context *context;

// ---- events ----

/// Some weights are negative, some residuals are equal; truths are from `least` on.
static void make(made *m, size_t n, double least, bool of_one) {
    bl_random random;
    bl_random_init(&random, 5, 0, n);
    for (size_t i = 0; i < n; i++) {
        m->weights[i] = bl_random_uniform(&random) < 0.2 ? -bl_random_uniform(&random)
                                                         : 0.5 + bl_random_uniform(&random);
        m->truths[i] = least + 50 * bl_random_uniform(&random);
        m->predictions[i] = 0.9 * m->truths[i] + 8 * bl_random_uniform(&random);
        if (i % 7 == 0) { // numbers that are exact
            m->truths[i] = floor(m->truths[i]) + 1;
            m->predictions[i] = m->truths[i] + (double)(i % 3);
        }
        if (of_one)
            m->weights[i] = 1;
        m->keys[i] = (uint64_t)i * i + 3;
        m->events[i] = i;
    }
    m->pairs = (bl_pairs){.n = n,
                          .weights = m->weights,
                          .truths = m->truths,
                          .predictions = m->predictions,
                          .keys = m->keys,
                          .events = m->events,
                          .are_positive = n && least > 0};
}

// ---- definitions ----

/// The middle of the least x up to which at least q are, and the greatest before which at most q.
static double quantile(size_t n, const double *x, const double *w, double q) {
    double all = 0, first = INFINITY, last = -INFINITY;
    for (size_t i = 0; i < n; i++)
        all += w[i];
    for (size_t i = 0; i < n; i++) {
        double up_to = 0, before = 0;
        for (size_t k = 0; k < n; k++) {
            up_to += x[k] <= x[i] ? w[k] : 0;
            before += x[k] < x[i] ? w[k] : 0;
        }
        if (up_to / all >= q)
            first = fmin(first, x[i]);
        if (before / all <= q)
            last = fmax(last, x[i]);
    }
    return (first + last) / 2;
}

static double mean(size_t n, const double *x, const double *w) {
    double sum = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        sum += w[i] * x[i];
        all += w[i];
    }
    return sum / all;
}

static double product(size_t n, const double *x, const double *y, const double *w) {
    double together[MOST], at_x = mean(n, x, w), at_y = mean(n, y, w);
    for (size_t i = 0; i < n; i++)
        together[i] = (x[i] - at_x) * (y[i] - at_y);
    return mean(n, together, w);
}

static void define(const bl_pairs *pairs, const double *w, double *to) {
    const double *t = pairs->truths, *p = pairs->predictions;
    size_t n = pairs->n;
    double r[MOST], squares[MOST], sizes[MOST], ratios[MOST];
    for (size_t i = 0; i < n; i++) {
        r[i] = p[i] - t[i];
        squares[i] = r[i] * r[i];
        sizes[i] = fabs(r[i]);
        ratios[i] = p[i] / t[i];
    }
    to[BL_MEASURE_bias] = mean(n, r, w);
    to[BL_MEASURE_rmse] = sqrt(mean(n, squares, w));
    to[BL_MEASURE_mae] = mean(n, sizes, w);
    to[BL_MEASURE_r2] = 1 - mean(n, squares, w) / product(n, t, t, w);
    to[BL_MEASURE_correlation] =
        product(n, t, p, w) / sqrt(product(n, t, t, w) * product(n, p, p, w));
    to[BL_MEASURE_median] = quantile(n, r, w, 0.5);
    to[BL_MEASURE_half_width] = (quantile(n, r, w, 0.84) - quantile(n, r, w, 0.16)) / 2;
    to[BL_MEASURE_response] = pairs->are_positive ? quantile(n, ratios, w, 0.5) : NAN;
    to[BL_MEASURE_resolution] =
        (quantile(n, ratios, w, 0.84) - quantile(n, ratios, w, 0.16)) / 2 / to[BL_MEASURE_response];
}

static void assert_near(double x, double wanted, const char *what, size_t k) {
    bool is_near = isnan(wanted) ? isnan(x) : fabs(x - wanted) <= 1e-10 * fmax(1, fabs(wanted));
    if (!is_near)
        fail_msg("%s of measure %zu is %.17g, not %.17g", what, k, x, wanted);
}

// ---- measures ----

static void measures_are_as_defined(void **state) {
    static const double least[] = {5, -20};
    (void)state;
    for (size_t n = 2; n <= 300; n += n / 2 + 1)
        for (size_t i = 0; i < 4; i++) {
            made m;
            bl_residuals r;
            double wanted[BL_N_MEASURES];
            make(&m, n, least[i % 2], i / 2);
            assert_ok(bl_residuals_of(context, &m.pairs, SEED, 0, &r, NULL));
            define(&m.pairs, m.weights, wanted);
            for (size_t k = 0; k < BL_N_MEASURES; k++) {
                assert_near(r.values[k], wanted[k], "the value", k);
                assert_true(isnan(r.errors[k]));
            }
        }
}

/// Of weights 1 quantiles are those that people know.
static void quantiles_of_few(void **state) {
    double x[] = {4, 1, 3, 2}, w[] = {1, 1, 1, 1}, signs[] = {1, 1, -1, 1};
    bl_sorted sorted;
    bl_arena arena;
    (void)state;
    bl_arena_init(&arena, context);
    assert_ok(bl_sorted_make(&arena, 4, x, w, &sorted, NULL));
    assert_true(bl_sorted_quantile(&sorted, 0.5) == 2.5);
    assert_true(bl_sorted_quantile(&sorted, 0.25) == 1.5);
    assert_true(bl_sorted_quantile(&sorted, 0.3) == 2);
    assert_int_equal(sorted.order[0], 1);
    assert_ok(bl_sorted_make(&arena, 3, x, w, &sorted, NULL));
    assert_true(bl_sorted_quantile(&sorted, 0.5) == 3);
    // F is 0.5, 1, 0.5, 1: a half is reached at 1, and F is there for the last time before 4
    assert_ok(bl_sorted_make(&arena, 4, x, signs, &sorted, NULL));
    assert_true(bl_sorted_quantile(&sorted, 0.5) == 2.5);
    assert_ok(bl_sorted_make(&arena, 0, x, w, &sorted, NULL));
    assert_true(isnan(bl_sorted_quantile(&sorted, 0.5)));
    bl_arena_release(&arena);
}

/// Σw of 1, 2, −1, … the other way round changes nothing that is a mean.
static void signs_of_all(void **state) {
    made m;
    bl_residuals r, turned;
    (void)state;
    make(&m, 100, 5, false);
    assert_ok(bl_residuals_of(context, &m.pairs, SEED, REPLICAS, &r, NULL));
    for (size_t i = 0; i < 100; i++)
        m.weights[i] = -m.weights[i];
    assert_ok(bl_residuals_of(context, &m.pairs, SEED, REPLICAS, &turned, NULL));
    assert_memory_equal(r.values, turned.values, sizeof r.values);
    assert_memory_equal(r.errors, turned.errors, sizeof r.errors);
    assert_true(r.sumw == -turned.sumw && r.size == turned.size);
}

// ---- replicas ----

/// How often each event counts in a replica.
static void weigh_replica(const made *m, size_t replica, double *weights) {
    for (size_t i = 0; i < m->pairs.n; i++) {
        uint16_t counts[BL_POISSON_BLOCK][BL_POISSON_LANES];
        uint64_t start = bl_poisson_start(SEED, m->keys[i]);
        bl_poisson_draw(&start, 1, replica / BL_POISSON_LANES, counts);
        weights[i] = m->weights[i] * counts[0][replica % BL_POISSON_LANES];
    }
}

static void errors_are_those_of_replicas(void **state) {
    static double values[BL_N_MEASURES][REPLICAS];
    static const double least[] = {5, -20};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        made m;
        bl_residuals r;
        make(&m, 150, least[i], false);
        for (size_t k = 0; k < REPLICAS; k++) {
            double weights[MOST], of[BL_N_MEASURES];
            weigh_replica(&m, k, weights);
            define(&m.pairs, weights, of);
            for (size_t j = 0; j < BL_N_MEASURES; j++)
                values[j][k] = of[j];
        }
        assert_ok(bl_residuals_of(context, &m.pairs, SEED, REPLICAS, &r, NULL));
        for (size_t j = 0; j < BL_N_MEASURES; j++) {
            double low, high;
            bl_interval_of(REPLICAS, values[j], &low, &high);
            assert_near(r.errors[j], (high - low) / 2, "the error", j);
        }
    }
}

static void threads_change_nothing(void **state) {
    bl_context *alone = test_context(1);
    made m;
    bl_residuals r, other;
    (void)state;
    make(&m, MOST, 5, false);
    assert_ok(bl_residuals_of(context, &m.pairs, SEED, REPLICAS, &r, NULL));
    assert_ok(bl_residuals_of(alone, &m.pairs, SEED, REPLICAS, &other, NULL));
    assert_memory_equal(&r, &other, sizeof r);
    bl_context_free(alone);
}

// ---- nothing to say ----

static void nothing_is_nan(void **state) {
    made m;
    bl_residuals r;
    (void)state;
    make(&m, 0, 5, false);
    assert_ok(bl_residuals_of(context, &m.pairs, SEED, REPLICAS, &r, NULL));
    for (size_t k = 0; k < BL_N_MEASURES; k++)
        assert_true(isnan(r.values[k]) && isnan(r.errors[k]));
    make(&m, 2, 5, true); // weights that add up to 0
    m.weights[1] = -1;
    assert_ok(bl_residuals_of(context, &m.pairs, SEED, REPLICAS, &r, NULL));
    for (size_t k = 0; k < BL_N_MEASURES; k++)
        assert_true(isnan(r.values[k]) && isnan(r.errors[k]));
    make(&m, 1, 5, true);
    assert_ok(bl_residuals_of(context, &m.pairs, SEED, REPLICAS, &r, NULL));
    assert_true(r.values[BL_MEASURE_bias] == m.predictions[0] - m.truths[0]);
    assert_true(r.values[BL_MEASURE_half_width] == 0);
    assert_true(isnan(r.values[BL_MEASURE_r2]) && isnan(r.values[BL_MEASURE_correlation]));
    assert_true(isnan(r.errors[BL_MEASURE_bias]));
}

/// 0.1 is not a double: its mean need not be it.
static void constants_have_no_variance(void **state) {
    made m;
    bl_residuals r;
    (void)state;
    make(&m, 50, 5, false);
    for (size_t i = 0; i < 50; i++)
        m.truths[i] = 0.1;
    assert_ok(bl_residuals_of(context, &m.pairs, SEED, REPLICAS, &r, NULL));
    assert_true(isnan(r.values[BL_MEASURE_r2]) && isnan(r.errors[BL_MEASURE_r2]));
    assert_true(isnan(r.values[BL_MEASURE_correlation]));
    assert_true(isfinite(r.values[BL_MEASURE_rmse]));
}

// ---- pairs ----

static void pairs_leave_out_what_is_no_number(void **state) {
    const double truths[] = {1, 10, 2, 20, NAN, 30, 3, 40}, weights[] = {1, 2, 3, 4};
    const float scores[] = {0, 11, 0, NAN, 0, 31, 0, INFINITY};
    const float *const all[] = {scores};
    const bl_scored scored = {.n = 4, .truths = truths, .physics = weights, .scores = all};
    const bl_evaluation e = {.n_targets = 2};
    bl_pairs pairs, other;
    bl_arena arena;
    (void)state;
    bl_arena_init(&arena, context);
    assert_ok(bl_pairs_make(&arena, &e, &scored, 0, 1, &pairs, NULL));
    assert_int_equal(pairs.n, 2);
    assert_int_equal(pairs.n_unpredicted, 2);
    assert_int_equal(pairs.n_unknown, 0);
    assert_true(pairs.are_positive && pairs.truths[1] == 30 && pairs.predictions[1] == 31);
    assert_true(pairs.events[1] == 2 && pairs.keys[1] == 2 && pairs.weights[1] == 3);
    assert_ok(bl_pairs_reweigh(&arena, &pairs, truths, &other, NULL));
    assert_true(other.weights[0] == 1 && other.weights[1] == 2 && pairs.weights[1] == 3);
    assert_ok(bl_pairs_make(&arena, &e, &scored, 0, 0, &pairs, NULL));
    assert_int_equal(pairs.n, 3);
    assert_int_equal(pairs.n_unknown, 1);
    bl_arena_release(&arena);
}

// ---- bins ----

static void bins_have_their_events(void **state) {
    const double edges[] = {5, 20, 21, 40, 60};
    made m;
    bl_profile profile;
    bl_arena arena;
    size_t n_all = 0;
    (void)state;
    bl_arena_init(&arena, context);
    make(&m, 300, 5, false);
    m.truths[0] = 60; // the last edge is in the last bin
    assert_ok(
        bl_profile_make(&arena, &m.pairs, m.truths, edges, 4, SEED, REPLICAS, &profile, NULL));
    for (size_t bin = 0; bin < 4; bin++) {
        made in = {.pairs = m.pairs};
        bl_residuals wanted;
        double sum = 0;
        size_t n = 0;
        for (size_t i = 0; i < 300; i++) {
            if (m.truths[i] < edges[bin] || m.truths[i] > edges[bin + 1] ||
                (m.truths[i] == edges[bin + 1] && bin < 3))
                continue;
            in.weights[n] = m.weights[i];
            in.truths[n] = m.truths[i];
            in.predictions[n] = m.predictions[i];
            in.keys[n++] = m.keys[i];
            sum += m.truths[i];
        }
        in.pairs.weights = in.weights;
        in.pairs.truths = in.truths;
        in.pairs.predictions = in.predictions;
        in.pairs.keys = in.keys;
        in.pairs.n = n;
        n_all += n;
        assert_ok(bl_residuals_of(context, &in.pairs, SEED, REPLICAS, &wanted, NULL));
        assert_memory_equal(&profile.bins[bin], &wanted, sizeof wanted);
        assert_near(profile.means[bin], sum / (double)n, "the mean", bin);
    }
    assert_int_equal(n_all, 300);
    bl_arena_release(&arena);
}

// ---- memory ----

static bl_status without_memory(bl_context *faulty) {
    const double edges[] = {5, 20, 60};
    made m;
    bl_profile profile;
    bl_arena arena;
    bl_arena_init(&arena, faulty);
    make(&m, 30, 5, false);
    bl_status status =
        bl_profile_make(&arena, &m.pairs, m.truths, edges, 2, SEED, REPLICAS, &profile, NULL);
    bl_arena_release(&arena);
    return status;
}

static void cancelled(void **state) {
    bl_context *other = test_context(1);
    made m;
    bl_residuals r;
    (void)state;
    make(&m, 30, 5, false);
    bl_context_cancel(other);
    assert_int_equal(bl_residuals_of(other, &m.pairs, SEED, REPLICAS, &r, NULL), BL_E_CANCELLED);
    bl_context_free(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_are_as_defined),
        cmocka_unit_test(quantiles_of_few),
        cmocka_unit_test(signs_of_all),
        cmocka_unit_test(errors_are_those_of_replicas),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(nothing_is_nan),
        cmocka_unit_test(constants_have_no_variance),
        cmocka_unit_test(pairs_leave_out_what_is_no_number),
        cmocka_unit_test(bins_have_their_events),
        test_each_allocation(without_memory),
        cmocka_unit_test(cancelled),
    };
    return test_run(tests, 3, &context, NULL);
}
