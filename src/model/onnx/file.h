// SPDX-License-Identifier: Apache-2.0
/// \file
/// ONNX files. A model is read whole, and checked before anyone sees it.
#ifndef BL_MODEL_ONNX_FILE_H
#define BL_MODEL_ONNX_FILE_H

#include "io/bytes/sink.h"
#include "model/onnx/model.h"

/// Reads a file of at most 2 GiB. Values of tensors that lie in other files are read too, where
/// those lie beside it or below its folder; afterwards they are `raw`.
/// \param arena the model lives as long \param ret_model in the arena
/// Messages begin with the URL. \return BL_OK, what bl_source_open, bl_message_decode and
/// bl_onnx_check return, BL_E_FORMAT (no model at all)
bl_status bl_onnx_read(bl_arena *arena, const char *url, bl_onnx_model **ret_model, bl_error *err);

/// The same of bytes in memory, which must live as long as the model; it can name no other file.
bl_status bl_onnx_parse(bl_arena *arena, const void *data, size_t size, bl_onnx_model **ret_model,
                        bl_error *err);

/// Checks and writes a model: the same structures give the same bytes.
/// \param sink the caller owns it, and finishes it
/// \return BL_OK, what bl_onnx_check, bl_message_encode and bl_sink_write return
bl_status bl_onnx_write(bl_context *context, const bl_onnx_model *model, bl_sink *sink,
                        bl_error *err);

#endif
