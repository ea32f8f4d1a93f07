// SPDX-License-Identifier: Apache-2.0
// `beamline ingest`: the events that pass cuts, some of their columns and new variables, into a new
// file, streamed; and how many events each cut took.
#include <beamline/plan.h>

#include <stdio.h>

#include "cli/convert.h"
#include "cli/number.h"
#include "cli/progress.h"

BL_DEFINE_AUTO(bl_output, bl_output_close);
BL_DEFINE_AUTO(bl_plan, bl_plan_close);

typedef struct ingest_run {
    bl_cli *cli;
    bl_arena arena;
    bl_table *table;        ///< owns
    bl_selection selection; ///< columns that are taken along
    size_t n_variables;
    bl_named_text *variables; ///< [n_variables]
    bl_column_spec *specs;    ///< [selection.n + n_variables]
    bl_plan *plan;            ///< owns
    bl_progress progress;
} ingest_run;

// ---- what is asked for ----

static bool is_name(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        bool is_letter = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
                         text[i] == '_';
        if (!is_letter && (i == 0 || text[i] < '0' || text[i] > '9'))
            return false;
    }
    return length > 0;
}

/// "NAME=EXPRESSION", once for each --define.
static bl_status read_variables(ingest_run *run, bl_error *err) {
    const bl_texts *given = &run->cli->arguments.variables;
    run->variables =
        (bl_named_text *)bl_arena_array(&run->arena, given->n + 1, sizeof *run->variables);
    if (!run->variables)
        return bl_error_nomem(err, given->n * sizeof *run->variables, "variables");
    for (size_t i = 0; i < given->n; i++) {
        const char *text = given->texts[i], *equals = strchr(text, '=');
        size_t length = equals ? (size_t)(equals - text) : 0;
        while (length && text[length - 1] == ' ')
            length--;
        if (!is_name(text, length))
            return bl_error_set(err, BL_E_USAGE,
                                "--define '%s': should be NAME=EXPRESSION, such as "
                                "'HT=sum(Jet_pt)'",
                                text);
        bl_named_text *variable = &run->variables[run->n_variables++];
        variable->name = bl_arena_text(&run->arena, text, length);
        variable->text = equals + 1;
        if (!variable->name)
            return bl_error_nomem(err, length, "a name");
    }
    return BL_OK;
}

/// A variable takes the place of a column of its name.
static void leave_out_hidden(ingest_run *run) {
    bl_selection *selection = &run->selection;
    size_t kept = 0;
    for (size_t i = 0; i < selection->n; i++) {
        bool is_hidden = false;
        for (size_t k = 0; k < run->n_variables; k++)
            is_hidden = is_hidden || strcmp(run->variables[k].name, selection->infos[i].name) == 0;
        if (is_hidden)
            continue;
        selection->columns[kept] = selection->columns[i];
        selection->infos[kept++] = selection->infos[i];
    }
    selection->n = kept;
}

static bl_status open_input(ingest_run *run, bl_error *err) {
    bl_cli *cli = run->cli;
    const bl_arguments *arguments = &cli->arguments;
    bool is_chain;
    BL_AUTO(bl_catalog) catalog = NULL;
    BL_TRY(bl_select_catalog(cli, &catalog, &is_chain, err));
    BL_TRY(bl_select_open(cli, catalog, is_chain, arguments->tree, &run->table, err));
    BL_TRY(bl_select_columns(cli->context, run->table, arguments->columns, &run->selection, err));
    bl_status status =
        bl_select_whole(cli, run->table, !arguments->skip_unreadable, &run->selection, err);
    if (status == BL_E_UNSUPPORTED)
        return bl_error_hint(err, status, "; --skip-unreadable leaves them out");
    BL_TRY(status);
    leave_out_hidden(run);
    return BL_OK;
}

static bl_status make_plan(ingest_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    const bl_row_range *rows = &arguments->entries;
    int64_t n_rows = INT64_MAX;
    if (rows->is_set)
        BL_TRY(bl_table_n_rows(run->table, &n_rows, err));
    bl_plan_options options = {.size = sizeof options,
                               .cuts = arguments->cuts.texts,
                               .n_cuts = arguments->cuts.n,
                               .variables = run->variables,
                               .n_variables = run->n_variables,
                               .columns = run->selection.columns,
                               .n_columns = run->selection.n,
                               .first = rows->first < n_rows ? rows->first : n_rows,
                               .last = !rows->is_set         ? 0
                                       : rows->last < n_rows ? rows->last
                                                             : n_rows};
    return bl_plan_open(run->cli->context, run->table, &options, &run->plan, err);
}

