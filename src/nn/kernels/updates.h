// SPDX-License-Identifier: Apache-2.0
/// \file
/// What one step of an optimiser does with each parameter. Operations and their order are those of
/// Keras 3, each rounded once in float32, none fused.
#ifndef BL_NN_KERNELS_UPDATES_H
#define BL_NN_KERNELS_UPDATES_H

#include <stddef.h>

/// p parameter, g gradient, m v w moments; r `rate`, b `keep`, c `take`, e `epsilon`.
typedef enum bl_nn_rule {
    BL_NN_RULE_SGD,      ///< p −= g·r
    BL_NN_RULE_MOMENTUM, ///< m = m·b − g·r; p += m
    BL_NN_RULE_NESTEROV, ///< m = m·b − g·r; p += m·b − g·r
    BL_NN_RULE_ADAM,     ///< m += (g − m)·c; v += (g² − v)·c₂; p −= m·r/(√v + e)
    BL_NN_RULE_AMSGRAD,  ///< the same, with w = max(w, v) for √v
    BL_NN_RULE_RMSPROP,  ///< m = b·m + c·g²; p −= r·g/√(m + e)
    BL_NN_RULE_RMSPROP_MOMENTUM,  ///< the same, v = b₂·v + r·g/√(m + e); p −= v
    BL_NN_RULE_CENTERED,          ///< RMSprop, v = b·v + c·g; √(m − v² + e)
    BL_NN_RULE_CENTERED_MOMENTUM, ///< both; w is the momentum
    BL_NN_N_RULES
} bl_nn_rule;

enum { BL_NN_MOST_MOMENTS = 3 };

/// How many moments a rule has.
static inline size_t bl_nn_rule_n_moments(bl_nn_rule rule) {
    switch (rule) {
    case BL_NN_RULE_SGD:
        return 0;
    case BL_NN_RULE_MOMENTUM:
    case BL_NN_RULE_NESTEROV:
    case BL_NN_RULE_RMSPROP:
        return 1;
    case BL_NN_RULE_AMSGRAD:
    case BL_NN_RULE_CENTERED_MOMENTUM:
        return 3;
    default:
        return 2;
    }
}

typedef struct bl_nn_update {
    bl_nn_rule rule;
    size_t n;
    float *parameters;                  ///< [n]
    const float *gradients;             ///< [n]
    float *moments[BL_NN_MOST_MOMENTS]; ///< [n] each that the rule has: m, v, w
    float rate, keep, keep2, take, take2, epsilon;
    float decay, decay_rate; ///< before all that p −= (p·decay)·decay_rate, where decay is not 0
} bl_nn_update;

#endif
