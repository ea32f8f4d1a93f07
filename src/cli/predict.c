// SPDX-License-Identifier: Apache-2.0
// `beamline predict`: scores of a model for the events of files, beside them or into one file; or
// for events from standard input.
#include "cli/predict.h"

#include <fnmatch.h>
#include <string.h>

#include "base/names.h"

static void show_progress(void *user, int64_t n_rows, uint64_t stored_bytes) {
    bl_progress_show((bl_progress *)user, n_rows, stored_bytes);
}

// ---- samples ----

static bl_status add_file(predict_run *run, const char *name, const char *url, bl_error *err) {
    bl_sample_config *sample;
    BL_TRY(bl_predictor_add_sample(run->predictor, name, &sample, err));
    return bl_text_list_add(&run->arena, &sample->files, url, err);
}

/// Files of samples, or operands without a name.
static bl_status add_files(predict_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bool has_operands = arguments->n_operands > 1;
    if (has_operands && arguments->inputs.n)
        return bl_error_set(err, BL_E_USAGE,
                            "'%s' belongs to no sample; --input NAME=URL says which one",
                            arguments->operands[1]);
    if (!has_operands && !arguments->inputs.n)
        return bl_error_set(err, BL_E_USAGE, "there are no files; see beamline predict --help");
    for (size_t i = 1; i < arguments->n_operands; i++) {
        bl_status status = add_file(run, "", arguments->operands[i], err);
        if (status == BL_E_INVALID)
            return bl_error_hint(err, status, "; --input NAME=URL does");
        BL_TRY(status);
    }
    for (size_t i = 0; i < arguments->inputs.n; i++) {
        const char *name, *url;
        BL_TRY(bl_cli_split_input(&run->arena, arguments->inputs.texts[i], &name, &url, err));
        BL_TRY(add_file(run, name, url, err));
    }
    return BL_OK;
}

// ---- what is written beside scores ----

static bl_status add_name(predict_run *run, const char *name, bl_error *err) {
    return bl_text_list_has(&run->names, name)
               ? BL_OK
               : bl_text_list_add(&run->arena, &run->names, name, err);
}

/// Patterns and names with commas between them.
static bl_status add_patterns(predict_run *run, const char *text, bl_error *err) {
    for (; *text; text += *text == ',') {
        size_t length = strcspn(text, ",");
        const char *name = bl_arena_text(&run->arena, text, length);
        if (!name)
            return bl_error_nomem(err, length, "a pattern");
        if (length)
            BL_TRY(add_name(run, name, err));
        text += length;
    }
    return BL_OK;
}

/// Observers of the configuration, but for those that a recipe makes, only of events that it takes.
static bl_status add_observers(predict_run *run, bl_error *err) {
    const bl_config *config = bl_predictor_config(run->predictor);
    for (size_t i = 0; i < config->prepare.n_observers; i++) {
        const char *name = config->prepare.observers[i];
        bool is_made = false;
        for (size_t k = 0; config->has_recipe && k < BL_TOPOLOGY_N_OUTPUTS; k++)
            is_made |= strcmp(bl_topology_outputs[k], name) == 0;
        if (is_made)
            bl_cli_note(run->cli, "'%s' is made by the recipe, and left out", name);
        else
            BL_TRY(add_name(run, name, err));
    }
    return BL_OK;
}

/// Of shape it is scored; of weight it becomes a variable that is taken along.
static bl_status add_variation(predict_run *run, const bl_variation_config *variation,
                               bl_error *err) {
    bl_config *config = bl_predictor_config(run->predictor);
    bl_scores_options *scores = &run->options.scores;
    for (size_t i = 0; i < scores->n_shapes; i++)
        if (run->shapes[i] == variation)
            return BL_OK;
    if (!variation->weight)
        return run->shapes[scores->n_shapes++] = variation, BL_OK;
    if (bl_text_list_has(&run->names, variation->column))
        return BL_OK;
    BL_TRY(bl_config_add_variable(config, variation->column, variation->weight, err));
    return add_name(run, variation->column, err);
}

static bl_status add_variations(predict_run *run, const char *pattern, bl_error *err) {
    const bl_prepare_config *prepare = &bl_predictor_config(run->predictor)->prepare;
    bool has_any = false;
    bl_nearest nearest;
    bl_nearest_init(&nearest, pattern);
    for (size_t i = 0; i < prepare->n_variations; i++) {
        const bl_variation_config *variation = &prepare->variations[i];
        bl_nearest_offer(&nearest, variation->name);
        if (fnmatch(pattern, variation->name, 0) != 0)
            continue;
        has_any = true;
        BL_TRY(add_variation(run, variation, err));
    }
    return has_any
               ? BL_OK
               : bl_nearest_hint(&nearest,
                                 bl_error_set(err, BL_E_NOTFOUND,
                                              "the configuration has no variation '%s'", pattern),
                                 err);
}

