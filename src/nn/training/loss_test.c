// SPDX-License-Identifier: Apache-2.0
// Losses against their definitions in double with the C library's functions, gradients against
// finite differences of these.
#include "nn/training/loss.h"

#include "nn/training/reading_testing.h"

enum { MOST_ROWS = 7, MOST_COLUMNS = 9, STRIDE = 11, SIZE = MOST_ROWS * STRIDE };

static float x[SIZE], target[SIZE], weights[MOST_ROWS], gradient[SIZE], plain[SIZE];
static float scratch[2 * SIZE];

static double clip(double p) { return p < 1e-7 ? 1e-7 : p > 1 - 1e-7 ? 1 - 1e-7 : p; }

static double sigmoid(double at) { return 1 / (1 + exp(-at)); }

static double log_sum(const double *at, size_t n) {
    double sum = exp(at[0]);
    for (size_t j = 1; j < n; j++)
        sum += exp(at[j]);
    return log(sum);
}

static double of_classes(const bl_nn_loss *loss, const double *at, const float *t, size_t n) {
    double p[MOST_COLUMNS], sum = 0, value = 0;
    for (size_t j = 0; j < n; j++)
        sum += p[j] = loss->from_logits ? exp(at[j] - log_sum(at, n)) : at[j];
    if (loss->kind == BL_NN_LOSS_SPARSE)
        return log(sum) - log(p[(size_t)*t]);
    for (size_t j = 0; j < n; j++) {
        double s = loss->label_smoothing, y = (double)t[j] * (1 - s) + s / (double)n;
        double o = clip(p[j] / sum), entropy = -y * log(o);
        value += loss->kind == BL_NN_LOSS_CATEGORICAL
                     ? entropy
                     : loss->alpha * pow(1 - o, loss->gamma) * entropy;
    }
    return value;
}

static double of_element(const bl_nn_loss *loss, double at, double t) {
    double s = loss->label_smoothing, y = t * (1 - s) + 0.5 * s, off = fabs(at - t);
    double p = loss->from_logits ? sigmoid(at) : at;
    double entropy = -y * log(clip(p)) - (1 - y) * log(1 - clip(p));
    double pt = y * p + (1 - y) * (1 - p), focus = pow(1 - pt, loss->gamma);
    double balance =
        loss->apply_class_balancing ? y * loss->alpha + (1 - y) * (1 - loss->alpha) : 1;
    switch (loss->kind) {
    case BL_NN_LOSS_BINARY:
        return entropy;
    case BL_NN_LOSS_BINARY_FOCAL:
        return balance * focus * entropy;
    case BL_NN_LOSS_SQUARED:
        return off * off;
    case BL_NN_LOSS_ABSOLUTE:
        return off;
    default:
        return off <= loss->delta ? off * off / 2
                                  : loss->delta * off - loss->delta * loss->delta / 2;
    }
}

static bool has_classes(bl_nn_loss_kind kind) {
    return kind == BL_NN_LOSS_CATEGORICAL || kind == BL_NN_LOSS_SPARSE ||
           kind == BL_NN_LOSS_CATEGORICAL_FOCAL;
}

static double of_row(const bl_nn_loss *loss, const double *at, const float *t, size_t n) {
    double sum = 0;
    if (has_classes(loss->kind))
        return of_classes(loss, at, t, n);
    for (size_t j = 0; j < n; j++)
        sum += of_element(loss, at[j], (double)t[j]);
    return sum / (double)n;
}

static void fill(const bl_nn_loss *loss, size_t n) {
    draw(weights, MOST_ROWS, -1, 2);
    if (loss->from_logits || loss->kind >= BL_NN_LOSS_SQUARED)
        draw(x, SIZE, -3, 3);
    else
        draw(x, SIZE, 0.05, 0.95);
    draw(target, SIZE, 0, 1);
    for (size_t i = 0; loss->kind < BL_NN_LOSS_SQUARED && i < SIZE; i++)
        target[i] = target[i] < 0.5F ? 0 : 1;
    for (size_t i = 0; has_classes(loss->kind) && i < MOST_ROWS; i++) {
        size_t label = (size_t)(drand48() * (double)n);
        for (size_t j = 0; j < n; j++)
            target[i * STRIDE + j] = j == label ? 1 : 0;
        if (loss->kind == BL_NN_LOSS_SPARSE)
            target[i * STRIDE] = (float)label;
    }
}

