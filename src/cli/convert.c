// SPDX-License-Identifier: Apache-2.0
// `beamline convert`: trees into a new file, streamed.
#include "cli/convert.h"

#include <stdio.h>

#include "cli/number.h"
#include "cli/progress.h"
#include "data/stream/lineage.h"

BL_DEFINE_AUTO(bl_output, bl_output_close);

typedef struct convert_run {
    bl_cli *cli;
    bl_convert_plan *plan;
    bl_progress progress;
    int64_t rows;   ///< of the trees that are done
    uint64_t bytes; ///< stored bytes read for them
} convert_run;

static bl_status copy_batches(convert_run *run, bl_scan *scan, bl_writer *writer, bl_error *err) {
    for (;;) {
        bl_batch *batch;
        bl_status status = bl_scan_next(scan, &batch, err);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        status = bl_writer_write(writer, batch, err);
        bl_batch_release(batch);
        BL_TRY(status);
        int64_t rows;
        uint64_t bytes;
        bl_scan_progress(scan, &rows, &bytes);
        bl_progress_show(&run->progress, run->rows + rows, run->bytes + bytes);
    }
}

static bl_status copy_rows(convert_run *run, bl_convert_tree *tree, bl_writer *writer,
                           bl_error *err) {
    if (tree->selection.n == 0 || tree->first >= tree->last)
        return BL_OK;
    bl_scan_options options = {.size = sizeof options,
                               .columns = tree->selection.columns,
                               .n_columns = tree->selection.n,
                               .first = tree->first,
                               .last = tree->last == INT64_MAX ? 0 : tree->last};
    BL_AUTO(bl_scan) scan = NULL;
    BL_TRY(bl_scan_open(tree->table, &options, &scan, err));
    BL_TRY(copy_batches(run, scan, writer, err));
    uint64_t bytes;
    bl_scan_progress(scan, &tree->n_written, &bytes);
    run->rows += tree->n_written;
    run->bytes += bytes;
    return BL_OK;
}

static const char *name_of(const bl_cli *cli, const bl_convert_tree *tree) {
    return cli->arguments.name ? cli->arguments.name : bl_table_path(tree->table);
}

static bl_status copy_tree(convert_run *run, bl_output *output, bl_convert_tree *tree,
                           bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_writer_options options = {.size = sizeof options,
                                 .path = name_of(run->cli, tree),
                                 .title = tree->title,
                                 .cluster_bytes = arguments->cluster_bytes,
                                 .chunk_bytes = arguments->basket_bytes,
                                 .friend_of = arguments->friend_of};
    bl_writer *writer;
    BL_TRY(bl_output_add(output, tree->specs, tree->selection.n, &options, &writer, err));
    BL_TRY(copy_rows(run, tree, writer, err));
    return bl_writer_finish(writer, err);
}

/// The files of the input are the first tree's.
static bl_status note_lineage(bl_convert_plan *plan, bl_output_options *options, bl_error *err) {
    if (plan->n_trees == 0)
        return BL_OK;
    const bl_table *table = plan->trees[0].table;
    size_t n = bl_table_n_files(table);
    const char **urls = (const char **)bl_arena_array(&plan->arena, n, sizeof *urls);
    if (!urls)
        return bl_error_nomem(err, n * sizeof *urls, "lineage");
    for (size_t i = 0; i < n; i++)
        urls[i] = bl_table_file(table, i);
    bl_lineage lineage = {
        .urls = urls, .n_urls = n, .table = plan->n_trees == 1 ? bl_table_path(table) : NULL};
    return bl_lineage_pairs(&plan->arena, &lineage, &options->metadata, &options->n_metadata, err);
}

bl_status bl_convert_output_open(bl_cli *cli, bl_convert_plan *plan, bl_output **ret_output,
                                 bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    bl_output_options options = {.size = sizeof options,
                                 .format = arguments->output_format,
                                 .codec = arguments->codec,
                                 .encoding = arguments->encoding,
                                 .base = arguments->append ? arguments->output : NULL,
                                 .overwrite = arguments->overwrite || arguments->append};
    BL_TRY(note_lineage(plan, &options, err));
    bl_status status = bl_output_open(cli->context, arguments->output, &options, ret_output, err);
    return status == BL_E_EXISTS ? bl_error_hint(err, status, "; --overwrite replaces it") : status;
}

