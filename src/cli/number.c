// SPDX-License-Identifier: Apache-2.0
// Numbers as text.
//
// Shortest digits: a decimal of at most 15 digits, scaled by a power of ten that float64 holds
// exactly, takes one correctly rounded operation to read back, so a candidate is proved by a
// division and a comparison. Values outside that reach go through printf and strtod.
// \source W. D. Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990 (the exact
// case); C17 5.2.4.2.2 (DBL_DIG, FLT_DIG: decimals of 15 and 6 digits survive a round trip).
#include "cli/number.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_POWERS = 23 };

static const double powers[EXACT_POWERS] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// A positive decimal: `digits` · 10^`exponent`.
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

static double read_back(decimal d) {
    return d.exponent < 0 ? (double)d.digits / powers[-d.exponent]
                          : (double)d.digits * powers[d.exponent];
}

/// Digits before the decimal point of a normal number within reach of exact powers, 0 and less for
/// zeros behind it; INT_MAX out of reach.
static int magnitude_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023; // value is in [2^exponent, 2^(exponent + 1))
    if (exponent < -72 || exponent > 72)
        return INT_MAX;
    // floor(exponent · log10(2)), at most one too small; the table of powers settles it
    // cppcheck-suppress shiftNegativeLHS ; GCC and Clang promise to shift the sign in
    int power = (exponent * 1233) >> 12;
    if (power + 1 >= 0 ? value >= powers[power + 1] : value * powers[-power - 1] >= 1)
        power++;
    return power + 1;
}

/// `value` rounded to `n_digits`; false where it is out of reach of exact powers.
static bool round_to(double value, int n_digits, decimal *ret) {
    int exponent = magnitude_of(value);
    if (exponent == INT_MAX)
        return false;
    exponent -= n_digits;
    if (exponent <= -EXACT_POWERS || exponent >= EXACT_POWERS)
        return false;
    double scaled = exponent < 0 ? value * powers[-exponent] : value / powers[exponent];
    // to the nearest whole number, ties to even; proved or rejected by reading it back
    *ret = (decimal){(uint64_t)(scaled + 0x1p52 - 0x1p52), exponent};
    return true;
}

/// Whether `d` reads as `value`; unsure where the float64 in between is on the line between two
/// float32, where rounding twice may differ from rounding once.
typedef enum reading { READS_OTHER, READS_SAME, READS_UNSURE } reading;

static reading read_as_float32(decimal d, float value) {
    double back = read_back(d);
    uint64_t bits;
    memcpy(&bits, &back, sizeof bits);
    const uint64_t below = (UINT64_C(1) << 29) - 1, half = UINT64_C(1) << 28;
    if ((bits & below) == half)
        return READS_UNSURE;
    return (float)back == value ? READS_SAME : READS_OTHER;
}

static decimal by_printf(double value, int n_digits) {
    char text[64];
    snprintf(text, sizeof text, "%.*e", n_digits - 1, value);
    decimal d = {0, 0};
    const char *at = text;
    for (; *at && *at != 'e'; at++)
        if (*at >= '0' && *at <= '9') // the point depends on the locale
            d.digits = 10 * d.digits + (uint64_t)(*at - '0');
    d.exponent = (*at ? (int)strtol(at + 1, NULL, 10) : 0) - (n_digits - 1);
    return d;
}

// Below the normal range fewer digits than DBL_DIG may do, so that the search starts at one.
static decimal shortest_float64(double value) {
    decimal d;
    if (round_to(value, 15, &d) && read_back(d) == value)
        return d;
    for (int n_digits = value < DBL_MIN ? 1 : 15; n_digits < 17; n_digits++) {
        char text[64];
        snprintf(text, sizeof text, "%.*e", n_digits - 1, value);
        if (strtod(text, NULL) == value)
            return by_printf(value, n_digits);
    }
    return by_printf(value, 17);
}

static decimal shortest_float32(float value) {
    decimal d;
    reading read = READS_OTHER;
    for (int n_digits = 6; n_digits <= 9 && read == READS_OTHER; n_digits++) {
        bool is_near = round_to((double)value, n_digits, &d);
        read = is_near ? read_as_float32(d, value) : READS_UNSURE;
        if (read == READS_SAME)
            return d;
    }
    for (int n_digits = value < FLT_MIN ? 1 : 6; n_digits < 9; n_digits++) {
        char text[64];
        snprintf(text, sizeof text, "%.*e", n_digits - 1, (double)value);
        if (strtof(text, NULL) == value)
            return by_printf((double)value, n_digits);
    }
    return by_printf((double)value, 9);
}

