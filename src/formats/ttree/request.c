// SPDX-License-Identifier: Apache-2.0
// One request: rows of columns, from basket slots to a batch.
//
// A job is one column's rows; a task is one basket of a job. All baskets of all jobs are asked for
// at once, then decoded by the context's threads, one task each. Where the place of a basket's
// values in the column is known before anything is uncompressed (flat numbers, and jagged numbers
// in whole baskets), tasks write straight into it; else each makes a piece, and the pieces are
// joined. Columns that count the items of others are decoded first.
#include "base/context.h"
#include "formats/ttree/reader.h"

typedef struct job {
    size_t column;
    int64_t first, last;
    size_t first_slot, n_slots;
    size_t first_task;
    bool is_counter;    ///< only read because another column needs it
    struct job *counts; ///< the job that counts this one's items
    bl_column result;
    bl_column *pieces; ///< [n_slots], where tasks do not write into `result`
    uint8_t *values;   ///< of result, where they do
    int32_t *offsets;
} job;

typedef struct task {
    job *job;
    size_t slot_number;
    bl_ttree_slot slot;
    size_t range;   ///< in its source's fetch; SIZE_MAX: embedded or kept
    int64_t base;   ///< items of the column before this basket
    bl_basket kept; ///< taken over from an earlier read
    bool has_kept;
} task;

struct bl_request {
    bl_ttree_reader *reader;
    int64_t first, last;
    size_t n_columns, n_jobs, n_tasks, tasks_capacity;
    size_t *columns;
    job *jobs; ///< [n_jobs]: one a column, then the counters; at most 2 × n_columns
    task *tasks;
    bl_fetch **fetches; ///< one a source, NULL where nothing is needed
    job **running;      ///< jobs of the present wave
};

static bl_context *context_of(const bl_request *request) { return request->reader->head.context; }

static const bl_ttree_column *column_of(const bl_request *request, const job *j) {
    return &request->reader->columns[j->column];
}

// ---- what is needed ----

static bl_status add_task(bl_request *request, job *j, size_t slot_number, bl_error *err) {
    const bl_ttree_column *column = column_of(request, j);
    BL_TRY(bl_array_grow(context_of(request), &request->tasks, &request->tasks_capacity,
                         request->n_tasks, sizeof *request->tasks, "a list of baskets", err));
    task *t = &request->tasks[request->n_tasks];
    *t = (task){.job = j, .slot_number = slot_number, .range = SIZE_MAX};
    BL_TRY(bl_ttree_slot_of(column->branch, slot_number, &t->slot, err));
    if (column->has_kept && column->kept_slot == slot_number) {
        t->kept = column->kept;
        t->has_kept = true;
        if (t->kept.holder)
            bl_buffer_ref(t->kept.holder);
    }
    request->n_tasks++;
    return BL_OK;
}

static bl_status check_rows(const bl_ttree_branch *branch, int64_t first, int64_t last,
                            bl_error *err) {
    int64_t end = branch->first_row + branch->n_rows;
    if (first < branch->first_row || last > end)
        return bl_error_set(err, BL_E_RANGE, "rows %lld to %lld of a branch that has %lld to %lld",
                            (long long)first, (long long)last, (long long)branch->first_row,
                            (long long)end);
    return BL_OK;
}

static bl_status add_tasks(bl_request *request, job *j, bl_error *err) {
    const bl_ttree_branch *branch = column_of(request, j)->branch;
    j->first_task = request->n_tasks;
    BL_TRY(check_rows(branch, j->first, j->last, err));
    if (j->first == j->last)
        return BL_OK;
    j->first_slot = bl_ttree_slot_at(branch, j->first);
    int64_t at = j->first;
    for (size_t i = j->first_slot; i < branch->n_baskets && at < j->last; i++) {
        BL_TRY(add_task(request, j, i, err));
        const bl_ttree_slot *slot = &request->tasks[request->n_tasks - 1].slot;
        if (slot->first > at || (slot->last <= at && slot->last > slot->first))
            return bl_error_set(err, BL_E_CORRUPT,
                                "basket %zu: has rows %lld to %lld, not row %lld", i,
                                (long long)slot->first, (long long)slot->last, (long long)at);
        at = slot->last > at ? slot->last : at;
        j->n_slots++;
    }
    if (at < j->last)
        return bl_error_set(err, BL_E_CORRUPT, "its baskets end at row %lld of %lld", (long long)at,
                            (long long)j->last);
    return BL_OK;
}

