// SPDX-License-Identifier: Apache-2.0
/// \file
/// TFRecord files being written: one table each, as tf.train.Example or tf.train.SequenceExample
/// (fields.h says which). TFRecord has float32 and int64 alone: float64 is rounded, other whole
/// numbers and bools are widened, uint64 past int64 is refused. There is no place for metadata,
/// titles and clusters.
#ifndef BL_FORMATS_TFRECORD_WRITER_H
#define BL_FORMATS_TFRECORD_WRITER_H

#include "column/writer.h"
#include "io/bytes/sink.h"

/// Starts a file. \param sink moves, also on failure, as what `how` holds does
/// \param ret_output the caller owns it
/// \return BL_OK, BL_E_UNSUPPORTED (a file to be continued), BL_E_NOMEM
bl_status bl_tfrecord_create(bl_context *context, bl_sink *sink, const bl_create *how,
                             bl_output **ret_output, bl_error *err);

#endif
