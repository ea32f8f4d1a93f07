// SPDX-License-Identifier: Apache-2.0
/// \file
/// Histograms of one axis: weighted, with errors, filled in the order of rows, so that they depend
/// neither on batches nor on threads.
#ifndef BL_PLOT_HISTOGRAM_H
#define BL_PLOT_HISTOGRAM_H

#include <beamline/batch.h>

#include "base/arena.h"
#include "base/sum.h"
#include "plot/chart.h"

typedef struct bl_bin {
    bl_sum sumw, sumw2;
} bl_bin;

typedef struct bl_histogram {
    size_t n_bins;
    bool is_uniform;
    double *edges;      ///< [n_bins + 1]; a bin has its lower edge, not its upper one
    bl_bin *bins;       ///< [n_bins + 2]: underflow, bins, overflow
    int64_t n_entries;  ///< values filled
    int64_t n_missing;  ///< values that were missing or NaN, and not filled
    bl_sum wx, wx2;     ///< Σwx and Σwx² of what is in the bins
    bl_sum sumw, sumw2; ///< of what is in the bins
} bl_histogram;

/// Bins of one width. \return BL_OK, BL_E_INVALID (no bins, or no range), BL_E_NOMEM
bl_status bl_histogram_init(bl_histogram *histogram, bl_arena *arena, size_t n_bins, double low,
                            double high, bl_error *err);
/// Bins between edges [n_edges], ascending. \return BL_OK, BL_E_INVALID, BL_E_NOMEM
bl_status bl_histogram_init_edges(bl_histogram *histogram, bl_arena *arena, const double *edges,
                                  size_t n_edges, bl_error *err);
/// About `n_bins` bins whose width is a round number and that hold all from `low` to `high`.
bl_status bl_histogram_init_around(bl_histogram *histogram, bl_arena *arena, size_t n_bins,
                                   double low, double high, bl_error *err);
void bl_histogram_fill(bl_histogram *histogram, double x, double weight);
double bl_histogram_content(const bl_histogram *histogram, size_t bin);
/// sqrt(Σw²) \param bin 0: underflow
double bl_histogram_error(const bl_histogram *histogram, size_t bin);
/// Of what is in the bins: Σwx/Σw, and the square root of Σwx²/Σw less its square; NaN where Σw is
/// 0.
double bl_histogram_mean(const bl_histogram *histogram);
double bl_histogram_std(const bl_histogram *histogram);

/// Its outline, as a series of a chart. \param arena holds its numbers \param label borrows; or
/// NULL \param has_errors bars of sqrt(Σw²) \return BL_OK, BL_E_NOMEM
bl_status bl_histogram_series(const bl_histogram *histogram, bl_arena *arena, const char *label,
                              bool has_errors, bl_series *ret_series, bl_error *err);

/// Called with each value and its row's weight.
typedef void (*bl_value_fn)(void *self, double x, double weight);
/// Goes through the values of a column of numbers, or of lists of them to any depth.
/// \param weights [rows] NULL: 1 \return BL_OK, BL_E_TYPE
bl_status bl_values_visit(const bl_column *column, const double *weights, bl_value_fn visit,
                          void *self, bl_error *err);

#endif