/// The job for the column that counts `j`'s items, over the whole of `j`'s baskets.
static void add_counter(bl_request *request, job *j) {
    const bl_ttree_column *column = column_of(request, j);
    if (column->counter == SIZE_MAX || j->n_slots == 0)
        return;
    int64_t first = request->tasks[j->first_task].slot.first;
    int64_t last = request->tasks[j->first_task + j->n_slots - 1].slot.last;
    for (size_t i = request->n_columns; i < request->n_jobs; i++) {
        job *other = &request->jobs[i];
        if (other->column == column->counter) {
            other->first = first < other->first ? first : other->first;
            other->last = last > other->last ? last : other->last;
            j->counts = other;
            return;
        }
    }
    j->counts = &request->jobs[request->n_jobs++];
    *j->counts = (job){.column = column->counter, .first = first, .last = last, .is_counter = true};
}

/// A basket with a table of positions needs no counter; only the branch's flags tell before
/// reading.
static bool needs_counter(const bl_ttree_column *column) {
    const bl_entry_layout *layout = &column->layout;
    return layout->item.kind == BL_LAYOUT_COUNTED ||
           (layout->is_list && column->counter != SIZE_MAX);
}

static bl_status start_fetch(bl_request *request, size_t source, bl_error *err) {
    bl_context *context = context_of(request);
    bl_range *ranges = (bl_range *)bl_alloc_zero(context, request->n_tasks, sizeof *ranges);
    if (!ranges)
        return bl_error_nomem(err, request->n_tasks * sizeof *ranges, "a list of ranges");
    size_t n = 0;
    for (size_t i = 0; i < request->n_tasks; i++) {
        task *t = &request->tasks[i];
        if (t->slot.embedded || t->has_kept || column_of(request, t->job)->source != source)
            continue;
        t->range = n;
        ranges[n++] = (bl_range){t->slot.offset, t->slot.n_bytes};
    }
    bl_status status = BL_OK;
    if (n)
        status = bl_fetch_start(request->reader->sources[source].source, ranges, n,
                                &request->fetches[source], err);
    bl_free(context, ranges);
    return status;
}

static bl_status plan(bl_request *request, bl_error *err) {
    for (size_t i = 0; i < request->n_columns; i++) {
        job *j = &request->jobs[i];
        *j = (job){.column = request->columns[i], .first = request->first, .last = request->last};
        const bl_ttree_column *column = column_of(request, j);
        if (column->layout.unreadable)
            return bl_error_set(err, BL_E_UNSUPPORTED, "branch '%s': %s", column->branch->path,
                                column->layout.unreadable);
        BL_TRY_IN(add_tasks(request, j, err), err, "branch '%s'", column->branch->path);
    }
    request->n_jobs = request->n_columns;
    for (size_t i = 0; i < request->n_columns; i++)
        if (needs_counter(column_of(request, &request->jobs[i])))
            add_counter(request, &request->jobs[i]);
    for (size_t i = request->n_columns; i < request->n_jobs; i++)
        BL_TRY_IN(add_tasks(request, &request->jobs[i], err), err, "branch '%s'",
                  column_of(request, &request->jobs[i])->branch->path);
    for (size_t i = 0; i < request->reader->n_sources && request->n_tasks; i++)
        BL_TRY(start_fetch(request, i, err));
    return BL_OK;
}

