// SPDX-License-Identifier: Apache-2.0
// Rows of columns. Clusters are shared out among the threads, neighbours to one, and each thread
// builds its rows of all columns, which are put together at the end. Of a near file each thread
// reads a cluster at a time into memory that stays in its cache; from afar, or where the file is
// packed, all clusters are read first.
#include "base/context.h"
#include "formats/tfrecord/file.h"

enum { MOST_TASKS = 64 }; // that share one read

typedef struct tf_reader {
    bl_reader head;
    bl_tf_file *file;      ///< shares
    bl_tf_worker *workers; ///< [threads]
    bl_buffer *held;       ///< bytes of clusters of a file that is not near
    uint64_t held_from;    ///< place of the first
    bl_fetch *ahead;       ///< what was asked for beforehand; NULL: nothing
    uint64_t ahead_from, ahead_to;
} tf_reader;

// ---- what it takes ----

/// Bytes of memory that all values of a column take.
static double memory_of(const bl_tf_column *column) {
    const bl_tf_stat *stat = &column->stat;
    size_t width = bl_type_id_width(column->item);
    bool is_text = column->item == BL_UTF8 || column->item == BL_BINARY;
    double bytes = (double)stat->n_text_bytes + (double)stat->n_values * (double)width;
    if (is_text)
        bytes += 4.0 * (double)stat->n_values;
    if (column->depth)
        bytes += 4.0 * (double)stat->n_rows;
    return column->depth == 2 ? bytes + 4.0 * (double)stat->n_steps : bytes;
}

static void estimate(const bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                     size_t n_columns, uint64_t *ret_memory_bytes, uint64_t *ret_stored_bytes) {
    const bl_tf_file *file = ((const tf_reader *)head)->file;
    const bl_tf_index *index = &file->index;
    double all = (double)index->offsets[index->n_clusters], memory = 0;
    double bytes = (double)bl_tf_index_bytes(index, first, last), share = all > 0 ? bytes / all : 0;
    for (size_t i = 0; i < n_columns; i++)
        memory += memory_of(&file->columns.items[columns[i]]);
    memory *= share;
    if (!bl_tf_input_is_near(file->input))
        memory += bytes;
    *ret_memory_bytes = (uint64_t)memory;
    *ret_stored_bytes = (uint64_t)(share * (double)file->head.size_bytes);
}

static bl_status check_room(const tf_reader *reader, int64_t first, int64_t last,
                            const size_t *columns, size_t n, bl_error *err) {
    uint64_t memory, stored, budget = bl_context_budget_bytes(reader->head.context);
    uint64_t busy = bl_context_busy_bytes(reader->head.context);
    estimate(&reader->head, first, last, columns, n, &memory, &stored);
    if (busy <= budget && memory <= budget - busy)
        return BL_OK;
    return bl_error_set(err, BL_E_LIMIT,
                        "rows %lld to %lld take some %llu bytes of memory, of the budget %llu are "
                        "left; read fewer rows",
                        (long long)first, (long long)last, (unsigned long long)memory,
                        (unsigned long long)(busy < budget ? budget - busy : 0));
}

// ---- bytes ----

static void drop_ahead(tf_reader *reader) {
    bl_fetch_free(reader->ahead);
    reader->ahead = NULL;
}

/// Takes over what was asked for beforehand. \return false where it was something else
static bool take_ahead(tf_reader *reader, uint64_t from, uint64_t to, bl_status *ret_status,
                       bl_error *err) {
    if (!reader->ahead || reader->ahead_from != from || reader->ahead_to != to)
        return false;
    *ret_status = bl_fetch_wait(reader->ahead, err);
    if (*ret_status == BL_OK) {
        memcpy(reader->held->data, bl_fetch_data(reader->ahead, 0), (size_t)(to - from));
        reader->held->size = (size_t)(to - from);
    }
    drop_ahead(reader);
    return true;
}

