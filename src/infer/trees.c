// SPDX-License-Identifier: Apache-2.0
// Models of XGBoost and LightGBM as models: an input of their features, and the forest.
#include "model/trees/trees.h"

#include "infer/formats.h"

static bl_status make_graph(bl_bundle *bundle, const bl_nn_forest *forest, bl_error *err) {
    int64_t *width = (int64_t *)bl_arena_array(&bundle->arena, 1, sizeof *width);
    bl_nn_node *node = NULL;
    if (!width)
        return bl_error_nomem(err, sizeof *width, "a shape");
    *width = (int64_t)forest->head.n_features;
    BL_TRY(bl_nn_graph_add(&bundle->graph, &bl_nn_kinds[BL_NN_KIND_INPUT], "features", 0, NULL,
                           &node, err));
    ((bl_nn_input_options *)node->options)->shape = (bl_nn_counts){1, width};
    BL_TRY(bl_nn_graph_add(&bundle->graph, &bl_nn_kinds[BL_NN_KIND_TREE_ENSEMBLE], "forest", 1,
                           &(size_t){0}, &node, err));
    ((bl_nn_forest_options *)node->options)->forest = forest;
    return bl_nn_graph_set_outputs(&bundle->graph, 1, &(size_t){1}, err);
}

/// The names of features are those of a transform that changes nothing.
static bl_status name_columns(bl_bundle *bundle, const bl_trees_model *trees, bl_error *err) {
    bl_nn_columns *columns = (bl_nn_columns *)bl_arena_array(&bundle->arena, 1, sizeof *columns);
    if (!columns)
        return bl_error_nomem(err, sizeof *columns, "columns");
    BL_TRY(bl_nn_columns_init(&bundle->arena, "features", trees->n_names, columns, err));
    for (size_t i = 0; i < trees->n_names; i++) {
        columns->names[i] = bl_arena_text(&bundle->arena, trees->names[i], strlen(trees->names[i]));
        if (!columns->names[i])
            return bl_error_nomem(err, strlen(trees->names[i]), "the name of a feature");
    }
    bundle->transform = (bl_nn_transform){.n_inputs = 1, .inputs = columns};
    return BL_OK;
}

static bl_status convert(bl_trees_model *trees, bl_bundle *bundle, bl_error *err) {
    const bl_nn_forest *forest = trees->forest;
    BL_TRY(bl_bundle_own_forest(bundle, BL_MOVE(trees->forest), err));
    BL_TRY(make_graph(bundle, forest, err));
    if (trees->n_names == forest->head.n_features)
        BL_TRY(name_columns(bundle, trees, err));
    return bl_nn_network_new(bundle->arena.context, &bundle->graph, NULL, &bundle->network, err);
}

bl_status bl_model_read_trees(bl_context *context, const char *url, bl_bundle **ret_bundle,
                              bl_error *err) {
    BL_AUTO(bl_trees_model) trees = NULL;
    BL_AUTO(bl_bundle) bundle = NULL;
    BL_TRY(bl_trees_open(context, url, &trees, err));
    BL_TRY(bl_bundle_new(context, &bundle, err));
    BL_TRY_IN(convert(trees, bundle, err), err, "%s", url);
    *ret_bundle = BL_MOVE(bundle);
    return BL_OK;
}
