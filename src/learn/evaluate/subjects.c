// SPDX-License-Identifier: Apache-2.0
// What is compared: models of files, of runs and of all folds of a run, and columns.
#include <stdio.h>
#include <sys/stat.h>

#include "base/names.h"
#include "learn/evaluate/private.h"

enum { PATH_SIZE = 4096 };

static bool has_file(const char *folder, const char *name) {
    char path[PATH_SIZE];
    struct stat about;
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    return n > 0 && n < PATH_SIZE && stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bl_status print_path(bl_evaluation *e, const char *folder, const char *name,
                            const char **ret_path, bl_error *err) {
    *ret_path = bl_arena_printf(&e->arena, "%s/%s", folder, name);
    return *ret_path ? BL_OK : bl_error_nomem(err, strlen(folder), "a path");
}

// ---- names ----

static bool is_taken(const bl_evaluation *e, const char *name) {
    for (size_t i = 0; i < e->n_subjects; i++)
        if (strcmp(e->subjects[i].name, name) == 0)
            return true;
    return false;
}

/// The last part of a path, of a file without its ending.
static const char *short_name(bl_evaluation *e, const char *path) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t first = end;
    while (first > 0 && path[first - 1] != '/')
        first--;
    const char *dot = (const char *)memrchr(path + first, '.', end - first);
    if (dot && dot > path + first && !is_folder(path))
        end = (size_t)(dot - path);
    return bl_arena_text(&e->arena, path + first, end - first);
}

/// Adds a subject, which from here on is closed. Two of one name are told apart by their paths.
/// \param name NULL: there was no memory
static bl_status add_subject(bl_evaluation *e, const char *name, const char *path,
                             bl_subject **ret_subject, bl_error *err) {
    if (name && is_taken(e, name))
        name = path;
    for (size_t i = 2; name && is_taken(e, name); i++)
        name = bl_arena_printf(&e->arena, "%s (%zu)", path, i);
    if (!name)
        return bl_error_nomem(err, 1, "a name");
    bl_subject *subject = &e->subjects[e->n_subjects++];
    *subject = (bl_subject){.name = name, .fold = -1};
    *ret_subject = subject;
    return BL_OK;
}

// ---- models ----

static bl_status make_room(bl_evaluation *e, bl_subject *subject, size_t n, bl_error *err) {
    subject->models = (bl_bundle **)bl_arena_array(&e->arena, n, sizeof *subject->models);
    subject->opened = (bl_model **)bl_arena_array(&e->arena, n, sizeof *subject->opened);
    if (!subject->models || !subject->opened)
        return bl_error_nomem(err, n * sizeof *subject->models, "models");
    return BL_OK;
}

static bl_status add_model(bl_evaluation *e, bl_subject *subject, const char *path, bl_error *err) {
    size_t k = subject->n_models;
    BL_TRY(bl_model_open(e->context, path, NULL, &subject->opened[k], err));
    subject->models[k] = subject->opened[k]->bundle;
    subject->n_models++;
    return BL_OK;
}

/// The fold that a model was trained for, where it was trained on these data.
static int64_t fold_of(const bl_evaluation *e, const bl_bundle *bundle) {
    const bl_item *note = bundle->notes[BL_BUNDLE_dataset];
    const bl_item *fold = bl_item_get(note, "fold"), *data = bl_item_get(note, "fingerprint");
    bool is_same = data && data->text && e->prepared->fingerprint &&
                   strcmp(data->text, e->prepared->fingerprint) == 0;
    if (!is_same || !fold || fold->kind != BL_ITEM_INTEGER || fold->integer < 0 ||
        (uint64_t)fold->integer >= e->prepared->n_folds)
        return -1;
    return fold->integer;
}

static bl_status open_single(bl_evaluation *e, bl_subject *subject, const char *path,
                             bl_error *err) {
    BL_TRY(make_room(e, subject, 1, err));
    BL_TRY(add_model(e, subject, path, err));
    subject->fold = fold_of(e, subject->models[0]);
    return BL_OK;
}

/// A model's file may lie in the folder of its run.
static bl_status find_run(bl_evaluation *e, bl_subject *subject, bl_error *err) {
    const char *slash = strrchr(subject->path, '/');
    const char *folder =
        slash ? bl_arena_text(&e->arena, subject->path, (size_t)(slash - subject->path)) : ".";
    if (!folder)
        return bl_error_nomem(err, 1, "a path");
    subject->run = has_file(folder, "run.json") ? folder : NULL;
    return BL_OK;
}

// ---- folds ----

