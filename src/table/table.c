// SPDX-License-Identifier: Apache-2.0
// Tables: opening, closing, columns.
#include "base/context.h"
#include "base/options.h"
#include "table/private.h"
#include "table/selection.h"

#include <stdlib.h>

static bl_status new_table(bl_context *context, const bl_format *formats, bl_table **ret_table,
                           bl_error *err) {
    bl_table *table = (bl_table *)bl_alloc_zero(context, 1, sizeof *table);
    if (!table)
        return bl_error_nomem(err, sizeof *table, "a table");
    table->context = context;
    table->formats = formats;
    table->open.size = sizeof table->open;
    bl_arena_init(&table->arena, context);
    bl_context_ref(context);
    *ret_table = table;
    return BL_OK;
}

void bl_table_close(bl_table *table) {
    if (!table)
        return;
    bl_context *context = table->context;
    for (size_t i = 0; i < table->n_given; i++)
        bl_table_close(table->given[i].table);
    bl_free(context, table->given);
    bl_part_close(context, &table->current);
    bl_part_close(context, &table->first);
    bl_name_map_release(context, &table->own_paths);
    bl_free(context, table->columns);
    bl_arena_release(&table->arena);
    bl_free(context, table);
    bl_context_unref(context);
}

/// Takes over the columns of the first file.
static bl_status add_own_columns(bl_table *table, bl_error *err) {
    const bl_reader *reader = table->first.reader;
    size_t n = reader->n_columns;
    table->columns = (bl_known_column *)bl_alloc_zero(table->context, n, sizeof *table->columns);
    if (!table->columns)
        return bl_error_nomem(err, n * sizeof *table->columns, "columns");
    table->n_columns = table->n_own = table->columns_capacity = n;
    for (size_t i = 0; i < n; i++) {
        table->columns[i] = (bl_known_column){.info = reader->columns[i], .index = i};
        BL_TRY(bl_name_map_add(table->context, &table->own_paths, reader->columns[i].path, i, err));
    }
    return BL_OK;
}

/// Opens the first file's table, unless `reader` is it already.
static bl_status begin(bl_table *table, const char *tree, bl_reader *reader, bl_error *err) {
    BL_AUTO(bl_reader) owned = reader;
    size_t n = table->n_files;
    table->file_rows = (int64_t *)bl_arena_array(&table->arena, n, sizeof *table->file_rows);
    if (!table->file_rows)
        return bl_error_nomem(err, n * sizeof *table->file_rows, "a chain");
    for (size_t i = 0; i < n; i++)
        table->file_rows[i] = -1;
    if (tree) {
        table->tree = bl_arena_text(&table->arena, tree, strlen(tree));
        if (!table->tree)
            return bl_error_nomem(err, strlen(tree) + 1, "a path");
    }
    bl_part *part = NULL;
    table->first.reader = BL_MOVE(owned);
    BL_TRY(bl_table_part(table, 0, &part, err));
    if (!table->tree)
        table->tree = part->reader->path;
    return add_own_columns(table, err);
}

/// Files of a chain are opened later, too, so what they are opened with is kept.
static bl_status copy_open(bl_table *table, const bl_open_options *options, bl_error *err) {
    bl_open_options *open = &table->open;
    BL_TRY(bl_options_copy(open, sizeof *open, options, err));
    open->size = sizeof *open;
    const char **texts[] = {&open->format, &open->types, &open->separator};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (*texts[i] && !(*texts[i] = bl_arena_text(&table->arena, *texts[i], strlen(*texts[i]))))
            return bl_error_nomem(err, 0, "options");
    }
    return BL_OK;
}

bl_status bl_table_open_as(bl_context *context, const bl_format *formats, const char *const *urls,
                           size_t n_urls, const bl_table_options *options, bl_table **ret_table,
                           bl_error *err) {
    bl_table_options o = {0};
    BL_TRY(bl_options_copy(&o, sizeof o, options, err));
    BL_AUTO(bl_table) table = NULL;
    BL_TRY(new_table(context, formats, &table, err));
    if (o.open)
        BL_TRY(copy_open(table, o.open, err));
    BL_TRY(bl_urls_expand(&table->arena, urls, n_urls, &table->urls, &table->n_files, err));
    BL_TRY(begin(table, o.tree, NULL, err));
    BL_TRY(bl_friends_add_given(table, &o, err));
    *ret_table = BL_MOVE(table);
    return BL_OK;
}

bl_status bl_table_open(bl_context *context, const char *const *urls, size_t n_urls,
                        const bl_table_options *options, bl_table **ret_table, bl_error *err) {
    return bl_table_open_as(context, bl_formats, urls, n_urls, options, ret_table, err);
}

bl_status bl_table_of_reader(bl_context *context, const bl_format *formats, const char *url,
                             bl_reader *reader, bl_table **ret_table, bl_error *err) {
    BL_AUTO(bl_reader) owned = reader;
    BL_AUTO(bl_table) table = NULL;
    BL_TRY(new_table(context, formats, &table, err));
    table->n_files = 1;
    table->urls = (char **)bl_arena_array(&table->arena, 1, sizeof *table->urls);
    if (table->urls)
        table->urls[0] = bl_arena_text(&table->arena, url, strlen(url));
    if (!table->urls || !table->urls[0])
        return bl_error_nomem(err, strlen(url) + 1, "a URL");
    BL_TRY(begin(table, NULL, BL_MOVE(owned), err));
    *ret_table = BL_MOVE(table);
    return BL_OK;
}

const char *bl_table_path(const bl_table *table) { return table->first.reader->path; }
size_t bl_table_n_files(const bl_table *table) { return table->n_files; }
size_t bl_table_n_columns(const bl_table *table) { return table->n_columns; }

const char *bl_table_file(const bl_table *table, size_t i) {
    return i < table->n_files ? table->urls[i] : NULL;
}

size_t bl_table_n_clusters(const bl_table *table) { return table->first.reader->n_clusters; }

bl_status bl_table_cluster(const bl_table *table, size_t i, int64_t *ret_first, int64_t *ret_last,
                           bl_error *err) {
    const bl_reader *reader = table->first.reader;
    if (i >= reader->n_clusters)
        return bl_error_set(err, BL_E_RANGE, "cluster %zu of %zu", i, reader->n_clusters);
    *ret_first = i ? reader->cluster_ends[i - 1] : 0;
    *ret_last = reader->cluster_ends[i];
    return BL_OK;
}

bl_status bl_table_column(const bl_table *table, size_t i, bl_column_info *ret_info,
                          bl_error *err) {
    if (i >= table->n_columns)
        return bl_error_set(err, BL_E_RANGE, "column %zu of %zu", i, table->n_columns);
    return bl_info_copy(ret_info, &table->columns[i].info, sizeof table->columns[i].info, err);
}
