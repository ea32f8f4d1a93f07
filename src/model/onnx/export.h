// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the way from networks to ONNX. Names of values are texts in the arena; memory that is
/// lacking is the builder's to remember, so that the calls between need no checks.
#ifndef BL_MODEL_ONNX_EXPORT_H
#define BL_MODEL_ONNX_EXPORT_H

#include "model/onnx/builder.h"
#include "model/onnx/from_graph.h"

/// What a node makes.
typedef struct bl_onnx_made {
    const char *name;
    bl_nn_shape shape;
    const char *lengths; ///< int32 [events], steps that count; NULL: all do
    bool is_ragged;      ///< the others are not there: what stands in their place is not ours
    bool differs;        ///< what stands in their place is not as ours, and nobody may see it
} bl_onnx_made;

typedef struct bl_onnx_export {
    bl_onnx_builder b;
    bl_arena *arena;
    const bl_nn_network *network;
    const bl_nn_graph *graph;
    const bl_nn_transform *transform; ///< NULL: none
    const bl_nn_node *node;           ///< that is being written
    const char *layer;                ///< whose parameters it has
    bl_onnx_made *made;               ///< [graph->n_nodes]
    size_t n_names;                   ///< that were made up
    bool wants_trees;
    bool has_own_name; ///< an operator is called as the layer
} bl_onnx_export;

// ---- from_graph.c ----

/// BL_E_UNSUPPORTED: "layer 'x' (Kind): why"
bl_status bl_onnx_cannot(const bl_onnx_export *x, const char *why, bl_error *err);
/// A name for a value, as the layer with a number behind.
const char *bl_onnx_new_name(bl_onnx_export *x);
/// An operator with one output, whose name is returned. \param ret_node for attributes; NULL: none
const char *bl_onnx_emit(bl_onnx_export *x, const char *op_type, size_t n,
                         const char *const *inputs, bl_onnx_node **ret_node);
const char *bl_onnx_emit1(bl_onnx_export *x, const char *op_type, const char *a);
const char *bl_onnx_emit2(bl_onnx_export *x, const char *op_type, const char *a, const char *b);
/// One with an attribute of a number, such as alpha.
const char *bl_onnx_emit_float(bl_onnx_export *x, const char *op_type, const char *a,
                               const char *attribute, double value);
/// Constants.
const char *bl_onnx_floats(bl_onnx_export *x, size_t rank, const int64_t *sizes,
                           const float *values);
const char *bl_onnx_number(bl_onnx_export *x, double value);
const char *bl_onnx_counts(bl_onnx_export *x, size_t n, const int64_t *values);
/// A parameter of the layer as it is.
const char *bl_onnx_parameter(bl_onnx_export *x, const char *name);
/// Its numbers and place; NULL: it has none.
const bl_nn_parameter *bl_onnx_find_parameter(const bl_onnx_export *x, const char *layer,
                                              const char *name);
const char *bl_onnx_reshape_to(bl_onnx_export *x, const char *a, size_t n, const int64_t *sizes);
const char *bl_onnx_transpose_to(bl_onnx_export *x, const char *a, size_t n, const int64_t *order);
const char *bl_onnx_cast_to(bl_onnx_export *x, const char *a, bl_onnx_type_id type);
const char *bl_onnx_squeeze_at(bl_onnx_export *x, const char *a, int64_t axis);
/// 1 for steps that count, 0 for others: [events, steps, 1].
const char *bl_onnx_steps_that_count(bl_onnx_export *x, const char *lengths, size_t steps);
/// Lengths of flags [events, steps]: how many are not 0.
const char *bl_onnx_count_flags(bl_onnx_export *x, const char *flags);

// ---- export_functions.c ----

const char *bl_onnx_write_activation(bl_onnx_export *x, const bl_nn_activation *a, const char *in);

// ---- export_transform.c ----

/// Columns as the network takes them, of those that are raw.
const char *bl_onnx_write_transform(bl_onnx_export *x, const bl_nn_columns *columns,
                                    const char *in);

// ---- writers of kinds ----

/// \param in [node->n_inputs] \param ret_made its shape is there; its name is to be set
typedef bl_status (*bl_onnx_writer)(bl_onnx_export *x, const bl_onnx_made *const *in,
                                    bl_onnx_made *ret_made, bl_error *err);

#define BL_ONNX_WRITER(name)                                                         \
    bl_status bl_onnx_write_##name(bl_onnx_export *x, const bl_onnx_made *const *in, \
                                   bl_onnx_made *ret_made, bl_error *err)
// export_functions.c
BL_ONNX_WRITER(function);
BL_ONNX_WRITER(comparison);
BL_ONNX_WRITER(clip);
BL_ONNX_WRITER(activation_layer);
BL_ONNX_WRITER(prelu);
BL_ONNX_WRITER(scaling);
BL_ONNX_WRITER(merge);
// export_layers.c
BL_ONNX_WRITER(same);
BL_ONNX_WRITER(dense);
BL_ONNX_WRITER(convolution);
BL_ONNX_WRITER(pooling);
BL_ONNX_WRITER(reduction);
BL_ONNX_WRITER(shape);
BL_ONNX_WRITER(slice);
BL_ONNX_WRITER(concatenation);
BL_ONNX_WRITER(batch_normalization);
BL_ONNX_WRITER(layer_normalization);
BL_ONNX_WRITER(embedding);
BL_ONNX_WRITER(masking);
BL_ONNX_WRITER(trees);
// export_recurrent.c
BL_ONNX_WRITER(recurrent);
BL_ONNX_WRITER(bidirectional);

// export_attention.c
BL_ONNX_WRITER(attention);

/// The writer of a kind; NULL: there is none.
bl_onnx_writer bl_onnx_writer_of(bl_nn_kind_id kind);

#endif
