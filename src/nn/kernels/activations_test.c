// SPDX-License-Identifier: Apache-2.0
// Activations against their formulas in double, on floats spread over all there are, their slopes
// against differences of these formulas, and every kind of kernels against the plain ones.
// `allowed` is in units in the last place; behind it stands the largest of one float in 61, which
// the argument 61 tries.
#include "nn/kernels/activations.h"
#include "nn/kernels/functions_testing.h"

enum { N = 1 << 12 };
/// From the bits of one float to those of the next that is tried.
static uint32_t step = 8191;

static float x[N], found[N], plain[N];

// ---- formulas ----

#define FORMULA(name, value)                                       \
    static double name##_in_double(double v, bl_nn_activation a) { \
        (void)a;                                                   \
        return value;                                              \
    }

static double larger(double a, double b) { return a > b || isnan(a) ? a : b; }
static double between(double least, double v, double most) {
    return isnan(v) ? v : v < least ? least : v > most ? most : v;
}

static double relu(double v, double slope, double limit, double threshold) {
    if (isnan(v))
        return threshold != 0 && slope == 0 ? 0 : v; // as Keras has it
    if (v >= limit)
        return limit;
    return v > threshold ? v : slope == 0 ? 0 : slope * (v - threshold);
}

static double log1p_exp(double v) { return larger(v, 0) + log1p(exp(-fabs(v))); }

static double gate(double v) { return 1 / (1 + exp(-v)); }

static double elu(double v, double alpha) { return v > 0 ? v : alpha * expm1(v); }

static double less_tanh(double v) {
    double s = v * v; // where the difference loses too much, the series
    if (fabs(v) < 0.01)
        return v * s * (1. / 3 - s * (2. / 15 - s * (17. / 315 - s * (62. / 2835))));
    return v - tanh(v);
}

static double squareplus(double v) {
    double root = hypot(v, 2);
    return isinf(v) && v < 0 ? NAN : v < 0 ? 2 / (root - v) : (v + root) / 2;
}

FORMULA(linear, v)
FORMULA(relu, relu(v, (double)a.slope, (double)a.limit, (double)a.threshold))
FORMULA(relu6, relu(v, 0, 6, 0))
FORMULA(leaky_relu, relu(v, (double)a.slope, INFINITY, 0))
FORMULA(elu, elu(v, (double)a.slope))
FORMULA(selu, 1.05070098735548049342 * elu(v, 1.67326324235437728482))
FORMULA(celu, v > 0 ? v : (double)a.slope * expm1(v / (double)a.slope))
FORMULA(gelu, a.approximate ? v *gate(sqrt(8 / M_PI) * (v + 0.044715 * v * v * v))
                            : v *erfc(-v *M_SQRT1_2) / 2)
FORMULA(sigmoid, gate(v))
FORMULA(hard_sigmoid, between(0, v + 3, 6) / 6)
FORMULA(sparse_sigmoid, between(0, (v + 1) / 2, 1))
FORMULA(log_sigmoid, -log1p_exp(-v))
FORMULA(tanh, tanh(v))
FORMULA(hard_tanh, between(-1, v, 1))
FORMULA(tanh_shrink, less_tanh(v))
FORMULA(hard_shrink, fabs(v) > (double)a.threshold ? v : 0)
FORMULA(soft_shrink, v > (double)a.threshold    ? v - (double)a.threshold
                     : v < -(double)a.threshold ? v + (double)a.threshold
                                                : 0)
FORMULA(softplus, log1p_exp(v))
FORMULA(squareplus, squareplus(v))
FORMULA(sparse_plus, v <= -1 ? 0 : v < 1 ? (v + 1) * (v + 1) / 4 : v)
FORMULA(softsign, v / (1 + fabs(v)))
FORMULA(silu, v / (1 + exp(-v)))
FORMULA(hard_silu, v *(between(0, v + 3, 6) / 6))
FORMULA(mish, v *tanh(log1p_exp(v)))
FORMULA(exponential, exp(v))

#define IN_DOUBLE(kind, name, ...) [BL_NN_##kind] = name##_in_double,
static double (*const in_double[])(double,
                                   bl_nn_activation) = {BL_NN_NUMBER_ACTIVATIONS(IN_DOUBLE)};

// ---- what is tried ----

typedef struct trial {
    bl_nn_activation a;
    double allowed;
} trial;

