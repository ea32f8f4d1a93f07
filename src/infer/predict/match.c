// SPDX-License-Identifier: Apache-2.0
// Which inputs of the configuration a model's are, and what its output is called.
#include <string.h>

#include "base/names.h"
#include "infer/predict/private.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "a predictor"); }

// ---- inputs ----

static bl_status unknown_input(const bl_predictor *p, const char *name, bl_error *err) {
    const bl_prepare_config *config = &p->config.prepare;
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    bl_status status = bl_error_set(
        err, BL_E_NOTFOUND, "the data configuration has no input '%s', which %s has; it has", name,
        p->urls[0]);
    for (size_t i = 0; i < config->n_inputs; i++) {
        bl_nearest_offer(&nearest, config->inputs[i].name);
        status = bl_error_hint(err, status, "%s '%s'", i ? "," : "", config->inputs[i].name);
    }
    return bl_nearest_hint(&nearest, status, err);
}

/// By name; where both have only one, whatever they are called.
static bl_status find_input(bl_predictor *p, size_t i, bl_error *err) {
    const bl_prepare_config *config = &p->config.prepare;
    const char *name = bl_model_input(p->models[0], i)->name;
    bool is_only = p->n_inputs == 1 && config->n_inputs == 1;
    for (size_t k = 0; k < config->n_inputs && !p->inputs[i]; k++)
        if (is_only || strcmp(config->inputs[k].name, name) == 0)
            p->inputs[i] = &config->inputs[k];
    return p->inputs[i] ? BL_OK : unknown_input(p, name, err);
}

static bl_status match_inputs(bl_predictor *p, bl_error *err) {
    p->n_inputs = bl_model_n_inputs(p->models[0]);
    p->inputs =
        (const bl_input_config **)bl_arena_array(&p->arena, p->n_inputs + 1, sizeof *p->inputs);
    if (!p->inputs)
        return out_of_memory(err);
    if (!p->config.prepare.inputs || p->config.prepare.n_inputs == 0)
        return bl_error_set(err, BL_E_INVALID,
                            "the data configuration has no inputs, of which %s needs %zu",
                            p->urls[0], p->n_inputs);
    for (size_t i = 0; i < p->n_inputs; i++)
        BL_TRY(find_input(p, i, err));
    return BL_OK;
}

// ---- names ----

static void add_name(bl_predictor *p, const char *name) {
    for (size_t i = 0; i < p->n_names; i++)
        if (strcmp(p->names[i], name) == 0)
            return;
    p->names[p->n_names++] = name;
}

static bl_status list_names(bl_predictor *p, bl_error *err) {
    size_t most = p->identity.n;
    for (size_t i = 0; i < p->n_inputs; i++)
        most += bl_input_n_columns(p->inputs[i]);
    p->names = (const char **)bl_arena_array(&p->arena, most + 1, sizeof *p->names);
    if (!p->names)
        return out_of_memory(err);
    for (size_t i = 0; i < p->identity.n; i++)
        add_name(p, p->identity.names[i]);
    for (size_t i = 0; i < p->n_inputs; i++)
        for (size_t k = 0; k < bl_input_n_columns(p->inputs[i]); k++)
            add_name(p, bl_input_column(p->inputs[i], k));
    return BL_OK;
}

// ---- classes ----

/// Names of classes or numbers that a configuration says: of `labels`, else of samples the first of
/// each label. \param ret_names in the arena
static bl_status names_of(bl_predictor *p, const bl_config *config, const char *const **ret_names,
                          size_t *ret_n, bl_error *err) {
    const bl_prepare_config *prepare = &config->prepare;
    const char **names =
        (const char **)bl_arena_array(&p->arena, config->n_samples + 1, sizeof *names);
    if (!names)
        return out_of_memory(err);
    *ret_names = prepare->label_kind == BL_LABEL_OF_SAMPLE ? names : prepare->labels;
    *ret_n = prepare->n_labels;
    if (prepare->label_kind != BL_LABEL_OF_SAMPLE)
        return BL_OK;
    *ret_n = 0;
    for (size_t i = 0; i < config->n_samples; i++) {
        const bl_sample_config *sample = config->samples;
        while (sample < config->samples + config->n_samples &&
               !(sample->has_label && sample->label == (int64_t)i))
            sample++;
        if (sample == config->samples + config->n_samples)
            break;
        names[(*ret_n)++] = sample->name;
    }
    return BL_OK;
}

/// \param says [n_says] what the configuration calls them
static const char *name_of(bl_predictor *p, size_t i, const char *const *says, size_t n_says) {
    const bl_bundle *bundle = p->models[0]->bundle;
    size_t first = p->is_second ? 1 : 0; // that the model has
    if (i >= first && bundle->n_classes == p->n_classes - first)
        return bundle->classes[i - first];
    if (n_says == p->n_classes)
        return says[i];
    return p->n_classes == 1 ? bl_model_output(p->models[0], 0)->name
                             : bl_arena_printf(&p->arena, "%zu", i);
}

static bl_status name_classes(bl_predictor *p, bl_error *err) {
    const bl_config *config = p->has_own ? &p->own : &p->given;
    size_t width = bl_model_output(p->models[0], 0)->width, n_says;
    const char *const *says;
    bl_learned learned = bl_bundle_learned(p->models[0]->bundle);
    BL_TRY(names_of(p, config, &says, &n_says, err));
    p->is_second = width == 1 && n_says == 2 && config->prepare.label_kind != BL_LABEL_NUMBERS;
    p->n_classes = p->is_second ? 2 : width;
    p->is_numbers =
        learned == BL_LEARNED_NUMBERS ||
        (learned == BL_LEARNED_UNKNOWN && config->prepare.label_kind == BL_LABEL_NUMBERS);
    p->classes = (const char **)bl_arena_array(&p->arena, p->n_classes + 1, sizeof *p->classes);
    if (!p->classes)
        return out_of_memory(err);
    for (size_t i = 0; i < p->n_classes; i++)
        if (!(p->classes[i] = name_of(p, i, says, n_says)))
            return out_of_memory(err);
    return BL_OK;
}

static bl_status check_output(const bl_predictor *p, bl_error *err) {
    const bl_model *model = p->models[0];
    if (bl_model_n_outputs(model) != 1)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "%s has %zu outputs; events are scored by models with one", p->urls[0],
                            bl_model_n_outputs(model));
    if (bl_model_output(model, 0)->steps)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "%s: the output '%s' is a sequence, where events have scores",
                            p->urls[0], bl_model_output(model, 0)->name);
    return BL_OK;
}

bl_status bl_predictor_match(bl_predictor *predictor, bl_error *err) {
    BL_TRY(check_output(predictor, err));
    BL_TRY(match_inputs(predictor, err));
    BL_TRY(list_names(predictor, err));
    return name_classes(predictor, err);
}
