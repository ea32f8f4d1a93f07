// SPDX-License-Identifier: Apache-2.0
/// \file
/// Networks from Keras: a configuration becomes a graph, the arrays of a file its parameters.
///
/// Models inside models are taken apart; a layer's node is called as the layer, or "model.layer"
/// where several layers are called so. Each further call of a layer is a node that has the
/// parameters of the first, and is called "layer.1", "layer.2", … What would change a result and is
/// nothing that our layers do is refused, never left out. docs/networks.md says what is read.
/// \source Keras 3, models/functional.py, models/sequential.py; Keras 2, engine/functional.py
#ifndef BL_MODEL_KERAS_TO_GRAPH_H
#define BL_MODEL_KERAS_TO_GRAPH_H

#include "model/keras/keras.h"
#include "nn/network/network.h"

/// A configuration without weights, as `to_json()` gives it. \param name of the text, for errors
/// \return BL_OK, BL_E_INVALID, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_keras_read_json(bl_context *context, const char *name, const char *text, size_t size,
                             bl_keras_file **ret_file, bl_error *err);
/// The network of a file's configuration.
/// \param arena holds the graph, which borrows nothing of the file
/// \return BL_OK, BL_E_INVALID (no configuration of a network), BL_E_UNSUPPORTED (naming layer and
/// option), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_keras_to_graph(const bl_keras_file *file, bl_arena *arena, bl_nn_graph *ret_graph,
                            bl_error *err);
/// Which array of the file is which parameter of a network that was made of the file's graph.
/// \param arena holds the list \param ret_weights [parameters]
/// \return BL_OK, BL_E_SHAPE (both shapes are named), BL_E_NOTFOUND (an array is missing),
/// BL_E_NOMEM
bl_status bl_keras_match_weights(const bl_keras_file *file, const bl_nn_network *network,
                                 bl_arena *arena, const bl_keras_weight *const **ret_weights,
                                 bl_error *err);
/// Sets all parameters of such a network by them, and packs them.
/// \return as bl_keras_match_weights; then nothing was set
bl_status bl_keras_load_weights(const bl_keras_file *file, bl_nn_network *network, bl_error *err);
/// Sets the shapes of outputs that the file does not tell, where its network can be run.
/// \return as bl_keras_to_graph and bl_nn_network_new: why it cannot be run
bl_status bl_keras_find_shapes(bl_keras_file *file, bl_error *err);

#endif
