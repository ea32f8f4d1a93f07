// SPDX-License-Identifier: Apache-2.0
// Copies of rows that are taken more than once. Each has a key of its own, a hash of the event's
// and its number, so that copies are spread over all buckets as other rows are.
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/folder.h"
#include "data/prepare/gather.h"

#define COPIES ".copies-" // in the names of their files
#define LIST_SHARE 4      // of a bucket, that a list of copies takes

/// \param number of the copy, from 1
static uint64_t key_of(uint64_t key, uint64_t number) {
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
    file->n_whole = file->n_rows;
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

/// Copies of some rows of a file of the spool, until there are as many as one file gets.
typedef struct copies {
    bl_gather *gather;
    const bl_source_file *source;
    bl_bucket bucket; ///< that has the rows
    size_t n, most;
    bl_bucket_row *rows; ///< [most] with the keys of the copies; owns
    uint64_t *keys;      ///< [most] of these rows; owns
    unsigned n_files;    ///< written
} copies;

static bl_status start(copies *c, bl_error *err) {
    bl_context *context = c->gather->arena->context;
    size_t bytes = sizeof *c->rows + sizeof *c->keys;
    c->most = (size_t)(c->gather->bucket_bytes / LIST_SHARE / bytes) + 1;
    c->rows = (bl_bucket_row *)bl_alloc(context, c->most * sizeof *c->rows);
    c->keys = (uint64_t *)bl_alloc(context, c->most * sizeof *c->keys);
    return c->rows && c->keys ? BL_OK : bl_error_nomem(err, c->most * bytes, "copies");
}

static void release(copies *c) {
    bl_free(c->gather->arena->context, c->rows);
    bl_free(c->gather->arena->context, c->keys);
}

static int by_key(const void *a, const void *b) {
    const bl_bucket_row *x = (const bl_bucket_row *)a, *y = (const bl_bucket_row *)b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->piece != y->piece)
        return x->piece < y->piece ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/// Writes a file of those that there are.
static bl_status flush(copies *c, bl_error *err) {
    const char *folder = c->gather->spool->folder, *name = c->source->file->name;
    char path[4096];
    uint64_t bytes, xxh64;
    size_t stem = strlen(name) - strlen(".arrow");
    int length = snprintf(path, sizeof path, "%s/%.*s" COPIES "%05u.arrow", folder, (int)stem, name,
                          c->n_files);
    if (c->n == 0)
        return BL_OK;
    if (length < 0 || (size_t)length >= sizeof path)
        return bl_error_set(err, BL_E_LIMIT, "%s: the path is too long", folder);
    qsort(c->rows, c->n, sizeof *c->rows, by_key);
    for (size_t i = 0; i < c->n; i++)
        c->keys[i] = c->rows[i].key;
    bl_shard_rows rows = {.bucket = &c->bucket, .rows = c->rows, .values = c->keys, .n = c->n};
    BL_TRY(bl_shard_write(&c->gather->spool_form, &rows, path, &bytes, &xxh64, err));
    c->n = 0;
    c->n_files++;
    return BL_OK;
}

static bl_status copy_bucket(copies *c, bl_error *err) {
    const bl_gather *gather = c->gather;
    for (size_t i = 0; i < c->bucket.n_rows; i++) {
        bl_bucket_row row = c->bucket.rows[i];
        bl_weighed event = bl_weighing_event(&gather->weighing, &c->bucket, &row, &gather->columns);
        uint64_t n = 0;
        (void)bl_weighing_of(&gather->weighing, &event, &n);
        for (uint64_t k = 1; k < n; k++) {
            c->rows[c->n++] = (bl_bucket_row){key_of(row.key, k), row.piece, row.row};
            if (c->n == c->most)
                BL_TRY(flush(c, err));
        }
    }
    return flush(c, err); // the rows go with the bucket
}

/// Range by range of its keys, so that rows fit memory.
static bl_status copy_file(bl_gather *gather, bl_source_file *source, bl_error *err) {
    copies c = {.gather = gather, .source = source};
    uint64_t n = 1 + source->file->raw_bytes / gather->bucket_bytes;
    bl_status status = start(&c, err);
    source->key = 0;
    source->row = 0;
    for (uint64_t i = 0; status == BL_OK && i < n; i++) {
        status = bl_bucket_read(gather->spool, source, 1, bl_bucket_first(i, n),
                                bl_bucket_last(i, n), NULL, 0, &c.bucket, err);
        if (status == BL_OK)
            status = copy_bucket(&c, err);
        bl_bucket_release(&c.bucket);
    }
    release(&c);
    return status;
}

bl_status bl_copies_make(bl_gather *gather, bl_error *err) {
    bl_gather_pass *pass = &gather->passes[0];
    bl_copies_remove(gather);
    if (gather->weighing.most_copies <= 1 || gather->spool->config->split.n_folds)
        return BL_OK;
    for (size_t i = 0; i < pass->n_sources; i++)
        BL_TRY(copy_file(gather, &pass->sources[i], err));
    return BL_OK;
}
