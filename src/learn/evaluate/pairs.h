// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a number is, and what a subject predicts it to be: events of which both are known.
#ifndef BL_LEARN_EVALUATE_PAIRS_H
#define BL_LEARN_EVALUATE_PAIRS_H

#include "learn/evaluate/evaluation.h"

/// Events of which truth and prediction are finite, in their order.
typedef struct bl_pairs {
    size_t n;
    double *weights, *truths, *predictions; ///< [n] weight_physics, with its sign
    uint64_t *keys;                         ///< [n] which event each is to replicas
    size_t *events;                         ///< [n] their places among the events that were scored
    size_t n_unpredicted; ///< events whose truth is finite, and whose prediction is not
    size_t n_unknown;     ///< events whose truth is not
    bool are_positive;    ///< every truth that is finite is above 0, and there is one
} bl_pairs;

/// \param arena holds them \param target of the evaluation's \return BL_OK, BL_E_NOMEM
bl_status bl_pairs_make(bl_arena *arena, const bl_evaluation *evaluation, const bl_scored *events,
                        size_t subject, size_t target, bl_pairs *ret_pairs, bl_error *err);
/// The same events with other weights. \param weights [events that were scored]
/// \return BL_OK, BL_E_NOMEM
bl_status bl_pairs_reweigh(bl_arena *arena, const bl_pairs *pairs, const double *weights,
                           bl_pairs *ret_pairs, bl_error *err);

#endif
