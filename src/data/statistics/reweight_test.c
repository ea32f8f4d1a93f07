// SPDX-License-Identifier: Apache-2.0
// Factors: against weaver's formulas in numpy, that spectra close, and how often events are taken.
#include "data/statistics/reweight.h"

#include <math.h>

#include "base/testing.h"

enum { N_CLASSES = 2, N_BINS = 6 };

static double x_edges[] = {0, 10, 100, 1000}, y_edges[] = {-2.5, 0, 2.5};
static bl_reweight_axis axes[] = {{"y", 3, y_edges}, {"x", 4, x_edges}};
static const char *const labels[N_CLASSES] = {"a", "b"};

/// What a test has: a context, a configuration and spectra of it.
typedef struct fixture {
    bl_context *context;
    bl_arena arena;
    bl_weights_config config;
    bl_spectra spectra;
} fixture;

static void begin(fixture *f) {
    static const double sums[N_CLASSES * N_BINS] = {4, 9, 1, 0, 16, 25, 8, 3, 2, 5, 0, 10};
    f->context = test_context(1);
    bl_arena_init(&f->arena, f->context);
    f->config = (bl_weights_config){.reweighting = BL_REWEIGHT_FLAT,
                                    .n_axes = 2,
                                    .axes = axes,
                                    .threshold = 10,
                                    .resamples = true};
    assert_ok(bl_spectra_init(&f->arena, &f->config, N_CLASSES, &f->spectra, NULL));
    assert_int_equal(f->spectra.n_bins, N_BINS);
    memcpy(f->spectra.sums, sums, sizeof sums);
}

static void end(fixture *f) {
    bl_arena_release(&f->arena);
    bl_context_free(f->context);
}

// ---- spectra ----

static void test_bins(void **state) {
    (void)state;
    static const struct {
        double y, x;
        size_t discarded, kept;
    } cases[] = {
        {-2.5, 0, 0, 0},
        {-1, 99, 1, 1},
        {-1, 100, 2, 2},
        {0, 5, 3, 3},
        {2.5, 1000, 5, 5},
        {2.6, 50, SIZE_MAX, 4},
        {-3, 50, SIZE_MAX, 1},
        {1, 1e9, SIZE_MAX, 5},
        {1, -INFINITY, SIZE_MAX, 3},
        {NAN, 50, SIZE_MAX, SIZE_MAX},
        {1, NAN, SIZE_MAX, SIZE_MAX},
    };
    fixture f;
    begin(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double values[] = {cases[i].y, cases[i].x};
        f.config.keeps_outside = false;
        assert_int_equal(bl_spectra_bin(&f.spectra, values), cases[i].discarded);
        f.config.keeps_outside = true;
        assert_int_equal(bl_spectra_bin(&f.spectra, values), cases[i].kept);
    }
    end(&f);
}

static void test_merge_and_limit(void **state) {
    (void)state;
    fixture f;
    begin(&f);
    bl_spectra_merge(&f.spectra, &f.spectra);
    assert_true(f.spectra.sums[1] == 18 && f.spectra.sums[11] == 20);
    bl_reweight_axis many[3] = {{"x", 300, NULL}, {"y", 300, NULL}, {"z", SIZE_MAX, NULL}};
    f.config.axes = many;
    f.config.n_axes = 2;
    assert_int_equal(bl_spectra_init(&f.arena, &f.config, 200, &f.spectra, NULL), BL_E_LIMIT);
    f.config.n_axes = 3;
    assert_int_equal(bl_spectra_init(&f.arena, &f.config, 1, &f.spectra, NULL), BL_E_LIMIT);
    end(&f);
}

// ---- factors ----

static void assert_factors(const bl_factors *factors, const double *expected) {
    assert_int_equal(factors->n_bins, N_BINS);
    for (size_t i = 0; i < N_CLASSES * N_BINS; i++)
        if (!(fabs(factors->of_bins[i] - expected[i]) <= 1e-15)) {
            print_error("bin %zu: %.17g, not %.17g\n", i, factors->of_bins[i], expected[i]);
            fail();
        }
}

