// SPDX-License-Identifier: Apache-2.0
// Clipping and regularisers against their definitions.
#include "nn/training/clip.h"

#include "nn/training/reading_testing.h"
#include "nn/training/regularizer.h"
#include "nn/training/sums.h"

enum { N = 37 };

static float x[N], first[N], second[3];
static bl_nn_array arrays[] = {{first, N}, {second, 3}};

static void run(const char *text) {
    bl_nn_clip clip;
    assert_ok(bl_nn_clip_read(yaml(text), &clip, NULL));
    memcpy(first, x, sizeof first);
    memcpy(second, (float[]){3, -4, 0.1F}, sizeof second);
    bl_nn_clip_run(&clip, arrays, 2);
}

static double norm_of(const float *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

static void gradients_are_clipped(void **state) {
    (void)state;
    srand48(4);
    draw(x, N, -2, 2);
    run("{value: 0.5}");
    for (size_t i = 0; i < N; i++)
        assert_true(first[i] == fminf(fmaxf(x[i], -0.5F), 0.5F));
    run("{norm: 1}");
    near(norm_of(first, N), 1, 1e-6);
    near(norm_of(second, 3), 1, 1e-6);
    run("{norm: 5.5}"); // `second` is shorter
    near(norm_of(first, N), 5.5, 1e-6);
    assert_true(second[0] == 3 && second[1] == -4);
    double all = hypot(norm_of(x, N), norm_of((float[]){3, -4, 0.1F}, 3));
    run("{global_norm: 2}");
    near(hypot(norm_of(first, N), norm_of(second, 3)), 2, 1e-6);
    for (size_t i = 0; i < N; i++)
        near((double)first[i], (double)x[i] * 2 / all, 1e-6);
    run("{global_norm: 1000}");
    assert_memory_equal(first, x, sizeof x);
    run("");
    assert_memory_equal(first, x, sizeof x);
}

static void what_is_no_number_stays_none(void **state) {
    (void)state;
    const float odd[] = {NAN, INFINITY};
    for (size_t k = 0; k < 2; k++) {
        x[7] = odd[k];
        run("{value: 0.5}");
        assert_true(k ? first[7] == 0.5F : isnan(first[7]));
        run("{norm: 1}");
        assert_true(isnan(first[0]) && !isnan(second[0]));
        run("{global_norm: 1}");
        assert_true(isnan(first[0]) && isnan(second[0]));
    }
}

static void sums_of_any_length(void **state) {
    (void)state;
    draw(x, N, -2, 2);
    double sizes = 0;
    for (size_t n = 0; n < N; n++) {
        near(bl_nn_sum_of_squares(x, n), pow(norm_of(x, n), 2), 1e-12);
        near(bl_nn_sum_of_sizes(x, n), sizes, 1e-12);
        sizes += fabs((double)x[n]);
    }
}

static void clips_are_read(void **state) {
    (void)state;
    bl_nn_clip clip;
    bl_error err = {0};
    says("did you mean 'norm'", bl_nn_clip_read(yaml("{nrom: 1}"), &clip, &err), &err);
    says("one of value", bl_nn_clip_read(yaml("{norm: 1, value: 1}"), &clip, &err), &err);
    says("norm is above 0, not 0", bl_nn_clip_read(yaml("{norm: 0}"), &clip, &err), &err);
    says("clip is a map", bl_nn_clip_read(yaml("3"), &clip, &err), &err);
}

static void regularizers(void **state) {
    (void)state;
    bl_nn_regularizer r;
    float gradient[N];
    draw(x, N, -2, 2);
    x[3] = 0;
    assert_ok(bl_nn_regularizer_read(yaml("{l1: 0.1, l2: 0.01}"), &r, NULL));
    for (size_t i = 0; i < N; i++)
        gradient[i] = 1;
    double value = bl_nn_regularizer_add(&r, x, N, gradient), expected = 0;
    for (size_t i = 0; i < N; i++) {
        double at = (double)x[i], sign = at > 0 ? 1 : at < 0 ? -1 : 0;
        expected += 0.1 * fabs(at) + 0.01 * at * at;
        near((double)gradient[i], 1 + 0.1 * sign + 0.02 * at, 1e-6);
    }
    near(value, expected, 1e-7);
    near(bl_nn_regularizer_add(&r, x, N, NULL), value, 0);
    assert_ok(bl_nn_regularizer_read(yaml("l2"), &r, NULL));
    assert_true(r.l1 == 0 && r.l2 == 0.01);
    assert_ok(bl_nn_regularizer_read(NULL, &r, NULL));
    assert_true(bl_nn_regularizer_add(&r, x, N, NULL) == 0);
    bl_error err = {0};
    says("not 'l3'", bl_nn_regularizer_read(yaml("l3"), &r, &err), &err);
    says("l1 is 0 or more", bl_nn_regularizer_read(yaml("{l1: -1}"), &r, &err), &err);
    says("unknown key 'l9'", bl_nn_regularizer_read(yaml("{l9: -1}"), &r, &err), &err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_clipped), cmocka_unit_test(what_is_no_number_stays_none),
        cmocka_unit_test(sums_of_any_length),    cmocka_unit_test(clips_are_read),
        cmocka_unit_test(regularizers),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
