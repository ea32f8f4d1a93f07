// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a user says of the topology recipe.
#ifndef BL_HEP_TOPOLOGY_OPTIONS_H
#define BL_HEP_TOPOLOGY_OPTIONS_H

#include "base/arena.h"

/// Collections that the recipe reads.
typedef enum bl_topology_collection {
    BL_TOPOLOGY_TRACKS,
    BL_TOPOLOGY_PHOTONS,
    BL_TOPOLOGY_NEUTRALS,
    BL_TOPOLOGY_ELECTRONS,
    BL_TOPOLOGY_MUONS,
    BL_TOPOLOGY_JETS,
    BL_TOPOLOGY_MET,
    BL_TOPOLOGY_N_COLLECTIONS,
} bl_topology_collection;

/// Zeroed memory is the defaults.
typedef struct bl_topology_options {
    bool is_compat; ///< as the published data are, with their mistakes; else these are mended
    bool is_padded; ///< rows of zeros up to 801; else only rows of particles
    bool is_double; ///< float64; else float32
    const char *names[BL_TOPOLOGY_N_COLLECTIONS]; ///< NULL: Delphes's, of muons the one there is
} bl_topology_options;

/// Sets one option by the key and the value that configurations and the command line know it by:
/// mode, layout, type, tracks, photons, neutral_hadrons, electrons, muons, jets, met.
/// \param value borrows as long as the options live
/// \return BL_OK, BL_E_INVALID (with the nearest names)
bl_status bl_topology_set(bl_topology_options *options, const char *key, const char *value,
                          bl_error *err);
/// The options as the same keys and values, with commas; what is not set as the default.
/// \return in the arena; NULL: no memory
const char *bl_topology_describe(bl_arena *arena, const bl_topology_options *options);
/// The key that names a collection; a static string.
const char *bl_topology_key(bl_topology_collection collection);

#endif
