// SPDX-License-Identifier: Apache-2.0
/// \file
/// A network ready to run: the steps of a graph, and its parameters in one block. A network is
/// shared by all who run it; what a run writes lies in workspaces, one for each who runs at the
/// same time.
#ifndef BL_NN_NETWORK_NETWORK_H
#define BL_NN_NETWORK_NETWORK_H

#include "nn/layers/plan.h"

/// Zero is the default of all.
typedef struct bl_nn_network_options {
    const bl_nn_kernels *kernels; ///< NULL: the fastest
    bool trains;                  ///< parameters will change, gradients will be asked for
    bool wants_input_gradients;   ///< gradients of the inputs will be asked for, too
    size_t most_floats;           ///< of all parameters, gaps included; 0: as many as may be
} bl_nn_network_options;

typedef struct bl_nn_network {
    bl_context *context;
    bl_arena arena;
    const bl_nn_kernels *kernels;
    const bl_nn_graph *graph;
    bool trains, wants_input_gradients;
    bl_nn_plan plan; ///< values, parameters, weights, slots, rows
    size_t n_steps;
    bl_nn_step *steps;
    size_t *node_values;        ///< [graph->n_nodes] the value that a node makes
    size_t n_inputs, *inputs;   ///< [n_inputs] values, in the order of the graph's nodes
    size_t n_outputs, *outputs; ///< [n_outputs] values
    size_t *n_consumers;        ///< [values]
    size_t n_barriers;          ///< steps that measure
    size_t n_sums;              ///< most sums of one
    float *parameters;          ///< [plan.n_floats]; after changes: bl_nn_network_pack
    bl_buffer *memory;
} bl_nn_network;

/// Makes a network of a graph; its parameters are zeros. \param graph borrows until it is freed
/// \return BL_OK, BL_E_SHAPE (also more parameters than `most_floats`), BL_E_INVALID,
/// BL_E_UNSUPPORTED, BL_E_LIMIT, BL_E_NOMEM: naming the layer
bl_status bl_nn_network_new(bl_context *context, const bl_nn_graph *graph,
                            const bl_nn_network_options *options, bl_nn_network **ret_network,
                            bl_error *err);
/// NULL is allowed; no workspace may be left.
void bl_nn_network_free(bl_nn_network *network);
BL_DEFINE_AUTO(bl_nn_network, bl_nn_network_free);

/// Begins the parameters as their layers say: a function of the seed and of each one's number.
/// Packs them. \return BL_OK, BL_E_UNSUPPORTED (naming layer and parameter: its initializer makes
/// matrices only), BL_E_NOMEM
bl_status bl_nn_network_start(bl_nn_network *network, uint64_t seed, bl_error *err);
/// Packs the parameters, after whoever changed them.
void bl_nn_network_pack(bl_nn_network *network);
/// The parameter of a layer by its name; NULL: there is none.
const bl_nn_parameter *bl_nn_network_find(const bl_nn_network *network, const char *layer,
                                          const char *name);
/// Leaves the last activation of an output to the loss, while training.
/// \return whether it is that one, and nobody else takes the output
bool bl_nn_network_join(bl_nn_network *network, size_t output, bl_nn_activation_kind kind);

typedef struct bl_nn_workspace bl_nn_workspace;

/// Memory to run at most so many events at a time.
/// \param most_events 1 … BL_NN_SHARD_EVENTS \param trains gradients will be asked for: only where
/// the network trains
/// \return BL_OK, BL_E_LIMIT (more than the context's memory budget), BL_E_NOMEM
bl_status bl_nn_workspace_new(const bl_nn_network *network, size_t most_events, bool trains,
                              bl_nn_workspace **ret_workspace, bl_error *err);
void bl_nn_workspace_free(bl_nn_workspace *workspace);
BL_DEFINE_AUTO(bl_nn_workspace, bl_nn_workspace_free);

/// Runs the network forward, as it predicts. Allocates nothing.
/// \param n_events at most as many as there is memory for \param feeds [n_inputs]
/// \param ret_outputs [n_outputs] rows, borrows until the next run
/// \return BL_OK, BL_E_SHAPE (an event has more steps than the input takes), BL_E_INVALID
bl_status bl_nn_predict(bl_nn_workspace *workspace, size_t n_events, const bl_nn_feed *feeds,
                        bl_nn_matrix *ret_outputs, bl_error *err);
/// Rows of each event of an output in the last run.
/// \return [n_events + 1], borrows; NULL: one row an event
const uint32_t *bl_nn_output_offsets(const bl_nn_workspace *workspace, size_t output);

#endif
