// SPDX-License-Identifier: Apache-2.0
// Models of Keras as graphs: who calls whom. A functional model lists the calls of each layer with
// what they take; they are made as soon as all that they take is there.
#include "model/keras/conversion.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/context.h"

enum { MOST_CALLS = 4 * BL_NN_MOST_NODES }; ///< of layers and models, those in models among them

/// The layers of a model while one call of it is taken apart.
typedef struct scope {
    bl_keras_conversion *conversion;
    const char *name; ///< of the model
    const bl_item *config;
    bool frozen;
    size_t n;
    const size_t *layers; ///< [n] numbers in the file
    bl_name_map names;    ///< to 0 … n−1
    struct made {
        size_t n_calls;
        struct {
            bool is_made;
            size_t n;
            const size_t *nodes; ///< [n] its outputs
        } * calls;
    } * made; ///< [n]
} scope;

/// A tensor as it is written: an output of a call of a layer.
typedef struct tensor {
    const char *layer;
    int64_t call, output;
} tensor;

static bl_status no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for a network");
}

static const bl_item *list_of(const bl_item *item) {
    return item && item->kind == BL_ITEM_LIST ? item : NULL;
}

static const char *text_of(const bl_item *item) {
    return item && item->kind == BL_ITEM_TEXT ? item->text : NULL;
}

static bool is_null(const bl_item *item) { return !item || item->kind == BL_ITEM_NULL; }

void bl_keras_explain(const bl_keras_call *call, bl_status status, bl_error *err,
                      const char *format, ...) {
    char text[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)bl_error_set(err, status, "layer '%s' (%s): %s", call->layer->name,
                       call->layer->class_name, text);
}

// ---- tensors ----

/// ["dense", 0, 0], of Keras 2 with keywords behind.
static bool read_reference(const bl_item *item, tensor *ret_tensor) {
    if (!list_of(item) || item->n < 3 || item->n > 4 || item->items[0]->kind != BL_ITEM_TEXT ||
        item->items[1]->kind != BL_ITEM_INTEGER || item->items[2]->kind != BL_ITEM_INTEGER)
        return false;
    *ret_tensor = (tensor){item->items[0]->text, item->items[1]->integer, item->items[2]->integer};
    return true;
}

static bool read_tensor(const bl_item *item, tensor *ret_tensor) {
    const char *class = text_of(bl_item_get(item, "class_name"));
    if (!class || strcmp(class, "__keras_tensor__") != 0)
        return read_reference(item, ret_tensor);
    return read_reference(bl_item_get(bl_item_get(item, "config"), "keras_history"), ret_tensor);
}

/// \param ret_node BL_NN_NONE: not made yet
static bl_status find_tensor(const scope *s, const tensor *t, size_t *ret_node, bl_error *err) {
    size_t k = bl_name_map_find(&s->names, t->layer);
    const struct made *made = k == SIZE_MAX ? NULL : &s->made[k];
    if (!made || t->call < 0 || (uint64_t)t->call >= made->n_calls)
        return bl_error_set(err, BL_E_INVALID, "model '%s' has no call %lld of a layer '%s'",
                            s->name, (long long)t->call, t->layer);
    *ret_node = BL_NN_NONE;
    if (!made->calls[t->call].is_made)
        return BL_OK;
    if (t->output < 0 || (uint64_t)t->output >= made->calls[t->call].n)
        return bl_error_set(err, BL_E_UNSUPPORTED, "layer '%s' has no output %lld", t->layer,
                            (long long)t->output);
    *ret_node = made->calls[t->call].nodes[t->output];
    return BL_OK;
}

