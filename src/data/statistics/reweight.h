// SPDX-License-Identifier: Apache-2.0
/// \file
/// Kinematic reweighting in n dimensions, and balance of classes: factors that bring the weighted
/// spectra of classes to one shape (weaver's `flat` and `ref`).
///
/// Of each class a histogram h of weights over the axes. Its factors are acceptance probabilities:
/// - `flat`: r/h, at most 1, where r is the percentile `threshold` of its bins, without those that
///   have less than a hundredth of the median of filled ones;
/// - `ref`: q = h_first/h over the percentile 100 − `threshold` of all q > 0, at most 1.
/// Bins that are empty or negative have factor 0. Then classes are brought to equal sums of what is
/// accepted, or to sums as `class_weights`, the smallest staying as it is. Where factors are
/// weights and no probabilities, all are scaled by one number, so that they change no sum over all
/// classes. \source weaver-core, data/preprocess.py (the formulas only; its further factor of 0.9,
/// which makes its sampling more random, is left out)
#ifndef BL_DATA_STATISTICS_REWEIGHT_H
#define BL_DATA_STATISTICS_REWEIGHT_H

#include "data/config/prepare.h"

/// Histograms of all classes over the axes.
typedef struct bl_spectra {
    const bl_weights_config *config; ///< borrows
    size_t n_bins;                   ///< of one class
    size_t n_classes;
    double *sums; ///< [n_classes × n_bins] Σ w, the last axis first
} bl_spectra;

/// Empty histograms. \return BL_OK, BL_E_LIMIT (more bins than 2^24 of all classes), BL_E_NOMEM
bl_status bl_spectra_init(bl_arena *arena, const bl_weights_config *config, size_t n_classes,
                          bl_spectra *ret_spectra, bl_error *err);
/// The bin of an event, of n_axes values: edges belong to the bin above, the last to that below.
/// SIZE_MAX: outside where `keeps_outside` is not said, or a value is NaN.
size_t bl_spectra_bin(const bl_spectra *spectra, const double *values);
void bl_spectra_merge(bl_spectra *spectra, const bl_spectra *other);

/// Factors of events by class and bin.
typedef struct bl_factors {
    size_t n_bins;
    double *of_bins; ///< [n_classes × n_bins]
} bl_factors;

/// \param spectra of training events, of weights after the policy for negative ones
/// \param labels [n_classes] their names, in which the configuration's are found; a class that is
/// not to be reweighted has factors 0, as weaver's have
/// \param ret_factors in the arena \return BL_OK, BL_E_NOTFOUND (no such label, with the nearest),
/// BL_E_INVALID (class weights are not one for each class, or not above 0), BL_E_RANGE (a
/// class has no weight inside the axes, or none where the first has), BL_E_NOMEM
bl_status bl_reweight(bl_arena *arena, const bl_spectra *spectra, const char *const *labels,
                      bl_factors *ret_factors, bl_error *err);

/// Factors that balance classes: all sums become that of the smallest (undersample), the largest
/// (oversample), or the mean (weights), of classes that have any.
/// \param amounts [n_classes] events, or sums of weights
/// \param ret_factors [n_classes]; 0 where a class has none; all 1 without balance
void bl_balance_factors(bl_balance balance, size_t n_classes, const double *amounts,
                        double *ret_factors);

/// How often an event with this factor is taken: its whole part, and once more with the
/// probability of the rest. A function of seed and key; never less often for a larger factor.
/// \param factor 0 and less, and NaN: never
uint64_t bl_copies_of(uint64_t seed, uint64_t key, double factor);

#endif
