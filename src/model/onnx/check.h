// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a model must be before anything looks at it.
#ifndef BL_MODEL_ONNX_CHECK_H
#define BL_MODEL_ONNX_CHECK_H

#include "model/onnx/model.h"

/// Reads the values of a tensor that lie in another file. \param user of bl_onnx_check
typedef bl_status (*bl_onnx_load_fn)(void *user, bl_onnx_tensor *tensor, bl_error *err);

/// Proves that a model is whole: an IR version that is known (3 and later), operators of named
/// domains, graphs in single static assignment whose nodes come after what they use, also those in
/// attributes and functions, attributes with the one value that their type says, tensors as long
/// as their dims. Operators themselves are not looked at.
/// \param load reads values from other files before they are checked; NULL: they are refused
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (sparse tensors, segments, an IR before 3),
/// BL_E_LIMIT, BL_E_NOMEM, what `load` returns
bl_status bl_onnx_check(bl_context *context, const bl_onnx_model *model, bl_onnx_load_fn load,
                        void *user, bl_error *err);

#endif
