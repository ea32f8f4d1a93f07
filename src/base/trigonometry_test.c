// SPDX-License-Identifier: Apache-2.0
// Our sine and cosine against those of the C library for long double: 1.1 units in the last place.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "base/testing.h"

enum { N = 200000 };

static double x[N], sines[N], cosines[N];

static void compute(size_t n) {
    bl_sin_all(x, sines, n);
    bl_cos_all(x, cosines, n);
}

/// How far a value is off, in units of the last place of the exact one.
static double off_by(double found, long double exact) {
    double rounded = (double)exact;
    double unit = nextafter(fabs(rounded), INFINITY) - fabs(rounded);
    return (double)(fabsl((long double)found - exact) / (long double)unit);
}

static void values_are_near(void **state) {
    (void)state;
    srand48(5);
    for (size_t i = 0; i < N; i++)
        x[i] = (drand48() - 0.5) * pow(10, 12 * drand48() - 5); // from 1e-5 to past 2^19
    compute(N);
    for (size_t i = 0; i < N; i++) {
        double of_sine = off_by(sines[i], sinl(x[i])), of_cosine = off_by(cosines[i], cosl(x[i]));
        if (of_sine > 1.1 || of_cosine > 1.1)
            fail_msg("%.17g: %g and %g units", x[i], of_sine, of_cosine);
    }
}

static void special_values(void **state) {
    (void)state;
    static const double rows[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1e300, 0x1p19, 5e-324};
    size_t n = sizeof rows / sizeof *rows;
    memcpy(x, rows, sizeof rows);
    compute(n);
    for (size_t i = 0; i < n; i++) {
        bool is_number = isfinite(rows[i]);
        assert_true(is_number ? fabs(sines[i] - sin(rows[i])) < 1e-15 : isnan(sines[i]));
        assert_true(is_number ? fabs(cosines[i] - cos(rows[i])) < 1e-15 : isnan(cosines[i]));
    }
    assert_true(signbit(sines[1]) && !signbit(sines[0]) && cosines[0] == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_are_near),
                                       cmocka_unit_test(special_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
