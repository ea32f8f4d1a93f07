// SPDX-License-Identifier: Apache-2.0
/// \file
/// Events in the order of their scores, of two sorts: signal and background.
#ifndef BL_LEARN_EVALUATE_RANKING_H
#define BL_LEARN_EVALUATE_RANKING_H

#include "base/arena.h"

/// Weights in ascending order of scores: what areas, curves and replicas are made from.
typedef struct bl_ranking {
    size_t n, n_signal;
    double *weights;  ///< [n]
    bool *is_signal;  ///< [n]
    uint32_t *events; ///< [n] which event each is
    size_t n_groups;
    uint32_t *ends;            ///< [n_groups] one past the last of those of equal scores
    float *scores;             ///< [n_groups]
    double signal, background; ///< Σ w
} bl_ranking;

/// Ranks events. A NaN is below all scores: such an event is never selected.
/// \param arena holds the ranking \param scores [n] \param weights [n] finite; NULL: 1 each
/// \param labels [n] classes \param signal the class that is signal
/// \param background the class that is background, others are left out; −1: all others are
/// \return BL_OK, BL_E_LIMIT (2³² events and more), BL_E_NOMEM
bl_status bl_ranking_make(bl_arena *arena, size_t n, const float *scores, size_t stride,
                          const double *weights, const int32_t *labels, int32_t signal,
                          int32_t background, bl_ranking *ret_ranking, bl_error *err);
/// The same events in the same order, with other weights. Shares all but the weights and their
/// sums. \param weights [n] of the events that were ranked; NULL: 1 each
/// \return BL_OK, BL_E_NOMEM
bl_status bl_ranking_reweigh(bl_arena *arena, const bl_ranking *ranking, const double *weights,
                             bl_ranking *ret_ranking, bl_error *err);

#endif
