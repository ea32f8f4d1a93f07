// SPDX-License-Identifier: Apache-2.0
// Outputs: the format by name or extension, what callers give checked once for all formats.
#include <beamline/output.h>

#include "base/context.h"
#include "base/names.h"
#include "base/options.h"
#include "column/writer.h"
#include "table/formats.h"

static const char default_path[] = "Events";

/// How a file of a format is compressed: as asked for, as its name says, or as is usual.
static bl_status choose_codec(const bl_format *format, const char *asked, const char *packing,
                              bl_compression *ret_how, bl_error *err) {
    const char *text = asked ? asked : packing ? packing : format->codecs[0];
    BL_TRY(bl_compression_parse(text, ret_how, err));
    for (const char *const *known = format->codecs; *known; known++)
        if (strcmp(*known, bl_compression_name(*ret_how)) == 0)
            return BL_OK;
    bl_status status = bl_error_set(err, BL_E_INVALID, "%s files are not compressed with %s; with",
                                    format->name, bl_compression_name(*ret_how));
    for (const char *const *known = format->codecs; *known; known++)
        (void)bl_error_hint(err, status, "%s '%s'", known == format->codecs ? "" : ",", *known);
    return status;
}

static bl_status create(bl_context *context, const char *url, const bl_output_options *options,
                        bl_output **ret_output, bl_error *err) {
    const bl_format *format = NULL;
    const char *packing = NULL;
    bl_create how = {.options = options};
    BL_TRY(bl_formats_for_output(bl_formats, url, options->format, &format, &packing, err));
    BL_TRY(choose_codec(format, options->codec, packing, &how.compression, err));
    if (options->base && !format->is_continued)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s files cannot be added to", format->name);
    BL_AUTO(bl_source) base = NULL;
    if (options->base)
        BL_TRY(bl_source_open(context, options->base, &base, err));
    bl_sink *sink = NULL;
    BL_TRY(bl_sink_open(context, url, options->overwrite, &sink, err));
    sink->is_scratch = options->is_scratch;
    bl_status status = BL_OK;
    if (options->ret_bytes && options->ret_xxh64)
        status = bl_sink_sum(sink, options->ret_bytes, options->ret_xxh64, err);
    if (status != BL_OK) {
        bl_sink_close(sink);
        return status;
    }
    how.base = BL_MOVE(base);
    return format->create(context, sink, &how, ret_output, err);
}

bl_status bl_output_open(bl_context *context, const char *url, const bl_output_options *options,
                         bl_output **ret_output, bl_error *err) {
    bl_output_options copy = {0};
    BL_TRY(bl_options_copy(&copy, sizeof copy, options, err));
    bl_status status = create(context, url, &copy, ret_output, err);
    return status == BL_OK ? BL_OK : bl_error_in_file(err, status, url);
}

/// Whatever failed, the file cannot become whole any more.
static bl_status answer(bl_output *output, bl_status status, bl_error *err) {
    if (status == BL_OK)
        return BL_OK;
    output->failed = true;
    return bl_error_in_file(err, status, output->url);
}

static bl_status check_usable(const bl_output *output, bl_error *err) {
    if (!output->failed && !output->is_finished)
        return BL_OK;
    return bl_error_set(err, BL_E_INVALID, "%s: the file is %s", output->url,
                        output->failed ? "lost after an earlier failure" : "finished");
}

bl_status bl_output_finish(bl_output *output, bl_error *err) {
    BL_TRY(check_usable(output, err));
    output->is_finished = true;
    return answer(output, output->ops->finish(output, err), err);
}

void bl_output_close(bl_output *output) {
    if (output)
        output->ops->close(output);
}

// ---- tables ----

static bl_status check_columns(bl_context *context, const bl_column_spec *columns, size_t n,
                               bl_error *err) {
    bl_name_map names = {0};
    bl_status status = BL_OK;
    for (size_t i = 0; i < n && status == BL_OK; i++) {
        const char *name = columns[i].name;
        if (!name || !*name || !columns[i].type)
            status = bl_error_set(err, BL_E_INVALID, "column %zu has no %s", i,
                                  columns[i].type ? "name" : "type");
        else if (bl_name_map_find(&names, name) != SIZE_MAX)
            status = bl_error_set(err, BL_E_INVALID, "two columns are called '%s'", name);
        else
            status = bl_name_map_add(context, &names, name, i, err);
    }
    bl_name_map_release(context, &names);
    return status;
}

/// Copies the caller's specs, whose size may be another than ours.
static bl_status copy_columns(const bl_column_spec *columns, size_t n, bl_column_spec *copies,
                              bl_error *err) {
    size_t size = n ? columns[0].size : 0;
    for (size_t i = 0; i < n; i++) {
        const char *given = (const char *)columns + i * size;
        BL_TRY_IN(bl_options_copy(&copies[i], sizeof copies[i], given, err), err, "column %zu", i);
    }
    return BL_OK;
}

