// SPDX-License-Identifier: Apache-2.0
/// \file
/// Whether scores are probabilities: of events to which a class is given with probability p, a part
/// p should be of it.
#ifndef BL_LEARN_EVALUATE_CALIBRATION_H
#define BL_LEARN_EVALUATE_CALIBRATION_H

#include "learn/evaluate/fraction.h"

enum { BL_CALIBRATION_BINS = 15 };

/// Events whose score is in a bin of width 1/15; 1 is in the last.
typedef struct bl_calibration_bin {
    int64_t n;
    double sumw;
    double predicted; ///< mean score, by weight; NaN where weights add up to 0 or less
    double observed;  ///< part of the class, by weight; NaN likewise
    double error;     ///< σ of `observed`
} bl_calibration_bin;

typedef struct bl_calibration {
    bl_calibration_bin bins[BL_CALIBRATION_BINS];
    int64_t n_outside; ///< scores that are not in [0, 1], or NaN: left out
    /// The expected calibration error: Σ W·|observed − predicted|/Σ W over bins that have weights
    /// above 0. NaN: there is none.
    double error;
} bl_calibration;

/// \param scores [n × stride] \param labels [n] \param weights [n] finite; NULL: 1 each
bl_calibration bl_calibration_of(size_t n, const float *scores, size_t stride,
                                 const int32_t *labels, int32_t of_class, const double *weights);

#endif
