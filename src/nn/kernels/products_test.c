// SPDX-License-Identifier: Apache-2.0
// Products of every kind of kernels against loops that do what kernels.h says, number by number:
// the same bits, for shapes around the edges of tiles, panels, blocks and shards.
#include "nn/kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/testing.h"
#include "nn/kernels/packed.h"

static const bl_nn_kernels *under_test;
static uint32_t seed;

enum { GUARD = 0x5a };

static uint32_t draw(void) {
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static size_t draw_up_to(size_t most) { return draw() % (most + 1); }

/// Of any sign and of sizes so different that every change of order shows; with `is_tiny` products
/// are around the smallest numbers there are.
static float draw_number(bool is_tiny) {
    float x = (float)draw() * 0x1p-23F - 1;
    return draw() % 16 ? ldexpf(x, (int)(draw() % 8) - (is_tiny ? 77 : 0)) : 0.F * x;
}

/// A matrix with nothing behind its last number, so that sanitizers see what is read past it, or
/// with some that nobody may change.
typedef struct matrix {
    float *at; ///< [n_rows × stride] without the end of the last row, and a guard
    size_t n_rows, n, stride, n_floats;
} matrix;

static matrix make(size_t n_rows, size_t n) {
    matrix x = {.n_rows = n_rows, .n = n, .stride = n + (draw() % 2 ? draw_up_to(9) : 0)};
    x.n_floats = (n_rows ? (n_rows - 1) * x.stride + n : 0) + (draw() % 2 ? 20 : 0);
    x.at = malloc(x.n_floats ? x.n_floats * sizeof *x.at : 1);
    assert_non_null(x.at);
    memset(x.at, GUARD, x.n_floats * sizeof *x.at);
    return x;
}

static matrix make_random(size_t n_rows, size_t n, bool is_tiny) {
    matrix x = make(n_rows, n);
    for (size_t i = 0; i < n_rows; i++)
        for (size_t k = 0; k < n; k++)
            x.at[i * x.stride + k] = draw_number(is_tiny);
    return x;
}

static matrix copy_of(matrix from) {
    matrix x = from;
    x.at = malloc(x.n_floats ? x.n_floats * sizeof *x.at : 1);
    assert_non_null(x.at);
    memcpy(x.at, from.at, x.n_floats * sizeof *x.at);
    return x;
}

/// The same bits, those between rows too.
static void same(matrix got, matrix expected, const char *what, size_t m, size_t k, size_t n) {
    if (memcmp(got.at, expected.at, got.n_floats * sizeof *got.at) != 0)
        fail_msg("%s: %s of m %zu, k %zu, n %zu differs", under_test->name, what, m, k, n);
}

// ---- products ----

/// What is done to the ends of chains.
static void end_by_loops(bool rectifies, const matrix *gates, matrix out) {
    for (size_t i = 0; i < out.n_rows; i++)
        for (size_t j = 0; j < out.n; j++) {
            float *to = &out.at[i * out.stride + j];
            if (rectifies && *to <= 0)
                *to = 0;
            if (gates)
                *to *= gates->at[i * gates->stride + j] > 0 ? 1.F : 0.F;
        }
}

static void multiply_by_loops(matrix a, matrix b, const float *bias, bool adds, matrix out) {
    for (size_t i = 0; i < a.n_rows; i++)
        for (size_t j = 0; j < b.n; j++) {
            float *to = &out.at[i * out.stride + j], sum = adds ? *to : bias ? bias[j] : 0;
            for (size_t s = 0; s < a.n; s++)
                sum = fmaf(a.at[i * a.stride + s], b.at[s * b.stride + j], sum);
            *to = sum;
        }
}

static void check_product(bl_context *context, size_t m, size_t k, size_t n) {
    bool is_tiny = draw() % 8 == 0, has_bias = draw() % 2, adds = draw() % 3 == 0;
    bool rectifies = draw() % 3 == 0, has_gates = draw() % 3 == 0;
    matrix a = make_random(m, k, is_tiny), b = make_random(k, n, is_tiny);
    matrix bias = make_random(1, n, false), gates = make_random(m, n, false);
    matrix got = make_random(m, n, is_tiny), expected = copy_of(got);
    bl_nn_packed packed = {0};
    assert_ok(bl_nn_packed_init(context, under_test, k, n, &packed, NULL));
    if (draw() % 2) {
        bl_nn_packed_set(&packed, b.at, b.stride);
    } else {
        matrix turned = make(n, k);
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < n; j++)
                turned.at[j * turned.stride + i] = b.at[i * b.stride + j];
        bl_nn_packed_set_transposed(&packed, turned.at, turned.stride);
        free(turned.at);
    }
    under_test->multiply(&(bl_nn_product){.m = m,
                                          .a = a.at,
                                          .a_stride = a.stride,
                                          .b = &packed,
                                          .bias = has_bias ? bias.at : NULL,
                                          .adds = adds,
                                          .rectifies = rectifies,
                                          .gates = has_gates ? gates.at : NULL,
                                          .gates_stride = gates.stride,
                                          .out = got.at,
                                          .out_stride = got.stride});
    multiply_by_loops(a, b, has_bias ? bias.at : NULL, adds, expected);
    end_by_loops(rectifies, has_gates ? &gates : NULL, expected);
    same(got, expected, "product", m, k, n);
    bl_nn_packed_release(&packed);
    free(a.at), free(b.at), free(bias.at), free(gates.at), free(got.at), free(expected.at);
}

