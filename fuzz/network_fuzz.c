// SPDX-License-Identifier: Apache-2.0
// Networks as YAML and as configurations of Keras. A graph that is read is written as YAML, which
// must read to the same text again, and becomes a network if it is a small one: its parameters
// begin, it predicts, and it is written as a model of Keras, which reads back.
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "model/keras/from_graph.h"
#include "model/keras/to_graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_NUMBERS = 1 << 14, MOST_PORTS = 8 };

static bl_status read_yaml(bl_arena *arena, const char *text, size_t size, bl_nn_graph *ret_graph) {
    const bl_item *document = NULL;
    BL_TRY(bl_yaml_parse(arena, "fuzz", text, size, &document, NULL));
    return bl_nn_graph_read(arena, document, ret_graph, NULL);
}

static void write_twice(bl_arena *arena, const bl_nn_graph *graph) {
    bl_nn_graph again;
    const char *first = NULL, *second = NULL;
    if (bl_nn_graph_write(graph, &first, NULL) != BL_OK)
        return;
    if (read_yaml(arena, first, strlen(first), &again) != BL_OK ||
        bl_nn_graph_write(&again, &second, NULL) != BL_OK || strcmp(first, second) != 0)
        abort();
}

/// Whether all that it computes with is small, whatever is in it.
static bool is_small(const bl_nn_network *network) {
    bool is_small = network->plan.n_floats < MOST_NUMBERS && network->n_inputs <= MOST_PORTS &&
                    network->n_outputs <= MOST_PORTS;
    for (size_t i = 0; i < network->plan.values.n && is_small; i++) {
        const bl_nn_shape *shape = &network->plan.values.items[i].shape;
        is_small = shape->steps < MOST_NUMBERS && shape->width < MOST_NUMBERS &&
                   shape->steps * shape->width < MOST_NUMBERS;
    }
    return is_small;
}

static void predict(const bl_nn_network *network) {
    static const float zeros[MOST_NUMBERS];
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    bl_nn_feed feeds[MOST_PORTS] = {0};
    bl_nn_matrix outputs[MOST_PORTS];
    for (size_t i = 0; i < MOST_PORTS; i++)
        feeds[i].data = zeros;
    if (bl_nn_workspace_new(network, 1, false, &workspace, NULL) == BL_OK)
        (void)bl_nn_predict(workspace, 1, feeds, outputs, NULL);
}

/// Memory for as many events as there may be is there, or refused.
static void make_room(const bl_nn_network *network) {
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    (void)!bl_nn_workspace_new(network, BL_NN_SHARD_EVENTS, false, &workspace, NULL);
}

static void write_model(bl_context *context, bl_arena *arena, const bl_nn_network *network) {
    BL_AUTO(bl_keras_file) file = NULL;
    bl_nn_graph graph;
    if (bl_keras_from_network(context, network, BL_KERAS_HDF5, &file, NULL) != BL_OK)
        return;
    bl_status status = bl_keras_to_graph(file, arena, &graph, NULL);
    if (status != BL_OK && status != BL_E_UNSUPPORTED && status != BL_E_LIMIT)
        abort();
}

static void use(bl_context *context, bl_arena *arena, const bl_nn_graph *graph) {
    BL_AUTO(bl_nn_network) network = NULL;
    write_twice(arena, graph);
    if (bl_nn_network_new(context, graph, NULL, &network, NULL) != BL_OK)
        return;
    if (!is_small(network)) {
        make_room(network);
        return;
    }
    if (bl_nn_network_start(network, 1, NULL) == BL_OK)
        predict(network);
    write_model(context, arena, network);
}

static void read_as_yaml(bl_context *context, const char *text, size_t size) {
    bl_arena arena;
    bl_nn_graph graph;
    bl_arena_init(&arena, context);
    if (read_yaml(&arena, text, size, &graph) == BL_OK)
        use(context, &arena, &graph);
    bl_arena_release(&arena);
}

static void read_as_keras(bl_context *context, const char *text, size_t size) {
    BL_AUTO(bl_keras_file) file = NULL;
    bl_arena arena;
    bl_nn_graph graph;
    bl_arena_init(&arena, context);
    if (bl_keras_read_json(context, "fuzz", text, size, &file, NULL) == BL_OK &&
        bl_keras_to_graph(file, &arena, &graph, NULL) == BL_OK)
        use(context, &arena, &graph);
    bl_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = 256 << 20};
    bl_context *context = NULL;
    const char *text = size ? (const char *)data : "";
    if (bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    read_as_yaml(context, text, size);
    if (size && *text == '{')
        read_as_keras(context, text, size);
    bl_context_free(context);
    return 0;
}
