// SPDX-License-Identifier: Apache-2.0
// Networks to YAML, as a person would write them: only what is no default.
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "base/yaml_scalar.h"
#include "nn/graph/constants.h"
#include "nn/graph/graph.h"

typedef struct writer {
    const bl_nn_graph *graph;
    bl_text text;
} writer;

static bl_status no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for the text of a network");
}

// ---- scalars ----

static bool is_plain(const char *name) {
    bl_item item = {.text = name};
    for (const char *c = name; *c; c++) {
        bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_';
        bool is_other = (*c >= '0' && *c <= '9') || *c == '.' || *c == '-';
        if (!is_letter && !(is_other && c != name))
            return false;
    }
    return *name && bl_yaml_scalar(&item, NULL, true) && item.kind == BL_ITEM_TEXT;
}

static void add_name(bl_text *text, const char *name) {
    if (is_plain(name))
        bl_text_add(text, "%s", name);
    else
        bl_text_add_quoted(text, name);
}

static void add_number(bl_text *text, double number) {
    if (isfinite(number))
        bl_text_add_number(text, number);
    else
        bl_text_add(text, isnan(number) ? ".nan" : number > 0 ? ".inf" : "-.inf");
}

static void add_float(bl_text *text, float number) {
    if (isfinite(number))
        bl_text_add_float(text, number);
    else
        add_number(text, (double)number);
}

// ---- names with constants ----

static bool same_constant(const bl_nn_constant *constant, const void *a, const void *b) {
    const void *x = (const char *)a + constant->offset, *y = (const char *)b + constant->offset;
    switch (constant->type) {
    case BL_NN_CONSTANT_FLAG:
        return *(const bool *)x == *(const bool *)y;
    case BL_NN_CONSTANT_DOUBLE:
        return *(const double *)x == *(const double *)y;
    case BL_NN_CONSTANT_FLOAT:
        return *(const float *)x == *(const float *)y;
    }
    return false;
}

static void add_constant(bl_text *text, const bl_nn_constant *constant, const void *constants) {
    const void *at = (const char *)constants + constant->offset;
    switch (constant->type) {
    case BL_NN_CONSTANT_FLAG:
        bl_text_add(text, *(const bool *)at ? "true" : "false");
        break;
    case BL_NN_CONSTANT_DOUBLE:
        add_number(text, *(const double *)at);
        break;
    case BL_NN_CONSTANT_FLOAT:
        add_float(text, *(const float *)at);
        break;
    }
}

/// `name`, or `{name: {constant: …}}` with those that are not its defaults.
static void add_object(bl_text *text, const char *name, const bl_nn_constant *list, size_t n,
                       const void *constants, const void *presets) {
    bool is_first = true;
    for (size_t i = 0; i < n; i++) {
        if (same_constant(&list[i], constants, presets))
            continue;
        if (is_first)
            bl_text_add(text, "{%s: {", name);
        bl_text_add(text, "%s%s: ", is_first ? "" : ", ", list[i].name);
        add_constant(text, &list[i], constants);
        is_first = false;
    }
    bl_text_add(text, "%s", is_first ? name : "}}");
}

static void add_activation(bl_text *text, const bl_nn_activation *activation) {
    const char *name = bl_nn_activation_name(activation->kind);
    bl_nn_activation preset = {0};
    size_t n;
    const bl_nn_constant *list = bl_nn_activation_constants(activation->kind, &n);
    bl_nn_activation_find(name, &preset);
    add_object(text, name, list, n, activation, &preset);
}

static void add_initializer(bl_text *text, const bl_nn_initializer *initializer) {
    const char *name = bl_nn_initializer_name(initializer->kind);
    bl_nn_initializer preset = {0};
    size_t n;
    const bl_nn_constant *list = bl_nn_initializer_constants(initializer->kind, &n);
    bl_nn_initializer_find(name, &preset);
    add_object(text, name, list, n, initializer, &preset);
}

static void add_penalty(bl_text *text, const bl_nn_regularizer *penalty) {
    bool l1 = penalty->l1 != 0, l2 = penalty->l2 != 0;
    if (!l1 && !l2) {
        bl_text_add(text, "null");
        return;
    }
    bl_text_add(text, l1 ? "{l1: " : "{l2: ");
    add_number(text, l1 ? penalty->l1 : penalty->l2);
    if (l1 && l2) {
        bl_text_add(text, ", l2: ");
        add_number(text, penalty->l2);
    }
    bl_text_add(text, "}");
}

