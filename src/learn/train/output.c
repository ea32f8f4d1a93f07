// SPDX-License-Identifier: Apache-2.0
// Bundles of a training: the network as it is, what its inputs go through, and what is known of its
// making. Nothing in them depends on when, where or how often the training was interrupted.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/json_text.h"
#include "learn/train/private.h"

// ---- the transform, by the network's names ----

static bl_status put_transform(bl_training *t, bl_error *err) {
    const bl_match *match = &t->match;
    bl_nn_columns *inputs =
        (bl_nn_columns *)bl_arena_array(&t->arena, match->n_inputs + 1, sizeof *inputs);
    if (!inputs)
        return bl_error_nomem(err, match->n_inputs * sizeof *inputs, "a transform");
    t->model.transform = (bl_nn_transform){.inputs = inputs};
    for (size_t i = 0; i < match->n_inputs && t->transform; i++) {
        const bl_nn_columns *columns = bl_nn_transform_find(t->transform, match->inputs[i]);
        if (!columns)
            continue;
        inputs[t->model.transform.n_inputs] = *columns;
        inputs[t->model.transform.n_inputs++].input = match->names[i];
    }
    return BL_OK;
}

/// A trained model has learned what its own transform gave it.
static bl_status compare_transforms(bl_training *t, bl_error *err) {
    const char *before = NULL, *now = NULL;
    if (!t->options->model->transform.n_inputs)
        return BL_OK;
    BL_TRY(bl_nn_transform_write(&t->arena, &t->options->model->transform, &before, err));
    BL_TRY(bl_nn_transform_write(&t->arena, &t->model.transform, &now, err));
    if (strcmp(before, now) != 0)
        bl_log(t->context, BL_LOG_WARNING,
               "%s: the model was trained with another transform of its inputs; from now on it has "
               "that of these data",
               t->prepared->folder);
    return BL_OK;
}

bl_status bl_run_begin_model(bl_training *t, bl_error *err) {
    bool is_second = t->match.form == BL_TARGET_SECOND;
    t->model = *t->options->model;
    t->model.classes = t->prepared->classes + (is_second ? 1 : 0);
    t->model.n_classes = is_second ? 1 : t->prepared->n_classes;
    BL_TRY(put_transform(t, err));
    BL_TRY(compare_transforms(t, err));
    return bl_bundle_check_transform(&t->model, err);
}

// ---- notes ----

static void put_metrics(bl_text *to, const bl_training *t, int64_t epoch) {
    const bl_history *history = &t->history;
    bl_text_add(to, "{\"epoch\": %lld", (long long)epoch);
    for (size_t i = 0; i < history->n_columns && epoch >= 0; i++) {
        if (i == BL_COLUMN_EPOCH || i == BL_COLUMN_SECONDS || i == BL_COLUMN_WAITED)
            continue;
        bl_text_add(to, ", ");
        bl_json_put_text(to, history->names[i]);
        bl_text_add(to, ": ");
        bl_json_put_number(to, history->values[(size_t)epoch * history->n_columns + i]);
    }
    bl_text_add(to, "}");
}

static void put_seeds(bl_text *to, const bl_training *t) {
    bl_text_add(to, "{\"training\": %llu, \"data\": %llu, \"split\": %llu}",
                (unsigned long long)t->settings->seed, (unsigned long long)t->prepared->seed,
                (unsigned long long)t->prepared->split_seed);
}

static void put_configuration(bl_text *to, const bl_training *t) {
    bl_text_add(to, "{\"training\": ");
    bl_training_settings_write(t->settings, false, to);
    bl_text_add(to, ", \"data\": ");
    bl_json_put_text(to, t->prepared->configuration);
    bl_text_add(to, ", \"treename\": ");
    bl_json_put_text(to, t->prepared->treename);
    bl_text_add(to, "}");
}

static void put_list(bl_text *to, const char *key, size_t n, const char *const *texts) {
    bl_text_add(to, ", \"%s\": [", key);
    for (size_t i = 0; i < n; i++) {
        bl_text_add(to, "%s", i ? ", " : "");
        bl_json_put_text(to, texts[i]);
    }
    bl_text_add(to, "]");
}

