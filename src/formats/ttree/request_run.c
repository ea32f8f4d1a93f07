// SPDX-License-Identifier: Apache-2.0
// Running a request: window after window, then the batch. Tasks of one run are the baskets of the
// present window, some at a time, and the stretches of the next one.
#include "base/context.h"
#include "formats/ttree/request.h"

// ---- memory ----

bl_status bl_request_check_room(const bl_request *request, uint64_t n_bytes, bl_error *err) {
    uint64_t in_use = bl_context_busy_bytes(bl_request_context(request));
    if (in_use <= request->most_bytes && n_bytes <= request->most_bytes - in_use)
        return BL_OK;
    return bl_error_set(err, BL_E_LIMIT,
                        "needs %llu bytes more, and %llu of the memory budget of %llu are in use; "
                        "allow more memory, or read fewer columns",
                        (unsigned long long)n_bytes, (unsigned long long)in_use,
                        (unsigned long long)bl_context_memory_bytes(bl_request_context(request)));
}

bl_status bl_request_buffer(const bl_request *request, size_t n_bytes, bl_buffer **ret_buffer,
                            bl_error *err) {
    BL_TRY(bl_request_check_room(request, n_bytes, err));
    return bl_buffer_new(bl_request_context(request), n_bytes, ret_buffer, err);
}

bl_status bl_request_scratch(const bl_request *request, size_t n_bytes, bl_buffer **buffer,
                             bl_error *err) {
    if (*buffer && (*buffer)->capacity >= n_bytes)
        return BL_OK;
    bl_buffer_release(BL_MOVE(*buffer));
    return bl_request_buffer(request, n_bytes, buffer, err);
}

bl_status bl_request_grow(const bl_request *request, uint64_t needed, uint64_t done_bytes,
                          uint64_t all_bytes, bl_buffer **buffer, bl_error *err) {
    bl_buffer *before = *buffer;
    if (before && before->capacity >= needed)
        return BL_OK;
    uint64_t wanted = needed;
    if (done_bytes && done_bytes < all_bytes)
        wanted = (uint64_t)((double)needed / (double)done_bytes * (double)all_bytes * 1.1);
    if (wanted < needed || bl_request_check_room(request, wanted, NULL) != BL_OK)
        wanted = needed;
    bl_buffer *bigger = NULL;
    BL_TRY(bl_request_buffer(request, (size_t)wanted, &bigger, err));
    bigger->size = before ? before->size : 0;
    if (bigger->size)
        memcpy(bigger->data, before->data, bigger->size);
    bl_buffer_release(before);
    *buffer = bigger;
    return BL_OK;
}

/// A caller that keeps all batches may go past the budget, but one read takes only a share then.
/// Baskets kept for the next read take a share, too: the others are gone through again.
static void set_limits(bl_request *request) {
    enum { SHARE = 4, KEPT_SHARE = 8 };
    bl_context *context = bl_request_context(request);
    uint64_t budget = bl_context_budget_bytes(context);
    uint64_t at_least = bl_context_busy_bytes(context) + budget / SHARE;
    request->most_bytes = budget > at_least ? budget : at_least;
    uint64_t kept = request->reader->kept_bytes; // those of this request's columns will make place
    for (size_t i = 0; i < request->n_columns; i++)
        kept -= bl_basket_held_bytes(&bl_job_column(request, &request->jobs[i])->kept);
    request->keep_bytes = kept < budget / KEPT_SHARE ? budget / KEPT_SHARE - kept : 0;
}

// ---- counters ----

static int64_t widen(const uint8_t *data, size_t width, bool is_signed) {
    uint64_t value = 0;
    memcpy(&value, data, width);
    unsigned unused = 64 - 8 * (unsigned)width;
    return is_signed ? (int64_t)(value << unused) >> unused : (int64_t)value;
}

