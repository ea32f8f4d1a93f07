// SPDX-License-Identifier: Apache-2.0
// Models of ONNX as graphs: inputs, what they go through first, node after node, outputs; then what
// nobody wants is left out.
#include "model/onnx/to_graph.h"

#include "base/context.h"
#include "model/onnx/import.h"
#include "model/onnx/trees.h"

enum { FIRST_VERSION = 7 }; ///< of ONNX's operators; of some a later one

// ---- values ----

static bl_status add_name(bl_onnx_import *c, const char *name, bl_error *err) {
    if (!name || !*name || bl_name_map_find(&c->names, name) != SIZE_MAX)
        return BL_OK;
    c->values[c->n_values] = (bl_onnx_seen){.name = name, .mask = BL_NN_NONE};
    return bl_name_map_add(c->arena->context, &c->names, name, c->n_values++, err);
}

static void count_use(bl_onnx_import *c, const char *name) {
    size_t i = name && *name ? bl_name_map_find(&c->names, name) : SIZE_MAX;
    if (i != SIZE_MAX)
        c->values[i].n_uses++;
}

/// A place for each value of the graph, and how often each is taken.
static bl_status find_values(bl_onnx_import *c, bl_error *err) {
    const bl_onnx_graph *graph = c->model->graph;
    size_t n = graph->initializers.n + graph->inputs.n;
    for (size_t i = 0; i < graph->nodes.n; i++)
        n += graph->nodes.items[i].outputs.n;
    c->values = bl_arena_array(c->arena, n + 1, sizeof *c->values);
    if (!c->values)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < graph->initializers.n; i++)
        BL_TRY(add_name(c, graph->initializers.items[i].name, err));
    for (size_t i = 0; i < graph->inputs.n; i++)
        BL_TRY(add_name(c, graph->inputs.items[i].name, err));
    for (size_t i = 0; i < graph->nodes.n; i++)
        for (size_t k = 0; k < graph->nodes.items[i].outputs.n; k++)
            BL_TRY(add_name(c, graph->nodes.items[i].outputs.items[k], err));
    for (size_t i = 0; i < graph->nodes.n; i++)
        for (size_t k = 0; k < graph->nodes.items[i].inputs.n; k++)
            count_use(c, graph->nodes.items[i].inputs.items[k]);
    for (size_t i = 0; i < graph->outputs.n; i++)
        count_use(c, graph->outputs.items[i].name);
    return BL_OK;
}

static bl_onnx_seen *value_of(bl_onnx_import *c, const char *name) {
    size_t i = name ? bl_name_map_find(&c->names, name) : SIZE_MAX;
    return i == SIZE_MAX ? NULL : &c->values[i];
}

static bl_status add_initializers(bl_onnx_import *c, bl_error *err) {
    const bl_onnx_tensors *tensors = &c->model->graph->initializers;
    for (size_t i = 0; i < tensors->n; i++) {
        bl_onnx_seen seen, *to = value_of(c, tensors->items[i].name);
        if (!to || !to->n_uses)
            continue;
        BL_TRY_IN(bl_onnx_see_tensor(c, &tensors->items[i], &seen, err), err, "initializer '%s'",
                  to->name);
        seen.name = to->name;
        seen.n_uses = to->n_uses;
        *to = seen;
    }
    return BL_OK;
}

// ---- inputs ----

/// The axis of events: the first without a size, else a first of 1.
static bl_status find_events(const bl_onnx_shape *shape, size_t *ret_axis, bl_error *err) {
    for (size_t i = 0; i < shape->dims.n; i++)
        if (!bl_message_has(&shape->dims.items[i].head, BL_ONNX_DIM_HAS_VALUE)) {
            *ret_axis = i;
            return BL_OK;
        }
    if (!shape->dims.n || shape->dims.items[0].value != 1)
        return bl_onnx_refuse(err, "no axis of it has as many as there are events");
    *ret_axis = 0;
    return BL_OK;
}

