// SPDX-License-Identifier: Apache-2.0
/// \file
/// Networks to Keras: a functional model of Keras 3 with its weights, which Keras opens.
///
/// Layers keep their names, but for "/", which Keras has no names with. A ragged input becomes one
/// of as many steps as it has at most, behind which a Masking(0) leaves out steps of zeros alone:
/// Keras must be given zeros where there is no step, and a step of zeros is none for it.
/// \source Keras 3, saving/serialization_lib.py, ops/function.py (the order of layers)
#ifndef BL_MODEL_KERAS_FROM_GRAPH_H
#define BL_MODEL_KERAS_FROM_GRAPH_H

#include "model/keras/keras.h"
#include "nn/network/network.h"

/// Makes what bl_keras_write writes. Keras never compiled it.
/// \param network borrows until the file is freed: its parameters are what is written
/// \param format not BL_KERAS_WEIGHTS \param ret_file the caller owns it
/// \return BL_OK, BL_E_UNSUPPORTED (naming layer and option), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_keras_from_network(bl_context *context, const bl_nn_network *network,
                                bl_keras_format format, bl_keras_file **ret_file, bl_error *err);

#endif
