// SPDX-License-Identifier: Apache-2.0
// Buckets: each file is a task that reads its rows, which are in order; then neighbours are merged
// until one is left, which keeps the order of rows whose keys are the same.
#include "data/prepare/bucket.h"

#include <beamline/table.h>

#include "base/context.h"

// ---- reading ----

/// What a task reads of its file.
typedef struct part {
    size_t n_pieces;
    bl_bucket_piece *pieces; ///< [n_pieces]; owns
} part;

typedef struct reading {
    const bl_spool *spool;
    bl_source_file *sources;
    uint64_t first, last;
    const char *const *names;
    size_t n_names;
    part *parts; ///< [n sources]
} reading;

/// Rows of a file that the range has; where it ends is where the next one begins.
static bl_status find_rows(const reading *r, bl_source_file *source, bl_table *table,
                           int64_t *ret_first, int64_t *ret_last, bl_error *err) {
    int64_t first = source->row, last = source->file->n_rows;
    if (source->key != r->first)
        BL_TRY(bl_spool_find_key(table, r->first, &first, err));
    if (r->last != UINT64_MAX) {
        BL_TRY(bl_spool_find_key(table, r->last + 1, &last, err));
        source->key = r->last + 1;
        source->row = last;
    }
    *ret_first = first;
    *ret_last = last;
    return BL_OK;
}

static bl_status read_pieces(const reading *r, size_t i, bl_table *table, int64_t first,
                             int64_t last, bl_error *err) {
    part *to = &r->parts[i];
    size_t n = bl_table_n_clusters(table);
    to->pieces =
        (bl_bucket_piece *)bl_alloc_zero(r->spool->arena.context, n + 1, sizeof *to->pieces);
    if (!to->pieces)
        return bl_error_nomem(err, n * sizeof *to->pieces, "a bucket");
    for (size_t k = 0; k < n; k++) {
        int64_t from, end;
        BL_TRY(bl_table_cluster(table, k, &from, &end, err));
        from = from < first ? first : from;
        end = end > last ? last : end;
        if (from >= end)
            continue;
        bl_bucket_piece *piece = &to->pieces[to->n_pieces];
        BL_TRY(bl_spool_read(table, from, end, r->names, r->n_names, &piece->batch, err));
        piece->source = i;
        to->n_pieces++;
    }
    return BL_OK;
}

/// The index of a file is read once for many ranges, of as many files of all passes together as a
/// sixteenth of the memory budget and not too many descriptors hold.
static bool stays_open(const reading *r, size_t i) {
    static const uint64_t most = 256, file_bytes = UINT64_C(1) << 20; // decoder and index, about
    uint64_t room = bl_context_budget_bytes(r->spool->arena.context) / 16 / file_bytes;
    return i < (room < most ? room : most) / r->spool->n_passes;
}

static bl_status read_source(void *argument, size_t i, unsigned worker, bl_error *err) {
    const reading *r = (const reading *)argument;
    bl_source_file *source = &r->sources[i];
    int64_t first, last;
    (void)worker;
    if (!source->table)
        BL_TRY(bl_spool_open(r->spool, source->file, &source->table, err));
    bl_status status = find_rows(r, source, source->table, &first, &last, err);
    if (status == BL_OK)
        status = read_pieces(r, i, source->table, first, last, err);
    if (!stays_open(r, i))
        bl_bucket_close(source, 1);
    return status;
}

// ---- one list ----

static bl_status join(const reading *r, size_t n, bl_bucket *bucket, bl_error *err) {
    size_t n_pieces = 0, n_rows = 0;
    for (size_t i = 0; i < n; i++)
        n_pieces += r->parts[i].n_pieces;
    bucket->pieces =
        (bl_bucket_piece *)bl_alloc_zero(bucket->context, n_pieces + 1, sizeof *bucket->pieces);
    if (!bucket->pieces)
        return bl_error_nomem(err, n_pieces * sizeof *bucket->pieces, "a bucket");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < r->parts[i].n_pieces; k++) {
            r->parts[i].pieces[k].first = n_rows;
            bucket->pieces[bucket->n_pieces++] = r->parts[i].pieces[k];
            n_rows += (size_t)bl_batch_n_rows(r->parts[i].pieces[k].batch);
            r->parts[i].pieces[k].batch = NULL;
        }
    if (n_rows > UINT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "%zu rows in a bucket", n_rows);
    bucket->n_rows = n_rows;
    return BL_OK;
}

static bl_status list_rows(void *argument, size_t i, unsigned worker, bl_error *err) {
    const bl_bucket *bucket = (const bl_bucket *)argument;
    const bl_batch *batch = bucket->pieces[i].batch;
    const uint64_t *keys = (const uint64_t *)batch->columns[0].values->data;
    bl_bucket_row *to = bucket->rows + bucket->pieces[i].first;
    (void)worker;
    (void)err;
    for (int64_t row = 0; row < batch->n_rows; row++)
        to[row] = (bl_bucket_row){keys[row], (uint32_t)i, (uint32_t)row};
    return BL_OK;
}