/// What an input is beside its events. \param ret_sizes [2] \param ret_n 0: lengths, 1 or 2
static bl_status read_input_shape(const bl_onnx_shape *shape, int64_t *ret_sizes, size_t *ret_n,
                                  size_t *ret_events, bl_error *err) {
    size_t n = 0;
    BL_TRY(find_events(shape, ret_events, err));
    for (size_t i = 0; i < shape->dims.n; i++) {
        const bl_onnx_dim *dim = &shape->dims.items[i];
        if (i == *ret_events)
            continue;
        if (n == 2)
            return bl_onnx_refuse(err, "it has %zu axes", shape->dims.n);
        if (!bl_message_has(&dim->head, BL_ONNX_DIM_HAS_VALUE))
            return bl_onnx_refuse(err, "axis %zu has no size", i);
        if (dim->value < 1 || dim->value > INT32_MAX)
            return bl_onnx_refuse(err, "axis %zu is of %lld", i, (long long)dim->value);
        ret_sizes[n++] = dim->value;
    }
    *ret_n = n;
    return BL_OK;
}

static bl_status add_input(bl_onnx_import *c, const bl_onnx_value *input, bl_error *err) {
    const bl_onnx_tensor_type *type = input->type ? input->type->tensor : NULL;
    bl_onnx_seen *to = value_of(c, input->name);
    bl_nn_node *node = NULL;
    int64_t *sizes = bl_arena_array(c->arena, 2, sizeof *sizes);
    size_t n = 0, events = 0;
    if (!sizes)
        return bl_onnx_no_memory(err);
    if (!type || !type->shape || type->element == BL_ONNX_STRING)
        return bl_onnx_refuse(err, "it is no tensor of numbers with a shape");
    bool is_whole = type->element != BL_ONNX_FLOAT && type->element != BL_ONNX_DOUBLE &&
                    type->element != BL_ONNX_FLOAT16;
    BL_TRY(read_input_shape(type->shape, sizes, &n, &events, err));
    if (n == 0) {
        to->kind = is_whole ? BL_ONNX_LENGTHS : BL_ONNX_NOTHING;
        return is_whole ? BL_OK : bl_onnx_refuse(err, "it has no columns");
    }
    BL_TRY(bl_nn_graph_add(c->graph, &bl_nn_kinds[BL_NN_KIND_INPUT], input->name, 0, NULL, &node,
                           err));
    ((bl_nn_input_options *)node->options)->shape = (bl_nn_counts){n, sizes};
    bl_onnx_seen seen =
        bl_onnx_plain(c->graph->n_nodes - 1, n == 2 ? (size_t)sizes[0] : 0, (size_t)sizes[n - 1]);
    for (size_t i = 0; i < events; i++) {
        bl_onnx_axis first = seen.axes[i];
        seen.axes[i] = seen.axes[i + 1];
        seen.axes[i + 1] = first;
    }
    seen.name = to->name;
    seen.n_uses = to->n_uses;
    seen.is_whole = is_whole;
    *to = seen;
    return BL_OK;
}

static bool is_initializer(const bl_onnx_graph *graph, const char *name) {
    for (size_t i = 0; i < graph->initializers.n; i++)
        if (graph->initializers.items[i].name &&
            strcmp(graph->initializers.items[i].name, name) == 0)
            return true;
    return false;
}

static bl_status add_inputs(bl_onnx_import *c, bl_error *err) {
    const bl_onnx_values *inputs = &c->model->graph->inputs;
    for (size_t i = 0; i < inputs->n; i++)
        if (!is_initializer(c->model->graph, inputs->items[i].name))
            BL_TRY_IN(add_input(c, &inputs->items[i], err), err, "input '%s'",
                      inputs->items[i].name);
    return BL_OK;
}

// ---- nodes ----

