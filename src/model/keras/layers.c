// SPDX-License-Identifier: Apache-2.0
// The layers of a configuration. Where a layer's weights lie in an archive follows from its class
// and its place among layers of that class, not from its name; its output's shape is told by those
// that take it in, or by what a sequence's next layer was built for.
#include "model/keras/conversion.h"

/// The layers of one model, while they are listed.
typedef struct model {
    bl_keras_file *file;
    size_t parent; ///< the layer that it is; SIZE_MAX
    unsigned depth;
    const char *folder; ///< path of the group that holds its layers' groups
    bool is_sequential;
    size_t n;             ///< layers
    const bl_item *items; ///< their entries
    size_t *indices;      ///< [n] in the file
    bl_name_map names;    ///< of layers: to i
    bl_name_map groups;   ///< of groups: to the place of their count
    size_t *n_groups;     ///< [n] how many had that name before
} model;

static const char *text_of(const bl_item *item) {
    return item && item->kind == BL_ITEM_TEXT ? item->text : NULL;
}

static const bl_item *list_of(const bl_item *item) {
    return item && item->kind == BL_ITEM_LIST ? item : NULL;
}

/// The layers of a model; of the oldest sequences the configuration is their list itself.
static const bl_item *layers_of(const bl_item *entry) {
    const bl_item *config = bl_item_get(entry, "config");
    return list_of(config) ? config : list_of(bl_item_get(config, "layers"));
}

// ---- where weights lie ----

/// Operations are listed with the layers, but are none: they have no group.
static bl_status find_group(model *m, bl_keras_layer *layer, bl_error *err) {
    bl_arena *arena = &m->file->arena;
    size_t size = strlen(layer->class_name), n;
    if (bl_keras_is_operation(layer->entry) ||
        (m->is_sequential && strcmp(layer->class_name, "InputLayer") == 0))
        return BL_OK;
    char *name = (char *)bl_arena_alloc(arena, 2 * size + 1);
    if (!name)
        return bl_error_nomem(err, 2 * size, "a name");
    bl_nn_snake_case(layer->class_name, name);
    size_t at = bl_name_map_find(&m->groups, name);
    if (at == SIZE_MAX)
        BL_TRY(bl_name_map_add(arena->context, &m->groups, name, at = m->n, err));
    n = m->n_groups[at]++;
    layer->path = n ? bl_arena_printf(arena, "%s/%s_%zu", m->folder, name, n)
                    : bl_arena_printf(arena, "%s/%s", m->folder, name);
    return layer->path ? BL_OK : bl_error_nomem(err, 2 * size, "a path");
}

/// Keras up to 2.13 called the folder otherwise. \return NULL where there is no memory
static const char *folder_of(bl_keras_file *file, const char *path) {
    static const char *const names[] = {"_layer_checkpoint_dependencies", "layers"};
    char *folder = NULL;
    for (size_t i = 0; i < 2; i++) {
        folder = bl_arena_printf(&file->arena, "%s%s%s", path, *path ? "/" : "", names[i]);
        if (!folder || bl_hdf5_find(file->tree, folder))
            return folder;
    }
    return folder;
}

// ---- shapes ----

static bool is_shape(const bl_item *item) {
    if (!list_of(item))
        return false;
    for (size_t i = 0; i < item->n; i++)
        if (item->items[i]->kind != BL_ITEM_INTEGER && item->items[i]->kind != BL_ITEM_NULL)
            return false;
    return true;
}

static void tell_shape(const model *m, size_t i, const bl_item *shape) {
    bl_keras_layer *layer = &m->file->layers[m->indices[i]];
    if (!layer->output_shape && is_shape(shape))
        layer->output_shape = shape;
}

/// Finds the tensors that a layer takes in, which know their shapes and who made them.
static void look_for_tensors(const model *m, const bl_item *item) {
    const char *class = text_of(bl_item_get(item, "class_name"));
    const bl_item *config = bl_item_get(item, "config");
    const bl_item *history = list_of(bl_item_get(config, "keras_history"));
    if (class && strcmp(class, "__keras_tensor__") == 0) {
        const char *maker = history && history->n == 3 && history->items[2]->integer == 0
                                ? text_of(history->items[0])
                                : NULL;
        size_t i = maker ? bl_name_map_find(&m->names, maker) : SIZE_MAX;
        if (i != SIZE_MAX)
            tell_shape(m, i, bl_item_get(config, "shape"));
        return;
    }
    for (size_t i = 0; i < item->n; i++)
        look_for_tensors(m, item->items[i]);
}