/// Columns are written as convert writes them; variables by their names.
static bl_status make_specs(ingest_run *run, bl_error *err) {
    size_t n = bl_plan_n_columns(run->plan);
    bl_column_spec *of_columns = NULL;
    run->specs = (bl_column_spec *)bl_arena_array(&run->arena, n + 1, sizeof *run->specs);
    if (!run->specs)
        return bl_error_nomem(err, n * sizeof *run->specs, "columns");
    if (run->selection.n)
        BL_TRY(bl_convert_specs(&run->arena, &run->selection, &of_columns, err));
    for (size_t i = 0; i < n; i++) {
        bl_plan_column_info info = {.size = sizeof info};
        BL_TRY(bl_plan_column(run->plan, i, &info, err));
        if (i < run->selection.n)
            run->specs[i] = of_columns[i];
        else
            run->specs[i] =
                (bl_column_spec){.size = sizeof *run->specs, .name = info.name, .type = info.type};
    }
    return BL_OK;
}

static bl_status prepare(ingest_run *run, bl_error *err) {
    BL_TRY(read_variables(run, err));
    BL_TRY(open_input(run, err));
    BL_TRY(make_plan(run, err));
    return make_specs(run, err);
}

// ---- doing it ----

static bl_status write_batches(ingest_run *run, bl_writer *writer, bl_error *err) {
    for (;;) {
        bl_batch *batch;
        bl_status status = bl_plan_next(run->plan, &batch, err);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        status = bl_writer_write(writer, batch, err);
        bl_batch_release(batch);
        BL_TRY(status);
        int64_t rows, taken;
        uint64_t bytes;
        bl_plan_progress(run->plan, &rows, &taken, &bytes);
        bl_progress_show(&run->progress, rows, bytes);
    }
}

static bl_status write_all(ingest_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_writer_options options = {.size = sizeof options,
                                 .path =
                                     arguments->name ? arguments->name : bl_table_path(run->table),
                                 .cluster_bytes = arguments->cluster_bytes,
                                 .chunk_bytes = arguments->basket_bytes};
    int64_t total = 0;
    bl_writer *writer;
    BL_AUTO(bl_output) output = NULL;
    BL_TRY(bl_convert_output_open(run->cli, &output, err));
    BL_TRY(bl_output_add(output, run->specs, bl_plan_n_columns(run->plan), &options, &writer, err));
    if (run->cli->progress)
        BL_TRY(bl_table_n_rows(run->table, &total, err));
    bl_progress_start(&run->progress, run->cli, total);
    bl_status status = write_batches(run, writer, err);
    if (status == BL_OK)
        status = bl_output_finish(output, err);
    bl_progress_clear(&run->progress);
    return status;
}

// ---- what was done ----

static bl_status print_cuts_json(const ingest_run *run, bl_error *err) {
    bl_out *out = &run->cli->out;
    for (size_t i = 0; i < run->cli->arguments.cuts.n; i++) {
        bl_cut_info info = {.size = sizeof info};
        BL_TRY(bl_plan_cut(run->plan, i, &info, err));
        bl_out_text(out, i ? ",{\"cut\":" : "{\"cut\":");
        bl_out_json_text(out, info.text);
        bl_out_printf(out, ",\"events_in\":%lld,\"events_out\":%lld}", (long long)info.n_rows_in,
                      (long long)info.n_rows_out);
    }
    return BL_OK;
}

static bl_status report_json(const ingest_run *run, bl_error *err) {
    bl_out *out = &run->cli->out;
    int64_t rows, taken;
    uint64_t bytes;
    bl_plan_progress(run->plan, &rows, &taken, &bytes);
    bl_out_text(out, "{\"output\":");
    bl_out_json_text(out, run->cli->arguments.output);
    bl_out_printf(out,
                  ",\"events_in\":%lld,\"events_out\":%lld,\"input_bytes\":%llu,\"columns\":%zu,"
                  "\"seconds\":%.3f,\"cuts\":[",
                  (long long)rows, (long long)taken, (unsigned long long)bytes,
                  bl_plan_n_columns(run->plan), bl_progress_seconds(&run->progress));
    BL_TRY(print_cuts_json(run, err));
    bl_out_text(out, "]}\n");
    return BL_OK;
}

