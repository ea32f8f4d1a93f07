// SPDX-License-Identifier: Apache-2.0
// The datasets of a table being written: which there are, their chunks and filters.
#include <stdio.h>

#include "base/context.h"
#include "formats/hdf5/module/encode.h"
#include "formats/hdf5/module/output.h"

/// A header message holds 64 KiB, a type and little else.
enum {
    MOST_TYPE_BYTES = 60000,
    CHUNK_BYTES = 256 * 1024,
    WAVE_BYTES = 2 << 20,
    MOST_WAVE = 8,
    CONVERSION_BYTES = 64 * 1024,
};
#define USUAL_CLUSTER ((uint64_t)32 << 20)

/// Makes `path` free of what is there: no object may be there, and none but groups above it.
static bl_status check_free(hid_t file, const char *path, bl_error *err) {
    char part[1024];
    size_t length = strlen(path);
    if (length >= sizeof part)
        return bl_error_set(err, BL_E_INVALID, "a path of %zu bytes is too long", length);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (H5Lexists(file, part, H5P_DEFAULT) <= 0)
            return BL_OK;
        BL_HDF5_AUTO object = H5Oopen(file, part, H5P_DEFAULT);
        if (i == length || H5Iget_type(object) != H5I_GROUP)
            return bl_error_set(err, BL_E_EXISTS, "'%s' already exists", part);
    }
    return BL_OK;
}

/// Makes a compound of all columns. \param ret_type the caller owns it
static bl_status compound_type(const bl_hdf5_writer *writer, hid_t *ret_type, bl_error *err) {
    size_t size = 0;
    for (size_t i = 0; i < writer->head.n_columns; i++)
        size += bl_hdf5_memory_size(writer->head.types[i]);
    hid_t made = H5Tcreate(H5T_COMPOUND, size);
    size_t at = 0;
    for (size_t i = 0; i < writer->head.n_columns; i++) {
        hid_t member = H5I_INVALID_HID;
        const char *name = writer->head.names[i];
        bl_status status = bl_hdf5_type_make(writer->head.types[i], 1, &member, err);
        if (status == BL_OK && H5Tinsert(made, name, at, member) < 0)
            status = bl_hdf5_failed(NULL, BL_E_IO, "a member", err);
        bl_hdf5_release(member);
        if (status != BL_OK) {
            bl_hdf5_release(made);
            return bl_error_in(err, status, "column '%s'", name);
        }
        writer->column_offsets[i] = at;
        at += bl_hdf5_memory_size(writer->head.types[i]);
    }
    *ret_type = made;
    return BL_OK;
}

static bl_status make_series(bl_hdf5_writer *writer, size_t n, bl_error *err) {
    writer->series = (bl_hdf5_series *)bl_arena_array(&writer->arena, n, sizeof *writer->series);
    if (!writer->series)
        return bl_error_nomem(err, n * sizeof *writer->series, "datasets");
    writer->n_series = n;
    for (size_t i = 0; i < n; i++)
        writer->series[i].id = writer->series[i].type = H5I_INVALID_HID;
    return BL_OK;
}

static void describe(bl_hdf5_writer *writer, bl_hdf5_series *series, hid_t type, size_t first,
                     size_t n) {
    series->type = type;
    series->first_column = first;
    series->n_columns = n;
    for (size_t i = first; i < first + n; i++) {
        series->element_bytes += bl_hdf5_memory_size(writer->head.types[i]);
        series->needs_heap = series->needs_heap || bl_hdf5_needs_heap(writer->head.types[i]);
        writer->column_series[i] = (size_t)(series - writer->series);
    }
    series->is_shuffled = !series->needs_heap && series->element_bytes > 1 &&
                          writer->output->how.codec != BL_CODEC_STORED;
}

