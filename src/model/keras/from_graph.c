// SPDX-License-Identifier: Apache-2.0
// A network as a file of Keras: the configuration with who calls whom, the tree of weights, and
// what an archive has beside them.
#include "model/keras/from_graph.h"

#include <math.h>

#include "base/context.h"
#include "model/keras/private.h"
#include "model/keras/writing.h"

/// The first version that reads all that is written here.
#define KERAS_VERSION "3.0.0"

static bl_status no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for a model");
}

// ---- calls ----

static void add_shape(bl_text *text, bl_nn_shape shape) {
    if (shape.steps)
        bl_text_add(text, "[null, %zu, %zu]", shape.steps, shape.width);
    else
        bl_text_add(text, "[null, %zu]", shape.width);
}

static void add_tensor(bl_keras_writing *w, size_t number) {
    const bl_keras_entry_call *call = &w->calls[number];
    bl_text *text = &w->config;
    bl_text_add(text, "{\"class_name\": \"__keras_tensor__\", \"config\": {\"shape\": ");
    add_shape(text, call->shape);
    bl_text_add(text, ", \"dtype\": \"%s\", \"keras_history\": [",
                call->is_bool ? "bool" : "float32");
    bl_text_add_quoted(text, w->entries[call->entry].name);
    bl_text_add(text, ", %zu, 0]}}", call->number);
}

/// Constants of operations are arguments behind the tensor.
static void add_constant(bl_text *text, const bl_keras_entry *entry) {
    const bl_nn_node *node = entry->node;
    if (entry->kind != BL_KERAS_NODE)
        return;
    if (node->kind->id >= BL_NN_KIND_NOT_EQUAL && node->kind->id <= BL_NN_KIND_LESS_EQUAL) {
        bl_text_add(text, ", ");
        bl_text_add_number(text, ((const bl_nn_compare_options *)node->options)->value);
    }
    if (node->kind->id == BL_NN_KIND_CLIP) {
        const bl_nn_clip_options *options = node->options;
        if (!isinf(options->x_min) && !isinf(options->x_max))
            return;
        bl_text_add(text, ", ");
        bl_text_add_number(text, isinf(options->x_max) ? options->x_min : options->x_max);
    }
}

static void add_keywords(bl_keras_writing *w, const bl_keras_entry_call *call,
                         const bl_nn_node *node) {
    bl_text *text = &w->config;
    bool is_causal = node->kind->id == BL_NN_KIND_MULTI_HEAD_ATTENTION &&
                     ((const bl_nn_attention_options *)node->options)->use_causal_mask;
    bl_text_add(text, ", \"kwargs\": {%s", is_causal ? "\"use_causal_mask\": true" : "");
    if (call->mask != BL_NN_NONE) {
        bl_text_add(text, "%s\"mask\": ", is_causal ? ", " : "");
        add_tensor(w, call->mask);
    }
    bl_text_add(text, "}}");
}

/// Layers that take any number of tensors take one list.
static bool takes_list(const bl_keras_entry *entry) {
    const bl_nn_kind *kind = entry->node->kind;
    return entry->kind == BL_KERAS_NODE && kind->most_inputs > 1 &&
           kind->id != BL_NN_KIND_MULTI_HEAD_ATTENTION && !bl_keras_is_operation_kind(entry->node);
}

static void add_call(bl_keras_writing *w, const bl_keras_entry_call *call) {
    const bl_keras_entry *entry = &w->entries[call->entry];
    bl_text *text = &w->config;
    if (!call->n_inputs)
        return;
    bl_text_add(text, "%s{\"args\": [%s", call->number ? ", " : "", takes_list(entry) ? "[" : "");
    for (size_t i = 0; i < call->n_inputs; i++) {
        bl_text_add(text, i ? ", " : "");
        add_tensor(w, call->inputs[i]);
    }
    add_constant(text, entry);
    bl_text_add(text, takes_list(entry) ? "]]" : "]");
    add_keywords(w, call, entry->node);
}

/// What the layer was built for: the shapes of its first call's inputs.
static void add_build_config(bl_keras_writing *w, const bl_keras_entry *entry,
                             const bl_keras_entry_call *call) {
    static const char *const parts[] = {"query_shape", "value_shape", "key_shape"};
    bl_text *text = &w->config;
    bool is_node = entry->kind == BL_KERAS_NODE;
    bool is_attention = is_node && entry->node->kind->id == BL_NN_KIND_MULTI_HEAD_ATTENTION;
    if (!call->n_inputs || entry->kind == BL_KERAS_CAST || entry->kind == BL_KERAS_ROW_MASK ||
        (is_node && bl_keras_is_operation_kind(entry->node)))
        return;
    if (is_attention) {
        bl_text_add(text, ", \"build_config\": {\"shapes_dict\": {");
        for (size_t i = 0; i < call->n_inputs && i < sizeof parts / sizeof *parts; i++) {
            bl_text_add(text, "%s\"%s\": ", i ? ", " : "", parts[i]);
            add_shape(text, w->calls[call->inputs[i]].shape);
        }
        bl_text_add(text, "}}");
        return;
    }
    bl_text_add(text, ", \"build_config\": {\"input_shape\": %s", takes_list(entry) ? "[" : "");
    for (size_t i = 0; i < call->n_inputs; i++) {
        bl_text_add(text, i ? ", " : "");
        add_shape(text, w->calls[call->inputs[i]].shape);
    }
    bl_text_add(text, takes_list(entry) ? "]}" : "}");
}

