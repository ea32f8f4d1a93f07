// SPDX-License-Identifier: Apache-2.0
// Networks as files of Keras, read back to the same network; what Keras makes of them is seen in
// tests/peers/keras_networks.py.
#include "model/keras/from_graph.h"

#include <math.h>
#include <stdio.h>

#include "base/testing.h"
#include "formats/hdf5/hdf5.h"
#include "model/keras/to_graph.h"

static bool has_module(bl_context *context) {
    static const char *const names[] = {"vars"};
    bl_source *source = NULL;
    bool found;
    assert_ok(bl_source_open_memory(context, "none", "none", 4, &source, NULL));
    return bl_hdf5_look(context, source, names, 1, &found, NULL) != BL_E_UNSUPPORTED;
}

static bl_status add(bl_nn_graph *graph, const char *kind, const char *name, size_t n,
                     const size_t *inputs, bl_nn_node **ret_node) {
    return bl_nn_graph_add(graph, bl_nn_kind_find(kind), name, n, inputs, ret_node, NULL);
}

/// One input, two layers of one class that are found in another order from the outputs, one of them
/// twice.
static bl_status make_graph(bl_arena *arena, bl_nn_graph *graph) {
    static const int64_t width[] = {3};
    bl_nn_node *node = NULL;
    bl_nn_graph_init(graph, arena, "made");
    BL_TRY(add(graph, "Input", "x", 0, NULL, &node));
    ((bl_nn_input_options *)node->options)->shape = (bl_nn_counts){1, width};
    BL_TRY(add(graph, "Dense", "a/b", 1, (size_t[]){0}, &node));
    ((bl_nn_dense_options *)node->options)->units = 3;
    node->frozen = true;
    BL_TRY(add(graph, "Dense", "b", 1, (size_t[]){0}, &node));
    bl_nn_dense_options *options = node->options;
    options->units = 3;
    options->activation = (bl_nn_activation){.kind = BL_NN_LEAKY_RELU, .slope = 0.125F};
    options->kernel_regularizer.l2 = 0.5;
    options->bias_initializer = (bl_nn_initializer){.kind = BL_NN_INIT_CONSTANT, .a = 0.25};
    BL_TRY(add(graph, "Dense", "again", 1, (size_t[]){2}, &node));
    *(bl_nn_dense_options *)node->options = *(const bl_nn_dense_options *)graph->nodes[1].options;
    node->same_as = 1;
    node->frozen = true;
    return bl_nn_graph_set_outputs(graph, 2, (size_t[]){3, 1}, NULL);
}

static bl_status save(bl_context *context, bl_keras_file *file, bl_buffer **bytes) {
    bl_sink *sink = NULL;
    BL_TRY(bl_buffer_new(context, 4096, bytes, NULL));
    BL_TRY(bl_sink_open_memory(context, "written", bytes, &sink, NULL));
    return bl_keras_write_to(file, sink, NULL);
}

static bl_status predict(const bl_nn_network *network, float *ret_y) {
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    static const float x[] = {1, -2, 0.5F};
    bl_nn_matrix out[2];
    BL_TRY(bl_nn_workspace_new(network, 1, false, &workspace, NULL));
    BL_TRY(bl_nn_predict(workspace, 1, &(bl_nn_feed){.data = x}, out, NULL));
    for (size_t i = 0; i < 6; i++)
        ret_y[i] = out[i / 3].data[i % 3];
    return BL_OK;
}

static bl_status read_back(bl_context *context, const bl_buffer *bytes, bl_arena *arena,
                           bl_nn_graph *graph, bl_nn_network **ret_network) {
    BL_AUTO(bl_keras_file) file = NULL;
    bl_source *source = NULL;
    BL_TRY(bl_source_open_memory(context, "written", bytes->data, bytes->size, &source, NULL));
    BL_TRY(bl_keras_read(context, source, &file, NULL));
    BL_TRY(bl_keras_to_graph(file, arena, graph, NULL));
    BL_TRY(bl_nn_network_new(context, graph, NULL, ret_network, NULL));
    return bl_keras_load_weights(file, *ret_network, NULL);
}

static void check_graph(const bl_nn_graph *graph) {
    size_t a = bl_nn_graph_find(graph, "a_b"), b = bl_nn_graph_find(graph, "b");
    size_t again = bl_nn_graph_find(graph, "a_b.1");
    assert_true(a != BL_NN_NONE && b != BL_NN_NONE && again != BL_NN_NONE);
    assert_int_equal(graph->n_nodes, 4);
    assert_int_equal(graph->nodes[again].same_as, a);
    assert_true(graph->nodes[a].frozen && !graph->nodes[b].frozen);
    const bl_nn_dense_options *options = graph->nodes[b].options;
    assert_true(options->activation.kind == BL_NN_LEAKY_RELU);
    assert_true(options->activation.slope == 0.125F && options->kernel_regularizer.l2 == 0.5);
    assert_true(options->bias_initializer.kind == BL_NN_INIT_CONSTANT);
    assert_true(options->bias_initializer.a == 0.25);
}