/// Makes [from, to) of a file that is not near the bytes that are held. What is held already stays:
/// a packed file cannot go back.
static bl_status hold(tf_reader *reader, uint64_t from, uint64_t to, bl_error *err) {
    bl_tf_input *input = reader->file->input;
    size_t size = (size_t)(to - from), keep = 0, n = 0;
    if (!reader->held)
        BL_TRY(bl_buffer_new(reader->head.context, size, &reader->held, err));
    uint64_t end = reader->held_from + reader->held->size;
    if (from >= reader->held_from && from < end) {
        keep = (size_t)(end - from);
        memmove(reader->held->data, reader->held->data + (from - reader->held_from), keep);
    }
    reader->held->size = keep;
    reader->held_from = from;
    if (reader->held->capacity < size)
        BL_TRY(bl_buffer_reserve(&reader->held, size, err));
    bl_status status = BL_OK;
    if (keep >= size || take_ahead(reader, from, to, &status, err))
        return status;
    BL_TRY(bl_tf_input_read(input, from + keep, size - keep, reader->held->data + keep, &n, err));
    if (n < size - keep)
        return bl_error_set(err, BL_E_CORRUPT, "truncated at byte %llu while it was read",
                            (unsigned long long)(from + keep + n));
    reader->held->size = size;
    return BL_OK;
}

/// The bytes of a cluster.
static bl_status cluster_bytes(tf_reader *reader, bl_tf_worker *worker, size_t cluster,
                               bl_wire *ret_bytes, bl_error *err) {
    const bl_tf_index *index = &reader->file->index;
    uint64_t from = index->offsets[cluster];
    size_t size = (size_t)(index->offsets[cluster + 1] - from);
    if (!bl_tf_input_is_near(reader->file->input)) {
        const uint8_t *at = reader->held->data + (from - reader->held_from);
        *ret_bytes = (bl_wire){at, at + size};
        return BL_OK;
    }
    if (worker->cluster != cluster) {
        worker->cluster = SIZE_MAX;
        if (worker->bytes && worker->bytes->capacity < size)
            bl_buffer_release(BL_MOVE(worker->bytes));
        if (!worker->bytes)
            BL_TRY(bl_buffer_new(reader->head.context, size, &worker->bytes, err));
        BL_TRY(bl_tf_input_read_part(reader->file->input, from, size, worker->bytes->data, err));
        worker->cluster = cluster;
    }
    *ret_bytes = (bl_wire){worker->bytes->data, worker->bytes->data + size};
    return BL_OK;
}

static bl_status prefetch(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                          size_t n_columns, bl_error *err) {
    tf_reader *reader = (tf_reader *)head;
    const bl_tf_index *index = &reader->file->index;
    (void)columns, (void)n_columns;
    if (first >= last || last > head->n_rows || first < 0 || reader->file->input->packing ||
        reader->file->input->is_kept)
        return BL_OK;
    bl_source *source = reader->file->input->source;
    uint64_t from = index->offsets[bl_tf_index_find(index, first)];
    uint64_t to = index->offsets[bl_tf_index_find(index, last - 1) + 1];
    if (source->ops->read) {
        if (source->ops->advise)
            source->ops->advise(source, (bl_range){from, to - from});
        return BL_OK;
    }
    drop_ahead(reader);
    reader->ahead_from = from;
    reader->ahead_to = to;
    return bl_fetch_start(source, &(bl_range){from, to - from}, 1, &reader->ahead, err);
}

// ---- rows ----

typedef struct read_job {
    tf_reader *reader;
    int64_t first, last;
    size_t first_cluster, n_clusters;
    size_t n_tasks;
    bl_tf_decoder *decoders; ///< [n_tasks]
    bl_column *parts;        ///< [n_tasks × n] column by column, where there are several tasks
    bl_batch *batch;
} read_job;