/// As find_tensor; what is a vector for Keras is one.
static bl_status find_value(const scope *s, const tensor *t, size_t *ret_node, bl_error *err) {
    bl_keras_conversion *c = s->conversion;
    size_t node = BL_NN_NONE;
    BL_TRY(find_tensor(s, t, &node, err));
    if (node != BL_NN_NONE && c->vectors[node] == node) {
        bl_nn_node *flat = NULL;
        const char *name = bl_arena_printf(c->arena, "%s.vector", c->graph->nodes[node].name);
        if (!name)
            return no_memory(err);
        BL_TRY(bl_nn_graph_add(c->graph, &bl_nn_kinds[BL_NN_KIND_FLATTEN], name, 1, &node, &flat,
                               err));
        c->vectors[node] = c->graph->n_nodes - 1;
        c->ranks[c->graph->n_nodes - 1] = 1;
    }
    *ret_node = node != BL_NN_NONE && c->vectors[node] != BL_NN_NONE ? c->vectors[node] : node;
    return BL_OK;
}

/// Tensors and constants, one behind the other, whatever they are in.
typedef struct arguments {
    const scope *scope;
    size_t n;
    bl_keras_argument *items; ///< room for all
    bool lacks;               ///< one is not made yet
} arguments;

static bool is_constant(const bl_item *item) {
    if (item->kind == BL_ITEM_MAP) {
        const char *class = text_of(bl_item_get(item, "class_name"));
        return class && strncmp(class, "__", 2) == 0;
    }
    bool is_list = item->kind == BL_ITEM_LIST && item->n;
    for (size_t i = 0; is_list && i < item->n; i++)
        is_list = item->items[i]->kind == BL_ITEM_INTEGER || item->items[i]->kind == BL_ITEM_FLOAT;
    return is_list || (item->kind != BL_ITEM_LIST && item->kind != BL_ITEM_NULL);
}

/// As deep as the document.
static bl_status collect(arguments *a, const bl_item *item, bl_error *err) {
    tensor t;
    size_t node = BL_NN_NONE;
    if (read_tensor(item, &t)) {
        BL_TRY(find_value(a->scope, &t, &node, err));
        a->lacks |= node == BL_NN_NONE;
        a->items[a->n++] = (bl_keras_argument){.node = node};
    } else if (is_constant(item)) {
        a->items[a->n++] = (bl_keras_argument){.node = BL_NN_NONE, .constant = item};
    } else {
        for (size_t i = 0; i < item->n; i++)
            BL_TRY(collect(a, item->items[i], err));
    }
    return BL_OK;
}

static bl_status start_arguments(const scope *s, const bl_item *item, arguments *ret_arguments,
                                 bl_error *err) {
    size_t n = item ? item->n_all : 0;
    *ret_arguments = (arguments){
        .scope = s,
        .items = bl_arena_array(s->conversion->arena, n + 1, sizeof(bl_keras_argument))};
    return ret_arguments->items ? BL_OK : no_memory(err);
}

/// Outputs or inputs of a model: [["a", 0, 0], …], ["a", 0, 0] alone, or a map of them.
static bl_status read_references(const bl_item *item, tensor *tensors, size_t *n, bl_error *err) {
    if (read_reference(item, &tensors[*n])) {
        (*n)++;
        return BL_OK;
    }
    if (item->kind != BL_ITEM_LIST && item->kind != BL_ITEM_MAP)
        return bl_item_error(item, BL_E_INVALID, err,
                             "inputs and outputs of a model are layers: [name, 0, 0]");
    for (size_t i = 0; i < item->n; i++)
        BL_TRY(read_references(item->items[i], tensors, n, err));
    return BL_OK;
}

static bl_status list_references(const scope *s, const char *key, tensor **ret_tensors,
                                 size_t *ret_n, bl_error *err) {
    const bl_item *item = bl_item_get(s->config, key);
    if (!item)
        return bl_error_set(err, BL_E_INVALID, "model '%s' has no %s", s->name, key);
    tensor *tensors = bl_arena_array(s->conversion->arena, item->n_all + 1, sizeof *tensors);
    size_t n = 0;
    if (!tensors)
        return no_memory(err);
    BL_TRY(read_references(item, tensors, &n, err));
    *ret_tensors = tensors;
    *ret_n = n;
    return BL_OK;
}

// ---- calls ----

