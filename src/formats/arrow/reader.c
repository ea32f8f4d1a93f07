// SPDX-License-Identifier: Apache-2.0
// The table of an Arrow file: its columns are the fields of the schema, its clusters the record
// batches.
//
// A record batch that is compressed can only be read whole. Where a read ends in the middle of one
// its columns are kept for the next read, as long as they are no more than an eighth of the memory
// budget.
#include "base/context.h"
#include "base/names.h"
#include "formats/arrow/request.h"

#define KEPT_SHARE 8
/// Record batches are read as they lie in the file, but joined by copying: small ones only.
#define SNUG_BYTES (UINT64_C(2) << 20)
/// Larger ones are cut, where that takes no more than other ranges: memory that is used again and
/// again is in a cache, and the kernel need not clear it first. So much of each column at least.
#define SNUG_COLUMN_BYTES (UINT64_C(64) << 10)

/// A request for rows of columns.
typedef struct asked {
    bl_arrow_request *request;
    int64_t first, last;
    size_t n_columns;
    size_t *columns; ///< [n_columns]; owns
} asked;

typedef struct arrow_reader {
    bl_reader head;
    bl_arrow_file *file; ///< holds
    bl_arena arena;
    bl_codecs **codecs; ///< [n_threads]
    bl_arrow_loaded loaded;
    asked ahead[2]; ///< the range about to be read, and the one behind it
    size_t kept_block;
    size_t n_kept;
    size_t *kept_columns; ///< [n_kept]; owns
    bl_column *kept;      ///< [n_kept] whole columns of record batch `kept_block`; owns
} arrow_reader;

static void forget(arrow_reader *reader, asked *a) {
    bl_arrow_request_free(a->request);
    bl_free(reader->head.context, a->columns);
    *a = (asked){0};
}

static void drop_kept(arrow_reader *reader) {
    bl_context *context = reader->head.context;
    for (size_t i = 0; i < reader->n_kept; i++)
        bl_column_release(context, &reader->kept[i]);
    bl_free(context, reader->kept);
    bl_free(context, reader->kept_columns);
    reader->kept = NULL;
    reader->kept_columns = NULL;
    reader->n_kept = 0;
}

static void close_reader(bl_reader *head) {
    arrow_reader *reader = (arrow_reader *)head;
    bl_context *context = head->context;
    forget(reader, &reader->ahead[0]);
    forget(reader, &reader->ahead[1]);
    drop_kept(reader);
    bl_arrow_loaded_release(context, &reader->loaded);
    for (unsigned i = 0; reader->codecs && i < bl_context_n_threads(context); i++)
        bl_codecs_free(reader->codecs[i]);
    bl_free(context, reader->codecs);
    bl_arena_release(&reader->arena);
    bl_arrow_file_release(reader->file);
    bl_free(context, reader);
}
// ---- requests ----

