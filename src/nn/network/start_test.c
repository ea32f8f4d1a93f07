// SPDX-License-Identifier: Apache-2.0
// How parameters begin: means, variances and limits of each initializer, orthogonal matrices, the
// same bits for the same seed.
#include <math.h>

#include "base/testing.h"
#include "nn/network/network.h"

/// A network of one Dense whose kernel begins so.
typedef struct made {
    bl_arena arena;
    bl_nn_graph graph;
    bl_nn_network *network;
    const float *kernel;
    size_t n;
} made;

static made make(bl_context *context, size_t width, size_t units, bl_nn_initializer initializer,
                 uint64_t seed) {
    made m = {0};
    bl_nn_node *node = NULL;
    int64_t *shape;
    bl_arena_init(&m.arena, context);
    bl_nn_graph_init(&m.graph, &m.arena, "start");
    shape = bl_arena_array(&m.arena, 1, sizeof *shape);
    *shape = (int64_t)width;
    assert_ok(bl_nn_graph_add(&m.graph, bl_nn_kind_find("Input"), "x", 0, NULL, &node, NULL));
    ((bl_nn_input_options *)node->options)->shape = (bl_nn_counts){1, shape};
    assert_ok(
        bl_nn_graph_add(&m.graph, bl_nn_kind_find("Dense"), "d", 1, (size_t[]){0}, &node, NULL));
    ((bl_nn_dense_options *)node->options)->units = (int64_t)units;
    ((bl_nn_dense_options *)node->options)->kernel_initializer = initializer;
    assert_ok(bl_nn_graph_set_outputs(&m.graph, 1, (size_t[]){1}, NULL));
    assert_ok(bl_nn_network_new(context, &m.graph, NULL, &m.network, NULL));
    assert_ok(bl_nn_network_start(m.network, seed, NULL));
    const bl_nn_parameter *kernel = bl_nn_network_find(m.network, "d", "kernel");
    m.kernel = m.network->parameters + kernel->offset;
    m.n = kernel->n;
    return m;
}

static void release(made *m) {
    bl_nn_network_free(m->network);
    bl_arena_release(&m->arena);
}

static void test_moments(void **state) {
    // [200 × 300]: mean, standard deviation, the largest distance from the mean.
    const struct {
        bl_nn_initializer how;
        double mean, deviation, limit;
    } cases[] = {
        {{BL_NN_INIT_GLOROT_UNIFORM, 0, 0}, 0, sqrt(1 / 250.0), sqrt(3 / 250.0)},
        {{BL_NN_INIT_GLOROT_NORMAL, 0, 0}, 0, sqrt(1 / 250.0), 2 * sqrt(1 / 250.0) / 0.8796256},
        {{BL_NN_INIT_HE_UNIFORM, 0, 0}, 0, sqrt(2 / 200.0), sqrt(6 / 200.0)},
        {{BL_NN_INIT_HE_NORMAL, 0, 0}, 0, sqrt(2 / 200.0), 2 * sqrt(2 / 200.0) / 0.8796256},
        {{BL_NN_INIT_LECUN_UNIFORM, 0, 0}, 0, sqrt(1 / 200.0), sqrt(3 / 200.0)},
        {{BL_NN_INIT_LECUN_NORMAL, 0, 0}, 0, sqrt(1 / 200.0), 2 * sqrt(1 / 200.0) / 0.8796256},
        {{BL_NN_INIT_RANDOM_NORMAL, 2, 0.5}, 2, 0.5, 3},
        {{BL_NN_INIT_RANDOM_UNIFORM, -1, 3}, 1, 4 / sqrt(12), 2},
        {{BL_NN_INIT_TRUNCATED_NORMAL, -1, 0.5}, -1, 0.5 * 0.8796256, 1},
        {{BL_NN_INIT_ONES, 0, 0}, 1, 0, 0},
        {{BL_NN_INIT_ZEROS, 0, 0}, 0, 0, 0},
        {{BL_NN_INIT_CONSTANT, 0.25, 0}, 0.25, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made m = make(*state, 200, 300, cases[i].how, 7);
        double sum = 0, squares = 0, most = 0, n = (double)m.n;
        for (size_t k = 0; k < m.n; k++)
            sum += (double)m.kernel[k];
        for (size_t k = 0; k < m.n; k++) {
            double from = (double)m.kernel[k] - cases[i].mean;
            squares += from * from;
            most = fmax(most, fabs(from));
        }
        double deviation = cases[i].deviation;
        // Five standard deviations of what 60000 numbers scatter by.
        assert_true(fabs(sum / n - cases[i].mean) <= 5 * deviation / sqrt(n));
        assert_true(fabs(sqrt(squares / n) - deviation) <= 5 * deviation / sqrt(n));
        assert_true(most <= cases[i].limit * (1 + 1e-6));
        assert_true(most >= 0.99 * cases[i].limit || cases[i].how.kind == BL_NN_INIT_RANDOM_NORMAL);
        release(&m);
    }
}

/// Normal numbers are no others in disguise: as many within one, two and three deviations.
static void test_normals(void **state) {
    static const double shares[] = {0.682689, 0.954500, 0.997300};
    made m = make(*state, 400, 500, (bl_nn_initializer){BL_NN_INIT_RANDOM_NORMAL, 0, 1}, 3);
    double fourth = 0, n = (double)m.n;
    size_t within[3] = {0};
    for (size_t i = 0; i < m.n; i++) {
        double x = (double)m.kernel[i];
        fourth += x * x * x * x;
        for (size_t k = 0; k < 3; k++)
            within[k] += fabs(x) <= (double)(k + 1);
    }
    for (size_t k = 0; k < 3; k++)
        assert_true(fabs((double)within[k] / n - shares[k]) <
                    5 * sqrt(shares[k] * (1 - shares[k]) / n));
    assert_true(fabs(fourth / n - 3) < 5 * sqrt(96 / n));
    release(&m);
}

static void check_orthogonal(bl_context *context, size_t width, size_t units) {
    made m = make(context, width, units, (bl_nn_initializer){BL_NN_INIT_ORTHOGONAL, 2, 0}, 11);
    bool is_wide = units > width;
    size_t n = is_wide ? width : units, size = is_wide ? units : width;
    size_t step = is_wide ? 1 : units, from = is_wide ? units : 1;
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b <= a; b++) {
            double product = 0;
            for (size_t i = 0; i < size; i++)
                product +=
                    (double)m.kernel[a * from + i * step] * (double)m.kernel[b * from + i * step];
            assert_true(fabs(product - (a == b ? 4 : 0)) < 2e-6);
        }
    release(&m);
}

