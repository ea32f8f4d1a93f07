// SPDX-License-Identifier: Apache-2.0
// Graphs into steps. What wraps layers is taken apart here: TimeDistributed is its layer on rows,
// Bidirectional two layers and a merge.
#include "nn/network/compile.h"

#include <string.h>

typedef struct compiler {
    bl_nn_network *network;
    const bl_nn_graph *graph;
    bl_nn_plan *plan;
    bl_arena *arena;
    size_t room;
    const bool *is_needed; ///< [n_nodes] by an output
    const bool *packs;     ///< [n_nodes]
    size_t *first_steps;   ///< [n_nodes]
} compiler;

static bl_status no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for a network");
}

/// Inputs, and all that outputs are made of.
static const bool *find_needed(bl_arena *arena, const bl_nn_graph *graph) {
    bool *is_needed = bl_arena_array(arena, graph->n_nodes + 1, sizeof *is_needed);
    for (size_t i = 0; i < graph->n_outputs && is_needed; i++)
        is_needed[graph->outputs[i]] = true;
    for (size_t i = graph->n_nodes; i-- > 0 && is_needed;) {
        const bl_nn_node *node = &graph->nodes[i];
        is_needed[i] |= node->kind->id == BL_NN_KIND_INPUT;
        for (size_t k = 0; k < node->n_inputs; k++)
            is_needed[node->inputs[k]] |= is_needed[i];
        if (node->mask != BL_NN_NONE)
            is_needed[node->mask] |= is_needed[i];
        if (node->same_as != BL_NN_NONE)
            is_needed[node->same_as] |= is_needed[i];
    }
    return is_needed;
}

// ---- one step ----

static bool has_no_gradient(bl_nn_kind_id kind) {
    switch (kind) {
    case BL_NN_KIND_NOT_EQUAL:
    case BL_NN_KIND_EQUAL:
    case BL_NN_KIND_GREATER:
    case BL_NN_KIND_GREATER_EQUAL:
    case BL_NN_KIND_LESS:
    case BL_NN_KIND_LESS_EQUAL:
    case BL_NN_KIND_ANY:
    case BL_NN_KIND_ALL:
    case BL_NN_KIND_TREE_ENSEMBLE:
        return true;
    default:
        return false;
    }
}

/// A value that the step takes a second time is copied before, so that each of its gradients has a
/// place of its own.
static bl_status add_step(compiler *c, bl_nn_step step, bl_nn_step **ret_step, bl_error *err);

static bl_status copy_repeated(compiler *c, const bl_nn_step *step, bl_error *err) {
    static const bl_nn_activation_options linear = {.activation = {.kind = BL_NN_LINEAR}};
    size_t *inputs = (size_t *)step->inputs;
    for (size_t i = 1; i < step->n_inputs; i++)
        for (size_t k = 0; k < i; k++)
            if (inputs[i] == inputs[k]) {
                size_t *source = bl_arena_array(c->arena, 1, sizeof *source);
                if (!source)
                    return no_memory(err);
                *source = inputs[k];
                bl_nn_step *copy;
                BL_TRY(add_step(c,
                                (bl_nn_step){.name = step->name,
                                             .kind = BL_NN_KIND_ACTIVATION,
                                             .options = &linear,
                                             .n_inputs = 1,
                                             .inputs = source,
                                             .mask = BL_NN_NONE},
                                &copy, err));
                inputs[i] = copy->output;
            }
    return BL_OK;
}

/// Rows by the mask that a step was given. The executor fills them in.
static bl_status plan_mask(compiler *c, bl_nn_step *step, bl_error *err) {
    step->own_mask = BL_NN_NONE;
    if (step->mask == BL_NN_NONE)
        return BL_OK;
    const bl_nn_value *input = &c->plan->values.items[step->inputs[0]];
    const bl_nn_value *mask = &c->plan->values.items[step->mask];
    bool is_per_row = mask->shape.steps == input->shape.steps && mask->shape.width == 1 &&
                      mask->rows == input->rows;
    bool is_vector = mask->shape.steps == 0 && mask->shape.width == input->shape.steps;
    char a[BL_NN_SHAPE_TEXT], b[BL_NN_SHAPE_TEXT];
    if (!input->shape.steps || !(is_per_row || is_vector))
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "has a mask %s for an input %s",
                                bl_nn_shape_text(mask->shape, a),
                                bl_nn_shape_text(input->shape, b));
    step->own_mask = bl_nn_plan_rows(c->plan, input->shape.steps, true);
    return BL_OK;
}

