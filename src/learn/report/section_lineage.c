// SPDX-License-Identifier: Apache-2.0
// Where data and models come from: files, fingerprints, seeds, versions, layers.
#include <beamline/version.h>
#include <string.h>

#include "base/json_text.h"
#include "infer/model.h"
#include "learn/report/cells.h"
#include "learn/report/sections.h"

// ---- data ----

static bl_status add_data(const bl_evaluation *evaluation, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Data", "", NULL}, *const files_head[] = {"File", NULL};
    const bl_prepared *prepared = evaluation->prepared;
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, NULL, 2, head);
    bl_cells_add(&cells, "Events");
    bl_cells_add(&cells, "%s", prepared->name);
    bl_cells_add(&cells, "Fingerprint");
    bl_cells_add(&cells, "%s", prepared->fingerprint);
    bl_cells_add(&cells, "Seed of the order, of the parts");
    bl_cells_add(&cells, "%llu, %llu", (unsigned long long)prepared->seed,
                 (unsigned long long)prepared->split_seed);
    bl_cells_add(&cells, "Seed of replicas");
    bl_cells_add(&cells, "%llu", (unsigned long long)evaluation->seed);
    bl_cells_add(&cells, "Evaluated by");
    bl_cells_add(&cells, "beamline %s", BL_VERSION);
    BL_TRY(bl_cells_end(&cells, to, err));
    bl_cells_begin(&cells, to->arena, "Files", 1, files_head);
    for (size_t i = 0; i < prepared->n_files; i++)
        bl_cells_add(&cells, "%s", prepared->files[i]);
    return bl_cells_end(&cells, to, err);
}

static void put_data_json(const bl_evaluation *evaluation, bl_text *json) {
    const bl_prepared *prepared = evaluation->prepared;
    bl_text_add(json, "{\"name\": ");
    bl_json_put_text(json, prepared->name);
    bl_text_add(json, ", \"fingerprint\": ");
    bl_json_put_text(json, prepared->fingerprint);
    bl_text_add(json, ", \"seed\": %llu, \"split_seed\": %llu, \"folds\": %zu, \"files\": [",
                (unsigned long long)prepared->seed, (unsigned long long)prepared->split_seed,
                prepared->n_folds);
    for (size_t i = 0; i < prepared->n_files; i++) {
        bl_text_add(json, "%s", i ? ", " : "");
        bl_json_put_text(json, prepared->files[i]);
    }
    bl_text_add(json, "]}");
}

// ---- models ----

/// A row of what a note has under a key.
static void put_note(bl_cells *cells, const char *what, const bl_item *note, const char *key) {
    const bl_item *value = bl_item_get(note, key);
    bl_text text = {.arena = cells->arena};
    if (!value)
        return;
    if (value->kind == BL_ITEM_TEXT)
        bl_text_add(&text, "%s", value->text);
    else
        bl_json_put_item(&text, value, BL_JSON_ONE_LINE);
    cells->has_failed |= text.has_failed;
    bl_cells_add(cells, "%s", what);
    bl_cells_add(cells, "%s", text.text ? text.text : "");
}

static void put_data_of_model(bl_cells *cells, const bl_evaluation *evaluation,
                              const bl_bundle *bundle) {
    const bl_item *dataset = bundle->notes[BL_BUNDLE_dataset];
    const bl_item *fingerprint = bl_item_get(dataset, "fingerprint");
    put_note(cells, "Trained on the parts", dataset, "trained_on");
    put_note(cells, "Validated on the parts", dataset, "validated_on");
    if (!fingerprint || fingerprint->kind != BL_ITEM_TEXT)
        return;
    bool is_same = strcmp(fingerprint->text, evaluation->prepared->fingerprint) == 0;
    bl_cells_add(cells, "Of data");
    bl_cells_add(cells, "%s%s", fingerprint->text, is_same ? ", those evaluated" : ", others");
}

