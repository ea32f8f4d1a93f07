// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the way from networks to files of Keras.
#ifndef BL_MODEL_KERAS_WRITING_H
#define BL_MODEL_KERAS_WRITING_H

#include "base/text.h"
#include "model/keras/from_graph.h"

/// What one entry of the configuration is.
typedef enum bl_keras_entry_kind {
    BL_KERAS_NODE,     ///< a node of the graph
    BL_KERAS_MASKING,  ///< behind a ragged input
    BL_KERAS_CAST,     ///< from true and false to numbers
    BL_KERAS_ROW_MASK, ///< from a column of true and false to the vector that Keras wants
} bl_keras_entry_kind;

/// A layer or an operation of Keras.
typedef struct bl_keras_entry {
    bl_keras_entry_kind kind;
    const bl_nn_node *node;
    const char *name;
    bool is_over_columns, keeps_axis; ///< of Sum, Any, …
    size_t n_calls;
    size_t depth, place; ///< by which Keras orders them
    bool is_found;       ///< it has a place
} bl_keras_entry;

/// One call of it.
typedef struct bl_keras_entry_call {
    size_t entry, number; ///< the number-th call of the entry
    size_t n_inputs;      ///< [n_inputs] calls
    const size_t *inputs;
    size_t mask; ///< a call; BL_NN_NONE
    bl_nn_shape shape;
    bool is_bool; ///< true and false rather than numbers
    size_t depth;
    bool is_done;
} bl_keras_entry_call;

typedef struct bl_keras_writing {
    bl_arena *arena;
    const bl_nn_network *network;
    const bl_nn_graph *graph;
    bl_text config;
    size_t n_entries, n_calls;
    bl_keras_entry *entries;    ///< [n_entries]
    bl_keras_entry_call *calls; ///< [n_calls]
    size_t *node_entries;       ///< [n_nodes]
    size_t *node_calls;         ///< [n_nodes] with numbers
    size_t *raw_calls;          ///< [n_nodes] true and false, where it is
    size_t *mask_calls;         ///< [n_nodes] BL_NN_NONE: not made
    bool *is_taken;             ///< [n_nodes] by others than as a mask
    size_t *order;              ///< [n_entries] as Keras has them
} bl_keras_writing;

/// Lists entries and calls of a graph, in Keras's order.
bl_status bl_keras_list_entries(bl_keras_writing *w, bl_error *err);
/// Writes the configuration into `w->config`.
bl_status bl_keras_write_config(bl_keras_writing *w, bl_error *err);
/// Writes `"module": …, "class_name": …, "config": {…}, "registered_name": …` of an entry.
bl_status bl_keras_write_layer(bl_keras_writing *w, const bl_keras_entry *entry, bl_error *err);
/// Whether a kind is an operation of Keras, and none of its layers.
bool bl_keras_is_operation_kind(const bl_nn_node *node);

/// "layer 'x' (Dense): …"
#define bl_keras_write_error(node, err, ...)                                        \
    __extension__({                                                                 \
        (void)bl_error_set((err), BL_E_UNSUPPORTED, __VA_ARGS__);                   \
        (void)bl_error_in((err), BL_E_UNSUPPORTED, "layer '%s' (%s)", (node)->name, \
                          (node)->kind->name);                                      \
        BL_E_UNSUPPORTED;                                                           \
    })

/// Where an archive has a parameter in its layer: "cell/vars/0".
/// \param k its number among those of the same bl_nn_parameter.layer \param text [64]
void bl_keras_weight_path(const bl_nn_node *node, const bl_nn_parameter *parameter, size_t k,
                          char *ret_path);
/// The node that a parameter belongs to; NULL: none.
const bl_nn_node *bl_keras_parameter_node(const bl_nn_graph *graph,
                                          const bl_nn_parameter *parameter);

#endif
