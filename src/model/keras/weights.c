// SPDX-License-Identifier: Apache-2.0
// The weights of a file, by layer. An archive has a group for each layer, and numbers in groups
// "vars" at any depth below it; an `.h5` has lists of names, layer by layer, which may be cut into
// pieces "layer_names0", "layer_names1", … because an HDF5 attribute is short.
#include <stdio.h>
#include <stdlib.h>

#include "model/keras/private.h"

enum { MAX_DEPTH = 64 }; ///< of groups: a tree that was read has half as many levels at most

/// Layers by path (archive) or name (lists).
typedef struct search {
    bl_keras_file *file;
    bl_name_map layers;
} search;

/// True where a part of a path is called so.
static bool has_part(const char *path, const char *part) {
    size_t size = strlen(part);
    for (const char *at = path; size && (at = strstr(at, part)); at += size)
        if ((at == path || at[-1] == '/') && (at[size] == '/' || at[size] == '\0'))
            return true;
    return false;
}

static void count(bl_keras_file *file, size_t layer, uint64_t n) {
    file->n_parameters += n;
    for (; layer != SIZE_MAX; layer = file->layers[layer].parent)
        file->layers[layer].n_parameters += n;
}

static bl_status add_weight(bl_keras_file *file, bl_keras_weight weight, bl_error *err) {
    const bl_hdf5_values *values = weight.values;
    if (bl_hdf5_type_bytes(values->type) == 0)
        return bl_error_set(err, BL_E_UNSUPPORTED, "'%s' is no array of numbers: %s", weight.path,
                            values->unknown ? values->unknown : bl_hdf5_type_name(values->type));
    BL_TRY(bl_array_grow(file->arena.context, &file->weights, &file->weights_room, file->n_weights,
                         sizeof *file->weights, "weights", err));
    if (weight.role != BL_KERAS_OPTIMIZER && has_part(weight.path, "seed_generator"))
        weight.role = BL_KERAS_STATE;
    if (weight.role == BL_KERAS_PARAMETER)
        count(file, weight.layer, values->n);
    file->weights[file->n_weights++] = weight;
    return BL_OK;
}

// ---- groups ----

/// Numbers by their value, which is what longer names are, too.
static int compare_names(const void *left, const void *right) {
    const char *a = (*(bl_hdf5_node *const *)left)->name;
    const char *b = (*(bl_hdf5_node *const *)right)->name;
    size_t n = strlen(a), m = strlen(b);
    return n != m ? (n > m) - (n < m) : strcmp(a, b);
}

/// A group on the way, and what is known of the numbers in it.
typedef struct place {
    const char *path;
    size_t layer;
    size_t name_at; ///< where in a path the name in the layer begins
    bl_keras_role role;
    unsigned depth;
} place;

static bl_status walk(search *s, const bl_hdf5_node *node, place above, bl_error *err);

static bl_status walk_child(search *s, bl_hdf5_node *child, const place *above, bl_error *err) {
    place here = *above;
    here.path = bl_arena_printf(&s->file->arena, "%s%s%s", above->path, *above->path ? "/" : "",
                                child->name);
    if (!here.path)
        return bl_error_nomem(err, strlen(child->name), "a path");
    if (above->depth == 0 && strcmp(child->name, "optimizer") == 0)
        here.role = BL_KERAS_OPTIMIZER;
    size_t layer = bl_name_map_find(&s->layers, here.path);
    if (layer != SIZE_MAX && !child->is_dataset) {
        here.layer = layer;
        here.name_at = strlen(here.path) + 1;
    }
    here.depth++;
    if (!child->is_dataset)
        return walk(s, child, here, err);
    bl_keras_weight weight = {.layer = here.layer,
                              .name = here.path + here.name_at,
                              .path = here.path,
                              .role = here.role,
                              .values = &child->values};
    return add_weight(s->file, weight, err);
}

