// SPDX-License-Identifier: Apache-2.0
/// \file
/// Parquet files as files with one table: what `table` opens.
#ifndef BL_FORMATS_PARQUET_FILE_H
#define BL_FORMATS_PARQUET_FILE_H

#include "column/reader.h"
#include "formats/parquet/schema.h"
#include "io/bytes/source.h"

/// A column of the file over all row groups.
typedef struct bl_parquet_total {
    uint64_t stored_bytes, raw_bytes;
    int64_t n_values;
    int codec;         ///< −1: several
    bool is_encrypted; ///< somewhere
} bl_parquet_total;

typedef struct bl_parquet_file {
    bl_file head;
    int n_holders;
    bl_arena arena;
    bl_source *source; ///< owns
    bl_buffer *footer; ///< owns
    bl_parquet_metadata metadata;
    bl_parquet_schema schema;
    bl_parquet_total *totals; ///< [schema.n_leaves]
    bool plain_vectors;       ///< Spark's vectors are lists
    bl_type *vector;          ///< list<float64>; owns; NULL where not plain
    bl_object_info object;
} bl_parquet_file;

/// True for files that begin with Parquet's magic.
bool bl_parquet_probe(const uint8_t *head, size_t size);
/// Opens a file. \param source moves, also on failure \param ret_file the caller owns it
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (encrypted), BL_E_IO, BL_E_NOMEM
bl_status bl_parquet_open(bl_context *context, bl_source *source, const bl_open_options *options,
                          bl_file **ret_file, bl_error *err);
/// One holder less.
void bl_parquet_file_release(bl_parquet_file *file);

// reader.c
/// Opens its table. \param ret_reader the caller owns it
bl_status bl_parquet_reader_new(bl_parquet_file *file, bl_reader **ret_reader, bl_error *err);

#endif
