// SPDX-License-Identifier: Apache-2.0
/// \file
/// Networks to be trained, from any file that describes one.
#ifndef BL_LEARN_TRAIN_START_H
#define BL_LEARN_TRAIN_START_H

#include "model/bundle/bundle.h"

/// A model as its file has it.
typedef struct bl_start {
    bl_bundle *bundle;       ///< owns; without a network where the file has no parameters
    const bl_item *training; ///< the section of a network's YAML; NULL: none
} bl_start;

/// Reads layers alone (our YAML or JSON, Keras's JSON), or a model with its parameters (a bundle,
/// Keras's files, ONNX). \param ret_start bl_start_release it
/// \return as bl_model_open; BL_E_UNSUPPORTED: trees
bl_status bl_start_read(bl_context *context, const char *url, bl_start *ret_start, bl_error *err);
void bl_start_release(bl_start *start);
/// Gives the bundle a network that trains: with the parameters of the file, or, where there are
/// none or they are not wanted, with those that its layers begin with.
/// \return as bl_nn_network_new and bl_nn_network_start
bl_status bl_start_network(bl_start *start, bool fresh, uint64_t seed, bl_error *err);

#endif
