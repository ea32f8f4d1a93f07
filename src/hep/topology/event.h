// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the recipe: the leaves of a batch, and what one event becomes.
#ifndef BL_HEP_TOPOLOGY_EVENT_H
#define BL_HEP_TOPOLOGY_EVENT_H

#include "column/column.h"
#include "hep/topology/cones.h"
#include "hep/topology/topology.h"

/// Leaves that the recipe reads; those of a collection follow each other.
typedef enum bl_topology_leaf_id {
    TRACK_PT,
    TRACK_ETA,
    TRACK_PHI,
    TRACK_PID,
    TRACK_X,
    TRACK_Y,
    TRACK_Z,
    TRACK_CHARGE,
    PHOTON_ET,
    PHOTON_ETA,
    PHOTON_PHI,
    NEUTRAL_ET,
    NEUTRAL_ETA,
    NEUTRAL_PHI,
    ELECTRON_PT,
    ELECTRON_ETA,
    ELECTRON_PHI,
    ELECTRON_CHARGE,
    MUON_PT,
    MUON_ETA,
    MUON_PHI,
    MUON_CHARGE,
    JET_PT,
    JET_ETA,
    JET_BTAG,
    MET_MET,
    MET_PHI,
    N_LEAVES,
} bl_topology_leaf_id;

/// A batch as the recipe sees it.
typedef struct bl_topology_input {
    const bl_topology_options *options;
    int64_t n_rows;
    const int64_t *offsets[BL_TOPOLOGY_N_COLLECTIONS]; ///< [n_rows + 1]
    const bl_column *leaves[N_LEAVES]; ///< items, numbers; NULL: the mode does not need it
} bl_topology_input;

/// Items of a leaf as doubles; what is null is NaN. \param out [last − first]
void bl_topology_read(const bl_column *leaf, int64_t first, int64_t last, double *out);

/// A massless four-vector, with pt, η and φ computed back from it.
typedef struct bl_topology_vector {
    double energy, px, py, pz, pt, eta, phi;
} bl_topology_vector;

enum { N_TRACK_LEAVES = TRACK_CHARGE - TRACK_PID + 1 };
enum { CHARGED, GAMMA, NEUTRAL }; ///< kinds of particles, and of isolation

/// What the first look at an event found.
typedef struct bl_topology_event {
    uint8_t n_steps; ///< passed; of less than all, the rest is not set
    bool is_electron;
    int32_t n_rows; ///< of the matrix, at most BL_TOPOLOGY_N_ROWS
    double charge;
    bl_topology_vector lepton;
    double isolation[BL_CONES_N_KINDS];
} bl_topology_event;

/// Particles that the matrix takes, row behind row.
typedef struct bl_topology_rows {
    size_t n;
    double *pt, *eta, *phi;              ///< [BL_TOPOLOGY_N_ROWS] as they stand in the file
    double *px, *py, *pz, *energy;       ///< the same
    double *center_eta, *center_phi;     ///< computed back
    double *isolation[BL_CONES_N_KINDS]; ///< the same
    uint8_t *kind;                       ///< the same
    uint32_t *own;                       ///< place among the particles of its kind
} bl_topology_rows;

/// What a thread works in, used for every event.
typedef struct bl_topology_scratch {
    size_t most; ///< particles of one collection that fit
    bl_particles particles[BL_CONES_N_KINDS];
    double *order;    ///< [most] for finding the hardest
    uint32_t *chosen; ///< [most]
    bl_topology_rows rows;
    double *of_tracks[N_TRACK_LEAVES]; ///< [most] TRACK_PID and the leaves behind it
    bl_cones *cones;
} bl_topology_scratch;

/// \param ret_scratch lives as long as the arena \return BL_OK, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_topology_scratch_init(bl_arena *arena, size_t most, bl_topology_scratch *ret_scratch,
                                   bl_error *err);

/// Looks whether an event passes, and how many rows it will have.
void bl_topology_select(const bl_topology_input *input, int64_t row, bl_topology_scratch *scratch,
                        bl_topology_event *ret_event);
/// Fills `scratch->particles`, the particles of an event that count at all.
void bl_topology_collect(const bl_topology_input *input, int64_t row, bl_topology_scratch *scratch);
/// Which particles of a kind have a row, in the order of rows.
/// \param chosen [particles of the kind] their places there, in use the first \return how many
size_t bl_topology_choose(const bl_topology_input *input, const bl_topology_event *event, int kind,
                          bl_topology_scratch *scratch, uint32_t *chosen);
/// Makes the features of an event that passed.
/// \param low [event->n_rows][BL_TOPOLOGY_N_LOW], high [BL_TOPOLOGY_N_HIGH] floats or doubles
void bl_topology_make(const bl_topology_input *input, int64_t row, const bl_topology_event *event,
                      bl_topology_scratch *scratch, void *low, void *high);

#endif
