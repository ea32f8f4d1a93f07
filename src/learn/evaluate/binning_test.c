// SPDX-License-Identifier: Apache-2.0
// Bins that hold nearly all, and divergences in closed form.
#include "learn/evaluate/binning.h"

#include <math.h>

#include "base/random.h"
#include "base/testing.h"

enum { N = 1000, N_TOYS = 300 };

static bl_context *context;

static void bins_leave_out_few(void **state) {
    (void)state;
    double values[N];
    bl_arena arena;
    bl_histogram h;
    bl_arena_init(&arena, context);
    for (size_t i = 0; i < N; i++)
        values[i] = (double)(i * 7 % N);
    values[2] = 0.25, values[3] = 1e30, values[4] = -INFINITY, values[5] = NAN;
    assert_ok(bl_binning_around(&arena, 20, N, values, &h, NULL));
    assert_true(h.n_bins >= 10 && h.n_bins <= 30);
    assert_true(h.edges[0] <= 6 && h.edges[0] >= -50);
    assert_true(h.edges[h.n_bins] >= 993 && h.edges[h.n_bins] <= 1050);
    bl_arena_release(&arena);
}

static void what_does_not_vary_has_no_bins(void **state) {
    (void)state;
    const double same[] = {4, 4, NAN, 4}, huge[] = {-1.7e308, 1.7e308};
    double nearly[N] = {0};
    bl_arena arena;
    bl_histogram h;
    bl_arena_init(&arena, context);
    assert_ok(bl_binning_around(&arena, 20, 4, same, &h, NULL));
    assert_int_equal(h.n_bins, 0);
    assert_ok(bl_binning_around(&arena, 20, 0, same, &h, NULL));
    assert_int_equal(h.n_bins, 0);
    assert_ok(bl_binning_around(&arena, 20, 2, huge, &h, NULL));
    assert_int_equal(h.n_bins, 0);
    nearly[17] = 5;
    assert_ok(bl_binning_around(&arena, 20, N, nearly, &h, NULL));
    assert_true(h.n_bins > 0 && h.edges[0] <= 0 && h.edges[h.n_bins] >= 5);
    bl_arena_release(&arena);
}

static void the_last_edge_is_inside(void **state) {
    (void)state;
    bl_arena arena;
    bl_histogram h, again;
    bl_arena_init(&arena, context);
    assert_ok(bl_histogram_init(&h, &arena, 4, 0, 1, NULL));
    assert_ok(bl_binning_again(&arena, &h, &again, NULL));
    bl_binning_fill(&again, 1, 2);
    bl_binning_fill(&again, nextafter(1, 2), 3);
    assert_true(bl_histogram_content(&again, 4) == 2 && bl_histogram_content(&again, 5) == 3);
    assert_true(bl_histogram_content(&h, 4) == 0);
    assert_memory_equal(h.edges, again.edges, 5 * sizeof *h.edges);
    bl_arena_release(&arena);
}

static bl_histogram filled(bl_arena *arena, double first, double second, double above) {
    bl_histogram h = {0};
    assert_ok(bl_histogram_init(&h, arena, 2, 0, 2, NULL));
    bl_histogram_fill(&h, 0.5, first);
    bl_histogram_fill(&h, 1.5, second);
    bl_histogram_fill(&h, 9, above);
    return h;
}

static void divergences_are_in_closed_form(void **state) {
    (void)state;
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_histogram a = filled(&arena, 1, 3, 0), same = filled(&arena, 2, 6, 0),
                 b = filled(&arena, 3, 1, 0), other = filled(&arena, 0, 0, 5),
                 negative = filled(&arena, 1, 3, -7), none = filled(&arena, 0, -1, 0);
    assert_true(bl_divergence(&a, &same) == 0);
    assert_true(fabs(bl_divergence(&a, &other) - 1) < 1e-15);
    // entropy of (½, ½) less that of (¼, ¾)
    double wanted = 1 + 0.25 * log2(0.25) + 0.75 * log2(0.75);
    assert_true(fabs(bl_divergence(&a, &b) - wanted) < 1e-14);
    assert_true(bl_divergence(&a, &b) == bl_divergence(&b, &a));
    assert_true(bl_divergence(&a, &negative) == 0);
    assert_true(isnan(bl_divergence(&a, &none)) && isnan(bl_divergence(&none, &a)));
    bl_arena_release(&arena);
}

