// SPDX-License-Identifier: Apache-2.0
// Text as numbers, rounded correctly.
//
// A few digits and a small power of ten take one multiplication or division. Otherwise the digits
// are multiplied by the leading 128 bits of a power of five, which settles the rounding of every
// number of up to 19 digits. More digits are cut; where what was cut might matter, whole numbers of
// any length decide (number_compare.c).
// \source W. D. Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990; D. Lemire,
// "Number Parsing at a Gigabyte per Second", Software: Practice and Experience 51 (2021); N.
// Mushtak, D. Lemire, "Fast Number Parsing Without Fallback" (2022)
#include "base/number_parse.h"

#include <string.h>

#include "base/number_text.h"
#include "base/powers_of_five.h"

enum { MOST_DIGITS = 19, MOST_EXPONENT = 100000 };

// ---- digits ----

static inline bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/// The number that 8 digits are, as bytes of 0 to 9, the first in the lowest byte.
static inline uint64_t eight_digits(uint64_t eight) {
    eight = eight * 10 + (eight >> 8); // pairs, in every second byte
    const uint64_t mask = 0x000000ff000000ffU;
    return (((eight & mask) * 0x000f424000000064U) +
            (((eight >> 16) & mask) * 0x0000271000000001U)) >>
           32;
}

/// Adds digits to `value`, which may overflow. Eight characters are looked at at once, and those
/// that are digits are taken without a branch for each. \return behind the last
static inline const char *take_digits(const char *at, const char *end, uint64_t *value) {
    uint64_t sum = *value;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (end - at >= 8) {
        uint64_t eight;
        memcpy(&eight, at, sizeof eight);
        eight ^= 0x3030303030303030U; // digits become 0 to 9
        uint64_t others =
            (((eight & 0x7f7f7f7f7f7f7f7fU) + 0x7676767676767676U) | eight) & 0x8080808080808080U;
        if (others & 0x80)
            break;
        unsigned n = others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
        sum = sum * powers[n] + eight_digits(eight << (64 - 8 * n));
        at += n;
        if (n < 8) {
            *value = sum;
            return at;
        }
    }
#endif
    for (; at < end && is_digit(*at); at++)
        sum = 10 * sum + (uint64_t)(*at - '0');
    *value = sum;
    return at;
}

/// Takes the digits once more, the first 19 that count.
static void cut_digits(bl_decimal_text *d) {
    while (d->begin < d->end && (*d->begin == '0' || *d->begin == '.'))
        d->begin++;
    const char *at = d->begin;
    int64_t exponent = d->written;
    int n = 0;
    bool is_behind = d->point && at > d->point;
    if (is_behind)
        exponent -= at - d->point - 1; // zeros behind the point
    d->digits = 0;
    d->is_cut = false;
    for (; at < d->end; at++) {
        if (*at == '.') {
            is_behind = true;
        } else if (n < MOST_DIGITS) {
            d->digits = 10 * d->digits + (uint64_t)(*at - '0');
            exponent -= is_behind;
            n++;
        } else {
            d->is_cut = true;
            exponent += !is_behind;
        }
    }
    d->exponent = exponent;
}

/// Reads what stands behind an 'e'; leaves it where no digits follow.
static inline const char *take_exponent(const char *at, const char *end, int64_t *ret_exponent) {
    const char *digit = at + 1;
    bool is_negative = digit < end && *digit == '-';
    if (digit < end && (*digit == '-' || *digit == '+'))
        digit++;
    if (digit == end || !is_digit(*digit))
        return at;
    int64_t exponent = 0;
    for (; digit < end && is_digit(*digit); digit++)
        if (exponent < MOST_EXPONENT)
            exponent = 10 * exponent + (*digit - '0');
    *ret_exponent = is_negative ? -exponent : exponent;
    return digit;
}