// ---- order ----

/// Runs [ends[i − 1], ends[i]) of rows that are in order.
typedef struct merging {
    const bl_bucket_row *from;
    bl_bucket_row *to;
    const size_t *ends;
    size_t n;
} merging;

static bl_status merge_two(void *argument, size_t i, unsigned worker, bl_error *err) {
    const merging *m = (const merging *)argument;
    size_t a = i ? m->ends[2 * i - 1] : 0, middle = m->ends[2 * i];
    size_t end = 2 * i + 1 < m->n ? m->ends[2 * i + 1] : middle;
    (void)worker;
    (void)err;
    for (size_t at = a, b = middle; at < end; at++) {
        bool takes_first = b == end || (a < middle && m->from[a].key <= m->from[b].key);
        m->to[at] = takes_first ? m->from[a++] : m->from[b++];
    }
    return BL_OK;
}

/// \param ends [n_pieces] of the runs that rows come in \param other [n_rows] moves
static bl_status merge(bl_bucket *bucket, size_t *ends, bl_bucket_row *other, bl_error *err) {
    bl_status status = BL_OK;
    for (size_t n = bucket->n_pieces; status == BL_OK && n > 1;) {
        merging m = {bucket->rows, other, ends, n};
        size_t half = (n + 1) / 2;
        status = bl_run_tasks(bucket->context, merge_two, &m, half, err);
        for (size_t i = 0; i < half; i++)
            ends[i] = ends[2 * i + 1 < n ? 2 * i + 1 : 2 * i];
        n = half;
        other = bucket->rows;
        bucket->rows = m.to;
    }
    bl_free(bucket->context, other);
    return status;
}

static bl_status sort(bl_bucket *bucket, bl_error *err) {
    bl_context *context = bucket->context;
    size_t bytes = (bucket->n_rows + 1) * sizeof *bucket->rows;
    size_t *ends = (size_t *)bl_alloc_zero(context, bucket->n_pieces + 1, sizeof *ends);
    bl_bucket_row *other = (bl_bucket_row *)bl_alloc(context, bytes);
    bucket->rows = (bl_bucket_row *)bl_alloc(context, bytes);
    bl_status status = BL_OK;
    if (!ends || !other || !bucket->rows)
        status = bl_error_nomem(err, bytes, "a bucket");
    for (size_t i = 0; status == BL_OK && i < bucket->n_pieces; i++)
        ends[i] = bucket->pieces[i].first + (size_t)bucket->pieces[i].batch->n_rows;
    if (status == BL_OK)
        status = bl_run_tasks(context, list_rows, bucket, bucket->n_pieces, err);
    if (status == BL_OK)
        status = merge(bucket, ends, BL_MOVE(other), err);
    bl_free(context, other);
    bl_free(context, ends);
    return status;
}

// ---- all of it ----

static void release_pieces(bl_context *context, bl_bucket_piece *pieces, size_t n) {
    for (size_t i = 0; i < n; i++)
        bl_batch_release(pieces[i].batch);
    bl_free(context, pieces);
}

bl_status bl_bucket_read(const bl_spool *spool, bl_source_file *sources, size_t n, uint64_t first,
                         uint64_t last, const char *const *names, size_t n_names,
                         bl_bucket *ret_bucket, bl_error *err) {
    bl_context *context = spool->arena.context;
    bl_bucket bucket = {.context = context, .sources = sources};
    reading r = {spool, sources, first, last, names, n_names, NULL};
    r.parts = (part *)bl_alloc_zero(context, n + 1, sizeof *r.parts);
    if (!r.parts)
        return bl_error_nomem(err, n * sizeof *r.parts, "a bucket");
    bl_status status = bl_run_tasks(context, read_source, &r, n, err);
    if (status == BL_OK)
        status = join(&r, n, &bucket, err);
    for (size_t i = 0; i < n; i++)
        release_pieces(context, r.parts[i].pieces, r.parts[i].n_pieces);
    bl_free(context, r.parts);
    if (status == BL_OK)
        status = sort(&bucket, err);
    if (status == BL_OK)
        *ret_bucket = bucket;
    else
        bl_bucket_release(&bucket);
    return status;
}

void bl_bucket_close(bl_source_file *sources, size_t n) {
    for (size_t i = 0; i < n; i++)
        bl_table_close(BL_MOVE(sources[i].table));
}

void bl_bucket_release(bl_bucket *bucket) {
    if (!bucket->context)
        return;
    release_pieces(bucket->context, bucket->pieces, bucket->n_pieces);
    bl_free(bucket->context, bucket->rows);
    *bucket = (bl_bucket){0};
}