static bl_status add_model(const bl_evaluation *evaluation, const bl_subject *subject, size_t fold,
                           bl_section_output *to, bl_error *err) {
    const bl_bundle *bundle = subject->models[fold];
    const bl_model *model = subject->opened[fold];
    const char **head = (const char **)bl_arena_array(to->arena, 3, sizeof *head);
    const char *name = subject->name;
    bl_cells cells;
    if (subject->n_models > 1)
        name = bl_arena_printf(to->arena, "%s, fold %zu", subject->name, fold);
    if (!head || !name)
        return bl_error_nomem(err, 3 * sizeof *head, "a table");
    head[0] = name;
    head[1] = "";
    bl_cells_begin(&cells, to->arena, NULL, 2, head);
    bl_cells_add(&cells, "Read from");
    bl_cells_add(&cells, "%s", subject->path);
    bl_cells_add(&cells, "Format");
    bl_cells_add(&cells, bundle->version ? "%s, written by beamline %s" : "%s", model->format->name,
                 bundle->version);
    bl_cells_add(&cells, "Parameters");
    bl_cells_count(&cells, (int64_t)model->n_parameters);
    put_note(&cells, "Epochs", bundle->notes[BL_BUNDLE_lineage], "epochs");
    put_note(&cells, "Fingerprint of the training", bundle->notes[BL_BUNDLE_lineage], "training");
    put_note(&cells, "Seed of the training", bundle->notes[BL_BUNDLE_seeds], "training");
    put_data_of_model(&cells, evaluation, bundle);
    return bl_cells_end(&cells, to, err);
}

static bl_status add_layers(const bl_subject *subject, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Layer", "Kind", "Output", "Parameters", NULL};
    const bl_model *model = subject->opened[0];
    const char *title = bl_arena_printf(to->arena, "Layers of %s", subject->name);
    char shape[BL_NN_SHAPE_TEXT];
    bl_cells cells;
    if (!title)
        return bl_error_nomem(err, strlen(subject->name), "a title");
    bl_cells_begin(&cells, to->arena, title, 3, head);
    for (size_t i = 0; i < model->n_layers; i++) {
        const bl_model_layer *layer = &model->layers[i];
        bl_cells_add(&cells, "%s", layer->name);
        bl_cells_add(&cells, "%s", layer->kind);
        if (layer->is_run)
            (void)bl_nn_shape_text(layer->shape, shape);
        bl_cells_add(&cells, "%s", layer->is_run ? shape : "not run");
        bl_cells_count(&cells, (int64_t)layer->n_parameters);
    }
    return bl_cells_end(&cells, to, err);
}

static bl_status add_subject(const bl_evaluation *evaluation, const bl_subject *subject,
                             bl_section_output *to, bl_error *err) {
    for (size_t k = 0; k < subject->n_models; k++)
        BL_TRY(add_model(evaluation, subject, k, to, err));
    return subject->n_models ? add_layers(subject, to, err) : BL_OK;
}

static void put_model_json(const bl_subject *subject, size_t fold, bl_text *json) {
    const bl_bundle *bundle = subject->models[fold];
    const bl_model *model = subject->opened[fold];
    bl_text_add(json, "{\"format\": ");
    bl_json_put_text(json, model->format->name);
    bl_text_add(json, ", \"beamline\": ");
    bl_json_put_text(json, bundle->version);
    bl_text_add(json, ", \"parameters\": %zu, \"layers\": %zu", model->n_parameters,
                model->n_layers);
    for (unsigned i = 0; i < BL_BUNDLE_N_NOTES; i++) {
        if (i == BL_BUNDLE_configuration) // which has a section of its own
            continue;
        bl_text_add(json, ", \"%s\": ", bl_bundle_note_name((bl_bundle_note)i));
        bl_json_put_item(json, bundle->notes[i], BL_JSON_ONE_LINE);
    }
    bl_text_add(json, "}");
}

bl_status bl_section_lineage(const bl_evaluation *evaluation, bl_section_output *to,
                             bl_error *err) {
    bl_text *json = &to->json;
    bl_text_add(json, "{\"data\": ");
    put_data_json(evaluation, json);
    bl_text_add(json, ",\n \"models\": {");
    BL_TRY(add_data(evaluation, to, err));
    for (size_t i = 0; i < evaluation->n_subjects; i++) {
        const bl_subject *subject = &evaluation->subjects[i];
        BL_TRY(add_subject(evaluation, subject, to, err));
        bl_text_add(json, "%s\n ", i ? "," : "");
        bl_json_put_text(json, subject->name);
        bl_text_add(json, ": [");
        for (size_t k = 0; k < subject->n_models; k++) {
            bl_text_add(json, "%s", k ? ", " : "");
            put_model_json(subject, k, json);
        }
        bl_text_add(json, "]");
    }
    bl_text_add(json, "}}");
    return BL_OK;
}