/// \return behind the number; NULL: there is none
static inline const char *take_decimal(const char *text, const char *end, bl_decimal_text *d) {
    const char *at = text;
    d->is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    uint64_t digits = 0;
    int64_t behind = 0, written = 0;
    const char *begin = at;
    at = take_digits(at, end, &digits);
    int64_t n = at - begin;
    d->point = NULL;
    if (at < end && *at == '.') {
        d->point = at;
        at = take_digits(at + 1, end, &digits);
        behind = at - d->point - 1;
        n += behind;
    }
    if (n == 0)
        return NULL;
    d->begin = begin;
    d->end = at;
    if (at < end && (*at == 'e' || *at == 'E'))
        at = take_exponent(at, end, &written);
    d->digits = digits;
    d->written = written;
    d->exponent = written - behind;
    d->is_cut = false;
    d->is_integer = !d->point && at == d->end;
    if (__builtin_expect(n > MOST_DIGITS, 0))
        cut_digits(d);
    return at;
}

// ---- rounding ----

/// A floating-point type.
typedef struct real_kind {
    int fraction_bits, bias, largest; ///< the exponent of infinities
    int least_power, most_power;      ///< of ten, outside of which all is 0 or infinite
    int least_even, most_even;        ///< powers of ten with which 19 digits may be just in between
} real_kind;

static const real_kind float64_kind = {52, 1023, 0x7ff, -342, 308, -4, 23};
static const real_kind float32_kind = {23, 127, 0xff, -65, 38, -17, 10};

static uint64_t infinity_of(const real_kind *kind) {
    return (uint64_t)kind->largest << kind->fraction_bits;
}

/// The leading 128 bits of w · 5^q, as far as rounding needs them.
static inline bl_uint128 product_of(const real_kind *kind, uint64_t w, int q) {
    bl_power_of_five five = bl_power_of_five_get(q);
    bl_uint128 product = (bl_uint128)w * five.high;
    uint64_t rest = UINT64_MAX >> (kind->fraction_bits + 3);
    if (((uint64_t)(product >> 64) & rest) == rest) // the lower half may carry
        product += (uint64_t)(((bl_uint128)w * five.low) >> 64);
    return product;
}

/// Below the normal range the fraction has fewer bits. \param shift places that are lost
static uint64_t round_small(uint64_t mantissa, int shift) {
    if (shift >= 64)
        return 0;
    mantissa >>= shift;
    return (mantissa + (mantissa & 1)) >> 1; // what reaches the hidden bit is a normal number
}

/// The bits of w · 10^q, rounded to the nearest.
static inline uint64_t round_decimal(const real_kind *kind, uint64_t w, int64_t q) {
    if (w == 0 || q < kind->least_power)
        return 0;
    if (q > kind->most_power)
        return infinity_of(kind);
    int zeros = __builtin_clzll(w), bits = kind->fraction_bits;
    bl_uint128 product = product_of(kind, w << zeros, (int)q);
    uint64_t upper = (uint64_t)(product >> 64), lower = (uint64_t)product;
    int top = (int)(upper >> 63), shift = top + 64 - bits - 3;
    uint64_t mantissa = upper >> shift;
    int exponent = (((152170 + 65536) * (int)q) >> 16) + 63 + top - zeros + kind->bias;
    if (exponent <= 0)
        return round_small(mantissa, 1 - exponent);
    if (lower <= 1 && q >= kind->least_even && q <= kind->most_even && (mantissa & 3) == 1 &&
        mantissa << shift == upper)
        mantissa &= ~UINT64_C(1); // just in between: to the even one
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    if (mantissa >> (bits + 1)) {
        mantissa >>= 1;
        exponent++;
    }
    if (exponent >= kind->largest)
        return infinity_of(kind);
    return (uint64_t)exponent << bits | (mantissa & ((UINT64_C(1) << bits) - 1));
}

