// SPDX-License-Identifier: Apache-2.0
// Graphs: nodes one behind the other, with names as Keras gives them.
#include "nn/graph/graph.h"

#include <stdio.h>
#include <string.h>

enum { MOST_DIGITS = 6 }; ///< of a number behind a name: more than there are nodes

static bl_status no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for a network");
}

void bl_nn_graph_init(bl_nn_graph *graph, bl_arena *arena, const char *name) {
    *graph = (bl_nn_graph){.arena = arena, .name = name};
}

size_t bl_nn_graph_find(const bl_nn_graph *graph, const char *name) {
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (strcmp(graph->nodes[i].name, name) == 0)
            return i;
    return BL_NN_NONE;
}

// ---- names ----

static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

void bl_nn_snake_case(const char *class_name, char *ret_text) {
    char before = 0;
    for (const char *c = class_name; *c; before = *c++) {
        if (before && is_upper(*c) && (is_lower(c[1]) || is_lower(before)))
            *ret_text++ = '_';
        *ret_text++ = is_upper(*c) ? (char)(*c - 'A' + 'a') : *c;
    }
    *ret_text = '\0';
}

/// The number of a name that is `prefix`, which is 0, or has a number behind it, as "dense_1".
/// \return BL_NN_NONE: it is another name
static size_t number_of(const char *name, const char *prefix, size_t prefix_size) {
    if (strncmp(name, prefix, prefix_size) != 0)
        return BL_NN_NONE;
    const char *c = name + prefix_size;
    if (!*c)
        return 0;
    size_t number = 0, n_digits = strlen(c + 1);
    if (*c != '_' || c[1] < '1' || n_digits > MOST_DIGITS)
        return BL_NN_NONE;
    while (*++c) {
        if (*c < '0' || *c > '9')
            return BL_NN_NONE;
        number = 10 * number + (size_t)(*c - '0');
    }
    return number;
}

/// The first of "dense", "dense_1", "dense_2", … that no node has.
bl_status bl_nn_graph_next_name(const bl_nn_graph *graph, const bl_nn_kind *kind,
                                const char **ret_name, bl_error *err) {
    char prefix[2 * 32 + 1]; // names of kinds are shorter than 32
    bl_nn_snake_case(kind->name, prefix);
    uint8_t is_taken[BL_NN_MOST_NODES / 8 + 1] = {0};
    size_t size = strlen(prefix), free = 0;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        size_t number = number_of(graph->nodes[i].name, prefix, size);
        if (number <= BL_NN_MOST_NODES)
            is_taken[number / 8] |= (uint8_t)(1U << number % 8);
    }
    while (is_taken[free / 8] & 1U << free % 8)
        free++;
    *ret_name = free ? bl_arena_printf(graph->arena, "%s_%zu", prefix, free)
                     : bl_arena_text(graph->arena, prefix, size);
    return *ret_name ? BL_OK : no_memory(err);
}

static bl_status choose_name(bl_nn_graph *graph, const bl_nn_kind *kind, const char *name,
                             const char **ret_name, bl_error *err) {
    if (!name)
        return bl_nn_graph_next_name(graph, kind, ret_name, err);
    if (!*name)
        return bl_error_set(err, BL_E_INVALID, "a %s has an empty name", kind->name);
    if (bl_nn_graph_find(graph, name) != BL_NN_NONE)
        return bl_error_set(err, BL_E_INVALID, "two layers are called '%s'", name);
    *ret_name = bl_arena_text(graph->arena, name, strlen(name));
    return *ret_name ? BL_OK : no_memory(err);
}

// ---- nodes ----

static bl_status make_room(bl_nn_graph *graph, bl_error *err) {
    if (graph->n_nodes == BL_NN_MOST_NODES)
        return bl_error_set(err, BL_E_LIMIT, "a network of more than %d layers", BL_NN_MOST_NODES);
    bl_nn_node *nodes =
        bl_arena_grow(graph->arena, graph->nodes, graph->n_nodes, &graph->room, sizeof *nodes);
    if (!nodes)
        return no_memory(err);
    graph->nodes = nodes;
    return BL_OK;
}

static bl_status copy_numbers(bl_nn_graph *graph, size_t n, const size_t *numbers,
                              const size_t **ret_copy, bl_error *err) {
    size_t *copy = bl_arena_array(graph->arena, n + 1, sizeof *copy);
    if (!copy)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        copy[i] = numbers[i];
    *ret_copy = copy;
    return BL_OK;
}

static bl_status check_inputs(const bl_nn_graph *graph, const bl_nn_kind *kind, const char *name,
                              size_t n, const size_t *inputs, bl_error *err) {
    unsigned fewest = kind->fewest_inputs, most = kind->most_inputs;
    if (n < fewest || n > most) {
        const char *separator = fewest == most ? "" : most == BL_NN_MOST_INPUTS ? " to " : " or ";
        char second[16] = "";
        if (fewest != most)
            (void)snprintf(second, sizeof second, "%u", most);
        return bl_error_set(err, BL_E_INVALID, "layer '%s' (%s) takes %u%s%s input%s, not %zu",
                            name, kind->name, fewest, separator, second, most == 1 ? "" : "s", n);
    }
    for (size_t i = 0; i < n; i++)
        if (inputs[i] >= graph->n_nodes)
            return bl_error_set(err, BL_E_INVALID,
                                "layer '%s' (%s) takes a layer that is not before it", name,
                                kind->name);
    return BL_OK;
}

bl_status bl_nn_node_init(bl_arena *arena, const bl_nn_kind *kind, const char *name,
                          bl_nn_node *ret_node, bl_error *err) {
    bl_nn_node node = {.name = name, .kind = kind, .mask = BL_NN_NONE, .same_as = BL_NN_NONE};
    node.options = bl_arena_alloc(arena, kind->options_size + 1);
    if (!node.options)
        return no_memory(err);
    BL_TRY(bl_nn_options_preset(arena, kind, node.options, err));
    *ret_node = node;
    return BL_OK;
}

bl_status bl_nn_graph_add(bl_nn_graph *graph, const bl_nn_kind *kind, const char *name,
                          size_t n_inputs, const size_t *inputs, bl_nn_node **ret_node,
                          bl_error *err) {
    bl_nn_node node = {0};
    const char *chosen = NULL;
    const size_t *copy = NULL;
    BL_TRY(make_room(graph, err));
    BL_TRY(choose_name(graph, kind, name, &chosen, err));
    BL_TRY(check_inputs(graph, kind, chosen, n_inputs, inputs, err));
    BL_TRY(copy_numbers(graph, n_inputs, inputs, &copy, err));
    BL_TRY(bl_nn_node_init(graph->arena, kind, chosen, &node, err));
    node.n_inputs = n_inputs;
    node.inputs = copy;
    graph->nodes[graph->n_nodes] = node;
    *ret_node = &graph->nodes[graph->n_nodes++];
    return BL_OK;
}

bl_status bl_nn_graph_set_outputs(bl_nn_graph *graph, size_t n, const size_t *outputs,
                                  bl_error *err) {
    const size_t *copy = NULL;
    if (!n)
        return bl_error_set(err, BL_E_INVALID, "a network without outputs");
    for (size_t i = 0; i < n; i++)
        if (outputs[i] >= graph->n_nodes)
            return bl_error_set(err, BL_E_INVALID, "output %zu of a network is none of its layers",
                                i);
    BL_TRY(copy_numbers(graph, n, outputs, &copy, err));
    graph->n_outputs = n;
    graph->outputs = copy;
    return BL_OK;
}
