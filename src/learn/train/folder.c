// SPDX-License-Identifier: Apache-2.0
// The folder of a run: run.json, which says what was trained on what and how, so that only the same
// training goes on; histories and checkpoints.
#include <beamline/version.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "base/folder.h"
#include "base/json_text.h"
#include "base/whole_file.h"
#include "learn/train/private.h"

enum { HASH_TEXT = 17 };

static void hash_text(const void *bytes, size_t size, char text[static HASH_TEXT]) {
    (void)snprintf(text, HASH_TEXT, "%016llx", (unsigned long long)XXH64(bytes, size, 0));
}

bl_status bl_run_path(const bl_training *t, const char *name, char path[static BL_RUN_PATH],
                      bl_error *err) {
    int n = snprintf(path, BL_RUN_PATH, "%s/%s", t->options->run, name);
    if (n < 0 || n >= BL_RUN_PATH)
        return bl_error_set(err, BL_E_INVALID, "%s: too long a path", t->options->run);
    return BL_OK;
}

// ---- run.json ----

/// What the result depends on, but for the data and the network: settings that may change between
/// runs, since what was done so far does not depend on them, are left out.
static bl_status settings_text(bl_training *t, const char **ret_text, bl_error *err) {
    bl_training_settings settings = *t->settings;
    bl_text text = {.arena = &t->arena};
    settings.on_nan = BL_ON_NAN_STOP;
    bl_training_settings_write(&settings, false, &text);
    if (text.has_failed)
        return bl_error_nomem(err, text.n, "settings");
    *ret_text = text.text;
    return BL_OK;
}

/// The three fingerprints that run.json has, and that of all of it.
static void put_identity(bl_text *to, const bl_training *t, const char *settings) {
    char graph[HASH_TEXT], parameters[HASH_TEXT];
    const bl_nn_network *network = t->network;
    hash_text(t->options->model_text, strlen(t->options->model_text), graph);
    hash_text(network->parameters, network->plan.n_floats * sizeof(float), parameters);
    bl_text_add(to, " \"data\": {\"fingerprint\": ");
    bl_json_put_text(to, t->prepared->fingerprint);
    bl_text_add(to, ", \"fold\": %lld},\n", (long long)t->options->fold);
    bl_text_add(to, " \"model\": {\"layers\": \"%s\", \"parameters\": \"%s\"},\n", graph,
                parameters);
    bl_text_add(to, " \"settings\": %s", settings);
}

static bl_status identity_text(bl_training *t, bl_text *text, bl_error *err) {
    const char *settings = NULL;
    BL_TRY(settings_text(t, &settings, err));
    put_identity(text, t, settings);
    if (text->has_failed)
        return bl_error_nomem(err, text->n, "run.json");
    char hash[HASH_TEXT];
    hash_text(text->text, text->n, hash);
    t->fingerprint = bl_arena_text(&t->arena, hash, HASH_TEXT - 1);
    return t->fingerprint ? BL_OK : bl_error_nomem(err, HASH_TEXT, "a fingerprint");
}

static bl_status whole_text(bl_training *t, const bl_text *identity, bl_text *text, bl_error *err) {
    bl_text_add(text, "{\n \"format\": \"beamline run\",\n \"version\": 1,\n \"beamline\": ");
    bl_json_put_text(text, BL_VERSION);
    bl_text_add(text, ",\n \"fingerprint\": \"%s\",\n \"folder\": ", t->fingerprint);
    bl_json_put_text(text, t->prepared->folder);
    bl_text_add(text, ",\n%s\n}\n", identity->text);
    return text->has_failed ? bl_error_nomem(err, text->n, "run.json") : BL_OK;
}

// ---- the same run ----

/// An item on one line.
static const char *line_of(bl_arena *arena, const bl_item *item) {
    bl_text text = {.arena = arena};
    bl_json_put_item(&text, item, BL_JSON_ONE_LINE);
    return text.has_failed ? NULL : text.text;
}

/// Whether a value under a key is the same in both. \param what names it
static bl_status compare_value(bl_arena *arena, const bl_item *was, const bl_item *is,
                               const char *what, const char *key, bl_error *err) {
    const char *before = line_of(arena, bl_item_get(was, key));
    const char *now = line_of(arena, bl_item_get(is, key));
    if (!before || !now)
        return bl_error_nomem(err, 1, "run.json");
    if (strcmp(before, now) == 0)
        return BL_OK;
    return bl_error_set(err, BL_E_INVALID, "%s '%s' was %s, and is %s", what, key, before, now);
}