static bl_status choose_columns(predict_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    size_t n = bl_predictor_config(run->predictor)->prepare.n_variations;
    run->shapes = (const bl_variation_config **)bl_arena_array(&run->arena, n + 1, sizeof(void *));
    if (!run->shapes)
        return bl_error_nomem(err, n * sizeof(void *), "variations");
    for (size_t i = 0; i < arguments->variations.n; i++)
        BL_TRY(add_variations(run, arguments->variations.texts[i], err));
    if (!arguments->no_observers)
        BL_TRY(add_observers(run, err));
    for (size_t i = 0; i < arguments->copies.n; i++)
        BL_TRY(add_patterns(run, arguments->copies.texts[i], err));
    run->options.scores.shapes = run->shapes;
    run->options.scores.names = (const char *const *)run->names.texts;
    run->options.scores.n_names = run->names.n;
    return BL_OK;
}

// ---- the run ----

static void set_options(predict_run *run) {
    const bl_arguments *arguments = &run->cli->arguments;
    run->options = (bl_predictions_options){
        .scores.predictor = run->predictor,
        .scores.only_selected = arguments->only_selected,
        .configuration = arguments->config,
        .url = arguments->output,
        .format = arguments->output_format,
        .codec = arguments->codec,
        .tree = arguments->name,
        .cluster_bytes = arguments->cluster_bytes,
        .chunk_bytes = arguments->basket_bytes,
        .overwrite = arguments->overwrite,
        .part_rows = arguments->part_events,
        .progress = show_progress,
        .user = &run->progress,
    };
}

static bl_status open_events(predict_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    BL_TRY(bl_predictor_open(run->cli->context, arguments->operands[0], arguments->config,
                             &run->predictor, err));
    bl_config *config = bl_predictor_config(run->predictor);
    if (arguments->tree)
        config->treename = arguments->tree;
    for (size_t i = 0; i < arguments->cuts.n; i++)
        BL_TRY(bl_text_list_add(&run->arena, &config->cuts, arguments->cuts.texts[i], err));
    BL_TRY(add_files(run, err));
    set_options(run);
    BL_TRY(choose_columns(run, err));
    BL_TRY(bl_cli_open_dataset(run->cli, config, &run->open, &run->dataset, err));
    run->options.scores.dataset = run->dataset;
    return BL_OK;
}

static bl_status predict(predict_run *run, bl_error *err) {
    BL_TRY(open_events(run, err));
    BL_TRY(bl_predictions_prepare(&run->predictions, &run->options, err));
    bl_progress_start(&run->progress, run->cli, bl_dataset_n_events(run->dataset));
    bl_status status = bl_predictions_run(&run->predictions, err);
    run->seconds = bl_progress_seconds(&run->progress);
    bl_progress_clear(&run->progress);
    if (status == BL_E_CANCELLED)
        return bl_error_hint(err, status, "; the same command goes on");
    BL_TRY(status);
    if (run->cli->arguments.json)
        bl_predict_report_json(run);
    else
        bl_predict_report_text(run);
    return BL_OK;
}

static bl_status predict_files(bl_cli *cli, bl_error *err) {
    predict_run run = {.cli = cli};
    if (!cli->arguments.output)
        return bl_error_set(err, BL_E_USAGE, "--output is missing; see beamline predict --help");
    bl_arena_init(&run.arena, cli->context);
    bl_status status = predict(&run, err);
    bl_predictions_release(&run.predictions);
    bl_dataset_close(run.dataset);
    bl_predictor_close(run.predictor);
    bl_arena_release(&run.arena);
    return status;
}

static bl_status run_predict(bl_cli *cli, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    bool is_lines = arguments->n_operands == 2 && strcmp(arguments->operands[1], "-") == 0;
    if (is_lines && (arguments->output || arguments->inputs.n))
        return bl_error_set(err, BL_E_USAGE,
                            "'-' answers on standard output, without --input and --output");
    return is_lines ? bl_predict_lines(cli, err) : predict_files(cli, err);
}

