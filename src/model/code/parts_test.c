// SPDX-License-Identifier: Apache-2.0
// The parts of exported code against the kernels that they are written after: the same bits for all
// sizes of numbers, and for those that are none.
#include <math.h>
#include <string.h>

#include "base/elementary.h"
#include "base/random.h"
#include "base/testing.h"
#include "model/code/parts/forest.h"
#include "nn/kernels/activations.h"
#include "nn/kernels/gates.h"

enum { N = 1 << 16 };

static float arguments[N], expected[N];

static const float odd[] = {0,         -0.0F,      INFINITY,    -INFINITY,  NAN,     1,
                            -1,        0.625F,     -0.625F,     0x1p-126F,  1e-45F,  -1e-45F,
                            88.72284F, 88.722847F, -103.97208F, -120,       90,      3.4e38F,
                            -3.4e38F,  0x1p23F,    0x1p24F,     16777217.F, 15,      -15,
                            0.5F,      -0.5F,      3,           -3,         0x1p30F, -0x1p-30F};

/// Half of them near 0, where functions bend, the others of any bits.
static int fill(void **state) {
    bl_random random;
    (void)state;
    bl_random_init(&random, 7, 0, 0);
    for (size_t i = 0; i < N; i++) {
        uint32_t bits = bl_random_word(&random);
        memcpy(&arguments[i], &bits, sizeof bits);
        if (i % 2)
            arguments[i] = (float)((bl_random_uniform(&random) - 0.5) * (i % 4 == 1 ? 12 : 220));
    }
    memcpy(arguments, odd, sizeof odd);
    return 0;
}

static uint32_t bits_in(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void check(const char *name, float x, float a, float b) {
    if (bits_in(a) != bits_in(b) && !(isnan(a) && isnan(b)))
        fail_msg("%s(%a) is %a, not %a", name, (double)x, (double)a, (double)b);
}

// ---- functions ----

typedef float (*function)(float x);

static void test_functions(void **state) {
    const bl_nn_kernels *k = bl_nn_kernels_get();
    const struct {
        const char *name;
        bl_nn_map map;
        function function;
    } pairs[] = {{"exp", k->exp, exp_of},
                 {"expm1", k->expm1, expm1_of},
                 {"ln", k->ln, ln_of},
                 {"log1p", k->log1p, log1p_of},
                 {"softplus", k->softplus, softplus_of},
                 {"tanh", k->tanh, tanh_of},
                 {"sigmoid", k->sigmoid, sigmoid_of},
                 {"relu", k->relu, relu_of}};
    (void)state;
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        pairs[p].map(arguments, expected, N);
        for (size_t i = 0; i < N; i++)
            check(pairs[p].name, arguments[i], pairs[p].function(arguments[i]), expected[i]);
    }
}

static float value_of(const bl_nn_activation *a, float x) {
    switch (a->kind) {
    case BL_NN_RELU:
        return a->threshold < 0 || a->threshold > 0
                   ? rectified_above(x, a->slope, a->limit, a->threshold)
                   : rectified(x, a->slope, a->limit);
    case BL_NN_ELU:
        return elu_of(x, 1, a->slope, x);
    case BL_NN_CELU:
        return elu_of(x, 1, a->slope, x / a->slope);
    case BL_NN_GELU:
        return a->approximate ? quick_gelu_of(x) : gelu_of(x);
    case BL_NN_HARD_SIGMOID:
        return hard_sigmoid_of(x);
    case BL_NN_HARD_SHRINK:
        return hard_shrink_of(x, a->threshold);
    case BL_NN_SOFT_SHRINK:
        return soft_shrink_of(x, a->threshold);
    case BL_NN_SPARSE_PLUS:
        return sparse_plus_of(x);
    case BL_NN_SOFTSIGN:
        return softsign_of(x);
    case BL_NN_SQUAREPLUS:
        return squareplus_of(x);
    case BL_NN_TANH_SHRINK:
        return tanh_shrink_of(x);
    case BL_NN_SILU:
        return silu_of(x);
    default:
        return mish_of(x);
    }
}

