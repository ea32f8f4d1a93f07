// SPDX-License-Identifier: Apache-2.0
/// \file
/// How a model of Keras was compiled, as our settings of training say it.
/// \source Keras 3, optimizers, losses and optimizers/schedules: their get_config
#ifndef BL_MODEL_KERAS_TO_TRAINING_H
#define BL_MODEL_KERAS_TO_TRAINING_H

#include "base/document.h"

/// The section `training` (docs/train.md) that a model's compile_config amounts to: its optimizer
/// with learning rate, schedule and clipping, and its loss. Metrics are passed over. What would
/// make other steps than Keras's is refused.
/// \param compiled as bl_keras_file has it in `training`
/// \param ret_section lives in the arena, but for names in errors, which are those of `compiled`
/// \return BL_OK, BL_E_UNSUPPORTED (named), BL_E_NOMEM
bl_status bl_keras_to_training(bl_arena *arena, const bl_item *compiled,
                               const bl_item **ret_section, bl_error *err);

#endif
