// SPDX-License-Identifier: Apache-2.0
// Tables being written: rows are gathered until chunks are full. Numbers go from their columns
// straight to where their bytes lie in a shuffled chunk; chunks are packed by tasks and handed to
// the library as they are. Values of any length only the library can place; they stay where they
// are in their batches until it has written them, and are not packed: the format has no way to.
#include "formats/hdf5/module/output.h"

#include "base/context.h"
#include "formats/hdf5/module/encode.h"
#include "formats/hdf5/module/filters.h"

static const bl_writer_ops ops = {.write = bl_hdf5_writer_write, .finish = bl_hdf5_writer_finish};

// ---- gathering rows ----

/// Rows [first, first + n) of a batch, which become elements from `at` on in the chunk `chunk`.
typedef struct piece {
    bl_hdf5_writer *writer;
    const bl_batch *batch;
    int64_t first, n;
    size_t chunk, at;
} piece;

/// Encodes a column of its own and spreads its bytes over the chunk.
static bl_status encode_shuffled(const piece *p, size_t i, bl_error *err) {
    const bl_hdf5_writer *writer = p->writer;
    const bl_hdf5_series *series = &writer->series[writer->column_series[i]];
    bl_context *context = writer->output->head.context;
    const bl_column *column = &p->batch->columns[i];
    size_t width = bl_hdf5_memory_size(writer->head.types[i]), apart = (size_t)writer->chunk_rows;
    uint8_t *out = series->elements + p->chunk * apart * series->element_bytes +
                   writer->column_offsets[i] * apart + p->at;
    if (bl_type_id_width(column->type->id) && !column->validity) {
        bl_hdf5_shuffle(column->values->data + (size_t)p->first * width, (size_t)p->n, width, out,
                        apart);
        return BL_OK;
    }
    BL_AUTO(bl_buffer) plain = NULL;
    BL_TRY(bl_buffer_new(context, (size_t)p->n * width, &plain, err));
    BL_TRY(bl_hdf5_encode(NULL, writer->head.types[i], column, p->first, p->n, plain->data, width,
                          err));
    bl_hdf5_shuffle(plain->data, (size_t)p->n, width, out, apart);
    return BL_OK;
}

static bl_status encode_column(void *argument, size_t i, unsigned worker, bl_error *err) {
    const piece *p = (const piece *)argument;
    bl_hdf5_writer *writer = p->writer;
    const bl_hdf5_series *series = &writer->series[writer->column_series[i]];
    size_t row = p->chunk * (size_t)writer->chunk_rows + p->at;
    (void)worker;
    if (series->is_shuffled)
        BL_TRY_IN(encode_shuffled(p, i, err), err, "column '%s'", writer->head.names[i]);
    else
        BL_TRY_IN(bl_hdf5_encode(&writer->scratch, writer->head.types[i], &p->batch->columns[i],
                                 p->first, p->n,
                                 series->elements + row * series->element_bytes +
                                     writer->column_offsets[i],
                                 series->element_bytes, err),
                  err, "column '%s'", writer->head.names[i]);
    return BL_OK;
}

/// One task a column, where none needs the arena that they would share.
static bl_status encode_piece(piece *p, bl_error *err) {
    const bl_hdf5_writer *writer = p->writer;
    bool needs_heap = false;
    for (size_t i = 0; i < writer->n_series; i++)
        needs_heap = needs_heap || writer->series[i].needs_heap;
    if (!needs_heap)
        return bl_run_tasks(writer->output->head.context, encode_column, p, writer->head.n_columns,
                            err);
    for (size_t i = 0; i < writer->head.n_columns; i++)
        BL_TRY(encode_column(p, i, 0, err));
    return BL_OK;
}

// ---- writing chunks ----

static size_t chunk_bytes(const bl_hdf5_writer *writer, const bl_hdf5_series *series) {
    return (size_t)writer->chunk_rows * series->element_bytes;
}

static bl_status pack_chunk(void *argument, size_t index, unsigned worker, bl_error *err) {
    bl_hdf5_writer *writer = (bl_hdf5_writer *)argument;
    bl_hdf5_series *series = &writer->series[index / writer->n_chunks];
    size_t i = index % writer->n_chunks, bytes = chunk_bytes(writer, series);
    if ((int64_t)i * writer->chunk_rows >= writer->n_waiting || !series->packed)
        return BL_OK;
    return bl_codec_encode(writer->output->codecs[worker], writer->output->how,
                           series->elements + i * bytes, bytes, series->packed + i * bytes, bytes,
                           &series->packed_bytes[i], err);
}

