// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: the whole of table.h over one table of ten rows made up here, with a column of every
/// misfortune, so that the command meets what real files show rarely. A test that includes this
/// links it in place of the table wing.
///
///     i     int32          the row's number
///     bad   int32          corrupt from row 5 on
///     v     list<float32>  row % 3 values; 0.1 · the row, the first of row 4 is NaN
///     odd   int32          with 4 rows instead of 10
///     u                    unreadable
///     worse int32          corrupt from row 0 on
///     s     utf8           "r0" …
///     i#1   int32          the path "i" again
#ifndef BL_CLI_FAKE_TABLE_TESTING_H
#define BL_CLI_FAKE_TABLE_TESTING_H

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>

#include <beamline/table.h>

#include "column/builder.h"
#include "table/scan.h"
#include "table/selection.h"

enum { FAKE_I, FAKE_BAD, FAKE_V, FAKE_ODD, FAKE_U, FAKE_WORSE, FAKE_S, FAKE_I1, FAKE_N };
enum { FAKE_ROWS = 10 };

struct bl_catalog {
    bl_context *context;
};
struct bl_table {
    bl_context *context;
    bl_type *types[FAKE_N];
};
struct bl_scan {
    bl_table *table;
    const size_t *columns;
    size_t n_columns;
    int64_t row, last, step;
};

bl_status bl_catalog_open(bl_context *context, const char *url, bl_catalog **ret_catalog,
                          bl_error *err) {
    if (strcmp(url, "missing.root") == 0)
        return bl_error_set(err, BL_E_NOTFOUND, "missing.root: no such file");
    *ret_catalog = bl_alloc_zero(context, 1, sizeof **ret_catalog);
    if (!*ret_catalog)
        return bl_error_nomem(err, sizeof **ret_catalog, "a catalog");
    (*ret_catalog)->context = context;
    return BL_OK;
}
bl_status bl_catalog_open_with(bl_context *context, const char *url, const bl_open_options *options,
                               bl_catalog **ret_catalog, bl_error *err) {
    (void)options;
    return bl_catalog_open(context, url, ret_catalog, err);
}
bl_status bl_scan_set_needs(bl_scan *scan, const bl_scan_need *needs, size_t n, bl_error *err) {
    (void)scan, (void)needs, (void)n, (void)err;
    return BL_OK;
}
int64_t bl_scan_n_passed(const bl_scan *scan) {
    (void)scan;
    return 0;
}
bl_status bl_url_size(bl_context *context, const char *url, uint64_t *ret_bytes, bl_error *err) {
    (void)context;
    (void)url;
    (void)err;
    *ret_bytes = 123456;
    return BL_OK;
}
bool bl_table_declares_friends(const bl_table *table) {
    (void)table;
    return false;
}
bl_status bl_table_pack_friends(bl_table *table, bl_packer *to, bl_error *err) {
    (void)table, (void)to, (void)err;
    return BL_OK;
}
void bl_catalog_close(bl_catalog *catalog) { bl_free(catalog->context, catalog); }
const char *bl_catalog_format(const bl_catalog *catalog) {
    (void)catalog;
    return "ROOT";
}
const char *bl_catalog_uuid(const bl_catalog *catalog) {
    (void)catalog;
    return NULL;
}
const char *bl_catalog_description(const bl_catalog *catalog) {
    (void)catalog;
    return "ROOT 6.20/04, 64-bit";
}
uint64_t bl_catalog_size_bytes(const bl_catalog *catalog) {
    (void)catalog;
    return 123456;
}
bool bl_catalog_is_recovered(const bl_catalog *catalog) {
    (void)catalog;
    return false;
}
static const bl_object_info fake_objects[] = {
    {sizeof(bl_object_info), "T", "TTree", "a tree", 2, 100, 2000, 5000, true},
    {sizeof(bl_object_info), "T", "TTree", "a tree", 1, 100, 1000, 2500, true},
    {sizeof(bl_object_info), "dir", "TDirectory", "", 1, 200, 60, 60, false},
    {sizeof(bl_object_info), "dir/h", "TH1F", "a \"histogram\"", 1, 300, 400, 900, false},
};
size_t bl_catalog_n_objects(const bl_catalog *catalog) {
    (void)catalog;
    return sizeof fake_objects / sizeof *fake_objects;
}
bl_status bl_catalog_object(const bl_catalog *catalog, size_t i, bl_object_info *ret_info,
                            bl_error *err) {
    if (i >= bl_catalog_n_objects(catalog))
        return bl_error_set(err, BL_E_RANGE, "no object %zu", i);
    *ret_info = fake_objects[i];
    return BL_OK;
}
bl_status bl_catalog_open_table(bl_catalog *catalog, const char *path, bl_table **ret_table,
                                bl_error *err) {
    if (path && strcmp(path, "T") != 0)
        return bl_error_set(err, BL_E_NOTFOUND, "no tree '%s'", path);
    bl_table *table = bl_alloc_zero(catalog->context, 1, sizeof *table);
    if (!table)
        return bl_error_nomem(err, sizeof *table, "a table");
    table->context = catalog->context;
    for (int i = 0; i < FAKE_N; i++)
        table->types[i] = bl_type_primitive(i == FAKE_S ? BL_UTF8 : BL_INT32);
    bl_status status = bl_type_new_list(table->context, BL_LIST, 0, bl_type_primitive(BL_FLOAT32),
                                        &table->types[FAKE_V], err);
    if (status != BL_OK) {
        bl_free(table->context, table);
        return status;
    }
    *ret_table = table;
    return BL_OK;
}

