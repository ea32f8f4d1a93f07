// SPDX-License-Identifier: Apache-2.0
// A table being written: batches are cut into row groups, whose columns are tasks. Where row groups
// and pages end follows from the rows alone, so that the bytes depend neither on the threads nor on
// how rows came in batches.
#include "base/context.h"
#include "formats/parquet/write.h"

#define DEFAULT_GROUP (UINT64_C(128) << 20)
#define GROUP_SHARE 5 // of the memory budget
#define MOST_GROUP_ROWS (INT64_C(1) << 20)
#define GROUP_STEP 256 // rows that groups are multiples of, unless rows are huge
#define DEFAULT_PAGE (UINT64_C(256) << 10) // larger ones leave the cache, and are no smaller
#define LEAST_PAGE (UINT64_C(4) << 10)
#define MOST_PAGE (UINT64_C(1) << 28)
#define FEW_LEAVES 4    // a thread
#define PAGES_AT_HAND 8 // a thread

// ---- row groups ----

static uint64_t rows_bits(const bl_pqw_writer *writer, int64_t first, int64_t last) {
    uint64_t bits = 0;
    for (size_t i = 0; i < writer->schema.n_leaves; i++)
        bits += bl_pqw_leaf_bits(writer, i, first, last);
    return bits;
}

