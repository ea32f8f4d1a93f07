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
    bl_buffer *offsets;  ///< of lists: [n + 1] int32
    bl_buffer *validity; ///< bits; NULL as long as none is null
} bl_nest;

typedef struct bl_stream_leaf {
    const bl_parquet_leaf *leaf;
    size_t index; ///< column of the file
    bl_context *context;
    const bl_level_kernels *kernels;
    unsigned width; ///< bytes of a stored value; 0: texts

    size_t group;       ///< SIZE_MAX: none is begun
    int64_t row;        ///< of the group: the next one
    bool is_first_page; ///< no page with values was looked at yet
    bool has_failed;    ///< the place is lost: begin the group again
    bl_pages pages;

    bl_buffer *dictionary; ///< of fixed values; owns
    bl_texts_page dictionary_texts;
    size_t n_dictionary;

    // the present page
    size_t n_entries, entry;  ///< of it; the next one
    bl_buffer *levels;        ///< owns: def [n_entries], rep [n_entries]
    const uint8_t *def, *rep; ///< NULL: all are max_def; all 0
    bl_values_kind kind;
    const uint8_t *next, *values_end;
    bl_buffer *decoded; ///< owns; where values of a page are decoded to
    bl_texts_page texts;
    size_t text_at;
    bl_runs indices;

    // what is read of the present batch
    bl_buffer *values;  ///< fixed: `width` bytes a place; texts: bytes
    bl_buffer *offsets; ///< of texts
    int64_t n_slots;    ///< places for values so far
    size_t n_nests;
    bl_nest *nests; ///< [n_nests]: the ancestors that the leaf makes, then the leaf itself
} bl_stream_leaf;

/// \param stream zeroed
bl_status bl_stream_leaf_init(bl_stream_leaf *stream, bl_context *context,
                              const bl_parquet_leaf *leaf, size_t index, bl_error *err);
void bl_stream_leaf_release(bl_stream_leaf *stream);

/// Reads rows [first, last) of row group `number`, whose chunk that is, behind what the batch has
/// so far. \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED, BL_E_IO, BL_E_LIMIT, BL_E_NOMEM,
/// BL_E_CANCELLED
bl_status bl_stream_leaf_read(bl_stream_leaf *stream, bl_source *source, bl_codecs *codecs,
                              const bl_parquet_chunk *chunk, size_t number, int64_t first,
                              int64_t last, bl_error *err);
/// Empties what was read for a batch.
void bl_stream_leaf_reset(bl_stream_leaf *stream);

// page.c
/// Goes to the next page with values, whose entries then wait. `direct`: where values may be
/// uncompressed to at once, if they are all that is in the page and fit; else NULL.
/// \param ret_direct values that went there
bl_status bl_stream_leaf_next_page(bl_stream_leaf *stream, bl_codecs *codecs, uint8_t *direct,
                                   size_t direct_bytes, size_t *ret_direct, bl_error *err);
// values.c
/// Appends `n` values of the present page.
bl_status bl_stream_leaf_take_values(bl_stream_leaf *stream, size_t n, bl_error *err);
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
