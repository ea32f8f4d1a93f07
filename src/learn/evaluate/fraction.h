// SPDX-License-Identifier: Apache-2.0
/// \file
/// What part of weighted events passes, and how well that is known.
///
/// ε = P/(P + F) with sums of weights P of those that pass and F of those that fail;
/// σ² = ((1 − ε)²·ΣP w² + ε²·ΣF w²)/(P + F)². For weights of 1 that is ε(1 − ε)/n. Where all pass
/// or all fail it is 0: how little is known of what was never seen, it does not say.
#ifndef BL_LEARN_EVALUATE_FRACTION_H
#define BL_LEARN_EVALUATE_FRACTION_H

#include <math.h>

#include "plot/histogram.h"

static inline void bl_bin_add(bl_bin *bin, double weight) {
    bl_sum_add(&bin->sumw, weight);
    bl_sum_add(&bin->sumw2, weight * weight);
}

/// NaN where the weights add up to 0: there are no events, or they cancel.
static inline double bl_fraction(const bl_bin *passed, const bl_bin *failed) {
    double p = bl_sum_value(&passed->sumw), all = p + bl_sum_value(&failed->sumw);
    return all == 0 ? NAN : p / all;
}

static inline double bl_fraction_error(const bl_bin *passed, const bl_bin *failed) {
    double all = bl_sum_value(&passed->sumw) + bl_sum_value(&failed->sumw);
    double e = bl_fraction(passed, failed);
    return sqrt((1 - e) * (1 - e) * bl_sum_value(&passed->sumw2) +
                e * e * bl_sum_value(&failed->sumw2)) /
           fabs(all);
}

#endif
