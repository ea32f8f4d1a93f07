// SPDX-License-Identifier: Apache-2.0
// Networks from YAML: inputs, layers one behind the other, outputs. docs/networks.md has the form.
#include <string.h>

#include "base/names.h"
#include "nn/graph/graph.h"

typedef struct reader {
    bl_arena *arena;
    bl_nn_graph *graph;
    size_t last; ///< the node that the next layer takes; BL_NN_NONE: it must say
} reader;

/// A layer as it is written: `Dense`, `Dense: 50`, `Dense: {units: 50}`.
typedef struct entry {
    const bl_item *item; ///< for errors
    const bl_nn_kind *kind;
    const bl_item *value; ///< NULL: nothing
    const bl_item *map;   ///< the value, where it is a map
} entry;

/// Keys that are no options, of layers in the list and of those inside others.
static const char *const keys[] = {"name", "input", "mask", "same_as", "trainable", NULL};
static const char *const wrapper_keys[] = {"name",      "input", "mask",           "same_as",
                                           "trainable", "layer", "backward_layer", NULL};

static bl_status no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for a network");
}

/// Puts where it is in front of a message that does not know. \param status not BL_OK
static bl_status at(const bl_item *item, bl_status status, bl_error *err) {
    if (!item->line)
        return bl_error_in(err, status, "%s", item->source);
    return bl_error_in(err, status, "%s:%u:%u", item->source, item->line, item->column);
}

/// What was said of something wrong, for those who do not see that it is never BL_OK.
static bl_status wrong(bl_status status) { return status == BL_OK ? BL_E_INVALID : status; }

// ---- names ----

static bl_status find(const reader *r, const bl_item *item, const char *key, size_t *ret_node,
                      bl_error *err) {
    const char *name = NULL;
    BL_TRY(bl_item_text(item, key, &name, err));
    size_t node = name ? bl_nn_graph_find(r->graph, name) : BL_NN_NONE;
    if (node != BL_NN_NONE) {
        *ret_node = node;
        return BL_OK;
    }
    bl_nearest nearest;
    bl_nearest_init(&nearest, name ? name : "");
    for (size_t i = 0; i < r->graph->n_nodes; i++)
        bl_nearest_offer(&nearest, r->graph->nodes[i].name);
    bl_status status = bl_item_error(
        item, BL_E_INVALID, err, "%s: no layer before it is called '%s'", key, name ? name : "");
    return bl_nearest_hint(&nearest, status, err);
}

/// One name, or a list of them. \param ret_nodes in the arena
static bl_status find_all(const reader *r, const bl_item *item, const char *key,
                          const size_t **ret_nodes, size_t *ret_n, bl_error *err) {
    bool is_list = item->kind == BL_ITEM_LIST;
    size_t n = is_list ? item->n : 1;
    size_t *nodes = bl_arena_array(r->arena, n + 1, sizeof *nodes);
    if (!nodes)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        BL_TRY(find(r, is_list ? item->items[i] : item, key, &nodes[i], err));
    *ret_nodes = nodes;
    *ret_n = n;
    return BL_OK;
}

// ---- inputs ----

static bl_status read_input(const reader *r, const char *name, const bl_item *item, bl_error *err) {
    const bl_nn_kind *kind = &bl_nn_kinds[BL_NN_KIND_INPUT];
    bl_nn_node *node = NULL;
    bl_status status = bl_nn_graph_add(r->graph, kind, name, 0, NULL, &node, err);
    if (status != BL_OK)
        return at(item, status, err);
    if (item->kind == BL_ITEM_MAP)
        return bl_nn_options_read(r->arena, kind, item, NULL, node->options, err);
    return bl_nn_option_read(r->arena, &kind->options[0], item, kind->options[0].name,
                             node->options, err);
}

static bl_status read_inputs(reader *r, const bl_item *map, bl_error *err) {
    if (!map->n)
        return bl_item_error(map, BL_E_INVALID, err, "inputs: there are none");
    for (size_t i = 0; i < map->n; i++)
        BL_TRY_IN(read_input(r, map->keys[i], map->items[i], err), err, "input '%s'", map->keys[i]);
    r->last = map->n == 1 ? 0 : BL_NN_NONE;
    return BL_OK;
}

// ---- layers ----

static bool is_wrapper(const bl_nn_kind *kind) {
    return kind->id == BL_NN_KIND_TIME_DISTRIBUTED || kind->id == BL_NN_KIND_BIDIRECTIONAL;
}

