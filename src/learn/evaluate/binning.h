// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bins for numbers of which nothing is known, and histograms compared.
#ifndef BL_LEARN_EVALUATE_BINNING_H
#define BL_LEARN_EVALUATE_BINNING_H

#include "plot/histogram.h"

/// About so many bins of a round width over nearly all numbers: without the half per cent on each
/// side, which may be anywhere. Integers are in the middle of bins. Of many numbers some 100,000 at
/// equal distances are looked at. \param values [n] those that are not finite are left out \param
/// ret_histogram without bins (n_bins 0) where there are less than two different numbers \return
/// BL_OK, BL_E_NOMEM
bl_status bl_binning_around(bl_arena *arena, size_t n_bins, size_t n, const double *values,
                            bl_histogram *ret_histogram, bl_error *err);
/// About so many bins with as many numbers in each, from the least to the largest. There are fewer
/// where numbers are equal, or where each had less than twenty. \param values [n] those that are
/// not finite are left out \param ret_histogram without bins where there are less than two
/// different numbers \return BL_OK, BL_E_NOMEM
bl_status bl_binning_quantiles(bl_arena *arena, size_t n_bins, size_t n, const double *values,
                               bl_histogram *ret_histogram, bl_error *err);
/// Another, empty one with the same bins. \return BL_OK, BL_E_NOMEM
bl_status bl_binning_again(bl_arena *arena, const bl_histogram *like, bl_histogram *ret_histogram,
                           bl_error *err);
/// Fills, with the last edge in the last bin.
void bl_binning_fill(bl_histogram *histogram, double x, double weight);

/// The divergence of Jensen and Shannon of two histograms of the same bins, those below and above
/// included, each scaled to 1: ½Σ p·log₂(p/m) + ½Σ q·log₂(q/m), m = (p + q)/2. 0: they are the
/// same; 1: they have nothing in common. Bins of negative content count as empty. NaN: one is
/// empty. \source J. Lin, IEEE Trans. Inf. Theory 37 (1991) 145
double bl_divergence(const bl_histogram *p, const bl_histogram *q);
/// What it is about, by chance alone, of all events and a part of them that is drawn blindly:
/// (K − 1)·(1/n − 1/N)/(8·ln 2), with the K bins that are not empty and the effective numbers
/// (Σw)²/Σw² n of the part and N of all. NaN: one is empty.
double bl_divergence_chance(const bl_histogram *all, const bl_histogram *part);

#endif
