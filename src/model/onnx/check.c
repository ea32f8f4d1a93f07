// SPDX-License-Identifier: Apache-2.0
// Graphs are walked in the order of their nodes with the names of the values that are there so far;
// a graph in an attribute also sees those of the graphs around it.
#include "model/onnx/check.h"

#include "base/names.h"

enum { OLDEST_IR = 3 };

/// What a name stands for.
enum { INPUT, INITIALIZER, RESULT };

typedef struct scope {
    bl_name_map names;
    const struct scope *outer; ///< NULL: none
} scope;

typedef struct checker {
    bl_context *context;
    bl_onnx_load_fn load;
    void *user;
    const bl_onnx_opsets *opsets; ///< of the model, or of the function that is walked
    bool in_function;
} checker;

static bl_status check_graph(checker *c, const bl_onnx_graph *graph, const scope *outer,
                             bl_error *err);

static const char *shown(const char *text) { return text ? text : ""; }

static bool is_given(const char *text) { return text && *text; }

/// Puts "WHAT I 'NAME' at byte N: " in front of a message.
static bl_status at(bl_error *err, bl_status status, const char *what, size_t i, const char *name,
                    const bl_message *head) {
    if (head->offset)
        return bl_error_in(err, status, "%s %zu '%s' at byte %llu", what, i, shown(name),
                           (unsigned long long)head->offset);
    return bl_error_in(err, status, "%s %zu '%s'", what, i, shown(name));
}

#define TRY_AT(expression, err, what, i, name, head)               \
    do {                                                           \
        bl_status status_ = (expression);                          \
        if (status_ != BL_OK)                                      \
            return at((err), status_, what, (i), (name), &(head)); \
    } while (0)

// ---- names ----

static bl_status define(checker *c, scope *s, const char *name, size_t number, const char *what,
                        bl_error *err) {
    if (!is_given(name))
        return bl_error_set(err, BL_E_CORRUPT, "%s without a name", what);
    size_t before = bl_name_map_find(&s->names, name);
    if (before != SIZE_MAX && !(before == INPUT && number == INITIALIZER))
        return bl_error_set(err, BL_E_CORRUPT, "'%s' is defined a second time", name);
    if (before == SIZE_MAX)
        return bl_name_map_add(c->context, &s->names, name, number, err);
    return BL_OK;
}

static bool is_defined(const scope *s, const char *name) {
    for (; s; s = s->outer)
        if (bl_name_map_find(&s->names, name) != SIZE_MAX)
            return true;
    return false;
}

static bl_status check_defined(const scope *s, const char *name, const char *what, bl_error *err) {
    if (is_defined(s, name))
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT, "%s '%s' is made by no node before it", what, name);
}

// ---- types, tensors, attributes ----

static bl_status check_type(const bl_onnx_type *type, bl_error *err) {
    const bl_onnx_tensor_type *tensor = type->tensor ? type->tensor : type->sparse_tensor;
    const bl_onnx_nested_type *nested = type->sequence ? type->sequence
                                        : type->map    ? type->map
                                                       : type->optional;
    int n = (type->tensor != NULL) + (type->sparse_tensor != NULL) + (type->sequence != NULL) +
            (type->map != NULL) + (type->optional != NULL) + (type->opaque != NULL);
    if (n > 1)
        return bl_error_set(err, BL_E_CORRUPT, "several types at once");
    for (size_t i = 0; tensor && tensor->shape && i < tensor->shape->dims.n; i++) {
        const bl_onnx_dim *dim = &tensor->shape->dims.items[i];
        if (bl_message_has(&dim->head, BL_ONNX_DIM_HAS_VALUE) && dim->name)
            return bl_error_set(err, BL_E_CORRUPT, "dim %zu is both %lld and '%s'", i,
                                (long long)dim->value, dim->name);
    }
    return nested && nested->element ? check_type(nested->element, err) : BL_OK;
}

static bl_status check_values(const bl_onnx_values *values, const char *what, bl_error *err) {
    for (size_t i = 0; i < values->n; i++) {
        const bl_onnx_value *value = &values->items[i];
        if (!is_given(value->name))
            return bl_error_set(err, BL_E_CORRUPT, "%s %zu has no name", what, i);
        if (value->type)
            TRY_AT(check_type(value->type, err), err, what, i, value->name, value->head);
    }
    return BL_OK;
}

