// SPDX-License-Identifier: Apache-2.0
// Files of the spool, written behind the back of who makes rows: these are counted in the order in
// which they came, sorted, and written, while the next ones are read. One file at a time, so that
// files come to their parts in order and rows of two at most are in memory.
#include <beamline/output.h>

#include "base/context.h"
#include "base/thread.h"
#include "data/spread/private.h"
#include "data/spread/thin.h"

BL_DEFINE_AUTO(bl_output, bl_output_close);

/// Of a record batch. The second pass reads a few rows of each file at a time, and unpacks all of
/// the record batches that they are in.
static const uint64_t slice_bytes = UINT64_C(1) << 19;

// ---- slices ----

/// Rows of a sorted file, slice by slice.
typedef struct slices {
    const bl_spool *spool;
    const bl_spool_row *rows; ///< [n]
    const bool *is_thin;      ///< [n]
    const bl_column *nothing; ///< [n_columns] of a column that thin rows have nothing of
    size_t n, n_each;
    size_t first;       ///< slice of the round
    bl_batch **batches; ///< of the round
} slices;

static bl_column_span span_of(const slices *s, size_t column, size_t k) {
    const bl_spool_row *row = &s->rows[k];
    if (s->is_thin[k] && s->nothing[column].type)
        return (bl_column_span){&s->nothing[column], 0, 1};
    return (bl_column_span){&row->batch->columns[column], row->at, 1};
}

static bl_status take_slice(void *argument, size_t index, unsigned worker, bl_error *err) {
    const slices *s = (const slices *)argument;
    const bl_spool *spool = s->spool;
    bl_context *context = spool->arena.context;
    size_t first = (s->first + index) * s->n_each;
    size_t n = s->n - first < s->n_each ? s->n - first : s->n_each;
    const bl_batch *like = s->rows[first].batch;
    BL_AUTO(bl_buffer) memory = NULL;
    BL_AUTO(bl_batch) batch = NULL;
    (void)worker;
    BL_TRY(bl_buffer_new(context, n * sizeof(bl_column_span), &memory, err));
    bl_column_span *spans = (bl_column_span *)(void *)memory->data;
    BL_TRY(bl_batch_new(context, like->n_columns, (const char *const *)like->names, (int64_t)first,
                        (int64_t)n, &batch, err));
    for (size_t i = 0; i < like->n_columns; i++) {
        for (size_t k = 0; k < n; k++)
            spans[k] = span_of(s, i, first + k);
        BL_TRY(bl_column_take(context, like->columns[i].type, spans, n, &batch->columns[i], err));
    }
    s->batches[index] = BL_MOVE(batch);
    return BL_OK;
}

static bl_status write_round(slices *s, size_t n, bl_writer *writer, bl_error *err) {
    bl_context *context = s->spool->arena.context;
    bl_status status = bl_run_tasks(context, take_slice, s, n, err);
    for (size_t i = 0; i < n; i++) {
        if (status == BL_OK)
            status = bl_writer_write(writer, s->batches[i], err);
        bl_batch_release(BL_MOVE(s->batches[i]));
    }
    return status;
}

static bl_status write_slices(slices *s, bl_writer *writer, bl_error *err) {
    bl_context *context = s->spool->arena.context;
    size_t n_slices = (s->n + s->n_each - 1) / s->n_each;
    size_t n_round = 2 * (size_t)bl_context_n_threads(context);
    s->batches = (bl_batch **)bl_alloc_zero(context, n_round, sizeof *s->batches);
    if (!s->batches)
        return bl_error_nomem(err, n_round * sizeof *s->batches, "a file of the spool");
    bl_status status = BL_OK;
    for (; s->first < n_slices && status == BL_OK; s->first += n_round)
        status = write_round(s, n_slices - s->first < n_round ? n_slices - s->first : n_round,
                             writer, err);
    bl_free(context, s->batches);
    return status;
}

