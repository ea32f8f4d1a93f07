// SPDX-License-Identifier: Apache-2.0
/// \file
/// How good predictions of a number are: what is left between prediction and truth, with signed
/// weights, and how well that is known.
///
/// With the residual r = p − t of prediction and truth, and means ⟨x⟩ = Σwx/Σw: bias ⟨r⟩; RMSE
/// √⟨r²⟩; MAE ⟨|r|⟩; R² = 1 − ⟨r²⟩/⟨(t − ⟨t⟩)²⟩; Pearson's correlation of p and t; median of r and
/// half the width of its central 68 %, quantiles as in sorted.h. Where all truths are positive,
/// response is the median of p/t, and resolution half the width of its central 68 % over that
/// median.
#ifndef BL_LEARN_EVALUATE_RESIDUALS_H
#define BL_LEARN_EVALUATE_RESIDUALS_H

#include "learn/evaluate/pairs.h"

/// X(name): as JSON calls it.
#define BL_MEASURES(X) \
    X(bias) X(rmse) X(mae) X(r2) X(correlation) X(median) X(half_width) X(response) X(resolution)

typedef enum bl_measure {
#define MEASURE_ENUM(name) BL_MEASURE_##name,
    BL_MEASURES(MEASURE_ENUM)
#undef MEASURE_ENUM
        BL_N_MEASURES
} bl_measure;

typedef struct bl_residuals {
    size_t n;          ///< events
    double sumw, size; ///< Σw, (Σw)²/Σw²
    /// NaN: Σw is 0; a variance is not above 0; truths are not all positive; the median response is
    /// not above 0.
    double values[BL_N_MEASURES];
    /// Half the middle 68 % of the bootstrap's replicas; NaN: there are no replicas, or less than
    /// two events.
    double errors[BL_N_MEASURES];
} bl_residuals;

/// On all threads, with the same bits for any number of them.
/// \param seed, \param n_replicas of the bootstrap: those that areas under ROC curves have
/// \return BL_OK, BL_E_CANCELLED, BL_E_NOMEM
bl_status bl_residuals_of(bl_context *context, const bl_pairs *pairs, uint64_t seed,
                          size_t n_replicas, bl_residuals *ret_residuals, bl_error *err);

#endif
