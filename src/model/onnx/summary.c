// SPDX-License-Identifier: Apache-2.0
// Walks every graph once, those in attributes and functions too.
#include "model/onnx/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/names.h"

typedef struct walk {
    bl_arena *arena;
    bl_name_map known; ///< "domain.name" to its place among the operators
    size_t capacity;
    bl_onnx_summary *summary;
} walk;

static bl_status walk_graph(walk *w, const bl_onnx_graph *graph, bl_error *err);

static bl_status add_operator(walk *w, const char *key, const char *domain, const char *name,
                              bl_error *err) {
    bl_onnx_summary *summary = w->summary;
    if (summary->n_operators == w->capacity) {
        size_t more = w->capacity ? 2 * w->capacity : 16;
        bl_onnx_operator *grown = bl_arena_array(w->arena, more, sizeof *grown);
        if (!grown)
            return bl_error_nomem(err, more * sizeof *grown, "operators");
        if (w->capacity)
            memcpy(grown, summary->operators, w->capacity * sizeof *grown);
        summary->operators = grown;
        w->capacity = more;
    }
    BL_TRY(bl_name_map_add(w->arena->context, &w->known, key, summary->n_operators, err));
    summary->operators[summary->n_operators++] = (bl_onnx_operator){domain, name, 0};
    return BL_OK;
}

static bl_status count_operator(walk *w, const bl_onnx_node *node, bl_error *err) {
    const char *domain = bl_onnx_is_default_domain(node->domain) ? "ai.onnx" : node->domain;
    // no key is made anew for ONNX's own operators: nearly all are
    const char *key = bl_onnx_is_default_domain(node->domain)
                          ? node->op_type
                          : bl_arena_printf(w->arena, "%s\n%s", domain, node->op_type);
    if (!key)
        return bl_error_nomem(err, 0, "operators");
    size_t i = bl_name_map_find(&w->known, key);
    if (i == SIZE_MAX) {
        i = w->summary->n_operators;
        BL_TRY(add_operator(w, key, domain, node->op_type, err));
    }
    w->summary->operators[i].n_nodes++;
    return BL_OK;
}

static bl_status walk_nodes(walk *w, const bl_onnx_nodes *nodes, bl_error *err) {
    w->summary->n_nodes += nodes->n;
    for (size_t i = 0; i < nodes->n; i++) {
        const bl_onnx_node *node = &nodes->items[i];
        BL_TRY(count_operator(w, node, err));
        for (size_t k = 0; k < node->attributes.n; k++) {
            const bl_onnx_attribute *attribute = &node->attributes.items[k];
            if (attribute->graph)
                BL_TRY(walk_graph(w, attribute->graph, err));
            for (size_t g = 0; g < attribute->graphs.n; g++)
                BL_TRY(walk_graph(w, &attribute->graphs.items[g], err));
        }
    }
    return BL_OK;
}

static bl_status walk_graph(walk *w, const bl_onnx_graph *graph, bl_error *err) {
    w->summary->n_tensors += graph->initializers.n;
    for (size_t i = 0; i < graph->initializers.n; i++) {
        const bl_onnx_tensor *tensor = &graph->initializers.items[i];
        uint64_t n = 0;
        BL_TRY(bl_onnx_tensor_count(tensor, &n, err));
        w->summary->n_parameters += n;
        w->summary->parameter_bytes += bl_onnx_type_bytes(tensor->type, n);
    }
    return walk_nodes(w, &graph->nodes, err);
}

static bl_status find_inputs(walk *w, const bl_onnx_graph *graph, bl_error *err) {
    bl_onnx_summary *summary = w->summary;
    bl_name_map given = {0};
    bl_status status = BL_OK;
    summary->inputs = bl_arena_array(w->arena, graph->inputs.n + 1, sizeof(void *));
    if (!summary->inputs)
        return bl_error_nomem(err, 0, "inputs");
    for (size_t i = 0; status == BL_OK && i < graph->initializers.n; i++)
        status =
            bl_name_map_add(w->arena->context, &given, graph->initializers.items[i].name, i, err);
    for (size_t i = 0; i < graph->inputs.n; i++)
        if (bl_name_map_find(&given, graph->inputs.items[i].name) == SIZE_MAX)
            summary->inputs[summary->n_inputs++] = &graph->inputs.items[i];
    bl_name_map_release(w->arena->context, &given);
    return status;
}

