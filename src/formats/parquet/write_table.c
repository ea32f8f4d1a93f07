// SPDX-License-Identifier: Apache-2.0
// A table being written: batches are cut into row groups, whose columns are tasks. Where row groups
// and pages end follows from the rows alone, so that the bytes depend neither on the threads nor on
// how rows came in batches.
#include "base/context.h"
#include "formats/parquet/write.h"

#define DEFAULT_GROUP (UINT64_C(128) << 20)
#define GROUP_SHARE 8 // of the memory budget
#define MOST_GROUP_ROWS (INT64_C(1) << 20)
#define GROUP_STEP 1024 // rows that groups are multiples of, unless rows are huge
#define DEFAULT_PAGE (UINT64_C(256) << 10) // larger ones leave the cache, and are no smaller
#define MOST_PAGE (UINT64_C(1) << 28)

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

void bl_pqw_writer_free(bl_pqw_writer *writer) {
    bl_context *context = writer->context;
    for (size_t i = 0; writer->chunks && i < writer->schema.n_leaves; i++)
        bl_pqw_chunk_release(context, &writer->chunks[i]);
    for (unsigned i = 0; writer->scratch && i < writer->n_scratch; i++)
        bl_pqw_scratch_release(&writer->scratch[i]);
    bl_writer_release(&writer->head);
    bl_free(context, writer->chunks);
    bl_free(context, writer->views);
    bl_free(context, writer->scratch);
    bl_thrift_out_release(&writer->groups);
    bl_pqw_schema_release(context, &writer->schema);
    bl_arena_release(&writer->arena);
    bl_free(context, writer);
}

static bl_status start_columns(bl_pqw_writer *writer, const bl_column_spec *columns, size_t n,
                               const char *path, bl_error *err) {
    BL_TRY(bl_writer_init(&writer->head, &table_ops, &writer->arena, columns, n, path, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_pqw_schema_add(writer->context, &writer->schema, writer->head.names[i],
                                 writer->head.types[i], err));
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
    writer->group_rows = options->cluster_rows;
    writer->group_bits = (group < INT64_MAX / 16 ? group : INT64_MAX / 16) * 8;
    writer->settings.page_bits = (page < MOST_PAGE ? page : MOST_PAGE) * 8;
    BL_TRY(start_columns(writer, columns, n_columns, options->path, err));
    return start_space(writer, err);
}

bl_status bl_pqw_writer_new(bl_output *output, bl_sink *sink, const bl_pqw_settings *settings,
                            const bl_column_spec *columns, size_t n_columns,
                            const bl_writer_options *options, bl_pqw_writer **ret_writer,
                            bl_error *err) {
    bl_context *context = output->context;
    bl_pqw_writer *writer = (bl_pqw_writer *)bl_alloc_zero(context, 1, sizeof *writer);
    if (!writer)
        return bl_error_nomem(err, sizeof *writer, "a table");
    writer->context = context;
    writer->sink = sink;
    writer->settings = *settings;
    writer->head.output = output;
    bl_arena_init(&writer->arena, context);
    writer->schema.arena = &writer->arena;
    writer->schema.elements.out.context = context;
    writer->groups.out.context = context;
    bl_status status = start(writer, columns, n_columns, options, err);
    if (status == BL_OK)
        *ret_writer = writer;
    else
        bl_pqw_writer_free(writer);
    return status;
}
