// SPDX-License-Identifier: Apache-2.0
// Bundles in memory.
#include "model/bundle/bundle.h"

bl_status bl_bundle_new(bl_context *context, bl_bundle **ret_bundle, bl_error *err) {
    bl_bundle *bundle = (bl_bundle *)bl_alloc_zero(context, 1, sizeof *bundle);
    if (!bundle)
        return bl_error_nomem(err, sizeof *bundle, "a model");
    bl_arena_init(&bundle->arena, context);
    bl_nn_graph_init(&bundle->graph, &bundle->arena, NULL);
    *ret_bundle = bundle;
    return BL_OK;
}

void bl_bundle_free(bl_bundle *bundle) {
    if (!bundle)
        return;
    bl_context *context = bundle->arena.context;
    bl_nn_network_free(bundle->network);
    for (size_t i = 0; i < bundle->n_forests; i++)
        bl_nn_forest_free(bundle->forests[i]);
    bl_free(context, bundle->forests);
    bl_arena_release(&bundle->arena);
    bl_free(context, bundle);
}

bl_nn_forest_options *bl_bundle_forest_of(const bl_nn_node *node) {
    const bl_nn_node *layer = node->inner ? node->inner : node;
    return layer->kind->id == BL_NN_KIND_TREE_ENSEMBLE ? (bl_nn_forest_options *)layer->options
                                                       : NULL;
}

bl_status bl_bundle_own_forest(bl_bundle *bundle, bl_nn_forest *forest, bl_error *err) {
    size_t n_bytes = (bundle->n_forests + 1) * sizeof(void *);
    bl_nn_forest **forests =
        (bl_nn_forest **)bl_realloc(bundle->arena.context, bundle->forests, n_bytes);
    if (!forests) {
        bl_nn_forest_free(forest);
        return bl_error_nomem(err, n_bytes, "forests");
    }
    bundle->forests = forests;
    bundle->forests[bundle->n_forests++] = forest;
    return BL_OK;
}

/// Whether what is done to the rows of an input fits what the network takes.
static bl_status check_rows(const bl_nn_columns *columns, bl_nn_shape shape, bool is_ragged,
                            bl_error *err) {
    const bl_nn_arrangement *rows = &columns->rows;
    if (bl_nn_columns_arranges(columns) && !shape.steps)
        return bl_error_set(err, BL_E_SHAPE, "input '%s': its rows are %s, where it is a vector",
                            columns->input, bl_nn_arrangement_name(rows));
    if (rows->length > shape.steps)
        return bl_error_set(err, BL_E_SHAPE,
                            "input '%s': a transform up to %zu rows, where it has at most %zu",
                            columns->input, rows->length, shape.steps);
    if (rows->padding != BL_NN_FILL_NONE && is_ragged)
        return bl_error_set(err, BL_E_INVALID,
                            "input '%s': a transform that adds rows, where it is ragged",
                            columns->input);
    return BL_OK;
}

bl_status bl_bundle_check_transform(const bl_bundle *bundle, bl_error *err) {
    const bl_nn_network *network = bundle->network;
    for (size_t i = 0; i < bundle->transform.n_inputs; i++) {
        const bl_nn_columns *columns = &bundle->transform.inputs[i];
        size_t node = bl_nn_graph_find(&bundle->graph, columns->input);
        if (node == BL_NN_NONE || bundle->graph.nodes[node].kind->id != BL_NN_KIND_INPUT)
            return bl_error_set(err, BL_E_NOTFOUND,
                                "a transform of '%s', which is no input of the network",
                                columns->input);
        const bl_nn_input_options *options =
            (const bl_nn_input_options *)bundle->graph.nodes[node].options;
        bl_nn_shape shape = network->plan.values.items[network->node_values[node]].shape;
        if (columns->n != shape.width)
            return bl_error_set(err, BL_E_SHAPE,
                                "input '%s': a transform of %zu columns, where it has %zu",
                                columns->input, columns->n, shape.width);
        BL_TRY(check_rows(columns, shape, options->ragged, err));
    }
    return BL_OK;
}

bl_learned bl_bundle_learned(const bl_bundle *bundle) {
    const bl_item *parts = bl_item_get(bundle->notes[BL_BUNDLE_dataset], "parts");
    if (!parts || parts->kind != BL_ITEM_MAP || !parts->n)
        return BL_LEARNED_UNKNOWN;
    return bl_item_get(parts->items[0], "classes") ? BL_LEARNED_CLASSES : BL_LEARNED_NUMBERS;
}
