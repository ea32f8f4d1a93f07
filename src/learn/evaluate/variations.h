// SPDX-License-Identifier: Apache-2.0
/// \file
/// What systematic variations, of weights and of shape, make of a score and of yields.
#ifndef BL_LEARN_EVALUATE_VARIATIONS_H
#define BL_LEARN_EVALUATE_VARIATIONS_H

#include "learn/evaluate/evaluation.h"
#include "plot/histogram.h"

typedef struct bl_variation {
    const char *name;       ///< "pileup", "jesUp"
    bool is_shape;          ///< events were selected anew; else they have other weights
    bl_histogram histogram; ///< of the score
    double sumw;            ///< Σ w of all events of the class
    double selected;        ///< Σ w of those at or above the threshold
} bl_variation;

typedef struct bl_variations {
    bl_variation nominal;
    size_t n;
    bl_variation *items; ///< [n] of weights, then of shape
} bl_variations;

/// Events of one class under all variations.
/// \param score the class whose score it is \param bins histograms get the same bins
/// \param threshold NaN: nothing is selected \return BL_OK, BL_E_NOMEM
bl_status bl_variations_make(bl_arena *arena, const bl_evaluation *evaluation, size_t subject,
                             size_t true_class, size_t score, const bl_histogram *bins,
                             float threshold, bl_variations *ret_variations, bl_error *err);
/// The least and the largest content of a bin (1 … n_bins), the nominal one among them, that
/// variations of one sort make.
void bl_variations_envelope(const bl_variations *variations, bool of_shape, size_t bin,
                            double *ret_low, double *ret_high);

#endif
