// SPDX-License-Identifier: Apache-2.0
/// \file
/// A bucket: rows of all files of a pass whose keys lie in a range, in the order of keys; of the
/// same key in the order of files, and as they are in one.
#ifndef BL_DATA_PREPARE_BUCKET_H
#define BL_DATA_PREPARE_BUCKET_H

#include "column/column.h"
#include "data/spread/spool.h"

/// A file of the spool that rows are read from.
typedef struct bl_source_file {
    const bl_spool_file *file;
    bool is_copy; ///< its rows are taken once more, of another file
    uint64_t key; ///< the first row whose key is not below is `row`; 0: the first of all
    int64_t row;
    bl_table *table; ///< open from one range to the next; owns; NULL: not yet, or one of too many
} bl_source_file;

typedef struct bl_bucket_row {
    uint64_t key;
    uint32_t piece, row;
} bl_bucket_row;

/// Rows of one record batch of a file.
typedef struct bl_bucket_piece {
    bl_batch *batch; ///< owns
    size_t source;   ///< the file
    size_t first;    ///< of its rows among those of all pieces, one piece after the other
} bl_bucket_piece;

typedef struct bl_bucket {
    bl_context *context;
    const bl_source_file *sources; ///< borrows
    size_t n_pieces;
    bl_bucket_piece *pieces; ///< [n_pieces]
    size_t n_rows;
    bl_bucket_row *rows; ///< [n_rows]
} bl_bucket;

/// First and last key of range i of n, all of about one size. \param n ≥ 1
static inline uint64_t bl_bucket_first(uint64_t i, uint64_t n) {
    return (uint64_t)((((unsigned __int128)i << 64) + n - 1) / n);
}
static inline uint64_t bl_bucket_last(uint64_t i, uint64_t n) {
    return i + 1 == n ? UINT64_MAX : bl_bucket_first(i + 1, n) - 1;
}

/// Reads keys [first, last], on all threads. \param sources [n], which remember where the next
/// range begins \param names [n_names] of columns, the key the first; NULL: all
/// \param ret_bucket bl_bucket_release it \return BL_OK, BL_E_LIMIT (more than 2^32 rows), and what
/// reading returns, naming the file
bl_status bl_bucket_read(const bl_spool *spool, bl_source_file *sources, size_t n, uint64_t first,
                         uint64_t last, const char *const *names, size_t n_names,
                         bl_bucket *ret_bucket, bl_error *err);
void bl_bucket_release(bl_bucket *bucket);
/// Closes what reading left open for the next range. \param sources [n]
void bl_bucket_close(bl_source_file *sources, size_t n);

/// The column of a row's piece.
static inline const bl_column *bl_bucket_column(const bl_bucket *bucket, const bl_bucket_row *row,
                                                size_t column) {
    return &bucket->pieces[row->piece].batch->columns[column];
}
static inline const void *bl_bucket_values(const bl_bucket *bucket, const bl_bucket_row *row,
                                           size_t column) {
    return bl_bucket_column(bucket, row, column)->values->data;
}
static inline int32_t bl_bucket_int32(const bl_bucket *bucket, const bl_bucket_row *row,
                                      size_t column) {
    return ((const int32_t *)bl_bucket_values(bucket, row, column))[row->row];
}
static inline int64_t bl_bucket_int64(const bl_bucket *bucket, const bl_bucket_row *row,
                                      size_t column) {
    return ((const int64_t *)bl_bucket_values(bucket, row, column))[row->row];
}
static inline double bl_bucket_double(const bl_bucket *bucket, const bl_bucket_row *row,
                                      size_t column) {
    return ((const double *)bl_bucket_values(bucket, row, column))[row->row];
}

#endif