/// Whether the rule that says whose an event is is that of the data.
static bl_status check_folds(const bl_evaluation *e, const bl_item *folds, bl_error *err) {
    const bl_prepared *prepared = e->prepared;
    int64_t n = 0, seed = -1;
    const bl_item *identity = bl_item_get(folds, "identity"), *rule = bl_item_get(folds, "rule");
    BL_TRY(bl_item_integer(bl_item_get(folds, "folds"), "folds", &n, err));
    BL_TRY(bl_item_integer(bl_item_get(folds, "split_seed"), "split_seed", &seed, err));
    bool is_same = identity && identity->n == prepared->n_identity && rule && rule->text &&
                   strcmp(rule->text, BL_FATE_RULE) == 0;
    for (size_t i = 0; is_same && i < identity->n; i++)
        is_same = identity->items[i]->text &&
                  strcmp(identity->items[i]->text, prepared->identity[i]) == 0;
    if (n != (int64_t)prepared->n_folds)
        return bl_error_set(err, BL_E_INVALID,
                            "models of %lld folds, where the data of %s have %zu", (long long)n,
                            prepared->name, prepared->n_folds);
    if (!is_same || seed != (int64_t)prepared->split_seed)
        return bl_error_set(err, BL_E_INVALID,
                            "events of %s are divided into folds by another "
                            "rule, identity or seed",
                            prepared->name);
    return BL_OK;
}

static bl_status open_folds(bl_evaluation *e, bl_subject *subject, const char *folder,
                            bl_error *err) {
    const char *path = NULL;
    const bl_item *folds = NULL;
    BL_TRY(print_path(e, folder, "folds.json", &path, err));
    BL_TRY(bl_document_read(&e->arena, path, &folds, err));
    BL_TRY_IN(check_folds(e, folds, err), err, "%s", path);
    const bl_item *models = bl_item_get(folds, "models");
    size_t n = e->prepared->n_folds;
    BL_TRY(bl_item_expect(models, "models", BL_ITEM_LIST, err));
    if (models->n != n)
        return bl_error_set(err, BL_E_INVALID, "%s: %zu models of %zu folds", path, models->n, n);
    BL_TRY(make_room(e, subject, n, err));
    for (size_t k = 0; k < n; k++) {
        const char *name = "";
        BL_TRY(bl_item_text(models->items[k], "models", &name, err));
        BL_TRY(print_path(e, folder, name, &path, err));
        BL_TRY(add_model(e, subject, path, err));
    }
    return print_path(e, folder, "fold-0", &subject->run, err);
}

// ---- all of them ----

static bl_status open_path(bl_evaluation *e, bl_subject *subject, const char *path, bl_error *err) {
    const char *model = NULL;
    if (!is_folder(path)) {
        BL_TRY(open_single(e, subject, path, err));
        return find_run(e, subject, err);
    }
    if (has_file(path, "folds.json"))
        return open_folds(e, subject, path, err);
    if (!has_file(path, "model.blm"))
        return bl_error_set(err, BL_E_NOTFOUND, "%s: no model.blm: no run, or one that is not over",
                            path);
    BL_TRY(print_path(e, path, "model.blm", &model, err));
    BL_TRY(open_single(e, subject, model, err));
    subject->run = has_file(path, "run.json") ? path : NULL;
    return BL_OK;
}

static bl_status check_column(const bl_evaluation *e, const char *column, bl_error *err) {
    const bl_prepared *prepared = e->prepared;
    bl_nearest nearest;
    bl_nearest_init(&nearest, column);
    if (e->n_targets > 1)
        return bl_error_set(err, BL_E_INVALID,
                            "column '%s' can be a prediction of one number, but %s has %zu", column,
                            prepared->name, e->n_targets);
    if (!e->n_targets && e->n_classes != 2)
        return bl_error_set(err, BL_E_INVALID,
                            "column '%s' can be a score of two classes, but %s has %zu", column,
                            prepared->name, e->n_classes);
    for (size_t i = 0; i < prepared->n_observers; i++) {
        bl_nearest_offer(&nearest, prepared->observers[i]);
        if (strcmp(prepared->observers[i], column) == 0)
            return BL_OK;
    }
    bl_status status =
        bl_error_set(err, BL_E_NOTFOUND, "%s: no observer '%s'", prepared->name, column);
    return bl_nearest_hint(&nearest, status, err);
}

bl_status bl_subjects_open(bl_evaluation *e, const bl_evaluation_options *options, bl_error *err) {
    size_t n = options->n_paths + options->n_columns;
    bl_subject *subject = NULL;
    e->subjects = (bl_subject *)bl_arena_array(&e->arena, n + 1, sizeof *e->subjects);
    if (!e->subjects)
        return bl_error_nomem(err, n * sizeof *e->subjects, "models");
    if (!n)
        return bl_error_set(err, BL_E_INVALID, "neither a model nor a column to be evaluated");
    for (size_t i = 0; i < options->n_paths; i++) {
        const char *path = options->paths[i];
        const char *name = options->names ? options->names[i] : NULL;
        BL_TRY(add_subject(e, name ? name : short_name(e, path), path, &subject, err));
        subject->path = path;
        BL_TRY(open_path(e, subject, path, err));
    }
    for (size_t i = 0; i < options->n_columns; i++) {
        const char *column = options->columns[i];
        BL_TRY(check_column(e, column, err));
        BL_TRY(add_subject(e, column, column, &subject, err));
        subject->column = column;
    }
    return BL_OK;
}

void bl_subjects_close(bl_evaluation *e) {
    for (size_t i = 0; i < e->n_subjects; i++)
        for (size_t k = 0; k < e->subjects[i].n_models; k++)
            bl_model_free(e->subjects[i].opened[k]);
}
