// SPDX-License-Identifier: Apache-2.0
// Scans: batches in row order, no larger than a share of the memory budget, with the next one on
// its way while the present one is decoded. A batch never crosses a file border; within a file it
// ends at cluster ends where it can, because a cluster is what was compressed together: a basket
// that is cut is gone through twice. Apart from that batches are small enough to stay in a cache.
#include "table/scan.h"

#include "base/context.h"
#include "base/options.h"
#include "table/private.h"

/// The batch being decoded with what it needs beside its columns, and the one that the caller still
/// holds, share what is left of the budget when the scan begins.
#define BUDGET_SHARE 4
/// Several clusters make a batch up to so many bytes, and so many for each column: a batch that
/// fits a cache is written and read fast, but each of its columns costs something too.
#define SNUG_BYTES ((double)(8u << 20))
#define SNUG_COLUMN_BYTES ((double)(32u << 10))

struct bl_scan {
    bl_table *table;
    size_t *columns; ///< [n_columns]; owns
    size_t n_columns;
    size_t *late_columns; ///< [n_late]; owns
    size_t n_late;
    int64_t first, last; ///< last 0: the end
    int64_t longer;      ///< rows where the columns have more of them than their table; 0: none
    int64_t batch_rows;
    double snug_bytes;  ///< of a batch of several clusters
    double most_bytes;  ///< of any batch
    double row_bytes;   ///< of memory, as the file estimates it
    int64_t position;   ///< next row of the table
    size_t file;        ///< where `position` is, once `is_placed`
    int64_t file_start; ///< the file's first row in the table
    bool is_placed;
    bl_view view, late;
    int64_t given_first, given_last; ///< rows of the file that the last batch has
    int64_t planned_end; ///< end of the range that was fetched ahead, in the file's rows; 0: none
    bl_scan_need *needs; ///< [n_needs]; owns
    size_t n_needs;
    int64_t n_passed;
    uint64_t stored_bytes; ///< of the rows before `counted`
    int64_t counted;       ///< row of the file
};

bl_table *bl_scan_table(const bl_scan *scan) { return scan->table; }
size_t bl_scan_n_columns(const bl_scan *scan) { return scan->n_columns; }
size_t bl_scan_column(const bl_scan *scan, size_t i) { return scan->columns[i]; }

static bl_status choose_columns(bl_scan *scan, const bl_scan_options *o, bl_error *err) {
    const bl_table *table = scan->table;
    size_t room = o->columns ? o->n_columns : table->n_columns;
    scan->columns = (size_t *)bl_alloc_zero(table->context, room, sizeof *scan->columns);
    if (!scan->columns)
        return bl_error_nomem(err, room * sizeof *scan->columns, "columns");
    if (o->columns) {
        BL_TRY(bl_columns_check(table, o->columns, o->n_columns, err));
        if (room)
            memcpy(scan->columns, o->columns, room * sizeof *scan->columns);
        scan->n_columns = room;
        return BL_OK;
    }
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].info.type && table->columns[i].kind != BL_ORIGIN_DECLARED)
            scan->columns[scan->n_columns++] = i;
    return BL_OK;
}

static bl_status choose_late_columns(bl_scan *scan, const bl_scan_options *o, bl_error *err) {
    size_t n = o->n_late_columns;
    BL_TRY(bl_columns_check(scan->table, o->late_columns, n, err));
    scan->late_columns = (size_t *)bl_alloc_zero(scan->table->context, n + 1, sizeof(size_t));
    if (!scan->late_columns)
        return bl_error_nomem(err, n * sizeof(size_t), "columns");
    if (n)
        memcpy(scan->late_columns, o->late_columns, n * sizeof(size_t));
    scan->n_late = n;
    return BL_OK;
}

/// A branch may have more rows than its tree counts. They can be asked for where all columns have
/// them.
static int64_t longer_columns(const bl_scan *scan, int64_t last) {
    const bl_table *table = scan->table;
    if (table->n_files != 1 || last <= table->file_rows[0] || scan->n_columns == 0)
        return 0;
    for (size_t i = 0; i < scan->n_columns; i++)
        if (table->columns[scan->columns[i]].info.n_rows < last)
            return 0;
    return last;
}

static int64_t rows_of_file(const bl_scan *scan, size_t file) {
    return scan->longer ? scan->longer : scan->table->file_rows[file];
}

