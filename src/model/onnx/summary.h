// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a model looks like from outside: what goes in and out, and what is inside by number.
#ifndef BL_MODEL_ONNX_SUMMARY_H
#define BL_MODEL_ONNX_SUMMARY_H

#include "model/onnx/model.h"

typedef struct bl_onnx_operator {
    const char *domain; ///< "ai.onnx" for ONNX's own
    const char *name;
    uint64_t n_nodes;
} bl_onnx_operator;

typedef struct bl_onnx_summary {
    size_t n_inputs;
    const bl_onnx_value **inputs; ///< [n_inputs] those that no initializer gives a value
    size_t n_operators;
    bl_onnx_operator *operators; ///< [n_operators] the most frequent first, then by name
    uint64_t n_nodes;            ///< in all graphs and functions
    uint64_t n_tensors;          ///< initializers in all graphs
    uint64_t n_parameters;       ///< their elements
    uint64_t parameter_bytes;    ///< of elements of a fixed width
} bl_onnx_summary;

/// \param model checked \param ret_summary in the arena, borrows from the model
/// \return BL_OK, BL_E_NOMEM
bl_status bl_onnx_summarise(bl_arena *arena, const bl_onnx_model *model,
                            bl_onnx_summary *ret_summary, bl_error *err);

/// A type as text, such as "float32[batch, 19]", "sequence<map<int64, float32>>", "float32[?]" with
/// a dim that is unknown, "float32" of any rank, "unknown" without a type. In the arena; NULL
/// without memory.
const char *bl_onnx_type_format(bl_arena *arena, const bl_onnx_type *type);

#endif