/// Nobody waits for the disk: whoever goes on with files of an earlier run sums them up first.
/// \param s but for slices \param file gets bytes and xxh64
static bl_status write_file(slices *s, const char *path, bl_spool_file *file, bl_error *err) {
    const bl_spool *spool = s->spool;
    size_t n_slices = (size_t)(file->raw_bytes / slice_bytes) + 1;
    s->n_each = (s->n + n_slices - 1) / n_slices;
    const bl_output_options options = {.size = sizeof options,
                                       .format = "Arrow",
                                       .codec = spool->codec,
                                       .overwrite = true,
                                       .is_scratch = true,
                                       .ret_bytes = &file->bytes,
                                       .ret_xxh64 = &file->xxh64};
    const bl_writer_options of_writer = {
        .size = sizeof of_writer, .path = "spool", .cluster_bytes = slice_bytes};
    BL_AUTO(bl_output) output = NULL;
    bl_writer *writer;
    BL_TRY(bl_output_open(spool->arena.context, path, &options, &output, err));
    BL_TRY(bl_output_add(output, spool->columns, spool->n_columns, &of_writer, &writer, err));
    BL_TRY(write_slices(s, writer, err));
    return bl_output_finish(output, err);
}

// ---- thin rows ----

/// Lists without anything, one of them. \param column of zeroes
static bl_status make_empty(bl_context *context, bl_type *type, bl_column *column, bl_error *err) {
    BL_TRY(bl_column_init(context, column, type, err));
    for (size_t i = 0; i < column->n_children; i++)
        BL_TRY(make_empty(context, type->children[i], &column->children[i], err));
    return BL_OK;
}

/// \param nothing [n_columns] zeroed
static bl_status make_nothing(const bl_spool *spool, bl_column *nothing, bl_error *err) {
    for (size_t i = 0; i < spool->n_inputs; i++) {
        size_t at = spool->recipe->at_inputs + i;
        // specs have types that nobody changes
        bl_type *type = (bl_type *)(uintptr_t)spool->columns[at].type;
        if (spool->thinning.inputs[i])
            BL_TRY(make_empty(spool->arena.context, type, &nothing[at], err));
    }
    return BL_OK;
}

/// Finds thin rows, and takes what they will not have from the bytes of a file.
static void find_thin(const slices *s, bool *is_thin, bl_spool_file *file) {
    const bl_spool *spool = s->spool;
    size_t at_label = spool->recipe->at_file + 3, at_code = spool->recipe->at_code;
    for (size_t k = 0; k < s->n; k++) {
        const bl_spool_row *row = &s->rows[k];
        const bl_column *columns = row->batch->columns;
        const int32_t *codes = (const int32_t *)(const void *)columns[at_code].values->data;
        const int32_t *labels = (const int32_t *)(const void *)columns[at_label].values->data;
        is_thin[k] = bl_thinning_leaves_out(spool, row->key, codes[row->at], labels[row->at]);
        file->n_whole -= is_thin[k];
        for (size_t i = 0; is_thin[k] && i < spool->n_inputs; i++)
            if (spool->thinning.inputs[i])
                file->raw_bytes -=
                    bl_spool_row_bytes(&columns[spool->recipe->at_inputs + i], row->at) -
                    sizeof(int32_t);
    }
}

static bl_status write_rows(const bl_spool *spool, const bl_spool_row *rows, size_t n,
                            const char *path, bl_spool_file *file, bl_error *err) {
    bl_context *context = spool->arena.context;
    bool *is_thin = (bool *)bl_alloc_zero(context, n + 1, sizeof *is_thin);
    bl_column *nothing = (bl_column *)bl_alloc_zero(context, spool->n_columns, sizeof *nothing);
    bl_status status = is_thin && nothing ? BL_OK : bl_error_nomem(err, n, "rows");
    slices s = {.spool = spool, .rows = rows, .is_thin = is_thin, .nothing = nothing, .n = n};
    if (status == BL_OK && spool->thinning.most) {
        find_thin(&s, is_thin, file);
        status = make_nothing(spool, nothing, err);
    }
    if (status == BL_OK)
        status = write_file(&s, path, file, err);
    for (size_t i = 0; nothing && i < spool->n_columns; i++)
        bl_column_release(context, &nothing[i]);
    bl_free(context, nothing);
    bl_free(context, is_thin);
    return status;
}

// ---- files ----

/// \param rows [sink->n_rows]
static void list_rows(const bl_spool_sink *sink, bl_spool_row *rows) {
    for (size_t i = 0; i < sink->n_chunks; i++) {
        const bl_batch *batch = sink->chunks[i].batch;
        const uint64_t *keys = (const uint64_t *)(const void *)batch->columns[0].values->data;
        for (int64_t k = sink->chunks[i].first; k < sink->chunks[i].last; k++)
            *rows++ = (bl_spool_row){.key = keys[k], .batch = batch, .at = k};
    }
}

