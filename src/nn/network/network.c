// SPDX-License-Identifier: Apache-2.0
// Networks: made, packed, freed.
#include "nn/network/network.h"

#include <string.h>

#include "nn/network/compile.h"

static bl_status allocate_weights(bl_nn_network *network, bl_error *err) {
    for (size_t i = 0; i < network->plan.weights.n; i++) {
        bl_nn_weights *w = &network->plan.weights.items[i];
        BL_TRY(bl_nn_packed_init(network->context, network->kernels, w->k, w->n, &w->forward, err));
        if (network->trains)
            BL_TRY(bl_nn_packed_init(network->context, network->kernels, w->n, w->k, &w->backward,
                                     err));
    }
    size_t n_bytes = network->plan.n_floats * sizeof(float);
    BL_TRY(bl_buffer_new(network->context, n_bytes, &network->memory, err));
    network->parameters = memset(network->memory->data, 0, n_bytes);
    return BL_OK;
}

bl_status bl_nn_network_new(bl_context *context, const bl_nn_graph *graph,
                            const bl_nn_network_options *options, bl_nn_network **ret_network,
                            bl_error *err) {
    BL_AUTO(bl_nn_network) network = bl_alloc_zero(context, 1, sizeof *network);
    if (!network)
        return bl_error_set(err, BL_E_NOMEM, "no memory for a network");
    network->context = context;
    bl_arena_init(&network->arena, context);
    network->graph = graph;
    network->kernels = options && options->kernels ? options->kernels : bl_nn_kernels_get();
    network->trains = options && options->trains;
    network->wants_input_gradients = options && options->wants_input_gradients;
    BL_TRY(bl_nn_compile(network, err));
    if (options && options->most_floats && network->plan.n_floats > options->most_floats)
        return bl_error_set(err, BL_E_SHAPE, "it has %zu parameters, where there are %zu",
                            network->plan.n_floats, options->most_floats);
    BL_TRY(allocate_weights(network, err));
    *ret_network = network;
    network = NULL;
    return BL_OK;
}

void bl_nn_network_free(bl_nn_network *network) {
    if (!network)
        return;
    for (size_t i = 0; i < network->plan.weights.n; i++) {
        bl_nn_packed_release(&network->plan.weights.items[i].forward);
        bl_nn_packed_release(&network->plan.weights.items[i].backward);
    }
    bl_buffer_release(network->memory);
    bl_arena_release(&network->arena);
    bl_free(network->context, network);
}

void bl_nn_network_pack(bl_nn_network *network) {
    for (size_t i = 0; i < network->plan.weights.n; i++) {
        bl_nn_weights *w = &network->plan.weights.items[i];
        const float *matrix = network->parameters + w->offset;
        bl_nn_packed_set(&w->forward, matrix, w->stride);
        if (network->trains)
            bl_nn_packed_set_transposed(&w->backward, matrix, w->stride);
    }
}

const bl_nn_parameter *bl_nn_network_find(const bl_nn_network *network, const char *layer,
                                          const char *name) {
    for (size_t i = 0; i < network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &network->plan.parameters.items[i];
        if (strcmp(p->layer, layer) == 0 && strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

bool bl_nn_network_join(bl_nn_network *network, size_t output, bl_nn_activation_kind kind) {
    size_t value = network->outputs[output];
    if (network->n_consumers[value])
        return false;
    bl_nn_step *step = network->steps;
    while (step->output != value)
        step++;
    bool matches = false;
    if (step->kind == BL_NN_KIND_DENSE)
        matches = ((const bl_nn_dense_options *)step->options)->activation.kind == kind;
    else if (step->kind == BL_NN_KIND_ACTIVATION)
        matches = ((const bl_nn_activation_options *)step->options)->activation.kind == kind;
    step->is_joined |= matches;
    return matches;
}
