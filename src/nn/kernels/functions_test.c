// SPDX-License-Identifier: Apache-2.0
// Functions of single numbers against those of the C library for double, on floats spread over all
// there are, and every kind of kernels against the plain ones, bit for bit. `allowed` is in units
// in the last place; behind it stands the largest of one float in 61, which the argument
// 61 tries.
#include "nn/kernels/kernels.h"

#include "nn/kernels/functions_testing.h"

enum { N = 1 << 12 };
/// From the bits of one float to those of the next that is tried.
static uint32_t step = 1021;

static float x[N], found[N], plain[N];

static double softplus(double at) { return at > 0 ? at + log1p(exp(-at)) : log1p(exp(at)); }

static double sigmoid(double at) { return 1 / (1 + exp(-at)); }

static double relu(double at) { return at > 0 ? at : at == at ? 0 : NAN; }

typedef struct function {
    const char *name;
    size_t place; ///< in the table of kernels
    double (*exact)(double x);
    double allowed;
} function;

#define PLACE(name) #name, offsetof(bl_nn_kernels, name)
static const function functions[] = {
    {PLACE(exp), exp, 0.8},           // 0.75, of subnormal results
    {PLACE(expm1), expm1, 1.5},       // 1.34         {PLACE(ln), log, 0.9}, // 0.81
    {PLACE(log1p), log1p, 1.5},       // 1.37
    {PLACE(softplus), softplus, 1.8}, // 1.69
    {PLACE(tanh), tanh, 1.4},         // 1.31
    {PLACE(sigmoid), sigmoid, 2.4},   // 2.30
    {PLACE(relu), relu, 0},
};

static bl_nn_map map_of(const bl_nn_kernels *kernels, const function *f) {
    bl_nn_map map;
    memcpy(&map, (const char *)kernels + f->place, sizeof map);
    return map;
}

static void check(const function *f) {
    double worst = 0;
    uint64_t bits = 0;
    while (bits <= UINT32_MAX) {
        spread(x, N, &bits, step);
        map_of(&bl_nn_kernels_plain, f)(x, plain, N);
        const bl_nn_kernels *kernels;
        for (size_t i = 0; (kernels = bl_nn_kernels_at(i)); i++) {
            map_of(kernels, f)(x, found, N);
            same(found, plain, x, N, f->name, kernels->name);
        }
        for (size_t i = 0; i < N; i++) {
            double off = off_by(plain[i], f->exact((double)x[i]));
            worst = off > worst ? off : worst;
            if (!(off <= f->allowed))
                fail_msg("%s(%a) = %a: %g units", f->name, (double)x[i], (double)plain[i], off);
        }
    }
    print_message("%s: %.2f units\n", f->name, worst);
}

static void values_are_near(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        check(&functions[i]);
}

static const float special[] = {0.F, -0.F, INFINITY, -INFINITY, NAN, -1.F, 0x1p-149F, -0x1p-149F};
enum { N_SPECIAL = sizeof special / sizeof *special };

/// Where the C library is exact, zeros with their signs.
static void special_values(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++)
        for (size_t i = 0; i < N_SPECIAL; i++) {
            const function *f = &functions[k];
            float ours, theirs = (float)f->exact((double)special[i]);
            map_of(&bl_nn_kernels_plain, f)(&special[i], &ours, 1);
            if (off_by(ours, (double)theirs) > f->allowed ||
                (!isnan(ours) && ours == 0 && signbit(ours) != signbit(theirs)))
                fail_msg("%s(%a) = %a", f->name, (double)special[i], (double)ours);
        }
}

/// Pieces of any length, in place too.
static void any_length(void **state) {
    (void)state;
    enum { MOST = 70 };
    srand48(7);
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++)
        for (size_t n = 0; n <= MOST; n++) {
            const bl_nn_kernels *kernels;
            draw(x, MOST, 5);
            map_of(&bl_nn_kernels_plain, &functions[k])(x, plain, n);
            plain[n] = x[n];
            for (size_t i = 0; (kernels = bl_nn_kernels_at(i)); i++) {
                memcpy(found, x, sizeof found);
                map_of(kernels, &functions[k])(found, found, n);
                same(found, plain, x, n + 1, functions[k].name, kernels->name);
            }
        }
}

// ---- slopes ----

static void slopes(void **state) {
    (void)state;
    enum { MOST = 70 };
    static float gradient[MOST], y[MOST];
    const bl_nn_kernels *k;
    srand48(8);
    for (size_t i = 0; (k = bl_nn_kernels_at(i)); i++)
        for (size_t n = 1; n <= MOST; n++) {
            draw(x, n, 4);
            draw(gradient, n, 1);
            for (int which = 0; which < 4; which++) {
                const bl_nn_map maps[] = {k->tanh, k->sigmoid, k->relu, k->softplus};
                const bl_nn_slope all[] = {k->tanh_slope, k->sigmoid_slope, k->relu_slope,
                                           k->softplus_slope};
                const bl_nn_kernels *p = &bl_nn_kernels_plain;
                const bl_nn_slope plains[] = {p->tanh_slope, p->sigmoid_slope, p->relu_slope,
                                              p->softplus_slope};
                maps[which](x, y, n);
                const float *from = which == 3 ? x : y;
                memcpy(found, gradient, n * sizeof *found);
                all[which](from, found, found, n);
                plains[which](from, gradient, plain, n);
                same(found, plain, x, n, "a slope", k->name);
                for (size_t j = 0; j < n; j++) {
                    double at = (double)x[j], t = tanh(at), s = sigmoid(at);
                    const double exact[] = {1 - t * t, s * (1 - s), at > 0, s};
                    double expected = exact[which] * (double)gradient[j];
                    assert_true(fabs((double)found[j] - expected) < 1e-6);
                }
            }
        }
}

int main(int n_words, char **words) {
    if (n_words > 1)
        step = (uint32_t)strtoul(words[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_near),
        cmocka_unit_test(special_values),
        cmocka_unit_test(any_length),
        cmocka_unit_test(slopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