// ---- options ----

static void add_counts(bl_text *text, const bl_nn_counts *counts) {
    bl_text_add(text, "[");
    for (size_t i = 0; i < counts->n; i++)
        bl_text_add(text, "%s%lld", i ? ", " : "", (long long)counts->items[i]);
    bl_text_add(text, "]");
}

static void add_numbers(bl_text *text, const bl_nn_numbers *numbers) {
    bl_text_add(text, numbers->n == 1 ? "" : "[");
    for (size_t i = 0; i < numbers->n; i++) {
        bl_text_add(text, i ? ", " : "");
        add_number(text, numbers->items[i]);
    }
    bl_text_add(text, numbers->n == 1 ? "" : "]");
}

static void add_option(bl_text *text, const bl_nn_option *option, const void *options) {
    const void *at = (const char *)options + option->offset;
    switch (option->type) {
    case BL_NN_OPTION_FLAG:
        bl_text_add(text, *(const bool *)at ? "true" : "false");
        break;
    case BL_NN_OPTION_COUNT:
        bl_text_add(text, "%lld", (long long)*(const int64_t *)at);
        break;
    case BL_NN_OPTION_NUMBER:
        add_number(text, *(const double *)at);
        break;
    case BL_NN_OPTION_CHOICE:
        bl_text_add(text, "%s", option->choices[*(const int *)at]);
        break;
    case BL_NN_OPTION_ACTIVATION:
        add_activation(text, at);
        break;
    case BL_NN_OPTION_INITIALIZER:
        add_initializer(text, at);
        break;
    case BL_NN_OPTION_REGULARIZER:
        add_penalty(text, at);
        break;
    case BL_NN_OPTION_COUNTS:
        add_counts(text, at);
        break;
    case BL_NN_OPTION_NUMBERS:
        add_numbers(text, at);
        break;
    }
}

/// What stands between the braces of a layer, as it grows.
typedef struct braces {
    bl_text *text;
    size_t n;
} braces;

static void add_key(braces *b, const char *key) {
    bl_text_add(b->text, "%s%s: ", b->n++ ? ", " : "", key);
}

/// \return BL_E_NOMEM
static bl_status add_options(braces *b, const bl_nn_kind *kind, const void *options,
                             bl_error *err) {
    void *presets = bl_arena_alloc(b->text->arena, kind->options_size + 1);
    if (!presets)
        return no_memory(err);
    BL_TRY(bl_nn_options_preset(b->text->arena, kind, presets, err));
    for (size_t i = 0; i < kind->n_options; i++) {
        const bl_nn_option *option = &kind->options[i];
        if (option->preset && bl_nn_option_equals(option, options, presets))
            continue;
        add_key(b, option->name);
        add_option(b->text, option, options);
    }
    return BL_OK;
}

// ---- layers ----

static bl_status add_inner(braces *b, const char *key, const bl_nn_node *inner, bl_error *err) {
    if (!inner)
        return BL_OK;
    braces own = {.text = b->text};
    add_key(b, key);
    bl_text_add(b->text, "{%s: {", inner->kind->name);
    BL_TRY(add_options(&own, inner->kind, inner->options, err));
    bl_text_add(b->text, "}}");
    return BL_OK;
}

static void add_nodes(writer *w, size_t n, const size_t *nodes) {
    bl_text_add(&w->text, n == 1 ? "" : "[");
    for (size_t i = 0; i < n; i++) {
        bl_text_add(&w->text, i ? ", " : "");
        add_name(&w->text, w->graph->nodes[nodes[i]].name);
    }
    bl_text_add(&w->text, n == 1 ? "" : "]");
}

/// The name that the node would get where none was written: those that stand before it are the
/// inputs and the layers before it.
static bl_status has_default_name(const bl_nn_graph *before, const bl_nn_node *node, bool *ret_has,
                                  bl_error *err) {
    const char *name = NULL;
    BL_TRY(bl_nn_graph_next_name(before, node->kind, &name, err));
    *ret_has = strcmp(name, node->name) == 0;
    return BL_OK;
}