static void test_activations(void **state) {
    const bl_nn_activation all[] = {
        {BL_NN_RELU, 0, INFINITY, 0, false},    {BL_NN_RELU, 0.25F, 6, 0, false},
        {BL_NN_RELU, 0.25F, 6, 0.5F, false},    {BL_NN_RELU, 0, INFINITY, -1, false},
        {BL_NN_ELU, 0.5F, 0, 0, false},         {BL_NN_CELU, 2, 0, 0, false},
        {BL_NN_GELU, 0, 0, 0, false},           {BL_NN_GELU, 0, 0, 0, true},
        {BL_NN_HARD_SIGMOID, 0, 0, 0, false},   {BL_NN_HARD_SHRINK, 0, 0, 0.5F, false},
        {BL_NN_SOFT_SHRINK, 0, 0, 0.5F, false}, {BL_NN_SPARSE_PLUS, 0, 0, 0, false},
        {BL_NN_SOFTSIGN, 0, 0, 0, false},       {BL_NN_SQUAREPLUS, 0, 0, 0, false},
        {BL_NN_TANH_SHRINK, 0, 0, 0, false},    {BL_NN_SILU, 0, 0, 0, false},
        {BL_NN_MISH, 0, 0, 0, false},
    };
    (void)state;
    for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
        bl_nn_activate(bl_nn_kernels_get(), &all[a], arguments, N, 1, N, expected, N);
        for (size_t i = 0; i < N; i++)
            check(bl_nn_activation_name(all[a].kind), arguments[i], value_of(&all[a], arguments[i]),
                  expected[i]);
    }
}

static void test_softmax(void **state) {
    enum { WIDTH = 37 };
    float row[WIDTH];
    const bl_nn_kernels *k = bl_nn_kernels_get();
    (void)state;
    for (size_t first = 0; first + WIDTH <= N / 4; first += WIDTH) {
        k->softmax(arguments + first, WIDTH, 1, WIDTH, expected, WIDTH);
        softmax(arguments + first, WIDTH, row);
        for (size_t i = 0; i < WIDTH; i++)
            check("softmax", arguments[first + i], row[i], expected[i]);
        k->log_softmax(arguments + first, WIDTH, 1, WIDTH, expected, WIDTH);
        log_softmax(arguments + first, WIDTH, row);
        for (size_t i = 0; i < WIDTH; i++)
            check("log_softmax", arguments[first + i], row[i], expected[i]);
    }
}

// ---- recurrent layers ----

static void test_gates(void **state) {
    enum { UNITS = 24 };
    const bl_nn_kernels *k = bl_nn_kernels_get();
    (void)state;
    for (size_t first = 0; first + 9 * UNITS <= N; first += 9 * UNITS) {
        float rows[4 * UNITS], h[UNITS], c[UNITS], next[UNITS], output[UNITS];
        const float *a = arguments + first, *q = a + 4 * UNITS, *before = q + 4 * UNITS;
        memcpy(rows, a, sizeof rows);
        memcpy(h, before, sizeof h);
        k->gru(&(bl_nn_gates){.m = 1,
                              .units = UNITS,
                              .arguments = rows,
                              .argument_stride = 4 * UNITS,
                              .recurrent = q,
                              .recurrent_stride = 4 * UNITS,
                              .state = before,
                              .next = next,
                              .state_stride = UNITS});
        gru_step(a, q, UNITS, h);
        for (size_t i = 0; i < UNITS; i++)
            check("gru", a[i], h[i], next[i]);
        memcpy(c, before, sizeof c);
        k->lstm(&(bl_nn_gates){.m = 1,
                               .units = UNITS,
                               .arguments = rows,
                               .argument_stride = 4 * UNITS,
                               .state = before,
                               .next = next,
                               .output = output,
                               .state_stride = UNITS});
        lstm_step(a, UNITS, h, c);
        for (size_t i = 0; i < UNITS; i++) {
            check("lstm", a[i], h[i], output[i]);
            check("lstm's c", a[i], c[i], next[i]);
        }
    }
}

// ---- forests ----

static void test_doubles(void **state) {
    (void)state;
    for (size_t i = 0; i < N; i++) {
        double x = arguments[i], a = double_exp_of(x), b = bl_exp(x);
        if (memcmp(&a, &b, sizeof a) != 0 && !(isnan(a) && isnan(b)))
            fail_msg("exp(%a) is %a, not %a", x, a, b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions), cmocka_unit_test(test_activations),
        cmocka_unit_test(test_softmax),   cmocka_unit_test(test_gates),
        cmocka_unit_test(test_doubles),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
