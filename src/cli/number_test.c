// SPDX-License-Identifier: Apache-2.0
// Numbers as text: chosen ones by their text, many by reading them back and by having no digit more
// than printf needs.
#include "cli/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int significant(const char *text) {
    int n = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (n == 0 && *text == '0'))
            continue;
        n++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return n - zeros;
}

static void check_float64(double x) {
    char text[BL_NUMBER_BYTES], wanted[64];
    size_t n = bl_number_float64(text, x);
    assert_int_equal(n, strlen(text));
    if (strtod(text, NULL) != x)
        fail_msg("%a as %s", x, text);
    int digits = 1;
    do
        snprintf(wanted, sizeof wanted, "%.*e", digits - 1, x);
    while (strtod(wanted, NULL) != x && digits++ < 17);
    if (significant(text) > digits)
        fail_msg("%s is longer than %s", text, wanted);
}

static void check_float32(float x) {
    char text[BL_NUMBER_BYTES], wanted[64];
    size_t n = bl_number_float32(text, x);
    assert_int_equal(n, strlen(text));
    if (strtof(text, NULL) != x)
        fail_msg("%a as %s", (double)x, text);
    int digits = 1;
    do
        snprintf(wanted, sizeof wanted, "%.*e", digits - 1, (double)x);
    while (strtof(wanted, NULL) != x && digits++ < 9);
    if (significant(text) > digits)
        fail_msg("%s is longer than %s", text, wanted);
}

static void test_known(void **state) {
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {-12.5, "-12.5"},
        {0.1, "0.1"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {1e22, "1e+22"},
        {1.5e300, "1.5e+300"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {5e-324, "5e-324"},
        {1.0 / 3, "0.3333333333333333"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
        {123456789.125, "123456789.125"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
    };
    (void)state;
    char text[BL_NUMBER_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bl_number_float64(text, rows[i].value);
        assert_string_equal(text, rows[i].text);
    }
    bl_number_float32(text, 0.1f);
    assert_string_equal(text, "0.1");
    bl_number_float32(text, 16777216.0f);
    assert_string_equal(text, "16777216.0");
    bl_number_float32(text, 1e-45f);
    assert_string_equal(text, "1e-45");
}

static void test_round_trip(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t bits = seed ^ seed >> 29;
        double x;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x))
            check_float64(x);
        uint32_t half = (uint32_t)(seed >> 32);
        float y;
        memcpy(&y, &half, sizeof y);
        if (isfinite(y))
            check_float32(y);
        // of the size of energies and angles, where the fast way is taken
        check_float32((float)(seed >> 40) * 1.25e-3f);
        check_float64((double)(seed >> 40) / 1000);
    }
}

static void test_integers(void **state) {
    (void)state;
    char text[BL_NUMBER_BYTES];
    bl_number_int(text, INT64_MIN);
    assert_string_equal(text, "-9223372036854775808");
    bl_number_uint(text, UINT64_MAX);
    assert_string_equal(text, "18446744073709551615");
    bl_number_int128(text, -(bl_int128)UINT64_MAX * 1000000000);
    assert_string_equal(text, "-18446744073709551615000000000");
    bl_number_int128(text, (bl_int128)1000000000000000000 * 5 + 7);
    assert_string_equal(text, "5000000000000000007");
    bl_number_grouped(text, -1234567);
    assert_string_equal(text, "-1,234,567");
    bl_number_grouped(text, 999);
    assert_string_equal(text, "999");
    bl_number_bytes(text, 999);
    assert_string_equal(text, "999 B");
    bl_number_bytes(text, 1234567);
    assert_string_equal(text, "1.2 MB");
    bl_number_bytes(text, 999999);
    assert_string_equal(text, "1.0 MB");
}

/// Random values, and those that lie on the line between two decimals or near it.
static void test_fixed(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        const double values[] = {(double)(seed >> 40) / 1000, (double)(seed >> 50) / 8,
                                 (double)(seed >> 50) / 200, (double)seed};
        for (size_t k = 0; k < sizeof values / sizeof *values; k++)
            for (unsigned n_decimals = 0; n_decimals < 4; n_decimals++) {
                char expected[64], text[BL_NUMBER_BYTES];
                int n = snprintf(expected, sizeof expected, "%.*f", (int)n_decimals, values[k]);
                assert_int_equal(bl_number_fixed(text, values[k], n_decimals), n);
                assert_string_equal(text, expected);
            }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
