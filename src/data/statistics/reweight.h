// SPDX-License-Identifier: Apache-2.0
/// \file
/// Kinematic reweighting in n dimensions, and balance of classes: factors that bring the weighted
/// spectra of classes to one shape (weaver's `flat` and `ref`).
///
/// Of each class a histogram of weights over the axes. `flat`: a bin's factor is the same content
/// for all bins over what the bin has; `ref`: what the first class has in the bin over what this
/// one has. A class's factors are then divided by the percentile `threshold` of its filled bins'
/// and cut to 1, as acceptance probabilities; as weights they are scaled to a mean of 1.
/// Bins that are empty or negative have factor 0.
/// \source weaver-core, data/preprocess.py (the formulas only)
#ifndef BL_DATA_STATISTICS_REWEIGHT_H
#define BL_DATA_STATISTICS_REWEIGHT_H

#include "data/config/prepare.h"

/// Histograms of all classes over the axes.
typedef struct bl_spectra {
    const bl_weights_config *config; ///< borrows
    size_t n_bins;                   ///< of one class
    size_t n_classes;
    double *sums; ///< [n_classes × n_bins] Σ w
} bl_spectra;

/// \return BL_OK, BL_E_LIMIT (more bins than 2^24), BL_E_NOMEM
bl_status bl_spectra_init(bl_arena *arena, const bl_weights_config *config, size_t n_classes,
                          bl_spectra *ret_spectra, bl_error *err);
/// The bin of an event, of n_axes values; SIZE_MAX: outside, or a value is NaN.
size_t bl_spectra_bin(const bl_spectra *spectra, const double *values);
void bl_spectra_merge(bl_spectra *spectra, const bl_spectra *other);

/// Factors of events by class and bin.
typedef struct bl_factors {
    size_t n_bins;
    double *of_bins; ///< [n_classes × n_bins]
} bl_factors;

/// \param spectra of training events, of weights after the policy for negative ones
/// \return BL_OK, BL_E_INVALID, BL_E_RANGE (a class has no weight inside the axes), BL_E_NOMEM
bl_status bl_reweight(bl_arena *arena, const bl_spectra *spectra, bl_factors *ret_factors,
                      bl_error *err);

/// Factors that balance classes: all sums become that of the smallest (undersample), the largest
/// (oversample), or the mean (weights). \param amounts [n_classes] events, or sums of weights
/// \param ret_factors [n_classes]; 0 where a class has none
void bl_balance_factors(bl_balance balance, size_t n_classes, const double *amounts,
                        double *ret_factors);

/// How often an event with this factor is taken: its whole part, and once more with the
/// probability of the rest. A function of seed and key.
uint64_t bl_copies_of(uint64_t seed, uint64_t key, double factor);

#endif
