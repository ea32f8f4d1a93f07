// SPDX-License-Identifier: Apache-2.0
/// \file
/// How good predictions are in bins of the truth, or of another variable.
#ifndef BL_LEARN_EVALUATE_PROFILE_H
#define BL_LEARN_EVALUATE_PROFILE_H

#include "learn/evaluate/residuals.h"
#include "plot/histogram.h"

typedef struct bl_profile {
    size_t n_bins;
    double *means;      ///< [n_bins] of the variable, each event once; NaN: there are no events
    bl_residuals *bins; ///< [n_bins] of the events of each
} bl_profile;

/// \param along [events that were scored] the variable \param edges [n_bins + 1] ascending; a bin
/// has its lower edge, the last both \param arena holds the profile
/// \return BL_OK, BL_E_CANCELLED, BL_E_NOMEM
bl_status bl_profile_make(bl_arena *arena, const bl_pairs *pairs, const double *along,
                          const double *edges, size_t n_bins, uint64_t seed, size_t n_replicas,
                          bl_profile *ret_profile, bl_error *err);

#endif