static bl_status decode_cluster(read_job *job, bl_tf_decoder *decoder, bl_tf_worker *worker,
                                size_t cluster, bl_error *err) {
    const bl_tf_index *index = &job->reader->file->index;
    int64_t begin = cluster ? index->ends[cluster - 1] : 0, end = index->ends[cluster];
    int64_t first = begin > job->first ? begin : job->first;
    int64_t last = end < job->last ? end : job->last;
    bl_wire bytes;
    BL_TRY(cluster_bytes(job->reader, worker, cluster, &bytes, err));
    return bl_tf_decode(decoder, worker, bytes, index->offsets[cluster], begin, first - begin,
                        last - first, err);
}

static bl_status finish_column(read_job *job, size_t task, size_t column, bl_error *err) {
    bl_builder *builder = &job->decoders[task].builders[column];
    bl_column *to = job->n_tasks == 1 ? &job->batch->columns[column]
                                      : &job->parts[column * job->n_tasks + task];
    BL_TRY_IN(bl_builder_finish(builder, to, err), err, "feature '%s'", job->batch->names[column]);
    return BL_OK;
}

static bl_status decode_task(void *argument, size_t task, unsigned worker_index, bl_error *err) {
    read_job *job = (read_job *)argument;
    tf_reader *reader = job->reader;
    bl_tf_worker *worker = &reader->workers[worker_index];
    bl_tf_decoder *decoder = &job->decoders[task];
    if (!worker->walker.context)
        BL_TRY(bl_tf_worker_init(worker, reader->head.context, &reader->file->columns, err));
    size_t from = job->n_clusters * task / job->n_tasks;
    size_t to = job->n_clusters * (task + 1) / job->n_tasks;
    for (size_t i = from; i < to; i++) {
        BL_TRY(bl_context_check(reader->head.context, err));
        BL_TRY(decode_cluster(job, decoder, worker, job->first_cluster + i, err));
    }
    for (size_t i = 0; i < decoder->n; i++)
        BL_TRY(finish_column(job, task, i, err));
    return BL_OK;
}

static bl_status join_task(void *argument, size_t column, unsigned worker, bl_error *err) {
    read_job *job = (read_job *)argument;
    const bl_column *parts[MOST_TASKS];
    (void)worker;
    for (size_t i = 0; i < job->n_tasks; i++)
        parts[i] = &job->parts[column * job->n_tasks + i];
    BL_TRY_IN(bl_column_concat(job->reader->head.context, parts, job->n_tasks,
                               &job->batch->columns[column], err),
              err, "feature '%s'", job->batch->names[column]);
    return BL_OK;
}

static bl_status start_job(read_job *job, const size_t *columns, size_t n, bl_error *err) {
    bl_context *context = job->reader->head.context;
    const bl_tf_index *index = &job->reader->file->index;
    const char **names = (const char **)bl_alloc_zero(context, n + 1, sizeof *names);
    if (!names)
        return bl_error_nomem(err, n * sizeof *names, "names");
    for (size_t i = 0; i < n; i++)
        names[i] = job->reader->head.columns[columns[i]].path;
    bl_status status =
        bl_batch_new(context, n, names, job->first, job->last - job->first, &job->batch, err);
    bl_free(context, names);
    BL_TRY(status);
    if (job->last > job->first) {
        job->first_cluster = bl_tf_index_find(index, job->first);
        job->n_clusters = bl_tf_index_find(index, job->last - 1) + 1 - job->first_cluster;
    }
    job->n_tasks = bl_context_n_threads(context);
    job->n_tasks = job->n_tasks > MOST_TASKS ? MOST_TASKS : job->n_tasks;
    job->n_tasks = job->n_tasks > job->n_clusters ? job->n_clusters : job->n_tasks;
    job->n_tasks = job->n_tasks ? job->n_tasks : 1; // no rows make empty columns
    job->decoders = (bl_tf_decoder *)bl_alloc_zero(context, job->n_tasks, sizeof *job->decoders);
    job->parts = (bl_column *)bl_alloc_zero(context, job->n_tasks * n + 1, sizeof *job->parts);
    if (!job->decoders || !job->parts)
        return bl_error_nomem(err, job->n_tasks * n * sizeof *job->parts, "columns");
    for (size_t i = 0; i < job->n_tasks; i++) {
        job->decoders[i] = (bl_tf_decoder){
            .context = context, .columns = &job->reader->file->columns, .n = n, .wanted = columns};
        BL_TRY(bl_tf_decoder_init(&job->decoders[i], err));
    }
    return BL_OK;
}

