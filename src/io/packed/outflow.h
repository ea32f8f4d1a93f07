// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bytes that go to a sink one after the other, packed on the way.
#ifndef BL_IO_PACKED_OUTFLOW_H
#define BL_IO_PACKED_OUTFLOW_H

#include "io/bytes/sink.h"
#include "io/codec/codec.h"

typedef struct bl_outflow bl_outflow;

/// \param sink moves, also on failure \param how stored, gzip, bzip2, zstd or zlib
/// \return BL_OK, BL_E_UNSUPPORTED (another codec), BL_E_NOMEM
bl_status bl_outflow_open(bl_sink *sink, bl_compression how, bl_outflow **ret_out, bl_error *err);
/// \return as bl_sink_write
bl_status bl_outflow_write(bl_outflow *out, const void *data, size_t size, bl_error *err);
/// Ends the packed stream and finishes the sink. \return as bl_sink_finish
bl_status bl_outflow_finish(bl_outflow *out, bl_error *err);
/// Bytes given so far, not packed.
uint64_t bl_outflow_raw_bytes(const bl_outflow *out);
/// Closes the sink, too. NULL is allowed.
void bl_outflow_close(bl_outflow *out);
BL_DEFINE_AUTO(bl_outflow, bl_outflow_close);

#endif