/// The bits of a decimal of which digits were cut: `low` or the next number.
static uint64_t decide(const real_kind *kind, const bl_decimal_text *d, uint64_t low) {
    int bits = kind->fraction_bits, exponent = (int)(low >> bits);
    uint64_t mantissa = low & ((UINT64_C(1) << bits) - 1);
    mantissa |= exponent ? UINT64_C(1) << bits : 0;
    int power = (exponent ? exponent : 1) - kind->bias - bits;
    int side = bl_decimal_compare(d, 2 * mantissa + 1, power - 1);
    return low + (side > 0 || (side == 0 && (low & 1)));
}

static inline uint64_t bits_of(const real_kind *kind, const bl_decimal_text *d) {
    uint64_t bits = round_decimal(kind, d->digits, d->exponent);
    if (__builtin_expect(d->is_cut, 0) && bits != round_decimal(kind, d->digits + 1, d->exponent))
        bits = decide(kind, d, bits);
    return bits;
}

static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

double bl_number_read_float64(const char *text, const char *end, const char **ret_end) {
    bl_decimal_text d;
    *ret_end = take_decimal(text, end, &d);
    if (!*ret_end)
        return 0;
    double value;
    if (d.exponent >= -22 && d.exponent <= 22 && d.digits <= UINT64_C(1) << 53 && !d.is_cut) {
        value = (double)d.digits;
        value = d.exponent < 0 ? value / tens[-d.exponent] : value * tens[d.exponent];
    } else {
        uint64_t bits = bits_of(&float64_kind, &d);
        memcpy(&value, &bits, sizeof value);
    }
    return d.is_negative ? -value : value;
}

float bl_number_read_float32(const char *text, const char *end, const char **ret_end) {
    bl_decimal_text d;
    *ret_end = take_decimal(text, end, &d);
    if (!*ret_end)
        return 0;
    uint32_t bits = (uint32_t)bits_of(&float32_kind, &d);
    float value;
    memcpy(&value, &bits, sizeof value);
    return d.is_negative ? -value : value;
}

// ---- whole numbers ----

/// \return behind the digits; NULL: there are none, or they do not fit
static inline const char *take_whole(const char *at, const char *end, uint64_t *ret_value) {
    const char *begin = at;
    uint64_t value = 0;
    at = take_digits(at, end, &value);
    if (at == begin)
        return NULL;
    if (__builtin_expect(at - begin > MOST_DIGITS, 0)) {
        const char *digit = begin;
        for (value = 0; digit < at; digit++)
            if (__builtin_mul_overflow(value, 10, &value) ||
                __builtin_add_overflow(value, (uint64_t)(*digit - '0'), &value))
                return NULL;
    }
    *ret_value = value;
    return at;
}

int64_t bl_number_read_int(const char *text, const char *end, const char **ret_end) {
    bool is_negative = text < end && *text == '-';
    uint64_t value = 0;
    *ret_end = take_whole(text + (text < end && (*text == '-' || *text == '+')), end, &value);
    if (__builtin_expect(value > (uint64_t)INT64_MAX + is_negative, 0))
        *ret_end = NULL;
    return (int64_t)(is_negative ? -value : value);
}

uint64_t bl_number_read_uint(const char *text, const char *end, const char **ret_end) {
    bool is_negative = text < end && *text == '-';
    uint64_t value = 0;
    *ret_end = take_whole(text + (text < end && (*text == '-' || *text == '+')), end, &value);
    if (is_negative && value)
        *ret_end = NULL;
    return value;
}

bl_number_kind bl_number_kind_of(const char *text, size_t size) {
    const char *end = text + size, *behind;
    bl_decimal_text d;
    if (take_decimal(text, end, &d) != end)
        return BL_NUMBER_NONE;
    if (!d.is_integer)
        return BL_NUMBER_REAL;
    (void)bl_number_read_int(text, end, &behind);
    if (behind)
        return BL_NUMBER_INTEGER;
    (void)bl_number_read_uint(text, end, &behind);
    return behind ? BL_NUMBER_UNSIGNED : BL_NUMBER_REAL;
}