/// One dataset, or one a column.
static bl_status choose_series(bl_hdf5_writer *writer, bl_error *err) {
    hid_t whole = H5I_INVALID_HID;
    size_t n = writer->head.n_columns, type_bytes = 0;
    BL_TRY(compound_type(writer, &whole, err));
    if (H5Tencode(whole, NULL, &type_bytes) >= 0 && type_bytes <= MOST_TYPE_BYTES) {
        bl_status status = make_series(writer, 1, err);
        if (status == BL_OK)
            describe(writer, &writer->series[0], whole, 0, n);
        else
            bl_hdf5_release(whole);
        return status;
    }
    bl_hdf5_release(whole);
    writer->is_group = true;
    BL_TRY(make_series(writer, n, err));
    for (size_t i = 0; i < n; i++) {
        hid_t type = H5I_INVALID_HID;
        BL_TRY(bl_hdf5_type_make(writer->head.types[i], 0, &type, err));
        describe(writer, &writer->series[i], type, i, 1);
        writer->column_offsets[i] = 0;
    }
    return BL_OK;
}

/// Rows of a chunk: of a size that suits caches, and those of readers; never more than a cluster.
static void choose_rows(bl_hdf5_writer *writer, const bl_writer_options *options) {
    uint64_t budget = bl_context_budget_bytes(writer->output->head.context) / 16;
    uint64_t cluster = options->cluster_bytes ? options->cluster_bytes : USUAL_CLUSTER;
    uint64_t chunk = options->chunk_bytes ? options->chunk_bytes : CHUNK_BYTES;
    uint64_t row = 0;
    bool needs_heap = false;
    for (size_t i = 0; i < writer->n_series; i++) {
        row += writer->series[i].element_bytes;
        needs_heap = needs_heap || writer->series[i].needs_heap;
    }
    cluster = cluster < budget || options->cluster_bytes ? cluster : budget;
    uint64_t bytes = writer->n_series == 1 ? chunk : cluster, rows = row ? bytes / row : 0;
    if (writer->n_series > 1 && rows > chunk) // of one byte each at least
        rows = chunk;
    if (options->cluster_rows && rows > (uint64_t)options->cluster_rows)
        rows = (uint64_t)options->cluster_rows;
    writer->chunk_rows = rows ? (int64_t)rows : 1;
    uint64_t n = writer->n_series == 1 && !needs_heap
                     ? WAVE_BYTES / ((uint64_t)writer->chunk_rows * (row ? row : 1))
                     : 1;
    writer->n_chunks = n > MOST_WAVE ? MOST_WAVE : n ? (size_t)n : 1;
}

static bl_status take_memory(bl_hdf5_writer *writer, bl_hdf5_series *series, bl_error *err) {
    bl_context *context = writer->output->head.context;
    size_t chunk = (size_t)writer->chunk_rows * series->element_bytes, n = writer->n_chunks;
    if (chunk > UINT32_MAX) // the format's limit
        return bl_error_set(err, BL_E_LIMIT, "rows of %zu bytes", series->element_bytes);
    series->packed_room = chunk;
    series->elements = (uint8_t *)bl_alloc_zero(context, n, chunk);
    series->packed_bytes = (size_t *)bl_arena_array(&writer->arena, n, sizeof(size_t));
    if (writer->output->how.codec != BL_CODEC_STORED && !series->needs_heap)
        series->packed = (uint8_t *)bl_alloc(context, n * chunk);
    bool is_there =
        series->elements && series->packed_bytes &&
        (series->packed || writer->output->how.codec == BL_CODEC_STORED || series->needs_heap);
    return is_there ? BL_OK : bl_error_nomem(err, 2 * n * chunk, "chunks");
}

