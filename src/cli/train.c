// SPDX-License-Identifier: Apache-2.0
// `beamline train`: a network trained on prepared events, or on those of a data configuration,
// which are prepared first.
#include "cli/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/number_text.h"
#include "cli/args.h"
#include "cli/dataset.h"
#include "cli/terminal.h"
#include "learn/train/folds.h"
#include "model/keras/to_training.h"

// ---- settings ----

static bl_status read_count(const char *option, const char *text, uint64_t least, uint64_t most,
                            uint64_t *ret_count, bl_error *err) {
    BL_TRY(bl_args_whole(option, text, most, ret_count, err));
    if (*ret_count < least)
        return bl_error_set(err, BL_E_USAGE, "--%s '%s' is below %llu", option, text,
                            (unsigned long long)least);
    return BL_OK;
}

static bl_status read_rate(const char *text, bl_training_settings *settings, bl_error *err) {
    const char *end = text + strlen(text), *at = text;
    double rate = bl_number_read_float64(text, end, &at);
    if (at != end || at == text || !(rate > 0) || !isfinite(rate))
        return bl_error_set(err, BL_E_USAGE, "--learning-rate '%s' is no number above 0", text);
    if (settings->schedule.kind == BL_NN_SCHEDULE_STEP)
        return bl_error_set(err, BL_E_USAGE,
                            "--learning-rate: the schedule 'step' has values of its own");
    settings->learning_rate = settings->schedule.learning_rate = rate;
    settings->optimizer.learning_rate = rate;
    return BL_OK;
}

/// What the command line says over what files say.
static bl_status read_options(train_run *run, bl_error *err) {
    enum { MOST_EPOCHS = 1 << 30, MOST_BATCH = 1 << 24 };
    const bl_arguments *arguments = &run->cli->arguments;
    bl_training_settings *settings = &run->settings;
    uint64_t epochs = (uint64_t)settings->epochs, batch = settings->batch_events;
    uint64_t patience = (uint64_t)settings->patience;
    if (arguments->epochs)
        BL_TRY(read_count("epochs", arguments->epochs, 1, MOST_EPOCHS, &epochs, err));
    if (arguments->batch_size)
        BL_TRY(read_count("batch-size", arguments->batch_size, 1, MOST_BATCH, &batch, err));
    if (arguments->patience)
        BL_TRY(read_count("patience", arguments->patience, 0, MOST_EPOCHS, &patience, err));
    if (arguments->seed)
        BL_TRY(read_count("seed", arguments->seed, 0, INT64_MAX, &settings->seed, err));
    if (arguments->learning_rate)
        BL_TRY(read_rate(arguments->learning_rate, settings, err));
    settings->epochs = (int64_t)epochs;
    settings->batch_events = (size_t)batch;
    settings->patience = (int64_t)patience;
    settings->keeps |= arguments->keep_in_memory;
    if (arguments->on_nan == BL_TRAIN_NAN_SKIP)
        settings->on_nan = BL_ON_NAN_SKIP;
    else if (arguments->on_nan == BL_TRAIN_NAN_STOP)
        settings->on_nan = BL_ON_NAN_STOP;
    return BL_OK;
}

/// Settings of a file of their own, or under its `training`.
static bl_status read_file(train_run *run, bl_error *err) {
    const bl_item *document = NULL;
    const char *path = run->cli->arguments.training;
    if (!path)
        return BL_OK;
    BL_TRY(bl_document_read(&run->arena, path, &document, err));
    const bl_item *section = bl_item_get(document, "training");
    return bl_training_settings_read(&run->arena, section ? section : document, &run->settings,
                                     err);
}

// ---- data ----

static bl_status open_data(train_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    const char *folder = arguments->config;
    struct stat about;
    if (!bl_prepared_is(folder) && stat(folder, &about) == 0 && S_ISDIR(about.st_mode))
        return bl_error_set(err, BL_E_FORMAT, "%s: no prepared data: there is no prepared.json",
                            folder);
    if (!bl_prepared_is(folder)) {
        folder = bl_arena_printf(&run->arena, "%s/data", arguments->output);
        if (!folder)
            return bl_error_nomem(err, strlen(arguments->output), "a path");
        bl_status status = bl_train_prepare(run, folder, err);
        if (status == BL_E_CANCELLED)
            return bl_error_hint(err, status, "; the same command goes on with %s", folder);
        BL_TRY(status);
    }
    return bl_prepared_open(run->cli->context, folder, &run->prepared, err);
}

// ---- training ----

