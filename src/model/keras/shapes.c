// SPDX-License-Identifier: Apache-2.0
// Shapes that a file does not tell, from the network that its configuration makes.
#include "model/keras/to_graph.h"

/// [null, steps, width] as a configuration has it.
static const bl_item *shape_item(bl_arena *arena, bl_nn_shape shape) {
    size_t sizes[] = {0, shape.steps, shape.width}, n = 0;
    bl_item *list = bl_arena_alloc(arena, sizeof *list);
    bl_item *items = bl_arena_array(arena, 3, sizeof *items);
    const bl_item **pointers = (const bl_item **)bl_arena_array(arena, 3, sizeof *pointers);
    if (!list || !items || !pointers)
        return NULL;
    for (size_t i = 0; i < 3; i++) {
        if (i == 1 && !shape.steps)
            continue;
        items[n] = (bl_item){.kind = i ? BL_ITEM_INTEGER : BL_ITEM_NULL,
                             .text = i ? bl_arena_printf(arena, "%zu", sizes[i]) : "null",
                             .integer = (int64_t)sizes[i]};
        if (!items[n].text)
            return NULL;
        pointers[n] = &items[n];
        n++;
    }
    *list = (bl_item){.kind = BL_ITEM_LIST, .n = n, .items = pointers};
    return list;
}

bl_status bl_keras_find_shapes(bl_keras_file *file, bl_error *err) {
    bl_arena *arena = &file->arena;
    BL_AUTO(bl_nn_network) network = NULL;
    bl_nn_graph graph;
    const bl_nn_network_options options = {.most_floats = (size_t)file->n_parameters +
                                                          16 * file->n_weights + 1};
    BL_TRY(bl_keras_to_graph(file, arena, &graph, err));
    BL_TRY(bl_nn_network_new(arena->context, &graph, &options, &network, err));
    for (size_t i = 0; i < file->n_layers; i++) {
        bl_keras_layer *layer = &file->layers[i];
        size_t node = bl_nn_graph_find(&graph, layer->name);
        if (layer->output_shape || node == BL_NN_NONE)
            continue;
        size_t value = network->node_values[node];
        layer->output_shape = shape_item(arena, network->plan.values.items[value].shape);
        if (!layer->output_shape)
            return bl_error_nomem(err, sizeof(bl_item), "a shape");
    }
    return BL_OK;
}
