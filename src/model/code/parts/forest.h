// SPDX-License-Identifier: Apache-2.0
/// \file
/// Forests in exported code: nn/trees/walk.c and end.c for one row, base/elementary.c's e^x.
/// Paragraphs are parts, as in functions.h.
#ifndef BL_MODEL_CODE_PARTS_FOREST_H
#define BL_MODEL_CODE_PARTS_FOREST_H

#include "model/code/parts/rows.h"

// ---- parts ----

// A leaf's step is 0 and its threshold NaN; `kind` is what a split does, or twice a leaf's weight.
typedef struct forest_step {
    float threshold;
    uint32_t feature, step, kind;
} forest_step;

typedef struct forest_weight {
    double value;
    uint32_t output, is_last;
} forest_weight;

// 1 where the way leads to the second child
INLINE uint32_t forest_turns(const forest_step *s, float x) {
    return ((uint32_t)(x > s->threshold) & s->kind >> 1) |
           ((uint32_t)(x == s->threshold) & s->kind >> 2) | ((uint32_t)(x != x) & s->kind);
}

// The kind of the leaf that a row comes to
INLINE uint32_t forest_walk(const forest_step *s, const float *x) {
    while (s->step)
        s += s->step + forest_turns(s, x[s->feature]);
    return s->kind;
}

INLINE double forest_join(double a, double b, int joint, int is_double) {
    if (joint == 2)
        return a < b ? a : b;
    if (joint == 3)
        return a > b ? a : b;
    return is_double ? a + b : (double)(float)(a + b);
}

INLINE void forest_add(const forest_weight *w, uint32_t leaf, int joint, int is_double,
                       double *scores) {
    if (leaf == UINT32_MAX - 1)
        return;
    for (w += leaf >> 1;; w++) {
        scores[w->output] = forest_join(scores[w->output], w->value, joint, is_double);
        if (w->is_last)
            return;
    }
}

INLINE uint64_t double_bits_of(double x) {
    union {
        double number;
        uint64_t bits;
    } u = {x};
    return u.bits;
}

INLINE double double_power_of_two(uint64_t n) {
    union {
        uint64_t bits;
        double number;
    } u = {(n + 1023U) << 52};
    return u.number;
}

// e^r - 1 for |r| <= log(2)/2, of which r + rest is the exact one
INLINE double double_exp_less_one(double r, double rest) {
    double p = 2.0918137737642736e-09 + r * 1.608662795678037e-10;
    p = 2.75572632790885e-07 + r * (2.505207109429355e-08 + r * p);
    p = 2.4801587336442236e-05 + r * (2.755731924721873e-06 + r * p);
    p = 0.0013888888888879073 + r * (0.00019841269841263298 + r * p);
    p = 0.04166666666666668 + r * (0.008333333333333333 + r * p);
    p = 0.5 + r * (0.16666666666666666 + r * p);
    return r + (r * r * p + (rest + rest * r));
}

INLINE double double_exp_of(double x) {
    const double magic = 0x1.8p52;
    double near = x < -747 ? -747 : x;
    near = x > 712 ? 712 : near;
    double n = (near * 0x1.71547652b82fep+0 + magic) - magic;
    double high = near - n * 0x1.62e42fefa38p-1, low = n * 0x1.ef35793c7673p-45, r = high - low;
    double rest = (high - r) - low;
    uint64_t power = double_bits_of((n + 4096) + magic) & 0x1fffU, half = power / 2;
    double first = double_power_of_two(half - 2048U);
    return (1 + double_exp_less_one(r, rest)) * first * double_power_of_two(power - half - 2048U);
}

INLINE double double_logistic(double x) {
    double small = double_exp_of(x < 0 ? x : -x);
    return x < 0 ? small / (1 + small) : 1 / (1 + small);
}

// Scores within 1e-7 of 0 stay so, where it leaves them out.
INLINE void double_softmax(size_t n, double *x, int leaves_out) {
    double most = x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        most = x[i] > most ? x[i] : most;
    double least_factor = leaves_out ? double_exp_of(-most) : 0;
    for (size_t i = 0; i < n; i++)
        if (leaves_out && fabs(x[i]) <= 1e-7) {
            x[i] *= least_factor;
        } else {
            x[i] = double_exp_of(x[i] - most);
            sum += x[i];
        }
    for (size_t i = 0; sum > 0 && i < n; i++)
        x[i] /= sum;
}

#endif
