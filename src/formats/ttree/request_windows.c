// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a request lie: one fetch for each source and wave, whose parts are the
// stretches; and windows of as many stretches as all threads together read at a time. A far source
// is asked for everything at once, in one submission: there all baskets of a wave are one stretch.
#include "formats/ttree/request.h"

static size_t wave_of(const bl_basket_task *t) {
    return t->job->is_counter ? BL_COUNTERS : BL_OTHERS;
}

static bool needs_bytes(const bl_basket_task *t) { return !t->slot.embedded && !t->has_kept; }

/// Asks a source for the baskets of one wave; a far one for those of both waves with the first.
static bl_status start_fetch(bl_request *request, size_t source, size_t wave, bl_range *ranges,
                             bl_error *err) {
    const bl_ttree_source *from = &request->reader->sources[source];
    bool is_far = from->source->ops->read == NULL;
    bl_fetch **fetch = &request->fetches[wave * request->reader->n_sources + source];
    size_t n = 0;
    if (is_far && wave != 0)
        return BL_OK;
    for (size_t i = 0; i < request->n_tasks; i++) {
        bl_basket_task *t = &request->tasks[i];
        if (!needs_bytes(t) || bl_job_column(request, t->job)->source != source ||
            (wave_of(t) != wave && !is_far))
            continue;
        t->range = n;
        ranges[n++] = (bl_range){t->slot.offset, t->slot.n_bytes};
    }
    if (n == 0)
        return BL_OK;
    BL_TRY(bl_fetch_start(from->source, ranges, n, fetch, err));
    for (size_t i = 0; i < request->n_tasks; i++) {
        bl_basket_task *t = &request->tasks[i];
        if (needs_bytes(t) && bl_job_column(request, t->job)->source == source &&
            (wave_of(t) == wave || is_far))
            t->fetch = *fetch;
    }
    return BL_OK;
}

static bl_status start_fetches(bl_request *request, bl_error *err) {
    bl_context *context = bl_request_context(request);
    BL_AUTO(bl_buffer) memory = NULL;
    BL_TRY(bl_buffer_new(context, request->n_tasks * sizeof(bl_range), &memory, err));
    bl_range *ranges = (bl_range *)(void *)memory->data;
    for (size_t wave = 0; wave < BL_N_WAVES; wave++)
        for (size_t i = 0; i < request->reader->n_sources; i++)
            BL_TRY(start_fetch(request, i, wave, ranges, err));
    return BL_OK;
}

/// The stretches of one wave: first what needs no reading of its own, then all parts of its
/// fetches. \param base [n_sources]: the stretch of each fetch's first part
static void make_stretches(bl_request *request, size_t wave, size_t *base) {
    size_t n_sources = request->reader->n_sources;
    request->n_stretches++;
    for (size_t i = 0; i < n_sources; i++) {
        bl_fetch *fetch = request->fetches[wave * n_sources + i];
        size_t n_parts = fetch ? bl_fetch_n_parts(fetch) : 0;
        base[i] = request->n_stretches;
        for (size_t k = 0; k < n_parts; k++)
            request->stretches[request->n_stretches++] = (bl_stretch){.fetch = fetch, .part = k};
    }
}

/// Puts the tasks of one wave into stretches. Those without bytes to read go where their
/// predecessor is. \return false where the baskets of a column do not follow each other in the file
static bool assign_stretches(bl_request *request, size_t wave, size_t first, const size_t *base) {
    bool in_order = true;
    const bl_job *job = NULL;
    size_t before = first;
    for (size_t i = 0; i < request->n_tasks; i++) {
        bl_basket_task *t = &request->tasks[i];
        if (wave_of(t) != wave)
            continue;
        if (t->job != job)
            before = first;
        job = t->job;
        bool is_near = t->fetch && bl_fetch_n_parts(t->fetch);
        t->stretch = is_near ? base[bl_job_column(request, job)->source] +
                                   bl_fetch_part_of(t->fetch, t->range)
                             : before;
        in_order = in_order && t->stretch >= before;
        before = t->stretch;
    }
    return in_order;
}

