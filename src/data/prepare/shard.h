// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows of a bucket written as an Arrow file, whose record batches are of one length.
#ifndef BL_DATA_PREPARE_SHARD_H
#define BL_DATA_PREPARE_SHARD_H

#include "data/prepare/bucket.h"

/// What all files of a kind have in common.
typedef struct bl_shard_form {
    bl_context *context;
    size_t n_columns;
    const bl_column_spec *columns; ///< [n_columns]
    const size_t *from;            ///< [n_columns] columns of a bucket
    size_t replaced;               ///< the column of 8 bytes whose values come with the rows
    int64_t batch_rows;            ///< of a record batch
    const char *codec;             ///< NULL: none
} bl_shard_form;

/// Some rows in the order in which they are written.
typedef struct bl_shard_rows {
    const bl_bucket *bucket;
    const bl_bucket_row *rows; ///< [n]
    const void *values;        ///< [n × 8 bytes] of the column that is replaced
    size_t n;                  ///< ≥ 1
} bl_shard_rows;

/// Writes a file, in place of what has its name, on all threads: record batches are put together
/// beside each other and written in order.
/// \param ret_bytes, ret_xxh64 of the file, as bl_file_sum finds them
/// \return BL_OK, and what outputs return, naming the file
bl_status bl_shard_write(const bl_shard_form *form, const bl_shard_rows *rows, const char *path,
                         uint64_t *ret_bytes, uint64_t *ret_xxh64, bl_error *err);

#endif
