// SPDX-License-Identifier: Apache-2.0
// `beamline evaluate`: how good models are, as a page, as JSON, as charts, and in a few lines.
#include "cli/evaluate.h"

#include <stdio.h>

#include "cli/args.h"
#include "cli/dataset.h"

// ---- while it works ----

static void show_scored(void *user, int64_t done, int64_t all) {
    evaluate_run *run = (evaluate_run *)user;
    if (!run->progress.stage) {
        bl_progress_start(&run->progress, run->cli, all);
        run->progress.stage = "score";
    }
    bl_progress_show(&run->progress, done, 0);
}

static void show_section(void *user, const char *section, size_t done, size_t all) {
    evaluate_run *run = (evaluate_run *)user;
    if (!run->cli->progress)
        return;
    fprintf(stderr, "\rreport %zu/%zu: %-40.40s", done + 1, all, section);
    run->is_drawn = true;
}

static void clear_section(evaluate_run *run) {
    if (run->is_drawn)
        fprintf(stderr, "\r%*s\r", 60, "");
    run->is_drawn = false;
}

// ---- the evaluation ----

static bl_status read_options(const evaluate_run *run, bl_evaluation_options *options,
                              bl_error *err) {
    enum { MOST_REPLICAS = 100000, PRESET_REPLICAS = 100 };
    const bl_arguments *arguments = &run->cli->arguments;
    uint64_t n_replicas = PRESET_REPLICAS;
    if (arguments->replicas)
        BL_TRY(bl_args_whole("replicas", arguments->replicas, MOST_REPLICAS, &n_replicas, err));
    if (arguments->seed)
        BL_TRY(bl_args_whole("seed", arguments->seed, INT64_MAX, &options->seed, err));
    options->n_replicas = (size_t)n_replicas;
    return BL_OK;
}

static bl_status open_evaluation(evaluate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_evaluation_options options = {.n_paths = arguments->n_operands,
                                     .paths = arguments->operands,
                                     .n_columns = arguments->scores.n,
                                     .columns = arguments->scores.texts,
                                     .part = arguments->part,
                                     .progress = show_scored,
                                     .user = run};
    BL_TRY(read_options(run, &options, err));
    run->progress = (bl_progress){0};
    bl_status status =
        bl_evaluation_open(run->cli->context, run->prepared, &options, &run->evaluation, err);
    bl_progress_clear(&run->progress);
    return status;
}

static bl_status make_report(evaluate_run *run, bl_error *err) {
    const bl_report_options options = {
        .title = run->cli->arguments.title, .progress = show_section, .user = run};
    bl_status status = bl_report_make(run->evaluation, &options, &run->report, err);
    clear_section(run);
    return status;
}

static bl_status evaluate(evaluate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    if (arguments->n_operands == 0 && arguments->scores.n == 0)
        return bl_error_set(err, BL_E_USAGE,
                            "neither a model nor --score: there is nothing to be evaluated; see "
                            "beamline evaluate --help");
    BL_TRY(bl_evaluate_check_outputs(run, err));
    BL_TRY(bl_evaluate_open_data(run, err));
    BL_TRY(open_evaluation(run, err));
    BL_TRY(make_report(run, err));
    return bl_evaluate_write(run, err);
}

static bl_status run_evaluate(bl_cli *cli, bl_error *err) {
    evaluate_run run = {.cli = cli};
    bl_arena_init(&run.arena, cli->context);
    bl_status status = evaluate(&run, err);
    if (run.report)
        bl_report_close(run.report);
    if (run.evaluation)
        bl_evaluation_close(run.evaluation);
    bl_evaluate_close_data(&run);
    bl_arena_release(&run.arena);
    return status;
}

static const bl_option evaluate_options[] = {
    {"config", 'c', "DATA",
     "Evaluate on this folder of prepared events, or on those of this data configuration",
     BL_OPTION_TEXT, BL_HINT_FILES, NULL, offsetof(bl_arguments, config), false},
    BL_OPTIONS_OF_FILES,
    {"tree", 'T', "TREE", "Take this tree of files; by default that of the configuration",
     BL_OPTION_TEXT, BL_HINT_TREES, NULL, offsetof(bl_arguments, tree), false},
    {"score", 0, "COLUMN",
     "Take a column as a score, beside models or alone; of two classes, the second is signal; of "
     "a number, as its prediction",
     BL_OPTION_TEXTS, BL_HINT_NONE, NULL, offsetof(bl_arguments, scores), false},
    {"output", 'o', "PAGE",
     "Write the page into this file; default RUN/report.html where one run is evaluated",
     BL_OPTION_TEXT, BL_HINT_FILES, NULL, offsetof(bl_arguments, output), false},
    {"json", 'j', "FILE", "Write all numbers as JSON into this file, '-' for standard output",
     BL_OPTION_TEXT, BL_HINT_FILES, NULL, offsetof(bl_arguments, json_file), false},
    {"plots", 0, "DIR", "Write each chart into this folder as PDF, SVG and CSV", BL_OPTION_TEXT,
     BL_HINT_FOLDERS, NULL, offsetof(bl_arguments, plots), false},
    {"part", 0, "PART", "Of prepared events take this part; default test, of folds all",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, part), false},
    {"replicas", 0, "N", "Draw N replicas of the events for errors; default 100, 0 for none",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, replicas), false},
    {"seed", 's', "SEED", "Of replicas and permutations; default 0", BL_OPTION_TEXT, BL_HINT_NONE,
     NULL, offsetof(bl_arguments, seed), false},
    {"title", 0, "TEXT", "What the page is called; by default as the models", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, title), false},
    {"overwrite", 0, NULL, "Replace page, JSON and charts that are there", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, overwrite)},
};

static const bl_example evaluate_examples[] = {
    {"A run, on the test part of its data: into runs/hlf/report.html",
     "beamline evaluate runs/hlf"},
    {"Two of them, compared on one page", "beamline evaluate runs/hlf runs/inclusive -o both.html"},
    {"A model on other files, by the data configuration that it was trained with",
     "beamline evaluate model.blm -i 'ttbar=new/*.root' -i qcd=qcd.root -o new.html"},
    {"A single variable of files, as a score",
     "beamline evaluate --score MET_pt -c data.yaml -o met.html"},
    {"Numbers for a program, charts for a paper",
     "beamline evaluate runs/hlf --json hlf.json --plots figures"},
};

const bl_command bl_command_evaluate = {
    .name = "evaluate",
    .summary = "say how good models are",
    .operands = "[RUN|MODEL...]",
    .description =
        "Lets models score events and says how well they tell classes apart: ROC curves and the "
        "area under them with its error, confusion, calibration, over-training, what scores depend "
        "on, and how all was made; of models that predict numbers, how far they are from the "
        "truth: bias, residuals, response and resolution. It becomes one page, a file of HTML that "
        "needs no other, and a table on the terminal. docs/evaluate.md says what each number "
        "is.\n\n"
        "A RUN is a folder that beamline train made; its events are those that it was trained "
        "from, of which the test part is taken. A MODEL is any file that beamline runs. With "
        "--input, files are read by the data configuration that the model was trained with; "
        "with --config by that one. All of their events are then taken, with their own weights "
        "and signs. Several models are compared on one page, and all see the same events. Of "
        "folds, each event is scored by the model that has not seen it.\n\n"
        "The result does not depend on the number of threads.",
    .options = evaluate_options,
    .n_options = BL_COUNT(evaluate_options),
    .takes_common = true,
    .reads_files = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 0,
    .max_operands = 64,
    .examples = evaluate_examples,
    .n_examples = BL_COUNT(evaluate_examples),
    .run = run_evaluate,
};
