// SPDX-License-Identifier: Apache-2.0
// Which input of a network is fed what, and what its output learns.
#include "learn/train/match.h"

#include <string.h>

// ---- inputs ----

/// The name of a network's i-th input.
static const char *input_name(const bl_nn_network *network, size_t i) {
    for (size_t node = 0; node < network->graph->n_nodes; node++)
        if (network->graph->nodes[node].kind->id == BL_NN_KIND_INPUT && i-- == 0)
            return network->graph->nodes[node].name;
    return "";
}

static bl_nn_shape shape_of(const bl_nn_network *network, size_t value) {
    return network->plan.values.items[value].shape;
}

static bl_status find_input(const bl_prepared *prepared, const bl_nn_network *network, size_t i,
                            bl_match *match, bl_error *err) {
    bl_nn_shape shape = shape_of(network, network->inputs[i]);
    const bl_prepared_input *input = NULL;
    bl_wanted_input want = {.name = input_name(network, i),
                            .width = shape.width,
                            .steps = shape.steps,
                            .is_only = network->n_inputs == 1};
    BL_TRY(bl_prepared_find_input(prepared, &want, &input, err));
    match->names[i] = want.name;
    match->inputs[i] = input->name;
    return BL_OK;
}

static bl_status match_inputs(bl_arena *arena, const bl_prepared *prepared,
                              const bl_nn_network *network, bl_match *match, bl_error *err) {
    match->n_inputs = network->n_inputs;
    match->names = (const char **)bl_arena_array(arena, network->n_inputs + 1, sizeof(char *));
    match->inputs = (const char **)bl_arena_array(arena, network->n_inputs + 1, sizeof(char *));
    if (!match->names || !match->inputs)
        return bl_error_nomem(err, network->n_inputs * sizeof(char *), "lists of inputs");
    for (size_t i = 0; i < network->n_inputs; i++)
        BL_TRY(find_input(prepared, network, i, match, err));
    return BL_OK;
}

// ---- the output ----

static bool is_of_categories(bl_nn_loss_kind kind) {
    return kind == BL_NN_LOSS_CATEGORICAL || kind == BL_NN_LOSS_CATEGORICAL_FOCAL ||
           kind == BL_NN_LOSS_SPARSE;
}

static bool is_binary(bl_nn_loss_kind kind) {
    return kind == BL_NN_LOSS_BINARY || kind == BL_NN_LOSS_BINARY_FOCAL;
}

static bl_status other_width(const bl_prepared *prepared, const bl_nn_network *network,
                             size_t width, bl_error *err) {
    const char *name = network->graph->nodes[network->graph->outputs[0]].name;
    const char *what = prepared->label_kind == BL_LABEL_NUMBERS ? "numbers to learn" : "classes";
    bl_status status = bl_error_set(
        err, BL_E_SHAPE, "the network's output '%s' has %zu number%s, where the data has %zu %s",
        name, width, width == 1 ? "" : "s", prepared->n_classes, what);
    for (size_t i = 0; i < prepared->n_classes; i++)
        status = bl_error_hint(err, status, "%s %s", i ? "," : ":", prepared->classes[i]);
    return status;
}

static bl_nn_loss_kind usual_loss(const bl_prepared *prepared, const bl_match *match) {
    if (prepared->label_kind == BL_LABEL_NUMBERS)
        return BL_NN_LOSS_SQUARED;
    return match->form == BL_TARGET_SECOND ? BL_NN_LOSS_BINARY : BL_NN_LOSS_CATEGORICAL;
}

/// What a loss wants of the targets, and what right is.
static bl_status match_loss(const bl_prepared *prepared, bl_match *match, bl_error *err) {
    bl_nn_loss_kind kind = match->loss.kind;
    bool are_numbers = prepared->label_kind == BL_LABEL_NUMBERS;
    const char *name = bl_nn_loss_name(kind);
    if (are_numbers && kind == BL_NN_LOSS_SPARSE)
        return bl_error_set(err, BL_E_INVALID, "loss %s is for classes, not for numbers", name);
    if (match->width == 1 && is_of_categories(kind))
        return bl_error_set(err, BL_E_INVALID, "loss %s of a single number is 0 for all events",
                            name);
    if (kind == BL_NN_LOSS_SPARSE)
        match->form = BL_TARGET_LABEL;
    bl_nn_targets targets = BL_NN_TARGETS_ONE_OF;
    if (match->form == BL_TARGET_SECOND || (are_numbers && is_binary(kind)))
        targets = BL_NN_TARGETS_YES_NO;
    else if (match->form == BL_TARGET_LABEL)
        targets = BL_NN_TARGETS_LABELS;
    else if (are_numbers && !is_of_categories(kind))
        targets = BL_NN_TARGETS_NUMBERS;
    match->metrics.n = match->width;
    match->metrics.targets = targets;
    if (targets == BL_NN_TARGETS_NUMBERS)
        match->metrics.curves = false;
    return BL_OK;
}

static bl_status match_output(const bl_prepared *prepared, const bl_nn_network *network,
                              const bl_training_settings *settings, bl_match *match,
                              bl_error *err) {
    if (network->n_outputs != 1)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "the network has %zu outputs; only networks with one are trained",
                            network->n_outputs);
    bl_nn_shape shape = shape_of(network, network->outputs[0]);
    if (shape.steps)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "the network's output '%s' is a sequence, where events have labels",
                            network->graph->nodes[network->graph->outputs[0]].name);
    bool is_second =
        prepared->label_kind != BL_LABEL_NUMBERS && shape.width == 1 && prepared->n_classes == 2;
    if (shape.width != prepared->n_classes && !is_second)
        return other_width(prepared, network, shape.width, err);
    match->width = shape.width;
    match->form = is_second ? BL_TARGET_SECOND : BL_TARGET_ALL;
    match->metrics = settings->metrics;
    match->loss = settings->has_loss ? settings->loss : bl_nn_loss_of(usual_loss(prepared, match));
    return match_loss(prepared, match, err);
}

bl_status bl_match_model(bl_arena *arena, const bl_prepared *prepared, const bl_nn_network *network,
                         const bl_training_settings *settings, bl_match *ret_match, bl_error *err) {
    bl_match match = {0};
    BL_TRY(match_inputs(arena, prepared, network, &match, err));
    BL_TRY(match_output(prepared, network, settings, &match, err));
    *ret_match = match;
    return BL_OK;
}
