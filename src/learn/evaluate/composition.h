// SPDX-License-Identifier: Apache-2.0
/// \file
/// Events by class and sample: how many, and how much they weigh.
#ifndef BL_LEARN_EVALUATE_COMPOSITION_H
#define BL_LEARN_EVALUATE_COMPOSITION_H

#include "learn/evaluate/fraction.h"

typedef struct bl_yield {
    int64_t n, n_negative; ///< events; those of negative weight
    bl_bin bin;            ///< Σ w and Σ w²
} bl_yield;

/// \param groups [n] which each event is in \param weights [n] finite
/// \param scores [n × stride], \param threshold only events at or above it; NULL: all
/// \param ret_yields [n_groups] in the arena \return BL_OK, BL_E_NOMEM
bl_status bl_yields_make(bl_arena *arena, size_t n, const int32_t *groups, size_t n_groups,
                         const double *weights, const float *scores, size_t stride, float threshold,
                         bl_yield **ret_yields, bl_error *err);
/// Weights of an equal composition: those of each class are scaled so that they add up to 1. Of a
/// class whose weights add up to 0 all become 0.
/// \param ret_weights [n] in the arena \return BL_OK, BL_E_NOMEM
bl_status bl_equal_weights(bl_arena *arena, size_t n, const int32_t *labels, size_t n_classes,
                           const double *weights, double **ret_weights, bl_error *err);

#endif
