// SPDX-License-Identifier: Apache-2.0
// A graph as the layers and operations that Keras has for it, in the order in which Keras lists
// them: an archive's groups of weights are numbered in that order.
#include <stdlib.h>

#include "model/keras/writing.h"

static bl_status no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for a model");
}

// ---- names ----

static bool is_taken(const bl_keras_writing *w, const char *name) {
    for (size_t i = 0; i < w->n_entries; i++)
        if (w->entries[i].name && strcmp(w->entries[i].name, name) == 0)
            return true;
    return w->graph->n_nodes && bl_nn_graph_find(w->graph, name) != BL_NN_NONE;
}

/// \param base without "/", and taken, perhaps
static bl_status name_entry(bl_keras_writing *w, const char *base, bool is_nodes,
                            const char **ret_name, bl_error *err) {
    char *name = bl_arena_text(w->arena, base, strlen(base));
    for (char *c = name; c && *c; c++)
        if (*c == '/')
            *c = '_';
    bool same = name && is_nodes && strcmp(name, base) == 0;
    char *first = name;
    for (size_t i = 1; name && !same && is_taken(w, name); i++)
        name = bl_arena_printf(w->arena, "%s_%zu", first, i);
    *ret_name = name;
    return name ? BL_OK : no_memory(err);
}

// ---- entries and calls ----

static bl_status add_entry(bl_keras_writing *w, bl_keras_entry_kind kind, const bl_nn_node *node,
                           const char *suffix, bl_error *err) {
    bl_keras_entry entry = {.kind = kind, .node = node};
    const char *base = bl_arena_printf(w->arena, "%s%s", node->name, suffix);
    if (!base)
        return no_memory(err);
    BL_TRY(name_entry(w, base, kind == BL_KERAS_NODE, &entry.name, err));
    w->entries[w->n_entries++] = entry;
    return BL_OK;
}

/// \return its number
static size_t add_call(bl_keras_writing *w, size_t entry, bl_keras_entry_call call) {
    call.entry = entry;
    call.number = w->entries[entry].n_calls++;
    w->calls[w->n_calls] = call;
    return w->n_calls++;
}

/// A layer behind another call, that takes it alone.
static bl_status add_behind(bl_keras_writing *w, bl_keras_entry_kind kind, const bl_nn_node *node,
                            const char *suffix, size_t call, size_t *ret_call, bl_error *err) {
    size_t *input = bl_arena_array(w->arena, 1, sizeof *input);
    if (!input)
        return no_memory(err);
    *input = call;
    BL_TRY(add_entry(w, kind, node, suffix, err));
    *ret_call = add_call(
        w, w->n_entries - 1,
        (bl_keras_entry_call){
            .n_inputs = 1, .inputs = input, .mask = BL_NN_NONE, .shape = w->calls[call].shape});
    return BL_OK;
}

static bool makes_bools(const bl_nn_node *node) {
    bl_nn_kind_id kind = node->kind->id;
    return (kind >= BL_NN_KIND_NOT_EQUAL && kind <= BL_NN_KIND_LESS_EQUAL) ||
           kind == BL_NN_KIND_ANY || kind == BL_NN_KIND_ALL;
}

static bool takes_bools(const bl_nn_node *node) {
    return node->kind->id == BL_NN_KIND_ANY || node->kind->id == BL_NN_KIND_ALL;
}

/// The call that makes a node's value as numbers.
static bl_status numbers_of(bl_keras_writing *w, size_t node, size_t *ret_call, bl_error *err) {
    if (w->node_calls[node] == BL_NN_NONE)
        BL_TRY(add_behind(w, BL_KERAS_CAST, &w->graph->nodes[node], "_cast", w->raw_calls[node],
                          &w->node_calls[node], err));
    *ret_call = w->node_calls[node];
    return BL_OK;
}

