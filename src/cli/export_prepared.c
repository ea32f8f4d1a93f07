// SPDX-License-Identifier: Apache-2.0
// `beamline prepare DIR --export OUT`.
#include "cli/export_prepared.h"

#include "cli/args.h"
#include "cli/number.h"
#include "cli/progress.h"
#include "data/publish/publish.h"

typedef struct export_run {
    bl_cli *cli;
    bl_arena arena;
    bl_progress progress;
    bl_publish_report report;
} export_run;

static void show_progress(void *user, int64_t done, int64_t all) {
    export_run *run = (export_run *)user;
    run->progress.total_rows = all;
    bl_progress_show(&run->progress, done, 0);
}

/// The names between commas, none of which is empty.
static bl_status split(bl_arena *arena, const char *text, bl_publish_options *options,
                       bl_error *err) {
    size_t n = 0, length = strlen(text);
    const char **names = (const char **)bl_arena_array(arena, length + 1, sizeof *names);
    char *copy = bl_arena_text(arena, text, length), *rest = copy;
    if (!names || !copy)
        return bl_error_nomem(err, length, "names");
    for (char *name; (name = strsep(&rest, ","));)
        if (*name)
            names[n++] = name;
    options->with = names;
    options->n_with = n;
    return BL_OK;
}

static bl_status read_options(export_run *run, bl_publish_options *options, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    uint64_t fold;
    *options = (bl_publish_options){.folder = arguments->export_folder,
                                    .extension = arguments->output_format,
                                    .codec = arguments->codec,
                                    .schema = (bl_publish_schema)arguments->schema,
                                    .fold = -1,
                                    .overwrite = arguments->overwrite,
                                    .progress = show_progress,
                                    .user = run};
    if (arguments->with)
        BL_TRY(split(&run->arena, arguments->with, options, err));
    if (arguments->fold) {
        BL_TRY(bl_args_whole("fold", arguments->fold, INT64_MAX, &fold, err));
        options->fold = (int64_t)fold;
    }
    return BL_OK;
}

static void report(const export_run *run) {
    const bl_publish_report *report = &run->report;
    const bl_arguments *arguments = &run->cli->arguments;
    double seconds = bl_progress_seconds(&run->progress);
    if (arguments->json) {
        bl_out *out = &run->cli->out;
        bl_out_text(out, "{\"output\":");
        bl_out_json_text(out, arguments->export_folder);
        bl_out_printf(out,
                      ",\"rows\":%lld,\"columns\":%zu,\"files\":%zu,\"output_bytes\":%llu,"
                      "\"seconds\":%.3f}\n",
                      (long long)report->n_rows, report->n_columns, report->n_files,
                      (unsigned long long)report->bytes, seconds);
        return;
    }
    char rows[BL_NUMBER_BYTES], bytes[BL_NUMBER_BYTES], rate[BL_NUMBER_BYTES];
    bl_number_grouped(rows, report->n_rows);
    bl_number_bytes(bytes, report->bytes);
    bl_number_grouped(rate, seconds > 0 ? (int64_t)((double)report->n_rows / seconds) : 0);
    bl_cli_note(run->cli, "%s: %s events, %zu columns, %s in %zu file%s in %.1f s: %s events/s",
                arguments->export_folder, rows, report->n_columns, bytes, report->n_files,
                report->n_files == 1 ? "" : "s", seconds, rate);
}

static bl_status export(export_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_publish_options options;
    if (arguments->n_operands != 1)
        return bl_error_set(err, BL_E_USAGE,
                            "--export takes the folder of one prepared data set; "
                            "see beamline prepare --help");
    BL_TRY(read_options(run, &options, err));
    BL_AUTO(bl_prepared) prepared = NULL;
    BL_TRY(bl_prepared_open(run->cli->context, arguments->operands[0], &prepared, err));
    bl_progress_start(&run->progress, run->cli, 0);
    bl_status status = bl_publish(run->cli->context, prepared, &options, &run->report, err);
    bl_progress_clear(&run->progress);
    BL_TRY(status);
    report(run);
    return BL_OK;
}

bl_status bl_cli_export_prepared(bl_cli *cli, bl_error *err) {
    export_run run = {.cli = cli};
    bl_arena_init(&run.arena, cli->context);
    bl_status status = export(&run, err);
    bl_arena_release(&run.arena);
    return status;
}
