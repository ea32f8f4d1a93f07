// SPDX-License-Identifier: Apache-2.0
// Reading rows: one part with its friends, and several parts one after the other.
#include "base/context.h"
#include "table/private.h"

bl_status bl_columns_check(const bl_table *table, const size_t *columns, size_t n, bl_error *err) {
    bool *seen = (bool *)bl_alloc_zero(table->context, table->n_columns, sizeof *seen);
    if (!seen)
        return bl_error_nomem(err, table->n_columns, "columns");
    bl_status status = BL_OK;
    for (size_t i = 0; status == BL_OK && i < n; i++) {
        size_t c = columns[i];
        if (c >= table->n_columns) {
            status = bl_error_set(err, BL_E_RANGE, "column %zu of %zu", c, table->n_columns);
            continue;
        }
        const bl_column_info *info = &table->columns[c].info;
        if (seen[c])
            status = bl_error_set(err, BL_E_INVALID, "column '%s' is asked for twice", info->path);
        else if (!info->type)
            status = bl_error_set(err, BL_E_UNSUPPORTED, "%s: column '%s' cannot be read: %s",
                                  table->urls[0], info->path,
                                  info->unreadable ? info->unreadable : "its type is not known");
        seen[c] = true;
    }
    bl_free(table->context, seen);
    return status;
}

bl_status bl_view_init(bl_view *view, bl_table *table, bl_part *part, const size_t *columns,
                       size_t n, bl_error *err) {
    *view = (bl_view){.table = table, .part = part, .of = part->reader, .columns = columns, .n = n};
    view->own = (size_t *)bl_alloc_zero(table->context, n, sizeof *view->own);
    if (!view->own)
        return bl_error_nomem(err, n * sizeof *view->own, "columns");
    bl_status status = BL_OK;
    for (size_t i = 0; status == BL_OK && i < n; i++)
        if (table->columns[columns[i]].kind == BL_ORIGIN_OWN)
            status = bl_part_column(table, part, columns[i], &view->own[view->n_own++], err);
    if (status != BL_OK)
        bl_view_release(view);
    return status;
}

void bl_view_release(bl_view *view) {
    if (view->table)
        bl_free(view->table->context, view->own);
    *view = (bl_view){0};
}

static bl_status read_own(const bl_view *s, int64_t first, int64_t last, bl_batch **ret_batch,
                          bl_error *err) {
    bl_reader *reader = s->part->reader;
    bl_status status = reader->ops->read(reader, first, last, s->own, s->n_own, ret_batch, err);
    return status == BL_OK ? BL_OK : bl_error_in_file(err, status, s->table->urls[s->part->file]);
}

static bl_status put(bl_batch *batch, size_t i, const bl_column *column, bl_error *err) {
    if (column->length != batch->n_rows)
        return bl_error_set(err, BL_E_SHAPE, "column '%s': %lld rows where %lld are needed",
                            batch->names[i], (long long)column->length, (long long)batch->n_rows);
    return bl_column_concat(batch->context, &column, 1, &batch->columns[i], err);
}

/// Reads all columns of the friend that column `i` belongs to. \param scratch [2 · s->n]
static bl_status read_friend(const bl_view *s, size_t i, int64_t start, int64_t first, int64_t last,
                             size_t *scratch, bl_batch *batch, bl_error *err) {
    bl_table *table = s->table, *other = NULL;
    const bl_known_column *leader = &table->columns[s->columns[i]];
    size_t n = 0, *places = scratch + s->n;
    for (size_t j = i; j < s->n; j++) {
        const bl_known_column *c = &table->columns[s->columns[j]];
        if (c->kind != leader->kind || c->friend != leader->friend)
            continue;
        BL_TRY(bl_friend_column(table, s->part, s->columns[j], &other, &scratch[n], err));
        places[n++] = j;
    }
    if (!other)
        return BL_OK;
    int64_t shift = leader->kind == BL_ORIGIN_GIVEN ? start : 0;
    BL_AUTO(bl_batch) read = NULL;
    BL_TRY_IN(bl_table_read(other, first + shift, last + shift, scratch, n, &read, err), err,
              "friend '%s'", bl_table_alias(table, s->columns[i]));
    for (size_t j = 0; j < n; j++)
        BL_TRY(put(batch, places[j], &read->columns[j], err));
    return BL_OK;
}

static bl_status read_friends(const bl_view *s, int64_t start, int64_t first, int64_t last,
                              bl_batch *batch, bl_error *err) {
    size_t *scratch = (size_t *)bl_alloc_zero(batch->context, 2 * s->n, sizeof *scratch);
    if (!scratch)
        return bl_error_nomem(err, 2 * s->n * sizeof *scratch, "columns");
    bl_status status = BL_OK;
    for (size_t i = 0; status == BL_OK && i < s->n; i++)
        if (!batch->columns[i].type)
            status = read_friend(s, i, start, first, last, scratch, batch, err);
    bl_free(batch->context, scratch);
    return status;
}

/// An empty batch under the table's names for these columns.
static bl_status new_batch(const bl_view *s, int64_t first_row, int64_t n_rows,
                           bl_batch **ret_batch, bl_error *err) {
    bl_context *context = s->table->context;
    const char **names = (const char **)bl_alloc_zero(context, s->n, sizeof *names);
    if (!names)
        return bl_error_nomem(err, s->n * sizeof *names, "names");
    for (size_t i = 0; i < s->n; i++)
        names[i] = s->table->columns[s->columns[i]].info.path;
    bl_status status = bl_batch_new(context, s->n, names, first_row, n_rows, ret_batch, err);
    bl_free(context, names);
    return status;
}