static bl_status take_inputs(bl_keras_writing *w, const bl_nn_node *node, const size_t **ret_calls,
                             bl_error *err) {
    size_t *calls = bl_arena_array(w->arena, node->n_inputs + 1, sizeof *calls);
    if (!calls)
        return no_memory(err);
    for (size_t i = 0; i < node->n_inputs; i++) {
        size_t input = node->inputs[i];
        if (takes_bools(node) && w->raw_calls[input] != BL_NN_NONE)
            calls[i] = w->raw_calls[input];
        else
            BL_TRY(numbers_of(w, input, &calls[i], err));
    }
    *ret_calls = calls;
    return BL_OK;
}

/// The call that makes a mask: true and false, one for each step.
static bl_status mask_of(bl_keras_writing *w, const bl_nn_node *node, size_t *ret_call,
                         bl_error *err) {
    size_t raw = w->raw_calls[node->mask];
    if (raw == BL_NN_NONE)
        return bl_keras_write_error(node, err, "its mask is no comparison, Any or All");
    if (!w->calls[raw].shape.steps) {
        *ret_call = raw;
        return BL_OK;
    }
    size_t *made = &w->mask_calls[node->mask];
    if (*made == BL_NN_NONE) {
        BL_TRY(add_behind(w, BL_KERAS_ROW_MASK, &w->graph->nodes[node->mask], "_mask", raw, made,
                          err));
        w->calls[*made].shape = (bl_nn_shape){.width = w->calls[raw].shape.steps};
        w->calls[*made].is_bool = true;
    }
    *ret_call = *made;
    return BL_OK;
}

/// Reductions over columns of a sequence are sequences of one column, which Keras makes where it
/// keeps the axis. As masks alone they are what Keras wants: vectors.
static void shape_reduction(const bl_keras_writing *w, size_t number, bl_keras_entry *entry,
                            bl_nn_shape *shape) {
    const bl_nn_node *node = &w->graph->nodes[number];
    if (node->kind->id < BL_NN_KIND_SUM || node->kind->id > BL_NN_KIND_ALL)
        return;
    const bl_nn_reduce_options *options = node->options;
    size_t input = w->network->node_values[node->inputs[0]];
    bool is_vector = !w->network->plan.values.items[input].shape.steps;
    entry->is_over_columns = options->axis != 1 || is_vector;
    entry->keeps_axis = options->keepdims || (entry->is_over_columns && w->is_taken[number]);
    if (entry->is_over_columns && !entry->keeps_axis)
        *shape = (bl_nn_shape){.width = shape->steps};
}

static bl_status add_node(bl_keras_writing *w, size_t number, bl_error *err) {
    const bl_nn_node *node = &w->graph->nodes[number];
    const bl_nn_network *network = w->network;
    bl_keras_entry_call call = {.n_inputs = node->n_inputs,
                                .mask = BL_NN_NONE,
                                .shape =
                                    network->plan.values.items[network->node_values[number]].shape,
                                .is_bool = makes_bools(node)};
    BL_TRY(take_inputs(w, node, &call.inputs, err));
    if (node->mask != BL_NN_NONE)
        BL_TRY(mask_of(w, node, &call.mask, err));
    size_t entry = node->same_as == BL_NN_NONE ? w->n_entries : w->node_entries[node->same_as];
    if (entry == w->n_entries)
        BL_TRY(add_entry(w, BL_KERAS_NODE, node, "", err));
    shape_reduction(w, number, &w->entries[entry], &call.shape);
    w->node_entries[number] = entry;
    size_t made = add_call(w, entry, call);
    w->raw_calls[number] = call.is_bool ? made : BL_NN_NONE;
    w->node_calls[number] = call.is_bool ? BL_NN_NONE : made;
    if (node->kind->id == BL_NN_KIND_INPUT && ((const bl_nn_input_options *)node->options)->ragged)
        return add_behind(w, BL_KERAS_MASKING, node, "_masking", made, &w->node_calls[number], err);
    return BL_OK;
}

// ---- what Keras knows masks through ----

