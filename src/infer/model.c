// SPDX-License-Identifier: Apache-2.0
// Models: read by their format, cut at a layer if asked, and looked at once for all that callers
// ask about them.
#include "infer/model.h"

#include "base/names.h"
#include "base/options.h"

// ---- reading ----

bl_status bl_model_read(bl_context *context, const char *url, const bl_model_format **ret_format,
                        bl_bundle **ret_bundle, bl_error *err) {
    bl_source *source = NULL;
    for (const bl_model_format *format = bl_model_formats; format->name; format++) {
        bool is_it = false;
        BL_TRY(format->probe(context, url, &is_it, err));
        if (!is_it)
            continue;
        BL_TRY(format->read(context, url, ret_bundle, err));
        *ret_format = format;
        return BL_OK;
    }
    BL_TRY(bl_source_open(context, url, &source, err)); // there may be no file at all
    bl_source_close(source);
    return bl_error_set(err, BL_E_FORMAT, "%s: no model that is known", url);
}

static bl_status unknown_layer(const bl_nn_graph *graph, const char *name, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < graph->n_nodes; i++)
        bl_nearest_offer(&nearest, graph->nodes[i].name);
    bl_status status = bl_error_set(err, BL_E_NOTFOUND, "the network has no layer '%s'", name);
    return bl_nearest_hint(&nearest, status, err);
}

/// The network up to a layer takes the place of the whole.
static bl_status stop_at(bl_bundle *bundle, const char *layer, bl_error *err) {
    bl_nn_network *whole = bundle->network, *part = NULL;
    size_t node = bl_nn_graph_find(&bundle->graph, layer);
    if (node == BL_NN_NONE)
        return unknown_layer(&bundle->graph, layer, err);
    BL_TRY(bl_nn_graph_set_outputs(&bundle->graph, 1, &node, err));
    BL_TRY(bl_nn_network_new(whole->context, &bundle->graph, NULL, &part, err));
    for (size_t i = 0; i < part->plan.parameters.n; i++) {
        const bl_nn_parameter *to = &part->plan.parameters.items[i];
        const bl_nn_parameter *from = bl_nn_network_find(whole, to->layer, to->name);
        memcpy(part->parameters + to->offset, whole->parameters + from->offset,
               to->n * sizeof(float));
    }
    bl_nn_network_pack(part);
    bl_nn_network_free(whole);
    bundle->network = part;
    return BL_OK;
}

// ---- what it is like ----

/// Parameters are called as their layer; those of both ways of a Bidirectional as "LAYER/…".
static bool is_of(const char *name, const char *layer) {
    size_t n = strlen(layer);
    return strncmp(name, layer, n) == 0 && (name[n] == '\0' || name[n] == '/');
}

static bl_status find_layers(bl_model *model, bl_error *err) {
    const bl_nn_graph *graph = &model->bundle->graph;
    const bl_nn_network *network = model->bundle->network;
    model->layers = (bl_model_layer *)bl_arena_array(&model->bundle->arena, graph->n_nodes + 1,
                                                     sizeof *model->layers);
    if (!model->layers)
        return bl_error_nomem(err, graph->n_nodes * sizeof *model->layers, "layers");
    for (; model->n_layers < graph->n_nodes; model->n_layers++) {
        const bl_nn_node *node = &graph->nodes[model->n_layers];
        bl_model_layer *layer = &model->layers[model->n_layers];
        *layer = (bl_model_layer){.name = node->name, .kind = node->kind->name};
        size_t value = network->node_values[model->n_layers];
        for (size_t i = 0; i < network->n_steps; i++)
            layer->is_run |= network->steps[i].output == value &&
                             strcmp(network->steps[i].name, node->name) == 0;
        if (layer->is_run)
            layer->shape = network->plan.values.items[value].shape;
        for (size_t i = 0; i < network->plan.parameters.n; i++) {
            const bl_nn_parameter *p = &network->plan.parameters.items[i];
            layer->n_parameters += is_of(p->layer, node->name) ? p->n : 0;
        }
        model->n_parameters += layer->n_parameters;
    }
    return BL_OK;
}

/// The names of an input's columns, where all have one.
static const char *const *column_names(const bl_nn_columns *columns) {
    for (size_t i = 0; columns && i < columns->n; i++)
        if (!columns->names[i])
            return NULL;
    return columns ? columns->names : NULL;
}

