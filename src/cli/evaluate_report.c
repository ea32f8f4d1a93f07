// SPDX-License-Identifier: Apache-2.0
// What `beamline evaluate` leaves behind: the page, JSON, charts, and the summary on the terminal.
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/whole_file.h"
#include "cli/evaluate.h"
#include "cli/terminal.h"

// ---- before ----

/// Whether a file can be written: there is a folder for it, and no file.
static bl_status check_file(evaluate_run *run, const char *path, bool overwrite, bl_error *err) {
    const char *slash = strrchr(path, '/');
    struct stat about;
    const char *folder = slash ? bl_arena_text(&run->arena, path, (size_t)(slash - path) + 1) : ".";
    if (!folder)
        return bl_error_nomem(err, strlen(path), "a path");
    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode))
        return bl_error_set(err, BL_E_NOTFOUND, "%s: there is no folder '%s'", path, folder);
    if (access(folder, W_OK) != 0)
        return bl_error_set(err, BL_E_ACCESS, "%s: nothing may be written into '%s'", path, folder);
    if (stat(path, &about) != 0)
        return BL_OK;
    if (S_ISDIR(about.st_mode))
        return bl_error_set(err, BL_E_EXISTS, "%s: is a folder", path);
    return overwrite ? BL_OK
                     : bl_error_set(err, BL_E_EXISTS, "%s: already exists; --overwrite replaces it",
                                    path);
}

static bl_status check_plots(evaluate_run *run, const char *folder, bl_error *err) {
    struct stat about;
    const char **names = NULL;
    size_t n = 0;
    if (stat(folder, &about) != 0)
        return BL_OK; // it is made
    BL_TRY(bl_folder_list(&run->arena, folder, NULL, &names, &n, err));
    if (n && !run->cli->arguments.overwrite)
        return bl_error_set(err, BL_E_EXISTS,
                            "%s: holds files already; --overwrite replaces those of charts",
                            folder);
    return BL_OK;
}

/// Of one run, where nothing else is said, the page is the run's own.
static bl_status choose_page(evaluate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    struct stat about;
    run->page = arguments->output;
    run->overwrites_page = arguments->overwrite;
    if (run->page || arguments->n_operands != 1 || stat(arguments->operands[0], &about) != 0 ||
        !S_ISDIR(about.st_mode))
        return BL_OK;
    run->overwrites_page = true;
    run->page = bl_arena_printf(&run->arena, "%s/report.html", arguments->operands[0]);
    return run->page ? BL_OK : bl_error_nomem(err, 1, "a path");
}

bl_status bl_evaluate_check_outputs(evaluate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    BL_TRY(choose_page(run, err));
    if (run->page)
        BL_TRY(check_file(run, run->page, run->overwrites_page, err));
    if (arguments->json_file && strcmp(arguments->json_file, "-") != 0)
        BL_TRY(check_file(run, arguments->json_file, arguments->overwrite, err));
    return arguments->plots ? check_plots(run, arguments->plots, err) : BL_OK;
}

// ---- the summary ----

/// How wide a column is. Those of words are cut where a terminal is narrow.
static int width_of(const bl_table_cells *table, size_t column) {
    size_t width = bl_terminal_columns(table->head[column], strlen(table->head[column]));
    for (size_t i = 0; i < table->n_rows; i++) {
        const char *cell = table->cells[i * table->n_columns + column];
        size_t columns = bl_terminal_columns(cell, strlen(cell));
        width = columns > width ? columns : width;
    }
    return width > 60 ? 60 : (int)width;
}

static void print_row(bl_out *out, const bl_table_cells *table, const char *const *cells,
                      const int *widths) {
    for (size_t i = 0; i < table->n_columns; i++) {
        bool is_last = i + 1 == table->n_columns && i < table->n_left;
        bl_out_text(out, "  ");
        bl_terminal_cell(out, cells[i], strlen(cells[i]),
                         is_last             ? 0
                         : i < table->n_left ? widths[i]
                                             : -widths[i]);
    }
    bl_out_char(out, '\n');
}

static bl_status print_table(evaluate_run *run, const bl_table_cells *table, bl_error *err) {
    bl_out *out = &run->cli->out;
    int *widths = (int *)bl_arena_array(&run->arena, table->n_columns + 1, sizeof *widths);
    if (!widths)
        return bl_error_nomem(err, table->n_columns * sizeof *widths, "a table");
    for (size_t i = 0; i < table->n_columns; i++)
        widths[i] = width_of(table, i);
    if (table->title) {
        bl_out_text(out, table->title);
        bl_out_char(out, '\n');
    }
    print_row(out, table, table->head, widths);
    for (size_t i = 0; i < table->n_rows; i++)
        print_row(out, table, table->cells + i * table->n_columns, widths);
    return BL_OK;
}

static bl_status print_summary(evaluate_run *run, bl_error *err) {
    const bl_section_output *summary = bl_report_find(run->report, "summary");
    bool is_first = true;
    for (size_t i = 0; summary && i < summary->n_blocks; i++) {
        if (summary->blocks[i].kind != BL_BLOCK_TABLE)
            continue;
        bl_out_text(&run->cli->out, is_first ? "" : "\n");
        BL_TRY(print_table(run, &summary->blocks[i].table, err));
        is_first = false;
    }
    return BL_OK;
}

// ---- all of it ----

static bl_status write_json(evaluate_run *run, const bl_text *json, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    if (strcmp(arguments->json_file, "-") == 0) {
        bl_out_bytes(&run->cli->out, json->text, json->n);
        return BL_OK;
    }
    BL_TRY(
        bl_whole_file_write(arguments->json_file, json->text, json->n, arguments->overwrite, err));
    bl_cli_note(run->cli, "%s: all numbers", arguments->json_file);
    return BL_OK;
}

static bl_status write_plots(evaluate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bool has_pdf = false;
    BL_TRY(bl_report_plots(run->report, arguments->plots, arguments->overwrite, &has_pdf, err));
    bl_cli_note(run->cli, "%s: charts as %sSVG and CSV", arguments->plots, has_pdf ? "PDF, " : "");
    return BL_OK;
}

/// All is made before anything is written.
bl_status bl_evaluate_write(evaluate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_text page = {.arena = &run->arena}, json = {.arena = &run->arena};
    if (run->page)
        BL_TRY(bl_report_page(run->report, &page, err));
    if (arguments->json_file)
        BL_TRY(bl_report_json(run->report, &json, err));
    if (arguments->plots)
        BL_TRY(write_plots(run, err));
    if (arguments->json_file)
        BL_TRY(write_json(run, &json, err));
    if (run->page) {
        BL_TRY(bl_whole_file_write(run->page, page.text, page.n, run->overwrites_page, err));
        bl_cli_note(run->cli, "%s: the page", run->page);
    }
    bool prints =
        !arguments->quiet && !(arguments->json_file && !strcmp(arguments->json_file, "-"));
    return prints ? print_summary(run, err) : BL_OK;
}
