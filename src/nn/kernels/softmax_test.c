// SPDX-License-Identifier: Apache-2.0
// Softmax, its logarithm and their gradients, of every kind of kernels: bit for bit as kernels.h
// says it, and near to what double gives.
#include "nn/kernels/activations.h"
#include "nn/kernels/functions_testing.h"

static float x[1 << 11], found[1 << 11], plain[1 << 11];

enum { MOST_ROWS = 21, MOST_COLUMNS = 70 };

/// As kernels.h says it, number by number.
static void softmax_by_loops(size_t m, size_t n, size_t stride) {
    for (size_t r = 0; r < m; r++) {
        const float *from = x + r * stride;
        float *to = plain + r * stride, most = -INFINITY, sum = 0;
        for (size_t i = 0; i < n; i++)
            most = from[i] > most ? from[i] : most;
        for (size_t i = 0; i < n; i++) {
            float less = from[i] - most;
            bl_nn_kernels_plain.exp(&less, to + i, 1);
            sum += to[i];
        }
        for (size_t i = 0; i < n; i++)
            to[i] /= sum;
    }
}

static void softmax(void **state) {
    (void)state;
    const bl_nn_kernels *k;
    srand48(9);
    for (size_t m = 0; m <= MOST_ROWS; m++)
        for (size_t n = 0; n <= MOST_COLUMNS; n++) {
            size_t stride = n + n % 3, size = m * stride + 1;
            draw(x, size, 30);
            memcpy(plain, x, size * sizeof *x);
            softmax_by_loops(m, n, stride);
            for (size_t i = 0; (k = bl_nn_kernels_at(i)); i++) {
                memcpy(found, x, size * sizeof *x);
                k->softmax(n % 2 ? found : x, stride, m, n, found, stride);
                same(found, plain, x, size, "softmax", k->name);
            }
        }
    const float odd[][3] = {{-INFINITY, -INFINITY, -INFINITY}, {1, INFINITY, 2}, {NAN, 1, 2}};
    for (size_t i = 0; (k = bl_nn_kernels_at(i)); i++) {
        k->softmax(odd[0], 3, 3, 3, found, 3);
        for (size_t j = 0; j < 9; j++)
            assert_true(isnan(found[j]));
    }
}

/// Number by number.
static void log_softmax_by_loops(size_t m, size_t n, size_t stride) {
    for (size_t r = 0; r < m; r++) {
        const float *from = x + r * stride;
        float most = -INFINITY, sum = 0, each, log;
        for (size_t i = 0; i < n; i++)
            most = from[i] > most ? from[i] : most;
        for (size_t i = 0; i < n; i++) {
            float less = from[i] - most;
            bl_nn_kernels_plain.exp(&less, &each, 1);
            sum += each;
        }
        bl_nn_kernels_plain.ln(&sum, &log, 1);
        for (size_t i = 0; i < n; i++)
            plain[r * stride + i] = from[i] - most - log;
    }
}

static void log_softmax(void **state) {
    (void)state;
    const bl_nn_activation a = {.kind = BL_NN_LOG_SOFTMAX};
    const bl_nn_kernels *k;
    srand48(10);
    for (size_t m = 0; m <= MOST_ROWS; m++)
        for (size_t n = 0; n <= MOST_COLUMNS; n++) {
            size_t stride = n + n % 3, size = m * stride + 1;
            draw(x, size, 30);
            memcpy(plain, x, size * sizeof *x);
            log_softmax_by_loops(m, n, stride);
            for (size_t i = 0; (k = bl_nn_kernels_at(i)); i++) {
                memcpy(found, x, size * sizeof *x);
                bl_nn_activate(k, &a, n % 2 ? found : x, stride, m, n, found, stride);
                same(found, plain, x, size, "log_softmax", k->name);
            }
            for (size_t r = 0; r < m; r++) {
                double sum = 0;
                for (size_t i = 0; i < n; i++)
                    sum += exp((double)x[r * stride + i]);
                for (size_t i = r * stride; i < r * stride + n; i++)
                    assert_true(fabs((double)plain[i] - ((double)x[i] - log(sum))) < 1e-5);
            }
        }
    const float odd[][3] = {{1, -INFINITY, 2}, {NAN, 1, 2}, {1, INFINITY, 2}};
    for (size_t i = 0; (k = bl_nn_kernels_at(i)); i++) {
        k->log_softmax(odd[0], 3, 3, 3, found, 3);
        assert_true(fabs((double)found[0] + 1.3132616875) < 1e-6 && found[1] == -INFINITY);
        for (size_t j = 3; j < 9; j++)
            assert_true(isnan(found[j]));
    }
}

