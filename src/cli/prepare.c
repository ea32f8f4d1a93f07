// SPDX-License-Identifier: Apache-2.0
// `beamline prepare`: the samples of a data configuration made ready for training.
#include "cli/prepare.h"

#include "base/clock.h"
#include "cli/args.h"
#include "cli/export_prepared.h"

static void show_progress(void *user, const char *stage, int64_t done, int64_t all) {
    prepare_run *run = (prepare_run *)user;
    if (!run->progress.stage || strcmp(run->progress.stage, stage) != 0) {
        bl_progress_clear(&run->progress);
        bl_progress_start(&run->progress, run->cli, all);
        run->progress.stage = stage;
    }
    bl_progress_show(&run->progress, done, 0);
}

/// The configuration with what the command line adds, and what only preparation needs.
static bl_status read_config(prepare_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    if (!arguments->config)
        return bl_error_set(err, BL_E_USAGE, "--config is missing; see beamline prepare --help");
    if (!arguments->output && !arguments->dry_run)
        return bl_error_set(err, BL_E_USAGE, "--output is missing; see beamline prepare --help");
    BL_TRY(bl_cli_read_config(run->cli, &run->arena, &run->config, err));
    if (arguments->seed)
        BL_TRY(bl_args_whole("seed", arguments->seed, INT64_MAX, &run->config.prepare.seed, err));
    BL_TRY_IN(bl_config_for_preparation(&run->config, err), err, "%s", arguments->config);
    return BL_OK;
}

bl_status bl_prepare_make(prepare_run *run, const char *folder, bl_error *err) {
    const bl_prepare_options options = {.folder = folder,
                                        .overwrite = run->cli->arguments.overwrite,
                                        .configuration = run->config.text,
                                        .progress = show_progress,
                                        .user = run};
    double start_s = bl_clock_s();
    bl_status status = bl_prepare_run(run->dataset, &options, &run->report, err);
    bl_progress_clear(&run->progress);
    run->seconds = bl_clock_s() - start_s;
    return status;
}

static bl_status prepare(prepare_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    BL_AUTO(bl_prepared) prepared = NULL;
    BL_TRY(read_config(run, err));
    BL_TRY(bl_cli_open_dataset(run->cli, &run->config, &run->open, &run->dataset, err));
    if (arguments->dry_run)
        return bl_prepare_report_plan(run, err);
    BL_TRY(bl_prepare_make(run, arguments->output, err));
    BL_TRY(bl_prepared_open(run->cli->context, arguments->output, &prepared, err));
    if (arguments->json)
        bl_prepare_report_json(run, prepared);
    else
        bl_prepare_report_text(run, prepared);
    return BL_OK;
}

void bl_prepare_begin(prepare_run *run, bl_cli *cli) {
    *run = (prepare_run){.cli = cli};
    bl_arena_init(&run->arena, cli->context);
}

void bl_prepare_end(prepare_run *run) {
    bl_prepare_report_release(&run->report);
    bl_dataset_close(run->dataset);
    bl_arena_release(&run->arena);
}

static bl_status run_prepare(bl_cli *cli, bl_error *err) {
    prepare_run run;
    if (cli->arguments.export_folder)
        return bl_cli_export_prepared(cli, err);
    if (cli->arguments.n_operands)
        return bl_error_set(err, BL_E_USAGE,
                            "'%s': a folder is named only where --export is; files "
                            "are those of --config; see beamline prepare --help",
                            cli->arguments.operands[0]);
    bl_prepare_begin(&run, cli);
    bl_status status = prepare(&run, err);
    bl_prepare_end(&run);
    return status;
}

static const bl_option prepare_options[] = {
    BL_OPTIONS_OF_SAMPLES,
    {"output", 'o', "DIR", "Write shards and prepared.json into this folder", BL_OPTION_TEXT,
     BL_HINT_FOLDERS, NULL, offsetof(bl_arguments, output), false},
    {"tree", 'T', "TREE", "Take this tree; needed where there are several", BL_OPTION_TEXT,
     BL_HINT_TREES, NULL, offsetof(bl_arguments, tree), false},
    {"seed", 's', "SEED",
     "Which order of events, and which of them where some are left out; default as the "
     "configuration has it, or 0",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, seed), false},
    {"profile", 0, NULL, "Say how long each stage took", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, profile)},
    BL_OPTIONS_OF_EXPORT,
    BL_OPTION_OF_CODEC,
    {"overwrite", 0, NULL, "Replace what another configuration or other files left in DIR, or OUT",
     BL_OPTION_FLAG, .offset = offsetof(bl_arguments, overwrite)},
    {"dry-run", 'n', NULL, "Only say what would be read, and how", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, dry_run)},
    {"json", 'j', NULL, "Print what was done as one JSON object", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, json)},
};

static const bl_example prepare_examples[] = {
    {"The samples of a data configuration", "beamline prepare -c data.yaml -o prepared"},
    {"A weaver configuration, whose samples the command line names",
     "beamline prepare -c JetClass_kin.yaml -i 'jets=jets/*.root' -o prepared"},
    {"Whether all names are found, before anything is read", "beamline prepare -c data.yaml -n"},
    {"A tenth of the events, in another order",
     "beamline prepare -c data.yaml --fraction 0.1 --seed 7 -o small"},
};

const bl_command bl_command_prepare = {
    .name = "prepare",
    .summary = "make events ready for training",
    .operands = "[DIR]",
    .description =
        "Takes the events of the samples of a data configuration through selection and new "
        "variables, as ingest does, and writes them in random order into a folder of shards, "
        "Arrow files: inputs with their particles ordered and cut to length, classes, weights, "
        "and what says which event one is. It decides which events are trained on, fits how "
        "numbers are scaled to those alone, and balances and reweights classes. Validation and "
        "test keep events and weights as they are. docs/prepare.md describes keys and folder.\n\n"
        "An event's part follows from what says which event it is (run, luminosity section and "
        "number, where there are all three), not from its place, so that it and all its shifted "
        "copies are on one side, and stay there when more files come.\n\n"
        "Data may be far larger than memory: --memory says how much is sorted at once. A command "
        "that was interrupted goes on where it was. The same input gives the same bytes, for any "
        "number of threads and interruptions. Where configuration or files changed, it refuses; "
        "--overwrite makes everything anew.\n\n"
        "With --export a folder that was prepared is written for other frameworks: numbers as the "
        "network sees them, labels one-hot, a folder for each part. OUT appears when it is "
        "complete.",
    .options = prepare_options,
    .n_options = BL_COUNT(prepare_options),
    .takes_common = true,
    .reads_files = true,
    .operand_hint = BL_HINT_FOLDERS,
    .min_operands = 0,
    .max_operands = 1,
    .examples = prepare_examples,
    .n_examples = BL_COUNT(prepare_examples),
    .run = run_prepare,
};