/// Names the part's next file. \param ret_file not yet among those of the part
static bl_status name_file(const bl_spool_sink *sink, bl_spool_file *ret_file,
                           const char **ret_path, bl_error *err) {
    bl_arena *arena = &sink->spool->arena;
    size_t number = sink->part->n_files;
    ret_file->n_rows = ret_file->n_whole = sink->n_rows;
    ret_file->name = number ? bl_arena_printf(arena, "%s.%zu.arrow", sink->stem, number)
                            : bl_arena_printf(arena, "%s.arrow", sink->stem);
    *ret_path = ret_file->name ? bl_spool_path(arena, sink->spool, ret_file->name, "") : NULL;
    return *ret_path ? BL_OK : bl_error_nomem(err, 0, "a path");
}

static bl_status add_file(bl_spool_sink *sink, const bl_spool_file *file, bl_error *err) {
    bl_spool_part *part = sink->part;
    size_t room = part->n_files;
    bl_spool_file *files =
        (bl_spool_file *)bl_arena_array(&sink->spool->arena, room + 1, sizeof *files);
    if (!files)
        return bl_error_nomem(err, sizeof *files, "a part");
    if (part->n_files)
        memcpy(files, part->files, part->n_files * sizeof *files);
    files[part->n_files++] = *file;
    part->files = files;
    return BL_OK;
}

// ---- behind somebody's back ----

static bl_status sort_and_write(bl_spool_behind *behind, bl_error *err) {
    const bl_spool_sink *sink = &behind->rows;
    const bl_spool *spool = sink->spool;
    size_t n = (size_t)sink->n_rows;
    BL_AUTO(bl_buffer) memory = NULL;
    BL_TRY(bl_buffer_new(spool->arena.context, n * sizeof(bl_spool_row), &memory, err));
    bl_spool_row *rows = (bl_spool_row *)(void *)memory->data;
    list_rows(sink, rows);
    BL_TRY(bl_spool_statistics_add(spool, rows, n, !sink->pass->variation, &sink->part->statistics,
                                   err));
    BL_TRY(bl_spool_sort(spool, rows, n, err));
    return write_rows(spool, rows, n, behind->path, &behind->file, err);
}

static void *thread_main(void *argument) {
    bl_spool_behind *behind = (bl_spool_behind *)argument;
    behind->status = sort_and_write(behind, &behind->error);
    return NULL;
}

bl_status bl_spool_write_behind(bl_spool_behind *behind, bl_spool_sink *sink, bl_error *err) {
    BL_TRY(bl_spool_settle(behind, err));
    behind->file = (bl_spool_file){.raw_bytes = sink->bytes};
    BL_TRY(name_file(sink, &behind->file, &behind->path, err));
    behind->error = (bl_error){0};
    behind->rows = *sink;
    bl_spool_sink_begin(sink);
    bool is_alone = bl_context_n_threads(sink->spool->arena.context) == 1;
    behind->is_running = !is_alone && bl_thread_start(&behind->thread, thread_main, behind) == 0;
    if (!behind->is_running)
        (void)thread_main(behind);
    return BL_OK;
}

/// The part that ended has all of its files.
static bl_status end_part(bl_spool_behind *behind, bl_error *err) {
    bl_spool_part *part = BL_MOVE(behind->ended);
    if (!part)
        return BL_OK;
    part->is_done = true;
    return bl_spool_write_part(behind->spool, behind->pass, part, err);
}

bl_status bl_spool_settle(bl_spool_behind *behind, bl_error *err) {
    bl_status status = BL_OK;
    if (behind->is_running)
        (void)pthread_join(behind->thread, NULL);
    behind->is_running = false;
    if (behind->path) {
        behind->path = NULL;
        status = behind->status;
        if (status != BL_OK && err)
            *err = behind->error;
        if (status == BL_OK)
            status = add_file(&behind->rows, &behind->file, err);
        bl_spool_sink_release(&behind->rows);
    }
    if (status == BL_OK)
        return end_part(behind, err);
    behind->ended = NULL;
    return status;
}

bl_status bl_spool_end_part(bl_spool_behind *behind, const bl_spool_pass *pass, bl_spool_part *part,
                            bl_error *err) {
    behind->pass = pass;
    behind->ended = part;
    return behind->is_running ? BL_OK : bl_spool_settle(behind, err);
}