static bl_status train_model(train_run *run, const bl_start *start, const char *folder,
                             bl_error *err) {
    const char *text = NULL;
    BL_TRY(bl_nn_graph_write(&start->bundle->graph, &text, err));
    const bl_train_options options = {.run = folder,
                                      .resumes = run->cli->arguments.resume,
                                      .prepared = run->prepared,
                                      .fold = run->fold,
                                      .model = start->bundle,
                                      .settings = &run->settings,
                                      .model_text = text,
                                      .progress = bl_train_show,
                                      .user = run};
    double begun_s = bl_clock_s();
    bl_status status = bl_train(run->cli->context, &options, &run->result, err);
    run->seconds = bl_clock_s() - begun_s;
    bl_train_clear(run);
    if (status == BL_E_EXISTS)
        return bl_error_hint(err, status, "; --resume goes on with it");
    BL_TRY(status);
    if (run->result.was_stopped)
        return bl_error_set(err, BL_E_CANCELLED,
                            "stopped in epoch %lld; %s has a checkpoint, and --resume goes on "
                            "from there",
                            (long long)run->result.n_epochs + 1, folder);
    return bl_train_report(run, folder, err);
}

/// One network from its beginning: of folds, each has its own.
static bl_status train_one(train_run *run, const char *folder, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_start start = {0};
    BL_TRY(bl_start_read(run->cli->context, arguments->model, &start, err));
    bool fresh = arguments->start == BL_TRAIN_START_FRESH;
    bl_status status = bl_start_network(&start, fresh, run->settings.seed, err);
    if (status != BL_OK)
        status = bl_error_in(err, status, "%s", arguments->model);
    else
        status = train_model(run, &start, folder, err);
    bl_start_release(&start);
    return status;
}

static bl_status train_folds(train_run *run, bl_error *err) {
    const char *output = run->cli->arguments.output;
    char folder[BL_FOLD_PATH];
    for (size_t k = 0; k < run->prepared->n_folds; k++) {
        run->fold = (int64_t)k;
        BL_TRY(bl_folds_path(output, k, folder, err));
        BL_TRY(train_one(run, folder, err));
    }
    return bl_folds_write(run->cli->context, output, run->prepared, err);
}

static bl_status train_all(train_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    uint64_t fold = 0;
    run->fold = -1;
    if (arguments->fold) {
        BL_TRY(read_count("fold", arguments->fold, 0, INT32_MAX, &fold, err));
        run->fold = (int64_t)fold;
    }
    if (run->prepared->n_folds && !arguments->fold)
        BL_TRY(train_folds(run, err));
    else
        BL_TRY(train_one(run, arguments->output, err));
    if (arguments->json && run->n_tables > 0)
        bl_out_text(&run->cli->out, "]}\n");
    return BL_OK;
}

/// What the model's own file says: beside its layers, or, of Keras's, how it was compiled.
static bl_status read_own(train_run *run, const bl_start *start, bl_error *err) {
    const bl_item *section = start->training, *compiled = start->bundle->compiled;
    if (compiled && !run->cli->arguments.training) {
        bl_status status = bl_keras_to_training(&run->arena, compiled, &section, err);
        if (status == BL_E_UNSUPPORTED)
            return bl_error_hint(err, status, "; --training says how to train instead");
        BL_TRY(status);
    }
    return bl_training_settings_read(&run->arena, section, &run->settings, err);
}

static bl_status read_settings(train_run *run, bl_error *err) {
    bl_start start = {0};
    bl_training_settings_init(&run->settings);
    BL_TRY(bl_start_read(run->cli->context, run->cli->arguments.model, &start, err));
    bl_status status = read_own(run, &start, err);
    bl_start_release(&start);
    BL_TRY(status);
    BL_TRY(read_file(run, err));
    return read_options(run, err);
}

static bl_status check_usage(const bl_arguments *arguments, bl_error *err) {
    const char *missing = NULL;
    if (!arguments->output)
        missing = "output";
    if (!arguments->model)
        missing = "model";
    if (!arguments->config)
        missing = "config";
    if (missing)
        return bl_error_set(err, BL_E_USAGE, "--%s is missing; see beamline train --help", missing);
    return BL_OK;
}

static bl_status train(train_run *run, bl_error *err) {
    BL_TRY(check_usage(&run->cli->arguments, err));
    BL_TRY(read_settings(run, err));
    BL_TRY(open_data(run, err));
    return train_all(run, err);
}

static bl_status run_train(bl_cli *cli, bl_error *err) {
    train_run run = {.cli = cli, .width = bl_terminal_width(2)};
    bl_arena_init(&run.arena, cli->context);
    bl_status status = train(&run, err);
    if (run.prepared)
        bl_prepared_close(run.prepared);
    bl_arena_release(&run.arena);
    return status;
}

