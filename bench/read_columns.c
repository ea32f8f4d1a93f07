// SPDX-License-Identifier: Apache-2.0
// Reads columns of a chain of files into batches, and does nothing with them: opening, fetching,
// decompressing, decoding. Prints JSON: the seconds of each run, rows, values.
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

static void read_all(bl_context *context, const bench_arguments *arguments, int64_t *ret_rows,
                     int64_t *ret_values) {
    bl_error err = {0};
    bl_table *table;
    bl_table_options options = {.size = sizeof options, .tree = arguments->tree};
    bench_check(
        bl_table_open(context, arguments->files, arguments->n_files, &options, &table, &err), &err);
    size_t *columns = bench_alloc(arguments->n_columns * sizeof *columns);
    for (size_t i = 0; i < arguments->n_columns; i++)
        bench_check(bl_table_find(table, arguments->columns[i], &columns[i], &err), &err);
    bl_scan_options wanted = {
        .size = sizeof wanted, .columns = columns, .n_columns = arguments->n_columns};
    bl_scan *scan;
    bench_check(bl_scan_open(table, &wanted, &scan, &err), &err);
    bl_batch *batch;
    bl_status status;
    while ((status = bl_scan_next(scan, &batch, &err)) == BL_OK) {
        *ret_rows += bl_batch_n_rows(batch);
        for (size_t i = 0; i < arguments->n_columns; i++)
            *ret_values += count_values(bl_batch_column(batch, i));
        bl_batch_release(batch);
    }
    if (status != BL_END)
        bench_check(status, &err);
    bl_scan_close(scan);
    bl_table_close(table);
    free(columns);
}

int main(int argc, char **argv) {
    bench_arguments arguments = bench_parse(argc, argv);
    int64_t rows = 0, values = 0;
    printf("{\"seconds\":[");
    for (int i = 0; i < arguments.runs; i++) {
        rows = values = 0;
        double start = bench_seconds();
        bl_context *context = bench_context();
        read_all(context, &arguments, &rows, &values);
        bl_context_free(context);
        printf("%s%.6f", i ? "," : "", bench_seconds() - start);
    }
    printf("],\"rows\":%lld,\"values\":%lld}\n", (long long)rows, (long long)values);
    bench_release(&arguments);
    return 0;
}