/// A call as it is written: Keras 3 has {args, kwargs}, Keras 2 a list of tensors, the first of
/// which has the keywords.
static void split_call(const bl_item *entry, const bl_item **ret_args, const bl_item **ret_kwargs) {
    *ret_args = bl_item_get(entry, "args");
    *ret_kwargs = bl_item_get(entry, "kwargs");
    if (!list_of(entry))
        return;
    tensor t;
    const bl_item *first = read_reference(entry, &t) ? entry : entry->n ? entry->items[0] : NULL;
    *ret_args = entry;
    *ret_kwargs = list_of(first) && first->n == 4 ? first->items[3] : NULL;
}

/// Keywords that are arguments like others, in their order.
static const char *const argument_keys[] = {"query", "value",  "key",       "x",  "x1",
                                            "x2",    "inputs", "sequences", "xs", NULL};

static bool is_argument(const char *key) {
    for (const char *const *name = argument_keys; *name; name++)
        if (strcmp(*name, key) == 0)
            return true;
    return false;
}

static bool is_off(const bl_item *item) {
    if (item->kind == BL_ITEM_LIST || item->kind == BL_ITEM_MAP) {
        for (size_t i = 0; i < item->n; i++)
            if (!is_off(item->items[i]))
                return false;
        return true;
    }
    return item->kind == BL_ITEM_NULL || (item->kind == BL_ITEM_BOOL && !item->integer);
}

static bl_status read_keyword(bl_keras_call *call, const scope *s, const char *key,
                              const bl_item *item, bool *lacks, bl_error *err) {
    tensor t;
    if (is_argument(key) || is_off(item))
        return BL_OK;
    if (strcmp(key, "mask") == 0 && read_tensor(item, &t)) {
        BL_TRY(find_tensor(s, &t, &call->mask, err));
        *lacks |= call->mask == BL_NN_NONE;
        return BL_OK;
    }
    if (strcmp(key, "use_causal_mask") == 0 && item->kind == BL_ITEM_BOOL) {
        call->is_causal = true;
        return BL_OK;
    }
    return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "it is called with %s", key);
}

static bl_status read_call(const scope *s, const bl_item *entry, bl_keras_call *call, bool *lacks,
                           bl_error *err) {
    const bl_item *args, *kwargs;
    arguments a = {0};
    split_call(entry, &args, &kwargs);
    BL_TRY(start_arguments(s, entry, &a, err));
    if (args)
        BL_TRY(collect(&a, args, err));
    for (const char *const *key = argument_keys; *key; key++) {
        const bl_item *item = bl_item_get(kwargs, *key);
        if (item)
            BL_TRY(collect(&a, item, err));
    }
    *lacks = a.lacks;
    bool is_map = kwargs && kwargs->kind == BL_ITEM_MAP;
    for (size_t i = 0; is_map && i < kwargs->n; i++)
        BL_TRY(read_keyword(call, s, kwargs->keys[i], kwargs->items[i], lacks, err));
    call->arguments = a.items;
    call->n_arguments = a.n;
    return BL_OK;
}

static bl_status add_model(bl_keras_conversion *c, size_t number, bool frozen, size_t n_inputs,
                           const size_t *inputs, const size_t **ret_nodes, size_t *ret_n,
                           bl_error *err);

static bl_status add_model_call(const bl_keras_call *call, const size_t **ret_nodes, size_t *ret_n,
                                bl_error *err) {
    bl_keras_conversion *c = call->conversion;
    size_t *inputs = bl_arena_array(c->arena, call->n_arguments + 1, sizeof *inputs);
    if (!inputs)
        return no_memory(err);
    if (call->mask != BL_NN_NONE)
        return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "it is called with mask");
    for (size_t i = 0; i < call->n_arguments; i++) {
        inputs[i] = call->arguments[i].node;
        if (inputs[i] == BL_NN_NONE)
            return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "it is called with a constant");
    }
    BL_TRY_IN(
        add_model(c, call->number, call->frozen, call->n_arguments, inputs, ret_nodes, ret_n, err),
        err, "model '%s'", call->layer->name);
    return BL_OK;
}

