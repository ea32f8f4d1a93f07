// SPDX-License-Identifier: Apache-2.0
/// \file
/// The recipe "topology": of the particles of an event as Delphes writes them, events with one
/// isolated lepton become a matrix of low-level features, a row a particle, and a vector of
/// high-level ones. docs/topology.md describes both, and the two modes.
/// \source T. Q. Nguyen et al., "Topology classification with deep learning to improve real-time
/// event selection at the LHC", Comput. Softw. Big Sci. 3 (2019) 12; and CERN's published data set
/// and notebooks made from it
#ifndef BL_HEP_TOPOLOGY_TOPOLOGY_H
#define BL_HEP_TOPOLOGY_TOPOLOGY_H

#include <beamline/table.h>

#include "expr/expressions.h"
#include "hep/topology/options.h"

enum {
    BL_TOPOLOGY_N_LOW = 19,   ///< columns of the matrix
    BL_TOPOLOGY_N_HIGH = 14,  ///< high-level features
    BL_TOPOLOGY_N_ROWS = 801, ///< rows of the matrix, at most
    BL_TOPOLOGY_N_STEPS = 3,  ///< of the selection
    BL_TOPOLOGY_N_OUTPUTS = 2,
};

/// What the steps of the selection ask for.
extern const char *const bl_topology_steps[BL_TOPOLOGY_N_STEPS];
/// Names of the columns that are made: hfeatures, lfeatures.
extern const char *const bl_topology_outputs[BL_TOPOLOGY_N_OUTPUTS];
/// What is in them: names with commas between them, as the published data call them.
extern const char *const bl_topology_titles[BL_TOPOLOGY_N_OUTPUTS];

/// The recipe over the columns of one table. Belongs to one thread at a time.
typedef struct bl_topology bl_topology;

/// Finds the columns: "EFlowTrack.PT", a list of numbers, or the member "PT" of a list of structs
/// "EFlowTrack", and so on.
/// \param options copied, but for the names \param rule of names of columns, needed until it
/// returns; NULL: they are called so \param ret_topology the caller owns it
/// \return BL_OK, BL_E_NOTFOUND (with the nearest names), BL_E_TYPE, BL_E_INVALID, BL_E_NOMEM
bl_status bl_topology_open(bl_context *context, const bl_table *table,
                           const bl_topology_options *options, const bl_name_rule *rule,
                           bl_topology **ret_topology, bl_error *err);
/// NULL is allowed.
void bl_topology_close(bl_topology *topology);
BL_DEFINE_AUTO(bl_topology, bl_topology_close);

/// Columns of the table that are read, in the order in which bl_topology_run wants them.
/// \return how many; \param ret_columns borrows
size_t bl_topology_columns(const bl_topology *topology, const size_t **ret_columns);
/// Type of output `i`; borrows.
const bl_type *bl_topology_type(const bl_topology *topology, size_t i);
/// The options with the names of the collections that were found, as bl_topology_describe.
const char *bl_topology_description(const bl_topology *topology);
/// Rows that fit `bytes` of output, however many particles they have; at least 1.
int64_t bl_topology_rows_in(const bl_topology *topology, uint64_t bytes);

/// Events that pass all steps, on the threads of the context; the bits depend neither on these nor
/// on the batches.
/// \param batch has the columns of bl_topology_columns
/// \param ret_steps [rows of the batch] how many steps an event passed before one refused it
/// \param ret_batch hfeatures and lfeatures of the events that passed all of them
/// \return BL_OK, BL_E_SHAPE (leaves of one collection have different lengths), BL_E_LIMIT,
/// BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_topology_run(bl_topology *topology, const bl_batch *batch, uint8_t *ret_steps,
                          bl_batch **ret_batch, bl_error *err);

#endif
