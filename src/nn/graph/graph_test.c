// SPDX-License-Identifier: Apache-2.0
// Graphs made node by node: names, inputs, outputs, and what is refused.
#include "nn/graph/graph.h"

#include "base/testing.h"

static const bl_nn_kind *dense, *input, *concatenate;

static bl_status add(bl_nn_graph *graph, const bl_nn_kind *kind, const char *name, size_t n,
                     const size_t *inputs, bl_error *err) {
    bl_nn_node *node = NULL;
    return bl_nn_graph_add(graph, kind, name, n, inputs, &node, err);
}

static void test_names(void **state) {
    static const char *const classes[][2] = {{"SimpleRNN", "simple_rnn"},
                                             {"GRU", "gru"},
                                             {"PReLU", "p_re_lu"},
                                             {"Conv1D", "conv1d"},
                                             {"GlobalMaxPooling1D", "global_max_pooling1d"},
                                             {"MultiHeadAttention", "multi_head_attention"}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        char text[64];
        bl_nn_snake_case(classes[i][0], text);
        assert_string_equal(text, classes[i][1]);
    }
    bl_arena arena;
    bl_nn_graph graph;
    bl_arena_init(&arena, (bl_context *)*state);
    bl_nn_graph_init(&graph, &arena, "names");
    assert_ok(add(&graph, input, "x", 0, NULL, NULL));
    assert_ok(add(&graph, dense, "dense_2", 1, (size_t[]){0}, NULL));
    assert_ok(add(&graph, dense, "dense_x", 1, (size_t[]){0}, NULL));
    for (int i = 0; i < 3; i++)
        assert_ok(add(&graph, dense, NULL, 1, (size_t[]){0}, NULL));
    static const char *const names[] = {"x", "dense_2", "dense_x", "dense", "dense_1", "dense_3"};
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(graph.nodes[i].name, names[i]);
        assert_int_equal(bl_nn_graph_find(&graph, names[i]), i);
    }
    assert_int_equal(bl_nn_graph_find(&graph, "dense_4"), BL_NN_NONE);
    assert_true(((const bl_nn_dense_options *)graph.nodes[3].options)->use_bias);
    bl_arena_release(&arena);
}

static void test_mistakes(void **state) {
    bl_arena arena;
    bl_nn_graph graph;
    bl_error err = {0};
    bl_arena_init(&arena, (bl_context *)*state);
    bl_nn_graph_init(&graph, &arena, "mistakes");
    assert_ok(add(&graph, input, "x", 0, NULL, NULL));
    assert_int_equal(add(&graph, input, "x", 0, NULL, &err), BL_E_INVALID);
    assert_string_equal(err.message, "two layers are called 'x'");
    assert_int_equal(add(&graph, dense, NULL, 1, (size_t[]){1}, &err), BL_E_INVALID);
    assert_string_equal(err.message, "layer 'dense' (Dense) takes a layer that is not before it");
    assert_int_equal(add(&graph, dense, NULL, 2, (size_t[]){0, 0}, &err), BL_E_INVALID);
    assert_string_equal(err.message, "layer 'dense' (Dense) takes 1 input, not 2");
    assert_int_equal(add(&graph, concatenate, NULL, 0, NULL, &err), BL_E_INVALID);
    assert_string_equal(err.message,
                        "layer 'concatenate' (Concatenate) takes 1 to 64 inputs, not 0");
    assert_int_equal(
        add(&graph, bl_nn_kind_find("MultiHeadAttention"), "a", 1, (size_t[]){0}, &err),
        BL_E_INVALID);
    assert_string_equal(err.message, "layer 'a' (MultiHeadAttention) takes 2 or 3 inputs, not 1");
    assert_int_equal(bl_nn_graph_set_outputs(&graph, 0, NULL, NULL), BL_E_INVALID);
    assert_int_equal(bl_nn_graph_set_outputs(&graph, 1, (size_t[]){1}, NULL), BL_E_INVALID);
    assert_int_equal(graph.n_nodes, 1);
    assert_ok(bl_nn_graph_set_outputs(&graph, 1, (size_t[]){0}, NULL));
    assert_true(graph.n_outputs == 1 && graph.outputs[0] == 0);
    while (graph.n_nodes < BL_NN_MOST_NODES)
        assert_ok(add(&graph, dense, NULL, 1, (size_t[]){0}, NULL));
    assert_int_equal(add(&graph, dense, NULL, 1, (size_t[]){0}, NULL), BL_E_LIMIT);
    bl_arena_release(&arena);
}

static bl_status make_graph(bl_context *context) {
    bl_arena arena;
    bl_nn_graph graph;
    bl_arena_init(&arena, context);
    bl_nn_graph_init(&graph, &arena, "memory");
    bl_status status = add(&graph, input, NULL, 0, NULL, NULL);
    for (size_t i = 0; i < 20 && status == BL_OK; i++)
        status = add(&graph, dense, NULL, 1, (size_t[]){i}, NULL);
    if (status == BL_OK)
        status = bl_nn_graph_set_outputs(&graph, 1, (size_t[]){20}, NULL);
    bl_arena_release(&arena);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_mistakes),
        test_each_allocation(make_graph),
    };
    dense = bl_nn_kind_find("Dense");
    input = bl_nn_kind_find("Input");
    concatenate = bl_nn_kind_find("Concatenate");
    return test_run(tests, 1, NULL, NULL);
}