static bl_status start_progress(convert_run *run, bl_error *err) {
    int64_t total = 0;
    for (size_t i = 0; run->cli->progress && i < run->plan->n_trees; i++) {
        const bl_convert_tree *tree = &run->plan->trees[i];
        int64_t n_rows = tree->last;
        if (n_rows == INT64_MAX) // opens every file of a chain, so only where it is seen
            BL_TRY(bl_table_n_rows(tree->table, &n_rows, err));
        total += n_rows - tree->first;
    }
    bl_progress_start(&run->progress, run->cli, total);
    return BL_OK;
}

static bl_status copy_all(convert_run *run, bl_error *err) {
    BL_AUTO(bl_output) output = NULL;
    BL_TRY(bl_convert_output_open(run->cli, run->plan, &output, err));
    BL_TRY(bl_convert_plan_check(run->cli, run->plan, output, err));
    BL_TRY(start_progress(run, err));
    bl_status status = BL_OK;
    for (size_t i = 0; i < run->plan->n_trees && status == BL_OK; i++)
        status = copy_tree(run, output, &run->plan->trees[i], err);
    if (status == BL_OK)
        status = bl_output_finish(output, err);
    bl_progress_clear(&run->progress);
    return status;
}

static void report_json(const convert_run *run, double seconds, uint64_t output_bytes) {
    bl_out *out = &run->cli->out;
    bl_out_text(out, "{\"output\":");
    bl_out_json_text(out, run->cli->arguments.output);
    bl_out_printf(out, ",\"output_bytes\":%llu,\"input_bytes\":%llu,\"seconds\":%.3f,\"trees\":[",
                  (unsigned long long)output_bytes, (unsigned long long)run->bytes, seconds);
    for (size_t i = 0; i < run->plan->n_trees; i++) {
        const bl_convert_tree *tree = &run->plan->trees[i];
        bl_out_text(out, i ? ",{\"tree\":" : "{\"tree\":");
        bl_out_json_text(out, name_of(run->cli, tree));
        bl_out_printf(out, ",\"rows\":%lld,\"columns\":%zu}", (long long)tree->n_written,
                      tree->selection.n);
    }
    bl_out_text(out, "]}\n");
}

static void report_text(const convert_run *run, double seconds, uint64_t output_bytes) {
    char written[BL_NUMBER_BYTES], read[BL_NUMBER_BYTES], rows[BL_NUMBER_BYTES];
    char rate[BL_NUMBER_BYTES], trees[64] = "";
    size_t n_trees = run->plan->n_trees, n_columns = 0;
    for (size_t i = 0; i < n_trees; i++)
        n_columns += run->plan->trees[i].selection.n;
    if (n_trees > 1)
        snprintf(trees, sizeof trees, "%zu trees, ", n_trees);
    bl_number_bytes(written, output_bytes);
    bl_number_bytes(read, run->bytes);
    bl_number_grouped(rows, run->rows);
    double per_second = seconds > 0 ? 1 / seconds : 0;
    bl_number_grouped(rate, (int64_t)((double)run->rows * per_second));
    bl_cli_note(run->cli,
                "%s: %s%zu column%s, %s rows, %s; %s read in %.1f s: %s rows/s, %.1f MB/s",
                run->cli->arguments.output, trees, n_columns, n_columns == 1 ? "" : "s", rows,
                written, read, seconds, rate, 1e-6 * (double)run->bytes * per_second);
}

static bl_status report(const convert_run *run, bl_error *err) {
    double seconds = bl_progress_seconds(&run->progress);
    uint64_t bytes;
    BL_TRY(bl_url_size(run->cli->context, run->cli->arguments.output, &bytes, err));
    if (run->cli->arguments.json)
        report_json(run, seconds, bytes);
    else
        report_text(run, seconds, bytes);
    return BL_OK;
}

static bl_status run_convert(bl_cli *cli, bl_error *err) {
    if (!cli->arguments.output)
        return bl_error_set(err, BL_E_USAGE, "--output is missing; see beamline convert --help");
    bl_convert_plan plan = {.catalog = NULL};
    convert_run run = {.cli = cli, .plan = &plan};
    bl_status status = bl_convert_plan_make(cli, &plan, err);
    if (status == BL_OK)
        status = copy_all(&run, err);
    if (status == BL_OK)
        status = report(&run, err);
    bl_convert_plan_release(&plan);
    return status;
}

