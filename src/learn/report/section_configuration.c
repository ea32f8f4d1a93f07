// SPDX-License-Identifier: Apache-2.0
// The data configuration, and how each model was trained, as texts.
#include <string.h>

#include "base/json_text.h"
#include "learn/report/sections.h"

static const bl_item *note_of(const bl_subject *subject, const char *key) {
    return subject->n_models ? bl_item_get(subject->models[0]->notes[BL_BUNDLE_configuration], key)
                             : NULL;
}

static bl_status add_listing(bl_section_output *to, const char *what, const bl_subject *subject,
                             const char *text, bl_error *err) {
    const char *title = bl_arena_printf(to->arena, what, subject->name);
    if (!title || !text)
        return bl_error_nomem(err, strlen(what), "a configuration");
    return bl_section_add_listing(to, title, text, err);
}

/// Of a model that was made with another data configuration than the one evaluated.
static bl_status add_data(const bl_evaluation *evaluation, const bl_subject *subject,
                          bl_section_output *to, bl_error *err) {
    const bl_item *data = note_of(subject, "data");
    const char *now = evaluation->prepared->configuration;
    if (!data || data->kind != BL_ITEM_TEXT || (now && strcmp(data->text, now) == 0))
        return BL_OK;
    return add_listing(to, "Data configuration that %s was trained with", subject, data->text, err);
}

static bl_status add_training(const bl_subject *subject, bl_section_output *to, bl_error *err) {
    const bl_item *training = note_of(subject, "training");
    bl_text text = {.arena = to->arena};
    if (!training)
        return BL_OK;
    bl_json_put_item(&text, training, 0);
    return add_listing(to, "Training settings of %s", subject, text.has_failed ? NULL : text.text,
                       err);
}

bl_status bl_section_configuration(const bl_evaluation *evaluation, bl_section_output *to,
                                   bl_error *err) {
    const char *data = evaluation->prepared->configuration;
    if (data)
        BL_TRY(bl_section_add_listing(to, "Data configuration", data, err));
    bl_text_add(&to->json, "{\"data\": ");
    bl_json_put_text(&to->json, data);
    bl_text_add(&to->json, ", \"models\": {");
    for (size_t i = 0; i < evaluation->n_subjects; i++) {
        const bl_subject *subject = &evaluation->subjects[i];
        BL_TRY(add_training(subject, to, err));
        BL_TRY(add_data(evaluation, subject, to, err));
        bl_text_add(&to->json, "%s\n ", i ? "," : "");
        bl_json_put_text(&to->json, subject->name);
        bl_text_add(&to->json, ": ");
        bl_json_put_item(&to->json,
                         subject->n_models ? subject->models[0]->notes[BL_BUNDLE_configuration]
                                           : NULL,
                         BL_JSON_ONE_LINE);
    }
    bl_text_add(&to->json, "}}");
    return BL_OK;
}
