// SPDX-License-Identifier: Apache-2.0
/// \file
/// Steps of recurrent layers for vectors of any width: each file of kernels says what `lanes` are
/// and includes this. Powers of e are shorter here than in lanes_functions.h: their arguments are
/// cut where gates are closed or open anyway, so that one power of two is enough.
#ifndef BL_NN_KERNELS_LANES_GATES_H
#define BL_NN_KERNELS_LANES_GATES_H

#include "nn/kernels/gates.h"
#include "nn/kernels/lanes_functions.h"

/// Beyond it gates are as good as closed, or open; products of two powers are no infinity yet.
enum { GATE_END = 43 };

/// e^−x = scale·(1 + rest), for x within GATE_END. NaN stays.
typedef struct short_power {
    lanes scale, rest;
} short_power;

INLINE short_power short_power_of(lanes x) {
    static const float c[] = {5.e-01F, -1.6666577e-01F, 4.1666554e-02F, -8.363203e-03F,
                              1.3926213e-03F};
    const lanes magic = splat(0x1.8p23F); // behind it the low bits are n, others leave the word
    x = lower(splat(GATE_END), higher(splat(-GATE_END), x));
    lanes shifted = fused(x, splat(-0x1.715476p+0F), magic), n = shifted - magic;
    lanes r = fused(n, splat(0x1.62e43p-1F), x);
    return (short_power){(lanes)(((lane_words)shifted << 23) + (lane_words)splat(1)),
                         fused(r * r, polynomial(r, c, 5), -r)};
}

/// 1 + e^−x: a gate is 1 divided by it.
INLINE lanes gate_under(lanes x) {
    short_power p = short_power_of(x);
    return fused(p.scale, p.rest, p.scale + splat(1));
}

/// tanh x = over/(2 − over) for 1 − e^−2x, which loses nothing near 0.
INLINE lanes tanh_over(lanes x) {
    short_power p = short_power_of(x + x);
    return fused(-p.scale, p.rest, splat(1) - p.scale);
}

INLINE lanes gate_tanh_of(lanes x) {
    lanes over = tanh_over(x);
    return over / (splat(2) - over);
}

/// Two gates, by one division.
typedef struct two_gates {
    lanes a, b;
} two_gates;

INLINE two_gates gates_of(lanes a, lanes b) {
    lanes under_a = gate_under(a), under_b = gate_under(b), part = splat(1) / (under_a * under_b);
    return (two_gates){under_b * part, under_a * part};
}

/// A gate, and a tanh, by one division.
INLINE two_gates gate_and_tanh_of(lanes a, lanes b) {
    lanes under_a = gate_under(a), over = tanh_over(b), under_b = splat(2) - over;
    lanes part = splat(1) / (under_a * under_b);
    return (two_gates){under_b * part, over * (under_a * part)};
}

/// Some numbers of a block: as many as there are lanes, but for the last of them.
INLINE lanes load_some(const float *from, size_t n) {
    return n == LANES ? load(from) : load_first(from, n);
}

INLINE void store_some(float *to, lanes x, size_t n) {
    if (n == LANES)
        store(to, x);
    else
        store_first(to, x, n);
}

/// Does something for the numbers `i` … i + n − 1 of a row, from `first` to `end`; n is LANES, a
/// constant, but for the last of them.
#define FOR_ROW(first, end, something)         \
    do {                                       \
        size_t i = first;                      \
        for (; i + LANES <= end; i += LANES) { \
            enum { n = LANES };                \
            something;                         \
        }                                      \
        if (i < end) {                         \
            size_t n = end - i;                \
            something;                         \
        }                                      \
    } while (0)

/// A step in its middle: a gate, and what that is whose tanh it meets.
typedef struct half_step {
    lanes gate, argument;
} half_step;

enum { ABREAST = 16 }; ///< vectors

/// Calls `begin` for all numbers of some rows, or of a part of a long one, and then `end`: from
/// arguments to the next state is a long chain, and of short ones a processor has more under way.
/// \param g a copy, that what is stored is not suspected to change it
#define FOR_HALVES(begin, end, g)                                           \
    do {                                                                    \
        half_step halves[ABREAST];                                          \
        size_t width = smaller((g)->units, ABREAST * LANES);                \
        size_t n_rows = ABREAST / ((width + LANES - 1) / LANES);            \
        for (size_t column = 0; column < (g)->units; column += width)       \
            for (size_t first = 0; first < (g)->m; first += n_rows) {       \
                size_t last = smaller(first + n_rows, (g)->m);              \
                size_t behind = smaller(column + width, (g)->units);        \
                half_step *half = halves;                                   \
                for (size_t row = first; row < last; row++)                 \
                    FOR_ROW(column, behind, *half++ = begin(g, row, i, n)); \
                half = halves;                                              \
                for (size_t row = first; row < last; row++)                 \
                    FOR_ROW(column, behind, end(g, row, i, n, *half++));    \
            }                                                               \
    } while (0)

// ---- GRU, where the reset gate comes behind the product ----