static void products(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    for (size_t m = 0; m <= 20; m++)
        for (size_t n = 0; n <= 70; n++)
            check_product(context, m, draw_up_to(20), n);
    for (int i = 0; i < 300; i++)
        check_product(context, draw_up_to(70), draw_up_to(300), draw_up_to(140));
    check_product(context, 400, 19, 150);
    for (size_t m = 1; m <= 4; m++) // some panels at a time
        for (size_t n = 60; n <= 300; n += 1 + draw_up_to(12))
            check_product(context, m, draw_up_to(300), n);
    bl_context_free(context);
}

// ---- gradients ----

static void gradient_by_loops(matrix a, matrix b, bool adds, matrix out) {
    for (size_t i = 0; i < a.n; i++)
        for (size_t j = 0; j < b.n; j++) {
            float total = adds ? out.at[i * out.stride + j] : 0;
            for (size_t row = 0; row < a.n_rows; row += BL_NN_SHARD) {
                float sum = 0;
                for (size_t r = row; r < a.n_rows && r < row + BL_NN_SHARD; r++)
                    sum = fmaf(a.at[r * a.stride + i], b.at[r * b.stride + j], sum);
                total += sum;
            }
            out.at[i * out.stride + j] = total;
        }
}

/// In one call, or two that meet at the end of a shard, the first of which may have no rows.
static void check_gradient(size_t m, size_t k, size_t n) {
    bool is_tiny = draw() % 8 == 0, adds = draw() % 2;
    matrix a = make_random(m, k, is_tiny), b = make_random(m, n, is_tiny);
    matrix got = make_random(k, n, is_tiny), expected = copy_of(got);
    size_t first = draw_up_to(m / BL_NN_SHARD) * BL_NN_SHARD;
    bl_nn_gradient g = {.m = first,
                        .k = k,
                        .n = n,
                        .a = a.at,
                        .a_stride = a.stride,
                        .b = b.at,
                        .b_stride = b.stride,
                        .adds = adds,
                        .out = got.at,
                        .out_stride = got.stride};
    if (first || draw() % 2) {
        under_test->add_gradient(&g);
        g.adds = true;
    }
    g.m = m - first;
    g.a += g.m ? first * a.stride : 0;
    g.b += g.m ? first * b.stride : 0;
    under_test->add_gradient(&g);
    gradient_by_loops(a, b, adds, expected);
    same(got, expected, "gradient", m, k, n);
    free(a.at), free(b.at), free(got.at), free(expected.at);
}

static void check_columns(size_t m, size_t n) {
    bool adds = draw() % 2;
    matrix ones = make(m, 1), b = make_random(m, n, false);
    matrix got = make_random(1, n, false), expected = copy_of(got);
    for (size_t i = 0; i < m; i++)
        ones.at[i * ones.stride] = 1;
    under_test->add_columns(b.at, b.stride, m, n, adds, got.at);
    gradient_by_loops(ones, b, adds, expected);
    same(got, expected, "sum of columns", m, 1, n);
    free(ones.at), free(b.at), free(got.at), free(expected.at);
}

static void gradients(void **state) {
    (void)state;
    for (size_t k = 0; k <= 20; k++)
        for (size_t n = 0; n <= 70; n++)
            check_gradient(draw_up_to(draw() % 4 ? 70 : 2), k, n);
    for (int i = 0; i < 200; i++)
        check_gradient(draw_up_to(300), draw_up_to(70), draw_up_to(160));
    check_gradient(130, 700, 40); // rows that are far apart
    check_gradient(70, 40, 600);
    check_gradient(70, 700, 33); // lanes over more rows than a panel has
    check_gradient(70, 700, 1);
    check_gradient(0, 20, 17);
    for (size_t n = 0; n <= 140; n++)
        check_columns(draw_up_to(300), n);
}

// ---- packed matrices ----

static void transposes(void **state) {
    (void)state;
    size_t lanes = under_test->n_lanes;
    for (size_t n_rows = 0; n_rows <= 40; n_rows++)
        for (size_t n = 0; n <= 40; n++) {
            size_t whole = (n_rows + lanes - 1) / lanes * lanes;
            matrix from = make_random(n_rows, n, false), got = make(n, whole);
            matrix expected = copy_of(got);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < whole; j++)
                    expected.at[i * expected.stride + j] =
                        j < n_rows ? from.at[j * from.stride + i] : 0;
            under_test->transpose(from.at, from.stride, n_rows, n, got.at, got.stride);
            same(got, expected, "transposed", n_rows, 0, n);
            free(from.at), free(got.at), free(expected.at);
        }
}

static bl_status pack_something(bl_context *context) {
    bl_nn_packed packed = {0};
    BL_TRY(bl_nn_packed_init(context, bl_nn_kernels_get(), 5, 9, &packed, NULL));
    bl_nn_packed_release(&packed);
    return BL_OK;
}

static void without_memory(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_nn_packed packed = {0};
    const size_t sizes[][2] = {{SIZE_MAX, 1}, {1, SIZE_MAX}, {SIZE_MAX / 64, 64}};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(bl_nn_packed_init(context, bl_nn_kernels_get(), sizes[i][0], sizes[i][1],
                                           &packed, NULL),
                         BL_E_NOMEM);
    assert_null(packed.memory);
    bl_context_free(context);
    test_every_allocation_fails(pack_something);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),
        cmocka_unit_test(gradients),
        cmocka_unit_test(transposes),
    };
    const struct CMUnitTest once[] = {cmocka_unit_test(without_memory)};
    int n_failed = cmocka_run_group_tests_name("packed", once, NULL, NULL);
    for (size_t i = 0; (under_test = bl_nn_kernels_at(i)); i++) {
        seed = 7;
        n_failed += cmocka_run_group_tests_name(under_test->name, tests, NULL, NULL);
    }
    return n_failed;
}
