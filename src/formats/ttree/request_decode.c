// SPDX-License-Identifier: Apache-2.0
// Decoding a request: one task a basket on the context's threads, then the batch.
#include "base/context.h"
#include "formats/ttree/request.h"

/// What the counter's bl_job says of one basket. Arrays are owned by the caller's buffer.
static bl_status counts_of(const bl_request *request, const bl_basket_task *t,
                           bl_buffer **ret_holder, bl_counts *ret_counts, bl_error *err) {
    const bl_job *counter = t->job->counts;
    const bl_column *column = &counter->result;
    int64_t n_rows = t->slot.last - t->slot.first, skipped = t->slot.first - counter->first;
    bool is_list = column->type->id == BL_LIST;
    const bl_column *leaf = is_list ? &column->children[0] : column;
    // numbers that are counted item by item need one count an item
    bool per_item = bl_job_column(request, t->job)->layout.item.kind == BL_LAYOUT_COUNTED;
    if (leaf->type->id < BL_INT8 || leaf->type->id > BL_UINT64 || (per_item && !is_list))
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "counter '%s' is not a whole number, or not one an item",
                            bl_job_column(request, counter)->branch->path);
    const int32_t *lists =
        column->offsets ? (const int32_t *)(const void *)column->offsets->data : NULL;
    int64_t first_item = lists ? lists[skipped] : skipped;
    int64_t n_items = (lists ? lists[skipped + n_rows] : skipped + n_rows) - first_item;
    BL_TRY(bl_buffer_new(bl_request_context(request), (size_t)(n_rows + 1 + n_items) * 8,
                         ret_holder, err));
    int64_t *offsets = (int64_t *)(void *)(*ret_holder)->data, *items = offsets + n_rows + 1;
    size_t width = bl_type_id_width(leaf->type->id);
    bool is_signed = leaf->type->id % 2 == BL_INT8 % 2;
    for (int64_t i = 0; i < n_items; i++) {
        uint64_t value = 0;
        memcpy(&value, leaf->values->data + (size_t)(first_item + i) * width, width);
        unsigned unused = 64 - 8 * (unsigned)width;
        items[i] = is_signed ? (int64_t)(value << unused) >> unused : (int64_t)value;
        if (items[i] < 0 || items[i] > INT32_MAX)
            return bl_error_set(err, BL_E_CORRUPT, "counter '%s' is %lld",
                                bl_job_column(request, counter)->branch->path, (long long)items[i]);
    }
    offsets[0] = 0;
    for (int64_t i = 0; i < n_rows; i++)
        offsets[i + 1] = lists ? lists[skipped + i + 1] - first_item : offsets[i] + items[i];
    *ret_counts = (bl_counts){.offsets = offsets, .items = items};
    return BL_OK;
}

/// Jagged numbers of a basket that the wanted rows begin or end inside.
static bl_status decode_jagged_piece(bl_context *context, const bl_entry_layout *layout,
                                     const bl_basket *basket, bl_rows rows, const uint32_t *starts,
                                     bl_column *piece, bl_error *err) {
    int64_t n_items = (starts[rows.n] - starts[0]) / (int64_t)layout->item.fixed_bytes;
    BL_TRY(bl_column_make_jagged(context, layout, rows.n, n_items, piece, err));
    BL_TRY(bl_decode_jagged(layout, basket, rows, starts, 0,
                            (int32_t *)(void *)piece->offsets->data,
                            bl_column_innermost(piece)->values->data, err));
    bl_column_pack_bools(piece);
    return BL_OK;
}

static bl_status decode_piece(const bl_request *request, const bl_basket_task *t,
                              const bl_basket *basket, const bl_counts *counts,
                              const uint32_t *starts, bl_error *err) {
    const bl_entry_layout *layout = &bl_job_column(request, t->job)->layout;
    bl_column *piece = &t->job->pieces[(size_t)(t - request->tasks) - t->job->first_task];
    bl_context *context = bl_request_context(request);
    if (bl_layout_is_jagged(layout))
        return decode_jagged_piece(context, layout, basket, bl_task_rows(t), starts, piece, err);
    bl_builder builder;
    bl_status status = bl_builder_init(&builder, context, layout->type, err);
    if (status == BL_OK)
        status = bl_decode_rows(layout, basket, bl_task_rows(t), counts, starts, &builder, err);
    if (status == BL_OK)
        status = bl_builder_finish(&builder, piece, err);
    bl_builder_release(&builder);
    return status;
}

