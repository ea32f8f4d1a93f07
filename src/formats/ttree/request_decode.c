// SPDX-License-Identifier: Apache-2.0
// Decoding the basket of one task, into its place in the column or into a piece.
#include "formats/ttree/request.h"

/// Jagged numbers of a basket that the wanted rows begin inside.
static bl_status decode_jagged_piece(const bl_request *request, const bl_entry_layout *layout,
                                     const bl_basket *basket, bl_rows rows, const uint32_t *starts,
                                     bl_column *piece, bl_error *err) {
    int64_t n_items = (starts[rows.n] - starts[0]) / (int64_t)layout->item.fixed_bytes;
    BL_TRY(bl_column_make_jagged(request, layout, rows.n, n_items, piece, err));
    BL_TRY(bl_decode_jagged(layout, basket, rows, starts, 0,
                            (int32_t *)(void *)piece->offsets->data,
                            bl_column_innermost(piece)->values->data, err));
    bl_column_pack_bools(piece);
    return BL_OK;
}

/// Vectors of a basket that the wanted rows begin inside. \param ret_done false: they are odd
static bl_status decode_vector_piece(const bl_request *request, const bl_entry_layout *layout,
                                     const bl_basket *basket, bl_rows rows, const uint32_t *starts,
                                     bl_column *piece, bool *ret_done, bl_error *err) {
    int64_t n_items = bl_layout_items(layout, rows.n, starts[rows.n] - starts[0]);
    BL_TRY(bl_column_make_jagged(request, layout, rows.n, n_items, piece, err));
    *ret_done =
        bl_decode_vectors(layout, basket, rows, starts, 0, (int32_t *)(void *)piece->offsets->data,
                          bl_column_innermost(piece)->values->data);
    if (*ret_done)
        bl_column_pack_bools(piece);
    return BL_OK;
}

/// Vectors of vectors. \param ret_done false: they are odd
static bl_status decode_nested_piece(const bl_request *request, const bl_entry_layout *layout,
                                     const bl_basket *basket, bl_rows rows, const uint32_t *starts,
                                     bl_column *piece, bool *ret_done, bl_error *err) {
    int64_t n_lists, n_numbers;
    if (!bl_nested_sizes(layout, basket, rows, starts, &n_lists, &n_numbers))
        return BL_OK;
    BL_TRY(bl_column_make_nested(request, layout, rows.n, n_lists, n_numbers, piece, err));
    bl_column *lists = &piece->children[0];
    bl_vector_rows into = {
        .ends = (int32_t *)(void *)piece->offsets->data + 1,
        .inner_ends = (int32_t *)(void *)lists->offsets->data + 1,
        .n_inner = (size_t)n_lists,
        .numbers = lists->children[0].values->data,
        .n_numbers = (size_t)n_numbers,
    };
    *ret_done = bl_decode_nested(layout, basket, rows, starts, &into) &&
                into.n_inner == (size_t)n_lists && into.n_numbers == (size_t)n_numbers;
    return BL_OK;
}

static bl_status build_piece(const bl_request *request, const bl_entry_layout *layout,
                             const bl_basket *basket, bl_rows rows, const bl_counts *counts,
                             const uint32_t *starts, bl_column *piece, bl_error *err) {
    BL_TRY(bl_request_check_room(request, 2 * basket->data_bytes, err)); // builders double
    bl_builder builder;
    BL_TRY(bl_builder_init(&builder, bl_request_context(request), layout->type, err));
    bl_status status = bl_decode_rows(layout, basket, rows, counts, starts, &builder, err);
    if (status == BL_OK)
        status = bl_builder_finish(&builder, piece, err);
    bl_builder_release(&builder);
    return status;
}

static bl_status decode_piece(const bl_request *request, const bl_basket_task *t,
                              const bl_basket *basket, const bl_counts *counts,
                              const uint32_t *starts, bl_error *err) {
    const bl_entry_layout *layout = &bl_job_column(request, t->job)->layout;
    bl_column *piece = &t->job->pieces[(size_t)(t - request->tasks) - t->job->first_task];
    bl_rows rows = bl_task_rows(t);
    bool done = false;
    if (t->job->shape == BL_SHAPE_JAGGED)
        return decode_jagged_piece(request, layout, basket, rows, starts, piece, err);
    if (t->job->shape == BL_SHAPE_VECTOR)
        BL_TRY(decode_vector_piece(request, layout, basket, rows, starts, piece, &done, err));
    else if (t->job->shape == BL_SHAPE_NESTED)
        BL_TRY(decode_nested_piece(request, layout, basket, rows, starts, piece, &done, err));
    if (done)
        return BL_OK;
    bl_column_release(bl_request_context(request), piece);
    return build_piece(request, layout, basket, rows, counts, starts, piece, err);
}

