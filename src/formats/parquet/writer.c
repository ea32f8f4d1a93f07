// SPDX-License-Identifier: Apache-2.0
// Parquet files being written: batches are cut into row groups, whose columns are tasks; and the
// footer. Where row groups and pages end follows from the rows alone, so that the bytes depend
// neither on the threads nor on how rows came in batches. Left out: encryption, Bloom filters,
// sorting columns, several tables in one file.
// \source Apache Parquet, README.md, "File format"
#include "formats/parquet/writer.h"

#include <beamline/version.h>

#include "base/context.h"
#include "formats/parquet/write.h"

#define DEFAULT_GROUP (UINT64_C(128) << 20)
#define GROUP_SHARE 8 // of the memory budget
#define MOST_GROUP_ROWS (INT64_C(1) << 20)
#define GROUP_STEP 1024 // rows that groups are multiples of, unless rows are huge
#define DEFAULT_PAGE (UINT64_C(1) << 20)
#define MOST_PAGE (UINT64_C(1) << 28)

typedef struct parquet_output {
    bl_output head;
    bl_sink *sink; ///< owns
    bl_arena arena;
    bl_pqw_settings settings;
    const char **metadata; ///< [2 × n_metadata]
    size_t n_metadata;
    bl_pqw_writer *writer; ///< owns; NULL before the table
} parquet_output;

// ---- row groups ----

static uint64_t rows_bits(const bl_pqw_writer *writer, int64_t first, int64_t last) {
    uint64_t bits = 0;
    for (size_t i = 0; i < writer->schema.n_leaves; i++)
        bits += bl_pqw_bits(&writer->schema.leaves[i], &writer->views[i], first, last);
    return bits;
}