bl_status bl_request_start(bl_ttree_reader *reader, int64_t first, int64_t last,
                           const size_t *columns, size_t n_columns, bl_request **ret_request,
                           bl_error *err) {
    bl_context *context = reader->head.context;
    bl_request *made = (bl_request *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a request");
    BL_AUTO(bl_request) request = made;
    *request = (bl_request){.reader = reader, .first = first, .last = last, .n_columns = n_columns};
    request->columns = (size_t *)bl_alloc_zero(context, n_columns + 1, sizeof *columns);
    request->jobs = (job *)bl_alloc_zero(context, 2 * n_columns + 1, sizeof *request->jobs);
    request->running = (job **)bl_alloc_zero(context, 2 * n_columns + 1, sizeof *request->running);
    request->fetches =
        (bl_fetch **)bl_alloc_zero(context, reader->n_sources, sizeof *request->fetches);
    if (!request->columns || !request->jobs || !request->running || !request->fetches)
        return bl_error_nomem(err, n_columns * sizeof *request->jobs, "a request");
    if (n_columns)
        memcpy(request->columns, columns, n_columns * sizeof *columns);
    BL_TRY(plan(request, err));
    *ret_request = BL_MOVE(request);
    return BL_OK;
}

bool bl_request_is_for(const bl_request *request, int64_t first, int64_t last,
                       const size_t *columns, size_t n_columns) {
    return request->first == first && request->last == last && request->n_columns == n_columns &&
           (n_columns == 0 || memcmp(request->columns, columns, n_columns * sizeof *columns) == 0);
}

static void release_job(bl_context *context, job *j) {
    for (size_t i = 0; j->pieces && i < j->n_slots; i++)
        bl_column_release(context, &j->pieces[i]);
    bl_free(context, j->pieces);
    j->pieces = NULL;
    bl_column_release(context, &j->result);
}

void bl_request_free(bl_request *request) {
    if (!request)
        return;
    bl_context *context = context_of(request);
    for (size_t i = 0; request->fetches && i < request->reader->n_sources; i++)
        bl_fetch_free(request->fetches[i]);
    for (size_t i = 0; i < request->n_tasks; i++)
        bl_basket_release(&request->tasks[i].kept);
    for (size_t i = 0; i < request->n_jobs; i++)
        release_job(context, &request->jobs[i]);
    bl_free(context, request->fetches);
    bl_free(context, request->tasks);
    bl_free(context, request->jobs);
    bl_free(context, request->running);
    bl_free(context, request->columns);
    bl_free(context, request);
}

// ---- where values go ----

/// Rows of a task's basket that its job wants, counted from the basket's first.
static bl_rows rows_of(const task *t) {
    int64_t first = t->job->first > t->slot.first ? t->job->first : t->slot.first;
    int64_t last = t->job->last < t->slot.last ? t->job->last : t->slot.last;
    return (bl_rows){first - t->slot.first, last > first ? last - first : 0};
}

static bool is_whole(const task *t) { return rows_of(t).n == t->slot.last - t->slot.first; }

static bl_status open_basket(const bl_request *request, const task *t, bl_codecs *codecs,
                             bl_basket *ret_basket, bl_error *err) {
    if (t->has_kept) {
        *ret_basket = t->kept;
        if (ret_basket->holder)
            bl_buffer_ref(ret_basket->holder);
        return BL_OK;
    }
    if (t->slot.embedded)
        return bl_basket_open_embedded(t->slot.embedded->raw, t->slot.embedded->raw_size,
                                       ret_basket, err);
    const bl_ttree_column *column = column_of(request, t->job);
    if (column->has_kept && column->kept_slot == t->slot_number) { // kept since the request started
        *ret_basket = column->kept;
        if (ret_basket->holder)
            bl_buffer_ref(ret_basket->holder);
        return BL_OK;
    }
    bl_fetch *fetch = request->fetches[column->source];
    return bl_basket_open(context_of(request), codecs, bl_fetch_data(fetch, t->range),
                          (size_t)t->slot.n_bytes, bl_fetch_buffer(fetch, t->range), ret_basket,
                          err);
}

/// Rows and bytes of entries in a whole basket, known without uncompressing it. What is allocated
/// for a column rests on these, so they are checked against the slot and the bytes that are there.
static bl_status peek(const bl_request *request, const task *t, int64_t *ret_rows,
                      size_t *ret_bytes, bl_error *err) {
    if (t->has_kept || t->slot.embedded) {
        bl_basket basket;
        BL_TRY(open_basket(request, t, NULL, &basket, err));
        *ret_rows = basket.n_rows;
        *ret_bytes = basket.data_bytes;
        bl_basket_release(&basket);
    } else {
        bl_basket_header header;
        const uint8_t *data =
            bl_fetch_data(request->fetches[column_of(request, t->job)->source], t->range);
        BL_TRY(bl_basket_header_read(data, (size_t)t->slot.n_bytes, &header, err));
        *ret_rows = header.n_rows;
        *ret_bytes = header.data_bytes;
    }
    if (*ret_rows < t->slot.last - t->slot.first)
        return bl_error_set(err, BL_E_CORRUPT, "has %lld rows, its branch counts %lld",
                            (long long)*ret_rows, (long long)(t->slot.last - t->slot.first));
    return BL_OK;
}

static bl_status peek_in(const bl_request *request, const task *t, int64_t *ret_rows,
                         size_t *ret_bytes, bl_error *err) {
    BL_TRY_IN(peek(request, t, ret_rows, ret_bytes, err), err,
              "branch '%s': basket %zu (byte %llu)", column_of(request, t->job)->branch->path,
              t->slot_number, (unsigned long long)t->slot.offset);
    return BL_OK;
}

static bl_column *innermost(bl_column *column) {
    while (column->n_children)
        column = column->children;
    return column;
}

/// Gives fixed lists and the numbers inside them their lengths, from `n` items of `column`.
static void set_lengths(bl_column *column, int64_t n) {
    column->length = n;
    for (; column->n_children; column = column->children) {
        n *= column->type->id == BL_FIXED_LIST ? column->type->list_size : 1;
        column->children->length = n;
    }
}

static bl_status prepare_flat(bl_request *request, job *j, bl_error *err) {
    int64_t per_item;
    const bl_root_number *number = bl_layout_numbers(&column_of(request, j)->layout, &per_item);
    int64_t n_rows = j->last - j->first;
    size_t row_bytes = column_of(request, j)->layout.item.fixed_bytes;
    for (size_t i = 0; i < j->n_slots; i++) {
        const task *t = &request->tasks[j->first_task + i];
        int64_t n;
        size_t n_bytes;
        BL_TRY(peek_in(request, t, &n, &n_bytes, err));
        if ((uint64_t)n * row_bytes != n_bytes)
            return bl_error_set(
                err, BL_E_CORRUPT,
                "branch '%s': basket %zu (byte %llu): %lld rows of %zu bytes do not "
                "make %zu bytes",
                column_of(request, j)->branch->path, t->slot_number,
                (unsigned long long)t->slot.offset, (long long)n, row_bytes, n_bytes);
    }
    bl_column *leaf = innermost(&j->result);
    set_lengths(&j->result, n_rows);
    size_t n_bytes = (size_t)(n_rows * per_item) * bl_root_number_width(number);
    BL_TRY(bl_buffer_new(context_of(request), n_bytes, &leaf->values, err));
    leaf->values->size = n_bytes;
    j->values = leaf->values->data;
    return BL_OK;
}

/// \return via ret_direct false where the values' places are not known in advance
static bl_status prepare_jagged(bl_request *request, job *j, bool *ret_direct, bl_error *err) {
    const bl_entry_layout *layout = &column_of(request, j)->layout;
    int64_t per_item, n_items = 0;
    const bl_root_number *number = bl_layout_numbers(layout, &per_item);
    *ret_direct = false;
    for (size_t i = 0; i < j->n_slots; i++) {
        task *t = &request->tasks[j->first_task + i];
        int64_t n;
        size_t n_bytes;
        if (!is_whole(t))
            return BL_OK;
        BL_TRY(peek_in(request, t, &n, &n_bytes, err));
        t->base = n_items;
        n_items += (int64_t)(n_bytes / layout->item.fixed_bytes);
    }
    if (n_items > INT32_MAX)
        return BL_OK;
    int64_t n_rows = j->last - j->first;
    bl_column *leaf = innermost(&j->result);
    set_lengths(&j->result.children[0], n_items);
    j->result.length = n_rows;
    size_t n_bytes = (size_t)(n_items * per_item) * bl_root_number_width(number);
    BL_TRY(bl_buffer_new(context_of(request), n_bytes, &leaf->values, err));
    BL_TRY(bl_buffer_new(context_of(request), (size_t)(n_rows + 1) * 4, &j->result.offsets, err));
    leaf->values->size = n_bytes;
    j->result.offsets->size = (size_t)(n_rows + 1) * 4;
    j->values = leaf->values->data;
    j->offsets = (int32_t *)(void *)j->result.offsets->data;
    *ret_direct = true;
    return BL_OK;
}

/// Gives a zeroed column its type, all the way down.
static bl_status init_column(bl_context *context, bl_column *column, bl_type *type, bl_error *err) {
    BL_TRY(bl_column_init(context, column, type, err));
    for (size_t i = 0; i < type->n_children; i++)
        BL_TRY(init_column(context, &column->children[i], type->children[i], err));
    return BL_OK;
}

static bl_status prepare(bl_request *request, job *j, bl_error *err) {
    const bl_entry_layout *layout = &column_of(request, j)->layout;
    bl_context *context = context_of(request);
    int64_t per_item;
    bool direct = false;
    BL_TRY(init_column(context, &j->result, layout->type, err));
    if (j->n_slots && (bl_layout_is_flat(layout) || bl_layout_is_jagged(layout)) &&
        bl_layout_numbers(layout, &per_item)->type != BL_BOOL) {
        if (bl_layout_is_flat(layout)) {
            BL_TRY(prepare_flat(request, j, err));
            direct = true;
        } else {
            BL_TRY(prepare_jagged(request, j, &direct, err));
        }
    }
    if (direct)
        return BL_OK;
    bl_column_release(context, &j->result);
    j->pieces = (bl_column *)bl_alloc_zero(context, j->n_slots ? j->n_slots : 1, sizeof *j->pieces);
    return j->pieces ? BL_OK
                     : bl_error_nomem(err, j->n_slots * sizeof *j->pieces, "pieces of a column");
}

// ---- decoding ----

/// What the counter's job says of one basket. Arrays are owned by the caller's buffer.
static bl_status counts_of(const bl_request *request, const task *t, bl_buffer **ret_holder,
                           bl_counts *ret_counts, bl_error *err) {
    const job *counter = t->job->counts;
    const bl_column *column = &counter->result;
    int64_t n_rows = t->slot.last - t->slot.first, skipped = t->slot.first - counter->first;
    const bl_column *leaf = column->n_children ? &column->children[0] : column;
    if (leaf->type->id < BL_INT8 || leaf->type->id > BL_UINT64)
        return bl_error_set(err, BL_E_UNSUPPORTED, "counter '%s' is not a whole number",
                            column_of(request, counter)->branch->path);
    const int32_t *lists =
        column->offsets ? (const int32_t *)(const void *)column->offsets->data : NULL;
    int64_t first_item = lists ? lists[skipped] : skipped;
    int64_t n_items = (lists ? lists[skipped + n_rows] : skipped + n_rows) - first_item;
    BL_TRY(bl_buffer_new(context_of(request), (size_t)(n_rows + 1 + n_items) * 8, ret_holder, err));
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
                                column_of(request, counter)->branch->path, (long long)items[i]);
    }
    offsets[0] = 0;
    for (int64_t i = 0; i < n_rows; i++)
        offsets[i + 1] = lists ? lists[skipped + i + 1] - first_item : offsets[i] + items[i];
    *ret_counts = (bl_counts){.offsets = offsets, .items = items};
    return BL_OK;
}

