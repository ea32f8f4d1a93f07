// SPDX-License-Identifier: Apache-2.0
/// \file
/// What exported code does with rows and matrices; paragraphs are parts, as in functions.h. Loops
/// run over columns, which are padded to whole vectors.
#ifndef BL_MODEL_CODE_PARTS_ROWS_H
#define BL_MODEL_CODE_PARTS_ROWS_H

#include "model/code/parts/functions.h"

// ---- parts ----

INLINE void copy(const float *restrict x, size_t n, float *restrict y) {
    for (size_t i = 0; i < n; i++)
        y[i] = x[i];
}

INLINE void clear(float *y, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] = 0;
}

// y += x*w, each number of y one chain of fused multiply-adds in the order of x
INLINE void add_product(const float *restrict x, size_t k, const float *restrict w, size_t n,
                        float *restrict y) {
    size_t whole = k - k % 4;
    for (size_t i = 0; i < whole; i += 4)
        for (size_t j = 0; j < n; j++) {
            const float *at = w + i * n + j;
            float sum = fused(x[i + 1], at[n], fused(x[i], at[0], y[j]));
            y[j] = fused(x[i + 3], at[3 * n], fused(x[i + 2], at[2 * n], sum));
        }
    for (size_t i = whole; i < k; i++)
        for (size_t j = 0; j < n; j++)
            y[j] = fused(x[i], w[i * n + j], y[j]);
}

INLINE void softmax(const float *x, size_t n, float *y) {
    float most = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    for (size_t i = 0; i < n; i++)
        y[i] = exp_of(x[i] - most);
    for (size_t i = 0; i < n; i++)
        sum += y[i];
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] / sum;
}

INLINE void log_softmax(const float *x, size_t n, float *y) {
    float most = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    for (size_t i = 0; i < n; i++)
        sum += exp_of(x[i] - most);
    float log = ln_of(sum);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] - most - log;
}

// A row, less its mean where it has one, by its standard deviation
INLINE void normalise(const float *x, size_t n, int has_mean, double epsilon, float *y) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    float inverse = (float)(1 / sqrt(squares / (double)n + epsilon));
    for (size_t i = 0; i < n; i++)
        y[i] = (x[i] - (has_mean ? (float)mean : 0)) * inverse;
}

INLINE float larger_of(float a, float b) { return a != a || a > b ? a : b; }

INLINE float smaller_of(float a, float b) { return a != a || a < b ? a : b; }

// Whether a row is of anything but one value
INLINE int differs(const float *x, size_t n, float value) {
    int found = 0;
    for (size_t i = 0; i < n; i++)
        found |= x[i] != value;
    return found;
}

// Windows of `taps` steps, `dilation` apart, each `stride` behind the one before; `padding` is 0
// (there is none), 1 (same) or 2 (causal)
typedef struct window {
    size_t taps, stride, dilation;
    int padding;
} window;

INLINE size_t window_count(window w, size_t n) {
    size_t reach = (w.taps - 1) * w.dilation + 1;
    if (w.padding)
        return (n + w.stride - 1) / w.stride;
    return n < reach ? 0 : (n - reach) / w.stride + 1;
}

INLINE size_t window_before(window w, size_t n) {
    size_t reach = (w.taps - 1) * w.dilation + 1, count = window_count(w, n);
    if (w.padding == 0 || count == 0)
        return 0;
    if (w.padding == 2)
        return reach - 1;
    size_t needed = (count - 1) * w.stride + reach;
    return needed > n ? (needed - n) / 2 : 0;
}

// The step that tap t of window i sees, n or more beyond the ends
INLINE size_t window_step(window w, size_t before, size_t i, size_t t) {
    size_t at = i * w.stride + t * w.dilation;
    return at < before ? SIZE_MAX : at - before;
}

// A step of a GRU whose reset gate comes behind the product: gates of the input and of the state
INLINE void gru_step(const float *restrict a, const float *restrict q, size_t n,
                     float *restrict h) {
    for (size_t i = 0; i < n; i++) {
        two_gates gates = gates_of(a[i] + q[i], a[n + i] + q[n + i]);
        float candidate = gate_tanh_of(fused(gates.b, q[2 * n + i], a[2 * n + i]));
        h[i] = fused(gates.a, h[i] - candidate, candidate);
    }
}

INLINE void lstm_step(const float *restrict a, size_t n, float *restrict h, float *restrict c) {
    for (size_t i = 0; i < n; i++) {
        two_gates first = gates_of(a[i], a[n + i]);
        two_gates last = gate_and_tanh_of(a[3 * n + i], a[2 * n + i]);
        c[i] = fused(first.b, c[i], first.a * last.b);
        h[i] = last.a * gate_tanh_of(c[i]);
    }
}

#endif
