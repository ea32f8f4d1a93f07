// SPDX-License-Identifier: Apache-2.0
/// \file
/// Linear correlations of columns of weighted events.
#ifndef BL_LEARN_EVALUATE_CORRELATION_H
#define BL_LEARN_EVALUATE_CORRELATION_H

#include "base/arena.h"

/// Pearson's coefficients Σw(x − x̄)(y − ȳ)/√(Σw(x − x̄)²·Σw(y − ȳ)²), for each pair over the events
/// in which both are finite. On all threads, with the same bits for any number of them.
/// \param values [n × m] \param weights [n] finite; 0: the event is left out
/// \param ret_matrix [m × m], symmetric; NaN: less than two events, a column that is constant, or
/// weights that make a variance negative \return BL_OK, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_correlation_make(bl_context *context, size_t n, size_t m, const float *values,
                              const double *weights, double *ret_matrix, bl_error *err);

#endif