static const bl_option train_options[] = {
    {"config", 'c', "DATA",
     "Train on this folder of prepared events, or prepare those of this data configuration",
     BL_OPTION_TEXT, BL_HINT_FILES, NULL, offsetof(bl_arguments, config), false},
    BL_OPTIONS_OF_FILES,
    {"model", 'm', "FILE",
     "Train this network: layers in YAML, Keras's JSON, or a model that is there: .blm, .keras, "
     ".h5, .onnx",
     BL_OPTION_TEXT, BL_HINT_FILES, NULL, offsetof(bl_arguments, model), false},
    {"output", 'o', "RUN", "Write models, history and checkpoints into this folder", BL_OPTION_TEXT,
     BL_HINT_FOLDERS, NULL, offsetof(bl_arguments, output), false},
    {"resume", 0, NULL, "Go on with the run that is there", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, resume)},
    {"training", 0, "FILE", "Read settings from this file, over those of the network's file",
     BL_OPTION_TEXT, BL_HINT_FILES, NULL, offsetof(bl_arguments, training), false},
    {"epochs", 0, "N", "Go through the events at most N times", BL_OPTION_TEXT, BL_HINT_NONE, NULL,
     offsetof(bl_arguments, epochs), false},
    {"batch-size", 0, "N", "Take N events a step", BL_OPTION_TEXT, BL_HINT_NONE, NULL,
     offsetof(bl_arguments, batch_size), false},
    {"learning-rate", 0, "X", "Begin with this learning rate", BL_OPTION_TEXT, BL_HINT_NONE, NULL,
     offsetof(bl_arguments, learning_rate), false},
    {"seed", 's', "SEED", "Of first parameters, order of events and dropout", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, seed), false},
    {"patience", 0, "N", "Stop after N epochs that are not better; 0: never", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, patience), false},
    {"fold", 0, "K", "Leave out fold K only; by default each fold is left out of a model",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, fold), false},
    {"on-nan", 0, "WHAT",
     "Of a number or loss that is none: stop, or skip the batch; auto: as the settings say",
     BL_OPTION_CHOICE, BL_HINT_CHOICES, "auto stop skip", offsetof(bl_arguments, on_nan), false},
    {"start", 0, "HOW", "Begin with the weights of a model that has them, or fresh",
     BL_OPTION_CHOICE, BL_HINT_CHOICES, "weights fresh", offsetof(bl_arguments, start), false},
    {"keep-in-memory", 0, NULL, "Keep events in memory after the first epoch", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, keep_in_memory)},
    {"json", 'j', NULL, "Print what was done as one JSON object", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, json)},
};

static const bl_example train_examples[] = {
    {"A network on events that beamline prepare made",
     "beamline train -c prepared -m examples/hlf.yaml -o runs/hlf"},
    {"The same from ROOT files: events are prepared into runs/hlf/data first",
     "beamline train -c data.yaml -m examples/hlf.yaml -o runs/hlf"},
    {"On with a run that was interrupted",
     "beamline train -c prepared -m examples/hlf.yaml -o runs/hlf --resume"},
    {"Other settings",
     "beamline train -c prepared -m examples/hlf.yaml -o runs/2 --epochs 50 --seed 2"},
    {"A trained model on other events",
     "beamline train -c others -m runs/hlf/model.blm -o runs/tuned --epochs 2"},
};

const bl_command bl_command_train = {
    .name = "train",
    .summary = "train a network",
    .operands = "",
    .description =
        "Trains a network on prepared events, a folder that beamline prepare made, or on those of "
        "a "
        "data configuration, which are prepared in RUN/data first. All are gone through once an "
        "epoch, in another order each, "
        "and the network is validated. In the folder RUN are left: model.blm, the trained model, "
        "with what its inputs go through, so that it takes physical values; best.blm, the best so "
        "far; history.csv and history.json; events for TensorBoard; and a checkpoint. "
        "docs/train.md "
        "says what settings there are.\n\n"
        "A run that was interrupted, even killed, goes on with --resume and the same options, and "
        "ends with the same bits as if it had not been. Ctrl-C writes a checkpoint first. Data, "
        "network and settings must be those of the run; only more epochs may be asked for.\n\n"
        "The result does not depend on the number of threads.",
    .options = train_options,
    .n_options = BL_COUNT(train_options),
    .takes_common = true,
    .reads_files = true,
    .examples = train_examples,
    .n_examples = BL_COUNT(train_examples),
    .run = run_train,
};