static const trial trials[] = {
    {{.kind = BL_NN_LINEAR}, 0},
    {{BL_NN_RELU, 0, INFINITY, 0, false}, 0},
    {{BL_NN_RELU, 0, 5, 0, false}, 0},
    {{BL_NN_RELU, 0, INFINITY, 1, false}, 0},
    {{BL_NN_RELU, 0.1F, 6, 1, false}, 1.3}, // 1.25
    {{BL_NN_RELU, -0.1F, INFINITY, 0, false}, 0.5},
    {{BL_NN_RELU, 0.3F, INFINITY, -1, false}, 1.2}, // 1.10
    {{.kind = BL_NN_RELU6}, 0},
    {{.kind = BL_NN_LEAKY_RELU, .slope = 0.2F}, 0.5},
    {{.kind = BL_NN_LEAKY_RELU, .slope = -0.3F}, 0.5},
    {{.kind = BL_NN_ELU, .slope = 1}, 0.9},    // 0.80
    {{.kind = BL_NN_ELU, .slope = 0.3F}, 1.5}, // 1.40
    {{.kind = BL_NN_ELU, .slope = 0}, 0},
    {{.kind = BL_NN_ELU, .slope = -1.5F}, 1.4},       // 1.31
    {{.kind = BL_NN_SELU}, 1.9},                      // 1.75
    {{.kind = BL_NN_CELU, .slope = 1}, 0.9},          // 0.80
    {{.kind = BL_NN_CELU, .slope = 1.7F}, 2.3},       // 2.15
    {{.kind = BL_NN_CELU, .slope = -2}, 1.4},         // 1.33
    {{.kind = BL_NN_GELU}, 6.2},                      // 5.85
    {{.kind = BL_NN_GELU, .approximate = true}, 330}, // 316, where it is 10⁻²²
    {{.kind = BL_NN_SIGMOID}, 2.4},                   // 2.30
    {{.kind = BL_NN_HARD_SIGMOID}, 1.1},              // 1.00
    {{.kind = BL_NN_SPARSE_SIGMOID}, 0.5},
    {{.kind = BL_NN_LOG_SIGMOID}, 1.8}, // 1.67
    {{.kind = BL_NN_TANH}, 1.4},        // 1.31
    {{.kind = BL_NN_HARD_TANH}, 0},
    {{.kind = BL_NN_TANH_SHRINK}, 7}, // 6.60
    {{.kind = BL_NN_HARD_SHRINK, .threshold = 0.5F}, 0},
    {{.kind = BL_NN_HARD_SHRINK, .threshold = -1}, 0},
    {{.kind = BL_NN_SOFT_SHRINK, .threshold = 0.5F}, 0.5},
    {{.kind = BL_NN_SOFT_SHRINK, .threshold = -1}, 0.5},
    {{.kind = BL_NN_SOFTPLUS}, 1.8},    // 1.69
    {{.kind = BL_NN_SQUAREPLUS}, 2.9},  // 2.75
    {{.kind = BL_NN_SPARSE_PLUS}, 2},   // 1.91
    {{.kind = BL_NN_SOFTSIGN}, 1.6},    // 1.50
    {{.kind = BL_NN_SILU}, 2.9},        // 2.73
    {{.kind = BL_NN_HARD_SILU}, 2},     // 1.86
    {{.kind = BL_NN_MISH}, 4.1},        // 3.84
    {{.kind = BL_NN_EXPONENTIAL}, 0.8}, // 0.75
};
enum { N_TRIALS = sizeof trials / sizeof *trials };

static const char *name_of(const bl_nn_activation *a) { return bl_nn_activation_name(a->kind); }

static void try_values(const trial *t) {
    const bl_nn_activation *a = &t->a;
    double worst = 0, where = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX;) {
        const bl_nn_kernels *k;
        spread(x, N, &bits, step);
        bl_nn_activate(&bl_nn_kernels_plain, a, x, N, 1, N, plain, N);
        for (size_t i = 0; (k = bl_nn_kernels_at(i)); i++) {
            bl_nn_activate(k, a, x, N, 1, N, found, N);
            same(found, plain, x, N, name_of(a), k->name);
        }
        for (size_t i = 0; i < N; i++) {
            double off = off_by(plain[i], in_double[a->kind]((double)x[i], *a));
            where = off > worst ? (double)x[i] : where;
            worst = off > worst ? off : worst;
        }
    }
    print_message("%s (%g): %.2f units, at %g\n", name_of(a), (double)a->slope, worst, where);
    if (!(worst <= t->allowed))
        fail_msg("%s (%g): %g units at %a", name_of(a), (double)a->slope, worst, where);
}

static void values_are_near(void **state) {
    (void)state;
    bool is_tried[BL_NN_N_ACTIVATIONS] = {false};
    for (size_t i = 0; i < N_TRIALS; i++) {
        try_values(&trials[i]);
        is_tried[trials[i].a.kind] = true;
    }
    for (size_t kind = 0; kind < BL_NN_SOFTMAX; kind++)
        assert_true(is_tried[kind]);
}

