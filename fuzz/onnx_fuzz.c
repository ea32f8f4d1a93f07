// SPDX-License-Identifier: Apache-2.0
// ONNX models. What is read must be written, and what is written must be read again as the same
// bytes; looking at it, tensor by tensor, must find what the check promised. A network that it is
// read as can be written and read once more.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "model/onnx/file.h"
#include "model/onnx/from_graph.h"
#include "model/onnx/summary.h"
#include "model/onnx/to_graph.h"
#include "model/onnx/trees.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bl_status status, const bl_error *err) {
    if (status == BL_OK || status == BL_E_NOMEM)
        return;
    fprintf(stderr, "%s\n", err->message);
    abort();
}

/// Ensembles of trees are read or refused.
static void look_at_trees(bl_arena *arena, const bl_onnx_model *model) {
    for (size_t i = 0; i < model->graph->nodes.n; i++) {
        bl_nn_forest *forest = NULL;
        if (bl_onnx_is_forest(&model->graph->nodes.items[i]))
            (void)bl_onnx_forest_read(arena->context, &model->graph->nodes.items[i], &forest, NULL);
        bl_nn_forest_free(forest);
    }
}

static void look(bl_arena *arena, const bl_onnx_model *model, bl_error *err) {
    bl_onnx_summary summary;
    bl_bytes bytes;
    must(bl_onnx_summarise(arena, model, &summary, err), err);
    for (size_t i = 0; i < summary.n_inputs; i++)
        (void)bl_onnx_type_format(arena, summary.inputs[i]->type);
    for (size_t i = 0; i < model->graph->initializers.n; i++)
        if (model->graph->initializers.items[i].type != BL_ONNX_STRING)
            must(bl_onnx_tensor_bytes(arena, &model->graph->initializers.items[i], &bytes, err),
                 err);
}

/// A network is made or refused, and so is a model of it. \param turns left
static void look_at_network(bl_arena *arena, const bl_onnx_model *model, int turns) {
    BL_AUTO(bl_nn_network) network = NULL;
    bl_onnx_network from = {0};
    bl_onnx_model *written = NULL;
    bl_error err = {0};
    if (bl_onnx_to_graph(model, arena, &from, NULL) != BL_OK)
        return;
    const bl_onnx_export_options with = {.transform = &from.transform};
    const bl_nn_network_options options = {.most_floats = bl_onnx_most_floats(&from)};
    if (bl_nn_network_new(arena->context, &from.graph, &options, &network, NULL) == BL_OK &&
        bl_onnx_load_weights(&from, network, &err) == BL_OK &&
        bl_onnx_from_graph(arena, network, &with, &written, &err) == BL_OK && turns)
        look_at_network(arena, written, turns - 1);
    bl_nn_network_free(BL_MOVE(network));
    bl_onnx_network_release(&from);
}

static void write_and_read(bl_arena *arena, const bl_onnx_model *model, bl_error *err) {
    BL_AUTO(bl_buffer) first = NULL;
    BL_AUTO(bl_buffer) second = NULL;
    bl_onnx_model *again = NULL;
    must(bl_message_encode(arena->context, &bl_onnx_model_message, model, &first, err), err);
    if (!first)
        return;
    must(bl_onnx_parse(arena, first->data, first->size, &again, err), err);
    if (!again)
        return;
    must(bl_message_encode(arena->context, &bl_onnx_model_message, again, &second, err), err);
    if (second && (second->size != first->size ||
                   (first->size && memcmp(first->data, second->data, first->size) != 0)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = 256u << 20};
    bl_context *context = NULL;
    bl_arena arena;
    bl_onnx_model *model = NULL;
    bl_error err = {0};
    if (size > 1u << 20 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    bl_arena_init(&arena, context);
    if (bl_onnx_parse(&arena, data, size, &model, &err) == BL_OK) {
        look(&arena, model, &err);
        look_at_trees(&arena, model);
        look_at_network(&arena, model, 1);
        write_and_read(&arena, model, &err);
    }
    bl_arena_release(&arena);
    bl_context_free(context);
    return 0;
}
