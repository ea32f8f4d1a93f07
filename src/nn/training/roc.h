// SPDX-License-Identifier: Apache-2.0
/// \file
/// How well scores tell signal from background, row after row in memory that does not grow: the
/// area under the ROC curve and the signal efficiency at a background efficiency.
///
/// The first BL_NN_ROC_EXACT rows are kept, and nothing is rounded. With more, scores are counted
/// in bins, 2048 from each power of two to the next, of s below ½ and of 1 − s above: from 2^-48 to
/// 1 − 2^-24. Rows of a bin count as ties, so that only pairs that are less than 0.05 % apart, in s
/// or 1 − s, are taken for halves; what they lose and win cancels but for chance. Where 1 row in
/// 100 is signal the largest error of the area found is 6e-6, where 1 in 10 is, 1.4e-6. Equal
/// scores are ties in both. Scores below 0 and above 1 count, in bins, as these.
///
/// Weights keep their signs: sums are signed, and the efficiency is where the background first
/// exceeds what is allowed, coming from the highest score.
#ifndef BL_NN_TRAINING_ROC_H
#define BL_NN_TRAINING_ROC_H

#include "base/memory.h"

enum { BL_NN_ROC_EXACT = 1 << 16 };

typedef struct bl_nn_roc bl_nn_roc;

/// \return BL_OK, BL_E_NOMEM
bl_status bl_nn_roc_new(bl_context *context, bl_nn_roc **ret_roc, bl_error *err);
void bl_nn_roc_free(bl_nn_roc *roc);
BL_DEFINE_AUTO(bl_nn_roc, bl_nn_roc_free);
/// As new.
void bl_nn_roc_reset(bl_nn_roc *roc);
/// Counts a row. \param score not NaN \param weight not NaN
void bl_nn_roc_add(bl_nn_roc *roc, float score, double weight, bool is_signal);
/// Counts all rows of another behind its own. The same calls in the same order give the same bits.
void bl_nn_roc_merge(bl_nn_roc *roc, const bl_nn_roc *other);
/// The probability that signal has the larger score than background, ties half; NaN where one of
/// them has no weight. Sorts what is kept.
double bl_nn_roc_area(bl_nn_roc *roc);
/// The part of the signal above the cut that lets so much background pass, linear between scores;
/// NaN where one of them has no weight. \param background in [0, 1]
double bl_nn_roc_efficiency(bl_nn_roc *roc, double background);

#endif
