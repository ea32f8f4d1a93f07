// SPDX-License-Identifier: Apache-2.0
// The formats of model files. A new one is a line here, a reader in a file of its own, and a line
// in docs/infer.md. Keras takes any zip archive for its own and comes behind bundles.
#include "infer/formats.h"

#include "model/keras/keras.h"
#include "model/trees/trees.h"

const bl_model_format bl_model_formats[] = {
    {"ONNX", bl_model_probe_onnx, bl_model_read_onnx},
    {"beamline bundle", bl_bundle_probe, bl_bundle_open},
    {"Keras", bl_keras_probe, bl_model_read_keras},
    {"trees", bl_trees_probe, bl_model_read_trees},
    {0},
};
