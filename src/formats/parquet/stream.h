// SPDX-License-Identifier: Apache-2.0
/// \file
/// One column of the file on its way: rows asked for in ascending order, row group after row group,
/// are decoded page by page, so that a row group may be larger than memory.
#ifndef BL_FORMATS_PARQUET_STREAM_H
#define BL_FORMATS_PARQUET_STREAM_H

#include "column/column.h"
#include "formats/parquet/bits.h"
#include "formats/parquet/encodings.h"
#include "formats/parquet/level_kernels.h"
#include "formats/parquet/pages.h"
#include "formats/parquet/schema.h"

/// How the values of a page are taken.
typedef enum bl_values_kind {
    BL_VALUES_FIXED,      ///< `next`: one behind the other
    BL_VALUES_TEXTS,      ///< `texts`, from `text_at` on
    BL_VALUES_DICTIONARY, ///< `indices` into the dictionary
} bl_values_kind;

/// Offsets and nulls of a list or struct around a leaf, or nulls of the leaf itself.
typedef struct bl_nest {
    const bl_parquet_node *node;
    int64_t n, n_items; ///< places so far; items in them, of lists
    int64_t n_null;
    bl_buffer *offsets;   ///< of lists: [n + 1] int32
    bl_buffer *validity;  ///< bits; NULL as long as none is null
    int64_t to, to_items; ///< of a part: the place and the item of the whole that it begins at
} bl_nest;

/// A page made ready: its levels as bytes, its values where they can be taken.
typedef struct bl_ready_page {
    size_t n_entries, entry;  ///< of it; the next one
    bl_buffer *levels;        ///< owns: def [n_entries], rep [n_entries]
    const uint8_t *def, *rep; ///< NULL: all are max_def; all 0
    bl_values_kind kind;
    const uint8_t *next, *values_end;
    bl_buffer *decoded; ///< owns; where values of a page are decoded to
    bl_texts_page texts;
    size_t text_at;
    bl_runs indices;
} bl_ready_page;

typedef struct bl_lane bl_lane;

typedef struct bl_stream_leaf {
    const bl_parquet_leaf *leaf;
    size_t index; ///< column of the file
    bl_context *context;
    const bl_level_kernels *kernels;
    unsigned width; ///< bytes of a stored value; 0: texts

    size_t group;       ///< SIZE_MAX: none is begun
    int64_t row;        ///< of the group: the next one
    bool is_first_page; ///< no page with values was looked at yet
    bool goes_on;       ///< the batch begins where the one before it ended
    bool has_failed;    ///< the place is lost: begin the group again
    bl_pages pages;

    bl_buffer *dictionary; ///< of fixed values; owns
    bl_texts_page dictionary_texts;
    size_t n_dictionary;

    bl_ready_page page; ///< the present one
    bl_lane **lanes;    ///< [n_lanes] for pages behind it, the first `n_ready` hold one; owns
    size_t n_lanes, n_ready, lanes_capacity;

    // what is read of the present batch
    bl_buffer *values;  ///< fixed: `width` bytes a place; texts: bytes
    bl_buffer *offsets; ///< of texts
    int64_t n_slots;    ///< places for values so far
    bool stays;         ///< values stay in the page, `n_stay` of them, until one is null
    size_t n_stay;
    int64_t n_checked; ///< of texts, the first so many: whether they are UTF-8
    bool is_other;     ///< some of those are not
    size_t n_nests;
    bl_nest *nests; ///< [n_nests]: the ancestors that the leaf makes, then the leaf itself
} bl_stream_leaf;

/// \param stream zeroed
bl_status bl_stream_leaf_init(bl_stream_leaf *stream, bl_context *context,
                              const bl_parquet_leaf *leaf, size_t index, bl_error *err);
void bl_stream_leaf_release(bl_stream_leaf *stream);

/// Row group `number`, of which rows [first, last) are wanted.
typedef struct bl_stream_rows {
    bl_source *source;
    bl_codecs **codecs;             ///< one a thread
    const bl_parquet_chunk *chunks; ///< [columns of the file]
    size_t number;
    int64_t n_rows, first, last;
} bl_stream_rows;