/// Where a task's offsets and items go.
static void place_of(const bl_request *request, const bl_basket_task *t, int32_t **ret_offsets,
                     uint8_t **ret_values) {
    const bl_job *j = t->job;
    size_t width = bl_layout_item_width(&bl_job_column(request, j)->layout);
    *ret_offsets = j->offsets + (t->slot.first + bl_task_rows(t).first - j->first);
    *ret_values = j->values + (size_t)t->base * width;
}

static bl_status decode_jagged(const bl_request *request, const bl_basket_task *t,
                               const bl_basket *basket, const uint32_t *starts, bl_error *err) {
    const bl_entry_layout *layout = &bl_job_column(request, t->job)->layout;
    bl_rows rows = bl_task_rows(t);
    int32_t *offsets;
    uint8_t *values;
    place_of(request, t, &offsets, &values);
    bool begins = rows.first == 0, ends = rows.first + rows.n == t->slot.last - t->slot.first;
    if ((begins && starts[0] != 0) || (ends && starts[rows.n] != basket->data_bytes))
        return bl_error_set(err, BL_E_CORRUPT, "its entries do not fill it");
    return bl_decode_jagged(layout, basket, rows, starts, (int32_t)t->base, offsets, values, err);
}

static void decode_vectors(const bl_request *request, const bl_basket_task *t,
                           const bl_basket *basket, const uint32_t *starts) {
    const bl_entry_layout *layout = &bl_job_column(request, t->job)->layout;
    bl_rows rows = bl_task_rows(t);
    int32_t *offsets;
    uint8_t *values;
    place_of(request, t, &offsets, &values);
    // what was placed is what the header, or the range of a cut basket, promised
    bool is_whole = rows.n == t->header.n_rows && starts[0] == 0;
    bool fits = !is_whole || starts[rows.n] == basket->data_bytes;
    if (!fits ||
        !bl_decode_vectors(layout, basket, rows, starts, (int32_t)t->base, offsets, values))
        atomic_store_explicit(&t->job->is_odd, true, memory_order_relaxed);
}

static bl_status decode_flat(const bl_request *request, const bl_basket_task *t,
                             const bl_basket *basket, bl_error *err) {
    const bl_entry_layout *layout = &bl_job_column(request, t->job)->layout;
    bl_rows rows = bl_task_rows(t);
    int64_t row = t->slot.first + rows.first - t->job->first;
    return bl_decode_flat(request->kernels, layout, basket, rows,
                          t->job->values + (size_t)row * bl_layout_item_width(layout), err);
}

/// Entries may be empty, so a basket can claim billions of them without a byte behind. The caller
/// knows how many rows it asked for, but a counter is read over the whole of others' baskets.
static bl_status check_rows_have_bytes(const bl_job *j, const bl_basket *basket, bl_rows rows,
                                       bl_error *err) {
    uint64_t n_bytes = basket->data_bytes + (basket->table ? 4 * (uint64_t)basket->n_rows : 0);
    if (j->is_counter && (uint64_t)rows.n > BL_ROWS_WITHOUT_BYTES + n_bytes)
        return bl_error_set(err, BL_E_LIMIT, "%lld rows in %llu bytes", (long long)rows.n,
                            (unsigned long long)n_bytes);
    return BL_OK;
}

/// What the counter says of one basket.
static bl_counts counts_of(const bl_basket_task *t) {
    const bl_job *counter = t->job->counts;
    return (bl_counts){.offsets = counter->numbers.offsets + (t->slot.first - counter->first),
                       .items = counter->numbers.items};
}

/// Numbers that are counted item by item need one count an item.
static bl_status check_counter(const bl_request *request, const bl_basket_task *t, bl_error *err) {
    const bl_job *counter = t->job->counts;
    bool per_item = bl_job_column(request, t->job)->layout.item.kind == BL_LAYOUT_COUNTED;
    if (counter->numbers.offsets && (!per_item || counter->result.type->id == BL_LIST))
        return BL_OK;
    return bl_error_set(err, BL_E_UNSUPPORTED,
                        "counter '%s' is not a whole number, or not one an item",
                        bl_job_column(request, counter)->branch->path);
}

