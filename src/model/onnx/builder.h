// SPDX-License-Identifier: Apache-2.0
/// \file
/// Models made piece by piece. Everything that is given is copied into the arena. Memory that is
/// lacking is remembered and reported at the end, so that the calls between need no checks; nodes
/// are given in an order in which each comes after what it uses.
#ifndef BL_MODEL_ONNX_BUILDER_H
#define BL_MODEL_ONNX_BUILDER_H

#include "model/onnx/model.h"

typedef struct bl_onnx_builder {
    bl_arena *arena;
    bl_onnx_model *model;
    bool failed; ///< there was no memory
} bl_onnx_builder;

/// A dim of an input or output: a name where `name` is given, else a size.
typedef struct bl_onnx_size {
    const char *name;
    int64_t size;
} bl_onnx_size;

/// An empty model. \param arena it lives as long \param graph_name checkers want one
void bl_onnx_builder_init(bl_onnx_builder *b, bl_arena *arena, int64_t ir_version,
                          const char *graph_name);
void bl_onnx_add_opset(bl_onnx_builder *b, const char *domain, int64_t version);
void bl_onnx_add_metadata(bl_onnx_builder *b, const char *key, const char *value);
void bl_onnx_set_producer(bl_onnx_builder *b, const char *name, const char *version);

/// \param sizes [n_sizes]
void bl_onnx_add_input(bl_onnx_builder *b, const char *name, bl_onnx_type_id type, size_t n_sizes,
                       const bl_onnx_size *sizes);
void bl_onnx_add_output(bl_onnx_builder *b, const char *name, bl_onnx_type_id type, size_t n_sizes,
                        const bl_onnx_size *sizes);
/// \param dims [n_dims] \param values little-endian, as many bytes as the dims want
void bl_onnx_add_initializer(bl_onnx_builder *b, const char *name, bl_onnx_type_id type,
                             size_t n_dims, const int64_t *dims, const void *values, size_t size);

/// \param domain NULL: ONNX's own \param inputs, outputs  "" stands for one that is left out
/// \return the node, for its attributes, until the next is added; NULL without memory, which those
/// accept
bl_onnx_node *bl_onnx_add_node(bl_onnx_builder *b, const char *op_type, const char *domain,
                               size_t n_inputs, const char *const *inputs, size_t n_outputs,
                               const char *const *outputs);
void bl_onnx_add_int(bl_onnx_builder *b, bl_onnx_node *node, const char *name, int64_t value);
void bl_onnx_add_float(bl_onnx_builder *b, bl_onnx_node *node, const char *name, float value);
void bl_onnx_add_string(bl_onnx_builder *b, bl_onnx_node *node, const char *name,
                        const char *value);
void bl_onnx_add_ints(bl_onnx_builder *b, bl_onnx_node *node, const char *name, size_t n,
                      const int64_t *values);
void bl_onnx_add_floats(bl_onnx_builder *b, bl_onnx_node *node, const char *name, size_t n,
                        const float *values);
void bl_onnx_add_strings(bl_onnx_builder *b, bl_onnx_node *node, const char *name, size_t n,
                         const char *const *values);
void bl_onnx_add_tensor(bl_onnx_builder *b, bl_onnx_node *node, const char *name,
                        bl_onnx_type_id type, size_t n_dims, const int64_t *dims,
                        const void *values, size_t size);
/// A graph inside the graph, made by another builder with the same arena. \param inner borrows
void bl_onnx_add_graph(bl_onnx_builder *b, bl_onnx_node *node, const char *name,
                       const bl_onnx_builder *inner);

/// The model, checked. \param ret_model in the arena
/// \return BL_OK, BL_E_NOMEM, what bl_onnx_check returns
bl_status bl_onnx_builder_finish(bl_onnx_builder *b, bl_onnx_model **ret_model, bl_error *err);

#endif