/// Whether a list of names, some of which end with *, has a name.
static bool lists(const char *names, const char *name) {
    size_t length = strlen(name);
    for (const char *at = names; *at; at += *at == ' ') {
        size_t n = strcspn(at, " ");
        bool is_start = n && at[n - 1] == '*';
        if (is_start ? length >= n - 1 && memcmp(at, name, n - 1) == 0
                     : length == n && memcmp(at, name, n) == 0)
            return true;
        at += n;
    }
    return false;
}

static bl_status check_node(const bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    const bl_onnx_node *node = c->node;
    size_t n = node->inputs.n;
    if (!rule)
        return bl_onnx_refuse(err, "no layer here is like this operator of %s",
                              bl_onnx_is_default_domain(node->domain) ? "ai.onnx" : node->domain);
    if (bl_onnx_is_default_domain(node->domain) &&
        bl_onnx_opset_version(&c->model->opsets, NULL) < FIRST_VERSION)
        return bl_onnx_refuse(err, "it is of version %lld; what is read begins with version %d",
                              (long long)bl_onnx_opset_version(&c->model->opsets, NULL),
                              FIRST_VERSION);
    if (n < rule->fewest || n > rule->most)
        return bl_onnx_refuse(err, "it has %zu inputs", n);
    for (size_t i = 0; i < node->attributes.n; i++)
        if (!lists(rule->attributes, node->attributes.items[i].name))
            return bl_onnx_refuse(err, "its attribute '%s' is not read",
                                  node->attributes.items[i].name);
    return BL_OK;
}

static bl_status add_node(bl_onnx_import *c, bl_error *err) {
    const bl_onnx_rule *rule = bl_onnx_rule_find(c->node->domain, c->node->op_type);
    bool is_folded = false;
    BL_TRY(check_node(c, rule, err));
    BL_TRY(bl_onnx_fold(c, rule, &is_folded, err));
    return is_folded ? BL_OK : rule->add(c, rule, err);
}

static bl_status add_nodes(bl_onnx_import *c, bl_error *err) {
    const bl_onnx_nodes *nodes = &c->model->graph->nodes;
    for (size_t i = 0; i < nodes->n; i++) {
        if (c->is_read[i])
            continue;
        c->node = &nodes->items[i];
        c->is_named = false;
        BL_TRY_IN(add_node(c, err), err, "node %zu '%s' (%s)", i,
                  c->node->name ? c->node->name : "", c->node->op_type);
    }
    return BL_OK;
}

// ---- outputs ----

/// Numbers of an output lie in the order of its axes; steps without columns are columns.
static bl_status settle(bl_onnx_import *c, bl_onnx_seen *t, bl_error *err) {
    unsigned last = t->rank;
    while (last > 0 && (t->axes[last - 1].size == 1))
        last--;
    if (last == 0 || !t->steps)
        return t->steps && last == 0 ? bl_onnx_flatten(c, t, err) : bl_onnx_straighten(c, t, err);
    return bl_onnx_columns_at(c, t, last - 1, err);
}

static bl_status set_outputs(bl_onnx_import *c, bl_error *err) {
    const bl_onnx_values *outputs = &c->model->graph->outputs;
    size_t *nodes = bl_arena_array(c->arena, outputs->n + 1, sizeof *nodes), n = 0;
    const char **names = bl_arena_array(c->arena, outputs->n + 1, sizeof *names);
    static const bl_onnx_node nothing = {.op_type = "output"};
    if (!nodes || !names)
        return bl_onnx_no_memory(err);
    c->node = &nothing;
    c->is_named = true;
    for (size_t i = 0; i < outputs->n; i++) {
        const char *name = outputs->items[i].name;
        bl_onnx_seen t, *from = value_of(c, name);
        if (from && from->kind == BL_ONNX_LABELS)
            continue;
        if (!from || from->kind != BL_ONNX_TENSOR)
            return bl_onnx_refuse(err, "output '%s' is not made of inputs", name);
        t = *from;
        BL_TRY_IN(settle(c, &t, err), err, "output '%s'", name);
        names[n] = bl_arena_text(c->arena, name, strlen(name));
        nodes[n] = t.node;
        if (!names[n++])
            return bl_onnx_no_memory(err);
    }
    if (!n)
        return bl_onnx_refuse(err, "all outputs are labels");
    c->result->outputs = names;
    return bl_nn_graph_set_outputs(c->graph, n, nodes, err);
}