static bl_status check_tensor(checker *c, bl_onnx_tensor *tensor, bl_error *err) {
    if (c->load && tensor->location == 1)
        BL_TRY(c->load(c->user, tensor, err));
    return bl_onnx_tensor_check(tensor, err);
}

/// The kinds of values that an attribute holds, a bit each.
static unsigned kinds_of(const bl_onnx_attribute *a) {
    const bl_message *head = &a->head;
    bool has_f = bl_message_has(head, BL_ONNX_ATTRIBUTE_HAS_F);
    bool has_i = bl_message_has(head, BL_ONNX_ATTRIBUTE_HAS_I);
    return (unsigned)has_f << BL_ONNX_ATTRIBUTE_FLOAT | (unsigned)has_i << BL_ONNX_ATTRIBUTE_INT |
           (unsigned)(a->s.data != NULL) << BL_ONNX_ATTRIBUTE_STRING |
           (unsigned)(a->tensor != NULL) << BL_ONNX_ATTRIBUTE_TENSOR |
           (unsigned)(a->graph != NULL) << BL_ONNX_ATTRIBUTE_GRAPH |
           (unsigned)(a->type != NULL) << BL_ONNX_ATTRIBUTE_TYPE |
           (unsigned)(a->floats.n != 0) << BL_ONNX_ATTRIBUTE_FLOATS |
           (unsigned)(a->ints.n != 0) << BL_ONNX_ATTRIBUTE_INTS |
           (unsigned)(a->strings.n != 0) << BL_ONNX_ATTRIBUTE_STRINGS |
           (unsigned)(a->tensors.n != 0) << BL_ONNX_ATTRIBUTE_TENSORS |
           (unsigned)(a->graphs.n != 0) << BL_ONNX_ATTRIBUTE_GRAPHS |
           (unsigned)(a->types.n != 0) << BL_ONNX_ATTRIBUTE_TYPES |
           (unsigned)(a->sparse_tensor.data != NULL) << BL_ONNX_ATTRIBUTE_SPARSE_TENSOR |
           (unsigned)(a->sparse_tensors.n != 0) << BL_ONNX_ATTRIBUTE_SPARSE_TENSORS;
}

/// That an attribute holds what its type says. A single number or text that is not there is 0 or
/// empty, as writers of proto3 leave it out.
static bl_status check_kind(const checker *c, const bl_onnx_attribute *a, bl_error *err) {
    enum {
        MUST = 1 << BL_ONNX_ATTRIBUTE_TENSOR | 1 << BL_ONNX_ATTRIBUTE_GRAPH |
               1 << BL_ONNX_ATTRIBUTE_TYPE,
        SPARSE = 1 << BL_ONNX_ATTRIBUTE_SPARSE_TENSOR | 1 << BL_ONNX_ATTRIBUTE_SPARSE_TENSORS
    };
    unsigned found = kinds_of(a), kind;
    if (!bl_onnx_attribute_text(a->kind))
        return bl_error_set(err, BL_E_CORRUPT, "its type is %d, which is none", (int)a->kind);
    kind = 1u << a->kind;
    if ((found | kind) & SPARSE)
        return bl_error_set(err, BL_E_UNSUPPORTED, "sparse tensors");
    if (is_given(a->reference)) {
        if (!c->in_function)
            return bl_error_set(err, BL_E_CORRUPT,
                                "it takes the attribute '%s' of a function, and is in none",
                                a->reference);
        kind = 0;
    }
    if (found & ~kind || (kind & MUST && !found))
        return bl_error_set(err, BL_E_CORRUPT, "%s its type, %s",
                            found ? "it holds other values than" : "it holds no value of",
                            bl_onnx_attribute_text(a->kind));
    return BL_OK;
}

static bl_status check_attribute(checker *c, const bl_onnx_attribute *a, const scope *s,
                                 bl_error *err) {
    if (!is_given(a->name))
        return bl_error_set(err, BL_E_CORRUPT, "it has no name");
    BL_TRY(check_kind(c, a, err));
    if (a->tensor)
        BL_TRY_IN(check_tensor(c, a->tensor, err), err, "tensor '%s'", shown(a->tensor->name));
    for (size_t i = 0; i < a->tensors.n; i++)
        TRY_AT(check_tensor(c, &a->tensors.items[i], err), err, "tensor", i,
               a->tensors.items[i].name, a->tensors.items[i].head);
    if (a->type)
        BL_TRY(check_type(a->type, err));
    for (size_t i = 0; i < a->types.n; i++)
        BL_TRY_IN(check_type(&a->types.items[i], err), err, "type %zu", i);
    if (a->graph)
        BL_TRY(check_graph(c, a->graph, s, err));
    for (size_t i = 0; i < a->graphs.n; i++)
        BL_TRY(check_graph(c, &a->graphs.items[i], s, err));
    return BL_OK;
}