/// Turns what a counter's column holds into the numbers that its dependents ask for. A column that
/// is no whole number counts nothing; they say so.
static bl_status count(const bl_request *request, bl_job *j, bl_error *err) {
    const bl_column *column = &j->result;
    bool is_list = column->type->id == BL_LIST;
    const bl_column *leaf = is_list ? &column->children[0] : column;
    bl_type_id id = leaf->type->id;
    if (id < BL_INT8 || id > BL_UINT64 || !leaf->values)
        return BL_OK;
    int64_t n_rows = column->length, n_items = leaf->length;
    BL_TRY(bl_request_buffer(request, (size_t)(n_rows + 1 + n_items) * 8, &j->counted, err));
    int64_t *offsets = (int64_t *)(void *)j->counted->data, *items = offsets + n_rows + 1;
    size_t width = bl_type_id_width(id);
    bool is_signed = id % 2 == BL_INT8 % 2;
    for (int64_t i = 0; i < n_items; i++) {
        items[i] = widen(leaf->values->data + (size_t)i * width, width, is_signed);
        if (items[i] < 0 || items[i] > INT32_MAX)
            return bl_error_set(err, BL_E_CORRUPT, "counter '%s' is %lld",
                                bl_job_column(request, j)->branch->path, (long long)items[i]);
    }
    const int32_t *lists = is_list ? (const int32_t *)(const void *)column->offsets->data : NULL;
    offsets[0] = 0;
    for (int64_t i = 0; i < n_rows; i++)
        offsets[i + 1] = lists ? lists[i + 1] : offsets[i] + items[i];
    j->numbers = (bl_counts){.offsets = offsets, .items = items};
    return BL_OK;
}

// ---- columns ----

static bl_status join_pieces(const bl_request *request, bl_job *j, bl_error *err) {
    bl_context *context = bl_request_context(request);
    if (j->n_slots == 0) { // no rows: an empty column of the right type
        bl_builder builder;
        bl_status status =
            bl_builder_init(&builder, context, bl_job_column(request, j)->layout.type, err);
        if (status == BL_OK)
            status = bl_builder_finish(&builder, &j->result, err);
        bl_builder_release(&builder);
        return status;
    }
    const bl_column **parts = (const bl_column **)bl_alloc_zero(context, j->n_slots, sizeof *parts);
    if (!parts)
        return bl_error_nomem(err, j->n_slots * sizeof *parts, "pieces of a column");
    for (size_t i = 0; i < j->n_slots; i++)
        parts[i] = &j->pieces[i];
    bl_status status = bl_column_concat(context, parts, j->n_slots, &j->result, err);
    bl_free(context, parts);
    return status;
}

/// The jobs of one wave.
typedef struct wave {
    bl_request *request;
    bl_job *jobs;
} wave;

static bl_status finish_job(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    const wave *w = (const wave *)argument;
    bl_job *j = &w->jobs[index];
    bl_status status = BL_OK;
    if (bl_job_is_direct(j))
        bl_job_finish_direct(w->request, j);
    else
        status = join_pieces(w->request, j, err);
    if (status == BL_OK && j->is_counter)
        status = count(w->request, j, err);
    return status == BL_OK ? BL_OK
                           : bl_error_in(err, status, "branch '%s'",
                                         bl_job_column(w->request, j)->branch->path);
}

/// Leaves a basket that the rows end in to its column: the next rows are likely to begin there.
static void keep_basket(bl_request *request, const bl_job *j) {
    bl_ttree_reader *reader = request->reader;
    bl_ttree_column *column = &reader->columns[j->column];
    if (j->is_counter || j->n_slots == 0)
        return;
    reader->kept_bytes -= bl_basket_held_bytes(&column->kept);
    bl_basket_release(&column->kept);
    bl_basket_task *last = &request->tasks[j->first_task + j->n_slots - 1];
    column->has_kept = last->has_kept;
    if (!last->has_kept)
        return;
    column->kept = last->kept;
    column->kept_slot = last->slot_number;
    reader->kept_bytes += bl_basket_held_bytes(&last->kept);
    last->kept = (bl_basket){0};
    last->has_kept = false;
}

// ---- windows ----

/// One run of tasks: baskets of a window in groups, and the stretches of the window behind it.
typedef struct step {
    bl_request *request;
    size_t first_task, n_tasks; ///< in request->order
    size_t group;               ///< baskets a task
    size_t n_groups;
    const bl_stretch *next; ///< to be read
} step;

static bl_status run_step(void *argument, size_t index, unsigned worker, bl_error *err) {
    const step *s = (const step *)argument;
    if (index >= s->n_groups)
        return bl_stretch_load(s->request, &s->next[index - s->n_groups], err);
    size_t first = index * s->group;
    size_t last = first + s->group < s->n_tasks ? first + s->group : s->n_tasks;
    for (size_t i = first; i < last; i++)
        BL_TRY(bl_task_decode(s->request, s->request->order[s->first_task + i], worker, err));
    return BL_OK;
}

