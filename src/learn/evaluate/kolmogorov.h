// SPDX-License-Identifier: Apache-2.0
/// \file
/// Whether two samples of weighted events may be of one distribution: the test of Kolmogorov and
/// Smirnov.
///
/// D is the largest |F₁(s) − F₂(s)| of the weighted distribution functions, each scaled to end
/// at 1. Where weights are negative such a function need not rise; its largest distance is defined
/// all the same. With the effective numbers mᵢ = (Σw)²/Σw² and m = m₁m₂/(m₁ + m₂) the p-value is
/// Q(√m·D), Q(λ) = 2·Σ_{j≥1} (−1)^{j−1} exp(−2j²λ²): what holds for many events.
/// \source N. Smirnov, Ann. Math. Stat. 19 (1948) 279; effective numbers: N. Gagunashvili, PoS
/// ACAT (2007) 060
#ifndef BL_LEARN_EVALUATE_KOLMOGOROV_H
#define BL_LEARN_EVALUATE_KOLMOGOROV_H

#include "learn/evaluate/evaluation.h"
#include "learn/evaluate/ranking.h"

typedef struct bl_kolmogorov {
    double distance;       ///< NaN where a sample has no events, or weights that add up to 0
    double sizes[2];       ///< effective numbers of background and signal of the ranking
    double p;              ///< NaN as above
    bool are_all_positive; ///< else a distribution function falls somewhere
} bl_kolmogorov;

/// \param ranking of both samples: one is its signal
bl_kolmogorov bl_kolmogorov_of(const bl_ranking *ranking);
/// A number of an event, by which samples are compared. \return NaN: the event is left out
typedef float (*bl_number_of)(const bl_scored *events, size_t event, const void *user);
/// The test of over-training: events of the training against those of the test, with physical
/// weights. \param evaluation has training events \param ret_result of sizes the first is that of
/// the training \return BL_OK, BL_E_LIMIT (2³² events and more), BL_E_NOMEM
bl_status bl_kolmogorov_overtraining(const bl_evaluation *evaluation, bl_number_of number_of,
                                     const void *user, bl_kolmogorov *ret_result, bl_error *err);
/// Q(λ): 1 at 0, 0 at ∞.
double bl_kolmogorov_tail(double lambda);

#endif
