// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside residuals: sums of events, of which the measures are made, for all events once and for
/// replicas of them.
#ifndef BL_LEARN_EVALUATE_MOMENTS_H
#define BL_LEARN_EVALUATE_MOMENTS_H

#include "learn/evaluate/residuals.h"
#include "learn/evaluate/sorted.h"

/// Σw, and Σw times: r, r², |r|, t, t², p, p², tp; t and p as seen from about their means.
enum {
    BL_MOMENT_W,
    BL_MOMENT_R,
    BL_MOMENT_RR,
    BL_MOMENT_ABS,
    BL_MOMENT_T,
    BL_MOMENT_TT,
    BL_MOMENT_P,
    BL_MOMENT_PP,
    BL_MOMENT_TP,
    BL_N_MOMENTS
};

/// Quantiles that are looked for, of residuals and of responses.
enum { BL_QUANTILE_LOW, BL_QUANTILE_MIDDLE, BL_QUANTILE_HIGH, BL_N_QUANTILES };
static const double bl_quantiles[BL_N_QUANTILES] = {0.16, 0.5, 0.84};

/// Events in the order of their residuals, and in that of their responses.
typedef struct bl_measured {
    bl_sorted residuals, responses; ///< the second empty where truths are not all positive
    double *truths, *predictions;   ///< [n] in the order of residuals, seen from their means
    uint64_t *keys;                 ///< [n] in the order of residuals
    uint64_t *response_keys;        ///< [n] in that of responses
    bool truths_vary, predictions_vary;
} bl_measured;

/// \param residuals, \param responses [BL_N_QUANTILES] \param to [BL_N_MEASURES]
void bl_measures_of(const bl_measured *measured, const double moments[BL_N_MOMENTS],
                    const double *residuals, const double *responses, double *to);
/// The same of replicas. \param ret_values [BL_N_MEASURES × n]
/// \return BL_OK, BL_E_CANCELLED, BL_E_NOMEM
bl_status bl_measures_replicas(bl_context *context, const bl_measured *measured, uint64_t seed,
                               size_t n, double *ret_values, bl_error *err);

#endif
