// SPDX-License-Identifier: Apache-2.0
/// \file
/// What tests of functions in float share: how far off a value is, and whether bits are the same.
#ifndef BL_NN_KERNELS_FUNCTIONS_TESTING_H
#define BL_NN_KERNELS_FUNCTIONS_TESTING_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/testing.h"

/// How far a value is off, in units of the last place of the exact one.
static inline double off_by(float value, double exact) {
    float rounded = (float)exact;
    if (isnan(exact) || isinf(rounded) || isnan(value))
        return (isnan(exact) && isnan(value)) || value == rounded ? 0 : INFINITY;
    double unit = (double)nextafterf(fabsf(rounded), INFINITY) - (double)fabsf(rounded);
    return fabs((double)value - exact) / unit;
}

static inline uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof value);
    return bits;
}

/// The same bits, or NaN both, as from the arguments x.
static inline void same(const float *a, const float *b, const float *x, size_t n, const char *what,
                        const char *name) {
    for (size_t i = 0; i < n; i++)
        if (bits_of(a[i]) != bits_of(b[i]) && !(isnan(a[i]) && isnan(b[i])))
            fail_msg("%s of %s(%a), number %zu: %a, plain %a", name, what, (double)x[i], i,
                     (double)a[i], (double)b[i]);
}

/// Floats spread over all there are: `*bits` are those of the first, and then of the next.
static inline void spread(float *to, size_t n, uint64_t *bits, uint32_t step) {
    for (size_t i = 0; i < n; i++, *bits += step) {
        uint32_t each = (uint32_t)*bits;
        memcpy(to + i, &each, sizeof each);
    }
}

static inline void draw(float *to, size_t n, double size) {
    for (size_t i = 0; i < n; i++)
        to[i] = (float)(size * (2 * drand48() - 1));
}

#endif
