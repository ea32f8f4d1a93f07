// SPDX-License-Identifier: Apache-2.0
/// \file
/// Arrow files and streams being written.
///
/// Rows wait as slices of the batches that they came in until a record batch is full; where one
/// ends follows from the rows alone. Then each column is a task, which lists the buffers of the
/// column and all below it, slice by slice, and compresses them.
#ifndef BL_FORMATS_ARROW_WRITER_H
#define BL_FORMATS_ARROW_WRITER_H

#include "column/writer.h"
#include "formats/arrow/message.h"
#include "io/bytes/sink.h"

enum { BL_ARROW_ALIGNMENT = 64 };

/// Consecutive bytes of a buffer that is to be written.
typedef struct bl_arrow_segment {
    bl_buffer *buffer; ///< holds; its first `size` bytes
    size_t size;
} bl_arrow_segment;

/// One buffer of a record batch: some segments of its column.
typedef struct bl_arrow_out {
    size_t first, n; ///< segments
    size_t size;     ///< of all of them
} bl_arrow_out;

/// A column of a record batch on its way.
typedef struct bl_arrow_out_column {
    size_t n_nodes, nodes_capacity;
    bl_arrow_pair *nodes; ///< [n_nodes]; owns
    size_t n_buffers, buffers_capacity;
    bl_arrow_out *buffers; ///< [n_buffers]; owns
    size_t n_segments, segments_capacity;
    bl_arrow_segment *segments; ///< [n_segments]; owns
} bl_arrow_out_column;

/// Rows that wait: columns of one length.
typedef struct bl_arrow_part_rows {
    int64_t n_rows;
    bl_column *columns; ///< [n_columns]; owns
} bl_arrow_part_rows;

typedef struct bl_arrow_writer {
    bl_writer head;
    bl_context *context;
    bl_arena arena;
    bl_sink *sink; ///< borrows
    bl_compression how;
    bool is_stream;
    const char *const *metadata; ///< [2 × n_metadata]
    size_t n_metadata;
    int64_t cluster_rows;  ///< 0: as many as fit
    uint64_t cluster_bits; ///< of values
    int64_t waiting_rows;
    uint64_t waiting_bits;
    size_t n_parts, parts_capacity;
    bl_arrow_part_rows *parts;    ///< [n_parts]; owns
    bl_codecs **codecs;           ///< [n_threads]
    bl_arrow_out_column *columns; ///< [n_columns]
    bl_type **types; ///< [n_columns] as the schema says: texts that turned out to be no UTF-8 are
                     ///< binary; holds each
    bool has_head;   ///< the schema is written
    size_t n_blocks, blocks_capacity;
    bl_arrow_block *blocks; ///< [n_blocks] record batches that are written; owns
} bl_arrow_writer;

// output.c
/// \param sink moves, also on failure, as what `how` holds does
bl_status bl_arrow_create(bl_context *context, bl_sink *sink, const bl_create *how,
                          bl_output **ret_output, bl_error *err);

// writer.c
/// \param how level 0: the fastest
bl_status bl_arrow_writer_new(bl_context *context, bl_sink *sink, bl_compression how,
                              bool is_stream, const bl_column_spec *columns, size_t n_columns,
                              const bl_writer_options *options, const char *const *metadata,
                              size_t n_metadata, bl_arrow_writer **ret_writer, bl_error *err);
/// Writes what waits, and the end of the file.
bl_status bl_arrow_writer_finish(bl_arrow_writer *writer, bl_error *err);
/// NULL is allowed.
void bl_arrow_writer_free(bl_arrow_writer *writer);
BL_DEFINE_AUTO(bl_arrow_writer, bl_arrow_writer_free);

// write_schema.c
/// Makes a type one that holds values of `other`, too, which differs from it only where one has
/// text and the other what is not.
bl_status bl_arrow_widen(bl_context *context, bl_type **type, const bl_type *other, bl_error *err);
/// Adds the table Schema to a flatbuffer.
bl_flat_ref bl_arrow_build_schema(bl_flat_builder *builder, bl_arena *arena,
                                  const bl_arrow_writer *writer);

// write_record.c
/// Writes the waiting rows as a record batch.
bl_status bl_arrow_write_record(bl_arrow_writer *writer, bl_error *err);
/// Writes the end of the stream, and a file's footer.
bl_status bl_arrow_write_tail(bl_arrow_writer *writer, bl_error *err);

// write_column.c
/// Lists the nodes and buffers of a column and all below it. \param columns [n] its parts
bl_status bl_arrow_list_column(bl_context *context, const bl_column *const *columns, size_t n,
                               const bl_type *type, bl_arrow_out_column *out, bl_error *err);
/// Compresses the listed buffers. \return BL_OK, BL_E_NOMEM
bl_status bl_arrow_compress_column(bl_context *context, bl_codecs *codecs, bl_compression how,
                                   bl_arrow_out_column *out, bl_error *err);
/// Gives the buffers back, and keeps the lists for the next record batch.
void bl_arrow_out_clear(bl_arrow_out_column *out);

#endif