static double percent(int64_t part, int64_t whole) {
    return whole ? 100 * (double)part / (double)whole : 0;
}

/// One line of the cut flow. \param before, all  INT64_MIN: nothing was before
static void print_cut(bl_out *out, unsigned width, const char *text, int64_t n, int64_t before,
                      int64_t all) {
    char number[BL_NUMBER_BYTES];
    bl_number_grouped(number, n);
    bl_out_printf(out, "  %-*.*s %14s", (int)width, (int)width, text, number);
    if (before != INT64_MIN)
        bl_out_printf(out, " %9.2f %% %9.2f %%", percent(n, before), percent(n, all));
    bl_out_text(out, "\n");
}

static bl_status print_cut_flow(const ingest_run *run, int64_t rows, bl_error *err) {
    enum { LEAST = 10, MOST = 60 };
    const bl_texts *cuts = &run->cli->arguments.cuts;
    bl_out *out = &run->cli->out;
    size_t width = LEAST;
    for (size_t i = 0; i < cuts->n; i++)
        width = strlen(cuts->texts[i]) > width ? strlen(cuts->texts[i]) : width;
    width = width < MOST ? width : MOST;
    bl_out_printf(out, "  %-*s %14s %11s %11s\n", (int)width, "cut", "events", "of before",
                  "of all");
    print_cut(out, (unsigned)width, "all", rows, INT64_MIN, rows);
    for (size_t i = 0; i < cuts->n; i++) {
        bl_cut_info info = {.size = sizeof info};
        BL_TRY(bl_plan_cut(run->plan, i, &info, err));
        print_cut(out, (unsigned)width, info.text, info.n_rows_out, info.n_rows_in, rows);
    }
    return BL_OK;
}

static bl_status report_text(const ingest_run *run, bl_error *err) {
    char in[BL_NUMBER_BYTES], out[BL_NUMBER_BYTES], rate[BL_NUMBER_BYTES];
    int64_t rows, taken;
    uint64_t bytes;
    double seconds = bl_progress_seconds(&run->progress);
    double per_second = seconds > 0 ? 1 / seconds : 0;
    bl_plan_progress(run->plan, &rows, &taken, &bytes);
    bl_number_grouped(in, rows);
    bl_number_grouped(out, taken);
    bl_number_grouped(rate, (int64_t)((double)rows * per_second));
    if (run->cli->arguments.cuts.n)
        BL_TRY(print_cut_flow(run, rows, err));
    bl_cli_note(run->cli,
                "%s: %zu columns, %s of %s events; read in %.1f s: %s events/s, %.1f MB/s",
                run->cli->arguments.output, bl_plan_n_columns(run->plan), out, in, seconds, rate,
                1e-6 * (double)bytes * per_second);
    return BL_OK;
}

/// What would be done: cuts, and the columns that would be written.
static bl_status report_plan(const ingest_run *run, bl_error *err) {
    bl_out *out = &run->cli->out;
    for (size_t i = 0; i < run->cli->arguments.cuts.n; i++)
        bl_out_printf(out, "  where  %s\n", run->cli->arguments.cuts.texts[i]);
    for (size_t i = 0; i < bl_plan_n_columns(run->plan); i++) {
        char type[128];
        bl_plan_column_info info = {.size = sizeof info};
        BL_TRY(bl_plan_column(run->plan, i, &info, err));
        (void)bl_type_format(info.type, type, sizeof type);
        bl_out_printf(out, "  write  %s  %s\n", run->specs[i].name, type);
    }
    return BL_OK;
}

static bl_status ingest(ingest_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    BL_TRY(prepare(run, err));
    if (arguments->dry_run)
        return report_plan(run, err);
    BL_TRY(write_all(run, err));
    return arguments->json ? report_json(run, err) : report_text(run, err);
}

static bl_status run_ingest(bl_cli *cli, bl_error *err) {
    if (!cli->arguments.output && !cli->arguments.dry_run)
        return bl_error_set(err, BL_E_USAGE, "--output is missing; see beamline ingest --help");
    ingest_run run = {.cli = cli};
    bl_arena_init(&run.arena, cli->context);
    bl_status status = ingest(&run, err);
    bl_plan_close(run.plan);
    bl_selection_release(&run.selection);
    bl_table_close(run.table);
    bl_arena_release(&run.arena);
    return status;
}