static bl_status decode_piece(const bl_request *request, const task *t, const bl_basket *basket,
                              const bl_counts *counts, const uint32_t *starts, bl_error *err) {
    const bl_entry_layout *layout = &column_of(request, t->job)->layout;
    bl_column *piece = &t->job->pieces[(size_t)(t - request->tasks) - t->job->first_task];
    bl_builder builder;
    bl_status status = bl_builder_init(&builder, context_of(request), layout->type, err);
    if (status == BL_OK)
        status = bl_decode_rows(layout, basket, rows_of(t), counts, starts, &builder, err);
    if (status == BL_OK)
        status = bl_builder_finish(&builder, piece, err);
    bl_builder_release(&builder);
    return status;
}

static bl_status decode_jagged(const bl_request *request, const task *t, const bl_basket *basket,
                               const uint32_t *starts, bl_error *err) {
    job *j = t->job;
    int64_t per_item;
    const bl_entry_layout *layout = &column_of(request, j)->layout;
    size_t item_bytes =
        bl_root_number_width(bl_layout_numbers(layout, &per_item)) * (size_t)per_item;
    int64_t row = t->slot.first - j->first;
    if (starts[0] != 0 || starts[t->slot.last - t->slot.first] != basket->data_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "its entries do not fill it");
    return bl_decode_jagged(layout, basket, rows_of(t), starts, (int32_t)t->base, j->offsets + row,
                            j->values + (size_t)t->base * item_bytes, err);
}