/// \param now NULL: only the next window is read \param next NULL: there is none
static bl_status run_window(bl_request *request, const bl_window *now, const bl_window *next,
                            bl_error *err) {
    enum { GROUPS_A_THREAD = 8 };
    step s = {.request = request, .group = 1};
    if (now) {
        const bl_stretch *first = &request->stretches[now->first_stretch];
        const bl_stretch *last = first + now->n_stretches - 1;
        size_t n_groups = GROUPS_A_THREAD * bl_context_n_threads(bl_request_context(request));
        s.first_task = first->first_task;
        s.n_tasks = last->first_task + last->n_tasks - first->first_task;
        s.group = (s.n_tasks + n_groups - 1) / n_groups;
        s.group = s.group ? s.group : 1;
        s.n_groups = (s.n_tasks + s.group - 1) / s.group;
    }
    size_t n_stretches = next ? next->n_stretches : 0;
    if (next) {
        uint64_t n_bytes = 0;
        s.next = &request->stretches[next->first_stretch];
        for (size_t i = 0; i < n_stretches; i++)
            n_bytes += s.next[i].fetch ? bl_fetch_part_bytes(s.next[i].fetch, s.next[i].part) : 0;
        BL_TRY(bl_request_check_room(request, n_bytes, err));
    }
    return bl_run_tasks(bl_request_context(request), run_step, &s, s.n_groups + n_stretches, err);
}

static void drop_window(bl_request *request, const bl_window *window) {
    for (size_t i = 0; i < window->n_stretches; i++) {
        const bl_stretch *stretch = &request->stretches[window->first_stretch + i];
        if (stretch->fetch)
            bl_fetch_drop_part(stretch->fetch, stretch->part);
    }
}

static bl_status prepare_jobs(bl_request *request, const wave *w, size_t n_jobs, bl_error *err) {
    for (size_t i = 0; i < n_jobs; i++)
        BL_TRY_IN(bl_job_prepare(request, &w->jobs[i], err), err, "branch '%s'",
                  bl_job_column(request, &w->jobs[i])->branch->path);
    return BL_OK;
}

static bl_status run_wave(bl_request *request, bool counters, bl_error *err) {
    size_t first = counters ? request->n_columns : 0;
    size_t n_jobs = counters ? request->n_jobs - request->n_columns : request->n_columns;
    wave w = {request, request->jobs + first};
    BL_TRY(prepare_jobs(request, &w, n_jobs, err));
    for (size_t i = 0; i < request->n_windows; i++) {
        const bl_window *now = &request->windows[i];
        const bl_window *next = i + 1 < request->n_windows ? now + 1 : NULL;
        if (now->counts != counters)
            continue;
        BL_TRY(bl_window_place(request, now, err));
        BL_TRY(run_window(request, now, next, err));
        drop_window(request, now);
    }
    for (size_t i = 0; i < n_jobs; i++)
        keep_basket(request, &w.jobs[i]);
    return bl_run_tasks(bl_request_context(request), finish_job, &w, n_jobs, err);
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

static bl_status wait_for_far_sources(const bl_request *request, bl_error *err) {
    for (size_t i = 0; i < BL_N_WAVES * request->reader->n_sources; i++) {
        bl_fetch *fetch = request->fetches[i];
        if (fetch && bl_fetch_n_parts(fetch) == 0)
            BL_TRY(bl_fetch_wait(fetch, err));
    }
    return BL_OK;
}

/// Notes columns that turned out to be odd. \return true: there are any
static bool note_odd_columns(const bl_request *request) {
    bool any = false;
    for (size_t i = 0; i < request->n_jobs; i++) {
        if (!atomic_load_explicit(&request->jobs[i].is_odd, memory_order_relaxed))
            continue;
        request->reader->columns[request->jobs[i].column].is_odd = true;
        any = true;
    }
    return any;
}

bl_status bl_request_finish(bl_request *request, bl_batch **ret_batch, bool *ret_again,
                            bl_error *err) {
    set_limits(request);
    BL_TRY(wait_for_far_sources(request, err));
    for (size_t i = 0; i < request->n_tasks; i++) // left by a read that ended after this one began
        bl_task_take_kept(request, &request->tasks[i]);
    BL_TRY(run_window(request, NULL, &request->windows[0], err));
    BL_TRY(run_wave(request, true, err));
    BL_TRY(run_wave(request, false, err));
    *ret_again = note_odd_columns(request);
    return *ret_again ? BL_OK : make_batch(request, ret_batch, err);
}