static void put_part(bl_text *to, const bl_prepared *prepared, const bl_prepared_part *part) {
    bl_json_put_text(to, part->name);
    bl_text_add(to, ": {\"events\": %lld", (long long)part->n_rows);
    for (size_t k = 0; k < prepared->n_classes && prepared->label_kind != BL_LABEL_NUMBERS; k++) {
        bl_text_add(to, "%s", k ? ", " : ", \"classes\": {");
        bl_json_put_text(to, prepared->classes[k]);
        bl_text_add(to, ": %lld%s", (long long)part->classes[k].n_rows,
                    k + 1 == prepared->n_classes ? "}" : "");
    }
    bl_text_add(to, "}");
}

static void put_dataset(bl_text *to, const bl_training *t) {
    const bl_prepared *prepared = t->prepared;
    bl_text_add(to, "{\"fingerprint\": ");
    bl_json_put_text(to, prepared->fingerprint);
    put_list(to, "trained_on", t->n_parts, t->parts);
    put_list(to, "validated_on", t->validation ? 1 : 0, &t->validation);
    put_list(to, "identity", prepared->n_identity, prepared->identity);
    if (prepared->n_folds)
        bl_text_add(to, ", \"rule\": \"" BL_FATE_RULE "\", \"folds\": %zu, \"fold\": %lld",
                    prepared->n_folds, (long long)t->options->fold);
    bl_text_add(to, ", \"parts\": {");
    for (size_t i = 0; i < prepared->n_parts; i++) {
        bl_text_add(to, "%s", i ? ", " : "");
        put_part(to, prepared, &prepared->parts[i]);
    }
    bl_text_add(to, "}");
    put_list(to, "files", prepared->n_files, prepared->files);
    bl_text_add(to, "}");
}

static void put_sample(bl_text *to, const bl_prepared_sample *sample) {
    bl_text_add(to, "{\"name\": ");
    bl_json_put_text(to, sample->name);
    bl_text_add(to, ", \"weight_factor\": ");
    bl_json_put_number(to, sample->factor);
    bl_text_add(to, ", \"cuts\": ");
    bl_prepared_put_cuts(to, sample);
    bl_text_add(to, "}");
}

static void put_lineage(bl_text *to, const bl_training *t, int64_t epoch) {
    bl_text_add(to, "{\"training\": \"%s\", \"epochs\": %lld, \"samples\": [", t->fingerprint,
                (long long)epoch + 1);
    for (size_t i = 0; i < t->prepared->n_samples; i++) {
        bl_text_add(to, "%s", i ? ", " : "");
        put_sample(to, &t->prepared->samples[i]);
    }
    bl_text_add(to, "]}");
}

/// Texts of notes, parsed: a bundle keeps documents.
static bl_status put_notes(const bl_training *t, bl_arena *arena, int64_t epoch, bl_bundle *bundle,
                           bl_error *err) {
    bl_text texts[BL_BUNDLE_N_NOTES];
    for (size_t i = 0; i < BL_BUNDLE_N_NOTES; i++)
        texts[i] = (bl_text){.arena = arena};
    put_metrics(&texts[BL_BUNDLE_metrics], t, epoch);
    put_seeds(&texts[BL_BUNDLE_seeds], t);
    put_configuration(&texts[BL_BUNDLE_configuration], t);
    put_dataset(&texts[BL_BUNDLE_dataset], t);
    put_lineage(&texts[BL_BUNDLE_lineage], t, epoch);
    for (size_t i = 0; i < BL_BUNDLE_N_NOTES; i++) {
        const char *name = bl_bundle_note_name((bl_bundle_note)i);
        if (texts[i].has_failed)
            return bl_error_nomem(err, texts[i].n, name);
        BL_TRY(bl_json_parse(arena, name, texts[i].text, texts[i].n, &bundle->notes[i], err));
    }
    return BL_OK;
}

// ---- the bundle ----

static bl_status write_model(bl_training *t, bl_arena *arena, const char *name, int64_t epoch,
                             bl_error *err) {
    char path[BL_RUN_PATH];
    bl_bundle bundle = t->model;
    BL_TRY(bl_run_path(t, name, path, err));
    BL_TRY(put_notes(t, arena, epoch, &bundle, err));
    return bl_bundle_write(t->context, &bundle, path, true, err);
}

bl_status bl_run_write_model(bl_training *t, const char *name, int64_t epoch, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, t->context);
    bl_status status = write_model(t, &arena, name, epoch, err);
    bl_arena_release(&arena);
    return status;
}