static const bl_option convert_options[] = {
    {"output", 'o', "FILE", "Write this file; it appears when it is complete", BL_OPTION_TEXT,
     BL_HINT_FILES, NULL, offsetof(bl_arguments, output), false},
    {"tree", 'T', "TREE", "Copy this tree; all trees by default", BL_OPTION_TEXT, BL_HINT_TREES,
     NULL, offsetof(bl_arguments, tree), false},
    {"columns", 'c', "PATTERNS", "Copy these columns, such as 'nJet,Jet_*'; all by default",
     BL_OPTION_TEXT, BL_HINT_COLUMNS, NULL, offsetof(bl_arguments, columns), false},
    {"friend", 0, "URL", "Join a tree row by row, as URL or URL:TREE; its columns are TREE.COLUMN",
     BL_OPTION_TEXTS, BL_HINT_FILES, NULL, offsetof(bl_arguments, friends), false},
    {"entries", 'e', "A:B", "Copy entries A to B-1; A: and :B leave an end open", BL_OPTION_ROWS,
     .offset = offsetof(bl_arguments, entries)},
    {"skip-unreadable", 0, NULL, "Leave columns out that cannot be read, instead of refusing",
     BL_OPTION_FLAG, .offset = offsetof(bl_arguments, skip_unreadable)},
    {"format", 'f', "FORMAT", "Write this format; by default the one that FILE ends like",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, output_format), false},
    BL_OPTION_OF_CODEC,
    BL_OPTION_OF_ENCODING,
    {"as", 0, "NAME", "Call the tree so, with its directories", BL_OPTION_TEXT, BL_HINT_NONE, NULL,
     offsetof(bl_arguments, name), false},
    {"overwrite", 0, NULL, "Replace FILE where it exists", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, overwrite)},
    {"append", 0, NULL, "Add the trees to what FILE holds already", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, append)},
    {"friend-of", 0, "TREE", "With --append, declare the new tree a friend of this tree of FILE",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, friend_of), false},
    BL_OPTIONS_OF_CLUSTERS,
    {"json", 'j', NULL, "Print what was done as one JSON object", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, json)},
};

static const bl_example convert_examples[] = {
    {"Other compression", "beamline convert events.root -o small.root --codec lzma:6"},
    {"Some columns of a chain",
     "beamline convert 'runs/*.root' -T Events -c 'nJet,Jet_*' -o jets.root"},
    {"From ROOT to Parquet", "beamline convert events.root -o events.parquet"},
    {"A second tree into the same file",
     "beamline convert more.root -T Events --as More --append -o events.root"},
};

const bl_command bl_command_convert = {
    .name = "convert",
    .summary = "copy columns into a new file, in any format",
    .operands = "URL...",
    .description =
        "Copies columns of trees and tables into a new file: less of them, other compression, many "
        "files into one, another format. What is written is said by the end of FILE: .root, "
        ".parquet, .arrow, .tfrecord, .h5, .csv, .jsonl, the last two also with .gz, .bz2 or .zst "
        "behind them; or by --format. docs/formats.md says what becomes of types.\n\n"
        "It streams within the memory budget. Several URLs, or a pattern, are one chain and become "
        "one table. ROOT and HDF5 files hold several trees, and only ROOT files can be appended "
        "to. Objects that are "
        "no "
        "trees are not copied; of several cycles of a tree the highest is.\n\n"
        "A branch keeps its own name, without the names of the branches around it, where no "
        "other column has the same; else it is called by its whole path. Titles are kept, and "
        "vectors stay vectors. A list that another column counts is written with that column, "
        "where it is copied too, as its counter.\n\n"
        "A column that cannot be read or written is an error that names it, and nothing is "
        "written; --skip-unreadable leaves such columns out. The file appears under its name when "
        "it is complete, and after any failure there is what was there before. The same input "
        "gives the same bytes, for any number of threads.",
    .options = convert_options,
    .n_options = BL_COUNT(convert_options),
    .takes_common = true,
    .reads_files = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .examples = convert_examples,
    .n_examples = BL_COUNT(convert_examples),
    .run = run_convert,
};