bl_status bl_view_read(const bl_view *s, int64_t start, int64_t first, int64_t last,
                       bl_batch **ret_batch, bl_error *err) {
    BL_AUTO(bl_batch) own = NULL;
    if (s->n_own || s->n == 0)
        BL_TRY(read_own(s, first, last, &own, err));
    if (s->n_own == s->n) {
        own->first_row = start + first; // we are its only holder
        *ret_batch = BL_MOVE(own);
        return BL_OK;
    }
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(new_batch(s, start + first, last - first, &batch, err));
    size_t taken = 0;
    for (size_t i = 0; own && i < s->n; i++)
        if (s->table->columns[s->columns[i]].kind == BL_ORIGIN_OWN)
            BL_TRY(put(batch, i, &own->columns[taken++], err));
    BL_TRY(read_friends(s, start, first, last, batch, err));
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}

void bl_view_prefetch(const bl_view *s, int64_t first, int64_t last) {
    bl_reader *reader = s->part->reader;
    if (s->n_own && reader->ops->prefetch)
        (void)reader->ops->prefetch(reader, first, last, s->own, s->n_own, NULL);
}

void bl_view_estimate(const bl_view *s, int64_t first, int64_t last, uint64_t *ret_memory,
                      uint64_t *ret_stored) {
    const bl_reader *reader = s->part->reader;
    uint64_t memory = 0, stored = 0;
    if (s->n_own)
        reader->ops->estimate(reader, first, last, s->own, s->n_own, &memory, &stored);
    for (size_t i = 0; i < s->n; i++) { // of friends we know the average alone
        const bl_known_column *c = &s->table->columns[s->columns[i]];
        if (c->kind == BL_ORIGIN_OWN || c->info.n_rows <= 0)
            continue;
        double share = (double)(last - first) / (double)c->info.n_rows;
        memory += (uint64_t)((double)c->info.raw_bytes * share);
        stored += (uint64_t)((double)c->info.stored_bytes * share);
    }
    *ret_memory = memory;
    *ret_stored = stored;
}

/// Joins the batches of several files.
static bl_status join(const bl_view *s, bl_batch *const *batches, size_t n, bl_batch **ret_batch,
                      bl_error *err) {
    bl_context *context = s->table->context;
    int64_t n_rows = 0;
    for (size_t i = 0; i < n; i++)
        n_rows += batches[i]->n_rows;
    BL_AUTO(bl_batch) joined = NULL;
    BL_TRY(new_batch(s, batches[0]->first_row, n_rows, &joined, err));
    const bl_column **parts = (const bl_column **)bl_alloc_zero(context, n, sizeof *parts);
    if (!parts)
        return bl_error_nomem(err, n * sizeof *parts, "a batch");
    bl_status status = BL_OK;
    for (size_t c = 0; status == BL_OK && c < s->n; c++) {
        for (size_t i = 0; i < n; i++)
            parts[i] = &batches[i]->columns[c];
        status = bl_column_concat(context, parts, n, &joined->columns[c], err);
        if (status != BL_OK)
            (void)bl_error_in(err, status, "column '%s'", joined->names[c]);
    }
    bl_free(context, parts);
    if (status == BL_OK)
        *ret_batch = BL_MOVE(joined);
    return status;
}

typedef struct pieces {
    bl_view view;
    bl_batch **batches;
    size_t n, capacity;
} pieces;

/// Reads file after file until `last`; at least one piece, even of no rows.
static bl_status read_pieces(bl_table *table, int64_t first, int64_t last, const size_t *columns,
                             size_t n, pieces *p, bl_error *err) {
    size_t file;
    int64_t start;
    BL_TRY(bl_table_locate(table, first, &file, &start, err));
    for (;; start += table->file_rows[file++]) {
        bl_part *part;
        BL_TRY(bl_table_part(table, file, &part, err));
        int64_t end = start + table->file_rows[file];
        bool is_last = file + 1 == table->n_files;
        if (is_last && last > end)
            return bl_error_set(err, BL_E_RANGE, "rows %lld to %lld of %lld", (long long)first,
                                (long long)last, (long long)end);
        int64_t from = first > start ? first : start, to = last < end ? last : end;
        if (to > from || (last <= end && p->n == 0)) {
            BL_TRY(bl_array_grow(table->context, &p->batches, &p->capacity, p->n,
                                 sizeof(bl_batch *), "batches", err));
            bl_view_release(&p->view);
            BL_TRY(bl_view_init(&p->view, table, part, columns, n, err));
            BL_TRY(bl_view_read(&p->view, start, from - start, to - start, &p->batches[p->n], err));
            p->n++;
        }
        if (last <= end)
            return BL_OK;
    }
}

bl_status bl_table_read(bl_table *table, int64_t first, int64_t last, const size_t *columns,
                        size_t n_columns, bl_batch **ret_batch, bl_error *err) {
    if (first < 0 || last < first)
        return bl_error_set(err, BL_E_RANGE, "rows %lld to %lld", (long long)first,
                            (long long)last);
    BL_TRY(bl_context_check(table->context, err));
    BL_TRY(bl_columns_check(table, columns, n_columns, err));
    pieces p = {0};
    bl_status status = read_pieces(table, first, last, columns, n_columns, &p, err);
    if (status == BL_OK && p.n == 1)
        *ret_batch = bl_batch_ref(p.batches[0]);
    else if (status == BL_OK)
        status = join(&p.view, p.batches, p.n, ret_batch, err);
    for (size_t i = 0; i < p.n; i++)
        bl_batch_release(p.batches[i]);
    bl_free(table->context, p.batches);
    bl_view_release(&p.view);
    return status;
}