/// Whether what a step makes for an event can be counted: whatever the files say that tell it.
static bl_status check_sizes(const bl_nn_plan *plan, const bl_nn_step *step, bl_error *err) {
    const bl_nn_value *output = &plan->values.items[step->output];
    bool is_too_large = output->stride > BL_NN_MOST_NUMBERS ||
                        output->shape.steps * output->stride > BL_NN_MOST_NUMBERS;
    for (size_t i = step->first_rows; i < plan->rows.n; i++)
        is_too_large |= plan->rows.items[i].steps > BL_NN_MOST_STEPS;
    char shape[BL_NN_SHAPE_TEXT];
    if (is_too_large)
        return bl_nn_plan_error(step, BL_E_LIMIT, err, "makes %s for each event: that is too much",
                                bl_nn_shape_text(output->shape, shape));
    return BL_OK;
}

static bl_status plan_step(compiler *c, bl_nn_step *step, bl_error *err) {
    bl_nn_plan *plan = c->plan;
    step->layer = bl_nn_layers[step->kind];
    if (!step->layer)
        return bl_nn_plan_error(step, BL_E_UNSUPPORTED, err, "cannot be run");
    step->first_parameter = plan->parameters.n;
    step->first_weights = plan->weights.n;
    step->first_slot = plan->slots.n;
    step->first_rows = plan->rows.n;
    step->output = bl_nn_plan_value(plan);
    if (plan->status != BL_OK) // there is no value to plan
        return no_memory(err);
    BL_TRY(plan_mask(c, step, err));
    BL_TRY(step->layer->plan(plan, step, err));
    if (plan->status == BL_E_LIMIT)
        return bl_nn_plan_error(step, BL_E_LIMIT, err, "has too many parameters");
    if (plan->status != BL_OK)
        return no_memory(err);
    BL_TRY(check_sizes(plan, step, err));
    bl_nn_value *output = &plan->values.items[step->output];
    bool trains = false;
    for (size_t i = 0; i < step->n_parameters; i++)
        trains |= !plan->parameters.items[step->first_parameter + i].is_fixed;
    for (size_t i = 0; i < step->n_inputs; i++)
        trains |= plan->values.items[step->inputs[i]].has_gradient;
    output->has_gradient = (trains || output->has_gradient) && !has_no_gradient(step->kind);
    return BL_OK;
}

static bl_status add_step(compiler *c, bl_nn_step step, bl_nn_step **ret_step, bl_error *err) {
    BL_TRY(copy_repeated(c, &step, err));
    bl_nn_network *network = c->network;
    bl_nn_step *steps =
        bl_arena_grow(c->arena, network->steps, network->n_steps, &c->room, sizeof *steps);
    if (!steps)
        return no_memory(err);
    network->steps = steps;
    step.number = network->n_steps;
    bl_nn_step *added = &network->steps[network->n_steps];
    *added = step;
    BL_TRY(plan_step(c, added, err));
    network->n_steps++;
    *ret_step = added;
    return BL_OK;
}

// ---- one node ----

/// A step has the parameters of another, of the same layer: its own are given up.
static bl_status share(compiler *c, bl_nn_step *step, bl_nn_step *owner, bl_error *err) {
    bl_nn_plan *plan = c->plan;
    bool fits = step->kind == owner->kind && step->n_parameters == owner->n_parameters;
    for (size_t i = 0; i < step->n_parameters && fits; i++) {
        const bl_nn_parameter *a = &plan->parameters.items[step->first_parameter + i];
        const bl_nn_parameter *b = &plan->parameters.items[owner->first_parameter + i];
        fits = a->rank == b->rank && memcmp(a->sizes, b->sizes, sizeof a->sizes) == 0;
    }
    if (!fits)
        return bl_nn_plan_error(step, BL_E_SHAPE, err,
                                "cannot have the parameters of '%s': other shapes", owner->name);
    if (step->n_parameters)
        plan->n_floats = plan->parameters.items[step->first_parameter].offset;
    plan->parameters.n = step->first_parameter;
    plan->weights.n = step->first_weights;
    step->first_parameter = owner->first_parameter;
    step->first_weights = owner->first_weights;
    // Backward runs from the last step on, which writes gradients; those before it add.
    for (bl_nn_step *s = owner; s < step; s++)
        if (s->n_parameters && s->first_parameter == owner->first_parameter)
            s->adds = true;
    return BL_OK;
}

static const size_t *values_of(compiler *c, const bl_nn_node *node) {
    size_t *values = bl_arena_array(c->arena, node->n_inputs + 1, sizeof *values);
    for (size_t i = 0; i < node->n_inputs && values; i++)
        values[i] = c->network->node_values[node->inputs[i]];
    return values;
}

