// SPDX-License-Identifier: Apache-2.0
/// \file
/// Weighted numbers in ascending order, and their quantiles.
///
/// F(x) is the part of Σw of numbers up to x. The quantile of q is the middle between the first
/// number at which F is at least q and the last one before which F is at most q. Where weights are
/// positive both are the same, or neighbours, as for the median of four numbers; with negative
/// weights F need not rise, and both sides count alike.
#ifndef BL_LEARN_EVALUATE_SORTED_H
#define BL_LEARN_EVALUATE_SORTED_H

#include "base/arena.h"

typedef struct bl_sorted {
    size_t n;
    double *values;  ///< [n] ascending
    double *weights; ///< [n]
    size_t *order;   ///< [n] which of the numbers each is
} bl_sorted;

/// Equal numbers stay in their order. \param arena holds them \param values [n] no NaN
/// \param weights [n] finite \return BL_OK, BL_E_NOMEM
bl_status bl_sorted_make(bl_arena *arena, size_t n, const double *values, const double *weights,
                         bl_sorted *ret_sorted, bl_error *err);
/// Whether a number is the last of those that are equal.
static inline bool bl_sorted_ends(const bl_sorted *sorted, size_t i) {
    return i + 1 == sorted->n || sorted->values[i] != sorted->values[i + 1];
}
/// \param q above 0, below 1 \return NaN: there are no numbers, or Σw is 0
double bl_sorted_quantile(const bl_sorted *sorted, double q);

#endif
