// SPDX-License-Identifier: Apache-2.0
// Moments against plain sums in long double, merged and read back.
#include "data/statistics/moments.h"

#include <math.h>
#include <stdlib.h>

#include "base/elementary.h"
#include "base/random.h"
#include "base/testing.h"

enum { M = 3001, N = 3, STRIDE = 5 };

static const bl_nn_curve plain[N] = {BL_NN_CURVE_IDENTITY, BL_NN_CURVE_IDENTITY,
                                     BL_NN_CURVE_IDENTITY};

/// Columns far from 0, near it, and of a wide range; `odd` gives some that do not count.
static void make(double *x, bool is_odd) {
    bl_random random;
    bl_random_init(&random, 3, 0, 0);
    for (size_t i = 0; i < (size_t)M * STRIDE; i++)
        x[i] = (float)(bl_random_uniform(&random) - 0.5);
    for (size_t i = 0; i < M; i++) {
        double *row = x + i * STRIDE;
        row[0] = (float)(row[0] + 1000);
        row[2] = (float)bl_exp(40 * row[2]);
        if (is_odd && i % 7 == 0)
            row[1] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
    }
}

static bl_moments plain_sums(const double *x, size_t m, bl_nn_curve curve) {
    bl_moments of = {.min = INFINITY, .max = -INFINITY};
    long double sum = 0, squares = 0;
    double *y = (double *)malloc(m * sizeof *y);
    for (size_t i = 0; i < m; i++) {
        double v = curve == BL_NN_CURVE_LOG ? bl_ln(x[i * STRIDE]) : x[i * STRIDE];
        of.n_nan += isnan(v) != 0;
        of.n_infinite += isinf(v) != 0;
        if (!isfinite(v))
            continue;
        y[of.n++] = v;
        sum += v;
        of.min = fmin(of.min, v);
        of.max = fmax(of.max, v);
    }
    long double mean = sum / (long double)of.n;
    for (size_t i = 0; i < of.n; i++)
        squares += (y[i] - mean) * (y[i] - mean);
    free(y);
    of.mean = (double)mean;
    of.m2 = (double)squares;
    return of;
}

static void assert_near(double a, double b, double relative) {
    if (!(fabs(a - b) <= relative * fabs(b))) {
        print_error("%.17g, where %.17g is expected\n", a, b);
        fail();
    }
}

static void assert_moments(const bl_moments *a, const bl_moments *b) {
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->n_nan, b->n_nan);
    assert_int_equal(a->n_infinite, b->n_infinite);
    assert_true(a->min == b->min);
    assert_true(a->max == b->max);
    assert_near(a->mean, b->mean, 1e-14);
    assert_near(a->m2, b->m2, 1e-12);
}

static double doubles[M * STRIDE];
static float floats[M * STRIDE];

static void test_sums(void **state) {
    (void)state;
    for (int is_odd = 0; is_odd < 2; is_odd++) {
        make(doubles, is_odd);
        for (size_t i = 0; i < (size_t)M * STRIDE; i++)
            floats[i] = (float)doubles[i];
        // Fewer than lanes, than a block, just a block, and a few.
        for (size_t m = 1; m <= M; m = m < 20     ? m + 3
                                       : m < 512  ? 512
                                       : m == 512 ? 513
                                                  : m + M - 513) {
            bl_moments of_doubles[N] = {0}, of_floats[N] = {0};
            bl_moments_add(of_doubles, N, plain, m, doubles, STRIDE, true);
            bl_moments_add(of_floats, N, plain, m, floats, STRIDE, false);
            assert_memory_equal(of_doubles, of_floats, sizeof of_doubles);
            for (size_t i = 0; i < N; i++) {
                bl_moments expected = plain_sums(doubles + i, m, plain[i]);
                if (expected.n)
                    assert_moments(&of_doubles[i], &expected);
                else
                    assert_int_equal(of_doubles[i].n, 0);
            }
        }
    }
}

static void test_curves_bend_first(void **state) {
    (void)state;
    const bl_nn_curve curves[N] = {BL_NN_CURVE_IDENTITY, BL_NN_CURVE_LOG, BL_NN_CURVE_LOG};
    make(doubles, false); // half of column 1 has no logarithm
    doubles[1] = 0;
    bl_moments of[N] = {0};
    bl_moments_add(of, N, curves, M, doubles, STRIDE, true);
    for (size_t i = 0; i < N; i++) {
        bl_moments expected = plain_sums(doubles + i, M, curves[i]);
        assert_moments(&of[i], &expected);
    }
    assert_true(of[1].n_nan > M / 3);
    assert_int_equal(of[1].n_infinite, 1);
}

