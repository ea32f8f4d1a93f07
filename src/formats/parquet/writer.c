// SPDX-License-Identifier: Apache-2.0
// Parquet files being written: one table between the magic and the footer. Left out: encryption,
// Bloom filters, sorting columns, several tables in one file.
// \source Apache Parquet, README.md, "File format"
#include "formats/parquet/writer.h"

#include <assert.h>

#include <beamline/version.h>

#include "formats/parquet/write.h"

typedef struct parquet_output {
    bl_output head;
    bl_sink *sink; ///< owns
    bl_arena arena;
    bl_pqw_settings settings;
    const char *const *metadata; ///< [2 × n_metadata]
    size_t n_metadata;
    bl_pqw_writer *writer; ///< owns; NULL before the table
} parquet_output;

// ---- the table ----

static bl_status add(bl_output *head, const bl_column_spec *columns, size_t n_columns,
                     const bl_writer_options *options, bl_writer **ret_writer, bl_error *err) {
    parquet_output *output = (parquet_output *)head;
    if (options->friend_of)
        return bl_error_set(err, BL_E_UNSUPPORTED, "Parquet files know no friends");
    if (output->writer)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "a Parquet file holds one table, and '%s' is in it already",
                            output->writer->head.path);
    BL_TRY(bl_pqw_writer_new(head, output->sink, &output->settings, columns, n_columns, options,
                             &output->writer, err));
    *ret_writer = &output->writer->head;
    return BL_OK;
}

static bl_status check(bl_output *head, const bl_column_spec *column, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, head->context);
    bl_pqw_schema schema = {.arena = &arena, .elements.out.context = head->context};
    bl_status status = bl_pqw_schema_add(head->context, &schema, column->name, column->type, err);
    bl_pqw_schema_release(head->context, &schema);
    bl_arena_release(&arena);
    return status;
}

// ---- the footer ----

static void put_pair(bl_thrift_out *out, const char *key, const char *value) {
    bl_thrift_put_begin_item(out);
    bl_thrift_put_text(out, 1, key);
    bl_thrift_put_text(out, 2, value);
    bl_thrift_put_end(out);
}

static void put_schema(bl_thrift_out *out, const bl_pqw_writer *writer) {
    bl_thrift_put_list(out, 2, BL_THRIFT_STRUCT, writer->schema.n_elements + 1);
    bl_thrift_put_begin_item(out);
    bl_thrift_put_text(out, 4, "schema");
    bl_thrift_put_i32(out, 5, (int32_t)writer->head.n_columns);
    bl_thrift_put_end(out);
    const bl_packer *elements = &writer->schema.elements.out;
    if (elements->buffer)
        bl_pack_bytes(&out->out, elements->buffer->data, elements->buffer->size);
}

/// What comes in front of the row groups.
static void put_head(bl_thrift_out *out, const bl_pqw_writer *writer) {
    bl_thrift_put_begin_item(out);
    bl_thrift_put_i32(out, 1, 2);
    put_schema(out, writer);
    bl_thrift_put_i64(out, 3, writer->n_rows);
    bl_thrift_put_list(out, 4, BL_THRIFT_STRUCT, writer->n_groups);
}

/// And behind them.
static void put_tail(bl_thrift_out *out, const parquet_output *output) {
    const bl_pqw_writer *writer = output->writer;
    bl_thrift_put_list(out, 5, BL_THRIFT_STRUCT, output->n_metadata + 1);
    put_pair(out, "beamline.table", writer->head.path);
    for (size_t i = 0; i < output->n_metadata; i++)
        put_pair(out, output->metadata[2 * i], output->metadata[2 * i + 1]);
    bl_thrift_put_text(out, 6, "beamline version " BL_VERSION " (build 0)");
    bl_thrift_put_list(out, 7, BL_THRIFT_STRUCT, writer->schema.n_leaves);
    for (size_t i = 0; i < writer->schema.n_leaves; i++) {
        bl_thrift_put_begin_item(out);
        bl_thrift_put_begin(out, 1);
        bl_thrift_put_end(out);
        bl_thrift_put_end(out);
    }
    bl_thrift_put_end(out);
}

/// Writes what was packed, and empties it.
static bl_status write_packed(parquet_output *output, bl_packer *out, bl_error *err) {
    BL_TRY(bl_packer_check(out, "a footer", err));
    BL_TRY(bl_sink_write(output->sink, out->buffer->data, out->buffer->size, err));
    out->buffer->size = 0;
    return BL_OK;
}

static bl_status write_parts(parquet_output *output, bl_thrift_out *out, bl_error *err) {
    bl_pqw_writer *writer = output->writer;
    uint64_t start = output->sink->n_bytes;
    put_head(out, writer);
    BL_TRY(write_packed(output, &out->out, err));
    BL_TRY(bl_pqw_notes_write(&writer->notes, output->sink, &writer->scratch[0], err));
    put_tail(out, output);
    uint64_t size = output->sink->n_bytes - start + bl_packer_size(&out->out);
    if (size > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT,
                            "a footer of more than 2 GiB; larger row groups make it smaller");
    uint32_t length = (uint32_t)size;
    bl_pack_bytes(&out->out, &length, sizeof length);
    bl_pack_bytes(&out->out, bl_parquet_magic, sizeof bl_parquet_magic);
    return write_packed(output, &out->out, err);
}

