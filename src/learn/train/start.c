// SPDX-License-Identifier: Apache-2.0
// Networks to be trained.
#include "learn/train/start.h"

#include <string.h>

#include "base/json_text.h"
#include "infer/model.h"
#include "model/keras/to_graph.h"

// ---- layers alone ----

/// A configuration as `to_json()` gives it.
static bl_status read_keras(bl_context *context, const bl_item *document, bl_bundle *bundle,
                            bl_error *err) {
    BL_AUTO(bl_keras_file) file = NULL;
    bl_text text = {.arena = &bundle->arena};
    bl_json_put_item(&text, document, BL_JSON_ONE_LINE);
    if (text.has_failed)
        return bl_error_nomem(err, text.n, "a configuration");
    BL_TRY(bl_keras_read_json(context, document->source, text.text, text.n, &file, err));
    BL_TRY_IN(bl_keras_to_graph(file, &bundle->arena, &bundle->graph, err), err, "%s",
              document->source);
    return BL_OK;
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/// \param ret_is whether the file has layers and nothing else: JSON may be other things, too
static bl_status read_layers(bl_context *context, const char *url, bl_start *start, bool *ret_is,
                             bl_error *err) {
    bl_bundle *bundle = start->bundle;
    const bl_item *document = NULL;
    *ret_is = ends_with(url, ".yaml") || ends_with(url, ".yml");
    if (!*ret_is && !ends_with(url, ".json"))
        return BL_OK;
    BL_TRY(bl_document_read(&bundle->arena, url, &document, err));
    if (!*ret_is && bl_item_get(document, "class_name") && bl_item_get(document, "config")) {
        *ret_is = true;
        return read_keras(context, document, bundle, err);
    }
    *ret_is |= bl_item_get(document, "layers") != NULL;
    if (!*ret_is)
        return BL_OK;
    start->training = bl_item_get(document, "training");
    return bl_nn_graph_read(&bundle->arena, document, &bundle->graph, err);
}

// ---- with parameters ----

static bl_status read_start(bl_context *context, const char *url, bl_start *start, bl_error *err) {
    bool is_layers = false;
    const bl_model_format *format = NULL;
    BL_TRY(bl_bundle_new(context, &start->bundle, err));
    BL_TRY(read_layers(context, url, start, &is_layers, err));
    if (is_layers)
        return BL_OK;
    bl_start_release(start);
    BL_TRY(bl_model_read(context, url, &format, &start->bundle, err));
    if (start->bundle->n_forests)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s: trees are not trained", url);
    return BL_OK;
}

bl_status bl_start_read(bl_context *context, const char *url, bl_start *ret_start, bl_error *err) {
    bl_start start = {0};
    bl_status status = read_start(context, url, &start, err);
    if (status == BL_OK)
        *ret_start = start;
    else
        bl_start_release(&start);
    return status;
}

void bl_start_release(bl_start *start) {
    bl_bundle_free(start->bundle);
    *start = (bl_start){0};
}

// ---- networks that train ----

/// Parameters of a network of the same graph.
static void copy_parameters(const bl_nn_network *from, bl_nn_network *to) {
    for (size_t i = 0; i < to->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &to->plan.parameters.items[i];
        const bl_nn_parameter *was = bl_nn_network_find(from, p->layer, p->name);
        memcpy(to->parameters + p->offset, from->parameters + was->offset, p->n * sizeof(float));
    }
    bl_nn_network_pack(to);
}

bl_status bl_start_network(bl_start *start, bool fresh, uint64_t seed, bl_error *err) {
    BL_AUTO(bl_nn_network) network = NULL;
    bl_bundle *bundle = start->bundle;
    const bl_nn_network_options options = {.trains = true};
    BL_TRY(bl_nn_network_new(bundle->arena.context, &bundle->graph, &options, &network, err));
    if (bundle->network && !fresh)
        copy_parameters(bundle->network, network);
    else
        BL_TRY(bl_nn_network_start(network, seed, err));
    bl_nn_network_free(bundle->network);
    bundle->network = BL_MOVE(network);
    return BL_OK;
}
