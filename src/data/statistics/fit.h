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

/// Offset and scale of one column, as its scaler says:
/// minmax (x − min)/(max − min), standard (x − mean)/σ, robust (x − median)/max(p84 − p50, p50 −
/// p16), each 0 denominator taken as 1, but a constant under minmax 0.5, as Spark's MinMaxScaler.
/// \param moments, quantiles of fitted rows; quantiles NULL where the scaler is not robust
/// \return BL_OK, BL_E_RANGE (nothing to fit from, naming the variable)
bl_status bl_fit_column(const bl_variable_config *variable, const bl_moments *moments,
                        const bl_quantiles *quantiles, bl_nn_columns *columns, size_t i,
                        bl_error *err);

#endif
