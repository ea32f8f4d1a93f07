// SPDX-License-Identifier: Apache-2.0
/// \file
/// Arrow IPC files and streams, opened: the schema, and where each dictionary and record batch is.
/// \source Apache Arrow, "Arrow Columnar Format", IPC streaming format and IPC file format
#ifndef BL_FORMATS_ARROW_FILE_H
#define BL_FORMATS_ARROW_FILE_H

#include "column/reader.h"
#include "formats/arrow/message.h"
#include "io/bytes/source.h"

/// A dictionary, or more values of one.
typedef struct bl_arrow_dictionary {
    int64_t id;
    bool is_delta;
    size_t before; ///< record batches in front of it, for which it does not count
    bl_arrow_block block;
} bl_arrow_dictionary;

/// What the record batches say of a column before any is read.
typedef struct bl_arrow_totals {
    uint64_t stored_bytes;
    uint64_t raw_bytes; ///< of values in memory; guessed where texts are compressed
    bool is_compressed;
} bl_arrow_totals;

typedef struct bl_arrow_file {
    bl_file head;
    atomic_uint n_holders; ///< the catalog and each reader
    bl_source *source;     ///< owns
    bl_arena arena;
    bl_buffer *schema_metadata; ///< holds the flatbuffer of the schema
    bl_arrow_schema schema;
    bool has_schema;
    size_t n_blocks, blocks_capacity;
    bl_arrow_block *blocks; ///< [n_blocks] record batches; owns
    int64_t *cluster_ends;  ///< [n_blocks]
    size_t n_dictionaries, dictionaries_capacity;
    bl_arrow_dictionary *dictionaries; ///< [n_dictionaries]; owns
    uint64_t kept_bytes;               ///< of metadata that stays in memory
    uint64_t listed_bytes;             ///< of the messages that the footer lists
    bl_arrow_totals *totals;           ///< [n_fields]
    int64_t n_rows;
    bl_codec_id codec; ///< of the first record batch
    bool is_stream;
} bl_arrow_file;

/// True where a file begins like an Arrow file, or a stream with a schema.
bool bl_arrow_probe(const uint8_t *head, size_t size);
/// \param source moves, also on failure
bl_status bl_arrow_open(bl_context *context, bl_source *source, const bl_open_options *options,
                        bl_file **ret_file, bl_error *err);

bl_arrow_file *bl_arrow_file_ref(bl_arrow_file *file);
/// NULL is allowed.
void bl_arrow_file_release(bl_arrow_file *file);
BL_DEFINE_AUTO(bl_arrow_file, bl_arrow_file_release);

// index.c
/// Finds schema, dictionaries and record batches by the footer of a file, or by going through a
/// stream, message after message.
bl_status bl_arrow_index(bl_arrow_file *file, bl_error *err);
/// The metadata of a message, kept or read again, parsed. \param ret_metadata what the message
/// borrows from; the caller holds it
bl_status bl_arrow_block_message(bl_arrow_file *file, const bl_arrow_block *block,
                                 bl_buffer **ret_metadata, bl_arrow_message *ret_message,
                                 bl_error *err);

// totals.c
/// Adds what a record batch says of its columns to the file's totals.
void bl_arrow_add_totals(bl_arrow_file *file, const bl_arrow_record *record);

// reader.c
/// \param file one more holder \param ret_reader the caller owns it
bl_status bl_arrow_reader_open(bl_arrow_file *file, bl_reader **ret_reader, bl_error *err);

#endif
