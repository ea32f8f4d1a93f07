// SPDX-License-Identifier: Apache-2.0
// Steps of optimisers against the same in double, and every kind of kernels and cut against plain
// C.
#include "nn/training/optimizer.h"

#include "nn/training/reading_testing.h"

enum { N = 83, STRIDE = 96, STEPS = 20 };

static const char *const variants[] = {
    "sgd",
    "sgd: {momentum: 0.9}",
    "sgd: {momentum: 0.9, nesterov: true, weight_decay: 0.01}",
    "adam",
    "adam: {amsgrad: true, beta_1: 0.8, beta_2: 0.9, epsilon: 1e-4}",
    "adamw: {weight_decay: 0.02}",
    "rmsprop",
    "rmsprop: {momentum: 0.5, rho: 0.8}",
    "rmsprop: {centered: true, epsilon: 1e-3}",
    "rmsprop: {centered: true, epsilon: 1e-3, momentum: 0.7}",
};
enum { N_VARIANTS = sizeof variants / sizeof *variants };

static float start[N], gradients[STEPS][N];

/// One parameter, as the papers have it.
static double step_in_double(const bl_nn_optimizer *o, double r, int number, double p, double g,
                             double *m) {
    p -= p * o->weight_decay * r;
    if (o->kind == BL_NN_OPTIMIZER_SGD) {
        m[0] = o->momentum * m[0] - r * g;
        return p + (o->nesterov ? o->momentum * m[0] - r * g : m[0]);
    }
    if (o->kind == BL_NN_OPTIMIZER_RMSPROP) {
        m[0] = o->rho * m[0] + (1 - o->rho) * g * g;
        m[1] = o->rho * m[1] + (1 - o->rho) * g;
        double under = m[0] - (o->centered ? m[1] * m[1] : 0) + o->epsilon;
        m[2] = o->momentum * m[2] + r * g / sqrt(under);
        return p - m[2];
    }
    m[0] = o->beta_1 * m[0] + (1 - o->beta_1) * g;
    m[1] = o->beta_2 * m[1] + (1 - o->beta_2) * g * g;
    m[2] = m[1] > m[2] ? m[1] : m[2];
    double first = m[0] / (1 - pow(o->beta_1, number));
    double root = sqrt((o->amsgrad ? m[2] : m[1])), correction = sqrt(1 - pow(o->beta_2, number));
    return p - r * first * correction / (root + o->epsilon);
}

/// All steps of a range cut in two. \param moments [3 × STRIDE], zero
static void run(const bl_nn_kernels *kernels, const bl_nn_optimizer *o, size_t cut, float *p,
                float *moments) {
    memcpy(p, start, sizeof start);
    for (unsigned k = 0; k < STEPS; k++) {
        const bl_nn_optimizer_blocks blocks = {N, p, gradients[k], moments, STRIDE};
        bl_nn_optimizer_step(kernels, o, 0.01, k + 1, &blocks, cut, N - cut);
        bl_nn_optimizer_step(kernels, o, 0.01, k + 1, &blocks, 0, cut);
    }
}

static void steps_are_right(void **state) {
    (void)state;
    srand48(3);
    draw(start, N, -1, 1);
    draw(gradients[0], STEPS * N, -1, 1);
    for (size_t v = 0; v < N_VARIANTS; v++) {
        bl_nn_optimizer o;
        float p[N], moments[3 * STRIDE] = {0};
        assert_ok(bl_nn_optimizer_read(yaml(variants[v]), &o, NULL));
        run(&bl_nn_kernels_plain, &o, 0, p, moments);
        for (size_t i = 0; i < N; i++) {
            double at = (double)start[i], m[3] = {0};
            for (int k = 0; k < STEPS; k++)
                at = step_in_double(&o, 0.01, k + 1, at, (double)gradients[k][i], m);
            near((double)p[i], at, 1e-6);
        }
    }
}

static void the_same_bits(void **state) {
    (void)state;
    for (size_t v = 0; v < N_VARIANTS; v++) {
        bl_nn_optimizer o;
        float p[N], moments[3 * STRIDE] = {0}, other[N];
        assert_ok(bl_nn_optimizer_read(yaml(variants[v]), &o, NULL));
        run(&bl_nn_kernels_plain, &o, 0, p, moments);
        const bl_nn_kernels *kernels;
        for (size_t k = 0; (kernels = bl_nn_kernels_at(k)); k++)
            for (size_t cut = 0; cut <= N; cut++) {
                float own[3 * STRIDE] = {0};
                run(kernels, &o, cut, other, own);
                assert_memory_equal(other, p, sizeof p);
                assert_memory_equal(own, moments, sizeof own);
                for (size_t i = bl_nn_optimizer_n_moments(&o) * STRIDE; i < 3 * STRIDE; i++)
                    assert_true(own[i] == 0);
            }
    }
}

/// A NaN stays with its parameter.
static void nan_stays_alone(void **state) {
    (void)state;
    for (size_t v = 0; v < N_VARIANTS; v++) {
        bl_nn_optimizer o;
        float p[N] = {0}, g[N] = {[5] = NAN}, moments[3 * STRIDE] = {0};
        const bl_nn_optimizer_blocks blocks = {N, p, g, moments, STRIDE};
        assert_ok(bl_nn_optimizer_read(yaml(variants[v]), &o, NULL));
        bl_nn_optimizer_step(bl_nn_kernels_get(), &o, 0.1, 1, &blocks, 0, N);
        for (size_t i = 0; i < N; i++)
            assert_true(i == 5 ? isnan(p[i]) : p[i] == 0);
    }
}

static void reading(void **state) {
    (void)state;
    bl_nn_optimizer o;
    bl_error err = {0};
    assert_ok(bl_nn_optimizer_read(yaml("adamw: {learning_rate: 1e-4}"), &o, &err));
    assert_true(o.learning_rate == 1e-4 && o.weight_decay == 0.004 && o.beta_2 == 0.999);
    assert_int_equal(bl_nn_optimizer_n_moments(&o), 2);
    says("did you mean 'adam", bl_nn_optimizer_read(yaml("adm"), &o, &err), &err);
    says("unknown key 'momentum'", bl_nn_optimizer_read(yaml("adam: {momentum: 1}"), &o, &err),
         &err);
    says("beta_1 is between 0 and 1, not 1",
         bl_nn_optimizer_read(yaml("adam: {beta_1: 1}"), &o, &err), &err);
    says("epsilon is 0 or more, not inf",
         bl_nn_optimizer_read(yaml("adam: {epsilon: .inf}"), &o, &err), &err);
    says("learning_rate is 0 or more, not -1",
         bl_nn_optimizer_read(yaml("sgd: {learning_rate: -1}"), &o, &err), &err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_right),
        cmocka_unit_test(the_same_bits),
        cmocka_unit_test(nan_stays_alone),
        cmocka_unit_test(reading),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
