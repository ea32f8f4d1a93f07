// SPDX-License-Identifier: Apache-2.0
// Quantiles against numpy.percentile, scalers against what they promise.
#include "data/statistics/fit.h"

#include <math.h>

#include "base/testing.h"

// ---- quantiles ----

enum { M = 1001 };

static double number(uint64_t i) { return (double)((7919 * i * i + 104729 * i) % 10007) / 97 - 31; }

/// numpy 2.4: numpy.percentile([number(0), …, number(n − 1)], [16, 50, 84])
static const struct {
    size_t n;
    bl_quantiles expected;
} known[] = {
    {1, {-31.0, -31.0, -31.0}},
    {2, {-26.759175257731957, -17.74742268041237, -8.735670103092783}},
    {3, {-27.81319587628866, -21.04123711340206, -9.789690721649485}},
    {10, {-24.597525773195876, -3.2061855670103085, 15.80329896907216}},
    {1000, {-16.19917525773196, 22.783505154639172, 55.7480412371134}},
    {1001, {-16.195876288659793, 22.804123711340203, 55.72164948453609}},
};

static void test_quantiles(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        double x[M + 3];
        size_t n = 0;
        for (size_t i = 0; i < known[k].n; i++) {
            if (i == known[k].n / 2) { // these do not count
                x[n++] = NAN;
                x[n++] = INFINITY;
                x[n++] = -INFINITY;
            }
            x[n++] = number(i);
        }
        bl_quantiles q = bl_quantiles_of(x, n);
        assert_memory_equal(&q, &known[k].expected, sizeof q);
    }
}

static void test_quantiles_of_few_values(void **state) {
    (void)state;
    double x[100];
    for (size_t i = 0; i < 100; i++)
        x[i] = (double)(i % 3);
    bl_quantiles q = bl_quantiles_of(x, 100);
    assert_true(q.low == 0 && q.median == 1 && q.high == 2);
    q = bl_quantiles_of((double[]){NAN, INFINITY}, 2);
    assert_true(isnan(q.low) && isnan(q.median) && isnan(q.high));
    assert_true(isnan(bl_quantile_of(NULL, 0, 0.5)));
    assert_true(bl_quantile_of((double[]){3, 1, 2}, 3, 0) == 1);
    assert_true(bl_quantile_of((double[]){3, 1, 2}, 3, 1) == 3);
}

// ---- scalers ----

/// A transform of one column.
typedef struct column {
    bl_nn_columns columns;
    const char *name;
    bl_nn_curve curve;
    double offset, scale, low, high, missing, pad;
} column;

static void column_init(column *c) {
    *c = (column){.name = "as it was"};
    c->columns = (bl_nn_columns){
        .input = "particles",
        .n = 1,
        .names = &c->name,
        .curves = &c->curve,
        .offset = &c->offset,
        .scale = &c->scale,
        .low = &c->low,
        .high = &c->high,
        .missing = &c->missing,
        .pad = &c->pad,
    };
}

static double run(const column *c, double x) {
    double y = (x - c->offset) * c->scale;
    return fmin(fmax(y, c->low), c->high);
}

static bl_variable_config variable_of(bl_scaler scaler) {
    return (bl_variable_config){.name = "pt",
                                .curve = BL_NN_CURVE_LOG1P,
                                .scaler = scaler,
                                .offset = 20,
                                .scale = 0.25,
                                .low = -INFINITY,
                                .high = INFINITY,
                                .missing = -1,
                                .pad = 7};
}

static const bl_moments moments = {.n = 4, .min = 2, .max = 10, .mean = 5, .m2 = 64};
static const bl_quantiles quantiles = {.low = 1, .median = 4, .high = 6};

static void test_scalers(void **state) {
    (void)state;
    static const struct {
        double offset, scale;
    } expected[BL_N_SCALERS] = {
        [BL_SCALER_NONE] = {0, 1},         [BL_SCALER_MANUAL] = {20, 0.25},
        [BL_SCALER_MINMAX] = {2, 0.125},   [BL_SCALER_STANDARD] = {5, 0.25},
        [BL_SCALER_ROBUST] = {4, 1.0 / 3},
    };
    for (unsigned i = 0; i < BL_N_SCALERS; i++) {
        bl_variable_config variable = variable_of((bl_scaler)i);
        column c;
        column_init(&c);
        assert_ok(bl_fit_column(&variable, &moments, &quantiles, &c.columns, 0, NULL));
        assert_string_equal(c.name, "pt");
        assert_int_equal(c.curve, BL_NN_CURVE_LOG1P);
        assert_true(c.offset == expected[i].offset && c.scale == expected[i].scale);
        assert_true(c.low == -INFINITY && c.high == INFINITY && c.missing == -1 && c.pad == 7);
    }
}

