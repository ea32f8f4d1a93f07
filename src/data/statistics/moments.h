// SPDX-License-Identifier: Apache-2.0
/// \file
/// Counts, extremes, mean and spread of columns, batch after batch: what transforms are fitted
/// from. Of numbers after their curve; NaN and infinity are counted and left out.
///
/// The same calls in the same order give the same bits, so each should have rows that do not depend
/// on the number of threads.
#ifndef BL_DATA_STATISTICS_MOMENTS_H
#define BL_DATA_STATISTICS_MOMENTS_H

#include <beamline/context.h>

#include "base/document.h"
#include "nn/transform/transform.h"

typedef struct bl_moments {
    uint64_t n, n_nan, n_infinite; ///< numbers that count, and those that do not
    double min, max;               ///< 0 where n is 0
    double mean, m2;               ///< Σ (x − mean)²
} bl_moments;

/// Adds columns of rows, best hundreds of them at a time. Allocates nothing.
/// \param moments [n] zeroed to begin with \param curves [n]
/// \param x [m × stride] \param is_double of x; else floats
void bl_moments_add(bl_moments *moments, size_t n, const bl_nn_curve *curves, size_t m,
                    const void *x, size_t stride, bool is_double);
/// Adds what another has seen (Chan's formula).
void bl_moments_merge(bl_moments *moments, const bl_moments *other);
/// Population standard deviation; 0 where all numbers are the same, NaN where n is 0.
double bl_moments_sigma(const bl_moments *moments);
/// As JSON that reads back to the same bits: of each column a list of its numbers in the order of
/// the struct, "nan", "inf" and "-inf" for what is not finite.
/// \return BL_OK, BL_E_NOMEM; BL_E_INVALID
bl_status bl_moments_write(bl_arena *arena, const bl_moments *moments, size_t n,
                           const char **ret_text, bl_error *err);
bl_status bl_moments_read(const bl_item *item, size_t n, bl_moments *ret_moments, bl_error *err);

#endif
