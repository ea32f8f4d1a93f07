// SPDX-License-Identifier: Apache-2.0
// Which masks may leave rows out: those after which nobody sees padding before the sequence ends.
#include "nn/network/compile.h"

/// Whose rows a node's are, if all that may leave rows out do: BL_NN_NONE: nobody's.
typedef struct origins {
    const bl_nn_graph *graph;
    size_t *of;  ///< [n_nodes]
    bool *packs; ///< [n_nodes]
    bool has_changed;
} origins;

static bool may_pack(const bl_nn_node *node) {
    if (node->kind->id == BL_NN_KIND_EMBEDDING)
        return ((const bl_nn_embedding_options *)node->options)->mask_zero;
    return node->kind->id == BL_NN_KIND_MASKING;
}

static void refuse(origins *o, size_t origin) {
    if (origin == BL_NN_NONE || !o->packs[origin])
        return;
    o->packs[origin] = false;
    o->has_changed = true;
}

static bool ends_sequence(const bl_nn_node *node) {
    const bl_nn_node *layer = node->inner ? node->inner : node;
    switch (layer->kind->id) {
    case BL_NN_KIND_GRU:
    case BL_NN_KIND_LSTM:
    case BL_NN_KIND_SIMPLE_RNN:
        return !((const bl_nn_recurrent_options *)layer->options)->return_sequences;
    case BL_NN_KIND_GLOBAL_AVERAGE_POOLING:
        return true;
    default:
        return false;
    }
}

/// Whether the last step counts decides what it puts out.
static bool sees_end(const bl_nn_node *node) {
    bl_nn_kind_id id = node->kind->id;
    bool is_recurrent =
        id == BL_NN_KIND_GRU || id == BL_NN_KIND_LSTM || id == BL_NN_KIND_SIMPLE_RNN;
    return is_recurrent && ends_sequence(node) &&
           ((const bl_nn_recurrent_options *)node->options)->zero_output_for_mask;
}

/// Rows of the inputs must be the same where each row is made of one of each.
static size_t common_origin(origins *o, const bl_nn_node *node) {
    size_t first = o->of[node->inputs[0]];
    bool differ = false;
    for (size_t i = 1; i < node->n_inputs; i++)
        differ |= o->of[node->inputs[i]] != first;
    for (size_t i = 0; i < node->n_inputs && differ; i++)
        refuse(o, o->of[node->inputs[i]]);
    return differ ? BL_NN_NONE : first;
}

/// Attention finds keys by their places, and a query that sees none of them gets what Keras makes
/// of padding: rows may be left out where they are the query's own, which then sees itself.
static void keep_keys(origins *o, const bl_nn_node *node) {
    size_t query = o->of[node->inputs[0]];
    bool differ = false;
    for (size_t i = 1; i < node->n_inputs; i++)
        differ |= o->of[node->inputs[i]] != query;
    for (size_t i = 1; i < node->n_inputs && differ; i++)
        refuse(o, o->of[node->inputs[i]]);
    if (differ && ((const bl_nn_attention_options *)node->options)->use_causal_mask)
        refuse(o, query);
}

static void trace(origins *o, size_t number) {
    const bl_nn_node *node = &o->graph->nodes[number];
    size_t origin = BL_NN_NONE;
    if (node->mask != BL_NN_NONE && o->of[node->mask] != o->of[node->inputs[0]]) {
        refuse(o, o->of[node->mask]);
        refuse(o, o->of[node->inputs[0]]);
    }
    switch (node->n_inputs ? node->kind->use : BL_NN_WHOLE) {
    case BL_NN_ROWWISE:
        origin = common_origin(o, node);
        break;
    case BL_NN_MASKED:
        if (node->kind->id == BL_NN_KIND_MULTI_HEAD_ATTENTION)
            keep_keys(o, node);
        origin = ends_sequence(node) ? BL_NN_NONE : o->of[node->inputs[0]];
        if (sees_end(node))
            refuse(o, o->of[node->inputs[0]]);
        break;
    case BL_NN_WHOLE:
        for (size_t i = 0; i < node->n_inputs; i++)
            refuse(o, o->of[node->inputs[i]]);
    }
    if (o->packs[number])
        origin = number;
    o->of[number] = origin;
}

/// Inputs whose rows nobody sees but masks that leave out rows of zeros: padding need not even be
/// made.
static void pack_inputs(origins *o) {
    const bl_nn_graph *graph = o->graph;
    for (size_t i = 0; i < graph->n_nodes; i++)
        o->packs[i] |= graph->nodes[i].kind->id == BL_NN_KIND_INPUT;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const bl_nn_node *node = &graph->nodes[i];
        bool leaves_zeros = o->packs[i] && node->kind->id == BL_NN_KIND_MASKING &&
                            ((const bl_nn_masking_options *)node->options)->mask_value == 0;
        for (size_t k = 0; k < node->n_inputs; k++)
            if (graph->nodes[node->inputs[k]].kind->id == BL_NN_KIND_INPUT)
                o->packs[node->inputs[k]] &= leaves_zeros;
        if (node->mask != BL_NN_NONE && graph->nodes[node->mask].kind->id == BL_NN_KIND_INPUT)
            o->packs[node->mask] = false;
    }
    for (size_t i = 0; i < graph->n_outputs; i++)
        if (graph->nodes[graph->outputs[i]].kind->id == BL_NN_KIND_INPUT)
            o->packs[graph->outputs[i]] = false;
}

const bool *bl_nn_find_packing(bl_arena *arena, const bl_nn_graph *graph) {
    origins o = {.graph = graph,
                 .of = bl_arena_array(arena, graph->n_nodes + 1, sizeof *o.of),
                 .packs = bl_arena_array(arena, graph->n_nodes + 1, sizeof *o.packs)};
    if (!o.of || !o.packs)
        return NULL;
    for (size_t i = 0; i < graph->n_nodes; i++)
        o.packs[i] = may_pack(&graph->nodes[i]);
    do {
        o.has_changed = false;
        for (size_t i = 0; i < graph->n_nodes; i++)
            trace(&o, i);
        for (size_t i = 0; i < graph->n_outputs; i++)
            refuse(&o, o.of[graph->outputs[i]]);
    } while (o.has_changed);
    pack_inputs(&o);
    return o.packs;
}
