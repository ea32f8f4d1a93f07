// SPDX-License-Identifier: Apache-2.0
// Reading rows of columns: each block is a task, which loads, splits and parses it while it is in a
// cache. Numbers go straight to their places in the batch; of texts and lists each block makes a
// part, and parts are joined at the end. Packed text is unpacked before the tasks begin.
#include "base/context.h"
#include "formats/text/table.h"
#include "formats/text/window.h"

/// Numbers and what is beside them may take so much of what is left of the memory budget.
enum { BUDGET_SHARE = 4 };
/// What a part of a column takes beside its values.
enum { PART_BYTES = 512 };

typedef struct text_reader {
    bl_reader head;
    bl_text_table *table; ///< holds
    unsigned n_scratches;
    bl_text_scratch *scratches; ///< [n_scratches]; owns
    bl_text_window window;      ///< where threads cannot read for themselves
} text_reader;

/// One read.
typedef struct request {
    text_reader *reader;
    int64_t first, last;
    const size_t *columns;
    size_t n_columns;
    size_t first_block, n_blocks;
    bl_batch *batch;
    bool *is_placed;         ///< [n_columns]
    bl_buffer **validity;    ///< [n_columns] of columns that are placed; owns
    atomic_bool *has_nulls;  ///< [n_columns]
    bl_column **parts;       ///< [n_columns][n_blocks] of columns that are not; owns
    const uint8_t *text;     ///< of all blocks, where tasks cannot read for themselves
    bl_text_target *targets; ///< [n_threads × n_columns]
} request;

static const bl_text_block *block_of(const text_reader *reader, size_t i) {
    return &reader->table->index.blocks[i];
}

// ---- loading ----

/// Bytes of a block, with the newline that a last row may lack.
static size_t loaded_size(const text_reader *reader, size_t i) {
    const bl_text_index *index = &reader->table->index;
    size_t size = (size_t)(index->blocks[i + 1].offset - index->blocks[i].offset);
    return size + (i + 1 == index->n_blocks && !index->has_end);
}

static bool has_high_bits(const uint8_t *text, size_t size) {
    uint64_t any = 0;
    for (size_t i = 0; i < size; i += 8) { // zeros follow
        uint64_t eight;
        memcpy(&eight, text + i, sizeof eight);
        any |= eight;
    }
    return (any & 0x8080808080808080U) != 0;
}

static bl_status fill_text(const request *r, size_t i, uint8_t *to, size_t size, bl_error *err) {
    const text_reader *reader = r->reader;
    uint64_t offset = block_of(reader, i)->offset;
    if (r->text) {
        memcpy(to, r->text + (offset - block_of(reader, r->first_block)->offset), size);
        return BL_OK;
    }
    return bl_text_store_read_range(&reader->table->store, offset, to, size, err);
}

static bl_status load(const request *r, size_t i, bl_text_scratch *s, bl_error *err) {
    size_t size = loaded_size(r->reader, i);
    size_t stored = (size_t)(block_of(r->reader, i + 1)->offset - block_of(r->reader, i)->offset);
    s->block = SIZE_MAX;
    BL_TRY(bl_scratch_grow(s->context, &s->text, &s->text_size, size + BL_MARKS_STEP, 1, err));
    BL_TRY(fill_text(r, i, s->text, stored, err));
    if (size > stored)
        s->text[stored] = '\n';
    memset(s->text + size, 0, BL_MARKS_STEP);
    s->is_ascii = !has_high_bits(s->text, size);
    return BL_OK;
}

static bl_text_rows rows_of(const request *r, size_t i, const bl_text_scratch *s) {
    const bl_text_block *block = block_of(r->reader, i), *next = block + 1;
    int64_t first = r->first > block->row ? r->first : block->row;
    int64_t last = r->last < next->row ? r->last : next->row;
    return (bl_text_rows){.table = r->reader->table,
                          .text = (const char *)s->text,
                          .size = loaded_size(r->reader, i),
                          .first = (size_t)(first - block->row),
                          .last = (size_t)(last - block->row),
                          .n_rows = (size_t)(next->row - block->row),
                          .line = block->line,
                          .is_ascii = s->is_ascii};
}

// ---- a task ----

