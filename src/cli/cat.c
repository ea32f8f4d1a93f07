// SPDX-License-Identifier: Apache-2.0
// `beamline cat`: values as an aligned table, as JSON lines or as CSV.
#include <stdio.h>
#include <unistd.h>

#include "base/context.h"
#include "cli/cat_table.h"
#include "cli/progress.h"
#include "cli/select.h"
#include "cli/value.h"

typedef enum cat_format { CAT_TABLE, CAT_JSONL, CAT_CSV } cat_format;

enum { TABLE_ROWS = 20, TEXT_ROWS = 256 };

static void write_csv_head(bl_out *out, const bl_selection *selection) {
    for (size_t i = 0; i < selection->n; i++) {
        char room[1024];
        const char *name = bl_select_name(&selection->infos[i], room, sizeof room);
        bool is_plain = !strpbrk(name, ",\"\n\r");
        bl_out_text(out, i ? "," : "");
        if (is_plain) {
            bl_out_text(out, name);
            continue;
        }
        bl_out_char(out, '"');
        for (const char *at = name; *at; at++) {
            bl_out_repeat(out, '"', *at == '"');
            bl_out_char(out, *at);
        }
        bl_out_char(out, '"');
    }
    bl_out_char(out, '\n');
}

static void write_jsonl_row(bl_out *out, const bl_batch *batch, char *const *keys, int64_t row) {
    for (size_t i = 0; i < bl_batch_n_columns(batch); i++) {
        bl_out_text(out, keys[i]);
        bl_value_write(out, bl_batch_column(batch, i), row, BL_VALUE_JSON);
    }
    bl_out_text(out, "}\n");
}

static void write_csv_row(bl_out *out, const bl_batch *batch, int64_t row) {
    for (size_t i = 0; i < bl_batch_n_columns(batch); i++) {
        if (i)
            bl_out_char(out, ',');
        bl_value_write(out, bl_batch_column(batch, i), row, BL_VALUE_CSV);
    }
    bl_out_char(out, '\n');
}

/// Rows of a batch turned into text by several threads, each run of rows into a text of its own.
typedef struct cat_job {
    const bl_cli *cli;
    const bl_batch *batch;
    char *const *keys;
    bl_out *texts;
    int64_t first; ///< row of the first text
} cat_job;

static bl_status write_rows(void *argument, size_t index, unsigned worker, bl_error *err) {
    const cat_job *job = argument;
    (void)worker;
    bl_out *text = &job->texts[index];
    int64_t row = job->first + (int64_t)index * TEXT_ROWS;
    int64_t n_rows = bl_batch_n_rows(job->batch);
    int64_t end = n_rows - row < TEXT_ROWS ? n_rows : row + TEXT_ROWS;
    text->used = 0;
    for (; row < end && text->failed == BL_OK; row++)
        if (job->cli->arguments.format == CAT_JSONL)
            write_jsonl_row(text, job->batch, job->keys, row);
        else
            write_csv_row(text, job->batch, row);
    return bl_out_finish(text, err);
}

/// Writes all rows of a batch, some texts at a time, in their order.
static bl_status write_batch(bl_cli *cli, cat_job *job, size_t n_texts, bl_error *err) {
    int64_t n_rows = bl_batch_n_rows(job->batch);
    int64_t n_at_once = (int64_t)n_texts * TEXT_ROWS;
    for (job->first = 0; job->first < n_rows; job->first += n_at_once) {
        int64_t left = n_rows - job->first;
        size_t n = (size_t)((left < n_at_once ? left : n_at_once) + TEXT_ROWS - 1) / TEXT_ROWS;
        BL_TRY(bl_run_tasks(cli->context, write_rows, job, n, err));
        for (size_t i = 0; i < n; i++)
            bl_out_bytes(&cli->out, job->texts[i].data, job->texts[i].used);
        if (cli->out.failed != BL_OK)
            return BL_OK; // reported when the output is finished
    }
    return BL_OK;
}

/// Everything between `{` and a value, once per column instead of once per value.
static bl_status make_keys(bl_context *context, const bl_selection *selection, char **keys,
                           bl_error *err) {
    for (size_t i = 0; i < selection->n; i++) {
        char name[1024];
        bl_out text;
        bl_out_init_memory(&text, context);
        bl_out_char(&text, i ? ',' : '{');
        bl_out_json_text(&text, bl_select_name(&selection->infos[i], name, sizeof name));
        bl_out_bytes(&text, ":", 2); // with its NUL
        keys[i] = text.data;
        BL_TRY(bl_out_finish(&text, err));
    }
    return BL_OK;
}

static bl_status next_batches(bl_cli *cli, bl_scan *scan, cat_job *job, size_t n_texts,
                              bl_progress *progress, bl_error *err) {
    for (;;) {
        bl_batch *batch;
        bl_status status = bl_scan_next(scan, &batch, err);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        job->batch = batch;
        if (cli->arguments.format == CAT_TABLE)
            status = bl_cat_table(cli, batch, err);
        else
            status = write_batch(cli, job, n_texts, err);
        bl_batch_release(batch);
        int64_t rows;
        uint64_t bytes;
        bl_scan_progress(scan, &rows, &bytes);
        bl_progress_show(progress, rows, bytes);
        BL_TRY(status);
        if (cli->out.failed != BL_OK)
            return BL_OK; // reported when the output is finished
    }
}