static bool is_model(const bl_keras_layer *layer) {
    const bl_item *config = bl_item_get(layer->entry, "config");
    return list_of(config) || list_of(bl_item_get(config, "layers"));
}

static bl_status add_call(const bl_keras_call *call, const size_t **ret_nodes, size_t *ret_n,
                          bl_error *err) {
    bl_keras_conversion *c = call->conversion;
    if (c->n_all_calls++ == MOST_CALLS)
        return bl_error_set(err, BL_E_LIMIT, "more than %d calls of layers", MOST_CALLS);
    if (is_model(call->layer))
        return add_model_call(call, ret_nodes, ret_n, err);
    size_t *node = bl_arena_array(c->arena, 1, sizeof *node);
    if (!node)
        return no_memory(err);
    BL_TRY(bl_keras_is_operation(call->layer->entry) ? bl_keras_add_operation(call, node, err)
                                                     : bl_keras_add_layer(call, node, err));
    *ret_nodes = node;
    *ret_n = 1;
    return BL_OK;
}

static bl_keras_call call_of(const scope *s, size_t k) {
    bl_keras_conversion *c = s->conversion;
    const bl_keras_layer *layer = &c->file->layers[s->layers[k]];
    bl_keras_call call = {.conversion = c,
                          .number = s->layers[k],
                          .layer = layer,
                          .config = bl_item_get(layer->entry, "config"),
                          .mask = BL_NN_NONE};
    const bl_item *trainable = bl_item_get(call.config, "trainable");
    call.frozen =
        s->frozen || (trainable && trainable->kind == BL_ITEM_BOOL && !trainable->integer);
    return call;
}

// ---- inputs ----

/// The node of an input of the whole network.
static bl_status add_input(const scope *s, size_t k, size_t *ret_node, bl_error *err) {
    bl_keras_call call = call_of(s, k);
    return bl_keras_add_layer(&call, ret_node, err);
}

/// What a model is given, or inputs of the network.
static bl_status set_input(scope *s, size_t k, size_t given, bl_error *err) {
    size_t *node = bl_arena_array(s->conversion->arena, 1, sizeof *node);
    struct made *made = &s->made[k];
    if (!node)
        return no_memory(err);
    if (!made->n_calls || made->calls[0].is_made ||
        strcmp(s->conversion->file->layers[s->layers[k]].class_name, "InputLayer") != 0)
        return bl_error_set(err, BL_E_INVALID, "model '%s': '%s' is no input, or one twice",
                            s->name, s->conversion->file->layers[s->layers[k]].name);
    *node = given;
    if (given == BL_NN_NONE)
        BL_TRY(add_input(s, k, node, err));
    made->calls[0].is_made = true;
    made->calls[0].n = 1;
    made->calls[0].nodes = node;
    return BL_OK;
}

/// \param inputs NULL: the model is the whole network
static bl_status set_inputs(scope *s, size_t n_inputs, const size_t *inputs, bl_error *err) {
    tensor *tensors = NULL;
    size_t n = 0;
    BL_TRY(list_references(s, "input_layers", &tensors, &n, err));
    if (inputs && n != n_inputs)
        return bl_error_set(err, BL_E_INVALID, "it takes %zu inputs, not %zu", n, n_inputs);
    for (size_t i = 0; i < n; i++) {
        size_t k = bl_name_map_find(&s->names, tensors[i].layer);
        if (k == SIZE_MAX)
            return bl_error_set(err, BL_E_INVALID, "model '%s' has no layer '%s'", s->name,
                                tensors[i].layer);
        BL_TRY(set_input(s, k, inputs ? inputs[i] : BL_NN_NONE, err));
    }
    return BL_OK;
}

// ---- functional models ----

static const bl_item *calls_of(const scope *s, size_t k) {
    return list_of(bl_item_get(s->conversion->file->layers[s->layers[k]].entry, "inbound_nodes"));
}

