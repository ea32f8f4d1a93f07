// SPDX-License-Identifier: Apache-2.0
/// \file
/// Requests: rows of fields, found as ranges of bytes, fetched together, and made columns.
///
/// A record batch of which some rows are asked for is a piece. Where it is not compressed only the
/// bytes of those rows are read; where it is, whole buffers are, and the rows are cut out of the
/// columns. Both ways through a field, finding its ranges and making its column, are the same walk:
/// ranges are used up in the order in which they were found.
#ifndef BL_FORMATS_ARROW_REQUEST_H
#define BL_FORMATS_ARROW_REQUEST_H

#include "formats/arrow/file.h"

/// Values [first, last) of fields in one message.
typedef struct bl_arrow_piece {
    const bl_arrow_block *block;
    size_t before; ///< record batches in front of it: which dictionaries count
    bl_buffer *metadata;
    bl_arrow_message message;
    bl_arrow_record record;
    int64_t first, last; ///< rows to be read
    int64_t from, to;    ///< of those, the rows wanted: fewer where buffers are compressed
    size_t *ranges;      ///< [n_fields + 1]: first of each field's; owns
    bl_column *columns;  ///< [n_fields]; owns
} bl_arrow_piece;

/// A dictionary's values as they are for some record batch: those of one message of the file, and
/// of those behind it that add to them.
typedef struct bl_arrow_values {
    const bl_arrow_field *field; ///< that refers to it
    size_t first;                ///< index of the file's dictionary that it begins with
    size_t n_parts;
    bl_column column;
} bl_arrow_values;

/// Dictionaries that were read; they belong to a reader.
typedef struct bl_arrow_loaded {
    bl_arrow_values *values; ///< [n]; owns
    size_t n, capacity;
} bl_arrow_loaded;

typedef struct bl_arrow_request {
    bl_arrow_file *file;     ///< borrows
    bl_arrow_loaded *loaded; ///< borrows
    bl_codecs **codecs;      ///< [n_threads], made when needed; borrows
    size_t n_fields;
    const bl_arrow_field **fields; ///< [n_fields]; owns the array
    size_t n_pieces;
    bl_arrow_piece *pieces; ///< [n_pieces]; owns
    size_t n_ranges, ranges_capacity;
    bl_range *ranges; ///< owns
    bl_fetch *fetch;
} bl_arrow_request;

// request.c
/// A request without pieces. \param like has file, fields and what is borrowed \param ret_request
/// the caller owns it
bl_status bl_arrow_request_new(const bl_arrow_request *like, size_t n_pieces,
                               bl_arrow_request **ret_request, bl_error *err);
/// Fills piece `i` and finds its ranges. \param schema what the fields are numbered in
/// \param is_dictionary the block is one, of which all rows are read \param first, last rows of the
/// message
bl_status bl_arrow_request_add(bl_arrow_request *request, size_t i, const bl_arrow_block *block,
                               size_t before, const bl_arrow_schema *schema, bool is_dictionary,
                               int64_t first, int64_t last, bl_error *err);
bl_status bl_arrow_request_start(bl_arrow_request *request, bl_error *err);
/// Waits, and makes the columns of each piece, on the context's threads.
bl_status bl_arrow_request_finish(bl_arrow_request *request, bl_error *err);
/// NULL is allowed.
void bl_arrow_request_free(bl_arrow_request *request);
BL_DEFINE_AUTO(bl_arrow_request, bl_arrow_request_free);

// dictionary.c
/// Reads the values that a field's indices refer to, for the record batch behind `before` others.
/// To be called before tasks run that look for them.
bl_status bl_arrow_dictionary_load(const bl_arrow_request *request, const bl_arrow_field *field,
                                   size_t before, bl_error *err);
/// NULL where there is no such dictionary. Borrows until the next load.
const bl_column *bl_arrow_dictionary_find(const bl_arrow_request *request,
                                          const bl_arrow_field *field, size_t before);
/// Gives back all that record batches from `before` on do not need.
void bl_arrow_loaded_forget(const bl_arrow_file *file, bl_arrow_loaded *loaded, size_t before);
void bl_arrow_loaded_release(bl_context *context, bl_arrow_loaded *loaded);

// decode.c
/// A walk through the ranges of one field of a piece.
typedef struct bl_arrow_walk {
    const bl_arrow_request *request;
    const bl_arrow_piece *piece;
    bl_context *context;
    bl_codecs *codecs;
    size_t range, last_range;
    bl_error *err;
} bl_arrow_walk;

/// Makes the column of values [first, last) of a field, which the caller releases also after a
/// failure.
bl_status bl_arrow_decode(bl_arrow_walk *walk, const bl_arrow_field *field, int64_t first,
                          int64_t last, bl_column *column);

// buffers.c
/// The bytes of the next range, uncompressed, shared where they may be. \param width what they are
/// to be aligned to \param wanted at least so many bytes, else the file is corrupt
bl_status bl_arrow_next_buffer(bl_arrow_walk *walk, size_t width, uint64_t wanted,
                               bl_buffer **ret_buffer);
/// `size` bytes of a buffer from `at` on, shared where they are aligned to `width`.
bl_status bl_arrow_part(bl_context *context, bl_buffer *buffer, size_t at, size_t size,
                        size_t width, bl_buffer **ret_buffer, bl_error *err);
/// `n` bits of a buffer from bit `at` on.
bl_status bl_arrow_bits(bl_context *context, bl_buffer *buffer, size_t at, size_t n,
                        bl_buffer **ret_buffer, bl_error *err);
/// Offsets of `n` values from value `at` on, of `width` bytes each, that begin at 0.
bl_status bl_arrow_offsets(bl_context *context, bl_buffer *buffer, size_t width, size_t at,
                           size_t n, bl_buffer **ret_buffer, bl_error *err);
/// A buffer of `size` bytes, where the memory budget has room for it.
/// \return BL_OK, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_arrow_new_buffer(bl_context *context, uint64_t size, bl_buffer **ret_buffer,
                              bl_error *err);
static inline int64_t bl_arrow_load_offset(const bl_buffer *offsets, size_t width, size_t i) {
    const uint8_t *at = offsets->data + i * width;
    return width == 8 ? bl_flat_load64(at) : bl_flat_load32(at);
}

// values.c: what becomes something else
/// The end of a walk over one node: indices to values, halves, decimals, views, texts of a fixed
/// size, and texts with wide offsets. \param column has its length, type and validity
bl_status bl_arrow_decode_values(bl_arrow_walk *walk, const bl_arrow_field *field, int64_t first,
                                 int64_t last, bl_column *column);

// take.c
/// Value `rows[i]` of `from` for each i; −1: null. \param column zeroed
bl_status bl_arrow_take(bl_context *context, const bl_column *from, const int64_t *rows, size_t n,
                        bl_column *column, bl_error *err);

// slice.c
/// Values [first, last) of a column, whose buffers are shared where they can be. \param column
/// zeroed; released by the caller also after a failure
bl_status bl_arrow_slice(bl_context *context, const bl_column *from, int64_t first, int64_t last,
                         bl_column *column, bl_error *err);

#endif