static bl_status check_range(const bl_scan *scan, const bl_scan_options *o, bl_error *err) {
    int64_t n_rows = scan->table->n_files == 1 ? rows_of_file(scan, 0) : INT64_MAX;
    if (o->first >= 0 && o->first <= n_rows && o->batch_rows >= 0 &&
        (o->last == 0 || (o->last >= o->first && o->last <= n_rows)))
        return BL_OK;
    return bl_error_set(err, BL_E_RANGE, "%s: rows %lld to %lld in steps of %lld",
                        scan->table->urls[0], (long long)o->first, (long long)o->last,
                        (long long)o->batch_rows);
}

static void choose_sizes(bl_scan *scan) {
    const bl_context *context = scan->table->context;
    double budget = (double)bl_context_budget_bytes(context);
    double left = budget - (double)bl_context_busy_bytes(context);
    double share = left > budget / BUDGET_SHARE ? left : budget / BUDGET_SHARE;
    double snug = SNUG_BYTES,
           columns = SNUG_COLUMN_BYTES * (double)(scan->n_columns + scan->n_late);
    snug = columns > snug ? columns : snug;
    scan->most_bytes = share / BUDGET_SHARE;
    scan->snug_bytes = snug < scan->most_bytes ? snug : scan->most_bytes;
}

bl_status bl_scan_open(bl_table *table, const bl_scan_options *options, bl_scan **ret_scan,
                       bl_error *err) {
    bl_scan_options o = {0};
    BL_TRY(bl_options_copy(&o, sizeof o, options, err));
    BL_AUTO(bl_scan) scan = (bl_scan *)bl_alloc_zero(table->context, 1, sizeof *scan);
    if (!scan)
        return bl_error_nomem(err, sizeof *scan, "a scan");
    scan->table = table;
    scan->first = scan->position = o.first;
    scan->last = o.last;
    scan->batch_rows = o.batch_rows;
    BL_TRY(choose_columns(scan, &o, err));
    BL_TRY(choose_late_columns(scan, &o, err));
    choose_sizes(scan);
    scan->longer = longer_columns(scan, o.last);
    BL_TRY(check_range(scan, &o, err));
    *ret_scan = BL_MOVE(scan);
    return BL_OK;
}

void bl_scan_close(bl_scan *scan) {
    if (!scan)
        return;
    bl_context *context = scan->table->context;
    bl_view_release(&scan->view);
    bl_view_release(&scan->late);
    bl_free(context, scan->needs);
    bl_free(context, scan->late_columns);
    bl_free(context, scan->columns);
    bl_free(context, scan);
}

bl_status bl_scan_set_needs(bl_scan *scan, const bl_scan_need *needs, size_t n, bl_error *err) {
    bl_context *context = scan->table->context;
    bl_free(context, scan->needs);
    scan->n_needs = 0;
    scan->needs = (bl_scan_need *)bl_alloc_zero(context, n + 1, sizeof *needs);
    if (!scan->needs)
        return bl_error_nomem(err, n * sizeof *needs, "a selection");
    if (n)
        memcpy(scan->needs, needs, n * sizeof *needs);
    scan->n_needs = n;
    return BL_OK;
}

int64_t bl_scan_n_passed(const bl_scan *scan) { return scan->n_passed; }

/// Stored bytes are counted when somebody asks, and when a file is left: it takes a look at every
/// basket.
static uint64_t stored_behind(const bl_scan *scan) {
    int64_t row = scan->position - scan->file_start;
    if (!scan->view.of || row <= scan->counted)
        return 0;
    uint64_t memory, stored;
    bl_view_estimate(&scan->view, scan->counted, row, &memory, &stored);
    return stored;
}

void bl_scan_progress(const bl_scan *scan, int64_t *ret_rows, uint64_t *ret_stored_bytes) {
    *ret_rows = scan->position - scan->first;
    *ret_stored_bytes = scan->stored_bytes + stored_behind(scan);
}