static bl_status allocate_calls(scope *s, bl_error *err) {
    for (size_t k = 0; k < s->n; k++) {
        const bl_item *calls = calls_of(s, k);
        bool is_input =
            strcmp(s->conversion->file->layers[s->layers[k]].class_name, "InputLayer") == 0;
        struct made *made = &s->made[k];
        made->n_calls = is_input ? 1 : calls ? calls->n : 0;
        made->calls = bl_arena_array(s->conversion->arena, made->n_calls + 1, sizeof *made->calls);
        if (!made->calls)
            return no_memory(err);
    }
    return BL_OK;
}

/// Makes the calls of a layer for which all is there. \param has_changed one was made
static bl_status make_calls(scope *s, size_t k, size_t *n_left, bool *has_changed, bl_error *err) {
    struct made *made = &s->made[k];
    const bl_item *calls = calls_of(s, k);
    for (size_t i = 0; i < made->n_calls; i++) {
        if (made->calls[i].is_made)
            continue;
        if (!calls || i >= calls->n)
            return bl_error_set(err, BL_E_INVALID, "model '%s': input '%s' is not listed", s->name,
                                s->conversion->file->layers[s->layers[k]].name);
        bl_keras_call call = call_of(s, k);
        bool lacks = false;
        BL_TRY(read_call(s, calls->items[i], &call, &lacks, err));
        if (lacks) {
            (*n_left)++;
            continue;
        }
        BL_TRY(add_call(&call, &made->calls[i].nodes, &made->calls[i].n, err));
        made->calls[i].is_made = true;
        *has_changed = true;
    }
    return BL_OK;
}

static bl_status make_all_calls(scope *s, bl_error *err) {
    size_t n_left;
    bool has_changed;
    do {
        n_left = 0;
        has_changed = false;
        for (size_t k = 0; k < s->n; k++)
            BL_TRY(make_calls(s, k, &n_left, &has_changed, err));
    } while (n_left && has_changed);
    if (n_left)
        return bl_error_set(err, BL_E_INVALID, "model '%s': layers take each other in a circle",
                            s->name);
    return BL_OK;
}

static bl_status add_functional(scope *s, size_t n_inputs, const size_t *inputs,
                                const size_t **ret_nodes, size_t *ret_n, bl_error *err) {
    tensor *tensors = NULL;
    size_t n = 0;
    for (size_t k = 0; k < s->n; k++)
        BL_TRY(bl_name_map_add(s->conversion->arena->context, &s->names,
                               s->conversion->file->layers[s->layers[k]].name, k, err));
    BL_TRY(allocate_calls(s, err));
    BL_TRY(set_inputs(s, n_inputs, inputs, err));
    BL_TRY(make_all_calls(s, err));
    BL_TRY(list_references(s, "output_layers", &tensors, &n, err));
    size_t *nodes = bl_arena_array(s->conversion->arena, n + 1, sizeof *nodes);
    if (!nodes)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        BL_TRY(find_value(s, &tensors[i], &nodes[i], err));
    *ret_nodes = nodes;
    *ret_n = n;
    return BL_OK;
}

// ---- sequential models ----

/// Where the shape of a sequence's input is written, when it has no InputLayer.
static const bl_item *find_input_shape(const scope *s) {
    const bl_item *first = bl_item_get(s->conversion->file->layers[s->layers[0]].entry, "config");
    const bl_item *shape = bl_item_get(first, "batch_input_shape");
    if (is_null(shape))
        shape = bl_item_get(first, "batch_shape");
    if (is_null(shape))
        shape = bl_item_get(s->config, "build_input_shape");
    return is_null(shape) ? NULL : shape;
}

