// SPDX-License-Identifier: Apache-2.0
// The table of a Parquet file: rows of columns, a leaf a task.
#include <stdlib.h>

#include "base/context.h"
#include "formats/parquet/convert.h"
#include "formats/parquet/file.h"
#include "formats/parquet/stream.h"

typedef struct parquet_reader {
    bl_reader head;
    bl_parquet_file *file;   ///< shares
    bl_stream_leaf *streams; ///< [leaves of the file]; those that were used are made; owns
    size_t n_codecs;
    bl_codecs **codecs;       ///< [n_codecs] one a thread; owns
    size_t group;             ///< whose chunks are known; SIZE_MAX: none
    bl_parquet_chunk *chunks; ///< [leaves of the file]; owns
    bl_arena arena;
} parquet_reader;

static const bl_parquet_metadata *metadata_of(const parquet_reader *reader) {
    return &reader->file->metadata;
}

static void close_reader(bl_reader *head) {
    parquet_reader *reader = (parquet_reader *)head;
    bl_context *context = head->context;
    for (size_t i = 0; reader->streams && i < reader->file->schema.n_leaves; i++)
        bl_stream_leaf_release(&reader->streams[i]);
    for (size_t i = 0; i < reader->n_codecs; i++)
        bl_codecs_free(reader->codecs[i]);
    bl_free(context, reader->codecs);
    bl_free(context, reader->chunks);
    bl_free(context, reader->streams);
    bl_arena_release(&reader->arena);
    bl_parquet_file_release(reader->file);
    bl_free(context, reader);
}
BL_DEFINE_AUTO(bl_reader, close_reader);

// ---- reading ----

/// One call of read.
typedef struct request {
    parquet_reader *reader;
    int64_t first, last;
    bl_stream_leaf **wanted; ///< [n_leaves]
    size_t n_leaves;
    bl_stream_leaf **streams; ///< [leaves of the file]
    bl_stream_rows rows;      ///< of the present row group
} request;

/// The row group that holds a row.
static size_t group_of(const parquet_reader *reader, int64_t row) {
    const int64_t *ends = reader->head.cluster_ends;
    size_t low = 0, high = reader->head.n_clusters;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ends[middle] > row)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/// Makes the chunks of a row group known.
static bl_status load_group(parquet_reader *reader, size_t group, bl_error *err) {
    if (reader->group == group)
        return BL_OK;
    reader->group = SIZE_MAX;
    BL_TRY_IN(bl_parquet_group_chunks(&metadata_of(reader)->groups[group], reader->chunks, err),
              err, "row group %zu", group);
    reader->group = group;
    return BL_OK;
}

/// Reads what is wanted of a leaf in the row group that is known.
static bl_status read_leaf(void *argument, size_t i, unsigned worker, bl_error *err) {
    const request *r = (const request *)argument;
    bl_stream_leaf *stream = r->wanted[i];
    BL_TRY_IN(bl_stream_leaf_read(stream, &r->rows, r->rows.codecs[worker], err), err,
              "column '%s': row group %zu", stream->leaf->path, r->rows.number);
    return BL_OK;
}

/// Streams of the wanted leaves, made where they are used for the first time.
static bl_status prepare(request *r, const size_t *columns, size_t n, bl_error *err) {
    parquet_reader *reader = r->reader;
    const bl_parquet_schema *schema = &reader->file->schema;
    for (size_t i = 0; i < n; i++) {
        const bl_parquet_node *node = &schema->columns[columns[i]];
        for (size_t k = node->first_leaf; k < node->first_leaf + node->n_leaves; k++) {
            bl_stream_leaf *stream = &reader->streams[k];
            if (!stream->context)
                BL_TRY(
                    bl_stream_leaf_init(stream, reader->head.context, &schema->leaves[k], k, err));
            r->wanted[r->n_leaves++] = r->streams[k] = stream;
        }
    }
    return BL_OK;
}

/// Columns that are made of what was read.
typedef struct making {
    const request *request;
    const size_t *columns;
    bl_batch *batch;
} making;