static void test_orthogonal(void **state) {
    static const size_t sizes[][2] = {{1, 1}, {5, 5}, {50, 150}, {60, 7}, {64, 64}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_orthogonal(*state, sizes[i][0], sizes[i][1]);
}

static void test_identity(void **state) {
    made m = make(*state, 3, 5, (bl_nn_initializer){BL_NN_INIT_IDENTITY, 1.5, 0}, 11);
    for (size_t i = 0; i < 15; i++)
        assert_true(m.kernel[i] == (i / 5 == i % 5 ? 1.5F : 0));
    release(&m);
}

static void test_seeds(void **state) {
    bl_nn_initializer how = {BL_NN_INIT_GLOROT_NORMAL, 0, 0};
    made a = make(*state, 9, 8, how, 5), b = make(*state, 9, 8, how, 5);
    made c = make(*state, 9, 8, how, 6);
    assert_memory_equal(a.kernel, b.kernel, a.n * sizeof *a.kernel);
    assert_memory_not_equal(a.kernel, c.kernel, a.n * sizeof *a.kernel);
    // The packed copy is of these numbers.
    bl_nn_workspace *workspace = NULL;
    bl_nn_matrix out;
    const float x[9] = {1};
    assert_ok(bl_nn_workspace_new(a.network, 1, false, &workspace, NULL));
    assert_ok(bl_nn_predict(workspace, 1, &(bl_nn_feed){.data = x}, &out, NULL));
    assert_memory_equal(out.data, a.kernel, 8 * sizeof *a.kernel);
    bl_nn_workspace_free(workspace);
    release(&a);
    release(&b);
    release(&c);
}

/// Biases are vectors; and some numbers begin at 1 in any case.
static void test_parameters(void **state) {
    made m = make(*state, 3, 4, (bl_nn_initializer){BL_NN_INIT_ZEROS, 0, 0}, 1);
    bl_nn_parameter *bias = &m.network->plan.parameters.items[1];
    bl_error err = {0};
    bias->first_one = 1;
    bias->n_ones = 2;
    assert_ok(bl_nn_network_start(m.network, 1, NULL));
    static const float wanted[] = {0, 1, 1, 0};
    assert_memory_equal(m.network->parameters + bias->offset, wanted, sizeof wanted);
    bias->initializer.kind = BL_NN_INIT_ORTHOGONAL;
    assert_int_equal(bl_nn_network_start(m.network, 1, &err), BL_E_UNSUPPORTED);
    assert_string_equal(err.message, "layer 'd': bias of 1 axes cannot begin orthogonal: it must "
                                     "be a matrix");
    release(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments),    cmocka_unit_test(test_normals),
        cmocka_unit_test(test_orthogonal), cmocka_unit_test(test_identity),
        cmocka_unit_test(test_seeds),      cmocka_unit_test(test_parameters),
    };
    return test_run(tests, 1, NULL, NULL);
}
