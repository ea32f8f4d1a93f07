// SPDX-License-Identifier: Apache-2.0
// A decimal of any length beside the middle between two floating-point numbers, in whole numbers of
// some thousand bits. Digits past the 800th only tell that something follows: the middle between
// two float64 has 767 digits at most.
#include <string.h>

#include "base/number_parse.h"
#include "base/powers_of_five.h"

enum { WORDS = 128, MOST_DIGITS = 800, POWER_STEP = 27 };

/// 5^27, the largest that 64 bits hold.
#define FIVES UINT64_C(7450580596923828125)

/// A whole number, its lowest word first.
typedef struct whole {
    uint64_t words[WORDS];
    size_t n; ///< words in use; the highest is not 0
} whole;

static void multiply_add(whole *number, uint64_t factor, uint64_t more) {
    for (size_t i = 0; i < number->n; i++) {
        bl_uint128 product = (bl_uint128)number->words[i] * factor + more;
        number->words[i] = (uint64_t)product;
        more = (uint64_t)(product >> 64);
    }
    if (more && number->n < WORDS)
        number->words[number->n++] = more;
}

static void multiply_fives(whole *number, int64_t power) {
    for (; power >= POWER_STEP; power -= POWER_STEP)
        multiply_add(number, FIVES, 0);
    for (; power > 0; power--)
        multiply_add(number, 5, 0);
}

static void shift_left(whole *number, int64_t bits) {
    size_t words = (size_t)bits / 64;
    multiply_add(number, UINT64_C(1) << (bits % 64), 0);
    if (number->n == 0 || words == 0 || number->n + words > WORDS)
        return;
    memmove(number->words + words, number->words, number->n * sizeof *number->words);
    memset(number->words, 0, words * sizeof *number->words);
    number->n += words;
}

static int compare(const whole *a, const whole *b) {
    if (a->n != b->n)
        return a->n > b->n ? 1 : -1;
    for (size_t i = a->n; i-- > 0;)
        if (a->words[i] != b->words[i])
            return a->words[i] > b->words[i] ? 1 : -1;
    return 0;
}

/// Takes the digits in and returns the power of ten that they are to be multiplied by.
static int64_t take_digits(const bl_decimal_text *decimal, whole *number) {
    int64_t exponent = decimal->written;
    size_t n = 0;
    bool is_behind = decimal->point && decimal->begin > decimal->point, has_more = false;
    if (is_behind)
        exponent -= decimal->begin - decimal->point - 1; // zeros that were skipped
    for (const char *at = decimal->begin; at < decimal->end; at++) {
        if (*at == '.') {
            is_behind = true;
            continue;
        }
        if (n < MOST_DIGITS) {
            multiply_add(number, 10, (uint64_t)(*at - '0'));
            n += number->n > 0;
            exponent -= is_behind;
        } else {
            has_more = has_more || *at != '0';
            exponent += !is_behind;
        }
    }
    if (has_more) {
        multiply_add(number, 10, 1);
        exponent--;
    }
    return exponent;
}

int bl_decimal_compare(const bl_decimal_text *decimal, uint64_t middle, int exponent) {
    whole ours = {.n = 0}, other = {.words = {middle}, .n = 1};
    int64_t ten = take_digits(decimal, &ours), two = exponent;
    if (ours.n == 0)
        return -1;
    multiply_fives(ten > 0 ? &ours : &other, ten > 0 ? ten : -ten);
    two -= ten; // ours · 2^ten against other · 2^exponent
    shift_left(two > 0 ? &other : &ours, two > 0 ? two : -two);
    return compare(&ours, &other);
}
