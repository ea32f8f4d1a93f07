// SPDX-License-Identifier: Apache-2.0
// Ranges and ticks of axes.
#include "plot/axis.h"

#include <stdio.h>

#include "base/testing.h"

/// Labels of an axis from 0 to 100 on the canvas, with spaces between.
static const char *labels_of(const bl_chart_axis *of, const bl_extent *extent, double n_most) {
    static char text[1024];
    bl_axis axis = {.begin = 0, .end = 100};
    size_t n = 0;
    text[0] = 0;
    bl_axis_range(&axis, of, extent);
    bl_axis_ticks(&axis, n_most);
    for (size_t i = 0; i < axis.n_ticks; i++)
        if (axis.ticks[i].label[0])
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "",
                                  axis.ticks[i].label);
    return text;
}

static const char *labels_between(double low, double high, bool is_log) {
    const bl_chart_axis of = {.is_log = is_log, .low = low, .high = high};
    return labels_of(&of, &bl_extent_none, 5);
}

static void labels_are_round(void **state) {
    (void)state;
    assert_string_equal(labels_between(0, 1, false), "0 0.2 0.4 0.6 0.8 1.0");
    assert_string_equal(labels_between(-3, 7, false), "−2 0 2 4 6");
    assert_string_equal(labels_between(20, 120, false), "20 40 60 80 100 120");
    assert_string_equal(labels_between(1e6 + 0.1, 1e6 + 0.4, false),
                        "1000000.1 1000000.2 1000000.3 1000000.4");
    assert_string_equal(labels_between(0, 2e7, false), "0 0.5×10⁷ 1.0×10⁷ 1.5×10⁷ 2.0×10⁷");
    assert_string_equal(labels_between(0, 3e-12, false), "0 1×10⁻¹² 2×10⁻¹² 3×10⁻¹²");
}

static void decades_have_labels(void **state) {
    (void)state;
    assert_string_equal(labels_between(0.05, 500, true), "0.1 1 10 100");
    assert_string_equal(labels_between(1e-5, 1, true), "10⁻⁵ 10⁻⁴ 10⁻³ 10⁻² 10⁻¹ 10⁰");
    assert_string_equal(labels_between(1e-300, 1e300, true), "10⁻²⁰⁰ 10⁰ 10²⁰⁰");
    assert_string_equal(labels_between(2, 5, true), "2 3 4 5");
}

static bl_extent extent_of(const double *numbers, size_t n) {
    bl_extent extent = bl_extent_none;
    for (size_t i = 0; i < n; i++)
        bl_extent_add(&extent, numbers[i]);
    return extent;
}

static void odd_numbers_have_a_range(void **state) {
    static const double numbers[][3] = {{0, 0, 0},          {5, 5, 5},           {-1e300, 0, 1e308},
                                        {NAN, 3, INFINITY}, {1e-320, 1, 1e300},  {-4, -3, -2},
                                        {1e16, 1e16, 1e16}, {-1e-310, 0, 1e-310}};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (int is_log = 0; is_log < 2; is_log++) {
            bl_extent extent = extent_of(numbers[i], 3);
            extent.pad = 0.05;
            bl_axis axis = {.begin = 0, .end = 100};
            bl_axis_range(&axis, &(bl_chart_axis){.is_log = is_log}, &extent);
            bl_axis_ticks(&axis, 6);
            assert_false(axis.is_empty);
            assert_true(isfinite(axis.low) && isfinite(axis.high) && axis.low < axis.high);
            assert_true(axis.is_log == (is_log && extent.least < INFINITY));
            for (size_t k = 0; k < 3; k++)
                if (bl_axis_has(&axis, numbers[i][k]) && fabs(numbers[i][k]) <= 1e300) {
                    double at = bl_axis_place(&axis, numbers[i][k]);
                    assert_true(at >= -1e-6 && at <= 100 + 1e-6);
                }
        }
}

static void nothing_has_no_ticks(void **state) {
    bl_axis axis = {.begin = 0, .end = 1};
    (void)state;
    bl_axis_range(&axis, &(bl_chart_axis){0}, &bl_extent_none);
    bl_axis_ticks(&axis, 6);
    assert_true(axis.is_empty);
    assert_int_equal(axis.n_ticks, 0);
}

static void numbers_that_are_far_stay_near(void **state) {
    bl_axis axis = {.low = 0, .high = 1, .begin = 100, .end = 0};
    (void)state;
    assert_true(fabs(bl_axis_place(&axis, 0.25) - 75) < 1e-9);
    assert_true(fabs(bl_axis_place(&axis, 1e308)) < 1000);
    assert_true(fabs(bl_axis_place(&axis, -1e308)) < 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_round),
        cmocka_unit_test(decades_have_labels),
        cmocka_unit_test(odd_numbers_have_a_range),
        cmocka_unit_test(nothing_has_no_ticks),
        cmocka_unit_test(numbers_that_are_far_stay_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
