// SPDX-License-Identifier: Apache-2.0
// Text as numbers beside strtod, bit for bit, over random texts of all kinds and the hard cases of
// rounding; numbers as text are tested in cli/number_test.c.
#include "base/number_text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXTS = 400000, ROOM = 2048 };

static uint64_t state_of_random = 88172645463325252U;

static uint64_t next_random(void) {
    state_of_random ^= state_of_random << 13;
    state_of_random ^= state_of_random >> 7;
    state_of_random ^= state_of_random << 17;
    return state_of_random;
}

static size_t below(size_t n) { return (size_t)(next_random() % n); }

/// Reads what has nothing behind it that could be looked at.
static void check(const char *text) {
    const char *end;
    size_t n = strlen(text);
    char *exact = (char *)malloc(n + 1);
    assert_non_null(exact);
    memcpy(exact, text, n);
    double wanted = strtod(text, NULL), is = bl_number_read_float64(exact, exact + n, &end);
    uint64_t wanted_bits, is_bits;
    memcpy(&wanted_bits, &wanted, sizeof wanted);
    memcpy(&is_bits, &is, sizeof is);
    if (end != exact + n || is_bits != wanted_bits)
        fail_msg("%s is %a, not %a", text, is, wanted);
    float wanted_narrow = strtof(text, NULL), narrow;
    uint32_t wanted_narrow_bits, narrow_bits;
    narrow = bl_number_read_float32(exact, exact + n, &end);
    memcpy(&wanted_narrow_bits, &wanted_narrow, sizeof narrow);
    memcpy(&narrow_bits, &narrow, sizeof narrow);
    if (narrow_bits != wanted_narrow_bits)
        fail_msg("%s is %a, not %a", text, (double)narrow, (double)wanted_narrow);
    free(exact);
}

static size_t put_random_digits(char *text, size_t most) {
    size_t n = below(most + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('0' + (below(4) ? below(10) : 0));
    return n;
}

static void random_text(char *text, size_t most_digits, int most_exponent) {
    size_t n = 0;
    const char *signs[] = {"", "-", "+"};
    n += (size_t)snprintf(text, 2, "%s", signs[below(3)]);
    size_t digits = put_random_digits(text + n, most_digits);
    n += digits;
    if (digits == 0 || below(3)) {
        text[n++] = '.';
        digits = put_random_digits(text + n, most_digits);
        n += digits;
        text[n++] = '7';
    }
    text[n] = '\0';
    if (below(2))
        snprintf(text + n, 16, "%c%d", below(2) ? 'e' : 'E',
                 (int)below(2 * (size_t)most_exponent) - most_exponent);
}

static void test_random(void **state) {
    (void)state;
    char text[ROOM];
    for (size_t i = 0; i < TEXTS; i++) {
        random_text(text, 9, 30);
        check(text);
        random_text(text, 25, 345);
        check(text);
    }
    for (size_t i = 0; i < TEXTS / 40; i++) {
        random_text(text, 900, 1300);
        check(text);
    }
}

static double any_float64(void) {
    uint64_t bits = next_random();
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float any_float32(void) {
    uint32_t bits = (uint32_t)next_random();
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void test_printed(void **state) {
    (void)state;
    char text[ROOM];
    for (size_t i = 0; i < TEXTS; i++) {
        double x = any_float64();
        float narrow = any_float32();
        if (!isfinite(x) || !isfinite(narrow))
            continue;
        snprintf(text, sizeof text, "%.*g", (int)below(25), x);
        check(text);
        bl_number_float64(text, x);
        check(text);
        snprintf(text, sizeof text, "%.*g", (int)below(15), (double)narrow);
        check(text);
        bl_number_float32(text, narrow);
        check(text);
    }
}

/// Exactly in between two float32, and one digit to either side of it, far behind.
static void check_middle(double x, double next) {
    char text[ROOM];
    size_t n = (size_t)snprintf(text, sizeof text, "%.1200f", (x + next) / 2);
    check(text);
    text[n - 1] = '1';
    check(text);
    for (size_t i = n; i-- > 0;)
        if (text[i] > '0' && text[i] <= '9') {
            text[i]--;
            break;
        }
    check(text);
}

static void test_middles(void **state) {
    (void)state;
    for (size_t i = 0; i < 4000; i++) {
        float x = any_float32();
        if (isfinite(x) && isfinite(nextafterf(x, INFINITY)))
            check_middle((double)x, (double)nextafterf(x, INFINITY));
    }
    // 2^53 + 1 and others: whole numbers between two float64
    char text[ROOM];
    for (size_t i = 0; i < 20000; i++) {
        uint64_t odd = (next_random() >> 10) | UINT64_C(1) << 53 | 1;
        size_t n = (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)odd);
        check(text);
        memcpy(text + n, ".000000000000000000000000000000000000001", 41);
        check(text);
        snprintf(text + n, sizeof text - n, "000000000000000000000e-21");
        check(text);
    }
}

static void test_known(void **state) {
    (void)state;
    const char *const texts[] = {
        "0",
        "-0",
        "0.0e99999",
        "1e-400",
        "1e400",
        "5e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "9007199254740993",
        "9007199254740992.999999999999999999999",
        "123456789012345678901234567890",
        "1.",
        ".5",
        "00000000000000000000000000000000000001.5",
        "0.000000000000000000000000000001",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "8.5e+01",
        "340282356779733661637539395458142568447",
        "340282356779733661637539395458142568448",
        "1.401298464324817e-45",
        "7.006492321624085e-46",
        "7.006492321624086e-46",
        "6.631236846766476e-316",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check(texts[i]);
}

static void check_kind(const char *text, bl_number_kind wanted) {
    if (bl_number_kind_of(text, strlen(text)) != wanted)
        fail_msg("%s is not of kind %d", text, (int)wanted);
}

static void test_kinds(void **state) {
    (void)state;
    const char *const none[] = {"",   "-",  "+",   ".",     "e5",  "1e",    "1e+",   "1 ",
                                " 1", "1x", "--1", "1.2.3", "0x1", "1e5.5", "1_000", "inf"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        check_kind(none[i], BL_NUMBER_NONE);
    check_kind("9223372036854775807", BL_NUMBER_INTEGER);
    check_kind("-9223372036854775808", BL_NUMBER_INTEGER);
    check_kind("+00000000000000000000000000000012", BL_NUMBER_INTEGER);
    check_kind("9223372036854775808", BL_NUMBER_UNSIGNED);
    check_kind("18446744073709551615", BL_NUMBER_UNSIGNED);
    check_kind("18446744073709551616", BL_NUMBER_REAL);
    check_kind("-9223372036854775809", BL_NUMBER_REAL);
    check_kind("1e3", BL_NUMBER_REAL);
    check_kind("1.", BL_NUMBER_REAL);
}

static void test_whole(void **state) {
    (void)state;
    char text[ROOM];
    const char *end;
    for (size_t i = 0; i < TEXTS; i++) {
        uint64_t value = next_random() >> below(64);
        size_t n = bl_number_uint(text, value);
        assert_true(bl_number_read_uint(text, text + n, &end) == value && end == text + n);
        n = bl_number_int(text, (int64_t)value);
        assert_true(bl_number_read_int(text, text + n, &end) == (int64_t)value && end == text + n);
    }
    const char negative[] = "-1";
    (void)bl_number_read_uint(negative, negative + 2, &end);
    assert_null(end);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),   cmocka_unit_test(test_random),
        cmocka_unit_test(test_printed), cmocka_unit_test(test_middles),
        cmocka_unit_test(test_kinds),   cmocka_unit_test(test_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