/// The first record batch that ends after `row`.
static size_t block_after(const bl_arrow_file *file, int64_t row) {
    size_t low = 0, high = file->n_blocks;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (file->cluster_ends[middle] > row)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/// Begins to fetch rows [first, last) of columns, which lie in record batches [begin, end).
static bl_status add_pieces(arrow_reader *reader, bl_arrow_request *request, int64_t first,
                            int64_t last, size_t begin, bl_error *err) {
    bl_arrow_file *file = reader->file;
    for (size_t i = 0; i < request->n_pieces; i++) {
        bl_arrow_block *block = &file->blocks[begin + i];
        int64_t start = file->cluster_ends[begin + i] - block->n_rows;
        int64_t from = first > start ? first - start : 0;
        int64_t to = last - start < block->n_rows ? last - start : block->n_rows;
        BL_TRY_IN(
            bl_arrow_request_add(request, i, block, begin + i, &file->schema, false, from, to, err),
            err, "record batch %zu", begin + i);
    }
    return bl_arrow_request_start(request, err);
}

static bl_status ask(arrow_reader *reader, int64_t first, int64_t last, const size_t *columns,
                     size_t n_columns, asked *ret_asked, bl_error *err) {
    bl_context *context = reader->head.context;
    bl_arrow_file *file = reader->file;
    const bl_arrow_field **fields =
        (const bl_arrow_field **)bl_alloc_zero(context, n_columns + 1, sizeof *fields);
    if (!fields)
        return bl_error_nomem(err, n_columns * sizeof *fields, "a request");
    for (size_t i = 0; i < n_columns; i++)
        fields[i] = &file->schema.fields[columns[i]];
    bl_arrow_request like = {.file = file,
                             .loaded = &reader->loaded,
                             .codecs = reader->codecs,
                             .n_fields = n_columns,
                             .fields = fields};
    size_t begin = block_after(file, first),
           end = last > first ? block_after(file, last - 1) + 1 : begin;
    BL_AUTO(bl_arrow_request) request = NULL;
    bl_status status = bl_arrow_request_new(&like, end - begin, &request, err);
    bl_free(context, fields);
    BL_TRY(status);
    BL_TRY(add_pieces(reader, request, first, last, begin, err));
    size_t *copy = (size_t *)bl_alloc_zero(context, n_columns + 1, sizeof *copy);
    if (!copy)
        return bl_error_nomem(err, n_columns * sizeof *copy, "a request");
    if (n_columns)
        memcpy(copy, columns, n_columns * sizeof *copy);
    *ret_asked = (asked){BL_MOVE(request), first, last, n_columns, copy};
    return BL_OK;
}

static bool is_for(const asked *a, int64_t first, int64_t last, const size_t *columns,
                   size_t n_columns) {
    return a->request && a->first == first && a->last == last && a->n_columns == n_columns &&
           (!n_columns || memcmp(a->columns, columns, n_columns * sizeof *columns) == 0);
}

static bl_status prefetch(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                          size_t n_columns, bl_error *err) {
    arrow_reader *reader = (arrow_reader *)head;
    if (reader->ahead[1].request) {
        forget(reader, &reader->ahead[0]);
        reader->ahead[0] = reader->ahead[1];
        reader->ahead[1] = (asked){0};
    }
    return ask(reader, first, last, columns, n_columns, &reader->ahead[1], err);
}

// ---- columns of record batches that were cut ----

static uint64_t column_bytes(const bl_column *column) {
    uint64_t bytes =
        (column->values ? column->values->size : 0) + (column->offsets ? column->offsets->size : 0);
    for (size_t i = 0; i < column->n_children; i++)
        bytes += column_bytes(&column->children[i]);
    return bytes;
}

static bool is_kept(const arrow_reader *reader, const asked *a) {
    const bl_arrow_request *request = a->request;
    if (request->n_pieces != 1 || !reader->n_kept || reader->n_kept != a->n_columns)
        return false;
    return request->pieces[0].block == &reader->file->blocks[reader->kept_block] &&
           memcmp(reader->kept_columns, a->columns, a->n_columns * sizeof *a->columns) == 0;
}

/// Cuts the wanted rows of a piece out of whole columns.
static bl_status cut(bl_context *context, bl_arrow_piece *piece, const bl_column *whole, size_t n,
                     bl_error *err) {
    for (size_t i = 0; i < n; i++) {
        bl_column some = {0};
        bl_status status = bl_arrow_slice(context, &whole[i], piece->from, piece->to, &some, err);
        bl_column_release(context, status == BL_OK ? &piece->columns[i] : &some);
        BL_TRY(status);
        piece->columns[i] = some;
    }
    return BL_OK;
}

/// Keeps the whole columns of a piece that was cut, and cuts it.
static bl_status keep(arrow_reader *reader, const asked *a, bl_arrow_piece *piece, bl_error *err) {
    bl_context *context = reader->head.context;
    uint64_t bytes = 0;
    size_t n = a->n_columns;
    for (size_t i = 0; i < n; i++)
        bytes += column_bytes(&piece->columns[i]);
    drop_kept(reader);
    if (bytes > bl_context_budget_bytes(context) / KEPT_SHARE || piece->to == piece->last)
        return cut(context, piece, piece->columns, n, err);
    reader->kept = (bl_column *)bl_alloc_zero(context, n + 1, sizeof *reader->kept);
    reader->kept_columns = (size_t *)bl_alloc_zero(context, n + 1, sizeof(size_t));
    if (!reader->kept || !reader->kept_columns)
        return bl_error_nomem(err, n * sizeof *reader->kept, "columns");
    reader->kept_block = piece->before;
    reader->n_kept = n;
    for (size_t i = 0; i < n; i++) {
        reader->kept_columns[i] = a->columns[i];
        reader->kept[i] = piece->columns[i];
        piece->columns[i] = (bl_column){0};
    }
    return cut(context, piece, reader->kept, n, err);
}

// ---- reading ----

typedef struct joining {
    const bl_arrow_request *request;
    bl_batch *batch;
} joining;

/// Joins a column of all pieces.
static bl_status join_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    (void)worker;
    const joining *j = (const joining *)argument;
    const bl_arrow_request *request = j->request;
    bl_context *context = j->batch->context;
    bl_column *column = &j->batch->columns[i];
    size_t n = request->n_pieces;
    if (n == 0)
        return bl_column_init(context, column, request->fields[i]->type, err);
    if (n == 1) {
        *column = request->pieces[0].columns[i];
        request->pieces[0].columns[i] = (bl_column){0};
        return BL_OK;
    }
    const bl_column **parts = (const bl_column **)bl_alloc_zero(context, n, sizeof *parts);
    if (!parts)
        return bl_error_nomem(err, n * sizeof *parts, "a batch");
    for (size_t k = 0; k < n; k++)
        parts[k] = &request->pieces[k].columns[i];
    bl_status status = bl_column_concat(context, parts, n, column, err);
    bl_free(context, parts);
    for (size_t k = 0; k < n; k++)
        bl_column_release(context, &request->pieces[k].columns[i]);
    return status == BL_OK ? BL_OK
                           : bl_error_in(err, status, "column '%s'", request->fields[i]->name);
}

