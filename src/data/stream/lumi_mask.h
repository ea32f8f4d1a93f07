// SPDX-License-Identifier: Apache-2.0
/// \file
/// Certified luminosity: which luminosity sections of which runs of the data are good.
#ifndef BL_DATA_LUMI_MASK_H
#define BL_DATA_LUMI_MASK_H

#include <beamline/batch.h>

#include "base/arena.h"

/// Sections `first` to `last` of a run.
typedef struct bl_lumi_range {
    int64_t run, first, last;
} bl_lumi_range;

/// Ranges in ascending order that do not overlap.
typedef struct bl_lumi_mask {
    size_t n;
    bl_lumi_range *ranges; ///< [n]
} bl_lumi_mask;

/// Reads the JSON of CMS: {"RUN": [[FIRST, LAST], …], …}, both ends included.
/// \param ret_mask lives in the arena \return BL_OK, BL_E_INVALID, BL_E_NOTFOUND, …
/// \source CMS "certification JSON" files
bl_status bl_lumi_mask_read(bl_arena *arena, const char *path, bl_lumi_mask *ret_mask,
                            bl_error *err);
bool bl_lumi_mask_has(const bl_lumi_mask *mask, int64_t run, int64_t section);

#endif
