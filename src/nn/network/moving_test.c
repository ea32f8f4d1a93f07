// SPDX-License-Identifier: Apache-2.0
// Permute and Slice: where numbers go, of ragged events too, and that gradients come back to where
// the numbers came from: of y = Lx, g·y is (Lᵀg)·x.
#include "base/testing.h"
#include "nn/network/private.h"

enum { N_EVENTS = 5, STEPS = 4, WIDTH = 3, N_ROWS = N_EVENTS * STEPS };

static const int64_t shape[] = {STEPS, WIDTH};

/// An input, a layer that lets all through and is trained, and the layer.
static void make_graph(bl_arena *arena, bl_nn_kind_id kind, bool ragged, bl_nn_graph *graph,
                       void **ret_options) {
    bl_nn_node *node;
    size_t before;
    bl_nn_graph_init(graph, arena, "moving");
    assert_ok(bl_nn_graph_add(graph, &bl_nn_kinds[BL_NN_KIND_INPUT], "x", 0, NULL, &node, NULL));
    *(bl_nn_input_options *)node->options =
        (bl_nn_input_options){.shape = {2, shape}, .ragged = ragged};
    before = 0;
    assert_ok(bl_nn_graph_add(graph, &bl_nn_kinds[kind], "y", 1, &before, &node, NULL));
    *ret_options = node->options;
    assert_ok(bl_nn_graph_set_outputs(graph, 1, &(size_t){1}, NULL));
}

/// What an output has at a place of its event. \param e, r, k event, row, column
typedef size_t (*source_fn)(const void *options, size_t r, size_t k);

static size_t permuted(const void *options, size_t r, size_t k) {
    (void)options;
    return k * WIDTH + r;
}

static size_t sliced(const void *options, size_t r, size_t k) {
    const bl_nn_slice_options *o = options;
    return o->axis == 1 ? ((size_t)o->start + r) * WIDTH + k : r * WIDTH + (size_t)o->start + k;
}

static void check(bl_context *context, const bl_nn_graph *graph, const void *options,
                  source_fn source, size_t steps, size_t width, const int64_t *offsets) {
    BL_AUTO(bl_nn_network) network = NULL;
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    bl_nn_network_options how = {.trains = true, .wants_input_gradients = true};
    float x[N_ROWS * WIDTH];
    for (size_t i = 0; i < N_ROWS * WIDTH; i++)
        x[i] = (float)(i + 1);
    assert_ok(bl_nn_network_new(context, graph, &how, &network, NULL));
    assert_ok(bl_nn_workspace_new(network, N_EVENTS, true, &workspace, NULL));
    bl_nn_feed feed = {.data = x, .offsets = offsets};
    bl_nn_matrix y;
    assert_ok(bl_nn_predict(workspace, N_EVENTS, &feed, &y, NULL));
    bl_nn_shape made = network->plan.values.items[network->outputs[0]].shape;
    assert_int_equal(made.steps, steps);
    assert_int_equal(made.width, width);

    assert_ok(bl_nn_workspace_begin(workspace, N_EVENTS, &feed, NULL));
    workspace->run.trains = true;
    assert_ok(bl_nn_run_forward(workspace, 0, network->n_steps, NULL));
    bl_nn_matrix g = bl_nn_output_gradient(workspace, 0);
    const uint32_t *rows = bl_nn_output_offsets(workspace, 0);
    double there = 0, back = 0;
    for (size_t e = 0; e < N_EVENTS; e++) {
        size_t from = offsets ? (size_t)offsets[e] : e * STEPS;
        size_t n = offsets ? (size_t)(offsets[e + 1] - offsets[e]) : STEPS;
        size_t first = rows ? rows[e] : e, last = rows ? rows[e + 1] : e + 1;
        for (size_t r = 0; r < last - first; r++)
            for (size_t k = 0; k < width; k++) {
                size_t at = source(options, r, k);
                float wanted = at / WIDTH < n ? x[from * WIDTH + at] : 0;
                assert_float_equal(y.data[(first + r) * y.stride + k], wanted, 0);
                float slope = (float)(3 * r + 7 * k + e + 1);
                g.data[(first + r) * g.stride + k] = slope;
                there += (double)slope * (double)wanted;
            }
    }
    bl_nn_run_backward(workspace, 0, network->n_steps);
    bl_nn_matrix to = workspace->value_gradients[network->inputs[0]];
    size_t n_rows = offsets ? (size_t)offsets[N_EVENTS] : N_ROWS;
    for (size_t r = 0; r < n_rows; r++)
        for (size_t k = 0; k < WIDTH; k++)
            back += (double)to.data[r * to.stride + k] * (double)x[r * WIDTH + k];
    assert_true(there == back && there > 0);
}

static const int64_t ragged_offsets[] = {0, 4, 5, 5, 8, 10};

static void test_permute(void **state) {
    static const int64_t turned[] = {2, 1};
    (void)state;
    bl_context *context = test_context(1);
    for (int ragged = 0; ragged < 2; ragged++) {
        bl_arena arena;
        bl_nn_graph graph;
        void *options;
        bl_arena_init(&arena, context);
        make_graph(&arena, BL_NN_KIND_PERMUTE, ragged, &graph, &options);
        ((bl_nn_permute_options *)options)->dims = (bl_nn_counts){2, turned};
        check(context, &graph, options, permuted, WIDTH, STEPS, ragged ? ragged_offsets : NULL);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

static void test_slice(void **state) {
    static const struct {
        bl_nn_slice_options options;
        size_t steps, width;
    } cases[] = {
        {{.axis = -1, .start = 1, .size = 2, .keepdims = true}, STEPS, 2},
        {{.axis = 1, .start = 1, .size = 2, .keepdims = true}, 2, WIDTH},
        {{.axis = 1, .start = 3, .size = 1, .keepdims = true}, 1, WIDTH},
        {{.axis = 1, .start = 0, .size = 1, .keepdims = false}, 0, WIDTH},
    };
    (void)state;
    bl_context *context = test_context(1);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        bl_arena arena;
        bl_nn_graph graph;
        void *options;
        bl_arena_init(&arena, context);
        make_graph(&arena, BL_NN_KIND_SLICE, i % 2, &graph, &options);
        *(bl_nn_slice_options *)options = cases[i / 2].options;
        check(context, &graph, options, sliced, cases[i / 2].steps, cases[i / 2].width,
              i % 2 ? ragged_offsets : NULL);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

static void test_refused(void **state) {
    static const bl_nn_slice_options wrong[] = {
        {.axis = 1, .start = 3, .size = 2, .keepdims = true},
        {.axis = -1, .start = 4, .size = 1, .keepdims = true},
        {.axis = 1, .start = 0, .size = 2, .keepdims = false},
    };
    (void)state;
    bl_context *context = test_context(1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        BL_AUTO(bl_nn_network) network = NULL;
        bl_arena arena;
        bl_nn_graph graph;
        void *options;
        bl_error err = {0};
        bl_arena_init(&arena, context);
        make_graph(&arena, BL_NN_KIND_SLICE, false, &graph, &options);
        *(bl_nn_slice_options *)options = wrong[i];
        assert_int_equal(bl_nn_network_new(context, &graph, NULL, &network, &err), BL_E_SHAPE);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permute),
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