// ---- the configuration ----

static bl_status add_entry(bl_keras_writing *w, size_t number, bl_error *err) {
    const bl_keras_entry *entry = &w->entries[number];
    bl_text *text = &w->config;
    bool is_first = true;
    bl_text_add(text, "{");
    BL_TRY(bl_keras_write_layer(w, entry, err));
    for (size_t i = 0; i < w->n_calls; i++) {
        if (w->calls[i].entry != number)
            continue;
        if (is_first) {
            add_build_config(w, entry, &w->calls[i]);
            bl_text_add(text, ", \"name\": ");
            bl_text_add_quoted(text, entry->name);
            bl_text_add(text, ", \"inbound_nodes\": [");
        }
        is_first = false;
        add_call(w, &w->calls[i]);
    }
    bl_text_add(text, "]}");
    return BL_OK;
}

static void add_reference(bl_keras_writing *w, size_t call, size_t i, size_t n) {
    bl_text *text = &w->config;
    bl_text_add(text, i ? ", [" : n > 1 ? "[[" : "[");
    bl_text_add_quoted(text, w->entries[w->calls[call].entry].name);
    bl_text_add(text, ", %zu, 0%s", w->calls[call].number, n > 1 && i == n - 1 ? "]]" : "]");
}

/// The input itself, not the masking behind it.
static size_t input_call(const bl_keras_writing *w, size_t node) {
    size_t entry = w->node_entries[node];
    for (size_t i = 0; i < w->n_calls; i++)
        if (w->calls[i].entry == entry)
            return i;
    return 0;
}

bl_status bl_keras_write_config(bl_keras_writing *w, bl_error *err) {
    const bl_nn_graph *graph = w->graph;
    bl_text *text = &w->config;
    bl_text_add(text, "{\"module\": \"keras.src.models.functional\", \"class_name\": "
                      "\"Functional\", \"config\": {\"name\": ");
    bl_text_add_quoted(text, graph->name ? graph->name : "model");
    bl_text_add(text, ", \"trainable\": true, \"layers\": [");
    for (size_t i = 0; i < w->n_entries; i++) {
        bl_text_add(text, i ? ", " : "");
        BL_TRY(add_entry(w, w->order[i], err));
    }
    bl_text_add(text, "], \"input_layers\": ");
    for (size_t i = 0, n = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i].kind->id == BL_NN_KIND_INPUT)
            add_reference(w, input_call(w, i), n++, w->network->n_inputs);
    bl_text_add(text, ", \"output_layers\": ");
    for (size_t i = 0; i < graph->n_outputs; i++)
        add_reference(w, w->node_calls[graph->outputs[i]], i, graph->n_outputs);
    bl_text_add(text, "}, \"registered_name\": \"Functional\", \"build_config\": {\"input_shape\": "
                      "null}}");
    return text->has_failed ? no_memory(err) : BL_OK;
}

// ---- the tree ----

typedef struct tree {
    bl_arena *arena;
    bool has_failed;
} tree;

static bl_hdf5_node *add_child(tree *t, bl_hdf5_node *parent, const char *name, size_t size) {
    bl_hdf5_node *child = bl_arena_array(t->arena, 1, sizeof *child);
    bl_hdf5_node **children =
        bl_arena_array(t->arena, parent->n_children + 1, sizeof(bl_hdf5_node *));
    char *copy = bl_arena_text(t->arena, name, size);
    t->has_failed |= !child || !children || !copy;
    if (t->has_failed)
        return parent;
    for (size_t i = 0; i < parent->n_children; i++)
        children[i] = parent->children[i];
    child->name = copy;
    children[parent->n_children++] = child;
    parent->children = children;
    return child;
}