/// Windows of the stretches from `first` on. \param whole all of them in one
static void make_windows(bl_request *request, size_t wave, size_t first, bool whole) {
    const bl_ttree_reader *reader = request->reader;
    uint64_t n_threads = bl_context_n_threads(bl_request_context(request));
    uint64_t most = n_threads * reader->sources[0].source->ops->window_bytes, bytes = 0;
    bl_window *window = NULL;
    for (size_t i = first; i < request->n_stretches; i++) {
        const bl_stretch *stretch = &request->stretches[i];
        uint64_t more = stretch->fetch ? bl_fetch_part_bytes(stretch->fetch, stretch->part) : 0;
        if (!window || (!whole && bytes && bytes + more > most)) {
            window = &request->windows[request->n_windows++];
            *window = (bl_window){.first_stretch = i, .counts = wave == BL_COUNTERS};
            bytes = 0;
        }
        window->n_stretches++;
        bytes += more;
    }
}

/// Sorts tasks by stretch, by counting.
static void order_tasks(bl_request *request) {
    for (size_t i = 0; i < request->n_tasks; i++)
        request->stretches[request->tasks[i].stretch].n_tasks++;
    size_t n = 0;
    for (size_t i = 0; i < request->n_stretches; i++) {
        request->stretches[i].first_task = n;
        n += request->stretches[i].n_tasks;
        request->stretches[i].n_tasks = 0;
    }
    for (size_t i = 0; i < request->n_tasks; i++) {
        bl_stretch *stretch = &request->stretches[request->tasks[i].stretch];
        request->order[stretch->first_task + stretch->n_tasks++] = &request->tasks[i];
    }
}

bl_status bl_request_make_windows(bl_request *request, bl_error *err) {
    bl_context *context = bl_request_context(request);
    size_t n_sources = request->reader->n_sources, n = BL_N_WAVES;
    BL_TRY(start_fetches(request, err));
    for (size_t i = 0; i < BL_N_WAVES * n_sources; i++)
        n += request->fetches[i] ? bl_fetch_n_parts(request->fetches[i]) : 0;
    request->stretches = (bl_stretch *)bl_alloc_zero(context, n, sizeof *request->stretches);
    request->windows = (bl_window *)bl_alloc_zero(context, n, sizeof *request->windows);
    request->order =
        (bl_basket_task **)bl_alloc_zero(context, request->n_tasks, sizeof(bl_basket_task *));
    size_t *base = (size_t *)bl_alloc_zero(context, n_sources, sizeof *base);
    bool has_memory = request->stretches && request->windows && request->order && base;
    for (size_t wave = 0; has_memory && wave < BL_N_WAVES; wave++) {
        size_t first = request->n_stretches;
        make_stretches(request, wave, base);
        bool in_order = assign_stretches(request, wave, first, base);
        make_windows(request, wave, first, !in_order);
    }
    bl_free(context, base);
    if (!has_memory)
        return bl_error_nomem(err, request->n_tasks * sizeof(bl_basket_task *),
                              "a list of baskets");
    order_tasks(request);
    return BL_OK;
}

/// What can be told of a basket before it is uncompressed. What is allocated for a column rests on
/// it, so it is checked against the slot.
static bl_status read_header(bl_basket_task *t, bl_error *err) {
    if (t->has_kept || t->slot.embedded) {
        bl_basket basket = t->kept;
        if (!t->has_kept)
            BL_TRY(bl_basket_open_embedded(t->slot.embedded->raw, t->slot.embedded->raw_size,
                                           &basket, err));
        t->header = (bl_basket_header){.n_rows = basket.n_rows, .data_bytes = basket.data_bytes};
    } else {
        BL_TRY(bl_basket_header_read(bl_task_data(t), (size_t)t->slot.n_bytes, &t->header, err));
    }
    int64_t n_rows = t->slot.last - t->slot.first;
    if (t->header.n_rows < n_rows)
        return bl_error_set(err, BL_E_CORRUPT, "has %lld rows, its branch counts %lld",
                            (long long)t->header.n_rows, (long long)n_rows);
    return BL_OK;
}

/// Baskets that an earlier read left after this one was planned need not be read again.
static bool is_wanted(const bl_request *request, const bl_stretch *stretch) {
    for (size_t i = 0; i < stretch->n_tasks; i++)
        if (needs_bytes(request->order[stretch->first_task + i]))
            return true;
    return false;
}

bl_status bl_stretch_load(const bl_request *request, const bl_stretch *stretch, bl_error *err) {
    if (stretch->fetch && is_wanted(request, stretch))
        BL_TRY(bl_fetch_read_part(stretch->fetch, stretch->part, err));
    for (size_t i = 0; i < stretch->n_tasks; i++) {
        bl_basket_task *t = request->order[stretch->first_task + i];
        bl_status status = read_header(t, err);
        if (status != BL_OK)
            return bl_task_error(request, t, status, err);
    }
    return BL_OK;
}