static bl_nn_loss_rows rows_of(size_t m, size_t n) {
    return (bl_nn_loss_rows){.m = m,
                             .n = n,
                             .predictions = x,
                             .stride = STRIDE,
                             .targets = target,
                             .target_stride = STRIDE,
                             .weights = weights,
                             .scratch = scratch};
}

static void check(const bl_nn_loss *loss, size_t m, size_t n) {
    const double scale = 0.37, h = 1e-6;
    const bl_nn_loss_rows rows = rows_of(m, n);
    double expected = 0, sum = 0, first = 0;
    fill(loss, n);
    assert_ok(
        bl_nn_loss_run(&bl_nn_kernels_plain, loss, &rows, scale, plain, STRIDE, &first, NULL));
    for (size_t i = 0; i < m; i++) {
        double at[MOST_COLUMNS], w = (double)weights[i];
        for (size_t j = 0; j < n; j++)
            at[j] = (double)x[i * STRIDE + j];
        expected += w * of_row(loss, at, target + i * STRIDE, n);
        for (size_t j = 0; j < n; j++) {
            double here = at[j], above, below;
            at[j] = here + h, above = of_row(loss, at, target + i * STRIDE, n);
            at[j] = here - h, below = of_row(loss, at, target + i * STRIDE, n);
            at[j] = here;
            near((double)plain[i * STRIDE + j], scale * w * (above - below) / (2 * h), 2e-6);
        }
    }
    near(first, expected, 1e-6);
    const bl_nn_kernels *kernels;
    for (size_t k = 0; (kernels = bl_nn_kernels_at(k)); k++) {
        memcpy(gradient, plain, sizeof gradient);
        assert_ok(bl_nn_loss_run(kernels, loss, &rows, scale, gradient, STRIDE, &sum, NULL));
        assert_memory_equal(&sum, &first, sizeof sum);
        assert_memory_equal(gradient, plain, sizeof gradient);
        assert_ok(bl_nn_loss_run(kernels, loss, &rows, scale, NULL, 0, &sum, NULL));
        assert_memory_equal(&sum, &first, sizeof sum);
    }
}

static void values_and_gradients(void **state) {
    (void)state;
    srand48(5);
    for (int kind = 0; kind < BL_NN_N_LOSSES; kind++)
        for (int variant = 0; variant < 8; variant++) {
            bl_nn_loss loss = bl_nn_loss_of((bl_nn_loss_kind)kind);
            loss.from_logits = variant & 1;
            if (kind != BL_NN_LOSS_SPARSE)
                loss.label_smoothing = variant & 2 ? 0.2 : 0;
            loss.apply_class_balancing = variant & 4;
            loss.gamma = (variant & 6) == 6 ? 0 : variant & 4 ? 1.7 : 2;
            for (size_t n = 1 + has_classes(loss.kind); n <= MOST_COLUMNS; n++)
                for (size_t m = 0; m <= MOST_ROWS; m += 3)
                    check(&loss, m, n);
        }
}

static double run_one(const bl_nn_loss *loss, const float *at, const float *t, size_t n) {
    double sum = 0;
    const bl_nn_loss_rows rows = {1, n, at, n, t, n, NULL, scratch, 0};
    assert_ok(bl_nn_loss_run(bl_nn_kernels_get(), loss, &rows, 1, gradient, n, &sum, NULL));
    return sum;
}