/// Nodes have few attributes, so each is compared with those before it.
static bl_status check_attributes(checker *c, const bl_onnx_attribute *items, size_t n,
                                  const scope *s, bl_error *err) {
    enum { MOST = 1024 };
    if (n > MOST)
        return bl_error_set(err, BL_E_LIMIT, "%zu attributes", n);
    for (size_t i = 0; i < n; i++) {
        const bl_onnx_attribute *a = &items[i];
        TRY_AT(check_attribute(c, a, s, err), err, "attribute", i, a->name, a->head);
        for (size_t k = 0; k < i; k++)
            if (strcmp(items[k].name, a->name) == 0)
                return bl_error_set(err, BL_E_CORRUPT, "attribute '%s' is given twice", a->name);
    }
    return BL_OK;
}

// ---- nodes and graphs ----

static bl_status check_node(checker *c, const bl_onnx_node *node, scope *s, bl_error *err) {
    if (!is_given(node->op_type))
        return bl_error_set(err, BL_E_CORRUPT, "it names no operator");
    if (bl_onnx_opset_version(c->opsets, node->domain) == 0)
        return bl_error_set(err, BL_E_CORRUPT, "the model names no version of operators of '%s'",
                            bl_onnx_is_default_domain(node->domain) ? "ai.onnx" : node->domain);
    for (size_t i = 0; i < node->inputs.n; i++)
        if (*node->inputs.items[i])
            BL_TRY(check_defined(s, node->inputs.items[i], "input", err));
    BL_TRY(check_attributes(c, node->attributes.items, node->attributes.n, s, err));
    for (size_t i = 0; i < node->outputs.n; i++)
        if (*node->outputs.items[i])
            BL_TRY(define(c, s, node->outputs.items[i], RESULT, "an output", err));
    return BL_OK;
}

static bl_status check_nodes(checker *c, const bl_onnx_nodes *nodes, scope *s, bl_error *err) {
    for (size_t i = 0; i < nodes->n; i++) {
        const bl_onnx_node *node = &nodes->items[i];
        bl_status status = check_node(c, node, s, err);
        if (status == BL_OK)
            continue;
        if (is_given(node->op_type))
            (void)bl_error_in(err, status, "%s", node->op_type);
        return at(err, status, "node", i, node->name, &node->head);
    }
    return BL_OK;
}

static bl_status check_initializers(checker *c, const bl_onnx_graph *graph, scope *s,
                                    bl_error *err) {
    if (graph->sparse_initializers.n)
        return bl_error_set(err, BL_E_UNSUPPORTED, "sparse initializers");
    for (size_t i = 0; i < graph->initializers.n; i++) {
        bl_onnx_tensor *tensor = &graph->initializers.items[i];
        TRY_AT(define(c, s, tensor->name, INITIALIZER, "a tensor", err), err, "initializer", i,
               tensor->name, tensor->head);
        TRY_AT(check_tensor(c, tensor, err), err, "initializer", i, tensor->name, tensor->head);
    }
    return BL_OK;
}

static bl_status walk_graph(checker *c, const bl_onnx_graph *graph, scope *s, bl_error *err) {
    BL_TRY(check_values(&graph->inputs, "input", err));
    BL_TRY(check_values(&graph->outputs, "output", err));
    BL_TRY(check_values(&graph->values, "value", err));
    for (size_t i = 0; i < graph->inputs.n; i++)
        TRY_AT(define(c, s, graph->inputs.items[i].name, INPUT, "an input", err), err, "input", i,
               graph->inputs.items[i].name, graph->inputs.items[i].head);
    BL_TRY(check_initializers(c, graph, s, err));
    BL_TRY(check_nodes(c, &graph->nodes, s, err));
    for (size_t i = 0; i < graph->outputs.n; i++)
        BL_TRY(check_defined(s, graph->outputs.items[i].name, "output", err));
    return BL_OK;
}

static bl_status check_graph(checker *c, const bl_onnx_graph *graph, const scope *outer,
                             bl_error *err) {
    scope s = {.outer = outer};
    bl_status status = walk_graph(c, graph, &s, err);
    bl_name_map_release(c->context, &s.names);
    if (status != BL_OK)
        return bl_error_in(err, status, "graph '%s'", shown(graph->name));
    return BL_OK;
}

