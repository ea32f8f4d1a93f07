// SPDX-License-Identifier: Apache-2.0
// Confusion matrices against sums written down one by one.
#include "learn/evaluate/confusion.h"

#include "base/random.h"
#include "base/testing.h"

enum { N = 500, CLASSES = 3 };

static bl_context *context;
static float scores[N * CLASSES];
static double weights[N];
static int32_t labels[N];

static void make(void) {
    bl_random random;
    bl_random_init(&random, 1, 0, 0);
    for (size_t i = 0; i < N; i++) {
        labels[i] = (int32_t)(bl_random_word(&random) % CLASSES);
        weights[i] = bl_random_uniform(&random) - 0.2;
        for (size_t k = 0; k < CLASSES; k++)
            scores[i * CLASSES + k] =
                (float)(bl_random_uniform(&random) + ((int32_t)k == labels[i]));
        if (i % 50 == 7)
            scores[i * CLASSES + 1] = NAN;
    }
}

/// Σ w of events of a true class (−1: any) that are taken for another; of squares too.
static double sum_of(int32_t true_class, int32_t predicted, double *ret_squares) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < N; i++) {
        const float *s = scores + i * CLASSES;
        int32_t class = s[0] >= s[1] && s[0] >= s[2] ? 0 : s[1] >= s[2] ? 1 : 2;
        if (isnan(s[1]))
            class = CLASSES;
        if ((true_class >= 0 && labels[i] != true_class) || class != predicted)
            continue;
        sum += weights[i];
        squares += weights[i] * weights[i];
    }
    if (ret_squares)
        *ret_squares = squares;
    return sum;
}

static void sums_are_those_of_events(void **state) {
    (void)state;
    bl_arena arena;
    bl_confusion c;
    bl_arena_init(&arena, context);
    make();
    assert_ok(bl_confusion_make(&arena, N, CLASSES, scores, weights, labels, &c, NULL));
    double right = 0, all = 0;
    for (int32_t t = 0; t < CLASSES; t++) {
        double row = 0, error, squares, others = 0, part;
        for (int32_t k = 0; k <= CLASSES; k++) {
            row += sum_of(t, k, &squares);
            others += k == t ? 0 : squares;
        }
        for (int32_t k = 0; k <= CLASSES; k++)
            assert_true(fabs(bl_confusion_part(&c, (size_t)t, (size_t)k, NULL) -
                             sum_of(t, k, NULL) / row) < 1e-12);
        part = bl_confusion_part(&c, (size_t)t, (size_t)t, &error);
        (void)sum_of(t, t, &squares);
        assert_true(fabs(error - sqrt((1 - part) * (1 - part) * squares + part * part * others) /
                                     fabs(row)) < 1e-12);
        assert_true(fabs(bl_confusion_purity(&c, (size_t)t, NULL) -
                         sum_of(t, t, NULL) / sum_of(-1, t, NULL)) < 1e-12);
        right += sum_of(t, t, NULL);
        all += row;
    }
    assert_true(fabs(bl_confusion_accuracy(&c, NULL) - right / all) < 1e-12);
    bl_arena_release(&arena);
}

static void counts_and_edges(void **state) {
    (void)state;
    static const float given[] = {1, 0, 0, 1, 0.5F, 0.5F, NAN, 1};
    static const int32_t classes[] = {0, 0, 1, 1};
    static const double negative[] = {-1, -3, -2, -2};
    bl_arena arena;
    bl_confusion c;
    bl_arena_init(&arena, context);
    assert_ok(bl_confusion_make(&arena, 4, 2, given, NULL, classes, &c, NULL));
    assert_true(bl_confusion_counted_accuracy(&c) == 0.25);
    assert_int_equal(c.counts[1 * 3 + 0], 1); // of equal scores the first class
    assert_int_equal(c.counts[1 * 3 + 2], 1); // NaN is taken for nothing
    assert_ok(bl_confusion_make(&arena, 4, 2, given, negative, classes, &c, NULL));
    assert_true(bl_confusion_part(&c, 0, 1, NULL) == 0.75);
    assert_true(bl_confusion_balanced_accuracy(&c) == 0.125);
    assert_ok(bl_confusion_make(&arena, 2, 2, given, NULL, classes, &c, NULL));
    assert_true(isnan(bl_confusion_part(&c, 1, 1, NULL)));
    assert_true(bl_confusion_balanced_accuracy(&c) == 0.5);
    assert_ok(bl_confusion_make(&arena, 0, 2, given, NULL, classes, &c, NULL));
    assert_true(isnan(bl_confusion_accuracy(&c, NULL)) && isnan(bl_confusion_purity(&c, 0, NULL)));
    assert_true(isnan(bl_confusion_counted_accuracy(&c)));
    bl_arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_events),
        cmocka_unit_test(counts_and_edges),
    };
    return test_run(tests, 1, &context, NULL);
}
