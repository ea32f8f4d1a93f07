// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which class events are taken for: that of the highest score; of equal ones the first.
#ifndef BL_LEARN_EVALUATE_CONFUSION_H
#define BL_LEARN_EVALUATE_CONFUSION_H

#include "learn/evaluate/fraction.h"

/// Rows are true classes, columns those that were predicted. A last column has events of which a
/// score is NaN: they are taken for nothing, and count as wrong.
typedef struct bl_confusion {
    size_t n_classes;
    int64_t *counts; ///< [n_classes × (n_classes + 1)]
    bl_bin *bins;    ///< of the same: Σ w and Σ w²
} bl_confusion;

/// \param scores [n × n_classes] \param weights [n] finite; NULL: 1 each \param labels [n]
/// \return BL_OK, BL_E_NOMEM
bl_status bl_confusion_make(bl_arena *arena, size_t n, size_t n_classes, const float *scores,
                            const double *weights, const int32_t *labels,
                            bl_confusion *ret_confusion, bl_error *err);
/// What part of a true class, by weight, is taken for `predicted` (n_classes: for nothing). On the
/// diagonal that is the efficiency. NaN: the class has no events, or its weights add up to 0.
double bl_confusion_part(const bl_confusion *confusion, size_t true_class, size_t predicted,
                         double *ret_error);
/// What part of the events, by weight, that are taken for a class is of it; classes count as their
/// weights say. NaN: there are none.
double bl_confusion_purity(const bl_confusion *confusion, size_t predicted, double *ret_error);
/// What part of all events is taken for what it is: by weight, and of their number. NaN: none.
double bl_confusion_accuracy(const bl_confusion *confusion, double *ret_error);
double bl_confusion_counted_accuracy(const bl_confusion *confusion);
/// The mean of the classes' efficiencies: the accuracy where all are as frequent. Classes of which
/// there are none are left out.
double bl_confusion_balanced_accuracy(const bl_confusion *confusion);

#endif
