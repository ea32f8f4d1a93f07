// SPDX-License-Identifier: Apache-2.0
/// \file
/// Records to values of columns: what one task does of a read.
#ifndef BL_FORMATS_TFRECORD_DECODE_H
#define BL_FORMATS_TFRECORD_DECODE_H

#include "column/builder.h"
#include "formats/tfrecord/columns.h"
#include "formats/tfrecord/record.h"

/// What a thread keeps from task to task.
typedef struct bl_tf_worker {
    bl_tf_walker walker; ///< slot i is column i of the file
    bl_buffer *bytes;    ///< the cluster that it read last, of a near source
    size_t cluster;      ///< SIZE_MAX: none
    bl_buffer *scratch;  ///< numbers on their way to another type
} bl_tf_worker;

/// Some rows of some columns being built.
typedef struct bl_tf_decoder {
    bl_context *context;
    const bl_tf_columns *columns; ///< of the file
    bl_crc32c_fn crc;
    size_t n;             ///< columns wanted
    const size_t *wanted; ///< [n]
    bl_builder *builders; ///< [n]; owns
    void **places;        ///< [n] of a float32 or int64 that is never missing: of the next one
} bl_tf_decoder;

bl_status bl_tf_worker_init(bl_tf_worker *worker, bl_context *context, const bl_tf_columns *columns,
                            bl_error *err);
/// NULL-safe on zeroed ones.
void bl_tf_worker_release(bl_tf_worker *worker);

/// \param decoder context, columns, n and wanted are set
bl_status bl_tf_decoder_init(bl_tf_decoder *decoder, bl_error *err);
/// NULL-safe on zeroed ones.
void bl_tf_decoder_release(bl_tf_decoder *decoder);

/// Reads the records of some bytes, passing the first `n_before` over.
/// \param bytes whole records; more may follow \param offset, row  of the first of them in the file
/// \return BL_OK, BL_E_CORRUPT, BL_E_RANGE (a number does not fit the type that was asked for),
/// BL_E_SHAPE (as many values do not), BL_E_NOMEM
bl_status bl_tf_decode(bl_tf_decoder *decoder, bl_tf_worker *worker, bl_wire bytes, uint64_t offset,
                       int64_t row, int64_t n_before, int64_t n_rows, bl_error *err);

#endif