static const bl_option ingest_options[] = {
    {"output", 'o', "FILE", "Write this file; it appears when it is complete", BL_OPTION_TEXT,
     BL_HINT_FILES, NULL, offsetof(bl_arguments, output), false},
    {"tree", 'T', "TREE", "Take this tree; needed where there are several", BL_OPTION_TEXT,
     BL_HINT_TREES, NULL, offsetof(bl_arguments, tree), false},
    {"where", 'w', "CUT", "Take only events for which this is true; again for more cuts",
     BL_OPTION_TEXTS, BL_HINT_NONE, NULL, offsetof(bl_arguments, cuts), false},
    {"define", 'd', "NAME=EXPRESSION", "Write a new variable; again for more of them",
     BL_OPTION_TEXTS, BL_HINT_NONE, NULL, offsetof(bl_arguments, variables), false},
    {"columns", 'c', "PATTERNS", "Take these columns along, such as 'nJet,Jet_*'; all by default",
     BL_OPTION_TEXT, BL_HINT_COLUMNS, NULL, offsetof(bl_arguments, columns), false},
    {"friend", 0, "URL", "Join a tree row by row, as URL or URL:TREE; its columns are TREE.COLUMN",
     BL_OPTION_TEXTS, BL_HINT_FILES, NULL, offsetof(bl_arguments, friends), false},
    {"entries", 'e', "A:B", "Look at entries A to B-1; A: and :B leave an end open", BL_OPTION_ROWS,
     .offset = offsetof(bl_arguments, entries)},
    {"skip-unreadable", 0, NULL, "Leave columns out that cannot be read, instead of refusing",
     BL_OPTION_FLAG, .offset = offsetof(bl_arguments, skip_unreadable)},
    {"codec", 0, "CODEC",
     "Compress with zstd, lz4, zlib, lzma or none, such as zstd:9; default zstd", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, codec), false},
    {"as", 0, "NAME", "Call the tree so, with its directories", BL_OPTION_TEXT, BL_HINT_NONE, NULL,
     offsetof(bl_arguments, name), false},
    {"overwrite", 0, NULL, "Replace FILE where it exists", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, overwrite)},
    {"cluster", 0, "SIZE",
     "Put so many uncompressed bytes into a cluster; default 32M, or less with --memory",
     BL_OPTION_SIZE, .offset = offsetof(bl_arguments, cluster_bytes)},
    {"basket", 0, "SIZE", "Put at most so many uncompressed bytes into a basket; default 256K",
     BL_OPTION_SIZE, .offset = offsetof(bl_arguments, basket_bytes)},
    {"dry-run", 'n', NULL, "Only say what would be written", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, dry_run)},
    {"json", 'j', NULL, "Print what was done as one JSON object", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, json)},
};

static const bl_example ingest_examples[] = {
    {"Events with four jets", "beamline ingest events.root --where 'nJet >= 4' -o few.root"},
    {"A new variable, and nothing else",
     "beamline ingest events.root -d 'HT=sum(Jet_pt)' -c event -o ht.root"},
    {"Cut after cut",
     "beamline ingest 'runs/*.root' -w 'nMuon > 1' -w 'max(Muon_pt) > 25' -o mu.root"},
};

const bl_command bl_command_ingest = {
    .name = "ingest",
    .summary = "select events and compute new variables",
    .operands = "URL...",
    .description =
        "Writes the events that pass all cuts into a ROOT file, with the columns that are asked "
        "for and new variables, and prints how many events each cut took. Columns that only "
        "taken events need are read only where events are taken.\n\n"
        "Cuts and variables are expressions as physicists write them in Python: nJet >= 4 and "
        "max(Jet_pt) > 100, sum(Jet_pt[abs(Jet_eta) < 2.4]). They may use variables that are "
        "defined, in any order. docs/expressions.md describes them. An event is taken where a "
        "cut is true, not where it is missing, such as the maximum of an empty list.\n\n"
        "Several URLs, or a pattern, are one chain. The file appears under its name when it is "
        "complete, and after any failure there is what was there before. The same input gives "
        "the same bytes, for any number of threads.",
    .options = ingest_options,
    .n_options = BL_COUNT(ingest_options),
    .takes_common = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .examples = ingest_examples,
    .n_examples = BL_COUNT(ingest_examples),
    .run = run_ingest,
};
