// SPDX-License-Identifier: Apache-2.0
// Copies of rows that are taken more than once. Each has a key of its own, a hash of the event's
// and its number, so that copies are spread over all buckets as other rows are.
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "data/prepare/folder.h"
#include "data/prepare/gather.h"

#define COPIES ".copies-" // in the names of their files

uint64_t bl_copies_key(uint64_t key, uint64_t number) {
    uint64_t words[2] = {key, number};
    return XXH3_64bits(words, sizeof words);
}

// ---- which there are ----

static bool is_copies(const char *name) { return strstr(name, COPIES) != NULL; }

static uint64_t raw_bytes_of(const bl_table *table) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < bl_table_n_columns(table); i++) {
        bl_column_info info = {.size = sizeof info};
        if (bl_table_column(table, i, &info, NULL) == BL_OK)
            bytes += info.raw_bytes;
    }
    return bytes;
}

static bl_status add_source(bl_gather *gather, const char *name, bl_error *err) {
    bl_gather_pass *pass = &gather->passes[0];
    bl_spool_file *file = (bl_spool_file *)bl_arena_alloc(gather->arena, sizeof *file);
    bl_source_file *sources = (bl_source_file *)bl_arena_grow(
        gather->arena, pass->sources, pass->n_sources, &pass->sources_capacity, sizeof *sources);
    if (!file || !sources)
        return bl_error_nomem(err, sizeof *file, "a file");
    pass->sources = sources;
    file->name = bl_arena_text(gather->arena, name, strlen(name));
    if (!file->name)
        return bl_error_nomem(err, strlen(name), "a name");
    bl_table *table = NULL;
    BL_TRY(bl_spool_open(gather->spool, file, &table, err));
    bl_status status = bl_table_n_rows(table, &file->n_rows, err);
    file->raw_bytes = raw_bytes_of(table);
    bl_table_close(table);
    if (status == BL_OK)
        sources[pass->n_sources++] = (bl_source_file){.file = file, .is_copy = true};
    return status;
}

bl_status bl_copies_find(bl_gather *gather, bl_error *err) {
    const char **names = NULL;
    size_t n = 0;
    BL_TRY(bl_folder_list(gather->arena, gather->spool->folder, is_copies, &names, &n, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(add_source(gather, names[i], err));
    return BL_OK;
}

void bl_copies_remove(const bl_gather *gather) {
    bl_folder_clear(gather->arena->context, gather->spool->folder, is_copies);
}

// ---- making them ----

/// Copies of some rows of a file.
typedef struct copies {
    size_t n, capacity;
    bl_bucket_row *rows; ///< [n] with the keys of the copies; owns
} copies;

static bl_status list_copies(bl_gather *gather, const bl_bucket *bucket, copies *c, bl_error *err) {
    for (size_t i = 0; i < bucket->n_rows; i++) {
        bl_bucket_row row = bucket->rows[i];
        bl_weighed event = bl_weighing_event(&gather->weighing, bucket, &row, &gather->columns);
        uint64_t n = 0;
        (void)bl_weighing_of(&gather->weighing, &event, &n);
        for (uint64_t k = 1; k < n; k++) {
            BL_TRY(bl_array_grow(bucket->context, &c->rows, &c->capacity, c->n, sizeof *c->rows,
                                 "copies", err));
            c->rows[c->n++] = (bl_bucket_row){bl_copies_key(row.key, k), row.piece, row.row};
        }
    }
    return BL_OK;
}

static int by_key(const void *a, const void *b) {
    const bl_bucket_row *x = (const bl_bucket_row *)a, *y = (const bl_bucket_row *)b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->piece != y->piece)
        return x->piece < y->piece ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static bl_status write_copies(bl_gather *gather, const bl_bucket *bucket, copies *c,
                              const char *path, bl_error *err) {
    uint64_t *keys = (uint64_t *)bl_alloc(bucket->context, c->n * sizeof *keys);
    if (!keys)
        return bl_error_nomem(err, c->n * sizeof *keys, "copies");
    qsort(c->rows, c->n, sizeof *c->rows, by_key);
    for (size_t i = 0; i < c->n; i++)
        keys[i] = c->rows[i].key;
    bl_shard_rows rows = {.bucket = bucket, .rows = c->rows, .values = keys, .n = c->n};
    bl_status status = bl_shard_write(&gather->spool_form, &rows, path, err);
    bl_free(bucket->context, keys);
    return status;
}

/// \param number of the range, of which the bucket is
static bl_status copy_bucket(bl_gather *gather, const bl_source_file *source,
                             const bl_bucket *bucket, uint64_t number, bl_error *err) {
    copies c = {0};
    char path[4096];
    size_t stem = strlen(source->file->name) - strlen(".arrow");
    int length = snprintf(path, sizeof path, "%s/%.*s" COPIES "%05llu.arrow", gather->spool->folder,
                          (int)stem, source->file->name, (unsigned long long)number);
    if (length < 0 || (size_t)length >= sizeof path)
        return bl_error_set(err, BL_E_LIMIT, "%s: the path is too long", gather->spool->folder);
    bl_status status = list_copies(gather, bucket, &c, err);
    if (status == BL_OK && c.n)
        status = write_copies(gather, bucket, &c, path, err);
    bl_free(bucket->context, c.rows);
    return status;
}

/// Copies of one file, range by range of its keys: rows of a range, and the list of their copies,
/// fit memory.
static bl_status copy_file(bl_gather *gather, bl_source_file *source, bl_error *err) {
    const bl_spool_file *file = source->file;
    double list = gather->weighing.most_copies * 2 * sizeof(bl_bucket_row) * (double)file->n_rows;
    uint64_t n = 1 + (file->raw_bytes + (uint64_t)list) / gather->bucket_bytes;
    for (uint64_t i = 0; i < n; i++) {
        bl_bucket bucket = {0};
        BL_TRY(bl_bucket_read(gather->spool, source, 1, bl_bucket_first(i, n), bl_bucket_last(i, n),
                              NULL, 0, &bucket, err));
        bl_status status = copy_bucket(gather, source, &bucket, i, err);
        bl_bucket_release(&bucket);
        BL_TRY(status);
    }
    return BL_OK;
}

bl_status bl_copies_make(bl_gather *gather, bl_error *err) {
    bl_gather_pass *pass = &gather->passes[0];
    bl_copies_remove(gather);
    if (gather->weighing.most_copies <= 1 || gather->spool->config->split.n_folds)
        return BL_OK;
    for (size_t i = 0; i < pass->n_sources; i++) {
        pass->sources[i].key = 0;
        pass->sources[i].row = 0;
        BL_TRY(copy_file(gather, &pass->sources[i], err));
    }
    return BL_OK;
}