bl_status bl_table_open(bl_context *context, const char *const *urls, size_t n_urls,
                        const bl_table_options *options, bl_table **ret_table, bl_error *err) {
    (void)urls;
    (void)n_urls;
    bl_catalog catalog = {context};
    return bl_catalog_open_table(&catalog, options ? options->tree : NULL, ret_table, err);
}
void bl_table_close(bl_table *table) {
    bl_type_release(table->types[FAKE_V]);
    bl_free(table->context, table);
}
const char *bl_table_path(const bl_table *table) {
    (void)table;
    return "T";
}
size_t bl_table_n_files(const bl_table *table) {
    (void)table;
    return 1;
}
const char *bl_table_file(const bl_table *table, size_t i) {
    (void)table;
    return i ? NULL : "f.root";
}
bl_status bl_table_n_rows(bl_table *table, int64_t *ret_n_rows, bl_error *err) {
    (void)table;
    (void)err;
    *ret_n_rows = FAKE_ROWS;
    return BL_OK;
}
size_t bl_table_n_clusters(const bl_table *table) {
    (void)table;
    return 2;
}
bl_status bl_table_cluster(const bl_table *table, size_t i, int64_t *ret_first, int64_t *ret_last,
                           bl_error *err) {
    (void)table;
    (void)err;
    *ret_first = (int64_t)i * 5;
    *ret_last = *ret_first + 5;
    return BL_OK;
}
size_t bl_table_n_columns(const bl_table *table) {
    (void)table;
    return FAKE_N;
}
bl_status bl_table_column(const bl_table *table, size_t i, bl_column_info *ret_info,
                          bl_error *err) {
    static const char *const names[] = {"i", "bad", "v", "odd", "u", "worse", "s", "i"};
    if (i >= FAKE_N)
        return bl_error_set(err, BL_E_RANGE, "no column %zu", i);
    *ret_info = (bl_column_info){.size = sizeof *ret_info,
                                 .path = names[i],
                                 .name = names[i],
                                 .title = "title",
                                 .source_type = "Some_t",
                                 .type = i == FAKE_U ? NULL : table->types[i],
                                 .unreadable = i == FAKE_U ? "type 'Foo' is unknown" : NULL,
                                 .duplicate = i == FAKE_I1,
                                 .n_rows = i == FAKE_ODD ? 4 : FAKE_ROWS,
                                 .n_chunks = 2,
                                 .stored_bytes = 100 * (i + 1),
                                 .raw_bytes = 250 * (i + 1),
                                 .codec = "zlib",
                                 .counter = i == FAKE_V ? "i" : NULL};
    return BL_OK;
}
bl_status bl_table_find(const bl_table *table, const char *name, size_t *ret_column,
                        bl_error *err) {
    (void)table;
    if (strcmp(name, "i#1") != 0)
        return bl_error_set(err, BL_E_NOTFOUND, "no column '%s'", name);
    *ret_column = FAKE_I1;
    return BL_OK;
}
bl_status bl_table_place(bl_table *table, int64_t row, size_t *ret_file, int64_t *ret_entry,
                         bl_error *err) {
    (void)table;
    (void)err;
    *ret_file = 0;
    *ret_entry = row;
    return BL_OK;
}
bool bl_table_column_matches(const bl_table *table, size_t i, const char *pattern) {
    bl_column_info info;
    return bl_table_column(table, i, &info, NULL) == BL_OK && !fnmatch(pattern, info.path, 0);
}