static void aim(const request *r, size_t i, const bl_text_rows *rows, bl_text_target *targets) {
    size_t at = (size_t)(block_of(r->reader, i)->row - r->first) + rows->first;
    for (size_t k = 0; k < r->n_columns; k++) {
        bl_column *column = &r->batch->columns[k];
        targets[k] = (bl_text_target){.column = r->columns[k], .at = at};
        if (r->is_placed[k]) {
            size_t width = bl_type_id_width(column->type->id); // 0: bits, by `at`
            targets[k].values = column->values->data + width * at;
            targets[k].validity = r->validity[k]->data;
            targets[k].has_nulls = &r->has_nulls[k];
        } else {
            targets[k].part = &r->parts[k][i - r->first_block];
        }
    }
}

static bl_status read_block(void *argument, size_t index, unsigned worker, bl_error *err) {
    const request *r = (const request *)argument;
    const bl_text_dialect *dialect = r->reader->table->dialect;
    size_t i = r->first_block + index;
    bl_text_scratch *s = &r->reader->scratches[worker];
    bl_text_target *targets = r->targets + worker * r->n_columns;
    if (s->block != i) {
        BL_TRY(load(r, i, s, err));
        bl_text_rows loaded = rows_of(r, i, s);
        BL_TRY(dialect->split(&loaded, s, err));
        s->block = i;
    }
    bl_text_rows rows = rows_of(r, i, s);
    aim(r, i, &rows, targets);
    return dialect->parse(&rows, s, targets, r->n_columns, err);
}

// ---- a read ----

static bl_status new_column(request *r, size_t k, bl_error *err) {
    bl_context *context = r->reader->head.context;
    bl_type *type = r->reader->table->types[r->columns[k]];
    r->is_placed[k] = r->reader->table->dialect->is_placed(type);
    if (!r->is_placed[k]) {
        r->parts[k] = (bl_column *)bl_alloc_zero(context, r->n_blocks + 1, sizeof(bl_column));
        return r->parts[k] ? BL_OK : bl_error_nomem(err, r->n_blocks * sizeof(bl_column), "parts");
    }
    size_t n = (size_t)(r->last - r->first), width = bl_type_id_width(type->id);
    size_t n_bits = (n + 7) / 8, size = width ? n * width : n_bits;
    bl_column *column = &r->batch->columns[k];
    BL_TRY(bl_column_init(context, column, type, err));
    BL_TRY(bl_buffer_new(context, size, &column->values, err));
    column->values->size = size;
    if (!width)
        memset(column->values->data, 0, size);
    column->length = (int64_t)n;
    BL_TRY(bl_buffer_new(context, n_bits, &r->validity[k], err));
    r->validity[k]->size = n_bits;
    memset(r->validity[k]->data, 0xff, n_bits);
    if (n % 8)
        r->validity[k]->data[n_bits - 1] = (uint8_t)(0xffU >> (8 - n % 8));
    return BL_OK;
}

/// A column without rows.
static bl_status make_empty(bl_context *context, bl_type *type, bl_column *column, bl_error *err) {
    bl_builder builder;
    BL_TRY(bl_builder_init(&builder, context, type, err));
    bl_status status = bl_builder_finish(&builder, column, err);
    bl_builder_release(&builder);
    return status;
}

static bl_status join_column(request *r, size_t k, bl_error *err) {
    bl_context *context = r->reader->head.context;
    bl_column *column = &r->batch->columns[k];
    if (r->is_placed[k]) {
        if (atomic_load_explicit(&r->has_nulls[k], memory_order_relaxed))
            column->validity = BL_MOVE(r->validity[k]);
        return BL_OK;
    }
    if (r->n_blocks == 0)
        return make_empty(context, r->reader->table->types[r->columns[k]], column, err);
    const bl_column **parts =
        (const bl_column **)bl_alloc_zero(context, r->n_blocks, sizeof *parts);
    if (!parts)
        return bl_error_nomem(err, r->n_blocks * sizeof *parts, "parts of a column");
    for (size_t i = 0; i < r->n_blocks; i++)
        parts[i] = &r->parts[k][i];
    bl_status status = bl_column_concat(context, parts, r->n_blocks, column, err);
    bl_free(context, parts);
    for (size_t i = 0; i < r->n_blocks; i++)
        bl_column_release(context, &r->parts[k][i]);
    return status;
}

