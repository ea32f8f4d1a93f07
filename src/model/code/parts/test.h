// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inputs of tests in exported code, which are made anew rather than stored; the exporter makes the
/// same by the same functions. Paragraphs are parts, as in functions.h.
#ifndef BL_MODEL_CODE_PARTS_TEST_H
#define BL_MODEL_CODE_PARTS_TEST_H

#include "model/code/parts/rows.h"

// ---- parts ----

// Source: G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003)
INLINE uint32_t test_word(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

// Rows of event e: all, none, then some
INLINE size_t test_rows(uint32_t part, size_t e, size_t most) {
    return e == 0 ? most : e == 1 ? 0 : (size_t)((uint64_t)part * (most + 1) >> 32);
}

// Multiples of 2^-22 from -2 to 2
INLINE void test_numbers(uint32_t *state, size_t n, float *x) {
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(test_word(state) >> 8) * 0x1p-22F - 2;
}

// Whole numbers below one
INLINE void test_indices(uint32_t *state, uint32_t below, size_t n, float *x) {
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((uint64_t)test_word(state) * below >> 32);
}

// Rows of numbers, a quarter of them of nothing but one value
INLINE void test_masked(uint32_t *state, size_t m, size_t width, float value, float *x) {
    for (size_t r = 0; r < m; r++) {
        int is_masked = test_word(state) < 0x40000000U;
        test_numbers(state, width, x + r * width);
        for (size_t i = 0; i < width && is_masked; i++)
            x[r * width + i] = value;
    }
}

// Whether two numbers have other bits; those of NaNs may be any.
INLINE int test_differs(float a, float b) {
    union {
        float number;
        uint32_t bits;
    } x = {a}, y = {b};
    return x.bits != y.bits && !(a != a && b != b);
}

INLINE int test_is_far(float a, float b) {
    float most = 1e-6F * (b < 0 ? 1 - b : 1 + b);
    return test_differs(a, b) && !(a == b) && !(a - b < most && b - a < most);
}

#endif