static bl_status write_batches(bl_cli *cli, bl_scan *scan, char *const *keys, bl_progress *progress,
                               bl_error *err) {
    size_t n_texts = 2 * (size_t)bl_context_n_threads(cli->context);
    bl_out *texts = bl_alloc_zero(cli->context, n_texts, sizeof *texts);
    if (!texts)
        return bl_error_nomem(err, n_texts * sizeof *texts, "text");
    for (size_t i = 0; i < n_texts; i++)
        bl_out_init_memory(&texts[i], cli->context);
    cat_job job = {.cli = cli, .keys = keys, .texts = texts};
    bl_status status = next_batches(cli, scan, &job, n_texts, progress, err);
    for (size_t i = 0; i < n_texts; i++)
        bl_out_release(&texts[i]);
    bl_free(cli->context, texts);
    return status;
}

static bl_status cat_selection(bl_cli *cli, bl_table *table, const bl_selection *selection,
                               char **keys, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    bl_row_range rows = arguments->entries;
    if (!rows.is_set)
        rows = (bl_row_range){0, arguments->format == CAT_TABLE ? TABLE_ROWS : INT64_MAX, true};
    int64_t n_rows;
    BL_TRY(bl_table_n_rows(table, &n_rows, err));
    rows.last = rows.last < n_rows ? rows.last : n_rows;
    if (arguments->format == CAT_JSONL)
        BL_TRY(make_keys(cli->context, selection, keys, err));
    if (arguments->format == CAT_CSV)
        write_csv_head(&cli->out, selection);
    if (rows.first >= rows.last)
        return BL_OK;
    bl_scan_options options = {.size = sizeof options,
                               .columns = selection->columns,
                               .n_columns = selection->n,
                               .first = rows.first,
                               .last = rows.last,
                               .batch_rows = arguments->format == CAT_TABLE ? BL_TABLE_PAGE : 0};
    BL_AUTO(bl_scan) scan = NULL;
    BL_TRY(bl_scan_open(table, &options, &scan, err));
    bl_progress progress;
    bl_progress_start(&progress, cli, rows.last - rows.first);
    // a bar would be drawn over the values where both go to the terminal
    progress.is_shown = progress.is_shown && !isatty(STDOUT_FILENO);
    bl_status status = write_batches(cli, scan, keys, &progress, err);
    bl_progress_clear(&progress);
    return status;
}

static bl_status run_cat(bl_cli *cli, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    const bl_open_options open = bl_select_open_options(arguments);
    bl_table_options options = {.size = sizeof options,
                                .tree = arguments->tree,
                                .open = &open,
                                .friends = arguments->friends.texts,
                                .n_friends = arguments->friends.n};
    BL_AUTO(bl_table) table = NULL;
    BL_TRY(bl_table_open(cli->context, arguments->operands, arguments->n_operands, &options, &table,
                         err));
    bl_selection selection;
    BL_TRY(bl_select_columns(cli->context, table, arguments->columns, &selection, err));
    bl_status status = bl_select_whole(table, false, &selection, err);
    if (status == BL_OK && selection.n == 0)
        status = bl_error_set(err, BL_E_UNSUPPORTED, "no column can be read");
    char **keys = bl_alloc_zero(cli->context, selection.n + 1, sizeof *keys);
    if (status == BL_OK && !keys)
        status = bl_error_nomem(err, selection.n * sizeof *keys, "names");
    if (status == BL_OK)
        status = cat_selection(cli, table, &selection, keys, err);
    for (size_t i = 0; keys && i < selection.n; i++)
        bl_free(cli->context, keys[i]);
    bl_free(cli->context, keys);
    bl_selection_release(&selection);
    return status;
}

static const bl_option cat_options[] = {
    {"tree", 'T', "TREE", "Read this tree; needed where a file has several", BL_OPTION_TEXT,
     BL_HINT_TREES, NULL, offsetof(bl_arguments, tree), false},
    {"columns", 'c', "PATTERNS", "Read these columns, such as 'nJet,Jet_*'; all by default",
     BL_OPTION_TEXT, BL_HINT_COLUMNS, NULL, offsetof(bl_arguments, columns), false},
    {"friend", 0, "URL", "Join a tree row by row, as URL or URL:TREE; its columns are TREE.COLUMN",
     BL_OPTION_TEXTS, BL_HINT_FILES, NULL, offsetof(bl_arguments, friends), false},
    {"entries", 'e', "A:B", "Read entries A to B-1; A: and :B leave an end open", BL_OPTION_ROWS,
     .offset = offsetof(bl_arguments, entries)},
    {"format", 'f', "FORMAT", "Write as table, jsonl or csv; default table", BL_OPTION_CHOICE,
     BL_HINT_CHOICES, "table jsonl csv", offsetof(bl_arguments, format), false},
};

static const bl_example cat_examples[] = {
    {"The first 20 entries", "beamline cat events.root"},
    {"Jets of a hundred entries", "beamline cat events.root -T Events -c 'nJet,Jet_*' -e 0:100"},
    {"A whole chain as JSON lines", "beamline cat 'runs/*.root' -T Events -f jsonl > events.jsonl"},
};

const bl_command bl_command_cat = {
    .name = "cat",
    .summary = "print the values of columns",
    .operands = "URL...",
    .description =
        "Prints the entries of a tree, or of a chain of files. A table shows the first 20 entries "
        "unless --entries asks for others, its floats with six digits, long values cut to fit the "
        "terminal.\n\n"
        "jsonl and csv are exact: a float has the fewest digits that read back as the same number "
        "of its width. JSON knows no NaN and no infinity: both are written as null. Bytes that are "
        "no text are written as characters \\u0000 to \\u00ff, one a byte. In csv, lists and "
        "structs are JSON text in a quoted cell, and NaN and infinities are nan, inf, -inf.",
    .options = cat_options,
    .n_options = BL_COUNT(cat_options),
    .takes_common = true,
    .reads_files = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .examples = cat_examples,
    .n_examples = BL_COUNT(cat_examples),
    .run = run_cat,
};
