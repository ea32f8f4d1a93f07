// SPDX-License-Identifier: Apache-2.0
/// \file
/// Statistics of the columns of one table, and their faces.
#ifndef BL_CLI_STATS_H
#define BL_CLI_STATS_H

#include "cli/progress.h"
#include "cli/select.h"
#include "cli/tally.h"

typedef struct bl_stats_column {
    size_t column; ///< index in the table
    bl_column_info info;
    size_t n_leaves;
    bl_tally *leaves; ///< [n_leaves]; owns
    bl_status status; ///< not BL_OK: reading it failed
    char *message;    ///< then; owns
} bl_stats_column;

typedef struct bl_stats {
    bl_cli *cli;
    bl_table *table;
    const char *file, *tree;
    size_t n_columns, n_unreadable;
    bl_stats_column *columns; ///< [n_columns]
    bl_progress progress;
    int64_t rows_before; ///< rows and bytes of finished scans
    uint64_t bytes_before;
} bl_stats;

/// Reads some columns, all of the same number of rows, from row `first` on. Where a column cannot
/// be read to its end the others are, and it keeps the reason.
/// \param columns [n] reordered
/// \return BL_OK, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_stats_scan(bl_stats *stats, bl_stats_column **columns, size_t n, int64_t first,
                        bl_error *err);

/// One JSON object a line: a column, a member of a struct column, an unreadable or a broken column.
void bl_stats_write_json(bl_out *out, const bl_stats *stats);
/// The same as a table for reading.
bl_status bl_stats_write_table(bl_cli *cli, const bl_stats *stats, bl_error *err);

#endif
