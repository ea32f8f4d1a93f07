// SPDX-License-Identifier: Apache-2.0
// Masks that say what a Masking says itself. Keras writes the mask of each layer out, as the
// operations that compute it; a layer behind a Masking has that mask anyway, and rows that do not
// count can be left out only where nothing else looks at them.
#include "model/keras/conversion.h"

/// Whether a node's mask is any(x ≠ value) of what the Masking before it takes, for its value.
static bool is_own(const bl_nn_graph *graph, const bl_nn_node *node) {
    if (node->mask == BL_NN_NONE || node->n_inputs != 1)
        return false;
    const bl_nn_node *masking = &graph->nodes[node->inputs[0]], *any = &graph->nodes[node->mask];
    if (masking->kind->id != BL_NN_KIND_MASKING || any->kind->id != BL_NN_KIND_ANY)
        return false;
    const bl_nn_reduce_options *reduce = (const bl_nn_reduce_options *)any->options;
    const bl_nn_node *unequal = &graph->nodes[any->inputs[0]];
    if (unequal->kind->id != BL_NN_KIND_NOT_EQUAL || unequal->n_inputs != 1 || reduce->keepdims ||
        (reduce->axis != -1 && reduce->axis != 2))
        return false;
    const bl_nn_masking_options *skipped = (const bl_nn_masking_options *)masking->options;
    const bl_nn_compare_options *compared = (const bl_nn_compare_options *)unequal->options;
    return unequal->inputs[0] == masking->inputs[0] && masking->mask == BL_NN_NONE &&
           compared->value == skipped->mask_value;
}

/// Which nodes somebody takes. \param used [n_nodes]
static void find_used(const bl_nn_graph *graph, bool *used) {
    for (size_t i = 0; i < graph->n_outputs; i++)
        used[graph->outputs[i]] = true;
    for (size_t i = graph->n_nodes; i-- > 0;) {
        const bl_nn_node *node = &graph->nodes[i];
        bool may_go = node->kind->id == BL_NN_KIND_ANY || node->kind->id == BL_NN_KIND_NOT_EQUAL;
        used[i] |= !may_go;
        for (size_t k = 0; k < node->n_inputs && used[i]; k++)
            used[node->inputs[k]] = true;
        if (used[i] && node->mask != BL_NN_NONE)
            used[node->mask] = true;
    }
}

/// Numbers of nodes as they are after some are gone.
static bl_status renumber(bl_arena *arena, const size_t *numbers, size_t n, const size_t **list,
                          bl_error *err) {
    size_t *changed = (size_t *)bl_arena_array(arena, n + 1, sizeof *changed);
    if (!changed)
        return bl_error_nomem(err, n * sizeof *changed, "a network");
    for (size_t i = 0; i < n; i++)
        changed[i] = numbers[(*list)[i]];
    *list = changed;
    return BL_OK;
}

static bl_status drop(bl_arena *arena, bl_nn_graph *graph, const bool *used, size_t *numbers,
                      bl_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        bl_nn_node *node = &graph->nodes[i];
        if (!used[i])
            continue;
        numbers[i] = n;
        BL_TRY(renumber(arena, numbers, node->n_inputs, &node->inputs, err));
        node->mask = node->mask == BL_NN_NONE ? BL_NN_NONE : numbers[node->mask];
        node->same_as = node->same_as == BL_NN_NONE ? BL_NN_NONE : numbers[node->same_as];
        graph->nodes[n++] = *node;
    }
    graph->n_nodes = n;
    return renumber(arena, numbers, graph->n_outputs, &graph->outputs, err);
}

bl_status bl_keras_drop_masks(bl_arena *arena, bl_nn_graph *graph, bl_error *err) {
    size_t n_dropped = 0;
    bool *used = (bool *)bl_arena_array(arena, graph->n_nodes + 1, sizeof *used);
    size_t *numbers = (size_t *)bl_arena_array(arena, graph->n_nodes + 1, sizeof *numbers);
    if (!used || !numbers)
        return bl_error_nomem(err, graph->n_nodes * sizeof *numbers, "a network");
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (is_own(graph, &graph->nodes[i])) {
            graph->nodes[i].mask = BL_NN_NONE;
            n_dropped++;
        }
    if (!n_dropped)
        return BL_OK;
    find_used(graph, used);
    return drop(arena, graph, used, numbers, err);
}
