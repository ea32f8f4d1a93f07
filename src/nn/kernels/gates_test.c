// SPDX-License-Identifier: Apache-2.0
// Steps of recurrent layers: their sigmoid and tanh against double, the steps against their
// formulas on what was kept, and every kind of kernels against the plain ones, for any number of
// units.
#include "nn/kernels/functions_testing.h"
#include "nn/kernels/gates.h"

enum { ROWS = 5, MOST = 270, STRIDE = 272, BLOCKS = 5, N = ROWS * BLOCKS * STRIDE };

static float arguments[N], recurrent[N], state[N], behind[N], carry[N];

/// What a step writes; what it must not touch stays 9.
typedef struct result {
    float next[N], output[N], kept[N], slopes[N], gradient[N], of_carry[N];
} result;

static void run(const bl_nn_kernels *k, size_t units, bool is_lstm, result *r) {
    for (size_t i = 0; i < N; i++)
        r->next[i] = r->output[i] = r->kept[i] = r->slopes[i] = 9;
    memcpy(r->gradient, behind, sizeof behind);
    memcpy(r->of_carry, carry, sizeof carry);
    bl_nn_gates g = {.m = ROWS,
                     .units = units,
                     .arguments = arguments,
                     .argument_stride = BLOCKS * STRIDE,
                     .recurrent = recurrent,
                     .recurrent_stride = BLOCKS * STRIDE,
                     .state = state,
                     .next = r->next,
                     .output = r->output,
                     .state_stride = STRIDE,
                     .kept = r->kept,
                     .kept_stride = BLOCKS * STRIDE};
    bl_nn_gates_back back = {.m = ROWS,
                             .units = units,
                             .kept = r->kept,
                             .kept_stride = BLOCKS * STRIDE,
                             .state = state,
                             .slopes = r->slopes,
                             .slope_stride = BLOCKS * STRIDE,
                             .output_gradient = r->gradient,
                             .carry_gradient = r->of_carry,
                             .state_stride = STRIDE};
    (is_lstm ? k->lstm : k->gru)(&g);
    (is_lstm ? k->lstm_back : k->gru_back)(&back);
}

static void draw_all(double size) {
    draw(arguments, N, size);
    draw(recurrent, N, size);
    draw(state, N, 1);
    draw(behind, N, 1);
    draw(carry, N, 1);
}

static void test_same_bits(void **unused) {
    (void)unused;
    static result plain, found;
    for (size_t units = 1; units <= MOST; units += units < 70 ? 1 : 20)
        for (int is_lstm = 0; is_lstm < 2; is_lstm++) {
            draw_all(units % 3 ? 3 : 60);
            arguments[0] = NAN;
            arguments[STRIDE] = INFINITY;
            recurrent[3] = -INFINITY;
            run(&bl_nn_kernels_plain, units, is_lstm, &plain);
            for (size_t i = 0; bl_nn_kernels_at(i); i++) {
                run(bl_nn_kernels_at(i), units, is_lstm, &found);
                const float *from = (const float *)&found, *to = (const float *)&plain;
                same(from, to, to, sizeof found / sizeof *from, is_lstm ? "lstm" : "gru",
                     bl_nn_kernels_at(i)->name);
            }
        }
}

static double worst_sigmoid, worst_tanh;

/// The largest error, where the exact value is above the smallest that a gate has.
static void compare(float found, double exact, bool is_tanh) {
    double *worst = is_tanh ? &worst_tanh : &worst_sigmoid, off = off_by(found, exact);
    if (fabs(exact) < 1e-18)
        off = fabs((double)found - exact) > 1e-18 ? INFINITY : 0;
    *worst = off > *worst ? off : *worst;
}

/// Of LSTM all gates come from the arguments alone.
static void test_functions(void **unused) {
    (void)unused;
    enum { UNITS = 70, SOME_ROWS = 3 };
    static result r;
    memset(state, 0, sizeof state);
    for (int power = -20; power < 12; power++) {
        draw(arguments, N, ldexp(1, power));
        run(bl_nn_kernels_get(), UNITS, true, &r);
        for (size_t row = 0; row < SOME_ROWS; row++)
            for (size_t i = 0; i < 4 * UNITS; i++) {
                double x = (double)arguments[row * BLOCKS * STRIDE + i];
                bool is_tanh = i / UNITS == 2;
                compare(r.kept[row * BLOCKS * STRIDE + i], is_tanh ? tanh(x) : 1 / (1 + exp(-x)),
                        is_tanh);
            }
    }
    print_message("largest errors: sigmoid %.2f, tanh %.2f units in the last place\n",
                  worst_sigmoid, worst_tanh);
    assert_true(worst_sigmoid < 4.6 && worst_tanh < 4.6);
}

static void assert_near(float found, double expected) {
    assert_true(fabs((double)found - expected) <= 4e-7 * (1 + fabs(expected)));
}

static void test_gru(void **unused) {
    (void)unused;
    static result r;
    draw_all(2);
    run(bl_nn_kernels_get(), MOST, false, &r);
    for (size_t row = 0; row < ROWS; row++)
        for (size_t i = 0; i < MOST; i++) {
            size_t at = row * BLOCKS * STRIDE + i, s = row * STRIDE + i;
            const float *a = arguments + at, *b = recurrent + at, *kept = r.kept + at;
            double z = 1 / (1 + exp(-(double)a[0] - (double)b[0])), h = (double)state[s];
            double gate = 1 / (1 + exp(-(double)a[MOST] - (double)b[MOST]));
            double q = (double)b[2 * MOST], g = (double)behind[s];
            double candidate = tanh((double)a[2 * MOST] + gate * q);
            double slope = g * (1 - z) * (1 - candidate * candidate);
            double expected[] = {z, gate, candidate, q};
            double slopes[] = {g * (h - candidate) * z * (1 - z), slope * q * gate * (1 - gate),
                               slope * gate, slope};
            for (size_t k = 0; k < 4; k++) {
                assert_near(kept[k * MOST], expected[k]);
                assert_near(r.slopes[at + k * MOST], slopes[k]);
            }
            assert_near(r.next[s], z * h + (1 - z) * candidate);
            assert_near(r.gradient[s], g * z);
        }
}

static void test_lstm(void **unused) {
    (void)unused;
    static result r;
    draw_all(2);
    run(bl_nn_kernels_get(), MOST, true, &r);
    for (size_t row = 0; row < ROWS; row++)
        for (size_t i = 0; i < MOST; i++) {
            size_t at = row * BLOCKS * STRIDE + i, s = row * STRIDE + i;
            double v[4], before = (double)state[s], g = (double)behind[s];
            for (size_t k = 0; k < 4; k++)
                v[k] = k == 2 ? tanh((double)arguments[at + k * MOST])
                              : 1 / (1 + exp(-(double)arguments[at + k * MOST]));
            double c = v[1] * before + v[0] * v[2], t = tanh(c);
            double of_c = (double)carry[s] + g * v[3] * (1 - t * t);
            double slopes[] = {of_c * v[2] * v[0] * (1 - v[0]), of_c * before * v[1] * (1 - v[1]),
                               of_c * v[0] * (1 - v[2] * v[2]), g * t * v[3] * (1 - v[3])};
            for (size_t k = 0; k < 4; k++)
                assert_near(r.slopes[at + k * MOST], slopes[k]);
            assert_near(r.next[s], c);
            assert_near(r.output[s], v[3] * t);
            assert_near(r.of_carry[s], of_c * v[1]);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_gru),
        cmocka_unit_test(test_lstm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
