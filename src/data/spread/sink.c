// SPDX-License-Identifier: Apache-2.0
// Rows on their way to files of the spool: they wait until there are as many as a file has.
#include "base/context.h"
#include "data/spread/private.h"

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

uint64_t bl_spool_row_bytes(const bl_column *column, int64_t row) {
    return bytes_in(column, row, row + 1);
}

static uint64_t bytes_of(const bl_batch *rows, int64_t first, int64_t last) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < rows->n_columns; i++)
        bytes += bytes_in(&rows->columns[i], first, last);
    return bytes;
}

// ---- rows ----

void bl_spool_sink_begin(bl_spool_sink *sink) {
    sink->n_chunks = sink->capacity = 0;
    sink->chunks = NULL;
    sink->n_rows = 0;
    sink->bytes = 0;
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
            BL_TRY(bl_spool_write_behind(sink->behind, sink, err));
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
    return sink->n_rows ? bl_spool_write_behind(sink->behind, sink, err) : BL_OK;
}

void bl_spool_sink_release(bl_spool_sink *sink) {
    for (size_t i = 0; i < sink->n_chunks; i++)
        bl_batch_release(sink->chunks[i].batch);
    if (sink->chunks)
        bl_free(sink->spool->arena.context, sink->chunks);
    bl_spool_sink_begin(sink);
}