static const bl_option predict_options[] = {
    {"output", 'o', "URL",
     "Write all inputs behind each other into this file, or, where it ends with '/', a file of its "
     "name for each into this folder",
     BL_OPTION_TEXT, BL_HINT_FILES, NULL, offsetof(bl_arguments, output), false},
    {"config", 'c', "FILE", "Read this data configuration, not that which the model keeps",
     BL_OPTION_TEXT, BL_HINT_FILES, NULL, offsetof(bl_arguments, config), false},
    {"input", 'i', "NAME=URL", "Files of a sample; again for more of them", BL_OPTION_TEXTS,
     BL_HINT_FILES, NULL, offsetof(bl_arguments, inputs), false},
    {"tree", 'T', "TREE", "Take this tree; by default that of the configuration", BL_OPTION_TEXT,
     BL_HINT_TREES, NULL, offsetof(bl_arguments, tree), false},
    {"friend", 0, "URL", "Join a tree row by row, as URL or URL:TREE; its columns are TREE.COLUMN",
     BL_OPTION_TEXTS, BL_HINT_FILES, NULL, offsetof(bl_arguments, friends), false},
    {"where", 'w', "CUT", "Score only events for which this is true, too; again for more cuts",
     BL_OPTION_TEXTS, BL_HINT_NONE, NULL, offsetof(bl_arguments, cuts), false},
    {"only-selected", 0, NULL, "Write only events that the selection takes", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, only_selected)},
    {"copy", 0, "PATTERNS",
     "Write these columns of the input, too, such as 'nJet,Jet_*'; again for more of them",
     BL_OPTION_TEXTS, BL_HINT_COLUMNS, NULL, offsetof(bl_arguments, copies), false},
    {"no-observers", 0, NULL, "Write no observers of the configuration", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, no_observers)},
    {"variation", 0, "PATTERN",
     "Score these variations of shape, and write weights of these, such as 'jes*'; again for more",
     BL_OPTION_TEXTS, BL_HINT_NONE, NULL, offsetof(bl_arguments, variations), false},
    {"max-events", 0, "N", "Look at N events of each sample at most", BL_OPTION_EVENTS,
     .offset = offsetof(bl_arguments, max_events)},
    {"bad-files", 0, "WHAT",
     "What to do with files that cannot be read: fail or skip; default fail", BL_OPTION_CHOICE,
     BL_HINT_CHOICES, "fail skip", offsetof(bl_arguments, bad_files), false},
    {"part-events", 0, "N",
     "Keep what is done after N events at the latest; by default every 10 seconds",
     BL_OPTION_EVENTS, .offset = offsetof(bl_arguments, part_events)},
    {"format", 'f', "FORMAT",
     "Write this format; by default the one that FILE ends like, in a folder ROOT", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, output_format), false},
    BL_OPTION_OF_CODEC,
    {"as", 0, "NAME", "Call the tree so, with its directories; by default as in the input",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, name), false},
    {"overwrite", 0, NULL, "Begin anew, and replace what is there", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, overwrite)},
    BL_OPTIONS_OF_CLUSTERS,
    {"json", 'j', NULL, "Print what was done as one JSON object", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, json)},
};

static const bl_example predict_examples[] = {
    {"A file of scores for each file of events",
     "beamline predict runs/hlf/model.blm 'data/*.root' -o scores/"},
    {"All of them in one, with columns of the input",
     "beamline predict runs/hlf a.root b.root --copy MissingET.MET -o scores.parquet"},
    {"Each event by the model of a fold that has not seen it",
     "beamline predict runs/folds -i ttbar=ttbar.root -o scores.root"},
    {"With variations of shape",
     "beamline predict runs/hlf events.root --variation 'jes*' -o scores.root"},
    {"Events from another program", "beamline predict runs/hlf - <events.jsonl >scores.jsonl"},
};

const bl_command bl_command_predict = {
    .name = "predict",
    .summary = "score events with a trained model",
    .operands = "MODEL [URL]... | MODEL -",
    .description =
        "Scores events as their files have them: selection, variables and inputs are those of the "
        "data configuration that the model was trained with, which it keeps. MODEL is a file or "
        "the folder of a run; of a run with folds each event is scored by the model that has not "
        "seen it.\n\n"
        "The output has a row for each entry of the input, in its order, so that it may be used as "
        "a friend of the input: score_CLASS, or pred_NAME of a number that is predicted, NaN where "
        "the selection does not take the event, then the observers of the configuration and the "
        "columns that --copy names. With --only-selected there are only rows that the selection "
        "takes.\n\n"
        "A file appears under its name when it is complete. What is done is kept every few "
        "seconds: a command that was interrupted, even killed, goes on when it is run again, and "
        "the files are the same bytes as if it had not been. Model, configuration, inputs and "
        "options must be the same; --overwrite begins anew. The result does not depend on the "
        "number of threads.\n\n"
        "With - events come from standard input, a JSON object a line, and answers go to standard "
        "output: {\"scores\": {\"QCD\": 0.9, \"tt\": 0.1}}, or {\"error\": \"line 3: ...\"}, after "
        "which the exit status is not 0. docs/predict.md says what is in them.",
    .options = predict_options,
    .n_options = BL_COUNT(predict_options),
    .takes_common = true,
    .reads_files = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .examples = predict_examples,
    .n_examples = BL_COUNT(predict_examples),
    .run = run_predict,
};