static bl_status join_pieces(const asked *a, bl_batch **ret_batch, bl_error *err) {
    const bl_arrow_request *request = a->request;
    bl_context *context = request->file->head.context;
    const char **names = (const char **)bl_alloc_zero(context, a->n_columns + 1, sizeof *names);
    if (!names)
        return bl_error_nomem(err, a->n_columns * sizeof *names, "names");
    for (size_t i = 0; i < a->n_columns; i++)
        names[i] = request->fields[i]->name;
    BL_AUTO(bl_batch) batch = NULL;
    bl_status status =
        bl_batch_new(context, a->n_columns, names, a->first, a->last - a->first, &batch, err);
    bl_free(context, names);
    BL_TRY(status);
    joining j = {request, batch};
    BL_TRY(bl_run_tasks(context, join_task, &j, a->n_columns, err));
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}

static bl_status finish(arrow_reader *reader, const asked *a, bl_batch **ret_batch, bl_error *err) {
    bl_arrow_request *request = a->request;
    bl_context *context = reader->head.context;
    if (is_kept(reader, a)) {
        BL_TRY(cut(context, &request->pieces[0], reader->kept, reader->n_kept, err));
        if (a->last == reader->file->cluster_ends[reader->kept_block])
            drop_kept(reader);
        return join_pieces(a, ret_batch, err);
    }
    if (request->n_pieces)
        bl_arrow_loaded_forget(reader->file, &reader->loaded, request->pieces[0].before);
    BL_TRY(bl_arrow_request_finish(request, err));
    for (size_t i = 0; i < request->n_pieces; i++) {
        bl_arrow_piece *piece = &request->pieces[i];
        if (piece->from > piece->first || piece->to < piece->last)
            BL_TRY(keep(reader, a, piece, err));
    }
    return join_pieces(a, ret_batch, err);
}

static bl_status read_rows(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                           size_t n_columns, bl_batch **ret_batch, bl_error *err) {
    arrow_reader *reader = (arrow_reader *)head;
    asked a = {0};
    for (int i = 0; i < 2 && !a.request; i++)
        if (is_for(&reader->ahead[i], first, last, columns, n_columns)) {
            a = reader->ahead[i];
            reader->ahead[i] = (asked){0};
        }
    bl_status status = BL_OK;
    if (!a.request)
        status = ask(reader, first, last, columns, n_columns, &a, err);
    if (status == BL_OK)
        status = finish(reader, &a, ret_batch, err);
    forget(reader, &a);
    return status;
}