static bl_status create_dataset(bl_hdf5_writer *writer, bl_hdf5_series *series, const char *path,
                                bl_error *err) {
    const bl_hdf5_output *output = writer->output;
    hsize_t none = 0, any = H5S_UNLIMITED, rows = (hsize_t)writer->chunk_rows;
    unsigned level = output->how.level > 9 ? 9 : (unsigned)output->how.level;
    BL_HDF5_AUTO space = H5Screate_simple(1, &none, &any);
    BL_HDF5_AUTO how = H5Pcreate(H5P_DATASET_CREATE);
    BL_HDF5_AUTO access = H5Pcreate(H5P_DATASET_ACCESS);
    BL_HDF5_AUTO link = H5Pcreate(H5P_LINK_CREATE);
    bool is_set = space >= 0 && how >= 0 && access >= 0 && link >= 0 &&
                  H5Pset_obj_track_times(how, false) >= 0 && H5Pset_chunk(how, 1, &rows) >= 0 &&
                  (series->needs_heap || H5Pset_fill_time(how, H5D_FILL_TIME_NEVER) >= 0) &&
                  H5Pset_chunk_cache(access, 0, 0, 1) >= 0 &&
                  H5Pset_create_intermediate_group(link, 1) >= 0 &&
                  H5Pset_char_encoding(link, H5T_CSET_UTF8) >= 0;
    if (is_set && output->how.codec != BL_CODEC_STORED)
        is_set = (series->element_bytes == 1 || H5Pset_shuffle(how) >= 0) &&
                 H5Pset_deflate(how, level) >= 0;
    if (is_set)
        series->id = H5Dcreate2(output->id, path, series->type, space, link, how, access);
    return series->id >= 0 ? BL_OK : bl_hdf5_failed(&output->io, BL_E_IO, path, err);
}

/// Else the library takes a MiB of zeros anew for every chunk that it converts. An element must
/// fit, and may be twice as long on disk, where a text is a place on the heap.
static bl_status make_transfer(bl_hdf5_writer *writer, bl_error *err) {
    size_t bytes = CONVERSION_BYTES;
    bool needs_heap = false;
    for (size_t i = 0; i < writer->n_series; i++) {
        const bl_hdf5_series *series = &writer->series[i];
        bytes = 2 * series->element_bytes > bytes ? 2 * series->element_bytes : bytes;
        needs_heap = needs_heap || series->needs_heap;
    }
    if (!needs_heap)
        return BL_OK;
    writer->conversion = (uint8_t *)bl_alloc_zero(writer->output->head.context, 2, bytes);
    if (!writer->conversion)
        return bl_error_nomem(err, 2 * bytes, "buffers for conversion");
    writer->transfer = H5Pcreate(H5P_DATASET_XFER);
    if (writer->transfer < 0 ||
        H5Pset_buffer(writer->transfer, bytes, writer->conversion, writer->conversion + bytes) < 0)
        return bl_hdf5_failed(NULL, BL_E_IO, "the library's buffers", err);
    return BL_OK;
}

/// A '/' would make a group of it.
static const char *dataset_path(bl_hdf5_writer *writer, const char *path, size_t column) {
    if (!writer->is_group)
        return path;
    const char *name = writer->head.names[column];
    char *whole = bl_arena_printf(&writer->arena, "%s/%s", path, name);
    for (char *c = whole ? whole + strlen(path) + 1 : NULL; c && *c; c++)
        if (*c == '/')
            *c = '.';
    return whole;
}

bl_status bl_hdf5_writer_make(bl_hdf5_writer *writer, const bl_writer_options *options,
                              bl_error *err) {
    BL_TRY(check_free(writer->output->id, options->path, err));
    BL_TRY(choose_series(writer, err));
    choose_rows(writer, options);
    BL_TRY(make_transfer(writer, err));
    for (size_t i = 0; i < writer->n_series; i++) {
        bl_hdf5_series *series = &writer->series[i];
        const char *path = dataset_path(writer, options->path, series->first_column);
        if (!path)
            return bl_error_nomem(err, 64, "a path");
        BL_TRY(take_memory(writer, series, err));
        BL_TRY(create_dataset(writer, series, path, err));
    }
    if (options->title && *options->title && writer->n_series == 1)
        return bl_hdf5_attribute_write(writer->series[0].id, "title", options->title, err);
    return BL_OK;
}
