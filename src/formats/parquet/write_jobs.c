// SPDX-License-Identifier: Apache-2.0
// Rows at hand become pages: each page that ends among them is a task, so that a table of one
// column is written by all threads too. Beside them one task writes what waits, in order. Where
// pages end follows from the rows alone: a page takes rows until the next one would make it too
// large.
#include "base/context.h"
#include "formats/parquet/write.h"

// ---- rows of batches ----

/// The part of rows [first, last) at hand that a batch has, as rows of its own.
static bool rows_of(const bl_pqw_held *held, int64_t first, int64_t last, int64_t *ret_first,
                    int64_t *ret_last) {
    *ret_first = (first > held->first ? first : held->first) - held->first;
    *ret_last = (last < held->last ? last : held->last) - held->first;
    return *ret_first < *ret_last;
}

uint64_t bl_pqw_leaf_bits(const bl_pqw_writer *writer, size_t leaf, int64_t first, int64_t last) {
    uint64_t bits = 0;
    for (size_t i = 0; i < writer->n_held; i++) {
        const bl_pqw_held *held = &writer->held[i];
        int64_t from, to;
        if (rows_of(held, first, last, &from, &to))
            bits += bl_pqw_bits(&writer->schema.leaves[leaf], &held->views[leaf], from, to);
    }
    return bits;
}

static bl_status gather(bl_pqw_writer *writer, size_t leaf, int64_t first, int64_t last,
                        bl_pqw_open *open, bl_pqw_scratch *scratch, bl_error *err) {
    for (size_t i = 0; i < writer->n_held; i++) {
        const bl_pqw_held *held = &writer->held[i];
        int64_t from, to;
        if (rows_of(held, first, last, &from, &to))
            BL_TRY(bl_pqw_gather(&writer->schema.leaves[leaf], &held->views[leaf], from, to, open,
                                 scratch, err));
    }
    open->bits += bl_pqw_leaf_bits(writer, leaf, first, last);
    return BL_OK;
}

// ---- pages ----

/// How far rows from `first` on belong to a page that has `bits` already; `first`, where it is full
/// without them. \param is_begun the page has rows
static int64_t page_end(const bl_pqw_writer *writer, size_t leaf, uint64_t bits, bool is_begun,
                        int64_t first, int64_t last) {
    uint64_t most = writer->settings.page_bits, left = most > bits ? most - bits : 0;
    if (bl_pqw_leaf_bits(writer, leaf, first, last) <= left)
        return last;
    int64_t fits = first; // and last does not
    while (last - fits > 1) {
        int64_t middle = fits + (last - fits) / 2;
        if (bl_pqw_leaf_bits(writer, leaf, first, middle) <= left)
            fits = middle;
        else
            last = middle;
    }
    return fits > first || is_begun ? fits : first + 1;
}

/// Plans the next page of a leaf, where one ends before part_last. \param ret_more there was one
static bl_status plan_page(bl_pqw_writer *writer, size_t i, bool is_end, bool *ret_more,
                           bl_error *err) {
    bl_pqw_chunk *chunk = &writer->chunks[i];
    int64_t first = chunk->part_next, last = writer->part_last;
    bool goes_on = chunk->open.n_rows && !chunk->is_open_planned;
    if (first == last && !(is_end && goes_on))
        return BL_OK;
    int64_t end = first == last
                      ? last
                      : page_end(writer, i, goes_on ? chunk->open.bits : 0, goes_on, first, last);
    if (end == last && !is_end)
        return BL_OK;
    BL_TRY(bl_array_grow(writer->context, &writer->jobs, &writer->job_capacity, writer->n_jobs,
                         sizeof *writer->jobs, "pages", err));
    BL_TRY(bl_array_grow(writer->context, &chunk->pages, &chunk->capacity, chunk->n_pages,
                         sizeof *chunk->pages, "pages", err));
    // with fewer columns than threads, these would wait for the column's dictionary all the time
    bool is_apart = writer->schema.n_leaves < writer->n_scratch &&
                    chunk->encoding == BL_PQW_DICTIONARY && !chunk->has_outgrown;
    writer->jobs[writer->n_jobs++] = (bl_pqw_job){i, chunk->n_pages, first, end, goes_on, is_apart};
    int64_t n_rows = end - first + (goes_on ? chunk->open.n_rows : 0);
    chunk->pages[chunk->n_pages++] = (bl_pqw_page){.n_rows = n_rows, .first_row = chunk->n_rows};
    chunk->n_rows += n_rows;
    chunk->part_next = end;
    chunk->is_open_planned = chunk->is_open_planned || goes_on;
    *ret_more = true;
    return BL_OK;
}

