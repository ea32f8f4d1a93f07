// SPDX-License-Identifier: Apache-2.0
/// \file
/// The recipe over one table, from the inside.
#ifndef BL_HEP_TOPOLOGY_PRIVATE_H
#define BL_HEP_TOPOLOGY_PRIVATE_H

#include "hep/topology/event.h"

struct bl_topology {
    bl_context *context;
    bl_arena arena;
    bl_topology_options options; ///< with all names
    const char *description;
    bl_type *types[BL_TOPOLOGY_N_OUTPUTS]; ///< shares
    size_t n_columns;
    size_t columns[N_LEAVES]; ///< [n_columns] of the table
    size_t places[N_LEAVES];  ///< of leaves, among these
    size_t members[N_LEAVES]; ///< of structs; SIZE_MAX: a column of its own
    // of the batch at hand
    bl_buffer *offsets;           ///< [collections][rows + 1] int64
    bl_buffer *events;            ///< [rows] bl_topology_event
    bl_arena of_threads;          ///< what `scratch` is made of
    bl_topology_scratch *scratch; ///< [threads]; NULL: none yet
};

bl_status bl_topology_find_leaves(bl_topology *topology, const bl_table *table,
                                  const bl_name_rule *rule, bl_error *err);
/// The leaves of a batch; `topology->offsets` has room for their offsets.
bl_status bl_topology_read_leaves(const bl_topology *topology, const bl_batch *batch,
                                  bl_topology_input *ret_input, bl_error *err);

#endif