static void fake_append(bl_builder *builder, size_t column, int64_t row) {
    if (column == FAKE_S) {
        char text[16];
        int n = snprintf(text, sizeof text, "r%d", (int)row);
        bl_builder_append_string(builder, (const uint8_t *)text, (size_t)n);
        return;
    }
    if (column != FAKE_V) {
        int32_t *value = bl_builder_extend(builder, 1);
        if (value)
            *value = (int32_t)row;
        return;
    }
    for (int64_t k = 0; k < row % 3; k++) {
        float *value = bl_builder_extend(&builder->children[0], 1);
        if (value)
            *value = row == 4 && k == 0 ? NAN : 0.1F * (float)row;
    }
    bl_builder_end_list(builder);
}
static bl_status fake_column(bl_table *table, size_t column, int64_t first, int64_t last,
                             bl_column *ret_column, bl_error *err) {
    if ((column == FAKE_BAD && last > 5) || column == FAKE_WORSE)
        return bl_error_set(err, BL_E_CORRUPT, "branch '%s': corrupt",
                            column == FAKE_BAD ? "bad" : "worse");
    bl_builder builder = {0};
    bl_status status = bl_builder_init(&builder, table->context, table->types[column], err);
    for (int64_t row = first; status == BL_OK && row < last; row++)
        fake_append(&builder, column, row);
    if (status == BL_OK)
        status = bl_builder_finish(&builder, ret_column, err);
    bl_builder_release(&builder);
    return status;
}
bl_status bl_table_read(bl_table *table, int64_t first, int64_t last, const size_t *columns,
                        size_t n_columns, bl_batch **ret_batch, bl_error *err) {
    const char *names[FAKE_N] = {NULL};
    for (size_t i = 0; i < n_columns; i++) {
        bl_column_info info;
        BL_TRY(bl_table_column(table, columns[i], &info, err));
        names[i] = info.path;
    }
    bl_batch *batch;
    BL_TRY(bl_batch_new(table->context, n_columns, names, first, last - first, &batch, err));
    bl_status status = BL_OK;
    for (size_t i = 0; i < n_columns && status == BL_OK; i++)
        status = fake_column(table, columns[i], first, last, &batch->columns[i], err);
    if (status != BL_OK) {
        bl_batch_release(batch);
        return status;
    }
    *ret_batch = batch;
    return BL_OK;
}

bl_status bl_scan_open(bl_table *table, const bl_scan_options *options, bl_scan **ret_scan,
                       bl_error *err) {
    bl_scan *scan = bl_alloc_zero(table->context, 1, sizeof *scan);
    if (!scan)
        return bl_error_nomem(err, sizeof *scan, "a scan");
    // two rows a batch, so that the corrupt row is met in the middle
    *scan = (bl_scan){table,
                      options->columns,
                      options->n_columns,
                      options->first,
                      options->last ? options->last : FAKE_ROWS,
                      options->batch_rows ? options->batch_rows : 2};
    *ret_scan = scan;
    return BL_OK;
}
bl_status bl_scan_next(bl_scan *scan, bl_batch **ret_batch, bl_error *err) {
    if (scan->row >= scan->last)
        return BL_END;
    int64_t end = scan->row + scan->step < scan->last ? scan->row + scan->step : scan->last;
    BL_TRY(
        bl_table_read(scan->table, scan->row, end, scan->columns, scan->n_columns, ret_batch, err));
    scan->row = end;
    return BL_OK;
}
void bl_scan_progress(const bl_scan *scan, int64_t *ret_rows, uint64_t *ret_stored_bytes) {
    *ret_rows = scan->row;
    *ret_stored_bytes = 0;
}
bl_status bl_scan_late(bl_scan *scan, const uint8_t *keep, bl_batch **ret_batch, bl_error *err) {
    (void)scan, (void)keep, (void)ret_batch;
    return bl_error_set(err, BL_E_UNSUPPORTED, "the fake has no late columns");
}

void bl_scan_close(bl_scan *scan) { bl_free(scan->table->context, scan); }

#endif
