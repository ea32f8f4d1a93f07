// SPDX-License-Identifier: Apache-2.0
// Numbers as text, with the fewest digits that read back as the same number.
//
// A number stands for all reals that round to it. Scaled by a power of ten so that this interval is
// between 2 and 20 wide, it holds a multiple of ten, or else a whole number next to it.
// The scaled ends of the interval are kept with one bit that says whether more follows, which
// is all that comparisons need.
// \source R. Giulietti, "The Schubfach way to render doubles" (2020), sections 8 and 9
#include <math.h>
#include <string.h>

#include "base/number_text.h"
#include "base/powers_of_five.h"

/// A positive decimal: `digits` · 10^`exponent`.
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/// A number c · 2^q, its neighbours' middles in units of a quarter, and their power of ten.
typedef struct interval {
    uint64_t below, middle, above; ///< scaled by 10^-k and times 4
    bool is_open;                  ///< the ends round to other numbers
    int k;
} interval;

/// 10^power for exponents of both widths, never too small.
static bl_power_of_five scale_of(int power) {
    bl_power_of_five g = bl_power_of_five_get(power);
    if (power < -27 || power > 55) {
        g.low++;
        g.high += g.low == 0;
    }
    return g;
}

/// The whole part of g · n / 2^128, its last bit set where anything follows.
static uint64_t scaled64(bl_power_of_five g, uint64_t n) {
    bl_uint128 low = (bl_uint128)g.low * n, high = (bl_uint128)g.high * n + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/// The same to 64 bits of g, for n of 32.
static uint64_t scaled32(uint64_t g, uint64_t n) {
    bl_uint128 product = (bl_uint128)g * n;
    return (uint64_t)(product >> 64) | ((uint32_t)(product >> 32) > 1);
}

static decimal choose(interval v) {
    uint64_t below = v.below + v.is_open, above = v.above - v.is_open;
    uint64_t s = v.middle / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool is_down = below <= 40 * tens, is_up = 40 * tens + 40 <= above;
        if (is_down != is_up)
            return (decimal){tens + is_up, v.k + 1};
    }
    bool is_down = below <= 4 * s, is_up = 4 * s + 4 <= above;
    if (is_down != is_up)
        return (decimal){s + is_up, v.k};
    uint64_t half = 4 * s + 2;
    return (decimal){s + (v.middle > half || (v.middle == half && (s & 1))), v.k};
}

// Shifts of negative numbers keep their sign with every compiler that is supported.
/// floor(log10(2^q)), or of 3/4 · 2^q
static int log10_of(int q, bool is_power) { return (q * 1262611 - (is_power ? 524031 : 0)) >> 22; }
/// floor(log2(10^e))
static int log2_of(int e) { return (e * 1741647) >> 19; }

static decimal shortest_float64(uint64_t bits) {
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int exponent = (int)(bits >> 52);
    uint64_t c = exponent ? fraction | UINT64_C(1) << 52 : fraction;
    int q = (exponent ? exponent : 1) - 1075;
    if (q <= 0 && q > -53 && (c & ((UINT64_C(1) << -q) - 1)) == 0)
        return (decimal){c >> -q, 0}; // a whole number
    bool is_power = fraction == 0 && exponent > 1;
    int k = log10_of(q, is_power), h = q + log2_of(-k) + 1;
    bl_power_of_five g = scale_of(-k);
    return choose((interval){scaled64(g, (4 * c - 2 + is_power) << h), scaled64(g, 4 * c << h),
                             scaled64(g, (4 * c + 2) << h), c & 1, k});
}