static bl_status make_column(void *argument, size_t i, unsigned worker, bl_error *err) {
    const making *m = (const making *)argument;
    const parquet_reader *reader = m->request->reader;
    bl_batch *batch = m->batch;
    const bl_parquet_node *node = &reader->file->schema.columns[m->columns[i]];
    bl_column *column = &batch->columns[i];
    (void)worker;
    BL_TRY_IN(bl_parquet_assemble(batch->context, node, m->request->streams, column, err), err,
              "column '%s'", node->element->name);
    if (column->length != batch->n_rows)
        return bl_error_set(err, BL_E_CORRUPT, "column '%s': %lld rows where there should be %lld",
                            node->element->name, (long long)column->length,
                            (long long)batch->n_rows);
    if (node->is_vector && reader->file->vector) {
        bl_type *type = (bl_type *)(uintptr_t)reader->head.columns[m->columns[i]].type;
        BL_TRY_IN(bl_parquet_plain_vectors(batch->context, column, type, err), err, "column '%s'",
                  node->element->name);
    }
    return BL_OK;
}

/// Leaves of the present row group: a leaf a task, of few of them a page; from a far source one
/// after the other.
static bl_status read_group(request *r, bl_error *err) {
    bl_context *context = r->reader->head.context;
    unsigned n_threads = bl_context_n_threads(context);
    bl_status status = BL_OK;
    if (r->rows.source->ops->read && n_threads > 1 && r->n_leaves < (size_t)2 * n_threads)
        return bl_stream_leaves_read(&r->rows, r->wanted, r->n_leaves, err);
    if (r->rows.source->ops->read)
        return bl_run_tasks(context, read_leaf, r, r->n_leaves, err);
    for (size_t i = 0; i < r->n_leaves && status == BL_OK; i++)
        status = read_leaf(r, i, 0, err);
    return status;
}

static bl_status run(request *r, bl_error *err) {
    parquet_reader *reader = r->reader;
    for (size_t g = group_of(reader, r->first); g < reader->head.n_clusters; g++) {
        int64_t start = g ? reader->head.cluster_ends[g - 1] : 0;
        int64_t end = reader->head.cluster_ends[g];
        if (start >= r->last)
            break;
        r->rows = (bl_stream_rows){.source = reader->file->source,
                                   .codecs = reader->codecs,
                                   .chunks = reader->chunks,
                                   .number = g,
                                   .n_rows = end - start,
                                   .first = r->first > start ? r->first - start : 0,
                                   .last = (r->last < end ? r->last : end) - start};
        if (r->rows.first >= r->rows.last)
            continue;
        BL_TRY(load_group(reader, g, err));
        BL_TRY(read_group(r, err));
    }
    return BL_OK;
}

static bl_status read_batch(request *r, const size_t *columns, size_t n, bl_batch **ret_batch,
                            bl_error *err) {
    parquet_reader *reader = r->reader;
    const char **names = (const char **)bl_alloc_zero(reader->head.context, n + 1, sizeof *names);
    BL_AUTO(bl_batch) batch = NULL;
    if (!names)
        return bl_error_nomem(err, n * sizeof *names, "names");
    for (size_t i = 0; i < n; i++)
        names[i] = reader->head.columns[columns[i]].path;
    bl_status status =
        bl_batch_new(reader->head.context, n, names, r->first, r->last - r->first, &batch, err);
    bl_free(reader->head.context, names);
    if (status == BL_OK)
        status = run(r, err);
    if (status == BL_OK)
        status =
            bl_run_tasks(reader->head.context, make_column, &(making){r, columns, batch}, n, err);
    for (size_t i = 0; i < r->n_leaves; i++)
        bl_stream_leaf_reset(r->wanted[i]);
    if (status == BL_OK)
        *ret_batch = BL_MOVE(batch);
    return status;
}

static bl_status read_rows(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                           size_t n, bl_batch **ret_batch, bl_error *err) {
    parquet_reader *reader = (parquet_reader *)head;
    size_t n_leaves = reader->file->schema.n_leaves;
    request r = {.reader = reader, .first = first, .last = last};
    r.wanted = (bl_stream_leaf **)bl_alloc_zero(head->context, n_leaves + 1, sizeof *r.wanted);
    r.streams = (bl_stream_leaf **)bl_alloc_zero(head->context, n_leaves + 1, sizeof *r.streams);
    bl_status status = BL_OK;
    if (!r.wanted || !r.streams)
        status = bl_error_nomem(err, n_leaves * sizeof *r.wanted, "columns");
    if (status == BL_OK)
        status = prepare(&r, columns, n, err);
    if (status == BL_OK)
        status = read_batch(&r, columns, n, ret_batch, err);
    bl_free(head->context, r.streams);
    bl_free(head->context, r.wanted);
    return status;
}