/// Where an event has fewer steps than others, layers that see them all would see what is not
/// there.
static bl_status check_ragged(const bl_onnx_import *c, bl_error *err) {
    const bl_nn_graph *graph = c->graph;
    bool *is_ragged = bl_arena_array(c->arena, graph->n_nodes + 1, sizeof *is_ragged);
    if (!is_ragged)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const bl_nn_node *node = &graph->nodes[i];
        bool takes = false;
        for (size_t k = 0; k < node->n_inputs; k++)
            takes |= is_ragged[node->inputs[k]];
        if (node->kind->id == BL_NN_KIND_INPUT)
            takes = ((const bl_nn_input_options *)node->options)->ragged;
        else if (takes && node->kind->use == BL_NN_WHOLE && !bl_onnx_is_rowwise(node))
            return bl_onnx_refuse(err,
                                  "layer '%s' (%s) sees all steps, where lengths say which count",
                                  node->name, node->kind->name);
        const bl_nn_node *layer = node->inner ? node->inner : node;
        bool is_recurrent = node->inner || node->kind->id == BL_NN_KIND_GRU ||
                            node->kind->id == BL_NN_KIND_LSTM ||
                            node->kind->id == BL_NN_KIND_SIMPLE_RNN;
        if (is_recurrent && !((const bl_nn_recurrent_options *)layer->options)->return_sequences)
            takes = false;
        is_ragged[i] = takes && node->kind->id != BL_NN_KIND_GLOBAL_AVERAGE_POOLING;
    }
    return BL_OK;
}

// ---- what is wanted ----

static void want(bool *is_wanted, const bl_nn_graph *graph) {
    for (size_t i = 0; i < graph->n_outputs; i++)
        is_wanted[graph->outputs[i]] = true;
    for (size_t i = graph->n_nodes; i-- > 0;) {
        const bl_nn_node *node = &graph->nodes[i];
        is_wanted[i] |= node->kind->id == BL_NN_KIND_INPUT;
        if (!is_wanted[i])
            continue;
        for (size_t k = 0; k < node->n_inputs; k++)
            is_wanted[node->inputs[k]] = true;
        if (node->mask != BL_NN_NONE)
            is_wanted[node->mask] = true;
        if (node->same_as != BL_NN_NONE)
            is_wanted[node->same_as] = true;
    }
}

/// Leaves nodes out that no output is made of, and numbers the others anew.
static bl_status leave_out(bl_onnx_import *c, bl_error *err) {
    bl_nn_graph *graph = c->graph;
    bool *is_wanted = bl_arena_array(c->arena, graph->n_nodes + 1, sizeof *is_wanted);
    size_t *numbers = bl_arena_array(c->arena, graph->n_nodes + 1, sizeof *numbers), n = 0;
    if (!is_wanted || !numbers)
        return bl_onnx_no_memory(err);
    want(is_wanted, graph);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        bl_nn_node node = graph->nodes[i];
        if (!is_wanted[i])
            continue;
        size_t *inputs = bl_arena_array(c->arena, node.n_inputs + 1, sizeof *inputs);
        if (!inputs)
            return bl_onnx_no_memory(err);
        for (size_t k = 0; k < node.n_inputs; k++)
            inputs[k] = numbers[node.inputs[k]];
        node.inputs = inputs;
        node.mask = node.mask == BL_NN_NONE ? BL_NN_NONE : numbers[node.mask];
        node.same_as = node.same_as == BL_NN_NONE ? BL_NN_NONE : numbers[node.same_as];
        numbers[i] = n;
        graph->nodes[n++] = node;
    }
    size_t *outputs = bl_arena_array(c->arena, graph->n_outputs + 1, sizeof *outputs);
    if (!outputs)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < graph->n_outputs; i++)
        outputs[i] = numbers[graph->outputs[i]];
    graph->outputs = outputs;
    graph->n_nodes = n;
    return BL_OK;
}

