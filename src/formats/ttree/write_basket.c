// SPDX-License-Identifier: Apache-2.0
// Baskets: rows are encoded straight into the buffer that is compressed or stored as it is.
// \source ROOT, TBasket::Streamer and WriteBuffer: the key grows by 19 bytes, behind the data come
// the number of positions and the positions themselves, counted from the key's first byte
#include "formats/ttree/writer.h"

enum {
    BASKET_VERSION = 3,
    N_POSITIONS = 1000, ///< what ROOT begins with
    MAX_BASKET = 1 << 30,
};

void bl_write_basket_release(bl_write_basket *basket) {
    bl_buffer_release(basket->raw);
    bl_buffer_release(basket->ends);
    bl_buffer_release(basket->stored);
    *basket = (bl_write_basket){0};
}

/// Bytes of rows [first, last) of the present batch, their positions included.
static uint64_t bound_of(const bl_ttree_writer *writer, size_t branch, int64_t first,
                         int64_t last) {
    const bl_write_shape *shape = &writer->plan.branches[branch].shape;
    uint64_t positions = bl_write_is_fixed(shape) ? 0 : sizeof(uint32_t);
    return bl_write_bound(shape, &writer->columns[branch].view, first, last) +
           positions * (uint64_t)(last - first);
}

/// How far rows from `first` on fit into `left` bytes.
static int64_t rows_that_fit(const bl_ttree_writer *writer, size_t branch, int64_t first,
                             int64_t last, uint64_t left) {
    if (bound_of(writer, branch, first, last) <= left)
        return last;
    int64_t fits = first; // and last does not
    while (last - fits > 1) {
        int64_t middle = fits + (last - fits) / 2;
        if (bound_of(writer, branch, first, middle) <= left)
            fits = middle;
        else
            last = middle;
    }
    return fits;
}

static bl_status open_basket(bl_ttree_writer *writer, size_t branch, int64_t row, bl_error *err) {
    bl_write_column *column = &writer->columns[branch];
    BL_TRY(bl_array_grow(writer->context, &column->open, &column->open_capacity, column->n_open,
                         sizeof *column->open, "baskets", err));
    column->open[column->n_open++] = (bl_write_basket){.first_row = writer->batch_base + row};
    return BL_OK;
}

static bl_status make_room(bl_context *context, bl_buffer **buffer, size_t more, bl_error *err) {
    if (!*buffer)
        return bl_buffer_new(context, more, buffer, err);
    size_t wanted = (*buffer)->size + more;
    if (wanted <= (*buffer)->capacity)
        return BL_OK;
    return bl_buffer_reserve(buffer, wanted + (*buffer)->size / 2, err);
}

static bl_status append_rows(bl_ttree_writer *writer, size_t branch, bl_write_basket *basket,
                             int64_t first, int64_t last, bl_error *err) {
    const bl_write_shape *shape = &writer->plan.branches[branch].shape;
    const bl_write_column *column = &writer->columns[branch];
    uint64_t bound = bound_of(writer, branch, first, last);
    size_t n_rows = (size_t)(last - first);
    if (basket->bound + bound > MAX_BASKET)
        return bl_error_set(err, BL_E_LIMIT, "row %lld takes more than %d bytes",
                            (long long)(writer->batch_base + first), MAX_BASKET);
    bool is_new = !basket->raw;
    BL_TRY(make_room(writer->context, &basket->raw, (size_t)bound + (is_new ? column->head : 0) + 8,
                     err));
    if (is_new)
        basket->raw->size = column->head;
    uint32_t *ends = NULL;
    if (!bl_write_is_fixed(shape)) {
        BL_TRY(make_room(writer->context, &basket->ends, n_rows * sizeof *ends, err));
        ends = (uint32_t *)(void *)(basket->ends->data + basket->ends->size);
        basket->ends->size += n_rows * sizeof *ends;
    }
    basket->raw->size +=
        bl_write_rows(shape, &column->view, first, last, basket->raw->data + basket->raw->size,
                      ends, (uint32_t)basket->raw->size);
    basket->bound += bound;
    basket->n_rows += last - first;
    return BL_OK;
}

bl_status bl_write_column_append(bl_ttree_writer *writer, size_t branch, bl_error *err) {
    bl_write_column *column = &writer->columns[branch];
    for (int64_t row = writer->part_first; row < writer->part_last;) {
        if (column->n_open == 0)
            BL_TRY(open_basket(writer, branch, row, err));
        bl_write_basket *basket = &column->open[column->n_open - 1];
        uint64_t left =
            writer->chunk_bytes > basket->bound ? writer->chunk_bytes - basket->bound : 0;
        int64_t end = rows_that_fit(writer, branch, row, writer->part_last, left);
        if (end == row && basket->n_rows) {
            BL_TRY(open_basket(writer, branch, row, err));
            continue;
        }
        if (end == row) // a row that is larger than a basket has one of its own
            end = row + 1;
        BL_TRY(append_rows(writer, branch, basket, row, end, err));
        row = end;
    }
    return BL_OK;
}