/// Adds all numbers below a group.
static bl_status walk(search *s, const bl_hdf5_node *node, place above, bl_error *err) {
    if (above.depth > MAX_DEPTH)
        return bl_error_set(err, BL_E_LIMIT, "groups are more than %d levels deep", MAX_DEPTH);
    if (node->n_children && strcmp(node->name, "vars") == 0)
        qsort(node->children, node->n_children, sizeof(bl_hdf5_node *), compare_names);
    for (size_t i = 0; i < node->n_children; i++)
        BL_TRY(walk_child(s, node->children[i], &above, err));
    return BL_OK;
}

/// Where a weight's layer comes among all; what no layer has comes behind them.
static size_t rank_of(const bl_keras_file *file, const bl_keras_weight *weight) {
    if (weight->role == BL_KERAS_OPTIMIZER)
        return file->n_layers + 1;
    return weight->layer == SIZE_MAX ? file->n_layers : weight->layer;
}

/// Puts weights into the configuration's order; those of one layer stay in theirs.
static bl_status sort(bl_keras_file *file, bl_error *err) {
    bl_arena *arena = &file->arena;
    size_t *at = (size_t *)bl_arena_array(arena, file->n_layers + 3, sizeof *at);
    bl_keras_weight *sorted =
        (bl_keras_weight *)bl_arena_array(arena, file->n_weights + 1, sizeof *sorted);
    if (!at || !sorted)
        return bl_error_nomem(err, file->n_weights * sizeof *sorted, "weights");
    for (size_t i = 0; i < file->n_weights; i++)
        at[rank_of(file, &file->weights[i]) + 1]++;
    for (size_t i = 1; i < file->n_layers + 2; i++)
        at[i] += at[i - 1];
    for (size_t i = 0; i < file->n_weights; i++)
        sorted[at[rank_of(file, &file->weights[i])]++] = file->weights[i];
    if (file->n_weights)
        memcpy(file->weights, sorted, file->n_weights * sizeof *sorted);
    return BL_OK;
}

static bl_status find_in_groups(search *s, bl_error *err) {
    bl_keras_file *file = s->file;
    for (size_t i = 0; i < file->n_layers; i++)
        if (file->layers[i].path)
            BL_TRY(bl_name_map_add(file->arena.context, &s->layers, file->layers[i].path, i, err));
    BL_TRY(walk(s, file->tree, (place){.path = "", .layer = SIZE_MAX}, err));
    return sort(file, err);
}

// ---- lists ----

/// The next piece of a list: the attribute itself, or one of those that it was cut into.
static const bl_hdf5_values *piece_of(const bl_hdf5_node *node, const char *name, size_t i) {
    char text[64];
    const bl_hdf5_attribute *whole = bl_hdf5_attribute_find(node, name);
    if (whole)
        return i == 0 ? &whole->values : NULL;
    (void)snprintf(text, sizeof text, "%s%zu", name, i);
    const bl_hdf5_attribute *piece = bl_hdf5_attribute_find(node, text);
    return piece ? &piece->values : NULL;
}

/// The layer that a weight of a model in the model belongs to: its name is a part of the weight's.
static void find_inner(const bl_keras_file *file, bl_keras_weight *weight) {
    size_t first = weight->layer == SIZE_MAX ? file->n_layers : weight->layer + 1;
    for (size_t i = first; i < file->n_layers && file->layers[i].depth > 0; i++)
        if (file->layers[i].parent == weight->layer && has_part(weight->name, file->layers[i].name))
            weight->layer = i;
}

/// Adds the weights that a group lists. \param path of the group
static bl_status add_listed(search *s, const bl_hdf5_node *group, const char *path, size_t layer,
                            bl_keras_role role, bl_error *err) {
    const bl_hdf5_values *names;
    for (size_t k = 0; (names = piece_of(group, "weight_names", k)); k++) {
        if (names->n && names->type != BL_HDF5_TEXTS)
            return bl_error_set(err, BL_E_CORRUPT, "'%s': its weights have no names", path);
        for (size_t i = 0; i < names->n; i++) {
            const char *name = names->texts[i];
            bl_hdf5_node *node = bl_hdf5_find(group, name);
            bl_keras_weight weight = {.layer = layer, .name = name, .role = role};
            if (!node || !node->is_dataset)
                return bl_error_set(err, BL_E_CORRUPT, "'%s': weight '%s' is missing", path, name);
            weight.path = bl_arena_printf(&s->file->arena, "%s%s%s", path, *path ? "/" : "", name);
            if (!weight.path)
                return bl_error_nomem(err, strlen(name), "a path");
            weight.values = &node->values;
            find_inner(s->file, &weight);
            BL_TRY(add_weight(s->file, weight, err));
        }
    }
    return BL_OK;
}

