// SPDX-License-Identifier: Apache-2.0
// A column of a row group, from its beginning to its end.
#include "formats/parquet/write.h"

uint64_t bl_pqw_chunk_bytes(const bl_pqw_chunk *chunk) {
    const bl_pqw_open *open = &chunk->open;
    const bl_pqw_dictionary *dictionary = &chunk->dictionary;
    // levels of lists only: whether others are written down depends on how rows came in batches
    return bl_packer_size(&open->values) + 2 * open->repetition.n +
           bl_packer_size(&dictionary->values) + bl_packer_size(&dictionary->offsets) +
           dictionary->n_slots * sizeof(uint32_t);
}

void bl_pqw_chunk_init(bl_context *context, uint64_t page_bits, bl_pqw_chunk *chunk) {
    bl_pqw_open_init(context, page_bits, &chunk->open);
    bl_turns_init(&chunk->turns);
    bl_pqw_dictionary_init(context, &chunk->dictionary);
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
    bl_turns_restart(&chunk->turns);
}

void bl_pqw_chunk_shrink(bl_pqw_chunk *chunk) {
    bl_pqw_dictionary_release(&chunk->dictionary);
    bl_pqw_open_release(&chunk->open);
}

void bl_pqw_chunk_release(bl_context *context, bl_pqw_chunk *chunk) {
    bl_pqw_chunk_clear(chunk);
    bl_pqw_chunk_shrink(chunk);
    bl_free(context, chunk->pages);
    bl_turns_release(&chunk->turns);
}