static bl_status read_entry(const bl_item *item, entry *ret_entry, bl_error *err) {
    bool is_name = item->kind == BL_ITEM_TEXT;
    if (!is_name && (item->kind != BL_ITEM_MAP || item->n != 1))
        return wrong(
            bl_item_error(item, BL_E_INVALID, err,
                          "a layer is its kind, or its kind with options: Dense: {units: 50}"));
    const char *name = is_name ? item->text : item->keys[0];
    entry e = {.item = item, .kind = bl_nn_kind_find(name)};
    if (!e.kind)
        return wrong(bl_nn_kind_unknown(item, name, err));
    if (e.kind->id == BL_NN_KIND_INPUT)
        return wrong(bl_item_error(item, BL_E_INVALID, err, "%s is no layer of the list", name));
    if (!is_name && item->items[0]->kind != BL_ITEM_NULL)
        e.value = item->items[0];
    e.map = e.value && e.value->kind == BL_ITEM_MAP ? e.value : NULL;
    *ret_entry = e;
    return BL_OK;
}

/// \param others keys that are no options \param options with defaults
static bl_status read_options(const reader *r, const entry *e, const char *const *others,
                              void *options, bl_error *err) {
    const bl_nn_kind *kind = e->kind;
    if (e->map || !e->value) {
        bl_status status = bl_nn_options_read(r->arena, kind, e->map, others, options, err);
        return e->map || status == BL_OK ? status : at(e->item, status, err);
    }
    if (!kind->n_options)
        return bl_item_error(e->value, BL_E_INVALID, err, "%s has no options", kind->name);
    BL_TRY(bl_nn_option_read(r->arena, &kind->options[0], e->value, kind->options[0].name, options,
                             err));
    for (size_t i = 1; i < kind->n_options; i++)
        if (!kind->options[i].preset)
            return bl_item_error(e->value, BL_E_INVALID, err, "%s: %s is missing: %s", kind->name,
                                 kind->options[i].name, kind->options[i].help);
    return BL_OK;
}

static bool is_recurrent(const bl_nn_kind *kind) {
    return kind->id == BL_NN_KIND_GRU || kind->id == BL_NN_KIND_LSTM ||
           kind->id == BL_NN_KIND_SIMPLE_RNN;
}

/// The layer in a TimeDistributed or Bidirectional. \param ret_node NULL: none is given
static bl_status read_inner(const reader *r, const entry *outer, const char *key,
                            const bl_nn_node *around, const bl_nn_node **ret_node, bl_error *err) {
    const bl_item *item = bl_item_get(outer->map, key);
    entry e = {0};
    if (!item || item->kind == BL_ITEM_NULL)
        return BL_OK;
    BL_TRY(read_entry(item, &e, err));
    bool fits =
        around->kind->id == BL_NN_KIND_BIDIRECTIONAL
            ? is_recurrent(e.kind)
            : e.kind->use == BL_NN_ROWWISE && e.kind->most_inputs == 1 && !is_wrapper(e.kind);
    if (!fits)
        return bl_item_error(item, BL_E_INVALID, err, "%s: a %s cannot be the %s",
                             around->kind->name, e.kind->name, key);
    bl_nn_node *node = bl_arena_array(r->arena, 1, sizeof *node);
    if (!node)
        return no_memory(err);
    BL_TRY(bl_nn_node_init(r->arena, e.kind, around->name, node, err));
    BL_TRY(read_options(r, &e, NULL, node->options, err));
    *ret_node = node;
    return BL_OK;
}

static bl_status read_wrapped(const reader *r, const entry *e, bl_nn_node *node, bl_error *err) {
    const bl_nn_node *backward = NULL;
    BL_TRY(read_inner(r, e, "layer", node, &node->inner, err));
    if (!node->inner)
        return bl_item_error(e->item, BL_E_INVALID, err, "%s: layer is missing: the one inside",
                             e->kind->name);
    BL_TRY(read_inner(r, e, "backward_layer", node, &backward, err));
    if (backward &&
        (e->kind->id != BL_NN_KIND_BIDIRECTIONAL || backward->kind != node->inner->kind))
        return bl_item_error(e->item, BL_E_INVALID, err, "%s: a backward_layer of another kind",
                             e->kind->name);
    node->inner_backward = backward;
    return BL_OK;
}

