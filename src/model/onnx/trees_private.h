// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside trees_*.c: attributes of a node as arrays.
#ifndef BL_MODEL_ONNX_TREES_PRIVATE_H
#define BL_MODEL_ONNX_TREES_PRIVATE_H

#include "model/onnx/trees.h"

typedef struct bl_onnx_ints {
    size_t n;
    const int64_t *at;
} bl_onnx_ints;

typedef struct bl_onnx_numbers {
    size_t n;
    const double *at;
    bool is_double; ///< given as float64
} bl_onnx_numbers;

/// NULL: there is none.
const bl_onnx_attribute *bl_onnx_attribute_get(const bl_onnx_node *node, const char *name);
/// A list of integers; none where there is no attribute. \return BL_OK, BL_E_TYPE
bl_status bl_onnx_get_ints(const bl_onnx_node *node, const char *name, bl_onnx_ints *ret_ints,
                           bl_error *err);
/// One integer; not there, it leaves the result as it was.
bl_status bl_onnx_get_int(const bl_onnx_node *node, const char *name, int64_t *ret_int,
                          bl_error *err);
/// Numbers of a list of floats, or of a tensor of float32 or float64 under the other name (NULL:
/// under the first); none where neither is there. In the arena. \return BL_OK, BL_E_TYPE,
/// BL_E_NOMEM
bl_status bl_onnx_get_numbers(bl_arena *arena, const bl_onnx_node *node, const char *name,
                              const char *tensor_name, bl_onnx_numbers *ret_numbers, bl_error *err);
/// BL_E_INVALID unless a list has `n` items.
bl_status bl_onnx_expect_n(const char *name, size_t has, size_t n, bl_error *err);

/// Of TreeEnsemble. \param arena for work
bl_status bl_onnx_read_ensemble(bl_arena *arena, const bl_onnx_node *node,
                                bl_nn_forest **ret_forest, bl_error *err);

#endif
