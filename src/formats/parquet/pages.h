// SPDX-License-Identifier: Apache-2.0
/// \file
/// The pages of one column of one row group, one after the other.
#ifndef BL_FORMATS_PARQUET_PAGES_H
#define BL_FORMATS_PARQUET_PAGES_H

#include "formats/parquet/metadata.h"
#include "io/bytes/source.h"

typedef struct bl_pages {
    bl_source *source; ///< borrows
    bl_parquet_chunk chunk;
    uint64_t position, end;        ///< of the file: behind the window; behind the last page
    bl_buffer *window;             ///< bytes of the file; owns
    size_t at;                     ///< in the window
    int64_t n_left;                ///< values that pages must still have
    uint64_t page_at;              ///< where the present page begins in the file, for messages
    uint64_t stored_at;            ///< where its bytes behind the header do
    bl_parquet_page_header header; ///< of the present page
    const uint8_t *stored;         ///< [header.stored_bytes] of the present page
    bl_buffer *raw;                ///< owns; kept from page to page
    bool is_raw;                   ///< the present page is there, behind its levels of version 2
} bl_pages;

/// Begins a chunk. \param pages zeroed, or used before
bl_status bl_pages_begin(bl_pages *pages, bl_source *source, const bl_parquet_chunk *chunk,
                         bl_error *err);
/// Reads the next page, as it is stored. \return BL_OK, BL_END, BL_E_CORRUPT, BL_E_IO, BL_E_LIMIT
bl_status bl_pages_next(bl_pages *pages, bl_error *err);
/// Goes to the next page, but reads no more than its header: for somebody else, who loads it.
/// The window belongs to headers alone until the next call of bl_pages_next.
bl_status bl_pages_pass(bl_pages *pages, bl_error *err);
/// Makes the page that bl_pages_pass found the next one again; only where it has no values.
void bl_pages_back(bl_pages *pages);
/// Reads the bytes of a page that another went past. Any thread may, of a near source.
/// \return as bl_pages_next
bl_status bl_pages_load(bl_pages *pages, bl_error *err);
/// Makes `pages` have but the present page of `of`, which is still to be loaded.
/// \param pages zeroed, or used before
void bl_pages_refer(bl_pages *pages, const bl_pages *of);
/// Trades present pages, with all memory that belongs to them. What was read ahead of them is
/// forgotten.
void bl_pages_trade(bl_pages *a, bl_pages *b);
/// Bytes of the present page behind its first `skipped` stored ones, uncompressed.
/// \param to [raw size] where they go; NULL: into memory of the pages, or where they are stored
/// \param ret_data [*ret_size] good until the next page
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_pages_unpack(bl_pages *pages, bl_codecs *codecs, size_t skipped, uint8_t *to,
                          const uint8_t **ret_data, size_t *ret_size, bl_error *err);
/// Gives the stored bytes of the present page back where they are uncompressed elsewhere. Levels of
/// version 2 are among them. Only after bl_pages_load.
void bl_pages_drop_stored(bl_pages *pages);
/// Safe on zeroed memory.
void bl_pages_release(bl_pages *pages);

#endif