static bl_status write_chunk(const bl_hdf5_writer *writer, const bl_hdf5_series *series, size_t i,
                             bl_error *err) {
    const bl_hdf5_output *output = writer->output;
    size_t bytes = chunk_bytes(writer, series);
    hsize_t at = (hsize_t)writer->n_rows + i * (hsize_t)writer->chunk_rows;
    const uint8_t *data = series->elements + i * bytes;
    uint32_t left_out = 0;
    if (series->packed && series->packed_bytes[i]) {
        data = series->packed + i * bytes;
        bytes = series->packed_bytes[i];
    } else if (series->packed) {
        left_out = series->element_bytes > 1 ? 2 : 1; // deflate, which comes after shuffle
    }
    if (H5Dwrite_chunk(series->id, H5P_DEFAULT, left_out, &at, bytes, data) < 0)
        return bl_hdf5_failed(&output->io, BL_E_IO, "a chunk", err);
    return BL_OK;
}

static bl_status write_by_library(const bl_hdf5_writer *writer, const bl_hdf5_series *series,
                                  bl_error *err) {
    hsize_t first = (hsize_t)writer->n_rows, n = (hsize_t)writer->n_waiting;
    BL_HDF5_AUTO space = H5Dget_space(series->id);
    BL_HDF5_AUTO memory = H5Screate_simple(1, &n, NULL);
    if (space < 0 || memory < 0 ||
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, NULL, &n, NULL) < 0 ||
        H5Dwrite(series->id, series->type, memory, space, writer->transfer, series->elements) < 0)
        return bl_hdf5_failed(&writer->output->io, BL_E_IO, "values", err);
    return BL_OK;
}

static bl_status write_series(const bl_hdf5_writer *writer, const bl_hdf5_series *series,
                              bl_error *err) {
    hsize_t end = (hsize_t)writer->n_rows + (hsize_t)writer->n_waiting;
    if (H5Dset_extent(series->id, &end) < 0)
        return bl_hdf5_failed(&writer->output->io, BL_E_IO, "an extent", err);
    if (series->needs_heap)
        return write_by_library(writer, series, err);
    for (size_t i = 0; (int64_t)i * writer->chunk_rows < writer->n_waiting; i++)
        BL_TRY(write_chunk(writer, series, i, err));
    return BL_OK;
}

static void forget(bl_hdf5_writer *writer) {
    for (size_t i = 0; i < writer->n_kept; i++)
        bl_batch_release(writer->kept[i]);
    writer->n_kept = 0;
    bl_arena_release(&writer->scratch);
}

/// What rows do not fill of the last chunk is 0.
static void clear_rest(const bl_hdf5_writer *writer, const bl_hdf5_series *series) {
    size_t rows = (size_t)writer->chunk_rows, n = (size_t)writer->n_waiting % rows;
    uint8_t *chunk =
        series->elements + (size_t)writer->n_waiting / rows * chunk_bytes(writer, series);
    if (n == 0)
        return;
    if (!series->is_shuffled) {
        memset(chunk + n * series->element_bytes, 0, (rows - n) * series->element_bytes);
        return;
    }
    for (size_t b = 0; b < series->element_bytes; b++)
        memset(chunk + b * rows + n, 0, rows - n);
}

static bl_status flush(bl_hdf5_writer *writer, bl_error *err) {
    bl_context *context = writer->output->head.context;
    if (writer->n_waiting == 0)
        return BL_OK;
    for (size_t i = 0; i < writer->n_series; i++)
        clear_rest(writer, &writer->series[i]);
    BL_TRY(bl_run_tasks(context, pack_chunk, writer, writer->n_series * writer->n_chunks, err));
    {
        BL_HDF5_LOCKED;
        for (size_t i = 0; i < writer->n_series; i++)
            BL_TRY(write_series(writer, &writer->series[i], err));
    }
    writer->n_rows += writer->n_waiting;
    writer->n_waiting = 0;
    forget(writer);
    return BL_OK;
}