/// A layer that has the parameters of another has its options, too.
static bl_status share(const reader *r, const entry *e, bl_nn_node *node, bl_error *err) {
    static const char *const few[] = {"name", "input", "mask", "same_as", "trainable", NULL};
    BL_TRY(find(r, bl_item_get(e->map, "same_as"), "same_as", &node->same_as, err));
    const bl_nn_node *owner = &r->graph->nodes[node->same_as];
    if (owner->kind != e->kind)
        return bl_item_error(e->item, BL_E_INVALID, err, "same_as: '%s' is a %s, not a %s",
                             owner->name, owner->kind->name, e->kind->name);
    BL_TRY(bl_item_check_keys(e->map, few, "same_as", err));
    if (owner->same_as != BL_NN_NONE)
        node->same_as = owner->same_as;
    node->options = owner->options;
    node->inner = owner->inner;
    node->inner_backward = owner->inner_backward;
    return BL_OK;
}

static bl_status add_layer(reader *r, const entry *e, bl_nn_node **ret_node, bl_error *err) {
    const bl_item *from = bl_item_get(e->map, "input");
    const char *name = NULL;
    const size_t *inputs = &r->last;
    size_t n_inputs = 1;
    BL_TRY(bl_item_text(bl_item_get(e->map, "name"), "name", &name, err));
    if (from)
        BL_TRY(find_all(r, from, "input", &inputs, &n_inputs, err));
    else if (r->last == BL_NN_NONE)
        return wrong(bl_item_error(e->item, BL_E_INVALID, err,
                                   "%s: input is missing: which of the inputs it takes",
                                   e->kind->name));
    bl_status status = bl_nn_graph_add(r->graph, e->kind, name, n_inputs, inputs, ret_node, err);
    return status == BL_OK ? BL_OK : wrong(at(e->item, status, err));
}

static bl_status read_layer(reader *r, const bl_item *item, bl_error *err) {
    entry e = {0};
    bl_nn_node *node = NULL;
    bool is_trained = true;
    BL_TRY(read_entry(item, &e, err));
    BL_TRY(add_layer(r, &e, &node, err));
    const bl_item *mask = bl_item_get(e.map, "mask");
    BL_TRY(bl_item_bool(bl_item_get(e.map, "trainable"), "trainable", &is_trained, err));
    node->frozen = !is_trained;
    if (mask)
        BL_TRY(find(r, mask, "mask", &node->mask, err));
    size_t number = r->graph->n_nodes - 1;
    if (node->mask == number)
        return bl_item_error(mask, BL_E_INVALID, err, "mask: '%s' is the layer itself", node->name);
    r->last = number;
    if (bl_item_get(e.map, "same_as"))
        return share(r, &e, node, err);
    BL_TRY(read_options(r, &e, is_wrapper(e.kind) ? wrapper_keys : keys, node->options, err));
    return is_wrapper(e.kind) ? read_wrapped(r, &e, node, err) : BL_OK;
}

// ---- all ----

static bl_status read_document(reader *r, const bl_item *document, bl_error *err) {
    static const char *const known[] = {"name", "inputs", "layers", "outputs", "training", NULL};
    BL_TRY(bl_item_expect(document, "a network", BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(document, known, NULL, err));
    const bl_item *inputs = bl_item_get(document, "inputs"), *outputs;
    const bl_item *layers = bl_item_get(document, "layers");
    const char *name = "network";
    BL_TRY(bl_item_text(bl_item_get(document, "name"), "name", &name, err));
    r->graph->name = bl_arena_text(r->arena, name, strlen(name));
    if (!r->graph->name)
        return no_memory(err);
    if (!inputs || !layers)
        return bl_item_error(document, BL_E_INVALID, err, "a network has inputs and layers");
    BL_TRY(bl_item_expect(inputs, "inputs", BL_ITEM_MAP, err));
    BL_TRY(bl_item_expect(layers, "layers", BL_ITEM_LIST, err));
    BL_TRY(read_inputs(r, inputs, err));
    for (size_t i = 0; i < layers->n; i++)
        BL_TRY(read_layer(r, layers->items[i], err));
    size_t last = r->graph->n_nodes - 1, n = 1;
    const size_t *nodes = &last;
    outputs = bl_item_get(document, "outputs");
    if (outputs)
        BL_TRY(find_all(r, outputs, "outputs", &nodes, &n, err));
    bl_status status = bl_nn_graph_set_outputs(r->graph, n, nodes, err);
    return status == BL_OK ? BL_OK : at(document, status, err);
}

bl_status bl_nn_graph_read(bl_arena *arena, const bl_item *document, bl_nn_graph *ret_graph,
                           bl_error *err) {
    bl_nn_graph graph;
    bl_nn_graph_init(&graph, arena, NULL);
    reader r = {.arena = arena, .graph = &graph, .last = BL_NN_NONE};
    BL_TRY(read_document(&r, document, err));
    *ret_graph = graph;
    return BL_OK;
}
