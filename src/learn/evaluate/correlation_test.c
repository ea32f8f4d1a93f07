// SPDX-License-Identifier: Apache-2.0
// Coefficients against their definition and against made correlations, on any number of threads.
#include "learn/evaluate/correlation.h"

#include <math.h>

#include "base/random.h"
#include "base/testing.h"

enum { N = 3000, M = 5 };

static float values[N * M];
static double weights[N], matrix[M * M], again[M * M];

/// Column 1 is −2 times column 0, 2 is independent, 3 is made of both, 4 is constant.
static void make(void) {
    bl_random random;
    bl_random_init(&random, 8, 0, 0);
    for (size_t e = 0; e < N; e++) {
        float *row = values + e * M;
        row[0] = (float)(bl_random_uniform(&random) + 1000);
        row[1] = -2 * row[0];
        row[2] = (float)bl_random_uniform(&random);
        row[3] = row[0] + row[2];
        row[4] = 0.1F;
        if (e % 10 == 3)
            row[3] = NAN;
        weights[e] = bl_random_uniform(&random) - 0.1;
    }
}

static double defined(size_t i, size_t k) {
    double w = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (size_t e = 0; e < N; e++) {
        const float *row = values + e * M;
        if (isnan(row[i]) || isnan(row[k]))
            continue;
        double a = (double)row[i] - 1000, b = (double)row[k] - 1000;
        w += weights[e];
        x += weights[e] * a;
        y += weights[e] * b;
        xx += weights[e] * a * a;
        yy += weights[e] * b * b;
        xy += weights[e] * a * b;
    }
    return (xy / w - x / w * y / w) / sqrt((xx / w - x / w * x / w) * (yy / w - y / w * y / w));
}

static void coefficients_are_as_defined(void **state) {
    (void)state;
    bl_context *one = test_context(1), *three = test_context(3);
    make();
    assert_ok(bl_correlation_make(one, N, M, values, weights, matrix, NULL));
    assert_ok(bl_correlation_make(three, N, M, values, weights, again, NULL));
    assert_memory_equal(matrix, again, sizeof matrix);
    for (size_t i = 0; i < M - 1; i++)
        for (size_t k = 0; k < M - 1; k++)
            assert_true(fabs(matrix[i * M + k] - defined(i, k)) < 1e-6);
    assert_true(fabs(matrix[0 * M + 1] + 1) < 1e-12);
    assert_true(fabs(matrix[0 * M + 2]) < 0.1 && fabs(matrix[0 * M + 3] - sqrt(0.5)) < 0.05);
    for (size_t i = 0; i < M; i++)
        assert_true(isnan(matrix[i * M + 4]));
    bl_context_free(one);
    bl_context_free(three);
}

static void edges(void **state) {
    (void)state;
    static const float two[] = {1, 2, 2, 4, 9, 1};
    static const double first[] = {1, 1, 0}, one[] = {1, 0, 0}, none[] = {1, -1, 0},
                        negative[] = {-1, -1, -1};
    bl_context *context = test_context(1);
    assert_ok(bl_correlation_make(context, 3, 2, two, first, matrix, NULL));
    assert_true(fabs(matrix[1] - 1) < 1e-15);
    assert_ok(bl_correlation_make(context, 3, 2, two, negative, matrix, NULL));
    assert_true(matrix[1] < 0); // signs cancel
    assert_ok(bl_correlation_make(context, 3, 2, two, one, matrix, NULL));
    assert_true(isnan(matrix[0]) && isnan(matrix[1]));
    assert_ok(bl_correlation_make(context, 3, 2, two, none, matrix, NULL));
    assert_true(isnan(matrix[1]));
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coefficients_are_as_defined),
        cmocka_unit_test(edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
