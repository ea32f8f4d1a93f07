// SPDX-License-Identifier: Apache-2.0
/// \file
/// A network as its author wrote it: layers with their options, what each takes, what comes out.
/// Nodes stand in an order in which each takes only those before it.
#ifndef BL_NN_GRAPH_GRAPH_H
#define BL_NN_GRAPH_GRAPH_H

#include "nn/graph/kinds.h"

#define BL_NN_NONE SIZE_MAX

enum { BL_NN_MOST_NODES = 4096 }; ///< of a graph

typedef struct bl_nn_node {
    const char *name; ///< not twice in a graph
    const bl_nn_kind *kind;
    void *options; ///< [kind->options_size]
    size_t n_inputs;
    const size_t *inputs; ///< [n_inputs] numbers of nodes
    size_t mask;          ///< the node that says which steps count; BL_NN_NONE: none does
    size_t same_as;       ///< the node whose parameters it has; BL_NN_NONE: its own
    bool frozen;          ///< its parameters are not trained
    /// TimeDistributed: the layer for each step. Bidirectional: the layer forwards, and backwards,
    /// which may be NULL: as forwards. They take nothing themselves.
    const struct bl_nn_node *inner, *inner_backward;
} bl_nn_node;

typedef struct bl_nn_graph {
    bl_arena *arena; ///< borrows: holds all of it
    const char *name;
    size_t n_nodes, room;
    bl_nn_node *nodes;
    size_t n_outputs;
    const size_t *outputs; ///< [n_outputs] numbers of nodes
} bl_nn_graph;

/// An empty graph. \param arena must live as long
void bl_nn_graph_init(bl_nn_graph *graph, bl_arena *arena, const char *name);
/// Appends a node with the defaults of its kind. \param name copied; NULL: as Keras would, the kind
/// in small letters, and a number \param inputs copied, numbers of nodes before it
/// \param ret_node until the next is added
/// \return BL_OK, BL_E_INVALID (the name is taken, more or fewer inputs than the kind takes),
/// BL_E_LIMIT (more than BL_NN_MOST_NODES), BL_E_NOMEM
bl_status bl_nn_graph_add(bl_nn_graph *graph, const bl_nn_kind *kind, const char *name,
                          size_t n_inputs, const size_t *inputs, bl_nn_node **ret_node,
                          bl_error *err);
/// The name that the next node of a kind gets where none is given. \param ret_name in the arena
bl_status bl_nn_graph_next_name(const bl_nn_graph *graph, const bl_nn_kind *kind,
                                const char **ret_name, bl_error *err);
/// A node of no graph, such as that inside a Bidirectional, with the defaults of its kind.
/// \param name borrows
bl_status bl_nn_node_init(bl_arena *arena, const bl_nn_kind *kind, const char *name,
                          bl_nn_node *ret_node, bl_error *err);
/// \param outputs copied
bl_status bl_nn_graph_set_outputs(bl_nn_graph *graph, size_t n, const size_t *outputs,
                                  bl_error *err);
/// The number of a node; BL_NN_NONE: none has this name.
size_t bl_nn_graph_find(const bl_nn_graph *graph, const char *name);
/// A class as Keras makes names of it: "SimpleRNN" is "simple_rnn".
/// \param ret_text [2 × length + 1]
void bl_nn_snake_case(const char *class_name, char *ret_text);

/// Reads a network as docs/networks.md describes it. A model's file may have a section that says
/// how to train it, `training`, which others read (learn/settings.h). \param ret_graph lives in the
/// arena \return BL_OK, BL_E_INVALID (with line), BL_E_NOMEM
bl_status bl_nn_graph_read(bl_arena *arena, const bl_item *document, bl_nn_graph *ret_graph,
                           bl_error *err);
/// Writes it as YAML that bl_nn_graph_read reads to the same graph, inputs first: only what is no
/// default. The trees of a TreeEnsemble have no text: whoever reads it sets them.
/// \param ret_text in the graph's arena
bl_status bl_nn_graph_write(const bl_nn_graph *graph, const char **ret_text, bl_error *err);

#endif
