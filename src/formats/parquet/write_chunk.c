// SPDX-License-Identifier: Apache-2.0
// A column of a row group, page after page. Where pages end follows from the rows alone: a page
// takes rows until the next one would make it too large.
#include "formats/parquet/write.h"

/// How far rows from `first` on belong to the open page; `first`, where it is full.
static int64_t page_end(const bl_pqw_leaf *leaf, const bl_pqw_settings *settings,
                        const bl_pqw_chunk *chunk, const bl_pqw_view *view, int64_t first,
                        int64_t last) {
    const bl_pqw_open *open = &chunk->open;
    uint64_t left = settings->page_bits > open->bits ? settings->page_bits - open->bits : 0;
    if (bl_pqw_bits(leaf, view, first, last) <= left)
        return last;
    int64_t fits = first; // and last does not
    while (last - fits > 1) {
        int64_t middle = fits + (last - fits) / 2;
        if (bl_pqw_bits(leaf, view, first, middle) <= left)
            fits = middle;
        else
            last = middle;
    }
    return fits > first || open->n_rows ? fits : first + 1;
}

bl_status bl_pqw_chunk_append(const bl_pqw_leaf *leaf, const bl_pqw_settings *settings,
                              bl_pqw_chunk *chunk, const bl_pqw_view *view, int64_t first,
                              int64_t last, bl_pqw_scratch *scratch, bl_error *err) {
    while (first < last) {
        int64_t end = page_end(leaf, settings, chunk, view, first, last);
        if (end > first) {
            BL_TRY(bl_pqw_gather(leaf, view, first, end, &chunk->open, scratch, err));
            chunk->open.bits += bl_pqw_bits(leaf, view, first, end);
        }
        if (end < last)
            BL_TRY(bl_pqw_page_close(leaf, settings, chunk, scratch, err));
        first = end;
    }
    return BL_OK;
}

void bl_pqw_chunk_clear(bl_pqw_chunk *chunk) {
    for (size_t i = 0; i < chunk->n_pages; i++)
        bl_buffer_release(chunk->pages[i].bytes);
    bl_buffer_release(chunk->dictionary_page.bytes);
    chunk->dictionary_page = (bl_pqw_page){.bytes = NULL};
    chunk->n_pages = 0;
    chunk->n_rows = 0;
    chunk->has_outgrown = false;
    bl_pqw_dictionary_clear(&chunk->dictionary);
    bl_pqw_open_clear(&chunk->open);
}

void bl_pqw_chunk_shrink(bl_pqw_chunk *chunk) {
    bl_pqw_dictionary_release(&chunk->dictionary);
    bl_pqw_open_release(&chunk->open);
}

void bl_pqw_chunk_release(bl_context *context, bl_pqw_chunk *chunk) {
    bl_pqw_chunk_clear(chunk);
    bl_pqw_chunk_shrink(chunk);
    bl_free(context, chunk->pages);
}