static bl_status prepare(request *r, bl_error *err) {
    bl_context *context = r->reader->head.context;
    size_t n = r->n_columns + 1, n_threads = r->reader->n_scratches;
    r->is_placed = (bool *)bl_alloc_zero(context, n, sizeof *r->is_placed);
    r->validity = (bl_buffer **)bl_alloc_zero(context, n, sizeof *r->validity);
    r->has_nulls = (atomic_bool *)bl_alloc_zero(context, n, sizeof *r->has_nulls);
    r->targets = (bl_text_target *)bl_alloc_zero(context, n * n_threads, sizeof *r->targets);
    r->parts = (bl_column **)bl_alloc_zero(context, n, sizeof *r->parts);
    const char **names = (const char **)bl_alloc_zero(context, n, sizeof *names);
    bl_status status = BL_OK;
    if (!r->is_placed || !r->validity || !r->has_nulls || !r->targets || !r->parts || !names)
        status = bl_error_nomem(err, n * sizeof *r->targets, "a read");
    for (size_t k = 0; status == BL_OK && k < r->n_columns; k++)
        names[k] = r->reader->table->names[r->columns[k]];
    if (status == BL_OK)
        status = bl_batch_new(context, r->n_columns, names, r->first, r->last - r->first, &r->batch,
                              err);
    for (size_t k = 0; status == BL_OK && k < r->n_columns; k++)
        status = new_column(r, k, err);
    bl_free(context, names);
    return status;
}

/// Gives memory of a read back.
static void end_request(request *r) {
    bl_context *context = r->reader->head.context;
    for (size_t k = 0; r->validity && k < r->n_columns; k++)
        bl_buffer_release(r->validity[k]);
    for (size_t k = 0; r->parts && k < r->n_columns; k++) {
        for (size_t i = 0; r->parts[k] && i < r->n_blocks; i++)
            bl_column_release(context, &r->parts[k][i]);
        bl_free(context, r->parts[k]);
    }
    bl_free(context, r->parts);
    bl_free(context, r->targets);
    bl_free(context, r->has_nulls);
    bl_free(context, r->validity);
    bl_free(context, r->is_placed);
    bl_batch_release(r->batch);
}

static bl_range range_of(const text_reader *reader, size_t first_block, size_t n_blocks) {
    uint64_t offset = block_of(reader, first_block)->offset;
    return (bl_range){offset, block_of(reader, first_block + n_blocks)->offset - offset};
}

/// Reads all blocks where threads cannot do it for themselves.
static bl_status load_all(request *r, bl_error *err) {
    text_reader *reader = r->reader;
    if (bl_text_store_is_near(&reader->table->store) || r->n_blocks == 0)
        return BL_OK;
    return bl_text_window_hold(&reader->window, range_of(reader, r->first_block, r->n_blocks),
                               &r->text, err);
}

static bl_status run(request *r, bl_error *err) {
    bl_context *context = r->reader->head.context;
    BL_TRY(prepare(r, err));
    BL_TRY(load_all(r, err));
    BL_TRY(bl_run_tasks(context, read_block, r, r->n_blocks, err));
    for (size_t k = 0; k < r->n_columns; k++)
        BL_TRY_IN(join_column(r, k, err), err, "column '%s'",
                  r->reader->table->names[r->columns[k]]);
    return BL_OK;
}

static void estimate(const bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                     size_t n_columns, uint64_t *ret_memory_bytes, uint64_t *ret_stored_bytes) {
    const bl_text_table *table = ((const text_reader *)head)->table;
    const bl_text_index *index = &table->index;
    double rows = (double)(last - first), all = (double)head->n_rows, memory = 0;
    double text = (double)(index->blocks[index->n_blocks].offset - index->blocks[0].offset);
    double row_bytes = all > 0 ? text / all : 0;
    double row_blocks = all > 0 ? (double)index->n_blocks / all : 0;
    for (size_t k = 0; k < n_columns; k++) {
        const bl_type *type = table->types[columns[k]];
        size_t width = bl_type_id_width(type->id);
        double text_bytes = row_bytes * table->shares[columns[k]];
        memory += width ? (double)width
                        : 4 + (type->n_children ? 2 : 1) * text_bytes + PART_BYTES * row_blocks;
    }
    *ret_memory_bytes = (uint64_t)(memory * rows);
    *ret_stored_bytes = bl_text_store_stored(&table->store, (uint64_t)(row_bytes * rows));
}