INLINE half_step gru_begin(const bl_nn_gates *g, size_t row, size_t i, size_t n) {
    const float *at = g->arguments + row * g->argument_stride + i;
    const float *from = g->recurrent + row * g->recurrent_stride + i;
    float *to = g->kept ? g->kept + row * g->kept_stride + i : NULL;
    size_t units = g->units;
    two_gates gates = gates_of(load_some(at, n) + load_some(from, n),
                               load_some(at + units, n) + load_some(from + units, n));
    lanes z = gates.a, r = gates.b, q = load_some(from + 2 * units, n);
    if (to) {
        store_some(to, z, n);
        store_some(to + units, r, n);
        store_some(to + 3 * units, q, n);
    }
    return (half_step){z, fused(r, q, load_some(at + 2 * units, n))};
}

INLINE void gru_end(const bl_nn_gates *g, size_t row, size_t i, size_t n, half_step half) {
    size_t state = row * g->state_stride + i;
    lanes candidate = gate_tanh_of(half.argument), h = load_some(g->state + state, n);
    store_some(g->next + state, fused(half.gate, h - candidate, candidate), n);
    if (g->kept)
        store_some(g->kept + row * g->kept_stride + 2 * g->units + i, candidate, n);
}

LANES_ATTRIBUTE static void gru(const bl_nn_gates *given) {
    const bl_nn_gates g = *given;
    FOR_HALVES(gru_begin, gru_end, &g);
}

INLINE void gru_back_some(const bl_nn_gates_back *g, size_t row, size_t i, size_t n) {
    const float *at = g->kept + row * g->kept_stride + i;
    float *to = g->slopes + row * g->slope_stride + i;
    size_t units = g->units, state = row * g->state_stride + i;
    lanes z = load_some(at, n), r = load_some(at + units, n), q = load_some(at + 3 * units, n);
    lanes candidate = load_some(at + 2 * units, n), h = load_some(g->state + state, n);
    lanes gradient = load_some(g->output_gradient + state, n), rest = splat(1) - z;
    lanes by_candidate = tanh_slope_of(candidate, gradient * rest);
    store_some(to, gradient * (h - candidate) * (z * rest), n);
    store_some(to + units, sigmoid_slope_of(r, by_candidate * q), n);
    store_some(to + 2 * units, by_candidate * r, n);
    store_some(to + 3 * units, by_candidate, n);
    store_some(g->output_gradient + state, gradient * z, n);
}

LANES_ATTRIBUTE static void gru_back(const bl_nn_gates_back *g) {
    for (size_t row = 0; row < g->m; row++)
        FOR_ROW(0, g->units, gru_back_some(g, row, i, n));
}

// ---- LSTM ----

INLINE half_step lstm_begin(const bl_nn_gates *g, size_t row, size_t i, size_t n) {
    const float *at = g->arguments + row * g->argument_stride + i;
    float *to = g->kept ? g->kept + row * g->kept_stride + i : NULL;
    size_t units = g->units, state = row * g->state_stride + i;
    two_gates first = gates_of(load_some(at, n), load_some(at + units, n));
    two_gates last = gate_and_tanh_of(load_some(at + 3 * units, n), load_some(at + 2 * units, n));
    lanes in = first.a, forget = first.b, candidate = last.b, out = last.a;
    lanes c = fused(forget, load_some(g->state + state, n), in * candidate);
    store_some(g->next + state, c, n);
    if (to) {
        store_some(to, in, n);
        store_some(to + units, forget, n);
        store_some(to + 2 * units, candidate, n);
        store_some(to + 3 * units, out, n);
    }
    return (half_step){out, c};
}

INLINE void lstm_end(const bl_nn_gates *g, size_t row, size_t i, size_t n, half_step half) {
    lanes t = gate_tanh_of(half.argument);
    store_some(g->output + row * g->state_stride + i, half.gate * t, n);
    if (g->kept)
        store_some(g->kept + row * g->kept_stride + 4 * g->units + i, t, n);
}

LANES_ATTRIBUTE static void lstm(const bl_nn_gates *given) {
    const bl_nn_gates g = *given;
    FOR_HALVES(lstm_begin, lstm_end, &g);
}

INLINE void lstm_back_some(const bl_nn_gates_back *g, size_t row, size_t i, size_t n) {
    const float *at = g->kept + row * g->kept_stride + i;
    float *to = g->slopes + row * g->slope_stride + i;
    size_t units = g->units, state = row * g->state_stride + i;
    lanes in = load_some(at, n), forget = load_some(at + units, n);
    lanes candidate = load_some(at + 2 * units, n), out = load_some(at + 3 * units, n);
    lanes t = load_some(at + 4 * units, n), gradient = load_some(g->output_gradient + state, n);
    lanes of_c = load_some(g->carry_gradient + state, n) + tanh_slope_of(t, gradient * out);
    store_some(to, sigmoid_slope_of(in, of_c * candidate), n);
    store_some(to + units, sigmoid_slope_of(forget, of_c * load_some(g->state + state, n)), n);
    store_some(to + 2 * units, tanh_slope_of(candidate, of_c * in), n);
    store_some(to + 3 * units, sigmoid_slope_of(out, gradient * t), n);
    store_some(g->carry_gradient + state, of_c * forget, n);
}

LANES_ATTRIBUTE static void lstm_back(const bl_nn_gates_back *g) {
    for (size_t row = 0; row < g->m; row++)
        FOR_ROW(0, g->units, lstm_back_some(g, row, i, n));
}

#endif
