// SPDX-License-Identifier: Apache-2.0
/// \file
/// ROC curves: what part of the signal and of the background is selected by "score ≥ threshold",
/// for all thresholds from the highest to the lowest.
///
/// Parts are of Σw, so that with negative weights a curve may go back, below 0 and above 1. Where
/// one is asked what the other is at a given efficiency, the tightest selection that has it counts:
/// the first crossing, coming from the highest threshold. Between two points, which differ by
/// events of equal scores, the curve is a straight line, as the area has it.
#ifndef BL_LEARN_EVALUATE_CURVE_H
#define BL_LEARN_EVALUATE_CURVE_H

#include "learn/evaluate/ranking.h"

enum { BL_CURVE_POINTS = 500 };

typedef struct bl_curve {
    size_t n;                    ///< ≤ BL_CURVE_POINTS; 0: a sort has no weight
    double *signal, *background; ///< [n] efficiencies, from nothing to everything
    uint32_t *below;             ///< [n] groups of the ranking that are not selected, descending
    float *thresholds;           ///< [n] the least score that is selected; of nothing infinite
} bl_curve;

/// Points of a curve, as few as do not show where the signal efficiency is drawn against the
/// logarithm of that of the background: a point is left out where it is nearer than about 1/240 of
/// either axis to the one before.
/// \param arena holds it \return BL_OK, BL_E_NOMEM
bl_status bl_curve_make(bl_arena *arena, const bl_ranking *ranking, bl_curve *ret_curve,
                        bl_error *err);
/// Background efficiency where that of signal is first reached; NaN: a sort has no weight.
double bl_curve_background_at(const bl_ranking *ranking, double signal);
/// Signal efficiency where that of background is first reached.
double bl_curve_signal_at(const bl_ranking *ranking, double background);
/// y where x is first reached, along points. \param n 0: NaN
double bl_curve_crossing(size_t n, const double *x, const double *y, double at);

#endif
