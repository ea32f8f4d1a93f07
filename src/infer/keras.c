// SPDX-License-Identifier: Apache-2.0
// Keras's files as models.
#include "base/json_text.h"
#include "infer/formats.h"
#include "model/keras/to_graph.h"

/// Numbers that a network of the file may have: its own, each array with what aligns the next.
static size_t most_floats(const bl_keras_file *file) {
    return (size_t)file->n_parameters + 16 * file->n_weights + 1;
}

/// What the file says of training, which outlives it.
static bl_status copy_compiled(const bl_keras_file *file, bl_bundle *bundle, bl_error *err) {
    bl_text text = {.arena = &bundle->arena};
    if (!file->training)
        return BL_OK;
    bl_json_put_item(&text, file->training, BL_JSON_ONE_LINE);
    if (text.has_failed)
        return bl_error_nomem(err, text.n, "a configuration");
    return bl_json_parse(&bundle->arena, "compile_config", text.text, text.n, &bundle->compiled,
                         err);
}

static bl_status convert(const bl_keras_file *file, bl_bundle *bundle, bl_error *err) {
    const bl_nn_network_options options = {.most_floats = most_floats(file)};
    BL_TRY(bl_keras_to_graph(file, &bundle->arena, &bundle->graph, err));
    BL_TRY(
        bl_nn_network_new(bundle->arena.context, &bundle->graph, &options, &bundle->network, err));
    BL_TRY(copy_compiled(file, bundle, err));
    return bl_keras_load_weights(file, bundle->network, err);
}

bl_status bl_model_read_keras(bl_context *context, const char *url, bl_bundle **ret_bundle,
                              bl_error *err) {
    BL_AUTO(bl_keras_file) file = NULL;
    BL_AUTO(bl_bundle) bundle = NULL;
    BL_TRY(bl_keras_open(context, url, &file, err));
    BL_TRY(bl_bundle_new(context, &bundle, err));
    BL_TRY_IN(convert(file, bundle, err), err, "%s", url);
    *ret_bundle = BL_MOVE(bundle);
    return BL_OK;
}