/// The first of the rows first, first + step, …, up to which the group has `wanted` bits; `last`
/// where none has.
static int64_t find_full(const bl_pqw_writer *writer, int64_t start, int64_t first, int64_t step,
                         int64_t last, uint64_t wanted) {
    if (first > last)
        return last + 1;
    int64_t low = 0, high = (last - first) / step + 1; // of steps; `high` and past it are full
    while (low < high) {
        int64_t middle = low + (high - low) / 2, row = first + middle * step;
        if (row > last || writer->n_group_bits + rows_bits(writer, start, row) >= wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return first + low * step > last ? last + 1 : first + low * step;
}

/// How far rows of the batch from `first` on belong to the present group. \param ret_is_full
static int64_t group_end(const bl_pqw_writer *writer, int64_t first, int64_t last,
                         bool *ret_is_full) {
    int64_t most = writer->group_rows ? writer->group_rows : MOST_GROUP_ROWS;
    int64_t left = most - writer->n_group_rows;
    int64_t end = last - first < left ? last : first + left;
    *ret_is_full = end - first == left;
    if (writer->group_rows ||
        writer->n_group_bits + rows_bits(writer, first, end) < writer->group_bits)
        return end;
    int64_t to_step = GROUP_STEP - writer->n_group_rows % GROUP_STEP;
    int64_t step = find_full(writer, first, first + to_step, GROUP_STEP, end, writer->group_bits);
    int64_t any =
        find_full(writer, first, first + 1, 1, end, writer->group_bits + writer->group_bits / 4);
    int64_t found = step < any ? step : any;
    if (found > end)
        return end;
    *ret_is_full = true;
    return found;
}

static bl_status append_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    bl_pqw_writer *writer = (bl_pqw_writer *)argument;
    const bl_pqw_leaf *leaf = &writer->schema.leaves[i];
    bl_pqw_scratch *scratch = &writer->scratch[worker];
    if (!scratch->codecs)
        BL_TRY(bl_codecs_new(writer->context, &scratch->codecs, err));
    BL_TRY_IN(bl_pqw_chunk_append(leaf, &writer->settings, &writer->chunks[i], &writer->views[i],
                                  writer->part_first, writer->part_last, scratch, err),
              err, "column '%s'", leaf->name);
    return BL_OK;
}

static bl_status write_rows(bl_pqw_writer *writer, int64_t n_rows, bl_error *err) {
    for (int64_t row = 0; row < n_rows; row = writer->part_last) {
        bool is_full;
        writer->part_first = row;
        writer->part_last = group_end(writer, row, n_rows, &is_full);
        BL_TRY(bl_run_tasks(writer->context, append_task, writer, writer->schema.n_leaves, err));
        writer->n_rows += writer->part_last - row;
        writer->n_group_rows += writer->part_last - row;
        writer->n_group_bits += rows_bits(writer, row, writer->part_last);
        if (is_full)
            BL_TRY(bl_pqw_group_end(writer, err));
    }
    return BL_OK;
}

static bl_status write_batch(bl_writer *head, const bl_batch *batch, bl_error *err) {
    bl_pqw_writer *writer = (bl_pqw_writer *)head;
    if (batch->n_rows == 0)
        return BL_OK;
    for (size_t i = 0; i < writer->schema.n_leaves; i++)
        bl_pqw_view_find(&writer->schema.leaves[i], batch, writer->n_rows, &writer->views[i]);
    return write_rows(writer, batch->n_rows, err);
}

static bl_status finish_table(bl_writer *head, bl_error *err) {
    return bl_pqw_group_end((bl_pqw_writer *)head, err);
}

static const bl_writer_ops table_ops = {.write = write_batch, .finish = finish_table};

// ---- a table ----

static void init_scratch(bl_context *context, bl_pqw_scratch *scratch) {
    for (size_t i = 0; i < 4; i++)
        scratch->levels[i].context = context;
    scratch->places[0].context = scratch->places[1].context = context;
    scratch->body.context = scratch->encoded.context = context;
    scratch->packed.context = scratch->indices.context = context;
    scratch->head.out.context = context;
}

static void init_chunk(bl_context *context, bl_pqw_chunk *chunk) {
    chunk->open.definition.bytes.context = context;
    chunk->open.repetition.bytes.context = context;
    chunk->open.values.context = context;
    chunk->dictionary.values.context = context;
    chunk->dictionary.offsets.context = context;
    chunk->dictionary.slots.context = context;
}

static void free_writer(bl_pqw_writer *writer) {
    bl_context *context = writer->context;
    for (size_t i = 0; writer->chunks && i < writer->schema.n_leaves; i++)
        bl_pqw_chunk_release(context, &writer->chunks[i]);
    for (unsigned i = 0; writer->scratch && i < writer->n_scratch; i++)
        bl_pqw_scratch_release(&writer->scratch[i]);
    for (size_t i = 0; i < writer->head.n_columns; i++)
        bl_type_release(writer->head.types[i]);
    bl_free(context, writer->chunks);
    bl_free(context, writer->views);
    bl_free(context, writer->scratch);
    bl_thrift_out_release(&writer->groups);
    bl_pqw_schema_release(context, &writer->schema);
    bl_arena_release(&writer->arena);
    bl_free(context, writer);
}

static bl_status start_columns(bl_pqw_writer *writer, const bl_column_spec *columns, size_t n,
                               bl_error *err) {
    const char **names = (const char **)bl_arena_array(&writer->arena, n + 1, sizeof *names);
    bl_type **types = (bl_type **)bl_arena_array(&writer->arena, n + 1, sizeof *types);
    if (!names || !types)
        return bl_error_nomem(err, n * sizeof *names, "columns");
    writer->head.names = names;
    writer->head.types = types;
    for (size_t i = 0; i < n; i++) {
        types[i] = bl_type_ref((bl_type *)(uintptr_t)columns[i].type);
        writer->head.n_columns++;
        names[i] = bl_arena_text(&writer->arena, columns[i].name, strlen(columns[i].name));
        if (!names[i])
            return bl_error_nomem(err, strlen(columns[i].name), "a name");
        BL_TRY(bl_pqw_schema_add(writer->context, &writer->schema, names[i], types[i], err));
    }
    return BL_OK;
}

static bl_status start_space(bl_pqw_writer *writer, bl_error *err) {
    bl_context *context = writer->context;
    size_t n = writer->schema.n_leaves;
    writer->n_scratch = bl_context_n_threads(context);
    writer->chunks = (bl_pqw_chunk *)bl_alloc_zero(context, n + 1, sizeof *writer->chunks);
    writer->views = (bl_pqw_view *)bl_alloc_zero(context, n + 1, sizeof *writer->views);
    writer->scratch =
        (bl_pqw_scratch *)bl_alloc_zero(context, writer->n_scratch, sizeof *writer->scratch);
    if (!writer->chunks || !writer->views || !writer->scratch)
        return bl_error_nomem(err, n * sizeof *writer->chunks, "columns");
    for (size_t i = 0; i < n; i++)
        init_chunk(context, &writer->chunks[i]);
    for (unsigned i = 0; i < writer->n_scratch; i++)
        init_scratch(context, &writer->scratch[i]);
    return BL_OK;
}

/// A row group waits in memory until it is full, compressed but for the page at hand of each
/// column.
static uint64_t usual_group(const bl_context *context) {
    uint64_t share = bl_context_memory_bytes(context) / GROUP_SHARE;
    return share < DEFAULT_GROUP ? share : DEFAULT_GROUP;
}

static bl_status start(bl_pqw_writer *writer, const bl_column_spec *columns, size_t n_columns,
                       const bl_writer_options *options, bl_error *err) {
    uint64_t group = options->cluster_bytes ? options->cluster_bytes : usual_group(writer->context);
    uint64_t page = options->chunk_bytes ? options->chunk_bytes : DEFAULT_PAGE;
    writer->head.ops = &table_ops;
    writer->head.path = bl_arena_text(&writer->arena, options->path, strlen(options->path));
    if (!writer->head.path)
        return bl_error_nomem(err, strlen(options->path), "a name");
    writer->group_rows = options->cluster_rows;
    writer->group_bits = (group < INT64_MAX / 16 ? group : INT64_MAX / 16) * 8;
    writer->settings.page_bits = (page < MOST_PAGE ? page : MOST_PAGE) * 8;
    BL_TRY(start_columns(writer, columns, n_columns, err));
    return start_space(writer, err);
}

static bl_status new_writer(parquet_output *output, const bl_column_spec *columns, size_t n_columns,
                            const bl_writer_options *options, bl_pqw_writer **ret_writer,
                            bl_error *err) {
    bl_context *context = output->head.context;
    bl_pqw_writer *writer = (bl_pqw_writer *)bl_alloc_zero(context, 1, sizeof *writer);
    if (!writer)
        return bl_error_nomem(err, sizeof *writer, "a table");
    writer->context = context;
    writer->sink = output->sink;
    writer->settings = output->settings;
    writer->head.output = &output->head;
    bl_arena_init(&writer->arena, context);
    writer->schema.arena = &writer->arena;
    writer->schema.elements.out.context = context;
    writer->groups.out.context = context;
    bl_status status = start(writer, columns, n_columns, options, err);
    if (status == BL_OK)
        *ret_writer = writer;
    else
        free_writer(writer);
    return status;
}

static bl_status add(bl_output *head, const bl_column_spec *columns, size_t n_columns,
                     const bl_writer_options *options, bl_writer **ret_writer, bl_error *err) {
    parquet_output *output = (parquet_output *)head;
    if (options->friend_of)
        return bl_error_set(err, BL_E_UNSUPPORTED, "Parquet files know no friends");
    if (output->writer)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "a Parquet file holds one table, and '%s' is in it already",
                            output->writer->head.path);
    BL_TRY(new_writer(output, columns, n_columns, options, &output->writer, err));
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

static bl_status add_histogram(bl_output *head, const bl_histogram_view *histogram, bl_error *err) {
    (void)head;
    return bl_error_set(err, BL_E_UNSUPPORTED, "'%s': Parquet files hold no histograms",
                        histogram->name);
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

static void put_footer(bl_thrift_out *out, const parquet_output *output) {
    const bl_pqw_writer *writer = output->writer;
    bl_thrift_put_begin_item(out);
    bl_thrift_put_i32(out, 1, 2);
    put_schema(out, writer);
    bl_thrift_put_i64(out, 3, writer->n_rows);
    bl_thrift_put_list(out, 4, BL_THRIFT_STRUCT, writer->n_groups);
    if (writer->groups.out.buffer)
        bl_pack_bytes(&out->out, writer->groups.out.buffer->data, writer->groups.out.buffer->size);
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

static bl_status write_footer(parquet_output *output, bl_error *err) {
    bl_thrift_out out = {.out.context = output->head.context};
    put_footer(&out, output);
    size_t size = bl_packer_size(&out.out);
    uint32_t length = (uint32_t)size;
    bl_pack_bytes(&out.out, &length, sizeof length);
    bl_pack_bytes(&out.out, bl_parquet_magic, sizeof bl_parquet_magic);
    bl_status status = bl_packer_check(&out.out, "a footer", err);
    if (status == BL_OK && size > INT32_MAX)
        status = bl_error_set(err, BL_E_LIMIT,
                              "a footer of more than 2 GiB; larger row groups "
                              "make it smaller");
    if (status == BL_OK)
        status = bl_sink_write(output->sink, out.out.buffer->data, out.out.buffer->size, err);
    bl_thrift_out_release(&out);
    return status;
}

static bl_status finish(bl_output *head, bl_error *err) {
    parquet_output *output = (parquet_output *)head;
    const bl_writer_options none = {.size = sizeof none, .path = "Events"};
    if (!output->writer)
        BL_TRY(new_writer(output, NULL, 0, &none, &output->writer, err));
    if (!output->writer->head.is_finished)
        BL_TRY(bl_pqw_group_end(output->writer, err));
    BL_TRY(write_footer(output, err));
    return bl_sink_finish(output->sink, err);
}

// ---- beginning and end ----

static void close_output(bl_output *head) {
    parquet_output *output = (parquet_output *)head;
    if (output->writer)
        free_writer(output->writer);
    bl_sink_close(output->sink);
    bl_arena_release(&output->arena);
    bl_free(head->context, output);
}

static const bl_output_ops ops = {.add = add,
                                  .check = check,
                                  .add_histogram = add_histogram,
                                  .finish = finish,
                                  .close = close_output,
                                  .holds_nulls = true};

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

static bl_status copy_metadata(parquet_output *output, const bl_output_options *options,
                               bl_error *err) {
    output->metadata = (const char **)bl_arena_array(&output->arena, 2 * options->n_metadata + 1,
                                                     sizeof *output->metadata);
    if (!output->metadata)
        return bl_error_nomem(err, options->n_metadata * sizeof *output->metadata, "metadata");
    for (size_t i = 0; i < 2 * options->n_metadata; i++) {
        const char *text = options->metadata[i];
        output->metadata[i] = bl_arena_text(&output->arena, text, strlen(text));
        if (!output->metadata[i])
            return bl_error_nomem(err, strlen(text), "metadata");
    }
    output->n_metadata = options->n_metadata;
    return BL_OK;
}

static bl_status start_file(parquet_output *output, const bl_create *how, bl_error *err) {
    if (how->base)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a Parquet file cannot be continued");
    choose_codec(how->compression, &output->settings);
    BL_TRY(choose_encoding(how->options->encoding, &output->settings, err));
    BL_TRY(copy_metadata(output, how->options, err));
    return bl_sink_write(output->sink, bl_parquet_magic, sizeof bl_parquet_magic, err);
}

bl_status bl_parquet_create(bl_context *context, bl_sink *sink, const bl_create *how,
                            bl_output **ret_output, bl_error *err) {
    BL_AUTO(bl_source) base = how->base;
    BL_AUTO(bl_sink) owned = sink;
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
