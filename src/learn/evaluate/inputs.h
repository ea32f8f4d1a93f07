// SPDX-License-Identifier: Apache-2.0
/// \file
/// What models were given of the first events that were scored. Shards are in random order, so that
/// these are a fair sample.
#ifndef BL_LEARN_EVALUATE_INPUTS_H
#define BL_LEARN_EVALUATE_INPUTS_H

#include "learn/evaluate/evaluation.h"

/// Numbers of an input as shards have them, physical.
typedef struct bl_input_values {
    const bl_prepared_input *of;
    float *values;    ///< [rows × width]
    int64_t *offsets; ///< [n + 1] rows of events; of a vector, too: one each
} bl_input_values;

typedef struct bl_inputs {
    size_t n;                ///< events
    bl_input_values *inputs; ///< [prepared->n_inputs]
    int32_t *labels;         ///< [n]
    double *truths;          ///< [n × n_targets]
    double *physics;         ///< [n] weight_physics
    size_t *folds;           ///< [n] ascending: which model of a subject with several scores it
} bl_inputs;

/// Reads events of the parts that were scored; of several as many of each.
/// \param most_events, most_numbers reading stops where there are as many of either
/// \return BL_OK, BL_E_NOMEM, and what bl_loader_open and bl_loader_next return
bl_status bl_inputs_read(bl_arena *arena, const bl_evaluation *evaluation, size_t most_events,
                         size_t most_numbers, bl_inputs *ret_inputs, bl_error *err);

#endif
