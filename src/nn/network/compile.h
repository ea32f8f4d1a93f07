// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside networks: from a graph to its steps.
#ifndef BL_NN_NETWORK_COMPILE_H
#define BL_NN_NETWORK_COMPILE_H

#include "nn/network/network.h"

/// Which nodes leave out rows that do not count: Masking and Embedding, where nobody sees them
/// before the sequence ends, as Flatten would; and inputs that only such a Masking takes.
/// \return [n_nodes] in the arena; NULL: no memory
const bool *bl_nn_find_packing(bl_arena *arena, const bl_nn_graph *graph);
/// Makes the steps of `network->graph` and plans them.
bl_status bl_nn_compile(bl_nn_network *network, bl_error *err);

#endif