static bl_status write_footer(parquet_output *output, bl_error *err) {
    bl_thrift_out out = {.out.context = output->head.context};
    bl_status status = write_parts(output, &out, err);
    bl_thrift_out_release(&out);
    return status;
}

static bl_status finish(bl_output *head, bl_error *err) {
    parquet_output *output = (parquet_output *)head;
    const bl_writer_options none = {.size = sizeof none, .path = "Events"};
    bl_pqw_writer *writer = output->writer;
    if (!writer)
        BL_TRY(
            bl_pqw_writer_new(head, output->sink, &output->settings, NULL, 0, &none, &writer, err));
    assert(writer);
    output->writer = writer;
    if (!writer->head.is_finished)
        BL_TRY(writer->head.ops->finish(&writer->head, err));
    BL_TRY(write_footer(output, err));
    return bl_sink_finish(output->sink, err);
}

// ---- beginning and end ----

static void close_output(bl_output *head) {
    parquet_output *output = (parquet_output *)head;
    if (output->writer)
        bl_pqw_writer_free(output->writer);
    bl_sink_close(output->sink);
    bl_arena_release(&output->arena);
    bl_free(head->context, output);
}

static const bl_output_ops ops = {
    .add = add, .check = check, .finish = finish, .close = close_output, .holds_nulls = true};

/// The number of a codec in the file, and which of ours it is there.
static void choose_codec(bl_compression compression, bl_pqw_settings *settings) {
    static const struct {
        bl_codec_id ours, written;
        bl_parquet_codec codec;
    } codecs[] = {{BL_CODEC_ZSTD, BL_CODEC_ZSTD, BL_PARQUET_ZSTD},
                  {BL_CODEC_LZ4, BL_CODEC_LZ4_RAW, BL_PARQUET_LZ4_RAW},
                  {BL_CODEC_SNAPPY, BL_CODEC_SNAPPY, BL_PARQUET_SNAPPY},
                  {BL_CODEC_GZIP, BL_CODEC_GZIP, BL_PARQUET_GZIP},
                  {BL_CODEC_BROTLI, BL_CODEC_BROTLI, BL_PARQUET_BROTLI}};
    settings->codec = BL_PARQUET_UNCOMPRESSED;
    settings->compression = compression;
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (codecs[i].ours == compression.codec) {
            settings->codec = codecs[i].codec;
            settings->compression.codec = codecs[i].written;
        }
}

/// Without a level that was asked for, the one that is fast: values that are encoded already do not
/// become smaller by more.
static void choose_level(const char *asked, bl_compression *compression) {
    if (asked && strchr(asked, ':'))
        return;
    if (compression->codec == BL_CODEC_ZSTD)
        compression->level = 3;
    if (compression->codec == BL_CODEC_LZ4)
        compression->level = 1;
}

static bl_status choose_encoding(const char *name, bl_pqw_settings *settings, bl_error *err) {
    static const char *const names[] = {"auto", "plain", "dictionary", "delta", "split"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!name || strcmp(name, names[i]) == 0) {
            settings->encoding = (bl_pqw_encoding)i;
            return BL_OK;
        }
    return bl_error_set(err, BL_E_INVALID,
                        "encoding '%s' is not known; known are 'auto', 'plain', 'dictionary', "
                        "'delta', 'split'",
                        name);
}

static bl_status start_file(parquet_output *output, const bl_create *how, bl_error *err) {
    bl_compression compression = how->compression;
    choose_level(how->options->codec, &compression);
    choose_codec(compression, &output->settings);
    BL_TRY(choose_encoding(how->options->encoding, &output->settings, err));
    BL_TRY(bl_metadata_copy(&output->arena, how->options, &output->metadata, &output->n_metadata,
                            err));
    return bl_sink_write(output->sink, bl_parquet_magic, sizeof bl_parquet_magic, err);
}

bl_status bl_parquet_create(bl_context *context, bl_sink *sink, const bl_create *how,
                            bl_output **ret_output, bl_error *err) {
    BL_AUTO(bl_source) base = how->base;
    BL_AUTO(bl_sink) owned = sink;
    if (base)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a Parquet file cannot be continued");
    parquet_output *output = (parquet_output *)bl_alloc_zero(context, 1, sizeof *output);
    if (!output)
        return bl_error_nomem(err, sizeof *output, "a file");
    output->head.ops = &ops;
    output->head.context = context;
    output->head.url = sink->url;
    output->sink = BL_MOVE(owned);
    bl_arena_init(&output->arena, context);
    bl_status status = start_file(output, how, err);
    if (status == BL_OK)
        *ret_output = &output->head;
    else
        close_output(&output->head);
    return status;
}
