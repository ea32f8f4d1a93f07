// SPDX-License-Identifier: Apache-2.0
// `beamline stats`: statistics of every column of every table, streamed.
#include "cli/stats.h"

#include <stdio.h>

static void release_columns(bl_stats *stats) {
    bl_context *context = stats->cli->context;
    for (size_t i = 0; i < stats->n_columns; i++) {
        bl_free(context, stats->columns[i].leaves);
        bl_free(context, stats->columns[i].message);
    }
    bl_free(context, stats->columns);
    stats->columns = NULL;
    stats->n_columns = 0;
}

static bl_status prepare_columns(bl_stats *stats, const bl_selection *selection, bl_error *err) {
    bl_context *context = stats->cli->context;
    stats->columns = bl_alloc_zero(context, selection->n + 1, sizeof *stats->columns);
    if (!stats->columns)
        return bl_error_nomem(err, selection->n * sizeof *stats->columns, "columns");
    stats->n_columns = selection->n;
    for (size_t i = 0; i < selection->n; i++) {
        bl_stats_column *column = &stats->columns[i];
        column->column = selection->columns[i];
        column->info = selection->infos[i];
        if (column->info.unreadable) {
            stats->n_unreadable++;
            continue;
        }
        column->n_leaves = bl_tally_n_leaves(column->info.type);
        column->leaves = bl_alloc_zero(context, column->n_leaves + 1, sizeof *column->leaves);
        if (!column->leaves)
            return bl_error_nomem(err, column->n_leaves * sizeof *column->leaves, "statistics");
        bl_tally_init(column->leaves, column->info.type, stats->cli->arguments.checksums);
    }
    return BL_OK;
}

static int64_t rows_of(const bl_stats *stats, const bl_stats_column *column) {
    // in a chain all columns go together: info has the rows of the first file alone
    return bl_table_n_files(stats->table) > 1 ? 1 : column->info.n_rows;
}

/// Scans the columns in groups of one number of rows, in the order in which the groups appear.
static bl_status scan_groups(bl_stats *stats, bl_stats_column **group, bool *is_done,
                             bl_error *err) {
    for (size_t i = 0; i < stats->n_columns; i++) {
        if (is_done[i] || stats->columns[i].info.unreadable)
            continue;
        int64_t n_rows = rows_of(stats, &stats->columns[i]);
        size_t n = 0;
        for (size_t k = i; k < stats->n_columns; k++) {
            bl_stats_column *column = &stats->columns[k];
            if (is_done[k] || column->info.unreadable || rows_of(stats, column) != n_rows)
                continue;
            is_done[k] = true;
            group[n++] = column;
        }
        if (n_rows > 0)
            BL_TRY(bl_stats_scan(stats, group, n, 0, err));
    }
    return BL_OK;
}

static bl_status scan_all(bl_stats *stats, bl_error *err) {
    bl_context *context = stats->cli->context;
    int64_t total = 0;
    if (stats->cli->progress) // opens every file of a chain, so only where it is seen
        BL_TRY(bl_table_n_rows(stats->table, &total, err));
    bl_progress_start(&stats->progress, stats->cli, total);
    bl_stats_column **group = bl_alloc_zero(context, stats->n_columns + 1, sizeof(void *));
    bool *is_done = bl_alloc_zero(context, stats->n_columns + 1, sizeof *is_done);
    bl_status status = BL_OK;
    if (!group || !is_done)
        status = bl_error_nomem(err, stats->n_columns * sizeof(void *), "columns");
    else
        status = scan_groups(stats, group, is_done, err);
    bl_free(context, is_done);
    bl_free(context, group);
    bl_progress_clear(&stats->progress);
    return status;
}

static void note_unreadable(const bl_stats *stats) {
    enum { SHOWN = 5 };
    if (stats->n_unreadable == 0 || stats->cli->arguments.quiet)
        return;
    bl_cli_note(stats->cli, "%s: tree '%s': %zu of %zu columns cannot be read:", stats->file,
                stats->tree, stats->n_unreadable, stats->n_columns);
    size_t n = 0;
    for (size_t i = 0; i < stats->n_columns && n < SHOWN; i++) {
        const bl_column_info *info = &stats->columns[i].info;
        if (info->unreadable) {
            bl_cli_note(stats->cli, "  %s: %s", info->path, info->unreadable);
            n++;
        }
    }
    if (stats->n_unreadable > SHOWN)
        bl_cli_note(stats->cli, "  and %zu more; `beamline inspect` lists them",
                    stats->n_unreadable - SHOWN);
}

static bl_status complain(const bl_stats *stats, bl_error *err) {
    for (size_t i = 0; i < stats->n_columns; i++) {
        const bl_stats_column *column = &stats->columns[i];
        if (column->status == BL_OK)
            continue;
        (void)bl_error_set(err, column->status, "%s", column->message);
        BL_TRY(bl_cli_skip(stats->cli, column->status, err));
    }
    return BL_OK;
}

static bl_status stats_table(bl_cli *cli, bl_table *table, const char *patterns, bl_error *err) {
    bl_selection selection = {.context = cli->context};
    BL_TRY(bl_select_columns(cli->context, table, patterns, &selection, err));
    bl_stats stats = {
        .cli = cli, .table = table, .file = bl_table_file(table, 0), .tree = bl_table_path(table)};
    bl_status status = prepare_columns(&stats, &selection, err);
    bl_selection_release(&selection);
    if (status == BL_OK)
        status = scan_all(&stats, err);
    if (status == BL_OK) {
        note_unreadable(&stats);
        status = complain(&stats, err);
    }
    if (status == BL_OK) {
        if (cli->arguments.json)
            bl_stats_write_json(&cli->out, &stats);
        else
            status = bl_stats_write_table(cli, &stats, err);
    }
    release_columns(&stats);
    return status;
}

