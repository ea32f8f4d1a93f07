// SPDX-License-Identifier: Apache-2.0
// ONNX files as models. They begin with nothing of their own, and are known by their names.
#include <string.h>

#include "infer/formats.h"
#include "model/onnx/file.h"
#include "model/onnx/to_graph.h"

bl_status bl_model_probe_onnx(bl_context *context, const char *url, bool *ret_is, bl_error *err) {
    const char *dot = strrchr(url, '.');
    (void)context;
    (void)err;
    *ret_is = dot && strcmp(dot, ".onnx") == 0;
    return BL_OK;
}

/// The forests are the bundle's from here on, whatever happens.
static bl_status own_forests(bl_onnx_network *from, bl_bundle *bundle, bl_error *err) {
    bl_status status = BL_OK;
    while (from->n_forests > 0 && status == BL_OK)
        status = bl_bundle_own_forest(bundle, from->forests[--from->n_forests], err);
    bl_onnx_network_release(from);
    return status;
}

static bl_status convert(const bl_onnx_model *model, bl_bundle *bundle, bl_error *err) {
    bl_onnx_network from = {0};
    BL_TRY(bl_onnx_to_graph(model, &bundle->arena, &from, err));
    const bl_nn_network_options options = {.most_floats = bl_onnx_most_floats(&from)};
    bundle->graph = from.graph;
    bundle->n_classes = from.n_classes;
    bundle->classes = from.class_names;
    bundle->transform = from.transform;
    BL_TRY(own_forests(&from, bundle, err));
    BL_TRY(
        bl_nn_network_new(bundle->arena.context, &bundle->graph, &options, &bundle->network, err));
    return bl_onnx_load_weights(&from, bundle->network, err);
}

static bl_status read_into(bl_bundle *bundle, bl_arena *arena, const char *url, bl_error *err) {
    bl_onnx_model *model;
    BL_TRY(bl_onnx_read(arena, url, &model, err));
    BL_TRY_IN(convert(model, bundle, err), err, "%s", url);
    return BL_OK;
}

bl_status bl_model_read_onnx(bl_context *context, const char *url, bl_bundle **ret_bundle,
                             bl_error *err) {
    BL_AUTO(bl_bundle) bundle = NULL;
    bl_arena arena;
    BL_TRY(bl_bundle_new(context, &bundle, err));
    bl_arena_init(&arena, context);
    bl_status status = read_into(bundle, &arena, url, err);
    bl_arena_release(&arena);
    if (status == BL_OK)
        *ret_bundle = BL_MOVE(bundle);
    return status;
}