/// An input for a sequence that begins with another layer, called as Keras calls it.
static bl_status add_unsaid_input(const scope *s, size_t *ret_node, bl_error *err) {
    bl_keras_conversion *c = s->conversion;
    const bl_keras_layer *first = &c->file->layers[s->layers[0]];
    const bl_item *shape = find_input_shape(s);
    if (!shape)
        return bl_error_set(err, BL_E_INVALID,
                            "model '%s' was never built: the shape of its input is not known",
                            s->name);
    const char *keys[] = {"batch_shape"};
    const bl_item *items[] = {shape};
    bl_item config = {.kind = BL_ITEM_MAP,
                      .n = 1,
                      .items = items,
                      .keys = keys,
                      .n_all = shape->n_all + 1,
                      .source = shape->source};
    const char *name = bl_arena_printf(c->arena, "%s_input", c->names[s->layers[0]]);
    bl_keras_layer input = {.class_name = "InputLayer", .name = name, .entry = first->entry};
    bl_keras_call call = {.conversion = c,
                          .number = SIZE_MAX,
                          .layer = &input,
                          .config = &config,
                          .mask = BL_NN_NONE};
    return name ? bl_keras_add_layer(&call, ret_node, err) : no_memory(err);
}

static bl_status add_sequential(scope *s, size_t n_inputs, const size_t *inputs,
                                const size_t **ret_nodes, size_t *ret_n, bl_error *err) {
    bl_keras_conversion *c = s->conversion;
    bool has_input = s->n && strcmp(c->file->layers[s->layers[0]].class_name, "InputLayer") == 0;
    size_t first = 0;
    if (!s->n || (inputs && n_inputs != 1))
        return bl_error_set(err, BL_E_INVALID, "model '%s' has no layers, or is given %zu inputs",
                            s->name, n_inputs);
    if (inputs)
        first = inputs[0];
    else
        BL_TRY(has_input ? add_input(s, 0, &first, err) : add_unsaid_input(s, &first, err));
    size_t n = 1, *given = bl_arena_array(c->arena, 1, sizeof *given);
    if (!given)
        return no_memory(err);
    *given = first;
    const size_t *nodes = given;
    for (size_t k = has_input ? 1 : 0; k < s->n; k++) {
        bl_keras_call call = call_of(s, k);
        bl_keras_argument argument = {.node = nodes[0]};
        call.arguments = &argument;
        call.n_arguments = 1;
        if (n != 1)
            return bl_keras_call_error(&call, BL_E_INVALID, err, "it is given %zu outputs", n);
        BL_TRY(add_call(&call, &nodes, &n, err));
    }
    *ret_nodes = nodes;
    *ret_n = n;
    return BL_OK;
}

// ---- models ----

/// The layers of a model, by those that say so.
static bl_status find_layers(scope *s, size_t number, bl_error *err) {
    const bl_keras_file *file = s->conversion->file;
    size_t n = 0;
    for (size_t i = 0; i < file->n_layers; i++)
        n += file->layers[i].parent == number;
    size_t *layers = bl_arena_array(s->conversion->arena, n + 1, sizeof *layers);
    s->made = bl_arena_array(s->conversion->arena, n + 1, sizeof *s->made);
    if (!layers || !s->made)
        return no_memory(err);
    for (size_t i = 0; i < file->n_layers; i++)
        if (file->layers[i].parent == number)
            layers[s->n++] = i;
    s->layers = layers;
    return BL_OK;
}

/// Adds the nodes of a model. As deep as models are in each other.
/// \param number in the file; SIZE_MAX: the whole network \param inputs NULL: the whole network
static bl_status add_model(bl_keras_conversion *c, size_t number, bool frozen, size_t n_inputs,
                           const size_t *inputs, const size_t **ret_nodes, size_t *ret_n,
                           bl_error *err) {
    const bl_item *entry = number == SIZE_MAX ? c->file->config : c->file->layers[number].entry;
    const bl_item *config = bl_item_get(entry, "config");
    const char *class = text_of(bl_item_get(entry, "class_name"));
    const char *name = text_of(bl_item_get(config, "name"));
    scope s = {.conversion = c, .config = config, .frozen = frozen};
    s.name = name ? name : "model";
    BL_TRY(find_layers(&s, number, err));
    bool is_functional = class && (strcmp(class, "Functional") == 0 || strcmp(class, "Model") == 0);
    bool is_sequential = class && strcmp(class, "Sequential") == 0;
    // A subclass of Model that is saved as a functional one lists its inputs.
    is_functional |= !is_sequential && bl_item_get(config, "input_layers") != NULL;
    if (!is_functional && !is_sequential)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "model '%s' is a %s, neither Sequential nor Functional", s.name,
                            class ? class : "thing without a class");
    bl_status status = (is_functional ? add_functional : add_sequential)(&s, n_inputs, inputs,
                                                                         ret_nodes, ret_n, err);
    bl_name_map_release(c->arena->context, &s.names);
    return status;
}