// ---- what Keras gives ----

typedef struct expectation {
    const char *name;
    float of_nan, of_infinity, of_less; ///< of NaN, ∞ and −∞
} expectation;

/// Keras 3.15 on TensorFlow.
static const expectation expectations[] = {
    {"linear", NAN, INFINITY, -INFINITY},
    {"relu", NAN, INFINITY, 0},
    {"relu6", NAN, 6, 0},
    {"leaky_relu", NAN, INFINITY, -INFINITY},
    {"elu", NAN, INFINITY, -1},
    {"selu", NAN, INFINITY, -1.7580993F},
    {"celu", NAN, INFINITY, -1},
    {"gelu", NAN, INFINITY, NAN},
    {"sigmoid", NAN, 1, 0},
    {"hard_sigmoid", NAN, 1, 0},
    {"sparse_sigmoid", NAN, 1, 0},
    {"log_sigmoid", NAN, -0.F, -INFINITY},
    {"tanh", NAN, 1, -1},
    {"hard_tanh", NAN, 1, -1},
    {"tanh_shrink", NAN, INFINITY, -INFINITY},
    {"hard_shrink", 0, INFINITY, -INFINITY},
    {"soft_shrink", 0, INFINITY, -INFINITY},
    {"softplus", NAN, INFINITY, 0},
    {"squareplus", NAN, INFINITY, NAN},
    {"sparse_plus", NAN, INFINITY, 0},
    {"softsign", NAN, NAN, NAN},
    {"silu", NAN, INFINITY, NAN},
    {"swish", NAN, INFINITY, NAN},
    {"hard_silu", NAN, INFINITY, NAN},
    {"hard_swish", NAN, INFINITY, NAN},
    {"mish", NAN, INFINITY, NAN},
    {"exponential", NAN, INFINITY, 0},
};
static const float special[] = {NAN, INFINITY, -INFINITY};

static void special_values(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        const expectation *e = &expectations[i];
        const float expected[] = {e->of_nan, e->of_infinity, e->of_less};
        bl_nn_activation a;
        assert_true(bl_nn_activation_find(e->name, &a));
        for (int approximate = 0; approximate < 2; approximate++) {
            a.approximate = approximate;
            bl_nn_activate(&bl_nn_kernels_plain, &a, special, 3, 1, 3, found, 3);
            same(found, expected, special, 3, e->name, "plain");
        }
    }
    // zeros keep their sign, and subnormal numbers are not 0, where a function is near a line
    static const char *const lines[] = {"linear", "leaky_relu", "elu",      "selu", "tanh",
                                        "gelu",   "hard_tanh",  "softsign", "silu", "mish"};
    static const float small[] = {0.F, -0.F, 0x1p-140F, -0x1p-140F};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        bl_nn_activation a;
        assert_true(bl_nn_activation_find(lines[i], &a));
        bl_nn_activate(&bl_nn_kernels_plain, &a, small, 4, 1, 4, found, 4);
        for (size_t j = 0; j < 4; j++)
            assert_true((found[j] == 0) == (j < 2) && signbit(found[j]) == signbit(small[j]));
    }
}

static void names(void **state) {
    (void)state;
    bl_nn_activation a = {.kind = BL_NN_MISH};
    for (size_t kind = 0; kind < BL_NN_N_ACTIVATIONS; kind++) {
        assert_true(bl_nn_activation_find(bl_nn_activation_name((bl_nn_activation_kind)kind), &a));
        assert_int_equal(a.kind, kind);
    }
    assert_false(bl_nn_activation_find("Relu", &a));
    assert_false(bl_nn_activation_find("", &a));
    assert_int_equal(a.kind, BL_NN_LOG_SOFTMAX);
    assert_true(bl_nn_activation_find("relu", &a) && a.slope == 0 && isinf(a.limit));
    assert_true(bl_nn_activation_find("leaky_relu", &a) && a.slope == 0.2F);
    assert_true(bl_nn_activation_find("gelu", &a) && !a.approximate);
    assert_true(bl_nn_activation_find("soft_shrink", &a) && a.threshold == 0.5F);
}

// ---- slopes ----

/// The slope by differences on both sides. \return false where they differ: a kink
static bool differences(const bl_nn_activation *a, double at, double *ret_slope) {
    double h = 1e-5, middle = in_double[a->kind](at, *a);
    double before = in_double[a->kind](at - h, *a), after = in_double[a->kind](at + h, *a);
    *ret_slope = (after - before) / (2 * h);
    return fabs((after - middle) - (middle - before)) < 1e-3 * h * (1 + fabs(*ret_slope));
}