/// Whether steps that a ragged input lacks stay away from the result in Keras.
static bool carries_masks(const bl_nn_node *node) {
    switch (node->kind->id) {
    case BL_NN_KIND_DENSE:
    case BL_NN_KIND_ACTIVATION:
    case BL_NN_KIND_PRELU:
    case BL_NN_KIND_DROPOUT:
    case BL_NN_KIND_SPATIAL_DROPOUT:
    case BL_NN_KIND_BATCH_NORMALIZATION:
    case BL_NN_KIND_LAYER_NORMALIZATION:
    case BL_NN_KIND_GRU:
    case BL_NN_KIND_LSTM:
    case BL_NN_KIND_SIMPLE_RNN:
    case BL_NN_KIND_BIDIRECTIONAL:
    case BL_NN_KIND_TIME_DISTRIBUTED:
    case BL_NN_KIND_MASKING:
    case BL_NN_KIND_GLOBAL_AVERAGE_POOLING:
    case BL_NN_KIND_CONCATENATE:
    case BL_NN_KIND_ADD:
    case BL_NN_KIND_SUBTRACT:
    case BL_NN_KIND_MULTIPLY:
    case BL_NN_KIND_AVERAGE:
    case BL_NN_KIND_MAXIMUM:
    case BL_NN_KIND_MINIMUM:
    case BL_NN_KIND_MULTI_HEAD_ATTENTION:
        return true;
    default:
        return false;
    }
}

static bl_status check_ragged(const bl_keras_writing *w, const bool *is_needed, bl_error *err) {
    const bl_nn_graph *graph = w->graph;
    bool *is_ragged = bl_arena_array(w->arena, graph->n_nodes + 1, sizeof *is_ragged);
    if (!is_ragged)
        return no_memory(err);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const bl_nn_node *node = &graph->nodes[i];
        bool takes_ragged = false;
        for (size_t k = 0; k < node->n_inputs; k++)
            takes_ragged |= is_ragged[node->inputs[k]];
        if (!is_needed[i])
            continue;
        if (takes_ragged && !carries_masks(node))
            return bl_keras_write_error(
                node, err, "in Keras it would see the steps that a ragged input lacks");
        size_t steps = w->network->plan.values.items[w->network->node_values[i]].shape.steps;
        is_ragged[i] = takes_ragged && steps;
        if (node->kind->id == BL_NN_KIND_INPUT)
            is_ragged[i] = ((const bl_nn_input_options *)node->options)->ragged;
    }
    return BL_OK;
}

// ---- the order of Keras ----

/// Walks from outputs to inputs, and lists calls behind all that they take. As deep as the graph.
/// \param calls [*n] those that are done
static void walk(bl_keras_writing *w, size_t number, size_t *calls, size_t *n, size_t *n_found) {
    bl_keras_entry_call *call = &w->calls[number];
    bl_keras_entry *entry = &w->entries[call->entry];
    if (call->is_done)
        return;
    call->is_done = true;
    if (!entry->is_found) {
        entry->is_found = true;
        entry->place = (*n_found)++;
    }
    for (size_t i = 0; i < call->n_inputs; i++)
        walk(w, call->inputs[i], calls, n, n_found);
    if (call->mask != BL_NN_NONE)
        walk(w, call->mask, calls, n, n_found);
    calls[(*n)++] = number;
}

static void deepen(bl_keras_writing *w, size_t call, size_t depth) {
    if (w->calls[call].depth < depth)
        w->calls[call].depth = depth;
}

typedef struct ranked {
    size_t entry, depth, place;
} ranked;

