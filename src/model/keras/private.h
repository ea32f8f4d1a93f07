// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside Keras files: the steps of reading one.
#ifndef BL_MODEL_KERAS_PRIVATE_H
#define BL_MODEL_KERAS_PRIVATE_H

#include "base/names.h"
#include "model/keras/keras.h"

/// What the weights' member of an archive is called.
#define BL_KERAS_WEIGHTS_MEMBER "model.weights.h5"

/// Lists the layers of the configuration, with the shapes that it tells.
/// \return BL_OK, BL_E_INVALID (no configuration of a model), BL_E_NOMEM
bl_status bl_keras_layers_find(bl_keras_file *file, bl_error *err);
/// Finds the weights in the tree, and counts them. \return BL_OK, BL_E_CORRUPT (one that is listed
/// is missing), BL_E_UNSUPPORTED (no number type), BL_E_NOMEM
bl_status bl_keras_weights_find(bl_keras_file *file, bl_error *err);

#endif