/// The node of a path, made where there is none.
static bl_hdf5_node *reach(tree *t, bl_hdf5_node *node, const char *path) {
    while (*path && !t->has_failed) {
        const char *slash = strchr(path, '/');
        size_t size = slash ? (size_t)(slash - path) : strlen(path);
        bl_hdf5_node *next = NULL;
        for (size_t i = 0; i < node->n_children && !next; i++)
            if (strncmp(node->children[i]->name, path, size) == 0 && !node->children[i]->name[size])
                next = node->children[i];
        node = next ? next : add_child(t, node, path, size);
        path += size + (slash != NULL);
    }
    return node;
}

static void put(tree *t, bl_hdf5_node *group, const char *path, const bl_nn_network *network,
                const bl_nn_parameter *parameter) {
    uint64_t *dims = bl_arena_array(t->arena, 4, sizeof *dims);
    bl_hdf5_node *node = reach(t, group, path);
    t->has_failed |= !dims;
    if (t->has_failed)
        return;
    for (unsigned i = 0; i < parameter->rank; i++)
        dims[i] = parameter->sizes[i];
    node->is_dataset = true;
    node->values = (bl_hdf5_values){.type = BL_HDF5_FLOAT32,
                                    .rank = parameter->rank,
                                    .dims = dims,
                                    .n = parameter->n,
                                    .data = network->parameters + parameter->offset};
}

static void add_text_attribute(tree *t, bl_hdf5_node *node, const char *name, const char *text) {
    bl_hdf5_attribute *attributes =
        bl_arena_array(t->arena, node->n_attributes + 1, sizeof *attributes);
    const char **texts = bl_arena_array(t->arena, 1, sizeof *texts);
    t->has_failed |= !attributes || !texts;
    if (t->has_failed)
        return;
    *texts = text;
    if (node->n_attributes)
        memcpy(attributes, node->attributes, node->n_attributes * sizeof *attributes);
    attributes[node->n_attributes++] =
        (bl_hdf5_attribute){name, {.type = BL_HDF5_TEXTS, .n = 1, .texts = texts}};
    node->attributes = attributes;
}

/// A list of names; an empty one is of numbers, as Keras has it.
static void add_list_attribute(tree *t, bl_hdf5_node *node, const char *name, const char **texts,
                               size_t n) {
    uint64_t *dims = bl_arena_array(t->arena, 1, sizeof *dims);
    double *nothing = bl_arena_array(t->arena, 1, sizeof *nothing);
    add_text_attribute(t, node, name, "");
    t->has_failed |= !dims || !nothing;
    if (t->has_failed)
        return;
    *dims = n;
    bl_hdf5_values *values = &node->attributes[node->n_attributes - 1].values;
    *values = n ? (bl_hdf5_values){.type = BL_HDF5_TEXTS, .texts = texts}
                : (bl_hdf5_values){.type = BL_HDF5_FLOAT64, .data = nothing};
    values->rank = 1;
    values->dims = dims;
    values->n = n;
}

// ---- weights ----

/// The layer of a configuration that a node is written as.
static const bl_keras_layer *layer_of(const bl_keras_file *file, const bl_keras_writing *w,
                                      const bl_nn_node *node) {
    const char *name = w->entries[w->node_entries[node - w->graph->nodes]].name;
    for (size_t i = 0; i < file->n_layers; i++)
        if (strcmp(file->layers[i].name, name) == 0)
            return &file->layers[i];
    return NULL;
}

static size_t number_in_layer(const bl_nn_plan *plan, size_t i) {
    size_t k = 0;
    while (k < i &&
           strcmp(plan->parameters.items[i - k - 1].layer, plan->parameters.items[i].layer) == 0)
        k++;
    return k;
}

static bl_status add_archive_weights(tree *t, const bl_keras_file *file, const bl_keras_writing *w,
                                     bl_error *err) {
    const bl_nn_plan *plan = &w->network->plan;
    for (size_t i = 0; i < plan->parameters.n; i++) {
        const bl_nn_parameter *parameter = &plan->parameters.items[i];
        const bl_nn_node *node = bl_keras_parameter_node(w->graph, parameter);
        const bl_keras_layer *layer = node ? layer_of(file, w, node) : NULL;
        char path[64];
        if (!layer || !layer->path)
            return bl_error_set(err, BL_E_INVALID, "no layer is called '%s'", parameter->layer);
        bl_keras_weight_path(node, parameter, number_in_layer(plan, i), path);
        bl_hdf5_node *group = reach(t, file->tree, layer->path);
        put(t, group, path, w->network, parameter);
    }
    return BL_OK;
}