static bl_status keep_batch(bl_hdf5_writer *writer, const bl_batch *batch, bl_error *err) {
    BL_TRY(bl_array_grow(writer->output->head.context, &writer->kept, &writer->kept_room,
                         writer->n_kept, sizeof(bl_batch *), "batches", err));
    writer->kept[writer->n_kept++] = bl_batch_ref((bl_batch *)(uintptr_t)batch);
    return BL_OK;
}

static bl_status write_rows(bl_hdf5_writer *writer, const bl_batch *batch, bl_error *err) {
    int64_t room = writer->chunk_rows * (int64_t)writer->n_chunks;
    bool is_kept = false;
    for (int64_t first = 0; first < batch->n_rows;) {
        int64_t at = writer->n_waiting % writer->chunk_rows, left = writer->chunk_rows - at;
        piece p = {.writer = writer,
                   .batch = batch,
                   .first = first,
                   .n = batch->n_rows - first < left ? batch->n_rows - first : left,
                   .chunk = (size_t)(writer->n_waiting / writer->chunk_rows),
                   .at = (size_t)at};
        if (!is_kept)
            BL_TRY(keep_batch(writer, batch, err));
        is_kept = true;
        BL_TRY(encode_piece(&p, err));
        writer->n_waiting += p.n;
        first += p.n;
        if (writer->n_waiting < room)
            continue;
        BL_TRY(flush(writer, err));
        is_kept = false;
    }
    return BL_OK;
}

bl_status bl_hdf5_writer_write(bl_writer *head, const bl_batch *batch, bl_error *err) {
    BL_TRY_IN(write_rows((bl_hdf5_writer *)head, batch, err), err, "table '%s'", head->path);
    return BL_OK;
}

bl_status bl_hdf5_writer_finish(bl_writer *head, bl_error *err) {
    head->is_finished = true;
    BL_TRY_IN(flush((bl_hdf5_writer *)head, err), err, "table '%s'", head->path);
    return BL_OK;
}

// ---- starting and ending ----

void bl_hdf5_writer_free(bl_hdf5_writer *writer) {
    bl_context *context = writer->output->head.context;
    {
        BL_HDF5_LOCKED;
        for (size_t i = 0; i < writer->n_series; i++)
            bl_hdf5_release(writer->series[i].type);
        bl_hdf5_release(writer->transfer);
    }
    bl_free(context, writer->conversion);
    for (size_t i = 0; i < writer->n_kept; i++)
        bl_batch_release(writer->kept[i]);
    for (size_t i = 0; i < writer->n_series; i++) {
        bl_free(context, writer->series[i].elements);
        bl_free(context, writer->series[i].packed);
    }
    bl_writer_release(&writer->head);
    bl_free(context, writer->kept);
    bl_arena_release(&writer->scratch);
    bl_arena_release(&writer->arena);
    bl_free(context, writer);
}

static bl_status start_head(bl_hdf5_writer *writer, const bl_column_spec *columns, size_t n,
                            const char *path, bl_error *err) {
    writer->column_offsets = (size_t *)bl_arena_array(&writer->arena, n, sizeof(size_t));
    writer->column_series = (size_t *)bl_arena_array(&writer->arena, n, sizeof(size_t));
    if (!writer->column_offsets || !writer->column_series)
        return bl_error_nomem(err, n * sizeof(size_t), "columns");
    return bl_writer_init(&writer->head, &ops, &writer->arena, columns, n, path, err);
}

bl_status bl_hdf5_writer_new(bl_hdf5_output *output, const bl_column_spec *columns,
                             size_t n_columns, const bl_writer_options *options,
                             bl_hdf5_writer **ret_writer, bl_error *err) {
    bl_context *context = output->head.context;
    bl_hdf5_writer *writer = (bl_hdf5_writer *)bl_alloc_zero(context, 1, sizeof *writer);
    if (!writer)
        return bl_error_nomem(err, sizeof *writer, "a table");
    writer->head.output = &output->head;
    writer->output = output;
    writer->transfer = H5I_INVALID_HID;
    bl_arena_init(&writer->arena, context);
    bl_arena_init(&writer->scratch, context);
    bl_status status = start_head(writer, columns, n_columns, options->path, err);
    if (status == BL_OK) {
        BL_HDF5_LOCKED;
        status = bl_hdf5_writer_make(writer, options, err);
    }
    if (status != BL_OK) {
        bl_hdf5_writer_free(writer);
        return status;
    }
    *ret_writer = writer;
    return BL_OK;
}
