// SPDX-License-Identifier: Apache-2.0
// HDF5 files being written: the file, its attributes, its end. libhdf5 lays the file out and writes
// it wherever it likes, into what the sink shows under its name when it is whole. A file that fails
// is lost: what the library still wants to write then goes nowhere. Nothing in it comes from a
// clock.
#include "formats/hdf5/module/output.h"

#include "base/context.h"
#include "formats/hdf5/module/encode.h"

static void close_output(bl_output *head) {
    bl_hdf5_output *output = (bl_hdf5_output *)head;
    bl_context *context = head->context;
    output->io.is_lost = true;
    if (output->id >= 0) {
        BL_HDF5_LOCKED;
        bl_hdf5_release(output->id); // and all that is open in it
    }
    for (size_t i = 0; i < output->n_writers; i++)
        bl_hdf5_writer_free(output->writers[i]);
    for (size_t i = 0; i < output->n_codecs; i++)
        bl_codecs_free(output->codecs[i]);
    bl_free(context, output->codecs);
    bl_free(context, output->writers);
    bl_hdf5_io_release(&output->io);
    bl_free(context, output);
}

static bl_status add(bl_output *head, const bl_column_spec *columns, size_t n_columns,
                     const bl_writer_options *options, bl_writer **ret_writer, bl_error *err) {
    bl_hdf5_output *output = (bl_hdf5_output *)head;
    if (options->friend_of)
        return bl_error_set(err, BL_E_UNSUPPORTED, "table '%s': HDF5 knows no friends of tables",
                            options->path);
    if (n_columns == 0)
        return bl_error_set(err, BL_E_TYPE, "table '%s' has no columns", options->path);
    BL_TRY(bl_array_grow(head->context, &output->writers, &output->writers_room, output->n_writers,
                         sizeof(bl_hdf5_writer *), "tables", err));
    bl_hdf5_writer *writer = NULL;
    BL_TRY_IN(bl_hdf5_writer_new(output, columns, n_columns, options, &writer, err), err,
              "table '%s'", options->path);
    output->writers[output->n_writers++] = writer;
    *ret_writer = &writer->head;
    return BL_OK;
}

static bl_status check(bl_output *head, const bl_column_spec *column, bl_error *err) {
    BL_HDF5_LOCKED;
    hid_t made = H5I_INVALID_HID;
    (void)head;
    BL_TRY_IN(bl_hdf5_type_make(column->type, 0, &made, err), err, "column '%s'", column->name);
    bl_hdf5_release(made);
    return BL_OK;
}

static bl_status close_file(bl_hdf5_output *output, bl_error *err) {
    BL_HDF5_LOCKED;
    hid_t id = output->id;
    output->id = H5I_INVALID_HID;
    bool is_whole = H5Fflush(id, H5F_SCOPE_LOCAL) >= 0;
    if (!is_whole)
        output->io.is_lost = true;
    if (H5Fclose(id) < 0 || !is_whole || output->io.status != BL_OK)
        return bl_hdf5_failed(&output->io, BL_E_IO, "the end of the file", err);
    return BL_OK;
}

static bl_status finish(bl_output *head, bl_error *err) {
    bl_hdf5_output *output = (bl_hdf5_output *)head;
    for (size_t i = 0; i < output->n_writers; i++)
        if (!output->writers[i]->head.is_finished)
            BL_TRY(bl_hdf5_writer_finish(&output->writers[i]->head, err));
    BL_TRY(close_file(output, err));
    return bl_sink_finish(output->io.sink, err);
}

static const bl_output_ops ops = {
    .add = add, .check = check, .finish = finish, .close = close_output, .holds_nulls = true};

bl_status bl_hdf5_attribute_write(hid_t object, const char *name, const char *text, bl_error *err) {
    BL_HDF5_AUTO type = H5Tcopy(H5T_C_S1);
    BL_HDF5_AUTO space = H5Screate(H5S_SCALAR);
    if (type < 0 || space < 0 || H5Tset_size(type, H5T_VARIABLE) < 0 ||
        H5Tset_cset(type, H5T_CSET_UTF8) < 0)
        return bl_hdf5_failed(NULL, BL_E_IO, "a type", err);
    BL_HDF5_AUTO attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, type, (const void *)&text) < 0)
        return bl_hdf5_failed(NULL, BL_E_IO, name, err);
    return BL_OK;
}

static bl_status start_file(bl_hdf5_output *output, const bl_create *how, bl_error *err) {
    BL_HDF5_LOCKED;
    hid_t list = H5I_INVALID_HID;
    BL_TRY(bl_hdf5_access(&output->io, &list, err));
    BL_HDF5_AUTO access = list;
    output->id = H5Fcreate(output->io.sink->url, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (output->id < 0)
        return bl_hdf5_failed(&output->io, BL_E_IO, "HDF5", err);
    for (size_t i = 0; i < how->options->n_metadata; i++)
        BL_TRY_IN(bl_hdf5_attribute_write(output->id, how->options->metadata[2 * i],
                                          how->options->metadata[2 * i + 1], err),
                  err, "an attribute");
    return BL_OK;
}

static bl_status make_codecs(bl_hdf5_output *output, bl_error *err) {
    bl_context *context = output->head.context;
    size_t n = bl_context_n_threads(context);
    output->codecs = (bl_codecs **)bl_alloc_zero(context, n, sizeof(bl_codecs *));
    if (!output->codecs)
        return bl_error_nomem(err, n * sizeof(bl_codecs *), "codecs");
    for (; output->n_codecs < n; output->n_codecs++)
        BL_TRY(bl_codecs_new(context, &output->codecs[output->n_codecs], err));
    return BL_OK;
}

bl_status bl_hdf5_output_create(bl_context *context, bl_sink *sink, const bl_create *how,
                                bl_output **ret_output, bl_error *err) {
    BL_AUTO(bl_sink) owned = sink;
    bl_hdf5_output *output = (bl_hdf5_output *)bl_alloc_zero(context, 1, sizeof *output);
    if (!output)
        return bl_error_nomem(err, sizeof *output, "a file");
    output->head.ops = &ops;
    output->head.context = context;
    output->head.url = sink->url;
    output->id = H5I_INVALID_HID;
    output->how = how->compression;
    if (output->how.codec != BL_CODEC_STORED)
        output->how.codec = BL_CODEC_ZLIB; // "gzip" here is deflate as zlib wraps it
    output->io.context = context;
    output->io.sink = BL_MOVE(owned);
    bl_status status = make_codecs(output, err);
    if (status == BL_OK)
        status = start_file(output, how, err);
    if (status != BL_OK) {
        close_output(&output->head);
        return status;
    }
    *ret_output = &output->head;
    return BL_OK;
}