static void find_inputs(bl_model *model) {
    const bl_bundle *bundle = model->bundle;
    const bl_nn_network *network = bundle->network;
    size_t n = 0;
    for (size_t node = 0; node < bundle->graph.n_nodes; node++) {
        if (bundle->graph.nodes[node].kind->id != BL_NN_KIND_INPUT)
            continue;
        const bl_nn_input_options *options =
            (const bl_nn_input_options *)bundle->graph.nodes[node].options;
        const char *name = bundle->graph.nodes[node].name;
        const bl_nn_columns *columns = bl_nn_transform_find(&bundle->transform, name);
        bl_nn_shape shape = network->plan.values.items[network->inputs[n]].shape;
        model->transforms[n] = columns;
        model->inputs[n++] = (bl_model_port){.name = name,
                                             .steps = shape.steps,
                                             .width = shape.width,
                                             .ragged = options->ragged,
                                             .cuts = columns && columns->rows.length,
                                             .columns = column_names(columns)};
    }
}

static void find_outputs(bl_model *model) {
    const bl_bundle *bundle = model->bundle;
    const bl_nn_network *network = bundle->network;
    for (size_t i = 0; i < network->n_outputs; i++) {
        bl_nn_shape shape = network->plan.values.items[network->outputs[i]].shape;
        bool has_classes = i == 0 && !model->stops && bundle->n_classes == shape.width;
        model->outputs[i] = (bl_model_port){
            .name = bundle->graph.nodes[bundle->graph.outputs[i]].name,
            .steps = shape.steps,
            .width = shape.width,
            .columns = has_classes ? bundle->classes : NULL,
        };
    }
}

static bl_status find_ports(bl_model *model, bl_error *err) {
    bl_arena *arena = &model->bundle->arena;
    const bl_nn_network *network = model->bundle->network;
    size_t n = network->n_inputs + 1, m = network->n_outputs + 1;
    model->inputs = (bl_model_port *)bl_arena_array(arena, n, sizeof *model->inputs);
    model->outputs = (bl_model_port *)bl_arena_array(arena, m, sizeof *model->outputs);
    model->transforms = (const bl_nn_columns **)bl_arena_array(arena, n, sizeof(void *));
    if (!model->inputs || !model->outputs || !model->transforms)
        return bl_error_nomem(err, (n + m) * sizeof(bl_model_port), "inputs and outputs");
    find_inputs(model);
    find_outputs(model);
    return BL_OK;
}

bl_status bl_model_open(bl_context *context, const char *url, const bl_model_options *options,
                        bl_model **ret_model, bl_error *err) {
    bl_model_options o = {.size = sizeof o};
    BL_TRY(bl_options_copy(&o, sizeof o, options, err));
    BL_AUTO(bl_model) model = (bl_model *)bl_alloc_zero(context, 1, sizeof *model);
    if (!model)
        return bl_error_nomem(err, sizeof *model, "a model");
    model->context = context;
    BL_TRY(bl_model_read(context, url, &model->format, &model->bundle, err));
    model->stops = o.layer != NULL;
    if (o.layer)
        BL_TRY_IN(stop_at(model->bundle, o.layer, err), err, "%s", url);
    if (o.raw)
        model->bundle->transform.n_inputs = 0;
    BL_TRY(find_layers(model, err));
    BL_TRY(find_ports(model, err));
    BL_TRY(bl_model_describe_all(model, err));
    *ret_model = BL_MOVE(model);
    return BL_OK;
}

void bl_model_free(bl_model *model) {
    if (!model)
        return;
    bl_context *context = model->context;
    bl_bundle_free(model->bundle);
    bl_free(context, model);
}

// ---- being asked ----

size_t bl_model_n_inputs(const bl_model *model) { return model->bundle->network->n_inputs; }
size_t bl_model_n_outputs(const bl_model *model) { return model->bundle->network->n_outputs; }
const bl_model_port *bl_model_input(const bl_model *model, size_t i) { return &model->inputs[i]; }
const bl_model_port *bl_model_output(const bl_model *model, size_t i) { return &model->outputs[i]; }
size_t bl_model_n_parameters(const bl_model *model) { return model->n_parameters; }
const char *bl_model_describe(const bl_model *model) { return model->description; }