// ---- gradients ----

static float y[1 << 11], gradient[1 << 11];

/// Number by number, from y.
static void slope_by_loops(bl_nn_activation_kind kind, size_t m, size_t n, size_t y_stride,
                           size_t stride) {
    bool is_log = kind == BL_NN_LOG_SOFTMAX;
    for (size_t r = 0; r < m; r++) {
        const float *of = y + r * y_stride, *behind = gradient + r * stride;
        float sum = 0, power;
        for (size_t i = 0; i < n; i++)
            sum = is_log ? sum + behind[i] : fmaf(of[i], behind[i], sum);
        for (size_t i = 0; i < n; i++) {
            bl_nn_kernels_plain.exp(of + i, &power, 1);
            plain[r * stride + i] =
                is_log ? fmaf(-power, sum, behind[i]) : of[i] * (behind[i] - sum);
        }
    }
}

/// By differences of Σ gradient·log softmax or Σ gradient·softmax, in double.
static double by_differences(bl_nn_activation_kind kind, const float *row, const float *behind,
                             size_t n, size_t at) {
    double sides[2], h = 1e-5;
    for (int side = 0; side < 2; side++) {
        double sum = 0;
        sides[side] = 0;
        double shift = side ? h : -h;
        for (size_t i = 0; i < n; i++)
            sum += exp((double)row[i] + (i == at ? shift : 0));
        for (size_t i = 0; i < n; i++) {
            double less = (double)row[i] + (i == at ? shift : 0) - log(sum);
            sides[side] += (double)behind[i] * (kind == BL_NN_SOFTMAX ? exp(less) : less);
        }
    }
    return (sides[1] - sides[0]) / (2 * h);
}

static void check_slopes(bl_nn_activation_kind kind, size_t m, size_t n) {
    const bl_nn_activation a = {.kind = kind};
    const bl_nn_kernels *k;
    size_t y_stride = n + n % 2, stride = n + n % 3, size = m * stride + 1;
    assert_false(bl_nn_activation_needs_arguments(&a));
    draw(x, m * y_stride, 3);
    draw(gradient, size, 1);
    bl_nn_activate(&bl_nn_kernels_plain, &a, x, y_stride, m, n, y, y_stride);
    memcpy(plain, gradient, size * sizeof *plain);
    slope_by_loops(kind, m, n, y_stride, stride);
    for (size_t i = 0; (k = bl_nn_kernels_at(i)); i++) {
        memcpy(found, gradient, size * sizeof *found);
        bl_nn_activate_back(k, &a, y, y_stride, n % 2 ? found : gradient, stride, m, n, found,
                            stride);
        same(found, plain, gradient, size, bl_nn_activation_name(kind), k->name);
    }
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < n; i++) {
            double expected = by_differences(kind, x + r * y_stride, gradient + r * stride, n, i);
            assert_true(fabs((double)plain[r * stride + i] - expected) < 5e-6);
        }
}

static void slopes(void **state) {
    (void)state;
    srand48(11);
    for (size_t m = 0; m <= MOST_ROWS; m++)
        for (size_t n = 0; n <= MOST_COLUMNS; n++) {
            check_slopes(BL_NN_SOFTMAX, m, n);
            check_slopes(BL_NN_LOG_SOFTMAX, m, n);
        }
}

