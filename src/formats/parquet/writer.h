// SPDX-License-Identifier: Apache-2.0
/// \file
/// Parquet files being written: what `table` creates.
#ifndef BL_FORMATS_PARQUET_WRITER_H
#define BL_FORMATS_PARQUET_WRITER_H

#include "column/writer.h"
#include "io/bytes/sink.h"
#include "io/codec/codec.h"

/// Starts a Parquet file, which holds one table. \param sink moves, also on failure, as
/// `how->base` does \param ret_output the caller owns it
/// \return BL_OK, BL_E_INVALID (an unknown encoding), BL_E_UNSUPPORTED (a file to continue),
/// BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_parquet_create(bl_context *context, bl_sink *sink, const bl_create *how,
                            bl_output **ret_output, bl_error *err);

#endif