static bl_status add_layer(search *s, const char *folder, const char *name, bl_error *err) {
    bl_keras_file *file = s->file;
    char *path = bl_arena_printf(&file->arena, "%s%s%s", folder, *folder ? "/" : "", name);
    if (!path)
        return bl_error_nomem(err, strlen(name), "a path");
    const bl_hdf5_node *group = bl_hdf5_find(file->tree, path);
    size_t layer = bl_name_map_find(&s->layers, name);
    if (!group || group->is_dataset)
        return bl_error_set(err, BL_E_CORRUPT, "'%s': layer '%s' is missing", folder, name);
    if (layer != SIZE_MAX)
        file->layers[layer].path = path;
    return add_listed(s, group, path, layer, BL_KERAS_PARAMETER, err);
}

static bl_status find_listed(search *s, const char *folder, bl_error *err) {
    bl_keras_file *file = s->file;
    const bl_hdf5_node *group = *folder ? bl_hdf5_find(file->tree, folder) : file->tree;
    const bl_hdf5_values *names;
    if (!group)
        return bl_error_set(err, BL_E_CORRUPT, "there is no group '%s'", folder);
    for (size_t i = 0; i < file->n_layers; i++) {
        file->layers[i].path = NULL;
        if (file->layers[i].depth == 0)
            BL_TRY(bl_name_map_add(file->arena.context, &s->layers, file->layers[i].name, i, err));
    }
    for (size_t k = 0; (names = piece_of(group, "layer_names", k)); k++) {
        if (names->n && names->type != BL_HDF5_TEXTS)
            return bl_error_set(err, BL_E_CORRUPT, "'%s': its layers have no names", folder);
        for (size_t i = 0; i < names->n; i++)
            BL_TRY(add_layer(s, folder, names->texts[i], err));
    }
    return BL_OK;
}

/// What is listed beside the layers.
static bl_status find_beside(search *s, const char *folder, const char *name, bl_keras_role role,
                             bl_error *err) {
    char *path = bl_arena_printf(&s->file->arena, "%s%s%s", folder, *folder ? "/" : "", name);
    if (!path)
        return bl_error_nomem(err, strlen(name), "a path");
    const bl_hdf5_node *group = bl_hdf5_find(s->file->tree, path);
    return group ? add_listed(s, group, path, SIZE_MAX, role, err) : BL_OK;
}

static bl_status find_in_lists(search *s, bl_error *err) {
    const char *folder = s->file->format == BL_KERAS_HDF5 ? "model_weights" : "";
    BL_TRY(find_listed(s, folder, err));
    BL_TRY(find_beside(s, folder, "top_level_model_weights", BL_KERAS_PARAMETER, err));
    return find_beside(s, "", "optimizer_weights", BL_KERAS_OPTIMIZER, err);
}

// ---- all ----

/// Whether weights are found by lists of names: Keras 2, and `.h5` of Keras 3.
static bool has_lists(const bl_keras_file *file) {
    return file->format == BL_KERAS_HDF5 ||
           (file->format == BL_KERAS_WEIGHTS && piece_of(file->tree, "layer_names", 0));
}

bl_status bl_keras_weights_find(bl_keras_file *file, bl_error *err) {
    search s = {.file = file};
    bl_status status = has_lists(file) ? find_in_lists(&s, err) : find_in_groups(&s, err);
    bl_name_map_release(file->arena.context, &s.layers);
    return status;
}