static int compare_ranked(const void *left, const void *right) {
    const ranked *a = left, *b = right;
    if (a->depth != b->depth)
        return a->depth < b->depth ? 1 : -1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/// By depth, which is how many calls are behind at most, and then as they are found from the
/// outputs on. Inputs that nothing takes come first among the last.
static bl_status sort(bl_keras_writing *w, bl_error *err) {
    size_t n = 0, n_found = 1;
    size_t *calls = bl_arena_array(w->arena, w->n_calls + 1, sizeof *calls);
    ranked *all = bl_arena_array(w->arena, w->n_entries + 1, sizeof *all);
    w->order = bl_arena_array(w->arena, w->n_entries + 1, sizeof *w->order);
    if (!calls || !all || !w->order)
        return no_memory(err);
    for (size_t i = 0; i < w->graph->n_outputs; i++)
        walk(w, w->node_calls[w->graph->outputs[i]], calls, &n, &n_found);
    while (n-- > 0) {
        bl_keras_entry_call *call = &w->calls[calls[n]];
        bl_keras_entry *entry = &w->entries[call->entry];
        if (call->depth < entry->depth)
            call->depth = entry->depth;
        entry->depth = call->depth;
        for (size_t i = 0; i < call->n_inputs; i++)
            deepen(w, call->inputs[i], call->depth + 1);
        if (call->mask != BL_NN_NONE)
            deepen(w, call->mask, call->depth + 1);
    }
    for (size_t i = 0; i < w->n_entries; i++)
        all[i] = (ranked){i, w->entries[i].depth, w->entries[i].place};
    if (w->n_entries)
        qsort(all, w->n_entries, sizeof *all, compare_ranked);
    for (size_t i = 0; i < w->n_entries; i++)
        w->order[i] = all[i].entry;
    return BL_OK;
}

// ---- all ----

static bl_status allocate(bl_keras_writing *w, bl_error *err) {
    size_t n = w->graph->n_nodes;
    w->entries = bl_arena_array(w->arena, 3 * n + 1, sizeof *w->entries);
    w->calls = bl_arena_array(w->arena, 3 * n + 1, sizeof *w->calls);
    w->node_entries = bl_arena_array(w->arena, n + 1, sizeof(size_t));
    w->node_calls = bl_arena_array(w->arena, n + 1, sizeof(size_t));
    w->raw_calls = bl_arena_array(w->arena, n + 1, sizeof(size_t));
    w->mask_calls = bl_arena_array(w->arena, n + 1, sizeof(size_t));
    w->is_taken = bl_arena_array(w->arena, n + 1, sizeof(bool));
    for (size_t i = 0; i < n && w->mask_calls; i++)
        w->mask_calls[i] = BL_NN_NONE;
    return w->mask_calls && w->is_taken && w->entries && w->calls && w->node_entries &&
                   w->node_calls && w->raw_calls
               ? BL_OK
               : no_memory(err);
}

/// Inputs, and what the outputs are made of; also whose parameters they have.
static bl_status find_needed(bl_keras_writing *w, bool **ret_is_needed, bl_error *err) {
    const bl_nn_graph *graph = w->graph;
    bool *is_needed = bl_arena_array(w->arena, graph->n_nodes + 1, sizeof *is_needed);
    if (!is_needed)
        return no_memory(err);
    for (size_t i = 0; i < graph->n_outputs; i++)
        is_needed[graph->outputs[i]] = w->is_taken[graph->outputs[i]] = true;
    for (size_t i = graph->n_nodes; i-- > 0;) {
        const bl_nn_node *node = &graph->nodes[i];
        is_needed[i] |= node->kind->id == BL_NN_KIND_INPUT;
        if (!is_needed[i])
            continue;
        for (size_t k = 0; k < node->n_inputs; k++)
            is_needed[node->inputs[k]] = w->is_taken[node->inputs[k]] = true;
        if (node->mask != BL_NN_NONE)
            is_needed[node->mask] = true;
    }
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const bl_nn_node *node = &graph->nodes[i];
        if (is_needed[i] && node->same_as != BL_NN_NONE && !is_needed[node->same_as])
            return bl_keras_write_error(node, err,
                                        "no output takes the layer whose parameters it has");
    }
    *ret_is_needed = is_needed;
    return BL_OK;
}

bl_status bl_keras_list_entries(bl_keras_writing *w, bl_error *err) {
    bool *is_needed = NULL;
    BL_TRY(allocate(w, err));
    BL_TRY(find_needed(w, &is_needed, err));
    BL_TRY(check_ragged(w, is_needed, err));
    for (size_t i = 0; i < w->graph->n_nodes; i++)
        if (is_needed[i])
            BL_TRY(add_node(w, i, err));
    for (size_t i = 0; i < w->graph->n_outputs; i++) {
        size_t call;
        BL_TRY(numbers_of(w, w->graph->outputs[i], &call, err));
    }
    return sort(w, err);
}