static bl_status decode_jagged(const bl_request *request, const bl_basket_task *t,
                               const bl_basket *basket, const uint32_t *starts, bl_error *err) {
    bl_job *j = t->job;
    int64_t per_item;
    const bl_entry_layout *layout = &bl_job_column(request, j)->layout;
    size_t item_bytes =
        bl_root_number_width(bl_layout_numbers(layout, &per_item)) * (size_t)per_item;
    int64_t row = t->slot.first - j->first;
    if (starts[0] != 0 || starts[t->slot.last - t->slot.first] != basket->data_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "its entries do not fill it");
    return bl_decode_jagged(layout, basket, bl_task_rows(t), starts, (int32_t)t->base,
                            j->offsets + row, j->values + (size_t)t->base * item_bytes, err);
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

static bl_status decode_basket(const bl_request *request, bl_basket_task *t,
                               const bl_basket *basket, bl_error *err) {
    bl_job *j = t->job;
    const bl_entry_layout *layout = &bl_job_column(request, j)->layout;
    bl_rows rows = bl_task_rows(t);
    if (basket->n_rows < rows.first + rows.n)
        return bl_error_set(err, BL_E_CORRUPT, "has %lld rows, its branch counts %lld",
                            (long long)basket->n_rows, (long long)(t->slot.last - t->slot.first));
    if (j->values && !j->offsets) {
        int64_t per_item;
        size_t width = bl_root_number_width(bl_layout_numbers(layout, &per_item));
        int64_t row = t->slot.first + rows.first - j->first;
        return bl_decode_flat(layout, basket, rows, j->values + (size_t)(row * per_item) * width,
                              err);
    }
    bl_counts counts = {0};
    BL_AUTO(bl_buffer) counted = NULL;
    BL_AUTO(bl_buffer) starts = NULL;
    bool is_counted = !basket->table || layout->item.kind == BL_LAYOUT_COUNTED;
    if (j->counts && is_counted && basket->n_rows == t->slot.last - t->slot.first)
        BL_TRY(counts_of(request, t, &counted, &counts, err));
    BL_TRY(check_rows_have_bytes(j, basket, rows, err));
    BL_TRY(bl_buffer_new(bl_request_context(request), (size_t)(rows.n + 1) * 4, &starts, err));
    uint32_t *at = (uint32_t *)(void *)starts->data;
    const bl_counts *known = counts.offsets ? &counts : NULL;
    BL_TRY(bl_decode_starts(layout, basket, rows, known, at, err));
    if (j->values)
        return decode_jagged(request, t, basket, at, err);
    return decode_piece(request, t, basket, known, at, err);
}

static bl_status run_task(void *argument, size_t index, unsigned worker, bl_error *err) {
    bl_request *request = (bl_request *)argument;
    bl_basket_task *t = request->wave[index];
    bl_basket basket;
    bl_status status = bl_task_open(request, t, request->reader->codecs[worker], &basket, err);
    if (status == BL_OK) {
        status = decode_basket(request, t, &basket, err);
        bl_basket_release(&t->kept);
        t->has_kept = status == BL_OK && t->slot.last > t->job->last && !t->job->is_counter;
        if (t->has_kept)
            t->kept = basket;
        else
            bl_basket_release(&basket);
    }
    return status == BL_OK ? BL_OK : bl_task_error(request, t, status, err);
}

static bl_status join_pieces(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    bl_request *request = (bl_request *)argument;
    bl_job *j = request->running[index];
    bl_context *context = bl_request_context(request);
    const bl_ttree_column *column = bl_job_column(request, j);
    if (!j->pieces) {
        bl_column_pack_bools(&j->result);
        return BL_OK;
    }
    const bl_column **parts =
        (const bl_column **)bl_alloc_zero(context, j->n_slots + 1, sizeof *parts);
    if (!parts)
        return bl_error_nomem(err, j->n_slots * sizeof *parts, "pieces of a column");
    bl_status status = BL_OK;
    size_t n = j->n_slots;
    if (n == 0) { // no rows: an empty column of the right type
        bl_builder builder;
        status = bl_builder_init(&builder, context, column->layout.type, err);
        if (status == BL_OK)
            status = bl_builder_finish(&builder, &j->result, err);
        bl_builder_release(&builder);
    } else {
        for (size_t i = 0; i < n; i++)
            parts[i] = &j->pieces[i];
        status = bl_column_concat(context, parts, n, &j->result, err);
    }
    bl_free(context, parts);
    return status == BL_OK ? BL_OK : bl_error_in(err, status, "branch '%s'", column->branch->path);
}

/// Leaves a basket that the rows end in to its column: the next rows are likely to begin there. All
/// kept baskets together take no more than a share of the memory budget; the others are read again.
static void keep_baskets(bl_request *request, const bl_job *j) {
    enum { BUDGET_SHARE = 4 };
    bl_ttree_reader *reader = request->reader;
    bl_ttree_column *column = &reader->columns[j->column];
    uint64_t limit = bl_context_memory_bytes(reader->head.context) / BUDGET_SHARE;
    for (size_t i = 0; i < j->n_slots; i++) {
        bl_basket_task *t = &request->tasks[j->first_task + i];
        if (!t->has_kept)
            continue;
        reader->kept_bytes -= column->kept.data_bytes;
        bl_basket_release(&column->kept);
        column->has_kept = reader->kept_bytes + t->kept.data_bytes <= limit;
        if (column->has_kept) {
            column->kept = t->kept;
            column->kept_slot = t->slot_number;
            reader->kept_bytes += t->kept.data_bytes;
        } else {
            bl_basket_release(&t->kept);
        }
        t->kept = (bl_basket){0};
        t->has_kept = false;
    }
}

/// Decodes the counters (first wave) or everything else (second wave).
static bl_status run_wave(bl_request *request, bool counters, bl_error *err) {
    size_t n_jobs = 0, n_tasks = 0;
    for (size_t i = 0; i < request->n_jobs; i++) {
        bl_job *j = &request->jobs[i];
        if (j->is_counter != counters)
            continue;
        for (size_t k = 0; k < j->n_slots; k++) {
            bl_basket_task *t = &request->tasks[j->first_task + k];
            bl_task_take_kept(request, t); // left by a read that ended after this one started
            request->wave[n_tasks++] = t;
        }
        BL_TRY(bl_job_prepare(request, j, err));
        request->running[n_jobs++] = j;
    }
    BL_TRY(bl_run_tasks(bl_request_context(request), run_task, request, n_tasks, err));
    for (size_t i = 0; i < n_jobs; i++)
        keep_baskets(request, request->running[i]);
    return bl_run_tasks(bl_request_context(request), join_pieces, request, n_jobs, err);
}

static bl_status make_batch(bl_request *request, bl_batch **ret_batch, bl_error *err) {
    bl_context *context = bl_request_context(request);
    const char **names =
        (const char **)bl_alloc_zero(context, request->n_columns + 1, sizeof *names);
    if (!names)
        return bl_error_nomem(err, request->n_columns * sizeof *names, "column names");
    for (size_t i = 0; i < request->n_columns; i++)
        names[i] = request->reader->head.columns[request->columns[i]].path;
    bl_status status = bl_batch_new(context, request->n_columns, names, request->first,
                                    request->last - request->first, ret_batch, err);
    bl_free(context, names);
    for (size_t i = 0; status == BL_OK && i < request->n_columns; i++) {
        (*ret_batch)->columns[i] = request->jobs[i].result;
        request->jobs[i].result = (bl_column){0};
    }
    return status;
}

bl_status bl_request_finish(bl_request *request, bl_batch **ret_batch, bl_error *err) {
    for (size_t i = 0; i < request->reader->n_sources; i++)
        if (request->fetches[i])
            BL_TRY(bl_fetch_wait(request->fetches[i], err));
    BL_TRY(run_wave(request, true, err));
    BL_TRY(run_wave(request, false, err));
    return make_batch(request, ret_batch, err);
}