static bl_status decode_basket(const bl_request *request, const bl_basket_task *t,
                               const bl_basket *basket, bl_worker *worker, bl_error *err) {
    bl_job *j = t->job;
    const bl_entry_layout *layout = &bl_job_column(request, j)->layout;
    bl_rows rows = bl_task_rows(t);
    if (basket->n_rows < rows.first + rows.n)
        return bl_error_set(err, BL_E_CORRUPT, "has %lld rows, its branch counts %lld",
                            (long long)basket->n_rows, (long long)(t->slot.last - t->slot.first));
    if (bl_job_is_direct(j) && j->shape == BL_SHAPE_FLAT)
        return decode_flat(request, t, basket, err);
    if (bl_job_is_direct(j) && j->shape == BL_SHAPE_JAGGED) {
        int32_t *offsets;
        uint8_t *values;
        place_of(request, t, &offsets, &values);
        if (bl_decode_jagged_by_table(request->kernels, layout, basket, rows, (int32_t)t->base,
                                      offsets, values))
            return BL_OK;
    }
    bl_counts counts = {0};
    bool is_counted = !basket->table || layout->item.kind == BL_LAYOUT_COUNTED;
    if (j->counts && is_counted && basket->n_rows == t->slot.last - t->slot.first) {
        BL_TRY(check_counter(request, t, err));
        counts = counts_of(t);
    }
    BL_TRY(check_rows_have_bytes(j, basket, rows, err));
    BL_TRY(bl_request_scratch(request, (size_t)(rows.n + 1) * 4, &worker->starts, err));
    uint32_t *starts = (uint32_t *)(void *)worker->starts->data;
    const bl_counts *known = counts.offsets ? &counts : NULL;
    BL_TRY(bl_decode_starts(layout, basket, rows, known, starts, err));
    if (bl_job_is_direct(j) && j->shape == BL_SHAPE_VECTOR) {
        decode_vectors(request, t, basket, starts);
        return BL_OK;
    }
    if (bl_job_is_direct(j) && j->shape == BL_SHAPE_NESTED)
        return bl_job_append(request, t, basket, starts, worker, err);
    if (bl_job_is_direct(j))
        return decode_jagged(request, t, basket, starts, err);
    return decode_piece(request, t, basket, known, starts, err);
}

/// Opens a basket that is to outlive the request.
static bl_status open_to_keep(const bl_request *request, const bl_basket_task *t, bl_codecs *codecs,
                              bl_basket *ret_basket, bl_error *err) {
    const bl_basket_header *h = &t->header;
    const uint8_t *data = bl_task_data(t);
    size_t n_bytes = bl_basket_open_bytes(h);
    BL_AUTO(bl_buffer) own = NULL;
    BL_TRY(bl_request_buffer(request, n_bytes, &own, err));
    own->size = n_bytes;
    if (!h->is_compressed) // a copy, because the stretch that it lies in is many times as long
        data = (const uint8_t *)memcpy(own->data, data, n_bytes);
    BL_TRY(bl_basket_open(codecs, data, h, own->data, ret_basket, err));
    ret_basket->holder = BL_MOVE(own);
    return BL_OK;
}

static bl_status open_task(const bl_request *request, const bl_basket_task *t, bl_codecs *codecs,
                           bl_worker *worker, bl_basket *ret_basket, bl_error *err) {
    if (t->has_kept) {
        *ret_basket = bl_basket_ref(&t->kept);
        return BL_OK;
    }
    if (t->slot.embedded)
        return bl_basket_open_embedded(t->slot.embedded->raw, t->slot.embedded->raw_size,
                                       ret_basket, err);
    if (t->keep)
        return open_to_keep(request, t, codecs, ret_basket, err);
    if (t->header.is_compressed)
        BL_TRY(bl_request_scratch(request, t->header.n_raw, &worker->raw, err));
    return bl_basket_open(codecs, bl_task_data(t), &t->header,
                          worker->raw ? worker->raw->data : NULL, ret_basket, err);
}

static bl_status decode_task(const bl_request *request, bl_basket_task *t, unsigned worker,
                             bl_error *err) {
    bl_worker *own = &request->workers[worker];
    bl_basket basket = {0};
    bl_status status = open_task(request, t, request->reader->codecs[worker], own, &basket, err);
    if (status == BL_OK) {
        status = decode_basket(request, t, &basket, own, err);
        bl_basket_release(&t->kept);
        t->has_kept = status == BL_OK && t->keep;
        if (t->has_kept)
            t->kept = basket;
        else
            bl_basket_release(&basket);
    }
    return status == BL_OK ? BL_OK : bl_task_error(request, t, status, err);
}

bl_status bl_task_decode(const bl_request *request, bl_basket_task *t, unsigned worker,
                         bl_error *err) {
    const bl_job *j = t->job;
    if (!j->appends)
        return decode_task(request, t, worker, err);
    bl_basket_task *first = &request->tasks[j->first_task];
    if (t != first + j->window_first)
        return BL_OK; // decoded with the first one
    for (size_t i = j->window_first; i < j->n_placed; i++)
        BL_TRY(decode_task(request, first + i, worker, err));
    return BL_OK;
}