/// weaver's formulas with numpy 2.4, without its factor of 0.9.
static void test_as_weaver(void **state) {
    (void)state;
    static const double flat[] = {0.32551020408163267,
                                  0.14467120181405896,
                                  0.5918367346938775,
                                  0,
                                  0.08137755102040817,
                                  0.052081632653061226,
                                  0.3,
                                  0.7999999999999999,
                                  1,
                                  0.48,
                                  0,
                                  0.24};
    static const double ref[] = {0.12296650717703349,
                                 0.12296650717703349,
                                 0.12296650717703349,
                                 0,
                                 0.12296650717703349,
                                 0.12296650717703349,
                                 0.17543859649122806,
                                 1,
                                 0.17543859649122806,
                                 0,
                                 0,
                                 0.8771929824561403};
    double class_weights[] = {1, 2};
    fixture f;
    bl_factors factors;
    begin(&f);
    f.config.n_class_weights = N_CLASSES;
    f.config.class_weights = class_weights;
    assert_ok(bl_reweight(&f.arena, &f.spectra, labels, &factors, NULL));
    assert_factors(&factors, flat);
    f.config.reweighting = BL_REWEIGHT_REF;
    assert_ok(bl_reweight(&f.arena, &f.spectra, labels, &factors, NULL));
    assert_factors(&factors, ref);
    end(&f);
}

static double after(const fixture *f, const bl_factors *factors, size_t class, size_t bin) {
    return f->spectra.sums[class * N_BINS + bin] * factors->of_bins[class * N_BINS + bin];
}

/// Without a threshold nothing is cut: what is left has one shape, and as weights no sum changes.
static void test_closure(void **state) {
    (void)state;
    fixture f;
    bl_factors factors;
    begin(&f);
    f.config.threshold = 0;
    f.config.resamples = false;
    assert_ok(bl_reweight(&f.arena, &f.spectra, labels, &factors, NULL));
    double sum = 0, of_class[N_CLASSES] = {0};
    for (size_t c = 0; c < N_CLASSES; c++)
        for (size_t i = 0; i < N_BINS; i++) {
            double left = after(&f, &factors, c, i), level = after(&f, &factors, c, 0);
            bool is_filled = f.spectra.sums[c * N_BINS + i] > 0;
            assert_true(is_filled ? fabs(left - level) < 1e-13 : left == 0);
            of_class[c] += left;
            sum += left;
        }
    assert_true(fabs(of_class[0] - of_class[1]) < 1e-13);
    assert_true(fabs(sum - 83) < 1e-12); // of all contents
    for (size_t i = 0; i < N_BINS; i++)  // now b has the bins that a has
        f.spectra.sums[N_BINS + i] = f.spectra.sums[i] * (double)(i + 1);
    f.config.reweighting = BL_REWEIGHT_REF;
    assert_ok(bl_reweight(&f.arena, &f.spectra, labels, &factors, NULL));
    for (size_t i = 0; i < N_BINS; i++)
        assert_true(fabs(after(&f, &factors, 0, i) - after(&f, &factors, 1, i)) < 1e-12);
    end(&f);
}

static void test_some_classes(void **state) {
    (void)state;
    static const char *const only_b[] = {"b"}, *const unknown[] = {"bb"};
    static const char *const b_first[] = {"b", "a"};
    fixture f;
    bl_factors factors;
    bl_error err = {0};
    begin(&f);
    f.config.n_classes = 1;
    f.config.classes = only_b;
    assert_ok(bl_reweight(&f.arena, &f.spectra, labels, &factors, NULL));
    for (size_t i = 0; i < N_BINS; i++)
        assert_true(factors.of_bins[i] == 0);
    assert_true(factors.of_bins[N_BINS] > 0);
    f.config.classes = unknown;
    assert_error(bl_reweight(&f.arena, &f.spectra, labels, &factors, &err), BL_E_NOTFOUND, err,
                 "did you mean 'b'");
    // The reference is the first that is named: its factors are all the same.
    f.config.reweighting = BL_REWEIGHT_REF;
    f.config.n_classes = 2;
    f.config.classes = b_first;
    assert_ok(bl_reweight(&f.arena, &f.spectra, labels, &factors, NULL));
    assert_true(factors.of_bins[N_BINS] == factors.of_bins[2 * N_BINS - 1]);
    end(&f);
}

