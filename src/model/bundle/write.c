// SPDX-License-Identifier: Apache-2.0
// Bundles being written: every member is made in memory, so that bundle.json can stand first.
#include <xxhash.h>

#include "base/names.h"
#include "io/archive/npy.h"
#include "io/archive/zip.h"
#include "model/bundle/private.h"
#include "nn/trees/message.h"

typedef struct writer {
    bl_arena *arena;
    const bl_bundle *bundle;
    size_t n;                  ///< parts so far
    bl_zip_part *parts;        ///< the first is bundle.json
    bl_bundle_members members; ///< all but the first
    bl_name_map names;
} writer;

static bl_status add(writer *w, const char *name, const void *data, size_t size, bl_error *err) {
    w->parts[w->n++] = (bl_zip_part){.name = name, .data = data, .size = size};
    w->members.items[w->members.n++] =
        (bl_bundle_member){.name = name, .n_bytes = size, .checksum = XXH64(data, size, 0)};
    return bl_name_map_add(w->arena->context, &w->names, name, w->n, err);
}

static bl_status add_text(writer *w, const char *name, const char *text, bl_error *err) {
    return add(w, name, text, strlen(text), err);
}

/// A member that is called after a layer. \param name NULL: there was no memory for it
static bl_status add_of_layer(writer *w, const char *layer, const char *name, const void *data,
                              size_t size, bl_error *err) {
    if (!name)
        return bl_error_nomem(err, 0, "a name");
    if (!*layer || !bl_zip_name_is_safe(name, strlen(name)))
        return bl_error_set(err, BL_E_INVALID, "layer '%s' has a name that no file can have",
                            layer);
    if (bl_name_map_find(&w->names, name) != SIZE_MAX)
        return bl_error_set(err, BL_E_INVALID, "layer '%s': two members would be called '%s'",
                            layer, name);
    return add(w, name, data, size, err);
}

static bl_status add_forest(writer *w, const bl_nn_node *node, bl_error *err) {
    BL_AUTO(bl_buffer) bytes = NULL;
    const bl_nn_forest_options *options = bl_bundle_forest_of(node);
    if (!options || !options->forest)
        return BL_OK;
    BL_TRY(bl_nn_forest_encode(options->forest, &bytes, err));
    void *data = bl_arena_alloc(w->arena, bytes->size + 1);
    if (!data)
        return bl_error_nomem(err, bytes->size, "a forest");
    memcpy(data, bytes->data, bytes->size);
    return add_of_layer(w, node->name,
                        bl_arena_printf(w->arena, BL_BUNDLE_FORESTS "%s.bin", node->name), data,
                        bytes->size, err);
}

static bl_status add_weight(writer *w, const bl_nn_parameter *p, bl_error *err) {
    uint8_t header[BL_NPY_HEADER_BYTES];
    size_t n_header = bl_npy_header(BL_NPY_FLOAT32, p->rank, p->sizes, header),
           n_values = p->n * sizeof(float);
    uint8_t *data = (uint8_t *)bl_arena_alloc(w->arena, n_header + n_values);
    if (!data)
        return bl_error_nomem(err, n_header + n_values, "a parameter");
    memcpy(data, header, n_header);
    memcpy(data + n_header, w->bundle->network->parameters + p->offset, n_values);
    return add_of_layer(w, p->layer, bl_bundle_weight_name(w->arena, p), data, n_header + n_values,
                        err);
}

static bl_status add_all(writer *w, bl_error *err) {
    const bl_bundle *bundle = w->bundle;
    const bl_nn_plan *plan = &bundle->network->plan;
    const char *text = NULL;
    BL_TRY(bl_nn_graph_write(&bundle->graph, &text, err));
    BL_TRY(add_text(w, BL_BUNDLE_NETWORK, text, err));
    if (bundle->transform.n_inputs) {
        BL_TRY(bl_bundle_check_transform(bundle, err));
        BL_TRY(bl_nn_transform_write(w->arena, &bundle->transform, &text, err));
        BL_TRY(add_text(w, BL_BUNDLE_TRANSFORM, text, err));
    }
    for (size_t i = 0; i < bundle->graph.n_nodes; i++)
        BL_TRY(add_forest(w, &bundle->graph.nodes[i], err));
    for (size_t i = 0; i < plan->parameters.n; i++)
        BL_TRY(add_weight(w, &plan->parameters.items[i], err));
    BL_TRY(bl_bundle_about_write(w->arena, bundle, &w->members, &text, err));
    w->parts[0] = (bl_zip_part){.name = BL_BUNDLE_ABOUT, .data = text, .size = strlen(text)};
    return BL_OK;
}

static bl_status write_to(bl_arena *arena, const bl_bundle *bundle, bl_sink *sink, bl_error *err) {
    // the list, the network and a transform, numbers, at most a forest a layer
    size_t most = 3 + bundle->network->plan.parameters.n + bundle->graph.n_nodes;
    writer w = {.arena = arena, .bundle = bundle, .n = 1};
    w.parts = (bl_zip_part *)bl_arena_array(arena, most, sizeof *w.parts);
    w.members.items = (bl_bundle_member *)bl_arena_array(arena, most, sizeof *w.members.items);
    if (!w.parts || !w.members.items)
        return bl_error_nomem(err, most * sizeof *w.parts, "members");
    bl_status status = add_all(&w, err);
    bl_name_map_release(arena->context, &w.names);
    BL_TRY(status);
    BL_TRY(bl_zip_write(sink, w.parts, w.n, err));
    return bl_sink_finish(sink, err);
}

bl_status bl_bundle_write_to(bl_context *context, const bl_bundle *bundle, bl_sink *sink,
                             bl_error *err) {
    BL_AUTO(bl_sink) owned = sink;
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_status status = write_to(&arena, bundle, owned, err);
    bl_arena_release(&arena);
    return status;
}

bl_status bl_bundle_write(bl_context *context, const bl_bundle *bundle, const char *url,
                          bool overwrite, bl_error *err) {
    bl_sink *sink = NULL;
    BL_TRY(bl_sink_open(context, url, overwrite, &sink, err));
    BL_TRY_IN(bl_bundle_write_to(context, bundle, sink, err), err, "%s", url);
    return BL_OK;
}
