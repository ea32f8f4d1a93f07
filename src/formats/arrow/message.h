// SPDX-License-Identifier: Apache-2.0
/// \file
/// Arrow messages: what stands in front of each schema, dictionary and record batch.
///
/// A message is 0xFFFFFFFF, the size of its metadata (before version 0.15 the size alone), the
/// metadata as a flatbuffer, and a body of buffers.
/// \source Apache Arrow, "Arrow Columnar Format", serialization; format/Message.fbs
#ifndef BL_FORMATS_ARROW_MESSAGE_H
#define BL_FORMATS_ARROW_MESSAGE_H

#include "formats/arrow/flat.h"
#include "formats/arrow/schema.h"
#include "io/codec/codec.h"

#define BL_ARROW_CONTINUATION UINT32_C(0xFFFFFFFF)
#define BL_ARROW_MAGIC "ARROW1"
enum { BL_ARROW_MAGIC_BYTES = 6, BL_ARROW_BLOCK_BYTES = 24, BL_ARROW_PAIR_BYTES = 16 };

/// Numbers of the union MessageHeader.
enum { BL_ARROW_SCHEMA = 1, BL_ARROW_DICTIONARY = 2, BL_ARROW_BATCH = 3 };
/// Fields of the tables in Message.fbs and File.fbs.
enum {
    BL_MESSAGE_VERSION,
    BL_MESSAGE_KIND,
    BL_MESSAGE_HEADER,
    BL_MESSAGE_BODY_BYTES,
    BL_MESSAGE_METADATA,
};
enum { BL_BATCH_LENGTH, BL_BATCH_NODES, BL_BATCH_BUFFERS, BL_BATCH_COMPRESSION, BL_BATCH_VARIADIC };
enum { BL_COMPRESSION_CODEC, BL_COMPRESSION_METHOD };
enum { BL_DICTIONARY_BATCH_ID, BL_DICTIONARY_BATCH_DATA, BL_DICTIONARY_BATCH_IS_DELTA };
enum {
    BL_FOOTER_VERSION,
    BL_FOOTER_SCHEMA,
    BL_FOOTER_DICTIONARIES,
    BL_FOOTER_BATCHES,
    BL_FOOTER_METADATA
};
enum { BL_KEY_VALUE_KEY, BL_KEY_VALUE_VALUE };
/// Metadata versions V4 and V5, which differ in unions alone.
enum { BL_ARROW_V4 = 3, BL_ARROW_V5 = 4 };

/// A message's metadata. It borrows the bytes that it was read from.
typedef struct bl_arrow_message {
    bl_flat flat;
    int64_t kind;
    bl_flat_table header;
    uint64_t body_bytes;
} bl_arrow_message;

/// Where a message of a file is.
typedef struct bl_arrow_block {
    uint64_t offset;
    uint64_t metadata_bytes; ///< in front of the body, with the size and the padding
    uint64_t body_bytes;
    bl_buffer *metadata; ///< the flatbuffer; NULL where it did not fit and is read again
    int64_t n_rows;
} bl_arrow_block;

/// A record batch, or what a dictionary holds of one. Borrows from its message.
typedef struct bl_arrow_record {
    int64_t n_rows;
    const uint8_t *nodes;    ///< [n_nodes] pairs: values, nulls
    const uint8_t *buffers;  ///< [n_buffers] pairs: place in the body, bytes
    const uint8_t *variadic; ///< [n_views] int64: buffers with text of each field with views
    size_t n_nodes, n_buffers, n_views;
    bl_codec_id codec; ///< BL_CODEC_STORED: not compressed
} bl_arrow_record;

/// Parses the metadata of a message. \param ret_message its tables point into itself: not to be
/// copied \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (its version)
bl_status bl_arrow_message_parse(const uint8_t *data, size_t size, bl_arrow_message *ret_message,
                                 bl_error *err);
/// Parses a table RecordBatch and checks it against the numbers of nodes, buffers and views that
/// its schema wants, and each buffer against the body.
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (its codec)
bl_status bl_arrow_record_parse(const bl_flat_table *table, const bl_arrow_schema *schema,
                                uint64_t body_bytes, bl_arrow_record *ret_record, bl_error *err);
/// The same of a whole message that must be a record batch or, for `is_dictionary`, a dictionary.
bl_status bl_arrow_message_record(const bl_arrow_message *message, bool is_dictionary,
                                  const bl_arrow_schema *schema, bl_arrow_record *ret_record,
                                  bl_error *err);

/// A node or a buffer: two whole numbers.
typedef struct bl_arrow_pair {
    int64_t first, second;
} bl_arrow_pair;

static inline bl_arrow_pair bl_arrow_pair_at(const uint8_t *pairs, size_t i) {
    const uint8_t *at = pairs + i * BL_ARROW_PAIR_BYTES;
    return (bl_arrow_pair){bl_flat_load64(at), bl_flat_load64(at + 8)};
}

/// The first buffer of a field in a record batch, behind those of views before it.
size_t bl_arrow_first_buffer(const bl_arrow_record *record, const bl_arrow_field *field);
/// One past the last buffer of a field and all below it.
size_t bl_arrow_last_buffer(const bl_arrow_record *record, const bl_arrow_field *field);

#endif
