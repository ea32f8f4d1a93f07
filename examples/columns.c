// SPDX-License-Identifier: Apache-2.0
// The mean of each column of floating-point numbers of a table, jagged ones flattened.
//
//     columns URL [TREE]
//
// Shows the way of all reading: a context, a table, a scan over the columns that are wanted, and
// batches of Arrow-laid-out columns.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <beamline/beamline.h>

// What is summed up for one column.
typedef struct mean {
    size_t column; // its index in the table
    double sum;
    int64_t n_values;
} mean;

// The type of the values inside lists of lists of …; a list's one child is its item.
static bl_type_id innermost(const bl_type *type) {
    while (bl_type_n_children(type) == 1 && bl_type_get_id(type) != BL_STRUCT)
        type = bl_type_child(type, 0);
    return bl_type_get_id(type);
}

// Picks the columns that this program can sum. A column that cannot be read has no type.
static bl_status choose(const bl_table *table, mean *means, size_t *ret_n, bl_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < bl_table_n_columns(table); i++) {
        bl_column_info info = {.size = sizeof info};
        bl_status status = bl_table_column(table, i, &info, err);
        if (status != BL_OK)
            return status;
        bl_type_id id = info.type ? innermost(info.type) : BL_BOOL;
        if (id == BL_FLOAT32 || id == BL_FLOAT64)
            means[n++].column = i;
    }
    *ret_n = n;
    return BL_OK;
}

// The values of all lists of a column lie one after the other in its innermost child.
static void add(mean *m, const bl_column *column) {
    while (!bl_column_values(column) && bl_column_child(column, 0))
        column = bl_column_child(column, 0);
    int64_t n = bl_column_length(column);
    const void *values = bl_column_values(column);
    if (bl_type_get_id(bl_column_type(column)) == BL_FLOAT32)
        for (int64_t i = 0; i < n; i++)
            m->sum += (double)((const float *)values)[i];
    else
        for (int64_t i = 0; i < n; i++)
            m->sum += ((const double *)values)[i];
    m->n_values += n;
}

// Goes through the table once; memory stays within the context's budget whatever its length.
static bl_status scan(bl_table *table, mean *means, size_t n, bl_error *err) {
    size_t *columns = malloc((n ? n : 1) * sizeof *columns);
    if (!columns)
        return BL_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        columns[i] = means[i].column;
    bl_scan_options options = {.size = sizeof options, .columns = columns, .n_columns = n};
    bl_scan *pass = NULL;
    bl_status status = bl_scan_open(table, &options, &pass, err);
    while (status == BL_OK) {
        bl_batch *batch = NULL;
        status = bl_scan_next(pass, &batch, err);
        if (status != BL_OK)
            break; // BL_END after the last batch, or an error
        for (size_t i = 0; i < n; i++)
            add(&means[i], bl_batch_column(batch, i));
        bl_batch_release(batch);
    }
    bl_scan_close(pass);
    free(columns);
    return status == BL_END ? BL_OK : status;
}

static bl_status print(const bl_table *table, const mean *means, size_t n, bl_error *err) {
    for (size_t i = 0; i < n; i++) {
        bl_column_info info = {.size = sizeof info};
        bl_status status = bl_table_column(table, means[i].column, &info, err);
        if (status != BL_OK)
            return status;
        printf("%-32s %12" PRId64 " values, mean %g\n", info.path, means[i].n_values,
               means[i].n_values ? means[i].sum / (double)means[i].n_values : 0);
    }
    return BL_OK;
}

static bl_status run(bl_context *context, const char *url, const char *tree, bl_error *err) {
    bl_table_options options = {.size = sizeof options, .tree = tree};
    bl_table *table = NULL;
    bl_status status = bl_table_open(context, &url, 1, &options, &table, err);
    if (status != BL_OK)
        return status;
    size_t n = 0;
    mean *means = calloc(bl_table_n_columns(table) + 1, sizeof *means);
    if (!means)
        status = BL_E_NOMEM;
    if (status == BL_OK)
        status = choose(table, means, &n, err);
    if (status == BL_OK && n)
        status = scan(table, means, n, err);
    if (status == BL_OK)
        status = print(table, means, n, err);
    free(means);
    bl_table_close(table);
    return status;
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: columns URL [TREE] (libbeamline %s)\n", bl_version());
        return bl_status_exit_code(BL_E_USAGE);
    }
    bl_error err = {BL_OK, ""};
    bl_context *context = NULL;
    bl_status status = bl_context_new(NULL, &context, &err);
    if (status == BL_OK)
        status = run(context, argv[1], argc > 2 ? argv[2] : NULL, &err);
    bl_context_free(context);
    if (status != BL_OK)
        fprintf(stderr, "columns: %s\n", err.message[0] ? err.message : bl_status_text(status));
    return bl_status_exit_code(status);
}
