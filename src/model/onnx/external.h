// SPDX-License-Identifier: Apache-2.0
/// \file
/// Values of tensors in files of their own.
#ifndef BL_MODEL_ONNX_EXTERNAL_H
#define BL_MODEL_ONNX_EXTERNAL_H

#include "model/onnx/model.h"

typedef struct bl_onnx_external {
    bl_arena *arena;    ///< the values live as long
    const char *folder; ///< of the model, with the slash behind it; "" for the current one
} bl_onnx_external;

/// Reads the values of a tensor, which are `raw` then. A location that leads out of the folder of
/// the model is refused: a model must not make others read what is not its own.
/// \param user bl_onnx_external
/// \return BL_OK, BL_E_CORRUPT, BL_E_ACCESS (out of the folder), what bl_source_open and
/// bl_source_read return
bl_status bl_onnx_load_external(void *user, bl_onnx_tensor *tensor, bl_error *err);

#endif
