// SPDX-License-Identifier: Apache-2.0
/// \file
/// Networks as ONNX models of version 17 of its operators, which onnxruntime runs and
/// bl_onnx_to_graph reads again.
///
/// A vector is [events, columns], a sequence [events, steps, columns], float32. An input whose
/// events have as many steps as they have is padded, and has another beside it, "NAME_lengths",
/// int64 [events]. Steps that a mask leaves out must stand at the end of an event, behind those
/// that count: ONNX knows lengths alone. Names of inputs and outputs, and of classes, are in the
/// model's metadata too. With a transform the model takes raw columns.
/// \source ONNX, "ONNX Operators" (docs/Operators.md)
#ifndef BL_MODEL_ONNX_FROM_GRAPH_H
#define BL_MODEL_ONNX_FROM_GRAPH_H

#include "model/onnx/model.h"
#include "nn/network/network.h"
#include "nn/transform/transform.h"

/// Zero is the default of all.
typedef struct bl_onnx_export_options {
    const char *const *output_names;  ///< [n_outputs]; NULL: those of the layers
    const bl_nn_transform *transform; ///< in front of the inputs that have one; NULL: of none
    size_t n_classes;
    const char *const *class_names; ///< [n_classes]
} bl_onnx_export_options;

/// The model of a network and its parameters as they are.
/// \param arena holds the model \param options NULL: the defaults \param ret_model checked
/// \return BL_OK, BL_E_UNSUPPORTED (naming the layer), BL_E_SHAPE (a
/// transform of other columns), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_onnx_from_graph(bl_arena *arena, const bl_nn_network *network,
                             const bl_onnx_export_options *options, bl_onnx_model **ret_model,
                             bl_error *err);

#endif
