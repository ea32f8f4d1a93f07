// SPDX-License-Identifier: Apache-2.0
// The pass over all text that finds how many rows there are and where blocks of them begin. A block
// ends with the first row that ends behind a full piece of text.
#include "formats/text/index.h"

#include "base/context.h"

typedef struct pass {
    bl_text_store *store;
    bl_text_index *index;
    uint8_t separator;
    uint8_t *piece;  ///< [BL_BLOCK_BYTES + BL_MARKS_STEP]; owns
    uint64_t offset; ///< of the piece in the text
    bl_marks_state state;
    bl_marks_count count;
    uint64_t block_bytes, most_bytes; ///< of a block
    uint8_t last;                     ///< byte of the text so far
} pass;

static bl_status add_block(pass *p, bl_text_block block, bl_error *err) {
    bl_text_index *index = p->index;
    BL_TRY(bl_array_grow(index->context, &index->blocks, &index->capacity, index->n_blocks,
                         sizeof *index->blocks, "blocks of text", err));
    size_t n = index->n_blocks++;
    index->blocks[n] = block;
    if (n == 0 || block.offset - index->blocks[n - 1].offset <= p->most_bytes)
        return BL_OK;
    return bl_error_set(err, BL_E_LIMIT,
                        "behind line %llu: a row of more than %llu bytes, which the memory budget "
                        "does not allow; is there a quote that is not closed?",
                        (unsigned long long)index->blocks[n - 1].line,
                        (unsigned long long)p->most_bytes);
}

/// Counts 64 bytes after the other until a row ends, and begins a block behind it.
/// \return bytes gone through
static bl_status find_begin(pass *p, size_t size, size_t *ret_at, bl_error *err) {
    const bl_marks_kernels *kernels = p->index->kernels;
    for (size_t at = 0; at < size; at += BL_MARKS_STEP) {
        size_t n = size - at < BL_MARKS_STEP ? size - at : BL_MARKS_STEP;
        uint32_t ends[BL_MARKS_STEP];
        bl_marks_state before = p->state;
        bl_marks_count count = p->count;
        kernels->count(p->piece + at, n, p->separator, &p->state, &p->count);
        *ret_at = at + n;
        if (p->count.n_rows == count.n_rows)
            continue;
        (void)kernels->split(p->piece + at, n, p->separator, BL_MARKS_ROWS, &before, 0, ends);
        for (size_t i = 0; i <= ends[0]; i++)
            count.n_lines += p->piece[at + i] == '\n';
        return add_block(
            p,
            (bl_text_block){p->offset + at + ends[0] + 1, (int64_t)count.n_rows + 1, count.n_lines},
            err);
    }
    return BL_OK;
}

static const bl_text_block *last_block(const pass *p) {
    return &p->index->blocks[p->index->n_blocks - 1];
}

/// \return BL_OK, BL_END behind the last piece, …
static bl_status take_piece(pass *p, bl_error *err) {
    BL_TRY(bl_context_check(p->index->context, err));
    size_t size = 0, at = 0;
    BL_TRY(bl_text_store_read(p->store, p->offset, p->piece, BL_BLOCK_BYTES, &size, err));
    if (size == 0)
        return BL_END;
    memset(p->piece + size, 0, BL_MARKS_STEP);
    p->last = p->piece[size - 1];
    uint64_t before = p->index->n_blocks ? p->offset - last_block(p)->offset : 0;
    if (p->index->n_blocks && before + BL_BLOCK_BYTES / 2 >= p->block_bytes)
        BL_TRY(find_begin(p, size, &at, err));
    else if (!p->index->n_blocks)
        BL_TRY(add_block(p, (bl_text_block){p->offset, 0, p->count.n_lines}, err));
    if (at < size)
        p->index->kernels->count(p->piece + at, size - at, p->separator, &p->state, &p->count);
    p->offset += size;
    return size < BL_BLOCK_BYTES ? BL_END : BL_OK;
}