/// \param before the nodes that were written \param last which the next takes; BL_NN_NONE
static bl_status add_layer(writer *w, const bl_nn_graph *before, size_t last, size_t number,
                           bl_error *err) {
    const bl_nn_node *node = &w->graph->nodes[number];
    bl_text *text = &w->text;
    braces b = {.text = text};
    bool has_default = false;
    bl_text_add(text, "  - %s: {", node->kind->name);
    if (node->same_as != BL_NN_NONE) {
        add_key(&b, "same_as");
        add_name(text, w->graph->nodes[node->same_as].name);
    } else {
        BL_TRY(add_options(&b, node->kind, node->options, err));
        BL_TRY(add_inner(&b, "layer", node->inner, err));
        BL_TRY(add_inner(&b, "backward_layer", node->inner_backward, err));
    }
    BL_TRY(has_default_name(before, node, &has_default, err));
    if (!has_default) {
        add_key(&b, "name");
        add_name(text, node->name);
    }
    if (node->n_inputs != 1 || node->inputs[0] != last) {
        add_key(&b, "input");
        add_nodes(w, node->n_inputs, node->inputs);
    }
    if (node->mask != BL_NN_NONE) {
        add_key(&b, "mask");
        add_name(text, w->graph->nodes[node->mask].name);
    }
    if (node->frozen) {
        add_key(&b, "trainable");
        bl_text_add(text, "false");
    }
    bl_text_add(text, "}\n");
    return BL_OK;
}

static void add_input(writer *w, const bl_nn_node *node) {
    const bl_nn_input_options *options = node->options;
    bl_text_add(&w->text, "  ");
    add_name(&w->text, node->name);
    bl_text_add(&w->text, options->ragged ? ": {shape: " : ": ");
    add_counts(&w->text, &options->shape);
    bl_text_add(&w->text, options->ragged ? ", ragged: true}\n" : "\n");
}

// ---- all ----

static bool is_input(const bl_nn_node *node) { return node->kind->id == BL_NN_KIND_INPUT; }

/// Inputs stand first, whatever stands before them in the graph.
static bl_status add_layers(writer *w, size_t *ret_last, bl_error *err) {
    const bl_nn_graph *graph = w->graph;
    bl_nn_graph before = *graph;
    size_t last = BL_NN_NONE;
    before.n_nodes = 0;
    before.nodes = bl_arena_array(graph->arena, graph->n_nodes + 1, sizeof *before.nodes);
    if (!before.nodes)
        return no_memory(err);
    bl_text_add(&w->text, "inputs:\n");
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (is_input(&graph->nodes[i])) {
            add_input(w, &graph->nodes[i]);
            last = before.n_nodes ? BL_NN_NONE : i;
            before.nodes[before.n_nodes++] = graph->nodes[i];
        }
    bl_text_add(&w->text, before.n_nodes == graph->n_nodes ? "layers: []\n" : "layers:\n");
    for (size_t i = 0; i < graph->n_nodes; i++) {
        if (is_input(&graph->nodes[i]))
            continue;
        BL_TRY(add_layer(w, &before, last, i, err));
        before.nodes[before.n_nodes++] = graph->nodes[i];
        last = i;
    }
    *ret_last = last;
    return BL_OK;
}

bl_status bl_nn_graph_write(const bl_nn_graph *graph, const char **ret_text, bl_error *err) {
    writer w = {.graph = graph, .text = {.arena = graph->arena}};
    size_t last = BL_NN_NONE;
    if (graph->name && strcmp(graph->name, "network") != 0) {
        bl_text_add(&w.text, "name: ");
        add_name(&w.text, graph->name);
        bl_text_add(&w.text, "\n");
    }
    BL_TRY(add_layers(&w, &last, err));
    if (graph->n_outputs != 1 || graph->outputs[0] != last) {
        bl_text_add(&w.text, "outputs: [");
        for (size_t i = 0; i < graph->n_outputs; i++) {
            bl_text_add(&w.text, i ? ", " : "");
            add_name(&w.text, graph->nodes[graph->outputs[i]].name);
        }
        bl_text_add(&w.text, "]\n");
    }
    if (w.text.has_failed)
        return no_memory(err);
    *ret_text = w.text.text;
    return BL_OK;
}