/// The first cluster that ends after `row`.
static size_t cluster_after(const bl_reader *reader, int64_t row) {
    size_t low = 0, high = reader->n_clusters;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (reader->cluster_ends[middle] > row)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/// Rows that take so many bytes; at least one.
static int64_t rows_in(const bl_scan *scan, double bytes, int64_t most) {
    double rows = scan->row_bytes > 0 ? bytes / scan->row_bytes : (double)most;
    return rows >= (double)most ? most : rows > 1 ? (int64_t)rows : 1;
}

/// Cuts rows into as few pieces of like sizes as may be, and returns the end of the first.
static int64_t cut(int64_t first, int64_t last, int64_t most) {
    int64_t n = last - first, n_pieces = (n + most - 1) / most;
    return n_pieces > 1 ? first + (n + n_pieces - 1) / n_pieces : last;
}

/// End of the batch that begins at `first`: as many clusters as are snug, else one where that is
/// not too large, else a piece of one.
static int64_t choose_end(const bl_scan *scan, int64_t first, int64_t limit) {
    const bl_reader *reader = scan->view.part->reader;
    if (scan->batch_rows && limit - first > scan->batch_rows)
        limit = first + scan->batch_rows;
    double snug_bytes = reader->snug_bytes && (double)reader->snug_bytes < scan->snug_bytes
                            ? (double)reader->snug_bytes
                            : scan->snug_bytes;
    int64_t snug = rows_in(scan, snug_bytes, limit - first);
    int64_t most = rows_in(scan, scan->most_bytes, limit - first);
    // Exact counts that were asked for go before cluster ends.
    if (limit - first <= (scan->batch_rows ? most : snug))
        return limit;
    size_t next = cluster_after(reader, first), behind = cluster_after(reader, first + snug);
    // A cluster that is cut ends in a batch of its own, and so does one that may be passed.
    if (reader->is_cut_freely && next < reader->n_clusters && reader->cluster_ends[next] <= limit &&
        (scan->n_needs || reader->cluster_ends[next] - first > snug))
        return cut(first, reader->cluster_ends[next], snug);
    if (behind > next && reader->cluster_ends[behind - 1] <= limit)
        return reader->cluster_ends[behind - 1];
    int64_t end = next < reader->n_clusters ? reader->cluster_ends[next] : limit;
    return cut(first, end < limit ? end : limit, most);
}

/// Whether a cluster may have a row that is wanted.
static bool may_have(const bl_scan *scan, size_t cluster) {
    const bl_reader *reader = scan->view.part->reader;
    for (size_t i = 0; i < scan->n_needs; i++) {
        const bl_scan_need *need = &scan->needs[i];
        size_t column;
        double low, high;
        if (scan->table->columns[need->column].kind == BL_ORIGIN_OWN &&
            bl_part_column(scan->table, scan->view.part, need->column, &column, NULL) == BL_OK &&
            reader->ops->bounds(reader, cluster, column, &low, &high) &&
            (high < need->low || low > need->high))
            return false;
    }
    return true;
}

/// Passes clusters without a wanted row, from the present one on. \return whether there were any
static bool pass_clusters(bl_scan *scan, int64_t limit) {
    const bl_reader *reader = scan->view.part->reader;
    int64_t first = scan->position - scan->file_start, row = first;
    if (!scan->n_needs || !reader->ops->bounds)
        return false;
    for (size_t i = cluster_after(reader, row); i < reader->n_clusters && !may_have(scan, i); i++)
        row = reader->cluster_ends[i];
    row = row < limit ? row : limit;
    if (row == first)
        return false;
    scan->stored_bytes += stored_behind(scan); // they are not read: count from behind them
    scan->position = scan->file_start + row;
    scan->counted = row;
    scan->n_passed += row - first;
    scan->planned_end = 0;
    return true;
}

static void leave_file(bl_scan *scan) {
    scan->stored_bytes += stored_behind(scan);
    scan->counted = INT64_MAX;
    bl_view_release(&scan->view);
    bl_view_release(&scan->late);
    scan->planned_end = 0;
}

/// Makes the view fit the file that the scan is in.
static bl_status enter_file(bl_scan *scan, bl_error *err) {
    bl_part *part;
    BL_TRY(bl_table_part(scan->table, scan->file, &part, err));
    if (scan->view.of == part->reader)
        return BL_OK;
    leave_file(scan);
    BL_TRY(bl_view_init(&scan->view, scan->table, part, scan->columns, scan->n_columns, err));
    BL_TRY(bl_view_init(&scan->late, scan->table, part, scan->late_columns, scan->n_late, err));
    int64_t n_rows = rows_of_file(scan, scan->file);
    uint64_t memory, late, stored;
    bl_view_estimate(&scan->view, 0, n_rows, &memory, &stored);
    bl_view_estimate(&scan->late, 0, n_rows, &late, &stored);
    scan->row_bytes = n_rows ? (double)(memory + late) / (double)n_rows : 0;
    scan->counted = scan->position - scan->file_start;
    return BL_OK;
}

/// Steps over files that have no more rows. \return BL_OK, BL_END, …
static bl_status find_place(bl_scan *scan, bl_error *err) {
    bl_table *table = scan->table;
    if (scan->last && scan->position >= scan->last)
        return BL_END;
    if (!scan->is_placed)
        BL_TRY(bl_table_locate(table, scan->position, &scan->file, &scan->file_start, err));
    scan->is_placed = true;
    BL_TRY(enter_file(scan, err));
    while (scan->position - scan->file_start >= rows_of_file(scan, scan->file)) {
        int64_t end = scan->file_start + rows_of_file(scan, scan->file);
        if (scan->file + 1 == table->n_files) {
            if (scan->position > end || scan->last > end)
                return bl_error_set(err, BL_E_RANGE, "rows %lld to %lld of %lld",
                                    (long long)scan->first, (long long)scan->last, (long long)end);
            return BL_END;
        }
        leave_file(scan);
        scan->file_start = end;
        scan->file++;
        BL_TRY(enter_file(scan, err));
    }
    return BL_OK;
}

/// Plans and fetches the present range, where that was not done ahead, then the next one.
static int64_t plan(bl_scan *scan, int64_t first, int64_t limit, int64_t *ret_next_end) {
    int64_t end = scan->planned_end;
    if (end <= first) {
        end = choose_end(scan, first, limit);
        bl_view_prefetch(&scan->view, first, end);
    }
    *ret_next_end = 0;
    if (end < limit) {
        *ret_next_end = choose_end(scan, end, limit);
        bl_view_prefetch(&scan->view, end, *ret_next_end);
    }
    return end;
}

/// Reads fewer rows where these take more memory than their file promised.
static bl_status read_some(bl_scan *scan, int64_t first, int64_t *end, bl_batch **ret_batch,
                           bl_error *err) {
    for (;;) {
        bl_error why = {0};
        bl_status status =
            bl_view_read(&scan->view, scan->file_start, first, *end, ret_batch, &why);
        if (status != BL_E_LIMIT || *end - first <= 1) {
            if (status != BL_OK && err)
                *err = why;
            return status;
        }
        *end = first + (*end - first + 1) / 2;
        scan->row_bytes *= 2;
    }
}

/// Rows of the file up to where the scan may go.
static int64_t limit_of(const bl_scan *scan) {
    int64_t limit = rows_of_file(scan, scan->file);
    return scan->last && scan->last - scan->file_start < limit ? scan->last - scan->file_start
                                                               : limit;
}

bl_status bl_scan_next(bl_scan *scan, bl_batch **ret_batch, bl_error *err) {
    BL_TRY(bl_context_check(scan->table->context, err));
    do
        BL_TRY(find_place(scan, err));
    while (pass_clusters(scan, limit_of(scan)));
    int64_t first = scan->position - scan->file_start, limit = limit_of(scan);
    int64_t next_end, planned = plan(scan, first, limit, &next_end), end = planned;
    scan->planned_end = 0;
    bl_status status = read_some(scan, first, &end, ret_batch, err);
    if (status != BL_OK)
        return status;
    scan->planned_end = end == planned ? next_end : 0;
    scan->position = scan->file_start + end;
    scan->given_first = first;
    scan->given_last = end;
    return BL_OK;
}

/// The end of the clusters that follow each other from `first` on and have kept rows; `*ret_first`
/// skips those before them that have none. `last` where there are none left.
static int64_t wanted_range(const bl_reader *reader, const uint8_t *keep, int64_t base,
                            int64_t first, int64_t last, int64_t *ret_first) {
    int64_t begin = first;
    for (int64_t at = first; at < last;) {
        size_t cluster = cluster_after(reader, at);
        int64_t end = cluster < reader->n_clusters ? reader->cluster_ends[cluster] : last;
        end = end < last ? end : last;
        bool is_wanted = memchr(keep + (at - base), 1, (size_t)(end - at)) != NULL;
        if (!is_wanted && begin < at) {
            *ret_first = begin;
            return at;
        }
        begin = is_wanted ? begin : end;
        at = end;
    }
    *ret_first = begin;
    return last;
}

bl_status bl_scan_late(bl_scan *scan, const uint8_t *keep, bl_batch **ret_batch, bl_error *err) {
    int64_t first = scan->given_first, last = scan->given_last;
    if (!scan->late.of || last == 0)
        return bl_error_set(err, BL_E_INVALID, "late columns before the first batch");
    BL_AUTO(bl_batch) all = NULL;
    for (int64_t begin, at = first; at < last;) {
        int64_t end = wanted_range(scan->late.part->reader, keep, first, at, last, &begin);
        BL_AUTO(bl_batch) read = NULL;
        BL_AUTO(bl_batch) some = NULL;
        at = end;
        if (begin == end && all) // nothing is left
            continue;
        uint64_t memory, stored;
        bl_view_estimate(&scan->late, begin, end, &memory, &stored);
        scan->stored_bytes += stored;
        BL_TRY(bl_view_read(&scan->late, scan->file_start, begin, end, &read, err));
        BL_TRY(bl_batch_filter(read, keep + (begin - first), &some, err));
        BL_TRY(bl_batch_append(&all, some, err));
    }
    *ret_batch = BL_MOVE(all);
    return BL_OK;
}