static bl_status prefetch(bl_reader *reader, int64_t first, int64_t last, const size_t *columns,
                          size_t n_columns, bl_error *err) {
    (void)reader, (void)first, (void)last, (void)columns, (void)n_columns, (void)err;
    return BL_OK; // near sources need none
}

// ---- sizes ----

/// Bytes of memory that a leaf's values take: what is encoded, or what fixed values are when they
/// are not.
static double memory_of(const bl_parquet_leaf *leaf, const bl_parquet_total *total) {
    static const unsigned widths[BL_PARQUET_N_TYPES] = {1, 4, 8, 12, 4, 8, 4, 0};
    bool is_fixed = leaf->element->type == BL_PARQUET_FIXED_LEN_BYTE_ARRAY;
    unsigned width = is_fixed ? (unsigned)leaf->element->type_length : widths[leaf->element->type];
    double plain = (double)total->n_values * (width + (leaf->max_rep ? 1 : 0));
    // texts behind a dictionary are longer than what is stored, nobody says by how much
    double raw = (double)total->raw_bytes;
    double texts = leaf->element->type == BL_PARQUET_BYTE_ARRAY ? 2 * raw : raw;
    return plain > texts ? plain : texts;
}

/// As if rows were alike all over the file.
static void estimate(const bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                     size_t n, uint64_t *ret_memory, uint64_t *ret_stored) {
    const bl_parquet_file *file = ((const parquet_reader *)head)->file;
    double memory = 0, stored = 0;
    double share = head->n_rows ? (double)(last - first) / (double)head->n_rows : 0;
    for (size_t i = 0; i < n; i++) {
        const bl_parquet_node *node = &file->schema.columns[columns[i]];
        for (size_t k = node->first_leaf; k < node->first_leaf + node->n_leaves; k++) {
            memory += memory_of(&file->schema.leaves[k], &file->totals[k]);
            stored += (double)file->totals[k].stored_bytes;
        }
    }
    *ret_memory = (uint64_t)(share * memory);
    *ret_stored = (uint64_t)(share * stored);
}

static bool bounds(const bl_reader *head, size_t cluster, size_t column, double *ret_low,
                   double *ret_high) {
    parquet_reader *reader = (parquet_reader *)(uintptr_t)head; // it may have to look at the group
    const bl_parquet_node *node = &reader->file->schema.columns[column];
    if (node->n_children || node->n_leaves != 1 || load_group(reader, cluster, NULL) != BL_OK)
        return false;
    return bl_parquet_bounds(&reader->file->schema.leaves[node->first_leaf],
                             &reader->chunks[node->first_leaf], ret_low, ret_high);
}

// ---- opening ----

static const char *codec_of(const bl_parquet_file *file, const bl_parquet_node *node) {
    static const char *const names[BL_PARQUET_N_CODECS] = {"stored", "snappy", "gzip", "lzo",
                                                           "brotli", "lz4",    "zstd", "lz4"};
    int codec = node->n_leaves ? file->totals[node->first_leaf].codec : -1;
    for (size_t k = node->first_leaf; k < node->first_leaf + node->n_leaves; k++)
        if (file->totals[k].codec != codec)
            return "mixed";
    return codec == -1                                 ? "mixed"
           : codec < BL_PARQUET_N_CODECS && codec >= 0 ? names[codec]
                                                       : "unknown";
}