static bl_status compare_settings(bl_arena *arena, const bl_item *was, const bl_item *is,
                                  bl_error *err) {
    const bl_item *before = bl_item_get(was, "settings"), *now = bl_item_get(is, "settings");
    for (size_t i = 0; now && i < now->n; i++)
        BL_TRY(compare_value(arena, before, now, "training:", now->keys[i], err));
    return BL_OK;
}

static bl_status compare(bl_training *t, const bl_item *was, const bl_item *is, bl_error *err) {
    const bl_item *data = bl_item_get(was, "data"), *model = bl_item_get(was, "model");
    const bl_item *new_data = bl_item_get(is, "data"), *new_model = bl_item_get(is, "model");
    BL_TRY(compare_value(&t->arena, data, new_data, "data:", "fold", err));
    if (compare_value(&t->arena, data, new_data, "", "fingerprint", NULL) != BL_OK)
        return bl_error_set(err, BL_E_INVALID, "the data of %s are others", t->prepared->folder);
    if (compare_value(&t->arena, model, new_model, "", "layers", NULL) != BL_OK)
        return bl_error_set(err, BL_E_INVALID, "the model has other layers");
    BL_TRY(compare_settings(&t->arena, was, is, err));
    if (compare_value(&t->arena, model, new_model, "", "parameters", NULL) != BL_OK)
        return bl_error_set(err, BL_E_INVALID, "the model began with other parameters");
    return BL_OK;
}

static bl_status compare_file(bl_training *t, const char *path, const bl_text *text,
                              bl_error *err) {
    const bl_item *was = NULL, *is = NULL;
    BL_TRY(bl_document_read(&t->arena, path, &was, err));
    BL_TRY(bl_json_parse(&t->arena, "run.json", text->text, text->n, &is, err));
    bl_status status = compare(t, was, is, err);
    if (status == BL_E_INVALID)
        return bl_error_in(err, status, "%s: another training", t->options->run);
    return status;
}

bl_status bl_run_open(bl_training *t, bool *ret_has_run, bl_error *err) {
    char path[BL_RUN_PATH];
    struct stat about;
    bl_text identity = {.arena = &t->arena}, text = {.arena = &t->arena};
    BL_TRY(bl_run_path(t, "run.json", path, err));
    *ret_has_run = stat(path, &about) == 0;
    if (*ret_has_run && !t->options->resumes)
        return bl_error_set(err, BL_E_EXISTS, "%s: there is a run already", t->options->run);
    BL_TRY(identity_text(t, &identity, err));
    BL_TRY(whole_text(t, &identity, &text, err));
    if (*ret_has_run)
        return compare_file(t, path, &text, err);
    BL_TRY(bl_folder_make(t->options->run, err));
    return bl_whole_file_write(path, text.text, text.n, true, err);
}

// ---- what is written again and again ----

bl_status bl_run_write_history(bl_training *t, bl_error *err) {
    char path[BL_RUN_PATH];
    BL_TRY(bl_run_path(t, "history.csv", path, err));
    BL_TRY(bl_history_write_csv(&t->history, path, err));
    BL_TRY(bl_run_path(t, "history.json", path, err));
    return bl_history_write_json(&t->history, path, err);
}

static bl_checkpoint checkpoint_of(bl_training *t) {
    return (bl_checkpoint){.fingerprint = t->fingerprint,
                           .state = t->state,
                           .trainer = t->trainer,
                           .network = t->network,
                           .history = &t->history,
                           .best_parameters = t->best_parameters};
}

bl_status bl_run_write_checkpoint(bl_training *t, const char *name, bl_error *err) {
    char path[BL_RUN_PATH];
    const bl_checkpoint checkpoint = checkpoint_of(t);
    BL_TRY(bl_run_path(t, name, path, err));
    return bl_checkpoint_write(t->context, &checkpoint, path, err);
}

bl_status bl_run_read_checkpoint(bl_training *t, bl_error *err) {
    char path[BL_RUN_PATH];
    struct stat about;
    bl_checkpoint checkpoint = checkpoint_of(t);
    BL_TRY(bl_run_path(t, BL_RUN_CHECKPOINT, path, err));
    if (stat(path, &about) != 0 && errno == ENOENT)
        return BL_OK; // it ended before the first
    BL_TRY(bl_checkpoint_read(t->context, path, &checkpoint, err));
    t->state = checkpoint.state;
    bl_nn_network_pack(t->network);
    return BL_OK;
}
