// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the way from Keras's configurations to graphs.
#ifndef BL_MODEL_KERAS_CONVERSION_H
#define BL_MODEL_KERAS_CONVERSION_H

#include "model/keras/private.h"
#include "model/keras/to_graph.h"

typedef struct bl_keras_conversion {
    const bl_keras_file *file;
    bl_arena *arena;
    bl_nn_graph *graph;
    const char **names;  ///< [file->n_layers] of nodes
    size_t *first_nodes; ///< [file->n_layers] BL_NN_NONE: none yet
    size_t *n_calls;     ///< [file->n_layers]
    uint8_t *ranks;      ///< [BL_NN_MOST_NODES] of a node's value: 1 a vector, 2 a sequence
    /// [BL_NN_MOST_NODES] BL_NN_NONE, or the node that makes a vector of a sequence of one column,
    /// which is a vector for Keras; itself: not made yet. Masks may be either.
    size_t *vectors;
    bool *truths; ///< [n_truths, BL_NN_MOST_NODES at most] nodes that are 0 or 1 everywhere
    size_t n_truths;
    size_t n_all_calls;
} bl_keras_conversion;

/// An argument of a call.
typedef struct bl_keras_argument {
    size_t node;             ///< BL_NN_NONE: a constant
    const bl_item *constant; ///< a number, a list of numbers, or whatever it may be
} bl_keras_argument;

/// One call of a layer or an operation.
typedef struct bl_keras_call {
    bl_keras_conversion *conversion;
    size_t number; ///< of the layer in the file
    const bl_keras_layer *layer;
    const bl_item *config; ///< of the layer; may be NULL
    bool frozen;
    size_t n_arguments;
    bl_keras_argument *arguments; ///< [n_arguments] tensors and constants
    size_t mask;
    bool is_causal; ///< called with use_causal_mask
} bl_keras_call;

/// What nodes of a file's layers are called. \return [file->n_layers] in the arena
bl_status bl_keras_node_names(const bl_keras_file *file, bl_arena *arena, const char ***ret_names,
                              bl_error *err);
/// An operation, such as NotEqual, rather than a layer.
bool bl_keras_is_operation(const bl_item *entry);

/// Writes "layer 'gru' (GRU): …". \return status
#define bl_keras_call_error(call, status, err, ...)                 \
    __extension__({                                                 \
        bl_status call_status_ = (status);                          \
        bl_keras_explain((call), call_status_, (err), __VA_ARGS__); \
        call_status_;                                               \
    })
void bl_keras_explain(const bl_keras_call *call, bl_status status, bl_error *err,
                      const char *format, ...) BL_PRINTF(4, 5);
/// Makes the node of a call of a layer. \param ret_node its number
bl_status bl_keras_add_layer(const bl_keras_call *call, size_t *ret_node, bl_error *err);
/// The same of an operation.
bl_status bl_keras_add_operation(const bl_keras_call *call, size_t *ret_node, bl_error *err);
/// Adds a node with the defaults of its kind, that takes these nodes.
bl_status bl_keras_add_node(const bl_keras_call *call, bl_nn_kind_id kind, size_t n_inputs,
                            const size_t *inputs, bl_nn_node **ret_node, bl_error *err);
/// The axis of a configuration: −1 the last, 1 the steps of a sequence.
/// \param item NULL: the last \param rank of the value
bl_status bl_keras_read_axis(const bl_keras_call *call, const bl_item *item, unsigned rank,
                             int64_t *ret_axis, bl_error *err);
/// The activation of a class, such as ReLU or LeakyRelu, with constants by `config`.
/// \param ret_is_one whether there is one
bl_status bl_keras_read_activation(const bl_keras_call *call, const char *class_name,
                                   bl_nn_activation *ret_activation, bool *ret_is_one,
                                   bl_error *err);
/// The rank of a node's value, from those of its inputs.
unsigned bl_keras_rank_of(const bl_keras_conversion *conversion, const bl_nn_node *node);
/// The numbers of a file's array as float32 or double.
void bl_keras_copy_floats(const bl_hdf5_values *values, float *ret_floats);

/// Leaves out masks that layers have anyway, and what computes them. Outputs are set.
bl_status bl_keras_drop_masks(bl_arena *arena, bl_nn_graph *graph, bl_error *err);

#endif
