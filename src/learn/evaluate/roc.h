// SPDX-License-Identifier: Apache-2.0
/// \file
/// How well a subject tells classes apart: areas, curves, and how well both are known.
///
/// One class is signal, and the others, or one of them, are background. Against all others the
/// score is that of the class; between two classes it is s/(s + t), of the scores s of the signal
/// and t of the background, which is the best that both say together. (A column is its own score.)
///
/// At *physical* composition events weigh weight_physics. At *equal* composition the weights of
/// each class add up to 1, so that one class of the background counts as much as another.
#ifndef BL_LEARN_EVALUATE_ROC_H
#define BL_LEARN_EVALUATE_ROC_H

#include "learn/evaluate/area.h"
#include "learn/evaluate/curve.h"
#include "learn/evaluate/evaluation.h"

/// The part of replicas that an interval holds.
#define BL_ROC_INTERVAL 0.68
/// The signal efficiency at which that of background is told.
#define BL_ROC_EFFICIENCY 0.99

/// Numbers at one composition.
typedef struct bl_roc_composed {
    bl_area area;
    double low, high;  ///< of the areas of replicas: 68 %; NaN: there are none
    double background; ///< efficiency, at a signal efficiency of 99 %
} bl_roc_composed;

/// An area under a variation.
typedef struct bl_roc_varied {
    const char *name; ///< "pileup", "scale[0]", "test.jesUp"
    bl_area area;
} bl_roc_varied;

typedef struct bl_roc {
    int32_t signal, background; ///< classes; −1: all others
    bl_roc_composed physical, equal;
    bl_curve curve; ///< at physical composition
    /// [curve.n] background efficiencies at the curve's signal efficiencies: 68 % of replicas, and
    /// the least and the largest of the nominal and all varied ones; NULL: there are none
    double *low, *high, *varied_low, *varied_high;
    size_t n_varied;
    bl_roc_varied *varied; ///< [n_varied]
} bl_roc;

/// All numbers of a subject's class, or pair of classes.
/// \param arena holds them \param signal a class \param background a class, or −1
/// \return BL_OK, BL_E_CANCELLED, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_roc_make(bl_arena *arena, const bl_evaluation *evaluation, size_t subject,
                      int32_t signal, int32_t background, bl_roc *ret_roc, bl_error *err);

/// The area of a class against all others, at physical composition.
/// \return BL_OK, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_roc_area(const bl_evaluation *evaluation, size_t subject, int32_t signal,
                      bl_area *ret_area, bl_error *err);

/// The middle 68 % of values, without NaNs; NaN: there are no others.
/// \param values [n] are sorted
void bl_interval_of(size_t n, double *values, double *ret_low, double *ret_high);

#endif