/// The weights of one layer, listed as Keras does: all of an `.h5` is found by such lists.
static void list_weights(tree *t, const bl_keras_writing *w, const bl_keras_entry *entry,
                         bl_hdf5_node *group) {
    const bl_nn_plan *plan = &w->network->plan;
    const char **names = bl_arena_array(t->arena, plan->parameters.n + 1, sizeof *names);
    size_t n = 0;
    t->has_failed |= !names;
    for (size_t i = 0; i < plan->parameters.n && !t->has_failed; i++) {
        const bl_nn_parameter *parameter = &plan->parameters.items[i];
        const bl_nn_node *node = bl_keras_parameter_node(w->graph, parameter);
        if (entry->kind != BL_KERAS_NODE || node != entry->node)
            continue;
        const char *slash = strrchr(parameter->layer, '/');
        bool is_part = node->kind->id == BL_NN_KIND_BIDIRECTIONAL && slash;
        names[n] = bl_arena_printf(t->arena, "%s%s/%s", entry->name, is_part ? slash : "",
                                   parameter->name);
        t->has_failed |= !names[n];
        if (t->has_failed)
            return;
        put(t, group, names[n], w->network, parameter);
        n++;
    }
    add_list_attribute(t, group, "weight_names", names, n);
}

static void add_listed_weights(tree *t, const bl_keras_file *file, const bl_keras_writing *w) {
    const char **names = bl_arena_array(t->arena, w->n_entries + 1, sizeof *names);
    bl_hdf5_node *all = reach(t, file->tree, "model_weights");
    size_t n = 0;
    t->has_failed |= !names;
    for (size_t i = 0; i < w->n_entries && !t->has_failed; i++) {
        const bl_keras_entry *entry = &w->entries[w->order[i]];
        if (entry->kind == BL_KERAS_CAST || entry->kind == BL_KERAS_ROW_MASK ||
            (entry->kind == BL_KERAS_NODE && bl_keras_is_operation_kind(entry->node)))
            continue;
        names[n++] = entry->name;
        list_weights(t, w, entry, add_child(t, all, entry->name, strlen(entry->name)));
    }
    list_weights(t, w, &(bl_keras_entry){.kind = BL_KERAS_CAST},
                 reach(t, all, "top_level_model_weights"));
    add_list_attribute(t, all, "layer_names", names, n);
    add_text_attribute(t, all, "backend", "tensorflow");
    add_text_attribute(t, all, "keras_version", KERAS_VERSION);
    add_text_attribute(t, file->tree, "backend", "tensorflow");
    add_text_attribute(t, file->tree, "keras_version", KERAS_VERSION);
    add_text_attribute(t, file->tree, "model_config", w->config.text);
}

// ---- all ----

static bl_status add_members(bl_keras_file *file, const bl_text *config, bl_error *err) {
    static const char metadata[] =
        "{\"keras_version\": \"" KERAS_VERSION "\", \"date_saved\": \"1980-01-01@00:00:00\"}";
    bl_zip_part *parts = bl_arena_array(&file->arena, 3, sizeof *parts);
    if (!parts)
        return no_memory(err);
    parts[0] = (bl_zip_part){"metadata.json", metadata, sizeof metadata - 1};
    parts[1] = (bl_zip_part){"config.json", config->text, config->n};
    parts[2] = (bl_zip_part){.name = BL_KERAS_WEIGHTS_MEMBER};
    file->members = parts;
    file->n_members = 3;
    return BL_OK;
}

static bl_status fill(bl_keras_file *file, const bl_nn_network *network, bl_error *err) {
    bl_keras_writing w = {.arena = &file->arena, .network = network, .graph = network->graph};
    tree t = {.arena = &file->arena};
    w.config.arena = &file->arena;
    file->tree = bl_arena_alloc(&file->arena, sizeof *file->tree);
    if (!file->tree)
        return no_memory(err);
    file->tree->name = "";
    BL_TRY(bl_keras_list_entries(&w, err));
    BL_TRY(bl_keras_write_config(&w, err));
    BL_TRY(
        bl_json_parse(&file->arena, "config.json", w.config.text, w.config.n, &file->config, err));
    // An archive's groups are named as whoever reads it finds them.
    BL_TRY(bl_keras_layers_find(file, err));
    if (file->format == BL_KERAS_ARCHIVE) {
        BL_TRY(add_archive_weights(&t, file, &w, err));
        BL_TRY(add_members(file, &w.config, err));
    } else {
        add_listed_weights(&t, file, &w);
    }
    return t.has_failed ? no_memory(err) : bl_keras_weights_find(file, err);
}

bl_status bl_keras_from_network(bl_context *context, const bl_nn_network *network,
                                bl_keras_format format, bl_keras_file **ret_file, bl_error *err) {
    BL_AUTO(bl_keras_file) file = bl_alloc_zero(context, 1, sizeof *file);
    if (!file)
        return bl_error_nomem(err, sizeof *file, "a model");
    bl_arena_init(&file->arena, context);
    file->format = format;
    file->keras_version = KERAS_VERSION;
    BL_TRY(fill(file, network, err));
    *ret_file = BL_MOVE(file);
    return BL_OK;
}