// ---- functions and the model ----

static bl_status check_opsets(const bl_onnx_opsets *opsets, bl_error *err) {
    enum { MOST = 256 };
    if (opsets->n > MOST)
        return bl_error_set(err, BL_E_LIMIT, "operators of %zu domains", opsets->n);
    for (size_t i = 0; i < opsets->n; i++) {
        const bl_onnx_opset *opset = &opsets->items[i];
        const char *domain = bl_onnx_is_default_domain(opset->domain) ? "ai.onnx" : opset->domain;
        if (opset->version < 1)
            return bl_error_set(err, BL_E_CORRUPT, "version %lld of the operators of '%s'",
                                (long long)opset->version, domain);
        if (bl_onnx_opset_version(opsets, opset->domain) != opset->version)
            return bl_error_set(err, BL_E_CORRUPT, "two versions of the operators of '%s'", domain);
    }
    return BL_OK;
}

static bl_status walk_function(checker *c, const bl_onnx_function *function, scope *s,
                               bl_error *err) {
    if (!is_given(function->name))
        return bl_error_set(err, BL_E_CORRUPT, "it has no name");
    BL_TRY(check_opsets(&function->opsets, err));
    BL_TRY(check_values(&function->values, "value", err));
    for (size_t i = 0; i < function->inputs.n; i++)
        BL_TRY(define(c, s, function->inputs.items[i], INPUT, "an input", err));
    BL_TRY(check_attributes(c, function->default_attributes.items, function->default_attributes.n,
                            s, err));
    BL_TRY(check_nodes(c, &function->nodes, s, err));
    for (size_t i = 0; i < function->outputs.n; i++)
        BL_TRY(check_defined(s, function->outputs.items[i], "output", err));
    return BL_OK;
}

static bl_status check_function(checker *c, const bl_onnx_function *function, bl_error *err) {
    scope s = {0};
    c->opsets = &function->opsets;
    bl_status status = walk_function(c, function, &s, err);
    bl_name_map_release(c->context, &s.names);
    return status;
}

/// A function is known by its domain, name and overload.
static bl_status add_function(checker *c, bl_arena *arena, scope *known,
                              const bl_onnx_function *function, bl_error *err) {
    const char *name = bl_arena_printf(arena, "%s\n%s\n%s", shown(function->domain),
                                       shown(function->name), shown(function->overload));
    if (!name)
        return bl_error_nomem(err, 0, "the name of a function");
    if (bl_name_map_find(&known->names, name) != SIZE_MAX)
        return bl_error_set(err, BL_E_CORRUPT, "it is defined a second time");
    return bl_name_map_add(c->context, &known->names, name, 0, err);
}

static bl_status check_functions(checker *c, const bl_onnx_model *model, bl_error *err) {
    bl_arena arena;
    scope known = {0};
    bl_status status = BL_OK;
    bl_arena_init(&arena, c->context);
    c->in_function = true;
    for (size_t i = 0; status == BL_OK && i < model->functions.n; i++) {
        const bl_onnx_function *function = &model->functions.items[i];
        status = add_function(c, &arena, &known, function, err);
        if (status == BL_OK)
            status = check_function(c, function, err);
        if (status != BL_OK)
            (void)at(err, status, "function", i, function->name, &function->head);
    }
    bl_name_map_release(c->context, &known.names);
    bl_arena_release(&arena);
    return status;
}

bl_status bl_onnx_check(bl_context *context, const bl_onnx_model *model, bl_onnx_load_fn load,
                        void *user, bl_error *err) {
    checker c = {.context = context, .load = load, .user = user, .opsets = &model->opsets};
    if (!model->graph || !bl_message_has(&model->head, BL_ONNX_MODEL_IR_VERSION))
        return bl_error_set(err, BL_E_FORMAT, "no ONNX model: it has no %s",
                            model->graph ? "version" : "graph");
    if (model->ir_version < OLDEST_IR)
        return bl_error_set(err, BL_E_UNSUPPORTED, "IR version %lld; %d and later are read",
                            (long long)model->ir_version, OLDEST_IR);
    BL_TRY(check_opsets(&model->opsets, err));
    BL_TRY(check_graph(&c, model->graph, NULL, err));
    return check_functions(&c, model, err);
}
