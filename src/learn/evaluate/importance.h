// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a model makes of each number of its inputs: how much worse it is when that number is of
/// another event.
///
/// A column of a vector is permuted between events. A column of a sequence is permuted between all
/// rows of all events, as events have different numbers of rows. An input as a whole is permuted
/// between events, a sequence with all its rows. What is lost is area under the ROC curve, each
/// class against the rest at equal composition, the mean over classes; of numbers that are
/// predicted, for each of them, what the RMSE grows by.
/// \source L. Breiman, Machine Learning 45 (2001) 5, section 10
#ifndef BL_LEARN_EVALUATE_IMPORTANCE_H
#define BL_LEARN_EVALUATE_IMPORTANCE_H

#include "learn/evaluate/evaluation.h"

enum { BL_IMPORTANCE_REPEATS = 5 };

typedef struct bl_importance_of {
    const bl_prepared_input *input;
    size_t column; ///< of the input; its width: all of it
    double loss;   ///< mean of the repetitions; NaN: there is no area, or no RMSE
    double spread; ///< their standard deviation
} bl_importance_of;

typedef struct bl_importance {
    size_t n_events; ///< that were looked at
    size_t n_aims;   ///< 1, the area; of numbers one for each target
    double *before;  ///< [n_aims] areas or RMSEs of these, nothing permuted
    size_t n;
    /// [n_aims × n] columns of each input, then the input itself
    bl_importance_of *items;
} bl_importance;

/// As many of the first events of the test as the work allows, 500 to 20,000. Permutations are a
/// function of the evaluation's seed.
/// \param subject with models; inputs that it does not have are left out
/// \return BL_OK, BL_E_NOMEM, BL_E_CANCELLED, and what bl_inputs_read and bl_scoring_run return
bl_status bl_importance_make(bl_arena *arena, const bl_evaluation *evaluation, size_t subject,
                             bl_importance *ret_importance, bl_error *err);

#endif