/// In any pieces, and pieces merged, it is the same but for rounding; some have nothing.
static void test_merge(void **state) {
    (void)state;
    make(doubles, true);
    bl_moments merged[N] = {0};
    for (size_t row = 0, rows = 0; row < M; row += rows, rows = (rows * 7 + 3) % 1200) {
        bl_moments part[N] = {0};
        rows = rows < M - row ? rows : M - row;
        bl_moments_add(part, N, plain, rows, doubles + row * STRIDE, STRIDE, true);
        for (size_t i = 0; i < N; i++)
            bl_moments_merge(&merged[i], &part[i]);
    }
    for (size_t i = 0; i < N; i++) {
        bl_moments expected = plain_sums(doubles + i, M, plain[i]);
        assert_moments(&merged[i], &expected);
        assert_near(bl_moments_sigma(&merged[i]), sqrt(expected.m2 / (double)expected.n), 1e-12);
    }
}

/// Where squares alone would leave nothing: σ is 1/2 at 10⁹.
static void test_far_from_zero(void **state) {
    (void)state;
    for (size_t i = 0; i < M - 1; i++)
        doubles[i] = 1e9 + (double)(i % 2);
    bl_moments of = {0};
    bl_moments_add(&of, 1, plain, M - 1, doubles, 1, true);
    assert_true(bl_moments_sigma(&of) == 0.5);
    assert_true(of.mean == 1e9 + 0.5);
}

static void test_nothing_and_constants(void **state) {
    (void)state;
    bl_moments of = {0};
    bl_moments_add(&of, 1, plain, 0, NULL, 1, true);
    assert_true(isnan(bl_moments_sigma(&of)));
    const double none[2] = {NAN, -INFINITY};
    bl_moments_add(&of, 1, plain, 2, none, 1, true);
    assert_true(of.n == 0 && of.n_nan == 1 && of.n_infinite == 1 && of.min == 0 && of.mean == 0);
    for (size_t i = 0; i < M; i++)
        doubles[i] = 0.1; // whose sums are rounded
    bl_moments_add(&of, 1, plain, M, doubles, 1, true);
    assert_true(bl_moments_sigma(&of) == 0);
}

// ---- JSON ----

static bl_status round_trip(bl_context *context, const bl_moments *moments, size_t n,
                            bl_moments *ret_moments) {
    bl_arena arena;
    const char *text;
    const bl_item *item;
    bl_arena_init(&arena, context);
    bl_status status = bl_moments_write(&arena, moments, n, &text, NULL);
    if (status == BL_OK)
        status = bl_json_parse(&arena, "text", text, strlen(text), &item, NULL);
    if (status == BL_OK)
        status = bl_moments_read(item, n, ret_moments, NULL);
    bl_arena_release(&arena);
    return status;
}

static const bl_moments odd[] = {
    {0},
    {INT64_MAX, 1, 2, -0.0, 0x1.fffffffffffffp1023, 0.1 + 0.2, 0x1p-1074},
    {3, 0, 0, -1e300, 1e300, INFINITY, NAN},
    {1, 0, 0, 5, 5, -INFINITY, 0},
};
enum { N_ODD = sizeof odd / sizeof *odd };

static void test_json(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_moments back[N_ODD] = {0};
    assert_ok(round_trip(context, odd, N_ODD, back));
    assert_true(isnan(back[2].m2));
    back[2].m2 = odd[2].m2; // any NaN
    assert_memory_equal(back, odd, sizeof odd);
    assert_ok(round_trip(context, odd, 0, back));
    bl_context_free(context);
}

static bl_status write_and_read(bl_context *context) {
    bl_moments back[N_ODD] = {0};
    return round_trip(context, odd, N_ODD, back);
}

static void test_bad_json(void **state) {
    (void)state;
    static const char *const texts[] = {"{}",
                                        "[]",
                                        "[[1, 0, 0, 1, 1, 1]]",
                                        "[[-1, 0, 0, 1, 1, 1, 0]]",
                                        "[[1.5, 0, 0, 1, 1, 1, 0]]",
                                        "[[1, 0, 0, 1, 1, 1, \"much\"]]",
                                        "[[1, 0, 0, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]]",
                                        "[7]"};
    bl_context *context = test_context(1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bl_arena arena;
        const bl_item *item;
        bl_moments of;
        bl_arena_init(&arena, context);
        assert_ok(bl_json_parse(&arena, "text", texts[i], strlen(texts[i]), &item, NULL));
        assert_int_equal(bl_moments_read(item, 1, &of, NULL), BL_E_INVALID);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_curves_bend_first),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_far_from_zero),
        cmocka_unit_test(test_nothing_and_constants),
        cmocka_unit_test(test_json),
        test_each_allocation(write_and_read),
        cmocka_unit_test(test_bad_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