/// Its last item has an end, the list's bracket.
static bl_status check_list(const pass *p, bl_error *err) {
    p->index->has_end = true;
    if (!p->state.is_closed)
        return bl_error_set(err, BL_E_CORRUPT, "the list is not closed; is the file cut?");
    return p->state.is_followed ? bl_error_set(err, BL_E_CORRUPT, "something follows the list")
                                : BL_OK;
}

static bl_status check_rows(pass *p, bl_error *err) {
    bl_text_index *index = p->index;
    index->has_end = !index->n_blocks || p->last == '\n';
    if (!index->has_end) {
        memset(p->piece, 0, BL_MARKS_STEP);
        p->piece[0] = '\n';
        index->kernels->count(p->piece, 1, p->separator, &p->state, &p->count);
        if (p->state.inside)
            return bl_error_set(err, BL_E_CORRUPT,
                                "a quote is never closed; the last row begins "
                                "behind line %llu",
                                (unsigned long long)index->blocks[index->n_blocks - 1].line);
    } else if (p->state.inside) {
        return bl_error_set(err, BL_E_CORRUPT, "a quote is never closed");
    }
    return BL_OK;
}

static bl_status take_end(pass *p, bl_error *err) {
    bl_text_index *index = p->index;
    BL_TRY(index->kernels == &bl_marks_list ? check_list(p, err) : check_rows(p, err));
    BL_TRY(
        add_block(p, (bl_text_block){p->offset, (int64_t)p->count.n_rows, p->count.n_lines}, err));
    index->n_blocks--;
    return BL_OK;
}

static bl_status go_through(pass *p, bl_error *err) {
    p->state = BL_MARKS_BEGIN;
    p->index->n_blocks = 0;
    bl_status status = BL_OK;
    while (status == BL_OK && !p->state.is_odd)
        status = take_piece(p, err);
    if (status != BL_OK && status != BL_END)
        return status;
    return p->state.is_odd ? BL_OK : take_end(p, err);
}

bl_status bl_text_index_make(bl_context *context, bl_text_store *store, uint64_t offset,
                             uint64_t line, uint8_t separator, const bl_marks_kernels *kernels,
                             uint64_t block_bytes, bl_text_index *ret_index, bl_error *err) {
    bl_text_index index = {.context = context, .kernels = kernels};
    pass p = {.store = store, .index = &index, .separator = separator};
    uint64_t share = bl_context_budget_bytes(context) / BL_ROW_BUDGET_SHARE;
    p.block_bytes = block_bytes < share / 4 ? block_bytes : share / 4;
    p.block_bytes = p.block_bytes > BL_BLOCK_BYTES ? p.block_bytes : BL_BLOCK_BYTES;
    p.most_bytes = 2 * p.block_bytes + (share < BL_MOST_ROW_BYTES ? share : BL_MOST_ROW_BYTES);
    p.piece = (uint8_t *)bl_alloc(context, BL_BLOCK_BYTES + BL_MARKS_STEP);
    bl_status status = p.piece ? BL_OK : bl_error_nomem(err, BL_BLOCK_BYTES, "a piece of text");
    for (int attempt = 0; status == BL_OK && attempt < 2; attempt++) {
        p.offset = offset;
        p.count = (bl_marks_count){0, line};
        status = go_through(&p, err);
        if (!p.state.is_odd)
            break;
        index.kernels = &bl_marks_lenient; // quotes that RFC 4180 does not know
    }
    bl_free(context, p.piece);
    if (status == BL_OK)
        *ret_index = index;
    else
        bl_text_index_release(&index);
    return status;
}

void bl_text_index_release(bl_text_index *index) {
    if (index->context)
        bl_free(index->context, index->blocks);
    *index = (bl_text_index){0};
}

size_t bl_text_index_find(const bl_text_index *index, int64_t row) {
    size_t low = 0, high = index->n_blocks;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (index->blocks[middle].row <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}