// ---- down columns ----

enum { MOST_WIDTH = 96 };
static float columns[40 * MOST_WIDTH], parts[2][MOST_WIDTH], plain_parts[2][MOST_WIDTH];
static float found_columns[40 * MOST_WIDTH], behind[40 * MOST_WIDTH],
    plain_columns[40 * MOST_WIDTH];

/// e^(x − most) and its sums as kernels.h says them, or, again, with the inverse.
static void columns_by_loops(size_t m, size_t n, const float *inverses) {
    memcpy(plain_columns, columns, sizeof columns);
    for (size_t i = 0; i < n; i++) {
        float most = inverses ? plain_parts[0][i] : -INFINITY, sum = 0;
        for (size_t r = 0; r < m && !inverses; r++)
            most = columns[r * MOST_WIDTH + i] > most ? columns[r * MOST_WIDTH + i] : most;
        for (size_t r = 0; r < m; r++) {
            float less = columns[r * MOST_WIDTH + i] - most,
                  *to = plain_columns + r * MOST_WIDTH + i;
            bl_nn_kernels_plain.exp(&less, to, 1);
            sum += *to;
            *to *= inverses ? inverses[i] : 1;
        }
        plain_parts[0][i] = most;
        plain_parts[1][i] = inverses ? plain_parts[1][i] : sum;
    }
}

static void check_columns(const bl_nn_kernels *k, size_t m, size_t n) {
    columns_by_loops(m, n, NULL);
    memcpy(found_columns, columns, sizeof columns);
    k->softmax_columns(found_columns, MOST_WIDTH, m, n, parts[0], parts[1]);
    same(found_columns, plain_columns, columns, m * MOST_WIDTH, "columns", k->name);
    same(parts[0], plain_parts[0], columns, n, "largest", k->name);
    same(parts[1], plain_parts[1], columns, n, "sums", k->name);
    float inverses[MOST_WIDTH];
    for (size_t i = 0; i < n; i++)
        inverses[i] = 1 / plain_parts[1][i];
    columns_by_loops(m, n, inverses);
    memcpy(found_columns, columns, sizeof columns);
    k->softmax_columns_again(found_columns, MOST_WIDTH, m, n, parts[0], inverses);
    same(found_columns, plain_columns, columns, m * MOST_WIDTH, "columns again", k->name);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t r = 0; r < m; r++)
            sum += (double)found_columns[r * MOST_WIDTH + i];
        assert_true(m == 0 || fabs(sum - 1) < 1e-5);
    }
    memcpy(found_columns, behind, sizeof behind);
    memcpy(plain_columns, behind, sizeof behind);
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < n; i++)
            plain_columns[r * MOST_WIDTH + i] =
                columns[r * MOST_WIDTH + i] * (behind[r * MOST_WIDTH + i] - parts[0][i]);
    k->softmax_columns_slope(columns, MOST_WIDTH, m, n, parts[0], found_columns);
    same(found_columns, plain_columns, columns, m * MOST_WIDTH, "slope of columns", k->name);
}

static void down_columns(void **state) {
    (void)state;
    const bl_nn_kernels *k;
    srand48(12);
    for (size_t i = 0; (k = bl_nn_kernels_at(i)); i++)
        for (size_t m = 1; m < 40; m += 6)
            for (size_t n = k->n_lanes; n <= MOST_WIDTH; n += k->n_lanes) {
                draw(columns, sizeof columns / sizeof *columns, 30);
                draw(behind, sizeof behind / sizeof *behind, 1);
                columns[lrand48() % (long)n] = m > 1 ? -INFINITY : 0; // a key that is not seen
                check_columns(k, m, n);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax),
        cmocka_unit_test(log_softmax),
        cmocka_unit_test(slopes),
        cmocka_unit_test(down_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