static void test_refused(void **state) {
    (void)state;
    double class_weights[] = {1, 0, 1};
    fixture f;
    bl_factors factors = {0};
    bl_error err = {0};
    begin(&f);
    f.config.class_weights = class_weights;
    f.config.n_class_weights = 3;
    assert_int_equal(bl_reweight(&f.arena, &f.spectra, labels, &factors, NULL), BL_E_INVALID);
    f.config.n_class_weights = 2;
    assert_int_equal(bl_reweight(&f.arena, &f.spectra, labels, &factors, NULL), BL_E_INVALID);
    f.config.n_class_weights = 0;
    memset(f.spectra.sums, 0, N_BINS * sizeof *f.spectra.sums);
    f.spectra.sums[3] = 1;
    f.spectra.sums[N_BINS + 3] = -2; // bins of negative weight have factor 0
    f.config.reweighting = BL_REWEIGHT_REF;
    assert_error(bl_reweight(&f.arena, &f.spectra, labels, &factors, &err), BL_E_RANGE, err,
                 "class 'b' has no weight where class 'a'");
    f.spectra.sums[3] = -1;
    assert_error(bl_reweight(&f.arena, &f.spectra, labels, &factors, &err), BL_E_RANGE, err,
                 "class 'a' has no weight inside");
    assert_null(factors.of_bins);
    end(&f);
}

static bl_status reweight(bl_context *context) {
    bl_arena arena;
    bl_spectra spectra;
    bl_factors factors;
    const bl_weights_config config = {.reweighting = BL_REWEIGHT_FLAT, .n_axes = 2, .axes = axes};
    bl_arena_init(&arena, context);
    bl_status status = bl_spectra_init(&arena, &config, N_CLASSES, &spectra, NULL);
    if (status == BL_OK) {
        spectra.sums[0] = spectra.sums[N_BINS] = 1;
        status = bl_reweight(&arena, &spectra, labels, &factors, NULL);
    }
    bl_arena_release(&arena);
    return status;
}

// ---- balance ----

static void test_balance(void **state) {
    (void)state;
    static const double amounts[] = {100, 400, 0, 250};
    static const double expected[][4] = {
        [BL_BALANCE_NONE] = {1, 1, 0, 1},
        [BL_BALANCE_WEIGHTS] = {2.5, 0.625, 0, 1},
        [BL_BALANCE_UNDERSAMPLE] = {1, 0.25, 0, 0.4},
        [BL_BALANCE_OVERSAMPLE] = {4, 1, 0, 1.6},
    };
    for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++) {
        double factors[4];
        bl_balance_factors((bl_balance)i, 4, amounts, factors);
        assert_memory_equal(factors, expected[i], sizeof factors);
    }
}

/// A mean of the factor within five standard errors, and whole numbers exactly.
static void test_copies(void **state) {
    (void)state;
    enum { N = 200000 };
    static const double some[] = {0, 0.003, 0.25, 0.9, 1, 1.6, 3, 7.5};
    for (size_t k = 0; k < sizeof some / sizeof *some; k++) {
        double rest = some[k] - floor(some[k]), sum = 0;
        for (uint64_t key = 0; key < N; key++) {
            uint64_t n = bl_copies_of(5, key << 40 | key, some[k]);
            assert_true(n == (uint64_t)some[k] || n == (uint64_t)some[k] + 1);
            sum += (double)n;
        }
        double off = sum - N * some[k];
        assert_true(off * off <= 25 * N * rest * (1 - rest));
    }
}

static void test_copies_are_a_function(void **state) {
    (void)state;
    size_t n_differ = 0;
    for (uint64_t key = 0; key < 1000; key++) {
        uint64_t n = bl_copies_of(5, key, 0.5);
        assert_int_equal(n, bl_copies_of(5, key, 0.5));
        assert_true(n <= bl_copies_of(5, key, 0.6));
        n_differ += n != bl_copies_of(6, key, 0.5);
    }
    assert_true(n_differ > 400 && n_differ < 600);
    assert_int_equal(bl_copies_of(1, 1, NAN), 0);
    assert_int_equal(bl_copies_of(1, 1, -3), 0);
    assert_int_equal(bl_copies_of(1, 1, INFINITY), (uint64_t)1 << 53);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bins),         cmocka_unit_test(test_merge_and_limit),
        cmocka_unit_test(test_as_weaver),    cmocka_unit_test(test_closure),
        cmocka_unit_test(test_some_classes), cmocka_unit_test(test_refused),
        test_each_allocation(reweight),      cmocka_unit_test(test_balance),
        cmocka_unit_test(test_copies),       cmocka_unit_test(test_copies_are_a_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