// ---- all of it ----

static bl_status prepare(bl_onnx_import *c, bl_error *err) {
    const bl_onnx_graph *graph = c->model->graph;
    const char *name = graph->name && *graph->name ? graph->name : "model";
    char *copy = bl_arena_text(c->arena, name, strlen(name));
    size_t n_forests = 0;
    for (size_t i = 0; i < graph->nodes.n; i++)
        n_forests += bl_onnx_is_forest(&graph->nodes.items[i]);
    c->result->forests = bl_arena_array(c->arena, n_forests + 1, sizeof *c->result->forests);
    if (!copy || !c->result->forests)
        return bl_onnx_no_memory(err);
    bl_nn_graph_init(c->graph, c->arena, copy);
    return find_values(c, err);
}

static bl_status convert(bl_onnx_import *c, bl_error *err) {
    BL_TRY(prepare(c, err));
    BL_TRY(add_initializers(c, err));
    BL_TRY(add_inputs(c, err));
    BL_TRY(bl_onnx_find_transforms(c, err));
    BL_TRY(add_nodes(c, err));
    BL_TRY(set_outputs(c, err));
    BL_TRY(leave_out(c, err));
    BL_TRY(check_ragged(c, err));
    BL_TRY(bl_onnx_read_notes(c, err));
    c->result->n_weights = c->n_weights;
    c->result->weights = c->weights;
    return BL_OK;
}

bl_status bl_onnx_to_graph(const bl_onnx_model *model, bl_arena *arena,
                           bl_onnx_network *ret_network, bl_error *err) {
    bl_onnx_network result = {0};
    bl_onnx_import c = {.model = model, .arena = arena, .graph = &result.graph, .result = &result};
    if (!model->graph)
        return bl_error_set(err, BL_E_INVALID, "a model without a graph");
    bl_status status = convert(&c, err);
    bl_name_map_release(arena->context, &c.names);
    if (status == BL_OK)
        *ret_network = result;
    else
        bl_onnx_network_release(&result);
    return status;
}

void bl_onnx_network_release(bl_onnx_network *network) {
    for (size_t i = 0; network && i < network->n_forests; i++)
        bl_nn_forest_free(network->forests[i]);
    if (network)
        network->n_forests = 0;
}

size_t bl_onnx_most_floats(const bl_onnx_network *from) {
    size_t n = 1;
    for (size_t i = 0; i < from->n_weights; i++)
        n += from->weights[i].n + 16;
    return n;
}

bl_status bl_onnx_load_weights(const bl_onnx_network *from, bl_nn_network *network, bl_error *err) {
    size_t n_set = 0;
    for (size_t i = 0; i < from->n_weights; i++) {
        const bl_onnx_weight *weight = &from->weights[i];
        const bl_nn_parameter *parameter = bl_nn_network_find(network, weight->layer, weight->name);
        if (!parameter)
            continue; // of a layer that no output is made of
        if (parameter->n != weight->n)
            return bl_error_set(err, BL_E_SHAPE, "layer '%s': %s has %zu numbers, not %zu",
                                weight->layer, weight->name, weight->n, parameter->n);
        if (weight->n)
            memcpy(network->parameters + parameter->offset, weight->values,
                   weight->n * sizeof *weight->values);
        n_set++;
    }
    if (n_set != network->plan.parameters.n)
        return bl_error_set(err, BL_E_NOTFOUND, "%zu parameters have no numbers",
                            network->plan.parameters.n - n_set);
    bl_nn_network_pack(network);
    return BL_OK;
}