/// HT of the published topology data: its extremes, and rows before and after Spark's MinMaxScaler.
static void test_published_scaler(void **state) {
    (void)state;
    static const bl_moments published = {.n = 2, .min = 0, .max = 4946.9007415771};
    static const double rows[][2] = {{74.9491729736328, 0.015150733133517018},
                                     {47.6835403442382, 0.009639073600865505}};
    bl_variable_config variable = variable_of(BL_SCALER_MINMAX);
    column c;
    column_init(&c);
    assert_ok(bl_fit_column(&variable, &published, NULL, &c.columns, 0, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(fabs(run(&c, rows[i][0]) / rows[i][1] - 1) < 1e-12);
}

static void test_what_is_not_needed_may_be_absent(void **state) {
    (void)state;
    bl_variable_config variable = variable_of(BL_SCALER_MANUAL);
    variable.name = NULL;
    column c;
    column_init(&c);
    assert_ok(bl_fit_column(&variable, NULL, NULL, &c.columns, 0, NULL));
    assert_string_equal(c.name, "as it was");
    variable.scaler = BL_SCALER_STANDARD;
    assert_ok(bl_fit_column(&variable, &moments, NULL, &c.columns, 0, NULL));
    variable.scaler = BL_SCALER_ROBUST;
    assert_ok(bl_fit_column(&variable, NULL, &quantiles, &c.columns, 0, NULL));
}

static void test_constants(void **state) {
    (void)state;
    const bl_moments constant = {.n = 9, .min = 1e17, .max = 1e17, .mean = 1e17, .m2 = 1e3};
    const bl_quantiles same = {1e17, 1e17, 1e17};
    column c;
    column_init(&c);
    bl_variable_config variable = variable_of(BL_SCALER_MINMAX);
    assert_ok(bl_fit_column(&variable, &constant, NULL, &c.columns, 0, NULL));
    assert_true(run(&c, 1e17) == 0.5 && run(&c, 0) == 0.5 && run(&c, 3e17) == 0.5);
    variable.high = 0.25;
    assert_ok(bl_fit_column(&variable, &constant, NULL, &c.columns, 0, NULL));
    assert_true(run(&c, 1e17) == 0.25);
    variable = variable_of(BL_SCALER_STANDARD);
    assert_ok(bl_fit_column(&variable, &constant, NULL, &c.columns, 0, NULL));
    assert_true(c.scale == 1 && run(&c, 1e17) == 0);
    variable.scaler = BL_SCALER_ROBUST;
    assert_ok(bl_fit_column(&variable, NULL, &same, &c.columns, 0, NULL));
    assert_true(c.scale == 1 && run(&c, 1e17) == 0);
}

static void test_nothing_to_fit(void **state) {
    (void)state;
    static const bl_moments none = {.n_nan = 3};
    static const bl_moments wide = {.n = 2, .min = -1.7e308, .max = 1.7e308, .m2 = INFINITY};
    static const bl_quantiles no_quantiles = {NAN, NAN, NAN};
    for (bl_scaler scaler = BL_SCALER_MINMAX; scaler <= BL_SCALER_ROBUST; scaler++) {
        bl_variable_config variable = variable_of(scaler);
        column c;
        bl_error err = {0};
        column_init(&c);
        assert_error(bl_fit_column(&variable, &none, &no_quantiles, &c.columns, 0, &err),
                     BL_E_RANGE, err, "input 'particles': variable 'pt'");
        assert_string_equal(c.name, "as it was");
        if (scaler != BL_SCALER_ROBUST)
            assert_int_equal(bl_fit_column(&variable, &wide, NULL, &c.columns, 0, NULL),
                             BL_E_RANGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_quantiles_of_few_values),
        cmocka_unit_test(test_scalers),
        cmocka_unit_test(test_published_scaler),
        cmocka_unit_test(test_what_is_not_needed_may_be_absent),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_nothing_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
