// SPDX-License-Identifier: Apache-2.0
/// \file
/// Ensembles of trees between ONNX and our forests: operators TreeEnsembleClassifier and
/// TreeEnsembleRegressor (versions 1 and 3 of ai.onnx.ml), and TreeEnsemble (version 5). What they
/// compute is what onnxruntime does of them; docs/models.md says where that is not told elsewhere.
/// \source ONNX, "ai.onnx.ml Operators"
#ifndef BL_MODEL_ONNX_TREES_H
#define BL_MODEL_ONNX_TREES_H

#include "model/onnx/builder.h"
#include "nn/trees/forest.h"

/// True of a node that bl_onnx_forest_read reads.
bool bl_onnx_is_forest(const bl_onnx_node *node);
/// The forest of a node. Its features are as many as splits look at: rows may be longer. A
/// classifier's results are its scores, the second output; labels are the caller's.
/// \param node of a model that was checked \param ret_forest the caller owns it
/// \return BL_OK, BL_E_INVALID (what an operator wants is missing or of another length, a node that
/// is there twice, weights of no leaf), BL_E_UNSUPPORTED (splits by sets of values, a function or
/// base values on which engines do not agree), BL_E_TYPE, what bl_nn_forest_finish returns
bl_status bl_onnx_forest_read(bl_context *context, const bl_onnx_node *node,
                              bl_nn_forest **ret_forest, bl_error *err);
/// Adds nodes of version 3 of ai.onnx.ml (13 of ONNX's own) that compute a forest: a
/// TreeEnsembleClassifier of labels 0 and 1 for a pair, else a TreeEnsembleRegressor, and what
/// onnxruntime leaves out of it behind. Sums of doubles become those of float32.
/// \param input [rows × n_features] \param output [rows × n_outputs], names of values
/// \return BL_OK, BL_E_UNSUPPORTED (a pair that a classifier cannot say, softmax of one score),
/// BL_E_NOMEM
bl_status bl_onnx_add_forest(bl_onnx_builder *b, const bl_nn_forest *forest, const char *input,
                             const char *output, bl_error *err);

#endif