static bl_status decode_basket(const bl_request *request, task *t, const bl_basket *basket,
                               bl_error *err) {
    job *j = t->job;
    const bl_entry_layout *layout = &column_of(request, j)->layout;
    bl_rows rows = rows_of(t);
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
    if (j->counts && basket->n_rows == t->slot.last - t->slot.first)
        BL_TRY(counts_of(request, t, &counted, &counts, err));
    BL_TRY(bl_buffer_new(context_of(request), (size_t)(rows.n + 1) * 4, &starts, err));
    uint32_t *at = (uint32_t *)(void *)starts->data;
    const bl_counts *known = counts.offsets ? &counts : NULL;
    BL_TRY(bl_decode_starts(layout, basket, rows, known, at, err));
    if (j->values)
        return decode_jagged(request, t, basket, at, err);
    return decode_piece(request, t, basket, known, at, err);
}

static bl_status run_task(void *argument, size_t index, unsigned worker, bl_error *err) {
    bl_request *request = (bl_request *)argument;
    size_t i = 0;
    for (; index >= request->running[i]->n_slots; i++)
        index -= request->running[i]->n_slots;
    task *t = &request->tasks[request->running[i]->first_task + index];
    bl_ttree_column *column = &request->reader->columns[t->job->column];
    bl_basket basket;
    bl_status status = open_basket(request, t, request->reader->codecs[worker], &basket, err);
    if (status == BL_OK) {
        status = decode_basket(request, t, &basket, err);
        bool keep = status == BL_OK && t->slot.last > t->job->last && !t->job->is_counter;
        if (keep) { // the next rows are likely to begin inside it
            bl_basket before = column->kept;
            column->kept = basket;
            column->kept_slot = t->slot_number;
            column->has_kept = true;
            basket = before;
        }
        bl_basket_release(&basket);
    }
    if (status != BL_OK)
        return bl_error_in(err, status, "branch '%s': basket %zu (byte %llu)", column->branch->path,
                           t->slot_number, (unsigned long long)t->slot.offset);
    return BL_OK;
}

static bl_status join_pieces(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    bl_request *request = (bl_request *)argument;
    job *j = request->running[index];
    bl_context *context = context_of(request);
    const bl_ttree_column *column = column_of(request, j);
    if (!j->pieces)
        return BL_OK;
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

/// Decodes the counters (first wave) or everything else (second wave).
static bl_status run_wave(bl_request *request, bool counters, bl_error *err) {
    size_t n_jobs = 0, n_tasks = 0;
    for (size_t i = 0; i < request->n_jobs; i++) {
        job *j = &request->jobs[i];
        if (j->is_counter != counters)
            continue;
        BL_TRY(prepare(request, j, err));
        request->running[n_jobs++] = j;
        n_tasks += j->n_slots;
    }
    BL_TRY(bl_run_tasks(context_of(request), run_task, request, n_tasks, err));
    return bl_run_tasks(context_of(request), join_pieces, request, n_jobs, err);
}

static bl_status make_batch(bl_request *request, bl_batch **ret_batch, bl_error *err) {
    bl_context *context = context_of(request);
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