/// Reads rows behind what the batch has so far. \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED,
/// BL_E_IO, BL_E_LIMIT, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_stream_leaf_read(bl_stream_leaf *stream, const bl_stream_rows *rows, bl_codecs *codecs,
                              bl_error *err);
/// Empties what was read for a batch.
void bl_stream_leaf_reset(bl_stream_leaf *stream);

// lanes.c
/// Does the same for several columns, whose pages are made ready and taken on all threads, a page a
/// task. Only of a near source.
bl_status bl_stream_leaves_read(const bl_stream_rows *rows, bl_stream_leaf *const *streams,
                                size_t n, bl_error *err);
// lane.c
/// Makes the first page that waits the present one. \return also what was wrong with it
bl_status bl_stream_leaf_take_ready(bl_stream_leaf *stream, bl_error *err);
void bl_stream_leaf_free_lanes(bl_stream_leaf *stream);

// stream.c
/// Begins the row group where it is not the present one, and passes the rows before `first`.
bl_status bl_stream_leaf_begin(bl_stream_leaf *stream, const bl_stream_rows *rows,
                               bl_codecs *codecs, bl_error *err);
/// Makes room for what so many more rows are likely to give, so that buffers need not grow step by
/// step. \param n_bytes of texts
bl_status bl_stream_leaf_expect(bl_stream_leaf *stream, double n_rows, double n_entries,
                                double n_bytes, bl_error *err);
/// Entries of the present page up to the end of `n_rows` rows. A row that the page ends with may go
/// on in the next one. \param ret_rows rows that begin among them
size_t bl_stream_leaf_entries(const bl_stream_leaf *stream, int64_t n_rows, int64_t *ret_rows);
/// Takes entries of the present page into the batch.
bl_status bl_stream_leaf_take(bl_stream_leaf *stream, size_t n, bl_error *err);
/// Appends a part's places to those of a nest, up to their offsets, for which room is made.
bl_status bl_stream_leaf_join_nest(const bl_stream_leaf *stream, bl_nest *nest, bl_nest *part,
                                   bl_error *err);
/// Room for `size` bytes in a buffer, which is made or at least doubled.
bl_status bl_stream_reserve(bl_context *context, bl_buffer **buffer, size_t size, bl_error *err);

// page.c
/// Where plain values may be uncompressed to at once.
typedef struct bl_direct {
    uint8_t *place;  ///< [n_bytes]; NULL: nowhere
    size_t n_bytes;  ///< as many as fit
    size_t n_before; ///< bytes of values in front of it
} bl_direct;

/// Goes to the next page with values, whose entries then wait, or went to their place.
/// \param ret_direct values that went there
bl_status bl_stream_leaf_next_page(bl_stream_leaf *stream, bl_codecs *codecs,
                                   const bl_direct *direct, size_t *ret_direct, bl_error *err);
/// Loads the page that the stream's pages refer to, and makes it ready: a dictionary is kept.
bl_status bl_stream_leaf_load_page(bl_stream_leaf *stream, bl_codecs *codecs, bl_error *err);
// values.c
/// Appends `n` values of the present page.
bl_status bl_stream_leaf_take_values(bl_stream_leaf *stream, size_t n, bl_error *err);
/// Says that a column of a batch cannot hold its texts; returns BL_E_LIMIT.
bl_status bl_stream_too_much_text(bl_error *err);
/// Passes `n` values.
bl_status bl_stream_leaf_skip_values(bl_stream_leaf *stream, size_t n, bl_error *err);
/// Makes places of the last `n_values` values: where `valid` [n_slots] is 0 there is none.
bl_status bl_stream_leaf_spread(bl_stream_leaf *stream, const uint8_t *valid, size_t n_slots,
                                size_t n_values, bl_error *err);

/// Fills a zeroed column with what the leaves of a node have read.
/// \param leaves of the whole file, by column; NULL where they are not read
bl_status bl_parquet_assemble(bl_context *context, const bl_parquet_node *node,
                              bl_stream_leaf *const *leaves, bl_column *column, bl_error *err);

#endif