static void integers_are_in_the_middle(void **state) {
    (void)state;
    double values[N];
    bl_arena arena;
    bl_histogram h;
    bl_arena_init(&arena, context);
    for (size_t i = 0; i < N; i++)
        values[i] = (double)(i % 8) - 2;
    assert_ok(bl_binning_around(&arena, 20, N, values, &h, NULL));
    assert_int_equal(h.n_bins, 8);
    assert_true(h.edges[0] == -2.5 && h.edges[8] == 5.5);
    for (size_t i = 0; i < N; i++)
        values[i] = (double)i;
    assert_ok(bl_binning_around(&arena, 20, N, values, &h, NULL));
    assert_true(h.n_bins <= 20 && h.edges[0] == 4.5 && h.edges[1] == 54.5);
    assert_true(h.edges[h.n_bins] >= 994);
    bl_arena_release(&arena);
}

/// A fifth of the events, drawn blindly, many times.
static void chance_is_the_mean_of_toys(void **state) {
    (void)state;
    bl_random random;
    double found = 0, wanted = 0;
    bl_random_init(&random, 3, 0, 0);
    for (int toy = 0; toy < N_TOYS; toy++) {
        bl_arena arena;
        bl_histogram all, part;
        bl_arena_init(&arena, context);
        assert_ok(bl_histogram_init(&all, &arena, 10, 0, 1, NULL));
        assert_ok(bl_histogram_init(&part, &arena, 10, 0, 1, NULL));
        for (size_t i = 0; i < N; i++) {
            double x = bl_random_uniform(&random), w = 0.5 + bl_random_uniform(&random);
            bl_histogram_fill(&all, x * x, w);
            if (bl_random_uniform(&random) < 0.2)
                bl_histogram_fill(&part, x * x, w);
        }
        found += bl_divergence(&all, &part) / N_TOYS;
        wanted += bl_divergence_chance(&all, &part) / N_TOYS;
        bl_arena_release(&arena);
    }
    assert_true(fabs(found / wanted - 1) < 0.1);
}

static void as_many_in_each(void **state) {
    double values[1000];
    bl_histogram h;
    bl_arena arena;
    (void)state;
    bl_arena_init(&arena, context);
    for (size_t i = 0; i < 1000; i++)
        values[i] = i % 100 == 7 ? NAN : (double)(i * i % 997) * (double)i;
    assert_ok(bl_binning_quantiles(&arena, 10, 1000, values, &h, NULL));
    assert_int_equal(h.n_bins, 10);
    for (size_t i = 0; i < 1000; i++)
        bl_binning_fill(&h, values[i], 1);
    for (size_t bin = 1; bin <= 10; bin++)
        assert_in_range((int)bl_histogram_content(&h, bin), 98, 100);
    assert_true(bl_histogram_content(&h, 0) == 0 && bl_histogram_content(&h, 11) == 0);
    assert_ok(bl_binning_quantiles(&arena, 10, 50, values, &h, NULL)); // too few for ten
    assert_int_equal(h.n_bins, 2);
    assert_ok(bl_binning_quantiles(&arena, 10, 1, values, &h, NULL));
    assert_int_equal(h.n_bins, 0);
    for (size_t i = 0; i < 1000; i++)
        values[i] = i < 700 ? 1 : i < 990 ? 2 : 3;
    assert_ok(bl_binning_quantiles(&arena, 10, 1000, values, &h, NULL));
    assert_int_equal(h.n_bins, 2);
    assert_ok(bl_binning_quantiles(&arena, 10, 700, values, &h, NULL)); // all the same
    assert_int_equal(h.n_bins, 0);
    bl_arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_leave_out_few),
        cmocka_unit_test(what_does_not_vary_has_no_bins),
        cmocka_unit_test(the_last_edge_is_inside),
        cmocka_unit_test(integers_are_in_the_middle),
        cmocka_unit_test(divergences_are_in_closed_form),
        cmocka_unit_test(chance_is_the_mean_of_toys),
        cmocka_unit_test(as_many_in_each),
    };
    return test_run(tests, 1, &context, NULL);
}