static int compare(const void *left, const void *right) {
    const bl_onnx_operator *a = (const bl_onnx_operator *)left;
    const bl_onnx_operator *b = (const bl_onnx_operator *)right;
    if (a->n_nodes != b->n_nodes)
        return a->n_nodes < b->n_nodes ? 1 : -1;
    int domains = strcmp(a->domain, b->domain);
    return domains ? domains : strcmp(a->name, b->name);
}

static bl_status walk_model(walk *w, const bl_onnx_model *model, bl_error *err) {
    BL_TRY(find_inputs(w, model->graph, err));
    BL_TRY(walk_graph(w, model->graph, err));
    for (size_t i = 0; i < model->functions.n; i++)
        BL_TRY(walk_nodes(w, &model->functions.items[i].nodes, err));
    if (w->summary->n_operators)
        qsort(w->summary->operators, w->summary->n_operators, sizeof *w->summary->operators,
              compare);
    return BL_OK;
}

bl_status bl_onnx_summarise(bl_arena *arena, const bl_onnx_model *model,
                            bl_onnx_summary *ret_summary, bl_error *err) {
    bl_onnx_summary summary = {0};
    walk w = {.arena = arena, .summary = &summary};
    bl_status status = walk_model(&w, model, err);
    bl_name_map_release(arena->context, &w.known);
    if (status == BL_OK)
        *ret_summary = summary;
    return status;
}

// ---- types as text ----

static const char *dim_text(const bl_onnx_dim *dim, char *room, size_t size) {
    if (!bl_message_has(&dim->head, BL_ONNX_DIM_HAS_VALUE))
        return dim->name ? dim->name : "?";
    snprintf(room, size, "%" PRId64, dim->value);
    return room;
}

/// Copies a text without its NUL. \return behind it
static char *put(char *to, const char *from) {
    size_t n = strlen(from);
    memcpy(to, from, n);
    return to + n;
}

/// "ELEMENT[DIM, DIM]", measured first: the text is made once, however many dims a file claims.
static const char *format_tensor(bl_arena *arena, const bl_onnx_tensor_type *tensor) {
    const char *element = bl_onnx_type_text(tensor->element);
    char room[24];
    element = element ? element : "unknown";
    if (!tensor->shape)
        return element;
    size_t n = tensor->shape->dims.n, size = strlen(element) + sizeof "[]";
    for (size_t i = 0; i < n; i++)
        size += strlen(dim_text(&tensor->shape->dims.items[i], room, sizeof room)) + strlen(", ");
    char *text = bl_arena_alloc(arena, size);
    if (!text)
        return NULL;
    char *at = put(put(text, element), "[");
    for (size_t i = 0; i < n; i++)
        at =
            put(put(at, i ? ", " : ""), dim_text(&tensor->shape->dims.items[i], room, sizeof room));
    (void)put(at, "]");
    return text;
}

const char *bl_onnx_type_format(bl_arena *arena, const bl_onnx_type *type) {
    const char *inner = NULL;
    const bl_onnx_nested_type *nested = NULL;
    if (type && type->tensor)
        return format_tensor(arena, type->tensor);
    if (type && type->sparse_tensor) {
        inner = format_tensor(arena, type->sparse_tensor);
        return inner ? bl_arena_printf(arena, "sparse<%s>", inner) : NULL;
    }
    if (type)
        nested = type->sequence ? type->sequence : type->map ? type->map : type->optional;
    if (!nested)
        return type && type->opaque ? "opaque" : "unknown";
    inner = bl_onnx_type_format(arena, nested->element);
    if (!inner)
        return NULL;
    if (type->sequence)
        return bl_arena_printf(arena, "sequence<%s>", inner);
    if (type->optional)
        return bl_arena_printf(arena, "optional<%s>", inner);
    const char *key = bl_onnx_type_text(nested->key);
    return bl_arena_printf(arena, "map<%s, %s>", key ? key : "unknown", inner);
}
