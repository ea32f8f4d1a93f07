// SPDX-License-Identifier: Apache-2.0
/// \file
/// Windows of blocks become slabs of batches: what the loader's thread does.
#ifndef BL_DATA_LOADER_WINDOWS_H
#define BL_DATA_LOADER_WINDOWS_H

#include "data/loader/slab.h"

enum { BL_N_SLABS = 2 };

typedef struct bl_windows {
    bl_context *context;
    bl_order order;
    bl_stager stager;
    size_t next;         ///< window
    int64_t first_event; ///< of the epoch: those before it are left out
    // a window in memory
    bl_staged **blocks; ///< [blocks_capacity] of the window, in `kept` or in `spare`
    size_t blocks_capacity;
    bl_staged *spare; ///< [spare_capacity] memory for the blocks of each window; owns
    size_t spare_capacity;
    bl_place *places;
    size_t places_capacity;
    // blocks that stay
    bl_staged *kept; ///< [n_blocks] those without events were not read; NULL: none stays; owns
    uint64_t kept_bytes, most_kept_bytes;
    // what is made
    bl_slab slabs[BL_N_SLABS];
    size_t n_batches[BL_N_SLABS]; ///< of each slab
    size_t n_slabs;               ///< since the epoch's begin
} bl_windows;

/// \param windows has context, order, stager and slabs, initialised \param keeps blocks stay
/// \return BL_OK, BL_E_NOMEM
bl_status bl_windows_init(bl_windows *windows, bool keeps, bl_error *err);
/// Also order, stager and slabs.
void bl_windows_release(bl_windows *windows);
void bl_windows_begin(bl_windows *windows, int64_t epoch, int64_t first_event);
/// Makes the next slab, behind an epoch's last the first of the epoch behind it: a bl_ahead_fn.
bl_status bl_windows_make(void *windows, size_t slab, const atomic_bool *stops, bl_error *err);

#endif
