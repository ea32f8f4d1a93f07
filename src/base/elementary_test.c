// SPDX-License-Identifier: Apache-2.0
// Our elementary functions against those of the C library for long double. `allowed` is in units in
// the last place; behind it stands the largest that was found on a million numbers.
#include "base/elementary.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/testing.h"

enum { N = 1000000 };

static double x[N], y[N], found[N];

/// How far a value is off, in units of the last place of the exact one.
static double off_by(double value, long double exact) {
    double rounded = (double)exact;
    if (value == rounded && (isinf(value) || value == 0))
        return 0;
    double unit = nextafter(fabs(rounded), INFINITY) - fabs(rounded);
    return (double)(fabsl((long double)value - exact) / (long double)unit);
}

typedef struct function {
    const char *name;
    void (*all)(const double *x, double *out, size_t n);
    double (*one)(double x);
    long double (*exact)(long double x);
    double least, most; ///< of powers of ten, with both signs; else of numbers
    bool is_power, is_positive;
    double allowed;
} function;

static const function functions[] = {
    {"exp", bl_exp_all, bl_exp, expl, -746, 710, false, false, 0.9},     // 0.79
    {"exp", bl_exp_all, bl_exp, expl, -18, 1, true, false, 0.9},         // 0.79
    {"ln", bl_ln_all, bl_ln, logl, -320, 308, true, true, 0.9},          // 0.74
    {"ln", bl_ln_all, bl_ln, logl, 0.5, 2, false, true, 0.9},            // 0.81
    {"sinh", bl_sinh_all, bl_sinh, sinhl, -711, 711, false, false, 1.7}, // 1.59
    {"sinh", bl_sinh_all, bl_sinh, sinhl, -18, 1, true, false, 1.7},     // 1.58
    {"cosh", bl_cosh_all, bl_cosh, coshl, -711, 711, false, false, 1.4}, // 1.19
    {"cosh", bl_cosh_all, bl_cosh, coshl, -18, 1, true, false, 1.4},     // 1.24
};

static void draw(const function *f) {
    for (size_t i = 0; i < N; i++) {
        double at = f->least + (f->most - f->least) * drand48();
        x[i] = f->is_power ? pow(10, at) : at;
        if (f->is_power && !f->is_positive && drand48() < 0.5)
            x[i] = -x[i];
    }
}

static void values_are_near(void **state) {
    (void)state;
    srand48(7);
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
        const function *f = &functions[k];
        double worst = 0;
        draw(f);
        f->all(x, found, N);
        for (size_t i = 0; i < N; i++) {
            double off = off_by(found[i], f->exact((long double)x[i]));
            worst = off > worst ? off : worst;
            if (!(off <= f->allowed))
                fail_msg("%s(%.17g) = %.17g: %g units", f->name, x[i], found[i], off);
            if (i < 1000 && f->one(x[i]) != found[i])
                fail_msg("%s(%.17g) alone is another number", f->name, x[i]);
        }
        print_message("%s: %.2f units\n", f->name, worst);
    }
}

static void angles_are_near(void **state) {
    (void)state;
    const double allowed = 2; // 1.94
    double worst = 0;
    srand48(8);
    for (size_t i = 0; i < N; i++) {
        double range = drand48() < 0.5 ? 1 : 600;
        x[i] = (drand48() - 0.5) * pow(10, range * (drand48() - 0.5));
        y[i] = (drand48() - 0.5) * pow(10, range * (drand48() - 0.5));
    }
    bl_atan2_all(y, x, found, N);
    for (size_t i = 0; i < N; i++) {
        double off = off_by(found[i], atan2l((long double)y[i], (long double)x[i]));
        worst = off > worst ? off : worst;
        if (!(off <= allowed))
            fail_msg("atan2(%.17g, %.17g) = %.17g: %g units", y[i], x[i], found[i], off);
        if (i < 1000 && bl_atan2(y[i], x[i]) != found[i])
            fail_msg("atan2(%.17g, %.17g) alone is another number", y[i], x[i]);
    }
    print_message("atan2: %.2f units\n", worst);
}

/// The same number, with its sign; any NaN is NaN.
static bool is_same(double a, double b) {
    return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b));
}

static const double special[] = {0.0,    -0.0,    INFINITY, -INFINITY, NAN,      1,        -1,
                                 5e-324, -5e-324, DBL_MIN,  DBL_MAX,   -DBL_MAX, 0x1p-1022};
enum { N_SPECIAL = sizeof special / sizeof *special };

static void special_values(void **state) {
    (void)state;
    for (size_t i = 0; i < N_SPECIAL; i++) {
        double a = special[i];
        // Where the C library is exact: zeros, infinities, NaN, and what under- or overflows.
        if (fabs(a) != 1) {
            assert_true(is_same(bl_exp(a), exp(a)));
            assert_true(is_same(bl_sinh(a), sinh(a)));
            assert_true(is_same(bl_cosh(a), cosh(a)));
        }
        if (!(a > 0 && a < INFINITY) || a == 1)
            assert_true(is_same(bl_ln(a), log(a)));
        for (size_t k = 0; k < N_SPECIAL; k++) {
            double b = special[k], ours = bl_atan2(a, b), theirs = atan2(a, b);
            assert_true(is_same(ours, theirs) || fabs(ours - theirs) <= 0x1p-51 * fabs(theirs));
        }
    }
    assert_true(bl_exp(1) == 0x1.5bf0a8b145769p+1 && bl_exp(-800) == 0 && isinf(bl_exp(710)));
}

/// What is computed in place, and in pieces of any length, is the same.
static void in_place(void **state) {
    (void)state;
    srand48(9);
    for (size_t i = 0; i < 37; i++)
        x[i] = y[i] = 20 * (drand48() - 0.5);
    x[36] = y[36] = 1e9; // leaves the fast path of sine and cosine
    bl_sin_all(x, found, 37);
    bl_sin_all(y, y, 36);
    bl_sin_all(y + 36, y + 36, 1);
    assert_memory_equal(y, found, 37 * sizeof *y);
    bl_cos_all(x, found, 37);
    bl_cos_all(x, x, 37);
    assert_memory_equal(x, found, 37 * sizeof *x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_near), cmocka_unit_test(angles_are_near),
        cmocka_unit_test(special_values), cmocka_unit_test(in_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