/// A table that cannot be opened is told of and passed over.
static bl_status report_table(bl_cli *cli, const char *tree, bl_status status, bl_error *err) {
    if (cli->arguments.json && status != BL_E_CANCELLED && status != BL_E_NOMEM) {
        bl_out_text(&cli->out, "{\"file\":");
        bl_out_json_text(&cli->out, cli->arguments.operands[0]);
        bl_out_text(&cli->out, ",\"tree\":");
        bl_out_json_text(&cli->out, tree);
        bl_out_text(&cli->out, ",\"error\":");
        bl_out_json_text(&cli->out, err->message);
        bl_out_text(&cli->out, "}\n");
    }
    return bl_cli_skip(cli, status, err);
}

/// Of all tables, some may have none of the columns asked for; one must have them.
static bl_status stats_one(bl_cli *cli, bl_catalog *catalog, bool is_chain, const char *tree,
                           bool *is_found, bl_error *err) {
    BL_AUTO(bl_table) table = NULL;
    bl_status status = bl_select_open(cli, catalog, is_chain, tree, &table, err);
    if (status == BL_OK && cli->arguments.columns) {
        bl_selection selection = {.context = cli->context};
        status = bl_select_columns(cli->context, table, cli->arguments.columns, &selection, err);
        bl_selection_release(&selection);
        if (status == BL_E_NOTFOUND)
            return BL_OK;
    }
    *is_found = true;
    if (status == BL_OK)
        status = stats_table(cli, table, cli->arguments.columns, err);
    return status == BL_OK ? BL_OK : report_table(cli, tree, status, err);
}

static bl_status run_stats(bl_cli *cli, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    BL_AUTO(bl_catalog) catalog = NULL;
    bool is_chain, is_found = false;
    BL_TRY(bl_select_catalog(cli, &catalog, &is_chain, err));
    if (arguments->tree) {
        BL_AUTO(bl_table) table = NULL;
        BL_TRY(bl_select_open(cli, catalog, is_chain, arguments->tree, &table, err));
        return stats_table(cli, table, arguments->columns, err);
    }
    size_t n_tables = 0;
    for (size_t i = 0; i < bl_catalog_n_objects(catalog); i++) {
        bl_object_info info;
        bl_status status = bl_select_table(catalog, i, &info, err);
        if (status == BL_END)
            continue;
        BL_TRY(status);
        n_tables++;
        BL_TRY(stats_one(cli, catalog, is_chain, info.path, &is_found, err));
        if (cli->out.failed != BL_OK)
            return BL_OK; // reported when the output is finished
    }
    if (n_tables == 0) { // the library knows why
        BL_AUTO(bl_table) table = NULL;
        return bl_select_open(cli, catalog, is_chain, NULL, &table, err);
    }
    if (!is_found)
        return bl_error_set(err, BL_E_NOTFOUND, "%s: no tree has columns '%s'",
                            arguments->operands[0], arguments->columns);
    return BL_OK;
}

static const bl_option stats_options[] = {
    {"tree", 'T', "TREE", "Read this tree; all trees by default", BL_OPTION_TEXT, BL_HINT_TREES,
     NULL, offsetof(bl_arguments, tree), false},
    {"columns", 'c', "PATTERNS", "Read these columns, such as 'nJet,Jet_*'; all by default",
     BL_OPTION_TEXT, BL_HINT_COLUMNS, NULL, offsetof(bl_arguments, columns), false},
    {"friend", 0, "URL", "Join a tree row by row, as URL or URL:TREE; its columns are TREE.COLUMN",
     BL_OPTION_TEXTS, BL_HINT_FILES, NULL, offsetof(bl_arguments, friends), false},
    {"json", 'j', NULL, "Print one JSON object a column and line", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, json)},
    {"checksums", 0, NULL, "With --json, add CRC-32 sums of all values", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, checksums), .is_hidden = true},
};

static const bl_example stats_examples[] = {
    {"All columns of all trees", "beamline stats events.root"},
    {"Two kinds of columns of a chain", "beamline stats 'runs/*.root' -T Events -c 'n*,*_pt'"},
    {"For a script", "beamline stats --json events.root | jq -c '[.column, .max]'"},
};

const bl_command bl_command_stats = {
    .name = "stats",
    .summary = "print statistics of columns",
    .operands = "URL...",
    .description =
        "Reads columns from end to end and prints how many entries and values they have, the "
        "smallest, largest and mean value, how many are NaN or infinite, and the longest list. "
        "Values are flattened over all nesting; sum, mean, min and max are over the finite ones. "
        "Several URLs, or a pattern, are one chain.\n\n"
        "With --json every line has the keys file, tree, column, type, entries, values, sum, min, "
        "max, nan, inf and longest, and duplicate for a repeated path; strings have bytes, their "
        "total length. Where there are no values, sum, min, max, nan and inf are null. Sums of "
        "integers are exact, those of floats compensated, and the same for "
        "any number of threads. A column of a type that cannot be read has the key unreadable. "
        "One whose data are broken has the key error; the others are read, and the exit code "
        "tells.",
    .options = stats_options,
    .n_options = BL_COUNT(stats_options),
    .takes_common = true,
    .reads_files = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .examples = stats_examples,
    .n_examples = BL_COUNT(stats_examples),
    .run = run_stats,
};