/// The first of the rows first, first + step, …, up to which there are `wanted` bits since the
/// group was looked at; past `last` where none has.
static int64_t find_due(const bl_pqw_writer *writer, int64_t start, int64_t first, int64_t step,
                        int64_t last, uint64_t wanted) {
    if (first > last)
        return last + 1;
    int64_t low = 0, high = (last - first) / step + 1; // of steps; `high` and past it are due
    while (low < high) {
        int64_t middle = low + (high - low) / 2, row = first + middle * step;
        if (row > last || writer->n_bits + rows_bits(writer, start, row) >= wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return first + low * step > last ? last + 1 : first + low * step;
}

/// Until the group may be full its rows are not looked at again: encoded they take hardly more than
/// their bits.
static void set_due(bl_pqw_writer *writer) {
    writer->n_bits = 0;
    writer->due_bits = writer->group_bits;
    if (writer->group_bits)
        return;
    uint64_t taken = writer->n_group_bytes;
    for (size_t i = 0; i < writer->schema.n_leaves; i++)
        taken += bl_pqw_chunk_bytes(&writer->chunks[i]);
    writer->due_bits = taken < writer->group_bytes ? 8 * (writer->group_bytes - taken) : 0;
}

/// How far rows of the batch from `first` on go to the present group in one piece.
/// \param ret_is_full the group has all its rows \param ret_is_due it is to be looked at
static int64_t part_end(const bl_pqw_writer *writer, int64_t first, int64_t last, bool *ret_is_full,
                        bool *ret_is_due) {
    int64_t most = writer->group_rows ? writer->group_rows : MOST_GROUP_ROWS;
    int64_t left = most - writer->n_group_rows;
    int64_t end = last - first < left ? last : first + left;
    *ret_is_full = end - first == left;
    *ret_is_due = false;
    if (writer->group_rows || writer->n_bits + rows_bits(writer, first, end) < writer->due_bits)
        return end;
    uint64_t whole = writer->group_bits ? writer->group_bits : 8 * writer->group_bytes;
    int64_t to_step = GROUP_STEP - writer->n_group_rows % GROUP_STEP;
    int64_t step = find_due(writer, first, first + to_step, GROUP_STEP, end, writer->due_bits);
    int64_t any = find_due(writer, first, first + 1, 1, end, writer->due_bits + whole / 4);
    int64_t found = step < any ? step : any;
    if (found > end)
        return end;
    *ret_is_due = true;
    *ret_is_full = writer->group_bits || (*ret_is_full && found == end);
    return found;
}

/// Whether what is left of a group is too little to go on.
static bool has_enough(const bl_pqw_writer *writer) {
    return writer->due_bits < writer->group_bytes / 2; // a sixteenth
}

static bl_status write_rows(bl_pqw_writer *writer, bl_error *err) {
    for (int64_t row = 0; row < writer->n_hand_rows; row = writer->part_last) {
        bool is_full, is_due;
        writer->part_last = part_end(writer, row, writer->n_hand_rows, &is_full, &is_due);
        BL_TRY(bl_pqw_append(writer, row, is_full, err));
        writer->n_rows += writer->part_last - row;
        writer->n_group_rows += writer->part_last - row;
        writer->n_bits += rows_bits(writer, row, writer->part_last);
        if (is_due)
            set_due(writer);
        if (is_full || (is_due && has_enough(writer))) {
            BL_TRY(bl_pqw_group_end(writer, err));
            set_due(writer);
        }
    }
    return BL_OK;
}

// ---- rows at hand ----

static bl_status hold(bl_pqw_writer *writer, const bl_batch *batch, bl_error *err) {
    size_t n = writer->schema.n_leaves;
    bl_pqw_held *held = &writer->held[writer->n_held];
    if (!held->views)
        held->views = (bl_pqw_view *)bl_alloc_zero(writer->context, n + 1, sizeof *held->views);
    if (!held->views)
        return bl_error_nomem(err, n * sizeof *held->views, "columns");
    int64_t first = writer->n_hand_rows;
    for (size_t i = 0; i < n; i++)
        bl_pqw_view_find(&writer->schema.leaves[i], batch, writer->n_rows + first, &held->views[i]);
    held->batch = bl_batch_ref((bl_batch *)(uintptr_t)batch);
    held->first = first;
    held->last = writer->n_hand_rows = first + batch->n_rows;
    writer->n_held++;
    return BL_OK;
}

static void let_go(bl_pqw_writer *writer) {
    for (size_t i = 0; i < writer->n_held; i++)
        bl_batch_release(writer->held[i].batch);
    writer->n_held = 0;
    writer->n_hand_rows = 0;
}

/// Whether the rows at hand keep all threads busy: of few columns small batches make a page or two,
/// so that some are held until there are more.
static bool is_hand_full(const bl_pqw_writer *writer) {
    const bl_context *context = writer->context;
    uint64_t wanted = writer->settings.page_bits * PAGES_AT_HAND * writer->n_scratch;
    return writer->n_scratch == 1 || writer->schema.n_leaves >= FEW_LEAVES * writer->n_scratch ||
           writer->n_held == BL_PQW_MOST_HELD ||
           rows_bits(writer, 0, writer->n_hand_rows) >= wanted ||
           bl_context_busy_bytes(context) > bl_context_budget_bytes(context) / 2;
}

static bl_status use_hand(bl_pqw_writer *writer, bl_error *err) {
    BL_TRY(write_rows(writer, err));
    let_go(writer);
    return BL_OK;
}

static bl_status write_batch(bl_writer *head, const bl_batch *batch, bl_error *err) {
    bl_pqw_writer *writer = (bl_pqw_writer *)head;
    if (batch->n_rows == 0)
        return BL_OK;
    BL_TRY(hold(writer, batch, err));
    return is_hand_full(writer) ? use_hand(writer, err) : BL_OK;
}

static bl_status finish_table(bl_writer *head, bl_error *err) {
    bl_pqw_writer *writer = (bl_pqw_writer *)head;
    BL_TRY(use_hand(writer, err));
    BL_TRY(bl_pqw_group_end(writer, err));
    return bl_pqw_flush(writer, err);
}

static const bl_writer_ops table_ops = {.write = write_batch, .finish = finish_table};

// ---- a table ----

void bl_pqw_writer_free(bl_pqw_writer *writer) {
    bl_context *context = writer->context;
    for (size_t i = 0; writer->chunks && i < writer->schema.n_leaves; i++)
        bl_pqw_chunk_release(context, &writer->chunks[i]);
    for (unsigned i = 0; writer->scratch && i < writer->n_scratch; i++)
        bl_pqw_scratch_release(&writer->scratch[i]);
    bl_writer_release(&writer->head);
    for (size_t i = 0; i < writer->n_waiting; i++)
        bl_buffer_release(writer->waiting[i]);
    bl_free(context, writer->waiting);
    bl_free(context, writer->jobs);
    bl_free(context, writer->chunks);
    let_go(writer);
    for (size_t i = 0; i < BL_PQW_MOST_HELD; i++)
        bl_free(context, writer->held[i].views);
    bl_free(context, writer->scratch);
    bl_pqw_notes_release(context, &writer->notes);
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
    writer->scratch =
        (bl_pqw_scratch *)bl_alloc_zero(context, writer->n_scratch, sizeof *writer->scratch);
    if (!writer->chunks || !writer->scratch)
        return bl_error_nomem(err, n * sizeof *writer->chunks, "columns");
    for (size_t i = 0; i < n; i++)
        bl_pqw_chunk_init(context, writer->settings.page_bits, &writer->chunks[i]);
    for (unsigned i = 0; i < writer->n_scratch; i++)
        bl_pqw_scratch_init(context, writer->settings.page_bits, &writer->scratch[i]);
    return BL_OK;
}

/// A row group waits in memory until it is full, compressed but for the page at hand of each
/// column, all of which together are to take no more than half of it.
static void choose_sizes(bl_pqw_writer *writer, const bl_writer_options *options) {
    uint64_t share = bl_context_memory_bytes(writer->context) / GROUP_SHARE;
    uint64_t group = options->cluster_bytes, page = options->chunk_bytes;
    writer->group_rows = options->cluster_rows;
    writer->group_bits = (group < INT64_MAX / 16 ? group : INT64_MAX / 16) * 8;
    writer->group_bytes = share < DEFAULT_GROUP ? share : DEFAULT_GROUP;
    if (!page) {
        uint64_t most = writer->group_bytes / 2 / (writer->schema.n_leaves + 1);
        page = most < LEAST_PAGE ? LEAST_PAGE : most < DEFAULT_PAGE ? most : DEFAULT_PAGE;
    }
    writer->settings.page_bits = (page < MOST_PAGE ? page : MOST_PAGE) * 8;
    writer->due_bits = writer->group_bits ? writer->group_bits : 8 * writer->group_bytes;
}

static bl_status start(bl_pqw_writer *writer, const bl_column_spec *columns, size_t n_columns,
                       const bl_writer_options *options, bl_error *err) {
    BL_TRY(start_columns(writer, columns, n_columns, options->path, err));
    choose_sizes(writer, options);
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
    writer->n_bytes = sink->n_bytes;
    writer->settings = *settings;
    writer->head.output = output;
    bl_arena_init(&writer->arena, context);
    writer->schema.arena = &writer->arena;
    writer->schema.elements.out.context = context;
    writer->notes.open.out.context = context;
    bl_status status = start(writer, columns, n_columns, options, err);
    if (status == BL_OK)
        *ret_writer = writer;
    else
        bl_pqw_writer_free(writer);
    return status;
}