static decimal shortest_float32(uint32_t bits) {
    uint32_t fraction = bits & ((UINT32_C(1) << 23) - 1);
    int exponent = (int)(bits >> 23);
    uint64_t c = exponent ? fraction | UINT32_C(1) << 23 : fraction;
    int q = (exponent ? exponent : 1) - 150;
    if (q <= 0 && q > -24 && (c & ((UINT64_C(1) << -q) - 1)) == 0)
        return (decimal){c >> -q, 0};
    bool is_power = fraction == 0 && exponent > 1;
    int k = log10_of(q, is_power), h = q + log2_of(-k) + 1;
    bl_power_of_five wide = scale_of(-k);
    uint64_t g = wide.high + (wide.low != 0);
    return choose((interval){scaled32(g, (4 * c - 2 + is_power) << h), scaled32(g, 4 * c << h),
                             scaled32(g, (4 * c + 2) << h), c & 1, k});
}

// ---- digits ----

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

static size_t count_digits(uint64_t value) {
    size_t n = 1;
    for (; value >= 10000; value /= 10000)
        n += 4;
    return n + (value >= 10) + (value >= 100) + (value >= 1000);
}

/// Writes exactly `n` digits.
static void put_digits(char *text, uint64_t value, size_t n) {
    for (; n >= 2; value /= 100) {
        n -= 2;
        memcpy(text + n, pairs + 2 * (value % 100), 2);
    }
    if (n)
        text[0] = (char)('0' + value % 10);
}

size_t bl_number_uint(char *text, uint64_t value) {
    size_t n = count_digits(value);
    put_digits(text, value, n);
    text[n] = '\0';
    return n;
}

size_t bl_number_int(char *text, int64_t value) {
    if (value >= 0)
        return bl_number_uint(text, (uint64_t)value);
    text[0] = '-';
    return 1 + bl_number_uint(text + 1, -(uint64_t)value);
}

static size_t write_plain(char *text, const char *digits, size_t n, int point) {
    char *at = text;
    if (point <= 0) {
        *at++ = '0';
        *at++ = '.';
        memset(at, '0', (size_t)-point);
        at += -point;
        memcpy(at, digits, n);
        return (size_t)(at - text) + n;
    }
    size_t whole = n < (size_t)point ? n : (size_t)point;
    memcpy(at, digits, whole);
    memset(at + whole, '0', (size_t)point - whole);
    at += point;
    *at++ = '.';
    if (n > whole)
        memcpy(at, digits + whole, n - whole);
    else
        *at = '0';
    return (size_t)(at - text) + (n > whole ? n - whole : 1);
}

static size_t write_decimal(char *text, decimal d) {
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    char digits[24] = "";
    size_t n = count_digits(d.digits);
    put_digits(digits, d.digits, n);
    int point = (int)n + d.exponent; // digits before the decimal point
    if (point > -4 && point <= 16)
        return write_plain(text, digits, n, point);
    char *at = text;
    *at++ = digits[0];
    if (n > 1) {
        *at++ = '.';
        memcpy(at, digits + 1, n - 1);
        at += n - 1;
    }
    *at++ = 'e';
    *at++ = point > 0 ? '+' : '-';
    unsigned magnitude = (unsigned)(point > 0 ? point - 1 : 1 - point);
    if (magnitude < 10)
        *at++ = '0';
    return (size_t)(at - text) + bl_number_uint(at, magnitude);
}

static size_t write_word(char *text, const char *word) {
    size_t n = strlen(word);
    memcpy(text, word, n + 1);
    return n;
}

static size_t write_special(char *text, double value) {
    if (value == 0)
        return write_word(text, signbit(value) ? "-0.0" : "0.0");
    return write_word(text, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

size_t bl_number_float64(char *text, double value) {
    if (value == 0 || !isfinite(value))
        return write_special(text, value);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    size_t sign = bits >> 63;
    text[0] = '-';
    size_t n = sign + write_decimal(text + sign, shortest_float64(bits & INT64_MAX));
    text[n] = '\0';
    return n;
}

size_t bl_number_float32(char *text, float value) {
    if (value == 0 || !isfinite(value))
        return write_special(text, (double)value);
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    size_t sign = bits >> 31;
    text[0] = '-';
    size_t n = sign + write_decimal(text + sign, shortest_float32(bits & INT32_MAX));
    text[n] = '\0';
    return n;
}