/// Puts the number of positions and the positions behind the rows.
static void pack_positions(bl_write_basket *basket, size_t head) {
    const uint32_t *ends = (const uint32_t *)(const void *)basket->ends->data;
    size_t n = (size_t)basket->n_rows;
    uint8_t *at = basket->raw->data + basket->raw->size;
    bl_store_be32(at, (uint32_t)(n + 1));
    bl_store_be32(at + 4, (uint32_t)head);
    for (size_t i = 0; i < n; i++) // the last one is where the next row would be
        bl_store_be32(at + 8 + 4 * i, ends[i]);
    basket->raw->size += 8 + 4 * n;
}

bl_status bl_write_basket_pack(bl_ttree_writer *writer, size_t branch, bl_write_basket *basket,
                               bl_codecs *codecs, bl_error *err) {
    size_t head = writer->columns[branch].head, stored = 0;
    basket->data_bytes = basket->raw->size - head;
    if (basket->ends) {
        BL_TRY(bl_buffer_reserve(&basket->raw, basket->raw->size + 8 + 4 * (size_t)basket->n_rows,
                                 err));
        pack_positions(basket, head);
        bl_buffer_release(BL_MOVE(basket->ends));
    }
    size_t raw = basket->raw->size - head;
    basket->obj_len = (int32_t)raw;
    if (writer->file->how.codec != BL_CODEC_STORED && raw) {
        BL_TRY(bl_buffer_new(writer->context, head + raw, &basket->stored, err));
        BL_TRY(bl_root_blocks_encode(codecs, writer->file->how, basket->raw->data + head, raw,
                                     basket->stored->data + head, &stored, err));
        basket->stored->size = head + stored;
        bl_buffer_release(stored ? BL_MOVE(basket->raw) : BL_MOVE(basket->stored));
    }
    basket->n_bytes = (int32_t)(head + (stored ? stored : raw));
    return BL_OK;
}

/// Fills in the room in front of the payload.
static bl_status pack_head(const bl_ttree_writer *writer, size_t branch,
                           const bl_write_basket *basket, uint8_t *out, bl_error *err) {
    const bl_write_column *column = &writer->columns[branch];
    bl_root_key key = column->key;
    key.n_bytes = basket->n_bytes;
    key.obj_len = basket->obj_len;
    key.seek_key = bl_root_writer_position(writer->file);
    size_t row_bytes = bl_write_fixed_bytes(&writer->plan.branches[branch].shape);
    size_t n_positions =
        (size_t)basket->n_rows < N_POSITIONS ? N_POSITIONS : (size_t)basket->n_rows + 1;
    bl_packer packer = {.context = writer->context};
    bl_root_key_pack(&packer, &key);
    bl_pack_be16(&packer, BASKET_VERSION);
    bl_pack_be32(&packer, (uint32_t)(column->head + basket->data_bytes)); // buffer size
    bl_pack_be32(&packer, (uint32_t)(row_bytes ? row_bytes : n_positions));
    bl_pack_be32(&packer, (uint32_t)basket->n_rows);
    bl_pack_be32(&packer, (uint32_t)(column->head + basket->data_bytes));
    bl_pack_u8(&packer, 0); // the payload lies behind this key and nowhere else
    bl_status status = bl_packer_check(&packer, "a basket", err);
    if (status == BL_OK)
        memcpy(out, packer.buffer->data, column->head);
    bl_packer_release(&packer);
    return status;
}

bl_status bl_write_basket_store(bl_ttree_writer *writer, size_t branch, bl_write_basket *basket,
                                bl_error *err) {
    bl_write_column *column = &writer->columns[branch];
    bl_buffer *record = basket->stored ? basket->stored : basket->raw;
    BL_TRY(bl_array_grow(writer->context, &column->baskets, &column->baskets_capacity,
                         column->n_baskets, sizeof *column->baskets, "baskets", err));
    BL_TRY(pack_head(writer, branch, basket, record->data, err));
    uint64_t seek = bl_root_writer_position(writer->file);
    BL_TRY(bl_root_writer_bytes(writer->file, record->data, record->size, err));
    column->baskets[column->n_baskets++] =
        (struct bl_written_basket){basket->first_row, seek, basket->n_bytes};
    column->raw_bytes += column->head + (uint64_t)basket->obj_len;
    column->stored_bytes += (uint64_t)basket->n_bytes;
    bl_write_basket_release(basket);
    return BL_OK;
}