static bl_status describe(parquet_reader *reader, const bl_parquet_node *node, bl_column_info *info,
                          bl_error *err) {
    *info = (bl_column_info){.size = sizeof *info,
                             .path = node->element->name,
                             .name = node->element->name,
                             .title = "",
                             .source_type = bl_parquet_element_text(&reader->arena, node->element),
                             .type = node->unreadable ? NULL : node->type,
                             .unreadable = node->unreadable,
                             .n_rows = reader->head.n_rows,
                             .codec = codec_of(reader->file, node)};
    if (!info->source_type)
        return bl_error_nomem(err, 0, "a type");
    for (size_t k = node->first_leaf; k < node->first_leaf + node->n_leaves; k++) {
        const bl_parquet_total *total = &reader->file->totals[k];
        info->n_chunks += (int64_t)metadata_of(reader)->n_groups;
        info->stored_bytes += total->stored_bytes;
        info->raw_bytes += total->raw_bytes;
        if (total->is_encrypted && !info->unreadable)
            info->unreadable = "it is encrypted";
    }
    if (info->unreadable)
        info->type = NULL;
    else if (node->is_vector && reader->file->vector)
        info->type = reader->file->vector;
    return BL_OK;
}

/// Names that stand twice are told apart.
static void number_repeated(bl_column_info *columns, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i && n < 4096; k++)
            if (strcmp(columns[i].path, columns[k].path) == 0)
                columns[i].duplicate = columns[k].duplicate + 1;
}

static bl_status make_columns_and_clusters(parquet_reader *reader, bl_error *err) {
    const bl_parquet_metadata *m = metadata_of(reader);
    const bl_parquet_schema *schema = &reader->file->schema;
    bl_column_info *columns =
        (bl_column_info *)bl_arena_array(&reader->arena, schema->n_columns + 1, sizeof *columns);
    int64_t *ends = (int64_t *)bl_arena_array(&reader->arena, m->n_groups + 1, sizeof *ends);
    if (!columns || !ends)
        return bl_error_nomem(err, schema->n_columns * sizeof *columns, "columns");
    for (size_t g = 0; g < m->n_groups; g++)
        ends[g] = (g ? ends[g - 1] : 0) + m->groups[g].n_rows;
    reader->head.n_clusters = m->n_groups;
    reader->head.cluster_ends = ends;
    reader->head.n_rows = m->n_groups ? ends[m->n_groups - 1] : 0;
    for (size_t i = 0; i < schema->n_columns; i++)
        BL_TRY(describe(reader, &schema->columns[i], &columns[i], err));
    number_repeated(columns, schema->n_columns);
    reader->head.n_columns = schema->n_columns;
    reader->head.columns = columns;
    return BL_OK;
}

static bl_status make_workers(parquet_reader *reader, bl_error *err) {
    bl_context *context = reader->head.context;
    unsigned n = bl_context_n_threads(context);
    reader->streams = (bl_stream_leaf *)bl_alloc_zero(context, reader->file->schema.n_leaves + 1,
                                                      sizeof *reader->streams);
    reader->codecs = (bl_codecs **)bl_alloc_zero(context, n, sizeof(bl_codecs *));
    reader->chunks = (bl_parquet_chunk *)bl_alloc_zero(context, reader->file->schema.n_leaves + 1,
                                                       sizeof *reader->chunks);
    reader->group = SIZE_MAX;
    if (!reader->streams || !reader->codecs || !reader->chunks)
        return bl_error_nomem(err, 0, "a reader");
    for (unsigned i = 0; i < n; i++) {
        BL_TRY(bl_codecs_new(context, &reader->codecs[i], err));
        reader->n_codecs++;
    }
    return BL_OK;
}

static const bl_reader_ops ops = {prefetch, read_rows, estimate, close_reader, bounds};

bl_status bl_parquet_reader_new(bl_parquet_file *file, bl_reader **ret_reader, bl_error *err) {
    bl_context *context = file->head.context;
    parquet_reader *reader = (parquet_reader *)bl_alloc_zero(context, 1, sizeof *reader);
    if (!reader)
        return bl_error_nomem(err, sizeof *reader, "a reader");
    reader->file = file;
    file->n_holders++;
    bl_arena_init(&reader->arena, context);
    reader->head = (bl_reader){
        .ops = &ops, .context = context, .path = file->object.path, .is_cut_freely = true};
    BL_AUTO(bl_reader) head = &reader->head;
    BL_TRY(make_columns_and_clusters(reader, err));
    BL_TRY(make_workers(reader, err));
    *ret_reader = BL_MOVE(head);
    return BL_OK;
}
