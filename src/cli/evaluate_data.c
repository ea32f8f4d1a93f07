// SPDX-License-Identifier: Apache-2.0
// Which events models are evaluated on. All ways end at a prepared folder: files are prepared into
// a temporary one first, by the configuration of the command line or that of the model.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/names.h"
#include "cli/dataset.h"
#include "cli/evaluate.h"
#include "cli/prepare.h"
#include "infer/predict/predictor.h"

static bool has_file(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/// A path in the run's arena; NULL: no memory.
static const char *join(evaluate_run *run, const char *folder, const char *name) {
    return bl_arena_printf(&run->arena, "%s/%s", folder, name);
}

// ---- the configuration of a model ----

/// The file of a subject that tells how it was made: of folds that of the first.
static bl_status model_path(evaluate_run *run, const char *subject, const char **ret_path,
                            bl_error *err) {
    const char *path = subject;
    if (is_folder(subject)) {
        path = join(run, subject, "model.blm");
        if (path && !has_file(path))
            path = join(run, subject, "fold-0/model.blm");
    }
    *ret_path = path;
    return path ? BL_OK : bl_error_nomem(err, strlen(subject), "a path");
}

static bl_status read_model_config(evaluate_run *run, bl_config *config, bl_error *err) {
    BL_AUTO(bl_model) model = NULL;
    const char *path = NULL;
    BL_TRY(model_path(run, run->cli->arguments.operands[0], &path, err));
    BL_TRY(bl_model_open(run->cli->context, path, NULL, &model, err));
    BL_TRY(bl_model_read_config(model, path, config, err));
    if (config->text)
        return BL_OK;
    return bl_error_set(err, BL_E_NOTFOUND,
                        "%s: the model does not say how its data were made; --config names a data "
                        "configuration",
                        path);
}

// ---- samples ----

static bool has_sample(const bl_config *config, const char *name, size_t length) {
    for (size_t i = 0; i < config->n_samples; i++)
        if (strncmp(config->samples[i].name, name, length) == 0 && !config->samples[i].name[length])
            return true;
    return false;
}

/// Where samples are classes, files of another one would be of none.
static bl_status check_inputs(const bl_arguments *arguments, const bl_config *config,
                              bl_error *err) {
    for (size_t i = 0; i < arguments->inputs.n; i++) {
        const char *input = arguments->inputs.texts[i];
        size_t length = strcspn(input, "=");
        if (config->prepare.label_kind != BL_LABEL_OF_SAMPLE || has_sample(config, input, length))
            continue;
        char name[256];
        bl_nearest nearest;
        (void)snprintf(name, sizeof name, "%.*s", (int)length, input);
        bl_nearest_init(&nearest, name);
        for (size_t k = 0; k < config->n_samples; k++)
            bl_nearest_offer(&nearest, config->samples[k].name);
        bl_status status = bl_error_set(err, BL_E_USAGE,
                                        "--input '%s': the data configuration of the model has no "
                                        "sample '%s', whose class it would be",
                                        input, name);
        return bl_nearest_hint(&nearest, status, err);
    }
    return BL_OK;
}

/// Samples keep what they are, and get other files; those that get none are gone.
static bl_status replace_files(const bl_arguments *arguments, bl_config *config, bl_error *err) {
    size_t n = 0;
    BL_TRY(check_inputs(arguments, config, err));
    for (size_t i = 0; i < config->n_samples; i++)
        config->samples[i].files.n = 0;
    BL_TRY(bl_cli_add_inputs(arguments, config, err));
    for (size_t i = 0; i < config->n_samples; i++)
        if (config->samples[i].files.n)
            config->samples[n++] = config->samples[i];
    config->n_samples = n;
    return BL_OK;
}

// ---- scores ----

/// Of events that no network sees, the scores themselves are prepared.
static bl_status make_input(const bl_arguments *arguments, bl_config *config, bl_error *err) {
    size_t n = arguments->scores.n;
    bl_input_config *input = (bl_input_config *)bl_arena_array(config->arena, 1, sizeof *input);
    bl_variable_config *variables =
        (bl_variable_config *)bl_arena_array(config->arena, n + 1, sizeof *variables);
    if (!input || !variables)
        return bl_error_nomem(err, n * sizeof *variables, "a configuration");
    for (size_t i = 0; i < n; i++) {
        variables[i] = config->prepare.defaults;
        variables[i].name = arguments->scores.texts[i];
    }
    *input = (bl_input_config){
        .name = "scores", .n = n, .variables = variables, .others = config->prepare.defaults};
    config->prepare.inputs = input;
    config->prepare.n_inputs = 1;
    return BL_OK;
}

/// Columns that are scores are observers, whether the configuration says so or not.
static bl_status add_scores(const bl_arguments *arguments, bl_config *config, bl_error *err) {
    bl_prepare_config *prepare = &config->prepare;
    size_t n = prepare->n_observers;
    const char **observers = (const char **)bl_arena_array(
        config->arena, n + arguments->scores.n + 1, sizeof *observers);
    if (!observers)
        return bl_error_nomem(err, n * sizeof *observers, "a configuration");
    for (size_t i = 0; i < n; i++)
        observers[i] = prepare->observers[i];
    for (size_t i = 0; i < arguments->scores.n; i++) {
        const char *name = arguments->scores.texts[i];
        if (!bl_text_list_has(&config->names, name))
            BL_TRY(bl_text_list_add(config->arena, &config->names, name, err));
        size_t k = 0;
        while (k < n && strcmp(observers[k], name) != 0)
            k++;
        observers[k] = name;
        n += k == n;
    }
    prepare->observers = observers;
    prepare->n_observers = n;
    return prepare->n_inputs || !arguments->scores.n ? BL_OK : make_input(arguments, config, err);
}

// ---- preparing ----

/// Beside what is written, where there is room for it, else where temporary files are.
static bl_status make_temporary(evaluate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    const char *beside = run->page, *slash, *folder = getenv("TMPDIR");
    if (!beside && arguments->json_file && strcmp(arguments->json_file, "-") != 0)
        beside = arguments->json_file;
    folder = beside ? "." : folder && *folder ? folder : "/tmp";
    slash = beside ? strrchr(beside, '/') : NULL;
    if (slash)
        folder =
            slash == beside ? "/" : bl_arena_text(&run->arena, beside, (size_t)(slash - beside));
    char *path =
        folder ? bl_arena_printf(&run->arena, "%s/.beamline-evaluate-XXXXXX", folder) : NULL;
    if (!path)
        return bl_error_nomem(err, 1, "a path");
    if (!mkdtemp(path))
        return bl_error_errno(err, errno, path);
    run->temporary = path;
    return BL_OK;
}

static bl_status read_config(evaluate_run *run, bl_config *config, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_config_init(config, &run->arena);
    if (arguments->config)
        BL_TRY(bl_config_read(config, arguments->config, err));
    else
        BL_TRY(read_model_config(run, config, err));
    if (arguments->tree)
        config->treename = arguments->tree;
    if (arguments->config)
        BL_TRY(bl_cli_add_inputs(arguments, config, err));
    BL_TRY(bl_config_for_evaluation(config, err));
    if (!arguments->config)
        BL_TRY(replace_files(arguments, config, err));
    BL_TRY(add_scores(arguments, config, err));
    return bl_config_for_preparation(config, err);
}

static bl_status prepare(evaluate_run *run, prepare_run *preparation, bl_error *err) {
    bl_config *config = &preparation->config;
    const char *from = run->cli->arguments.config;
    BL_TRY_IN(read_config(run, config, err), err, "%s",
              from ? from : run->cli->arguments.operands[0]);
    BL_TRY(bl_cli_open_dataset(run->cli, config, &preparation->open, &preparation->dataset, err));
    BL_TRY(make_temporary(run, err));
    return bl_prepare_make(preparation, run->temporary, err);
}

/// What the events are called that nobody will find in the temporary folder: the configuration, or
/// the files.
static bl_status name_data(evaluate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_text name = {.arena = &run->arena};
    bl_text_add(&name, "%s", arguments->config ? arguments->config : "");
    for (size_t i = 0; i < arguments->inputs.n; i++)
        bl_text_add(&name, "%s%s", name.n ? ", " : "", arguments->inputs.texts[i]);
    run->prepared->name = name.text;
    return name.has_failed ? bl_error_nomem(err, name.n, "a name") : BL_OK;
}

static bl_status prepare_files(evaluate_run *run, bl_error *err) {
    prepare_run preparation;
    bl_prepare_begin(&preparation, run->cli);
    bl_status status = prepare(run, &preparation, err);
    bl_prepare_end(&preparation);
    BL_TRY(status);
    BL_TRY(bl_prepared_open(run->cli->context, run->temporary, &run->prepared, err));
    return name_data(run, err);
}

// ---- the data of a run ----

/// RUN/run.json, that of its first fold, or the one beside a model.
static bl_status find_run(evaluate_run *run, const char **ret_path, bl_error *err) {
    const char *subject = run->cli->arguments.operands[0], *slash = strrchr(subject, '/');
    const char *folder = subject, *path;
    if (!is_folder(subject))
        folder = slash ? bl_arena_text(&run->arena, subject, (size_t)(slash - subject)) : ".";
    path = folder ? join(run, folder, "run.json") : NULL;
    if (path && !has_file(path))
        path = join(run, folder, "fold-0/run.json");
    if (!path)
        return bl_error_nomem(err, strlen(subject), "a path");
    if (access(subject, F_OK) != 0)
        return bl_error_errno(err, errno, subject);
    if (!has_file(path))
        return bl_error_set(err, BL_E_USAGE,
                            "%s: no folder of a run; --input NAME=URL or --config says which "
                            "events it is evaluated on",
                            subject);
    *ret_path = path;
    return BL_OK;
}

static bl_status open_data_of_run(evaluate_run *run, bl_error *err) {
    const char *path = NULL, *folder = NULL;
    const bl_item *about = NULL;
    if (run->cli->arguments.n_operands == 0)
        return bl_error_set(err, BL_E_USAGE, "--config says which events are evaluated");
    BL_TRY(find_run(run, &path, err));
    BL_TRY(bl_document_read(&run->arena, path, &about, err));
    BL_TRY(bl_item_text(bl_item_get(about, "folder"), "folder", &folder, err));
    if (!folder || !bl_prepared_is(folder))
        return bl_error_set(err, BL_E_NOTFOUND,
                            "%s: its data '%s' are not there; --config says where they are", path,
                            folder ? folder : "");
    return bl_prepared_open(run->cli->context, folder, &run->prepared, err);
}

// ---- all of them ----

static bl_status open_prepared(evaluate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    if (arguments->inputs.n)
        return bl_error_set(err, BL_E_USAGE,
                            "--input '%s': %s is prepared already, and takes no files",
                            arguments->inputs.texts[0], arguments->config);
    return bl_prepared_open(run->cli->context, arguments->config, &run->prepared, err);
}

bl_status bl_evaluate_open_data(evaluate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    if (arguments->config && bl_prepared_is(arguments->config))
        return open_prepared(run, err);
    if (arguments->config && is_folder(arguments->config))
        return bl_error_set(err, BL_E_FORMAT, "%s: no prepared data: there is no prepared.json",
                            arguments->config);
    if (arguments->config || (arguments->inputs.n && arguments->n_operands))
        return prepare_files(run, err);
    return open_data_of_run(run, err);
}

void bl_evaluate_close_data(evaluate_run *run) {
    if (run->prepared)
        bl_prepared_close(run->prepared);
    if (run->temporary)
        bl_folder_remove(run->temporary);
}
