// SPDX-License-Identifier: Apache-2.0
/// \file
/// TFRecord files of tf.train.Example or tf.train.SequenceExample as one table.
///
/// Opening reads the whole file once: it has no index and no schema. Not read: other messages than
/// those two, which are refused where they cannot be taken for one.
#ifndef BL_FORMATS_TFRECORD_READER_H
#define BL_FORMATS_TFRECORD_READER_H

#include "column/reader.h"
#include "io/bytes/source.h"

/// True where a file begins with a length and its checksum.
bool bl_tfrecord_probe(const uint8_t *head, size_t size);
/// Opens a file, which may be packed as a whole. \param source moves, also on failure
/// \param options `types` says what features are to become
/// \return BL_OK, BL_E_CORRUPT (with the record's number and place), BL_E_LIMIT, BL_E_INVALID,
/// BL_E_NOTFOUND (types of unknown features), BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_tfrecord_open(bl_context *context, bl_source *source, const bl_open_options *options,
                           bl_file **ret_file, bl_error *err);

#endif