/// The first page of each leaf, then the second: those of one leaf wait for each other in part.
static bl_status plan(bl_pqw_writer *writer, int64_t first, bool is_end, bl_error *err) {
    writer->n_jobs = 0;
    for (size_t i = 0; i < writer->schema.n_leaves; i++) {
        writer->chunks[i].part_next = first;
        writer->chunks[i].is_open_planned = false;
    }
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < writer->schema.n_leaves; i++)
            BL_TRY(plan_page(writer, i, is_end, &more, err));
    }
    return BL_OK;
}

static bl_status make_page(bl_pqw_writer *writer, const bl_pqw_job *job, bl_pqw_scratch *scratch,
                           bl_error *err) {
    bl_pqw_chunk *chunk = &writer->chunks[job->leaf];
    bl_pqw_open *open = job->goes_on ? &chunk->open : &scratch->open;
    BL_TRY(bl_pqw_scratch_ready(scratch, err));
    BL_TRY(gather(writer, job->leaf, job->first, job->last, open, scratch, err));
    return bl_pqw_page_close(&writer->schema.leaves[job->leaf], &writer->settings, chunk, job, open,
                             scratch, err);
}

static bl_status page_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    bl_pqw_writer *writer = (bl_pqw_writer *)argument;
    const bl_pqw_job *job = &writer->jobs[i];
    bl_status status = make_page(writer, job, &writer->scratch[worker], err);
    if (status == BL_OK)
        return BL_OK;
    bl_turns_fail(&writer->chunks[job->leaf].turns, job->page);
    return bl_error_in(err, status, "column '%s'", writer->schema.leaves[job->leaf].name);
}

static bl_status rest_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    bl_pqw_writer *writer = (bl_pqw_writer *)argument;
    bl_pqw_chunk *chunk = &writer->chunks[i];
    BL_TRY_IN(gather(writer, i, chunk->part_next, writer->part_last, &chunk->open,
                     &writer->scratch[worker], err),
              err, "column '%s'", writer->schema.leaves[i].name);
    return BL_OK;
}

bl_status bl_pqw_append(bl_pqw_writer *writer, int64_t first, bool is_end, bl_error *err) {
    BL_TRY(plan(writer, first, is_end, err));
    BL_TRY(bl_pqw_run(writer, page_task, writer->n_jobs, err));
    for (size_t i = 0; i < writer->n_jobs; i++) {
        const bl_pqw_job *job = &writer->jobs[i];
        writer->n_group_bytes +=
            writer->chunks[job->leaf].pages[job->page].stored_size + sizeof(bl_pqw_page);
    }
    return is_end ? BL_OK : bl_pqw_run(writer, rest_task, writer->schema.n_leaves, err);
}

// ---- what waits to be written ----

bl_status bl_pqw_wait(bl_pqw_writer *writer, bl_buffer *buffer, bl_error *err) {
    BL_AUTO(bl_buffer) owned = buffer;
    BL_TRY(bl_array_grow(writer->context, &writer->waiting, &writer->waiting_capacity,
                         writer->n_waiting, sizeof(bl_buffer *), "pages", err));
    writer->n_bytes += owned->size;
    writer->waiting[writer->n_waiting++] = BL_MOVE(owned);
    return BL_OK;
}

bl_status bl_pqw_flush(bl_pqw_writer *writer, bl_error *err) {
    for (size_t i = 0; i < writer->n_waiting; i++) {
        const bl_buffer *buffer = writer->waiting[i];
        BL_TRY(bl_sink_write(writer->sink, buffer->data, buffer->size, err));
        bl_buffer_release(writer->waiting[i]);
        writer->waiting[i] = NULL;
    }
    writer->n_waiting = 0;
    return BL_OK;
}

typedef struct run_tasks {
    bl_pqw_writer *writer;
    bl_task_fn task;
    size_t n_writes; ///< tasks in front that write: 1 or 0
} run_tasks;

static bl_status run_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    const run_tasks *run = (const run_tasks *)argument;
    if (i < run->n_writes)
        return bl_pqw_flush(run->writer, err);
    return run->task(run->writer, i - run->n_writes, worker, err);
}

bl_status bl_pqw_run(bl_pqw_writer *writer, bl_task_fn task, size_t n, bl_error *err) {
    run_tasks run = {writer, task, n && writer->n_waiting};
    return bl_run_tasks(writer->context, run_task, &run, n + run.n_writes, err);
}
