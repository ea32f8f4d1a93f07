// SPDX-License-Identifier: Apache-2.0
// Files of the spool: rows wait until there are as many as a file has, are counted in the order in
// which they came, sorted, and written.
#include <stdio.h>

#include <beamline/output.h>

#include "base/context.h"
#include "data/spread/private.h"
#include "data/spread/take.h"

BL_DEFINE_AUTO(bl_output, bl_output_close);

/// Of a record batch. The second pass reads a few rows of each file at a time, and unpacks all of
/// the record batches that they are in.
static const uint64_t slice_bytes = UINT64_C(1) << 19;

// ---- sizes ----

/// Bytes of values [first, last) of a column.
static uint64_t bytes_in(const bl_column *column, int64_t first, int64_t last) {
    bl_type_id id = column->type->id;
    uint64_t bytes = 0;
    if (id <= BL_FLOAT64)
        return (uint64_t)(last - first) * (id == BL_BOOL ? 1 : bl_type_id_width(id));
    if (id == BL_STRUCT || id == BL_FIXED_LIST) {
        int64_t size = id == BL_STRUCT ? 1 : column->type->list_size;
        for (size_t i = 0; i < column->n_children; i++)
            bytes += bytes_in(&column->children[i], first * size, last * size);
        return bytes;
    }
    const void *offsets = column->offsets->data;
    bool is_large = id == BL_LARGE_LIST;
    int64_t from = is_large ? ((const int64_t *)offsets)[first] : ((const int32_t *)offsets)[first];
    int64_t to = is_large ? ((const int64_t *)offsets)[last] : ((const int32_t *)offsets)[last];
    bytes = (uint64_t)(last - first) * (is_large ? sizeof(int64_t) : sizeof(int32_t));
    return bytes +
           (column->n_children ? bytes_in(&column->children[0], from, to) : (uint64_t)(to - from));
}

static uint64_t bytes_of(const bl_batch *rows, int64_t first, int64_t last) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < rows->n_columns; i++)
        bytes += bytes_in(&rows->columns[i], first, last);
    return bytes;
}

// ---- writing ----

/// Rows of a sorted file, slice by slice.
typedef struct slices {
    const bl_spool *spool;
    const bl_spool_row *rows; ///< [n]
    size_t n, n_each;
    size_t first;       ///< slice of the round
    bl_batch **batches; ///< of the round
} slices;

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
    BL_TRY(bl_buffer_new(context, n * sizeof(bl_span), &memory, err));
    bl_span *spans = (bl_span *)(void *)memory->data;
    BL_TRY(bl_batch_new(context, like->n_columns, (const char *const *)like->names, (int64_t)first,
                        (int64_t)n, &batch, err));
    for (size_t i = 0; i < like->n_columns; i++) {
        for (size_t k = 0; k < n; k++)
            spans[k] = (bl_span){&s->rows[first + k].batch->columns[i], s->rows[first + k].at, 1};
        BL_TRY(bl_take_column(context, like->columns[i].type, spans, n, &batch->columns[i], err));
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
/// \param file gets bytes and xxh64
static bl_status write_file(const bl_spool_sink *sink, const bl_spool_row *rows, const char *path,
                            bl_spool_file *file, bl_error *err) {
    const bl_spool *spool = sink->spool;
    size_t n = (size_t)sink->n_rows;
    size_t n_slices = (size_t)(sink->bytes / slice_bytes) + 1;
    slices s = {.spool = spool, .rows = rows, .n = n, .n_each = (n + n_slices - 1) / n_slices};
    const bl_output_options options = {.size = sizeof options,
                                       .format = "Arrow",
                                       .codec = BL_SPOOL_CODEC,
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
    BL_TRY(write_slices(&s, writer, err));
    return bl_output_finish(output, err);
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
    ret_file->n_rows = sink->n_rows;
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

static void empty(bl_spool_sink *sink) {
    for (size_t i = 0; i < sink->n_chunks; i++)
        bl_batch_release(sink->chunks[i].batch);
    sink->n_chunks = 0;
    sink->n_rows = 0;
    sink->bytes = 0;
}

static bl_status flush(bl_spool_sink *sink, bl_error *err) {
    bl_spool *spool = sink->spool;
    size_t n = (size_t)sink->n_rows;
    bl_spool_file file = {.raw_bytes = sink->bytes};
    const char *path;
    BL_AUTO(bl_buffer) memory = NULL;
    BL_TRY(bl_buffer_new(spool->arena.context, n * sizeof(bl_spool_row), &memory, err));
    bl_spool_row *rows = (bl_spool_row *)(void *)memory->data;
    list_rows(sink, rows);
    BL_TRY(bl_spool_statistics_add(spool, rows, n, !sink->pass->variation, &sink->part->statistics,
                                   err));
    BL_TRY(bl_spool_sort(spool, rows, n, err));
    BL_TRY(name_file(sink, &file, &path, err));
    BL_TRY(write_file(sink, rows, path, &file, err));
    BL_TRY(add_file(sink, &file, err));
    empty(sink);
    return BL_OK;
}

/// Adds rows [first, last) of a batch.
static bl_status add_chunk(bl_spool_sink *sink, bl_batch *rows, int64_t first, int64_t last,
                           uint64_t bytes, bl_error *err) {
    if (first == last)
        return BL_OK;
    BL_TRY(bl_array_grow(sink->spool->arena.context, &sink->chunks, &sink->capacity, sink->n_chunks,
                         sizeof *sink->chunks, "rows", err));
    sink->chunks[sink->n_chunks++] = (bl_spool_chunk){bl_batch_ref(rows), first, last};
    sink->n_rows += last - first;
    sink->bytes += bytes;
    return BL_OK;
}

/// Where a file ends does not depend on the batches that rows come in.
static bl_status add_some(bl_spool_sink *sink, bl_batch *rows, bl_error *err) {
    uint64_t most = sink->spool->options.file_bytes, bytes = bytes_of(rows, 0, rows->n_rows);
    int64_t first = 0;
    if (sink->bytes + bytes <= most)
        return add_chunk(sink, rows, 0, rows->n_rows, bytes, err);
    bytes = 0;
    for (int64_t row = 0; row < rows->n_rows; row++) {
        uint64_t more = bytes_of(rows, row, row + 1);
        if (sink->bytes + bytes + more > most && (sink->n_rows || row > first)) {
            BL_TRY(add_chunk(sink, rows, first, row, bytes, err));
            BL_TRY(flush(sink, err));
            first = row;
            bytes = 0;
        }
        bytes += more;
    }
    return add_chunk(sink, rows, first, rows->n_rows, bytes, err);
}

bl_status bl_spool_sink_add(bl_spool_sink *sink, bl_batch *rows, bl_error *err) {
    bl_status status = add_some(sink, rows, err);
    bl_batch_release(rows);
    return status;
}

bl_status bl_spool_sink_finish(bl_spool_sink *sink, bl_error *err) {
    return sink->n_rows ? flush(sink, err) : BL_OK;
}

void bl_spool_sink_release(bl_spool_sink *sink) {
    empty(sink);
    bl_free(sink->spool->arena.context, sink->chunks);
}