static bl_status add_node_step(compiler *c, const bl_nn_node *node, bl_nn_step step, size_t k,
                               bl_nn_step **ret_step, bl_error *err) {
    step.packs = c->packs[node - c->graph->nodes];
    BL_TRY(add_step(c, step, ret_step, err));
    bl_nn_step *added = *ret_step;
    if (node->same_as != BL_NN_NONE) {
        size_t owner = c->first_steps[node->same_as] + k;
        return share(c, added, &c->network->steps[owner], err);
    }
    for (size_t i = 0; i < added->n_parameters && node->frozen; i++)
        c->plan->parameters.items[added->first_parameter + i].is_fixed = true;
    return BL_OK;
}

static const char *inner_name(compiler *c, const bl_nn_node *node, const char *which) {
    return bl_arena_printf(c->arena, "%s/%s", node->name, which);
}

static bool is_recurrent(bl_nn_kind_id kind) {
    return kind == BL_NN_KIND_GRU || kind == BL_NN_KIND_LSTM || kind == BL_NN_KIND_SIMPLE_RNN;
}

/// Of a layer inside Bidirectional: what does not count is zero in its sequence. The one that runs
/// backwards is as the one that runs forwards, where none was given.
static const void *way_options(compiler *c, const bl_nn_node *node, bool is_back) {
    const bl_nn_node *inner = is_back && node->inner_backward ? node->inner_backward : node->inner;
    bl_nn_recurrent_options *options = bl_arena_alloc(c->arena, sizeof *options);
    if (!options)
        return NULL;
    *options = *(const bl_nn_recurrent_options *)inner->options;
    options->zero_output_for_mask = options->return_sequences;
    if (is_back && !node->inner_backward)
        options->go_backwards = !options->go_backwards;
    return options;
}

static bl_status add_bidirectional(compiler *c, const bl_nn_node *node, const bl_nn_step *shape,
                                   bl_nn_step **ret_step, bl_error *err) {
    static const bl_nn_kind_id merges[] = {
        [BL_NN_MERGE_CONCAT] = BL_NN_KIND_CONCATENATE,
        [BL_NN_MERGE_SUM] = BL_NN_KIND_ADD,
        [BL_NN_MERGE_MUL] = BL_NN_KIND_MULTIPLY,
        [BL_NN_MERGE_AVE] = BL_NN_KIND_AVERAGE,
    };
    static const bl_nn_concatenate_options columns = {.axis = -1};
    const bl_nn_bidirectional_options *options = node->options;
    size_t *ways = bl_arena_array(c->arena, 2, sizeof *ways);
    bl_nn_step step = *shape, *added;
    step.kind = node->inner->kind->id;
    step.options = way_options(c, node, false);
    step.name = inner_name(c, node, "forward");
    if (!ways || !step.options || !step.name)
        return no_memory(err);
    BL_TRY(add_node_step(c, node, step, 0, &added, err));
    ways[0] = added->output;
    step.options = way_options(c, node, true);
    step.name = inner_name(c, node, "backward");
    step.flips = true;
    if (!step.options || !step.name)
        return no_memory(err);
    BL_TRY(add_node_step(c, node, step, 1, &added, err));
    ways[1] = added->output;
    return add_step(c,
                    (bl_nn_step){.name = node->name,
                                 .kind = merges[options->merge_mode],
                                 .options = &columns,
                                 .n_inputs = 2,
                                 .inputs = ways,
                                 .mask = BL_NN_NONE},
                    ret_step, err);
}

static bl_status add_time_distributed(compiler *c, const bl_nn_node *node, bl_nn_step step,
                                      bl_nn_step **ret_step, bl_error *err) {
    const bl_nn_kind *kind = node->inner->kind;
    step.kind = BL_NN_KIND_TIME_DISTRIBUTED;
    if (kind->use != BL_NN_ROWWISE || kind->most_inputs > 1)
        return bl_nn_plan_error(&step, BL_E_UNSUPPORTED, err, "of a %s", kind->name);
    if (!c->plan->values.items[step.inputs[0]].shape.steps)
        return bl_nn_plan_error(&step, BL_E_SHAPE, err, "takes sequences, not vectors");
    step.kind = kind->id;
    step.options = node->inner->options;
    return add_node_step(c, node, step, 0, ret_step, err);
}

