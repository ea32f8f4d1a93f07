// SPDX-License-Identifier: Apache-2.0
// The pass of `beamline stats` over some columns of a table: the columns of a batch are taken in in
// parallel, each by one thread. A failure is narrowed down to its column by halving: both halves go
// on from the row reached, so that nothing is read twice but the batch that failed.
#include "base/context.h"
#include "cli/stats.h"

typedef struct stats_batch {
    bl_stats *stats;
    bl_stats_column **columns;
    const bl_batch *batch;
} stats_batch;

/// The column keeps why it cannot be read to its end.
static bl_status give_up(bl_context *context, bl_stats_column *column, bl_status status,
                         bl_error *err) {
    column->message = bl_strdup(context, err->message);
    if (!column->message)
        return bl_error_nomem(err, sizeof err->message, "a message");
    column->status = status;
    *err = (bl_error){.status = BL_OK};
    return BL_OK;
}

static bl_status add_column(void *argument, size_t index, unsigned worker, bl_error *err) {
    const stats_batch *job = argument;
    (void)worker;
    bl_stats_column *column = job->columns[index];
    if (column->status != BL_OK)
        return BL_OK;
    bl_context *context = job->stats->cli->context;
    bl_status status = bl_tally_add(context, column->leaves, column->n_leaves,
                                    bl_batch_column(job->batch, index), err);
    // no other column of the batch may miss its rows for this one's sake
    return status == BL_OK || status == BL_E_NOMEM ? status : give_up(context, column, status, err);
}

static bl_status read_batches(bl_stats *stats, bl_scan *scan, bl_stats_column **columns, size_t n,
                              int64_t *row, bl_error *err) {
    bl_context *context = stats->cli->context;
    for (;;) {
        bl_batch *batch;
        bl_status status = bl_scan_next(scan, &batch, err);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        stats_batch job = {stats, columns, batch};
        status = bl_run_tasks(context, add_column, &job, n, err);
        *row += bl_batch_n_rows(batch);
        bl_batch_release(batch);
        BL_TRY(status);
        int64_t rows;
        uint64_t bytes;
        bl_scan_progress(scan, &rows, &bytes);
        bl_progress_show(&stats->progress, stats->rows_before + rows, stats->bytes_before + bytes);
    }
}

/// One pass; `*row` becomes the row up to which all columns were taken in.
static bl_status scan_once(bl_stats *stats, bl_stats_column **columns, size_t n, int64_t *row,
                           bl_error *err) {
    bl_context *context = stats->cli->context;
    size_t *indices = bl_alloc_zero(context, n, sizeof *indices);
    if (!indices)
        return bl_error_nomem(err, n * sizeof *indices, "columns");
    for (size_t i = 0; i < n; i++)
        indices[i] = columns[i]->column;
    bool is_chain = bl_table_n_files(stats->table) > 1; // info has the first file's rows alone
    bl_scan_options options = {.size = sizeof options,
                               .columns = indices,
                               .n_columns = n,
                               .first = *row,
                               .last = is_chain ? 0 : columns[0]->info.n_rows};
    BL_AUTO(bl_scan) scan = NULL;
    bl_status status = bl_scan_open(stats->table, &options, &scan, err);
    if (status == BL_OK) {
        int64_t rows;
        uint64_t bytes;
        status = read_batches(stats, scan, columns, n, row, err);
        bl_scan_progress(scan, &rows, &bytes);
        stats->rows_before += rows;
        stats->bytes_before += bytes;
    }
    bl_free(context, indices);
    return status;
}

bl_status bl_stats_scan(bl_stats *stats, bl_stats_column **columns, size_t n, int64_t first,
                        bl_error *err) {
    int64_t row = first;
    bl_status status = scan_once(stats, columns, n, &row, err);
    if (status == BL_OK || status == BL_E_CANCELLED || status == BL_E_NOMEM)
        return status;
    if (n == 1)
        return give_up(stats->cli->context, columns[0], status, err);
    BL_TRY(bl_stats_scan(stats, columns, n / 2, row, err));
    return bl_stats_scan(stats, columns + n / 2, n - n / 2, row, err);
}
