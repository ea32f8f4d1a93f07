// SPDX-License-Identifier: Apache-2.0
/// \file
/// From statistics to a transform.
#ifndef BL_DATA_STATISTICS_FIT_H
#define BL_DATA_STATISTICS_FIT_H

#include "data/config/prepare.h"
#include "data/statistics/moments.h"

/// Quantiles of a random sample of rows, for robust scalers.
typedef struct bl_quantiles {
    double low, median, high; ///< 16, 50 and 84 %, numpy's linear interpolation
} bl_quantiles;

/// \param x [n] numbers after their curve, reordered; NaN and infinity are left out; all of them
/// left out: NaN
bl_quantiles bl_quantiles_of(double *x, size_t n);
/// One quantile, of numbers none of which is NaN. \param x [n] reordered \param q in [0, 1]
/// \return NaN where n is 0
double bl_quantile_of(double *x, size_t n, double q);

/// One column of a transform: all that its variable says, and offset and scale as its scaler does:
/// minmax (x − min)/(max − min), standard (x − mean)/σ, robust (x − median)/max(p84 − p50, p50 −
/// p16), each 0 denominator taken as 1; but whatever a column is that was constant, minmax makes it
/// 0.5, as Spark's MinMaxScaler does.
/// \param moments, quantiles of fitted rows, after the curve; either may be NULL where the scaler
/// does not need it \param columns of which column i is set
/// \return BL_OK, BL_E_RANGE (nothing to fit from, or too large, naming input and variable)
bl_status bl_fit_column(const bl_variable_config *variable, const bl_moments *moments,
                        const bl_quantiles *quantiles, bl_nn_columns *columns, size_t i,
                        bl_error *err);

#endif