/// Clipped probabilities have no gradient; logits are never clipped.
static void far_from_the_truth(void **state) {
    (void)state;
    const float sure[] = {1, 0, 0}, wrong[] = {0, 1, 0}, far[] = {300, -300, 0}, label[] = {1};
    bl_nn_loss loss = bl_nn_loss_of(BL_NN_LOSS_CATEGORICAL);
    near(run_one(&loss, sure, wrong, 3), -log(1e-7), 1e-6);
    near((double)gradient[1], 0, 0);
    loss.kind = BL_NN_LOSS_BINARY;
    near(run_one(&loss, sure, wrong, 1), -log(1.1920929e-07), 1e-6);
    near((double)gradient[0], 0, 0);
    loss.from_logits = true;
    near(run_one(&loss, far, wrong, 1), 300, 1e-6);
    near((double)gradient[0], 1, 0);
    near(run_one(&loss, far, sure, 1), 0, 0);
    loss.kind = BL_NN_LOSS_CATEGORICAL;
    near(run_one(&loss, far, wrong, 3), 600, 1e-6);
    near((double)gradient[1], -1, 0);
    loss.kind = BL_NN_LOSS_SPARSE;
    near(run_one(&loss, far, label, 3), 600, 1e-6);
    const float impossible[] = {0, -INFINITY, 0};
    loss.kind = BL_NN_LOSS_CATEGORICAL;
    near(run_one(&loss, impossible, sure, 3), log(2), 1e-6);
    assert_true(isinf(run_one(&loss, impossible, wrong, 3)));
}

static void nan_stays(void **state) {
    (void)state;
    const float at[] = {0.5F, NAN, 0.25F}, one[] = {0, 1, 0}, label[] = {0, 0, 0};
    for (int kind = 0; kind < BL_NN_N_LOSSES; kind++)
        for (int form = 0; form < 2; form++) {
            bl_nn_loss loss = bl_nn_loss_of((bl_nn_loss_kind)kind);
            loss.from_logits = form;
            assert_true(isnan(run_one(&loss, at, kind == BL_NN_LOSS_SPARSE ? label : one, 3)));
            assert_true(isnan(gradient[1]));
        }
}

static void labels_are_checked(void **state) {
    (void)state;
    const float at[] = {0.5F, 0.5F, 0.5F, 0.5F};
    const float bad[] = {2, -1, 0.5F, NAN, INFINITY};
    bl_nn_loss loss = bl_nn_loss_of(BL_NN_LOSS_SPARSE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const float labels[] = {1, bad[i]};
        const bl_nn_loss_rows rows = {2, 2, at, 2, labels, 1, NULL, scratch, 100};
        double sum = -1;
        bl_error err = {0};
        gradient[0] = -1;
        bl_status status =
            bl_nn_loss_run(bl_nn_kernels_get(), &loss, &rows, 1, gradient, 2, &sum, &err);
        says("row 101: label ", status, &err);
        assert_true(sum == -1 && gradient[0] == -1);
    }
}

static void reading(void **state) {
    (void)state;
    bl_nn_loss loss;
    bl_error err = {0};
    assert_ok(bl_nn_loss_read(yaml("huber: {delta: 1e-1}"), &loss, &err));
    assert_true(loss.kind == BL_NN_LOSS_HUBER && loss.delta == 0.1);
    assert_ok(bl_nn_loss_read(yaml("binary_crossentropy"), &loss, &err));
    assert_true(loss.kind == BL_NN_LOSS_BINARY && !loss.from_logits);
    assert_ok(bl_nn_loss_read(yaml("categorical_crossentropy:"), &loss, &err));
    says("did you mean 'huber'", bl_nn_loss_read(yaml("hubber"), &loss, &err), &err);
    says("unknown key 'detla'; did you mean 'delta'",
         bl_nn_loss_read(yaml("huber: {detla: 1}"), &loss, &err), &err);
    says("unknown key 'label_smoothing'",
         bl_nn_loss_read(yaml("sparse_categorical_crossentropy: {label_smoothing: 0.1}"), &loss,
                         &err),
         &err);
    says("x.yaml:1:42: label_smoothing is between 0 and 1, not 2",
         bl_nn_loss_read(yaml("binary_crossentropy: {label_smoothing:   2}"), &loss, &err), &err);
    says("loss is a name, or one name with its options, not a list",
         bl_nn_loss_read(yaml("[huber]"), &loss, &err), &err);
    says("huber is ", bl_nn_loss_read(yaml("huber: 3"), &loss, &err), &err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_gradients),
        cmocka_unit_test(far_from_the_truth),
        cmocka_unit_test(nan_stays),
        cmocka_unit_test(labels_are_checked),
        cmocka_unit_test(reading),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