static bl_status check_path(const char *path, bl_error *err) {
    size_t length = strlen(path);
    if (length && path[0] != '/' && path[length - 1] != '/' && !strstr(path, "//"))
        return BL_OK;
    return bl_error_set(err, BL_E_INVALID, "'%s' is no path of a table", path);
}

bl_status bl_output_add(bl_output *output, const bl_column_spec *columns, size_t n_columns,
                        const bl_writer_options *options, bl_writer **ret_writer, bl_error *err) {
    bl_context *context = output->context;
    bl_writer_options wishes = {0};
    BL_TRY(check_usable(output, err));
    BL_TRY(bl_options_copy(&wishes, sizeof wishes, options, err));
    if (!wishes.path)
        wishes.path = default_path;
    if (wishes.cluster_rows < 0)
        return bl_error_set(err, BL_E_INVALID, "clusters of %lld rows",
                            (long long)wishes.cluster_rows);
    BL_TRY(check_path(wishes.path, err));
    bl_column_spec *copies =
        (bl_column_spec *)bl_alloc_zero(context, n_columns + 1, sizeof *copies);
    if (!copies)
        return bl_error_nomem(err, n_columns * sizeof *copies, "columns");
    bl_status status = copy_columns(columns, n_columns, copies, err);
    if (status == BL_OK)
        status = check_columns(context, copies, n_columns, err);
    if (status == BL_OK)
        status = output->ops->add(output, copies, n_columns, &wishes, ret_writer, err);
    bl_free(context, copies);
    return status == BL_OK ? BL_OK : bl_error_in_file(err, status, output->url);
}

bl_status bl_output_check(bl_output *output, const bl_column_spec *column, bl_error *err) {
    bl_column_spec copy = {0};
    BL_TRY(check_usable(output, err));
    BL_TRY(copy_columns(column, 1, &copy, err));
    bl_status status = check_columns(output->context, &copy, 1, err);
    if (status == BL_OK)
        status = output->ops->check(output, &copy, err);
    return status == BL_OK ? BL_OK : bl_error_in_file(err, status, output->url);
}

/// Refuses what is null where the format has no place for it.
static bl_status check_nulls(const bl_writer *writer, const bl_batch *batch, bl_error *err) {
    for (size_t i = 0; i < batch->n_columns && !writer->output->ops->holds_nulls; i++)
        if (bl_column_has_nulls(&batch->columns[i]))
            return bl_error_set(err, BL_E_TYPE,
                                "column '%s' has nulls, which this format cannot hold; ingest "
                                "--define 'name = fill_none(%s, 0)' gives them a value",
                                writer->names[i], writer->names[i]);
    return BL_OK;
}

static bl_status check_batch(const bl_writer *writer, const bl_batch *batch, bl_error *err) {
    if (batch->n_columns != writer->n_columns)
        return bl_error_set(err, BL_E_TYPE, "a batch of %zu columns for a table of %zu",
                            batch->n_columns, writer->n_columns);
    for (size_t i = 0; i < batch->n_columns; i++) {
        const bl_column *column = &batch->columns[i];
        if (!bl_type_same_shape(column->type, writer->types[i])) {
            char is[128], wanted[128];
            bl_type_format(column->type, is, sizeof is);
            bl_type_format(writer->types[i], wanted, sizeof wanted);
            return bl_error_set(err, BL_E_TYPE, "column '%s' is %s, not %s", writer->names[i], is,
                                wanted);
        }
        if (column->length != batch->n_rows)
            return bl_error_set(err, BL_E_TYPE, "column '%s' has %lld rows of %lld",
                                writer->names[i], (long long)column->length,
                                (long long)batch->n_rows);
    }
    return check_nulls(writer, batch, err);
}

static bl_status check_writer(const bl_writer *writer, bl_error *err) {
    BL_TRY(check_usable(writer->output, err));
    if (!writer->is_finished)
        return BL_OK;
    return bl_error_set(err, BL_E_INVALID, "%s: table '%s' is finished", writer->output->url,
                        writer->path);
}

bl_status bl_writer_write(bl_writer *writer, const bl_batch *batch, bl_error *err) {
    bl_output *output = writer->output;
    BL_TRY(check_writer(writer, err));
    bl_status status = check_batch(writer, batch, err);
    if (status != BL_OK) { // nothing was written: the caller may go on
        bl_error_in(err, status, "table '%s'", writer->path);
        return bl_error_in_file(err, status, output->url);
    }
    status = bl_context_check(output->context, err);
    if (status == BL_OK)
        status = writer->ops->write(writer, batch, err);
    return answer(output, status, err);
}

bl_status bl_writer_finish(bl_writer *writer, bl_error *err) {
    bl_output *output = writer->output;
    BL_TRY(check_writer(writer, err));
    writer->is_finished = true;
    return answer(output, writer->ops->finish(writer, err), err);
}