static bl_status run_job(read_job *job, const size_t *columns, size_t n, bl_error *err) {
    tf_reader *reader = job->reader;
    const bl_tf_index *index = &reader->file->index;
    BL_TRY(check_room(reader, job->first, job->last, columns, n, err));
    BL_TRY(start_job(job, columns, n, err));
    if (job->n_clusters && !bl_tf_input_is_near(reader->file->input))
        BL_TRY(hold(reader, index->offsets[job->first_cluster],
                    index->offsets[job->first_cluster + job->n_clusters], err));
    BL_TRY(bl_run_tasks(reader->head.context, decode_task, job, job->n_tasks, err));
    return job->n_tasks > 1 ? bl_run_tasks(reader->head.context, join_task, job, n, err) : BL_OK;
}

static bl_status read_rows(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                           size_t n_columns, bl_batch **ret_batch, bl_error *err) {
    read_job job = {.reader = (tf_reader *)head, .first = first, .last = last};
    bl_context *context = head->context;
    if (first < 0 || first > last || last > head->n_rows)
        return bl_error_set(err, BL_E_RANGE, "rows %lld to %lld of %lld", (long long)first,
                            (long long)last, (long long)head->n_rows);
    bl_status status = run_job(&job, columns, n_columns, err);
    for (size_t i = 0; job.parts && i < job.n_tasks * n_columns; i++)
        bl_column_release(context, &job.parts[i]);
    for (size_t i = 0; job.decoders && i < job.n_tasks; i++)
        bl_tf_decoder_release(&job.decoders[i]);
    bl_free(context, job.parts);
    bl_free(context, job.decoders);
    if (status == BL_OK)
        *ret_batch = job.batch;
    else
        bl_batch_release(job.batch);
    return status;
}

static void close_reader(bl_reader *head) {
    tf_reader *reader = (tf_reader *)head;
    bl_context *context = head->context;
    drop_ahead(reader);
    for (unsigned i = 0; reader->workers && i < bl_context_n_threads(context); i++)
        bl_tf_worker_release(&reader->workers[i]);
    bl_free(context, reader->workers);
    bl_buffer_release(reader->held);
    bl_tf_file_release(reader->file);
    bl_free(context, reader);
}

static const bl_reader_ops ops = {
    .prefetch = prefetch, .read = read_rows, .estimate = estimate, .close = close_reader};

bl_status bl_tf_reader_new(bl_tf_file *file, bl_reader **ret_reader, bl_error *err) {
    bl_context *context = file->head.context;
    tf_reader *reader = (tf_reader *)bl_alloc_zero(context, 1, sizeof *reader);
    if (!reader)
        return bl_error_nomem(err, sizeof *reader, "a table");
    atomic_fetch_add(&file->n_holders, 1);
    reader->file = file;
    reader->head = (bl_reader){
        .ops = &ops,
        .context = context,
        .path = file->object.path,
        .n_rows = file->index.n_rows,
        .n_columns = file->columns.n,
        .columns = file->columns.infos,
        .n_clusters = file->index.n_clusters,
        .cluster_ends = file->index.ends,
    };
    unsigned n_threads = bl_context_n_threads(context);
    reader->workers = (bl_tf_worker *)bl_alloc_zero(context, n_threads, sizeof *reader->workers);
    if (!reader->workers) {
        close_reader(&reader->head);
        return bl_error_nomem(err, n_threads * sizeof *reader->workers, "a table");
    }
    *ret_reader = &reader->head;
    return BL_OK;
}
