// SPDX-License-Identifier: Apache-2.0
/// \file
/// The sparse index of a text: where some of its rows begin. A block is some hundred KiB of whole
/// rows, what a thread reads, splits and parses at a time.
#ifndef BL_FORMATS_TEXT_INDEX_H
#define BL_FORMATS_TEXT_INDEX_H

#include "formats/text/marks.h"
#include "formats/text/store.h"

/// Text between two ends of rows is at least so long in a block.
#define BL_BLOCK_BYTES ((size_t)256 << 10)
/// A row, and a block with it, is at most so long, and no longer than a share of the memory budget.
#define BL_MOST_ROW_BYTES ((uint64_t)1 << 30)
#define BL_ROW_BUDGET_SHARE 8

typedef struct bl_text_block {
    uint64_t offset; ///< of its first byte
    int64_t row;     ///< rows before it
    uint64_t line;   ///< lines before it
} bl_text_block;

typedef struct bl_text_index {
    bl_context *context;
    const bl_marks_kernels *kernels; ///< that split this text
    bl_text_block *blocks;           ///< [n_blocks + 1]: the last is the end; owns
    size_t n_blocks, capacity;
    bool has_end; ///< the text ends with a newline
} bl_text_index;

/// Goes through the text once. \param offset of the first row's first byte \param line lines before
/// it \param kernels that tell where rows end \param block_bytes of a block, about: at least
/// BL_BLOCK_BYTES, and less where the memory budget is small
/// \return BL_OK, BL_E_CORRUPT (a quote or a list is not closed), BL_E_LIMIT, BL_E_NOMEM, BL_E_IO,
/// …
bl_status bl_text_index_make(bl_context *context, bl_text_store *store, uint64_t offset,
                             uint64_t line, uint8_t separator, const bl_marks_kernels *kernels,
                             uint64_t block_bytes, bl_text_index *ret_index, bl_error *err);
void bl_text_index_release(bl_text_index *index);
/// The block that holds a row below the last.
size_t bl_text_index_find(const bl_text_index *index, int64_t row);

#endif