/// Refuses what does not fit, so that fewer rows are asked for. One read may take a share in any
/// case.
static bl_status check_budget(const bl_reader *head, int64_t first, int64_t last,
                              const size_t *columns, size_t n_columns, bl_error *err) {
    const bl_text_table *table = ((const text_reader *)head)->table;
    uint64_t memory, stored, budget = bl_context_budget_bytes(head->context);
    uint64_t busy = bl_context_busy_bytes(head->context), share = budget / BUDGET_SHARE;
    uint64_t left = busy < budget ? budget - busy : 0;
    estimate(head, first, last, columns, n_columns, &memory, &stored);
    if (!bl_text_store_is_near(&table->store) && head->n_rows > 0) // all text at once
        memory += (uint64_t)((double)table->index.blocks[table->index.n_blocks].offset /
                             (double)head->n_rows * (double)(last - first));
    if (memory <= (left > share ? left : share) || last - first <= 1)
        return BL_OK;
    return bl_error_set(err, BL_E_LIMIT,
                        "rows %lld to %lld take more than the memory budget leaves",
                        (long long)first, (long long)last);
}

static bl_status read_rows(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                           size_t n_columns, bl_batch **ret_batch, bl_error *err) {
    text_reader *reader = (text_reader *)head;
    if (first < 0 || last < first || last > head->n_rows)
        return bl_error_set(err, BL_E_RANGE, "rows %lld to %lld of %lld", (long long)first,
                            (long long)last, (long long)head->n_rows);
    BL_TRY(check_budget(head, first, last, columns, n_columns, err));
    request r = {
        .reader = reader, .first = first, .last = last, .columns = columns, .n_columns = n_columns};
    if (last > first) {
        r.first_block = bl_text_index_find(&reader->table->index, first);
        r.n_blocks = bl_text_index_find(&reader->table->index, last - 1) + 1 - r.first_block;
    }
    bl_status status = run(&r, err);
    if (status == BL_OK)
        *ret_batch = BL_MOVE(r.batch);
    end_request(&r);
    return status;
}

static bl_status prefetch(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                          size_t n_columns, bl_error *err) {
    text_reader *reader = (text_reader *)head;
    const bl_text_index *index = &reader->table->index;
    (void)columns, (void)n_columns;
    if (first < 0 || last <= first || last > head->n_rows)
        return BL_OK;
    size_t block = bl_text_index_find(index, first), end = bl_text_index_find(index, last - 1) + 1;
    return bl_text_window_prefetch(&reader->window, range_of(reader, block, end - block), err);
}

// ---- opening and closing ----

static void close_reader(bl_reader *head) {
    text_reader *reader = (text_reader *)head;
    bl_context *context = head->context;
    for (unsigned i = 0; i < reader->n_scratches; i++) {
        bl_free(context, reader->scratches[i].text);
        bl_free(context, reader->scratches[i].ends);
        bl_free(context, reader->scratches[i].cell);
        bl_free(context, reader->scratches[i].stamps);
    }
    bl_text_window_release(&reader->window);
    bl_free(context, reader->scratches);
    bl_text_table_release(reader->table);
    bl_free(context, reader);
}

static const bl_reader_ops ops = {
    .prefetch = prefetch, .read = read_rows, .estimate = estimate, .close = close_reader};

bl_status bl_text_reader_new(bl_text_table *table, const char *path, bl_reader **ret_reader,
                             bl_error *err) {
    bl_context *context = table->head.context;
    text_reader *reader = (text_reader *)bl_alloc_zero(context, 1, sizeof *reader);
    if (!reader)
        return bl_error_nomem(err, sizeof *reader, "a reader");
    unsigned n = bl_context_n_threads(context);
    reader->scratches = (bl_text_scratch *)bl_alloc_zero(context, n, sizeof *reader->scratches);
    if (!reader->scratches) {
        bl_free(context, reader);
        return bl_error_nomem(err, n * sizeof *reader->scratches, "a reader");
    }
    reader->n_scratches = n;
    for (unsigned i = 0; i < n; i++)
        reader->scratches[i] = (bl_text_scratch){.context = context, .block = SIZE_MAX};
    atomic_fetch_add_explicit(&table->n_holders, 1, memory_order_relaxed);
    reader->table = table;
    reader->window = (bl_text_window){.context = context, .store = &table->store};
    reader->head = (bl_reader){.ops = &ops,
                               .context = context,
                               .path = path,
                               .n_rows = table->index.blocks[table->index.n_blocks].row,
                               .n_columns = table->n_columns,
                               .columns = table->infos,
                               .n_clusters = table->n_clusters,
                               .cluster_ends = table->cluster_ends};
    *ret_reader = &reader->head;
    return BL_OK;
}