static void slopes(void **state) {
    (void)state;
    static float y[N], gradient[N];
    srand48(8);
    for (size_t t = 0; t < N_TRIALS; t++) {
        const bl_nn_activation *a = &trials[t].a;
        bool by_arguments = bl_nn_activation_needs_arguments(a);
        const bl_nn_kernels *p = &bl_nn_kernels_plain, *k;
        size_t n_kinks = 0;
        draw(x, N, 8);
        draw(gradient, N, 1);
        bl_nn_activate(p, a, x, N, 1, N, y, N);
        const float *from = by_arguments ? x : y;
        bl_nn_activate_back(p, a, from, N, gradient, N, 1, N, plain, N);
        for (size_t i = 0; (k = bl_nn_kernels_at(i)); i++) {
            memcpy(found, gradient, sizeof found);
            bl_nn_activate_back(k, a, from, N, found, N, 1, N, found, N);
            same(found, plain, x, N, name_of(a), k->name);
        }
        for (size_t i = 0; i < N; i++) {
            double slope;
            if (!differences(a, (double)x[i], &slope)) {
                n_kinks++;
                continue;
            }
            double off = fabs((double)plain[i] - slope * (double)gradient[i]);
            if (!(off < 1e-6 * (1 + fabs(slope))))
                fail_msg("slope of %s (%g) at %a: %a times %a", name_of(a), (double)a->slope,
                         (double)x[i], (double)plain[i], (double)gradient[i]);
        }
        assert_true(n_kinks < N / 500);
    }
}

/// Far out no slope is NaN, but of NaN.
static void slopes_far_out(void **state) {
    (void)state;
    static float y[N], ones[N];
    uint64_t bits = 0;
    spread(x, N, &bits, UINT32_MAX / N);
    for (size_t i = 0; i < N; i++) {
        x[i] = isfinite(x[i]) ? x[i] : 0;
        ones[i] = 1;
    }
    for (size_t t = 0; t < N_TRIALS; t++) {
        const bl_nn_activation *a = &trials[t].a;
        bl_nn_activate(&bl_nn_kernels_plain, a, x, N, 1, N, y, N);
        const float *from = bl_nn_activation_needs_arguments(a) ? x : y;
        bl_nn_activate_back(&bl_nn_kernels_plain, a, from, N, ones, N, 1, N, found, N);
        for (size_t i = 0; i < N; i++)
            if (isnan(found[i]))
                fail_msg("slope of %s at %a is NaN", name_of(a), (double)x[i]);
    }
}

// ---- rows ----

static float behind[N];

/// Number by number, between others that stay.
static void by_numbers(const bl_nn_activation *a, bool is_back, size_t m, size_t n, size_t stride) {
    const bl_nn_kernels *p = &bl_nn_kernels_plain;
    memcpy(plain, is_back ? behind : x, sizeof plain);
    for (size_t row = 0; row < m; row++)
        for (size_t at = row * stride; at < row * stride + n; at++)
            if (is_back)
                bl_nn_activate_back(p, a, x + at, 1, behind + at, 1, 1, 1, plain + at, 1);
            else
                bl_nn_activate(p, a, x + at, 1, 1, 1, plain + at, 1);
}

static void check_blocks(const bl_nn_activation *a, size_t m, size_t n, size_t stride) {
    size_t size = m * stride + 1;
    bool in_place = n % 2;
    draw(x, size, 5);
    draw(behind, size, 5);
    for (int is_back = 0; is_back < 2; is_back++) {
        const bl_nn_kernels *k;
        by_numbers(a, is_back, m, n, stride);
        for (size_t i = 0; (k = bl_nn_kernels_at(i)); i++) {
            const float *input = is_back ? behind : x;
            memcpy(found, input, sizeof found);
            input = in_place ? found : input;
            if (is_back)
                bl_nn_activate_back(k, a, x, stride, input, stride, m, n, found, stride);
            else
                bl_nn_activate(k, a, input, stride, m, n, found, stride);
            same(found, plain, x, size, name_of(a), k->name);
        }
    }
}

/// Blocks of any size, in place too; nothing between rows or behind them is touched.
static void blocks(void **state) {
    (void)state;
    srand48(9);
    for (size_t t = 0; t < N_TRIALS; t++)
        for (size_t n = 0; n <= 35; n++)
            for (size_t gap = 0; gap <= 3; gap += 3)
                check_blocks(&trials[t].a, n % 4, n, n + gap);
}

int main(int n_words, char **words) {
    if (n_words > 1)
        step = (uint32_t)strtoul(words[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_near), cmocka_unit_test(special_values),
        cmocka_unit_test(names),           cmocka_unit_test(slopes),
        cmocka_unit_test(slopes_far_out),  cmocka_unit_test(blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