static bl_status round_trip(bl_context *context, bl_arena *arena, bl_keras_format format) {
    BL_AUTO(bl_nn_network) network = NULL;
    BL_AUTO(bl_nn_network) back = NULL;
    BL_AUTO(bl_keras_file) file = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_nn_graph graph, graph_back;
    float y[6], y_back[6];
    BL_TRY(make_graph(arena, &graph));
    BL_TRY(bl_nn_network_new(context, &graph, NULL, &network, NULL));
    for (size_t i = 0; i < network->plan.n_floats; i++)
        network->parameters[i] = (float)(i % 7) - 2.5F;
    bl_nn_network_pack(network);
    BL_TRY(bl_keras_from_network(context, network, format, &file, NULL));
    BL_TRY(save(context, file, &bytes));
    BL_TRY(read_back(context, bytes, arena, &graph_back, &back));
    check_graph(&graph_back);
    BL_TRY(predict(network, y));
    BL_TRY(predict(back, y_back));
    // The call of "a/b" that Keras lists first is the first.
    assert_memory_equal(y, y_back, sizeof y);
    return BL_OK;
}

static bl_status round_trips(bl_context *context) {
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_status status = round_trip(context, &arena, BL_KERAS_ARCHIVE);
    if (status == BL_OK)
        status = round_trip(context, &arena, BL_KERAS_HDF5);
    bl_arena_release(&arena);
    return status;
}

static void test_round_trips(void **state) {
    if (!has_module(*state))
        skip();
    assert_ok(round_trips(*state));
}

/// Behind a ragged input stands a Masking; what would see padding is refused.
static void test_ragged(void **state) {
    static const int64_t shape[] = {5, 3};
    for (size_t flattens = 0; flattens < 2; flattens++) {
        bl_arena arena;
        bl_nn_graph graph;
        bl_nn_node *node = NULL;
        bl_nn_network network = {.graph = &graph, .n_inputs = 1};
        bl_nn_value values[] = {{.shape = {5, 3}}, {.shape = {flattens ? 0 : 5, 15}}};
        size_t numbers[] = {0, 1};
        BL_AUTO(bl_keras_file) file = NULL;
        bl_error err = {0};
        bl_arena_init(&arena, *state);
        bl_nn_graph_init(&graph, &arena, "ragged");
        assert_ok(add(&graph, "Input", "x", 0, NULL, &node));
        *(bl_nn_input_options *)node->options =
            (bl_nn_input_options){.shape = {2, shape}, .ragged = true};
        assert_ok(add(&graph, flattens ? "Flatten" : "Activation", "y", 1, (size_t[]){0}, &node));
        assert_ok(bl_nn_graph_set_outputs(&graph, 1, (size_t[]){1}, NULL));
        network.plan.values.items = values;
        network.node_values = numbers;
        bl_status status = bl_keras_from_network(*state, &network, BL_KERAS_ARCHIVE, &file, &err);
        if (flattens) {
            assert_int_equal(status, BL_E_UNSUPPORTED);
            assert_string_equal(err.message, "layer 'y' (Flatten): in Keras it would see the steps "
                                             "that a ragged input lacks");
        } else {
            assert_ok(status);
            assert_true(file && file->n_layers == 3);
            assert_string_equal(file->layers[1].name, "x_masking");
        }
        bl_arena_release(&arena);
    }
}

static void test_infinite_constant(void **state) {
    static const int64_t shape[] = {3};
    bl_arena arena;
    bl_nn_graph graph;
    bl_nn_node *node = NULL;
    BL_AUTO(bl_nn_network) network = NULL;
    BL_AUTO(bl_keras_file) file = NULL;
    bl_error err = {0};
    bl_arena_init(&arena, *state);
    bl_nn_graph_init(&graph, &arena, "infinite");
    assert_ok(add(&graph, "Input", "x", 0, NULL, &node));
    ((bl_nn_input_options *)node->options)->shape = (bl_nn_counts){1, shape};
    assert_ok(add(&graph, "Greater", "y", 1, (size_t[]){0}, &node));
    ((bl_nn_compare_options *)node->options)->value = INFINITY;
    assert_ok(bl_nn_graph_set_outputs(&graph, 1, (size_t[]){1}, NULL));
    assert_ok(bl_nn_network_new(*state, &graph, NULL, &network, NULL));
    assert_error(bl_keras_from_network(*state, network, BL_KERAS_ARCHIVE, &file, &err),
                 BL_E_UNSUPPORTED, err, "layer 'y' (Greater): value is infinite");
    bl_nn_network_free(BL_MOVE(network));
    bl_arena_release(&arena);
}

/// A network that was made with all memory that it wants.
static const bl_nn_network *made;

static bl_status write_and_read(bl_context *context) {
    BL_AUTO(bl_keras_file) file = NULL;
    BL_AUTO(bl_keras_file) back = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_source *source = NULL;
    BL_TRY(bl_keras_from_network(context, made, BL_KERAS_HDF5, &file, NULL));
    BL_TRY(save(context, file, &bytes));
    BL_TRY(bl_source_open_memory(context, "written", bytes->data, bytes->size, &source, NULL));
    return bl_keras_read(context, source, &back, NULL);
}

static void test_memory(void **state) {
    BL_AUTO(bl_nn_network) network = NULL;
    bl_arena arena;
    bl_nn_graph graph;
    if (!has_module(*state))
        skip();
    bl_arena_init(&arena, *state);
    assert_ok(make_graph(&arena, &graph));
    assert_ok(bl_nn_network_new(*state, &graph, NULL, &network, NULL));
    made = network;
    test_every_allocation_fails(write_and_read);
    bl_nn_network_free(BL_MOVE(network));
    bl_arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips), cmocka_unit_test(test_ragged),
        cmocka_unit_test(test_infinite_constant), cmocka_unit_test(test_memory)};
    return test_run(tests, 1, NULL, NULL);
}
