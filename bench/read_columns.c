// SPDX-License-Identifier: Apache-2.0
// usage: read_columns [COLUMNS]
//
// Way "read": reads every column of the file's tree, or those that are named with commas between
// them, into batches, and does nothing with them: opening, fetching, decompressing, decoding. A run
// also tells its rows and values.
#include "bench/bench.h"

/// Values inside all lists and members of a column.
static int64_t count_values(const bl_column *column) {
    bl_type_id id = bl_type_get_id(bl_column_type(column));
    size_t n_children = bl_type_n_children(bl_column_type(column));
    if (n_children == 0)
        return bl_column_length(column);
    int64_t n = 0;
    for (size_t i = 0; i < (id == BL_STRUCT ? n_children : 1); i++)
        n += count_values(bl_column_child(column, i));
    return n;
}

enum { MOST_COLUMNS = 256 };

/// \param text changed \param columns [MOST_COLUMNS]
static size_t find_columns(const bl_table *table, char *text, size_t *columns) {
    size_t n = 0;
    for (char *name; (name = strsep(&text, ",")) && n < MOST_COLUMNS; n++) {
        bl_error err = {0};
        bench_check(bl_table_find(table, name, &columns[n], &err), &err);
    }
    return n;
}

/// \param names of columns, with commas; NULL: all
static void read_all(bl_context *context, const char *names, const char *url, int64_t *ret_rows,
                     int64_t *ret_values) {
    bl_error err = {0};
    bl_table *table;
    size_t columns[MOST_COLUMNS];
    bl_scan_options options = {.size = sizeof options};
    char *copy = names ? strdup(names) : NULL;
    bench_check(bl_table_open(context, &url, 1, NULL, &table, &err), &err);
    if (copy) {
        options.columns = columns;
        options.n_columns = find_columns(table, copy, columns);
    }
    free(copy);
    bl_scan *scan;
    bench_check(bl_scan_open(table, &options, &scan, &err), &err);
    bl_batch *batch;
    bl_status status;
    while ((status = bl_scan_next(scan, &batch, &err)) == BL_OK) {
        *ret_rows += bl_batch_n_rows(batch);
        for (size_t i = 0; i < bl_batch_n_columns(batch); i++)
            *ret_values += count_values(bl_batch_column(batch, i));
        bl_batch_release(batch);
    }
    if (status != BL_END)
        bench_check(status, &err);
    bl_scan_close(scan);
    bl_table_close(table);
}

static void run(void *state, const char *way, unsigned n_threads, const char *path) {
    if (strcmp(way, "read") != 0)
        bench_die("the way is read");
    int64_t rows = 0, values = 0;
    double start = bench_seconds();
    bl_context *context = bench_context(n_threads);
    read_all(context, (const char *)state, path, &rows, &values);
    bl_context_free(context);
    printf("{\"seconds\":%.6f,\"rows\":%lld,\"values\":%lld}", bench_seconds() - start,
           (long long)rows, (long long)values);
}

int main(int argc, char **argv) {
    bench_serve(run, argc > 1 ? argv[1] : NULL);
    return 0;
}