static void find_shapes(const model *m) {
    for (size_t i = 0; i < m->n; i++) {
        const bl_item *entry = m->items->items[i], *config = bl_item_get(entry, "config");
        const bl_item *nodes = bl_item_get(entry, "inbound_nodes");
        if (strcmp(m->file->layers[m->indices[i]].class_name, "InputLayer") == 0) {
            tell_shape(m, i, bl_item_get(config, "batch_shape"));
            tell_shape(m, i, bl_item_get(config, "batch_input_shape"));
        }
        if (nodes)
            look_for_tensors(m, nodes);
        if (m->is_sequential && i)
            tell_shape(m, i - 1, bl_item_get(bl_item_get(entry, "build_config"), "input_shape"));
    }
}

// ---- layers ----

static bl_status list_model(bl_keras_file *file, const bl_item *entry, const bl_item *items,
                            size_t parent, unsigned depth, const char *path, bl_error *err);

static bl_status add_layer(model *m, size_t i, bl_error *err) {
    bl_keras_file *file = m->file;
    const bl_item *entry = m->items->items[i];
    bl_keras_layer layer = {.entry = entry, .parent = m->parent, .depth = m->depth};
    layer.class_name = text_of(bl_item_get(entry, "class_name"));
    layer.name = text_of(bl_item_get(entry, "name"));
    if (!layer.name)
        layer.name = text_of(bl_item_get(bl_item_get(entry, "config"), "name"));
    if (!layer.class_name)
        return bl_item_error(entry, BL_E_INVALID, err, "layer %zu has no class", i);
    if (!layer.name)
        layer.name = layer.class_name;
    BL_TRY(find_group(m, &layer, err));
    BL_TRY(bl_array_grow(file->arena.context, &file->layers, &file->layers_room, file->n_layers,
                         sizeof *file->layers, "layers", err));
    m->indices[i] = file->n_layers;
    file->layers[file->n_layers++] = layer;
    BL_TRY(bl_name_map_add(file->arena.context, &m->names, layer.name, i, err));
    const bl_item *inner = layers_of(entry);
    if (!inner)
        return BL_OK;
    BL_TRY_IN(list_model(file, entry, inner, m->indices[i], m->depth + 1, layer.path, err), err,
              "model '%s'", layer.name);
    return BL_OK;
}

static bl_status add_layers(model *m, bl_error *err) {
    bl_arena *arena = &m->file->arena;
    m->indices = (size_t *)bl_arena_array(arena, m->items->n + 1, sizeof(size_t));
    m->n_groups = (size_t *)bl_arena_array(arena, m->items->n + 1, sizeof(size_t));
    if (!m->indices || !m->n_groups)
        return bl_error_nomem(err, m->items->n * sizeof(size_t), "layers");
    for (; m->n < m->items->n; m->n++)
        BL_TRY(add_layer(m, m->n, err));
    find_shapes(m);
    return BL_OK;
}

/// As deep as models are in each other; the document has a limit.
static bl_status list_model(bl_keras_file *file, const bl_item *entry, const bl_item *items,
                            size_t parent, unsigned depth, const char *path, bl_error *err) {
    const char *class = text_of(bl_item_get(entry, "class_name"));
    model m = {.file = file, .parent = parent, .depth = depth, .items = items};
    m.folder = folder_of(file, path ? path : "");
    m.is_sequential = class && strcmp(class, "Sequential") == 0;
    if (!m.folder)
        return bl_error_nomem(err, 64, "a path");
    bl_status status = add_layers(&m, err);
    bl_name_map_release(file->arena.context, &m.names);
    bl_name_map_release(file->arena.context, &m.groups);
    return status;
}

bl_status bl_keras_layers_find(bl_keras_file *file, bl_error *err) {
    if (!text_of(bl_item_get(file->config, "class_name")))
        return bl_error_set(err, BL_E_INVALID, "%s: the configuration of no model: it has no class",
                            file->config->source);
    const bl_item *items = layers_of(file->config);
    if (!items) // of a class of the user's own: only its code knows its layers
        return BL_OK;
    return list_model(file, file->config, items, SIZE_MAX, 0, "", err);
}