static size_t write_plain(char *text, const char *digits, int n, int point) {
    char *at = text;
    if (point <= 0) {
        *at++ = '0';
        *at++ = '.';
        memset(at, '0', (size_t)-point);
        at += -point;
        memcpy(at, digits, (size_t)n);
        return (size_t)(at - text) + (size_t)n;
    }
    int whole = n < point ? n : point;
    memcpy(at, digits, (size_t)whole);
    memset(at + whole, '0', (size_t)(point - whole));
    at += point;
    *at++ = '.';
    if (n > point)
        memcpy(at, digits + point, (size_t)(n - point));
    else
        *at = '0';
    return (size_t)(at - text) + (n > point ? (size_t)(n - point) : 1);
}

static size_t write_decimal(char *text, decimal d) {
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    char digits[BL_NUMBER_BYTES];
    int n = (int)bl_number_uint(digits, d.digits);
    int point = n + d.exponent; // digits before the decimal point
    if (point > -4 && point <= 16)
        return write_plain(text, digits, n, point);
    char *at = text;
    *at++ = digits[0];
    if (n > 1) {
        *at++ = '.';
        memcpy(at, digits + 1, (size_t)n - 1);
        at += n - 1;
    }
    *at++ = 'e';
    *at++ = point > 0 ? '+' : '-';
    unsigned magnitude = (unsigned)abs(point - 1);
    if (magnitude < 10)
        *at++ = '0';
    return (size_t)(at - text) + bl_number_uint(at, magnitude);
}

static size_t write_special(char *text, double value) {
    const char *word = isnan(value) ? "nan" : value > 0 ? "inf" : value < 0 ? "-inf" : "0.0";
    if (value == 0 && signbit(value))
        word = "-0.0";
    return (size_t)snprintf(text, BL_NUMBER_BYTES, "%s", word);
}

size_t bl_number_float64(char *text, double value) {
    if (value == 0 || !isfinite(value))
        return write_special(text, value);
    size_t sign = value < 0;
    text[0] = '-';
    size_t n = sign + write_decimal(text + sign, shortest_float64(fabs(value)));
    text[n] = '\0';
    return n;
}

size_t bl_number_float32(char *text, float value) {
    if (value == 0 || !isfinite(value))
        return write_special(text, (double)value);
    size_t sign = value < 0;
    text[0] = '-';
    size_t n = sign + write_decimal(text + sign, shortest_float32(fabsf(value)));
    text[n] = '\0';
    return n;
}

size_t bl_number_uint(char *text, uint64_t value) {
    char reversed[24];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    for (size_t i = 0; i < n; i++)
        text[i] = reversed[n - 1 - i];
    text[n] = '\0';
    return n;
}

size_t bl_number_int(char *text, int64_t value) {
    if (value >= 0)
        return bl_number_uint(text, (uint64_t)value);
    text[0] = '-';
    return 1 + bl_number_uint(text + 1, -(uint64_t)value);
}

size_t bl_number_int128(char *text, bl_int128 value) {
    if (value < 0) {
        text[0] = '-';
        return 1 + bl_number_int128(text + 1, -value);
    }
    const bl_int128 base = (bl_int128)1000000000000000000;
    if (value < base)
        return bl_number_uint(text, (uint64_t)value);
    size_t n = bl_number_int128(text, value / base);
    snprintf(text + n, BL_NUMBER_BYTES - n - 1, "%018llu", (unsigned long long)(value % base));
    return n + 18;
}

size_t bl_number_grouped(char *text, int64_t value) {
    char plain[BL_NUMBER_BYTES];
    size_t n = bl_number_int(plain, value), used = 0;
    for (size_t i = 0; i < n; i++) {
        text[used++] = plain[i];
        size_t left = n - 1 - i;
        if (left > 0 && left % 3 == 0 && plain[i] != '-')
            text[used++] = ',';
    }
    text[used] = '\0';
    return used;
}

// Near the middle between two decimals the exact value decides, and printf knows it.
size_t bl_number_fixed(char *text, double value, unsigned n_decimals) {
    const double most = 1e9, unsure = 1e-3;
    double scaled = n_decimals <= 9 ? value * powers[n_decimals] : most;
    if (!(scaled >= 0 && scaled < most) || signbit(value) ||
        fabs(scaled - floor(scaled) - 0.5) < unsure) {
        int n = snprintf(text, BL_NUMBER_BYTES, "%.*f", (int)n_decimals, value);
        return n < 0 ? 0 : n < BL_NUMBER_BYTES ? (size_t)n : BL_NUMBER_BYTES - 1;
    }
    uint64_t digits = (uint64_t)(scaled + 0.5), unit = (uint64_t)powers[n_decimals];
    size_t n = bl_number_uint(text, digits / unit);
    if (n_decimals == 0)
        return n;
    bl_number_uint(text + n, unit + digits % unit); // the one in front keeps the zeros behind it
    text[n] = '.';
    return n + 1 + n_decimals;
}

size_t bl_number_bytes(char *text, uint64_t bytes) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    size_t n = bl_number_fixed(text, value, unit > 0 && value < 9.95);
    text[n++] = ' ';
    for (const char *letter = units[unit]; *letter; letter++)
        text[n++] = *letter;
    text[n] = '\0';
    return n;
}
