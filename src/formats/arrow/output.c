// SPDX-License-Identifier: Apache-2.0
// Arrow files behind the face that every format's output has: one table a file.
#include "base/context.h"
#include "formats/arrow/writer.h"

typedef struct arrow_output {
    bl_output head;
    bl_sink *sink; ///< owns
    bl_compression how;
    bool is_stream;
    bl_arena arena;
    const char *const *metadata; ///< [2 × n_metadata]
    size_t n_metadata;
    bl_arrow_writer *writer; ///< owns; NULL before there is a table
} arrow_output;

static void close_output(bl_output *head) {
    arrow_output *output = (arrow_output *)head;
    bl_context *context = head->context;
    bl_arrow_writer_free(output->writer);
    bl_arena_release(&output->arena);
    bl_sink_close(output->sink);
    bl_free(context, output);
}

static bl_status add(bl_output *head, const bl_column_spec *columns, size_t n_columns,
                     const bl_writer_options *options, bl_writer **ret_writer, bl_error *err) {
    arrow_output *output = (arrow_output *)head;
    if (output->writer)
        return bl_error_set(err, BL_E_UNSUPPORTED, "an Arrow file holds one table");
    if (options->friend_of)
        return bl_error_set(err, BL_E_UNSUPPORTED, "an Arrow file has no friends");
    BL_TRY(bl_arrow_writer_new(head->context, output->sink, output->how, output->is_stream, columns,
                               n_columns, options, output->metadata, output->n_metadata,
                               &output->writer, err));
    output->writer->head.output = head;
    *ret_writer = &output->writer->head;
    return BL_OK;
}

/// All types can be written.
static bl_status check(bl_output *head, const bl_column_spec *column, bl_error *err) {
    (void)head;
    (void)column;
    (void)err;
    return BL_OK;
}

static bl_status finish(bl_output *head, bl_error *err) {
    arrow_output *output = (arrow_output *)head;
    if (!output->writer)
        return bl_error_set(err, BL_E_INVALID, "an Arrow file without a table");
    if (!output->writer->head.is_finished)
        BL_TRY(bl_arrow_writer_finish(output->writer, err));
    return bl_sink_finish(output->sink, err);
}

static const bl_output_ops ops = {
    .add = add, .check = check, .finish = finish, .close = close_output, .holds_nulls = true};

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && strcasecmp(text + n - n_end, end) == 0;
}

/// The framing is Arrow's own, and so is the level where none is asked for: files that are written
/// to be read soon are compressed fast.
static bl_compression arrow_compression(const bl_create *how) {
    bl_compression found = how->compression;
    const char *asked = how->options ? how->options->codec : NULL;
    if (found.codec != BL_CODEC_STORED && (!asked || !strchr(asked, ':')))
        found.level = 1;
    if (found.codec == BL_CODEC_LZ4)
        found.codec = BL_CODEC_LZ4_FRAME;
    return found;
}

bl_status bl_arrow_create(bl_context *context, bl_sink *sink, const bl_create *how,
                          bl_output **ret_output, bl_error *err) {
    BL_AUTO(bl_sink) owned = sink;
    if (how->base) {
        bl_source_close(how->base);
        return bl_error_set(err, BL_E_UNSUPPORTED, "an Arrow file cannot be continued");
    }
    arrow_output *output = (arrow_output *)bl_alloc_zero(context, 1, sizeof *output);
    if (!output)
        return bl_error_nomem(err, sizeof *output, "a file");
    const char *format = how->options ? how->options->format : NULL;
    output->head.ops = &ops;
    output->head.context = context;
    output->sink = BL_MOVE(owned);
    output->head.url = output->sink->url;
    output->how = arrow_compression(how);
    output->is_stream = ends_with(format ? format : output->sink->url, "arrows");
    bl_arena_init(&output->arena, context);
    bl_status status =
        bl_metadata_copy(&output->arena, how->options, &output->metadata, &output->n_metadata, err);
    if (status != BL_OK) {
        close_output(&output->head);
        return status;
    }
    *ret_output = &output->head;
    return BL_OK;
}
