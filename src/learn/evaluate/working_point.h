// SPDX-License-Identifier: Apache-2.0
/// \file
/// Cuts on a score: events at or above the threshold are selected.
#ifndef BL_LEARN_EVALUATE_WORKING_POINT_H
#define BL_LEARN_EVALUATE_WORKING_POINT_H

#include "learn/evaluate/fraction.h"
#include "learn/evaluate/ranking.h"

typedef struct bl_working_point {
    float threshold; ///< NaN: there is none, nothing is selected
    double signal, signal_error, background, background_error; ///< efficiencies
} bl_working_point;

/// The highest threshold at which signal (or background) has at least an efficiency: where weights
/// are negative, the first from above. Equal scores stay together, so that it may have more.
/// \param efficiency 0 … 1; the threshold is NaN where that sort has no events, or weights that add
/// up to 0
bl_working_point bl_working_point_at(const bl_ranking *ranking, double efficiency, bool of_signal);

#endif