static bl_status convert(const bl_keras_file *file, bl_arena *arena, bl_nn_graph *graph,
                         bl_error *err) {
    bl_keras_conversion c = {.file = file, .arena = arena, .graph = graph};
    size_t n = file->n_layers;
    const size_t *outputs = NULL;
    size_t n_outputs = 0;
    if (n > MOST_CALLS)
        return bl_error_set(err, BL_E_LIMIT, "more than %d layers", MOST_CALLS);
    c.first_nodes = bl_arena_array(arena, n + 1, sizeof *c.first_nodes);
    c.n_calls = bl_arena_array(arena, n + 1, sizeof *c.n_calls);
    c.ranks = bl_arena_array(arena, BL_NN_MOST_NODES, sizeof *c.ranks);
    c.vectors = bl_arena_array(arena, BL_NN_MOST_NODES, sizeof *c.vectors);
    c.truths = bl_arena_array(arena, BL_NN_MOST_NODES, sizeof *c.truths);
    if (!c.first_nodes || !c.n_calls || !c.ranks || !c.vectors || !c.truths)
        return no_memory(err);
    for (size_t i = 0; i < BL_NN_MOST_NODES; i++)
        c.vectors[i] = BL_NN_NONE;
    for (size_t i = 0; i < n; i++)
        c.first_nodes[i] = BL_NN_NONE;
    BL_TRY(bl_keras_node_names(file, arena, &c.names, err));
    BL_TRY(add_model(&c, SIZE_MAX, false, 0, NULL, &outputs, &n_outputs, err));
    BL_TRY(bl_nn_graph_set_outputs(graph, n_outputs, outputs, err));
    return bl_keras_drop_masks(arena, graph, err);
}

bl_status bl_keras_to_graph(const bl_keras_file *file, bl_arena *arena, bl_nn_graph *ret_graph,
                            bl_error *err) {
    bl_nn_graph graph;
    if (!file->config)
        return bl_error_set(err, BL_E_INVALID, "a file of weights alone has no network");
    const char *name = text_of(bl_item_get(bl_item_get(file->config, "config"), "name"));
    char *copy = bl_arena_text(arena, name ? name : "model", strlen(name ? name : "model"));
    if (!copy)
        return no_memory(err);
    bl_nn_graph_init(&graph, arena, copy);
    BL_TRY(convert(file, arena, &graph, err));
    *ret_graph = graph;
    return BL_OK;
}

bl_status bl_keras_read_json(bl_context *context, const char *name, const char *text, size_t size,
                             bl_keras_file **ret_file, bl_error *err) {
    BL_AUTO(bl_keras_file) file = bl_alloc_zero(context, 1, sizeof *file);
    if (!file)
        return bl_error_nomem(err, sizeof *file, "a model");
    bl_arena_init(&file->arena, context);
    file->format = BL_KERAS_ARCHIVE;
    file->tree = bl_arena_alloc(&file->arena, sizeof *file->tree);
    const char *source = bl_arena_text(&file->arena, name, strlen(name));
    if (!file->tree || !source)
        return bl_error_nomem(err, sizeof *file->tree, "a model");
    file->tree->name = "";
    BL_TRY(bl_json_parse(&file->arena, source, text, size, &file->config, err));
    file->keras_version = text_of(bl_item_get(file->config, "keras_version"));
    BL_TRY(bl_keras_layers_find(file, err));
    *ret_file = BL_MOVE(file);
    return BL_OK;
}