static bl_status add_node(compiler *c, size_t number, bl_error *err) {
    bl_nn_network *network = c->network;
    const bl_nn_node *node = &c->graph->nodes[number];
    bl_nn_step *last;
    bl_nn_step step = {
        .name = node->name,
        .kind = node->kind->id,
        .options = node->options,
        .n_inputs = node->n_inputs,
        .inputs = values_of(c, node),
        .mask = node->mask == BL_NN_NONE ? BL_NN_NONE : network->node_values[node->mask],
        .is_frozen = node->frozen,
    };
    if (!step.inputs)
        return no_memory(err);
    c->first_steps[number] = network->n_steps;
    bool is_both = step.kind == BL_NN_KIND_BIDIRECTIONAL;
    if (is_both && !node->inner_backward && !is_recurrent(node->inner->kind->id))
        return bl_nn_plan_error(&step, BL_E_UNSUPPORTED, err, "of a %s", node->inner->kind->name);
    if (is_both)
        BL_TRY(add_bidirectional(c, node, &step, &last, err));
    else if (step.kind == BL_NN_KIND_TIME_DISTRIBUTED)
        BL_TRY(add_time_distributed(c, node, step, &last, err));
    else
        BL_TRY(add_node_step(c, node, step, 0, &last, err));
    network->node_values[number] = last->output;
    if (step.kind == BL_NN_KIND_INPUT) {
        last->first_slot = network->n_inputs; // of the run's feeds: inputs have no memory
        network->inputs[network->n_inputs++] = last->output;
        c->plan->values.items[last->output].has_gradient = network->wants_input_gradients;
    }
    return BL_OK;
}

// ---- all of it ----

/// Who takes what, and which steps want sums over a whole batch.
static bl_status count(bl_nn_network *network, bl_error *err) {
    network->n_consumers =
        bl_arena_array(&network->arena, network->plan.values.n + 1, sizeof(size_t));
    if (!network->n_consumers)
        return no_memory(err);
    for (size_t i = 0; i < network->n_steps; i++) {
        const bl_nn_step *step = &network->steps[i];
        for (size_t k = 0; k < step->n_inputs; k++)
            network->n_consumers[step->inputs[k]]++;
        if (step->mask != BL_NN_NONE)
            network->n_consumers[step->mask]++;
        network->n_barriers += bl_nn_measures(step);
        if (step->n_sums > network->n_sums)
            network->n_sums = step->n_sums;
    }
    return BL_OK;
}

static bool is_output(const bl_nn_network *network, size_t value) {
    for (size_t i = 0; i < network->n_outputs; i++)
        if (network->outputs[i] == value)
            return true;
    return false;
}

/// A Dense behind another with ReLU goes back through that with its product.
static void find_gates(bl_nn_network *network) {
    for (size_t i = 0; i < network->n_steps; i++) {
        if (network->steps[i].kind != BL_NN_KIND_DENSE)
            continue;
        size_t value = network->steps[i].inputs[0];
        const bl_nn_step *maker = &network->steps[value];
        if (maker->kind == BL_NN_KIND_DENSE && network->n_consumers[value] == 1 &&
            !is_output(network, value))
            network->plan.values.items[value].is_gated = bl_nn_activation_rectifies(
                &((const bl_nn_dense_options *)maker->options)->activation);
    }
}

static bl_status allocate(compiler *c, bl_error *err) {
    bl_nn_network *network = c->network;
    const bl_nn_graph *graph = c->graph;
    size_t n = graph->n_nodes + 1;
    c->is_needed = find_needed(c->arena, graph);
    c->packs = bl_nn_find_packing(c->arena, graph);
    c->first_steps = bl_arena_array(c->arena, n, sizeof *c->first_steps);
    network->node_values = bl_arena_array(c->arena, n, sizeof(size_t));
    network->inputs = bl_arena_array(c->arena, n, sizeof(size_t));
    network->outputs = bl_arena_array(c->arena, graph->n_outputs + 1, sizeof(size_t));
    if (!c->is_needed || !c->packs || !c->first_steps || !network->node_values ||
        !network->inputs || !network->outputs)
        return no_memory(err);
    c->plan->arena = c->arena;
    bl_nn_plan_rows(c->plan, 0, false);
    return c->plan->status == BL_OK ? BL_OK : no_memory(err);
}

bl_status bl_nn_compile(bl_nn_network *network, bl_error *err) {
    compiler c = {.network = network,
                  .graph = network->graph,
                  .plan = &network->plan,
                  .arena = &network->arena};
    BL_TRY(allocate(&c, err));
    if (!c.graph->n_outputs)
        return bl_error_set(err, BL_E_INVALID, "a network without outputs");
    for (size_t i = 0; i < c.graph->n_nodes; i++)
        if (c.is_needed[i])
            BL_TRY(add_node(&c, i, err));
    for (size_t i = 0; i < c.graph->n_outputs; i++)
        network->outputs[i] = network->node_values[c.graph->outputs[i]];
    network->n_outputs = c.graph->n_outputs;
    BL_TRY(count(network, err));
    find_gates(network);
    return BL_OK;
}
