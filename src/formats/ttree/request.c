// SPDX-License-Identifier: Apache-2.0
// Planning a request: which baskets hold the rows.
#include "formats/ttree/request.h"

void bl_task_take_kept(const bl_request *request, bl_basket_task *t) {
    const bl_ttree_column *column = bl_job_column(request, t->job);
    if (t->has_kept || !column->has_kept || column->kept_slot != t->slot_number)
        return;
    t->has_kept = true;
    t->kept = bl_basket_ref(&column->kept);
}

bl_status bl_task_error(const bl_request *request, const bl_basket_task *t, bl_status status,
                        bl_error *err) {
    return bl_error_in(err, status, "branch '%s': basket %zu (byte %llu)",
                       bl_job_column(request, t->job)->branch->path, t->slot_number,
                       (unsigned long long)t->slot.offset);
}

static bl_status add_task(bl_request *request, bl_job *j, size_t slot_number, bl_error *err) {
    const bl_ttree_column *column = bl_job_column(request, j);
    BL_TRY(bl_array_grow(bl_request_context(request), &request->tasks, &request->tasks_capacity,
                         request->n_tasks, sizeof *request->tasks, "a list of baskets", err));
    bl_basket_task *t = &request->tasks[request->n_tasks];
    *t = (bl_basket_task){.job = j, .slot_number = slot_number};
    BL_TRY(bl_ttree_slot_of(column->branch, slot_number, &t->slot, err));
    bl_task_take_kept(request, t);
    j->stored_bytes += t->slot.n_bytes;
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

static bl_status add_tasks(bl_request *request, bl_job *j, bl_error *err) {
    const bl_ttree_branch *branch = bl_job_column(request, j)->branch;
    j->first_task = request->n_tasks;
    BL_TRY(check_rows(branch, j->first, j->last, err));
    if (j->first == j->last)
        return BL_OK;
    int64_t at = j->first;
    for (size_t i = bl_ttree_slot_at(branch, j->first); i < branch->n_baskets && at < j->last;
         i++) {
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
static void add_counter(bl_request *request, bl_job *j) {
    const bl_ttree_column *column = bl_job_column(request, j);
    if (column->counter == SIZE_MAX || j->n_slots == 0)
        return;
    int64_t first = request->tasks[j->first_task].slot.first;
    int64_t last = request->tasks[j->first_task + j->n_slots - 1].slot.last;
    for (size_t i = request->n_columns; i < request->n_jobs; i++) {
        bl_job *other = &request->jobs[i];
        if (other->column == column->counter) {
            other->first = first < other->first ? first : other->first;
            other->last = last > other->last ? last : other->last;
            j->counts = other;
            return;
        }
    }
    j->counts = &request->jobs[request->n_jobs++];
    *j->counts =
        (bl_job){.column = column->counter, .first = first, .last = last, .is_counter = true};
}

/// A basket with a table of positions needs no counter; the branch says whether there may be none.
static bool needs_counter(const bl_ttree_column *column) {
    const bl_entry_layout *layout = &column->layout;
    bool has_tables = column->branch->has_offsets && !column->branch->generates_offsets;
    return layout->item.kind == BL_LAYOUT_COUNTED || (layout->is_list && !has_tables);
}

/// A batch that does not stay in the caches is written past them.
static const bl_root_kernels *choose_kernels(const bl_request *request) {
    const uint64_t stays = 16u << 20;
    uint64_t n_bytes = 0;
    for (size_t i = 0; i < request->n_columns; i++)
        n_bytes += bl_ttree_column_bytes(bl_job_column(request, &request->jobs[i]),
                                         request->last - request->first);
    return n_bytes > stays ? bl_root_kernels_get_past() : bl_root_kernels_get();
}

static bl_status plan(bl_request *request, bl_error *err) {
    for (size_t i = 0; i < request->n_columns; i++) {
        bl_job *j = &request->jobs[i];
        *j =
            (bl_job){.column = request->columns[i], .first = request->first, .last = request->last};
        const bl_ttree_column *column = bl_job_column(request, j);
        if (column->layout.unreadable)
            return bl_error_set(err, BL_E_UNSUPPORTED, "branch '%s': %s", column->branch->path,
                                column->layout.unreadable);
        BL_TRY_IN(add_tasks(request, j, err), err, "branch '%s'", column->branch->path);
    }
    request->n_jobs = request->n_columns;
    for (size_t i = 0; i < request->n_columns; i++)
        if (needs_counter(bl_job_column(request, &request->jobs[i])))
            add_counter(request, &request->jobs[i]);
    for (size_t i = request->n_columns; i < request->n_jobs; i++)
        BL_TRY_IN(add_tasks(request, &request->jobs[i], err), err, "branch '%s'",
                  bl_job_column(request, &request->jobs[i])->branch->path);
    request->kernels = choose_kernels(request);
    return bl_request_make_windows(request, err);
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
    request->jobs = (bl_job *)bl_alloc_zero(context, 2 * n_columns + 1, sizeof *request->jobs);
    request->fetches = (bl_fetch **)bl_alloc_zero(context, BL_N_WAVES * reader->n_sources,
                                                  sizeof *request->fetches);
    request->workers = (bl_worker *)bl_alloc_zero(context, bl_context_n_threads(context),
                                                  sizeof *request->workers);
    if (!request->columns || !request->jobs || !request->fetches || !request->workers)
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

static void release_job(bl_context *context, bl_job *j) {
    for (size_t i = 0; j->pieces && i < j->n_slots; i++)
        bl_column_release(context, &j->pieces[i]);
    bl_free(context, j->pieces);
    j->pieces = NULL;
    bl_buffer_release(j->counted);
    bl_column_release(context, &j->result);
}

void bl_request_free(bl_request *request) {
    if (!request)
        return;
    bl_context *context = bl_request_context(request);
    for (size_t i = 0; request->fetches && i < BL_N_WAVES * request->reader->n_sources; i++)
        bl_fetch_free(request->fetches[i]);
    for (size_t i = 0; i < request->n_tasks; i++)
        bl_basket_release(&request->tasks[i].kept);
    for (size_t i = 0; i < request->n_jobs; i++)
        release_job(context, &request->jobs[i]);
    for (unsigned i = 0; request->workers && i < bl_context_n_threads(context); i++) {
        bl_buffer_release(request->workers[i].raw);
        bl_buffer_release(request->workers[i].starts);
        bl_buffer_release(request->workers[i].ends);
    }
    bl_free(context, request->workers);
    bl_free(context, request->fetches);
    bl_free(context, request->stretches);
    bl_free(context, request->windows);
    bl_free(context, request->order);
    bl_free(context, request->tasks);
    bl_free(context, request->jobs);
    bl_free(context, request->columns);
    bl_free(context, request);
}
