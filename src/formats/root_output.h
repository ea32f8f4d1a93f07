// SPDX-License-Identifier: Apache-2.0
/// \file
/// ROOT files being written: what `table` creates.
#ifndef BL_FORMATS_ROOT_OUTPUT_H
#define BL_FORMATS_ROOT_OUTPUT_H

#include "column/writer.h"
#include "io/bytes/sink.h"
#include "io/bytes/source.h"
#include "io/codec/codec.h"

/// Starts a ROOT file. \param sink moves, also on failure, as `how->base` does
/// \param ret_output the caller owns it
/// \return BL_OK, BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED; of the base as bl_root_file_open, and
/// BL_E_UNSUPPORTED
bl_status bl_root_create(bl_context *context, bl_sink *sink, const bl_create *how,
                         bl_output **ret_output, bl_error *err);

#endif