/// Bytes of the whole table in proportion; what is joined from pieces is there twice for a while.
static void estimate(const bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                     size_t n_columns, uint64_t *ret_memory, uint64_t *ret_stored) {
    const bl_arrow_file *file = ((const arrow_reader *)head)->file;
    double share = file->n_rows ? (double)(last - first) / (double)file->n_rows : 0;
    double memory = 0, stored = 0;
    for (size_t i = 0; i < n_columns; i++) {
        const bl_arrow_totals *totals = &file->totals[columns[i]];
        memory += (double)totals->raw_bytes * share;
        stored += (double)totals->stored_bytes * share;
    }
    bool is_joined = block_after(file, first) != block_after(file, last - 1);
    *ret_memory = (uint64_t)memory * (is_joined ? 2 : 1);
    *ret_stored = (uint64_t)stored;
}

static const bl_reader_ops ops = {
    .prefetch = prefetch, .read = read_rows, .estimate = estimate, .close = close_reader};

// ---- opening ----

static bl_status describe_columns(arrow_reader *reader, bl_error *err) {
    const bl_arrow_file *file = reader->file;
    size_t n = file->schema.n_fields;
    bl_column_info *infos = (bl_column_info *)bl_arena_array(&reader->arena, n + 1, sizeof *infos);
    size_t *seen = (size_t *)bl_arena_array(&reader->arena, n + 1, sizeof *seen);
    if (!infos || !seen)
        return bl_error_nomem(err, n * sizeof *infos, "columns");
    bl_name_map names = {0};
    bl_status status = BL_OK;
    for (size_t i = 0; i < n && status == BL_OK; i++) {
        const bl_arrow_field *field = &file->schema.fields[i];
        const bl_arrow_totals *totals = &file->totals[i];
        size_t same = bl_name_map_find(&names, field->name);
        infos[i] = (bl_column_info){.size = sizeof *infos,
                                    .path = field->name,
                                    .name = field->name,
                                    .title = "",
                                    .source_type = field->source_type,
                                    .type = field->type,
                                    .unreadable = field->unreadable,
                                    .n_rows = file->n_rows,
                                    .n_chunks = (int64_t)file->n_blocks,
                                    .stored_bytes = totals->stored_bytes,
                                    .raw_bytes = totals->raw_bytes,
                                    .codec = !totals->is_compressed         ? "stored"
                                             : file->codec == BL_CODEC_ZSTD ? "zstd"
                                                                            : "lz4"};
        if (same == SIZE_MAX)
            status = bl_name_map_add(reader->head.context, &names, field->name, i, err);
        else
            infos[i].duplicate = (int)++seen[same];
    }
    bl_name_map_release(reader->head.context, &names);
    reader->head.n_columns = n;
    reader->head.columns = infos;
    return status;
}

/// A compressed record batch cannot be cut, and lists that are cut take two more reads each.
static void choose_sizes(arrow_reader *reader, const bl_arrow_file *file) {
    size_t n = file->schema.n_fields;
    if (n > SNUG_BYTES / SNUG_COLUMN_BYTES)
        reader->head.snug_bytes = n * SNUG_COLUMN_BYTES;
    reader->head.is_cut_freely = true;
    for (size_t i = 0; i < n; i++)
        if (file->totals[i].is_compressed || file->schema.fields[i].n_children)
            reader->head.is_cut_freely = false;
}

bl_status bl_arrow_reader_open(bl_arrow_file *file, bl_reader **ret_reader, bl_error *err) {
    bl_context *context = file->head.context;
    arrow_reader *reader = (arrow_reader *)bl_alloc_zero(context, 1, sizeof *reader);
    if (!reader)
        return bl_error_nomem(err, sizeof *reader, "a table");
    reader->head = (bl_reader){.ops = &ops,
                               .context = context,
                               .path = file->head.objects[0].path,
                               .n_rows = file->n_rows,
                               .n_clusters = file->n_blocks,
                               .cluster_ends = file->cluster_ends,
                               .snug_bytes = SNUG_BYTES};
    choose_sizes(reader, file);
    reader->file = bl_arrow_file_ref(file);
    bl_arena_init(&reader->arena, context);
    reader->codecs =
        (bl_codecs **)bl_alloc_zero(context, bl_context_n_threads(context), sizeof(bl_codecs *));
    bl_status status = BL_OK;
    if (reader->codecs)
        status = describe_columns(reader, err);
    else
        status = bl_error_nomem(err, sizeof(bl_codecs *), "a table");
    if (status != BL_OK) {
        close_reader(&reader->head);
        return status;
    }
    *ret_reader = &reader->head;
    return BL_OK;
}
