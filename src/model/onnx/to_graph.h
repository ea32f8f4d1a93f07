// SPDX-License-Identifier: Apache-2.0
/// \file
/// Networks from ONNX: operators become layers, constants their options and parameters.
///
/// A value's first symbolic axis, or a first axis of 1, is that of events; the rest is a vector or
/// a sequence, whatever order the axes are in. What only moves axes about makes no layer. Labels of
/// classifiers are left out where there are probabilities. What is read is in the table
/// bl_onnx_rules; anything else is refused with the node's name. docs/models.md lists it.
/// \source ONNX, "ONNX Operators" (docs/Operators.md) and "ai.onnx.ml Operators"
#ifndef BL_MODEL_ONNX_TO_GRAPH_H
#define BL_MODEL_ONNX_TO_GRAPH_H

#include "model/onnx/model.h"
#include "nn/network/network.h"
#include "nn/transform/transform.h"

/// Numbers of a parameter.
typedef struct bl_onnx_weight {
    const char *layer, *name; ///< as bl_nn_network_find has them
    size_t n;
    const float *values; ///< [n]
} bl_onnx_weight;

/// A graph, what its parameters are, and what stands in front of it.
typedef struct bl_onnx_network {
    bl_nn_graph graph;
    size_t n_weights;
    const bl_onnx_weight *weights; ///< [n_weights]
    size_t n_forests;
    struct bl_nn_forest **forests;  ///< [n_forests] owns: layers of the graph borrow them
    const char *const *outputs;     ///< [graph.n_outputs] the model's names
    size_t n_classes;               ///< 0: unknown
    const char *const *class_names; ///< [n_classes] of the labels that were left out, or as written
    bl_nn_transform transform;      ///< what inputs go through before the graph
} bl_onnx_network;

/// The network of a model that was checked.
/// \param arena holds all but the forests; borrows nothing of the model
/// \return BL_OK, BL_E_UNSUPPORTED (naming the node), BL_E_INVALID (inputs or attributes that the
/// operator does not allow), BL_E_SHAPE, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_onnx_to_graph(const bl_onnx_model *model, bl_arena *arena,
                           bl_onnx_network *ret_network, bl_error *err);
/// Numbers that a network of it may have, for bl_nn_network_options: its own, each array with what
/// aligns the next.
size_t bl_onnx_most_floats(const bl_onnx_network *from);
/// Sets all parameters of a network that was made of the graph, and packs them.
/// \return BL_OK, BL_E_SHAPE (a parameter has another size), BL_E_NOTFOUND (one has no numbers)
bl_status bl_onnx_load_weights(const bl_onnx_network *from, bl_nn_network *network, bl_error *err);
/// Frees the forests; networks of the graph must be gone. NULL is allowed.
void bl_onnx_network_release(bl_onnx_network *network);

/// What is read, for the documentation.
typedef struct bl_onnx_rule_help {
    const char *domain; ///< "ai.onnx", "ai.onnx.ml"
    const char *name;
    const char *help; ///< a short phrase: what it becomes, what is refused
} bl_onnx_rule_help;

size_t bl_onnx_n_rules(void);
/// \param i below bl_onnx_n_rules
bl_onnx_rule_help bl_onnx_rule_at(size_t i);

#endif
