// SPDX-License-Identifier: Apache-2.0
// The configuration of a predictor: that which the model keeps, or another one in its place.
#include <string.h>

#include "base/context.h"
#include "base/names.h"
#include "infer/predict/private.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "a configuration"); }

// ---- reading ----

/// A configuration that was a file of JSON is JSON, whose numbers YAML reads as texts, some of
/// them.
static bl_status parse(bl_arena *arena, const char *source, const char *text,
                       const bl_item **ret_item, bl_error *err) {
    size_t n = strlen(text);
    if (text[strspn(text, " \t\r\n")] == '{') {
        bl_status status = bl_json_parse(arena, source, text, n, ret_item, NULL);
        if (status == BL_OK || status == BL_E_NOMEM)
            return status == BL_OK ? BL_OK : out_of_memory(err);
    }
    return bl_yaml_parse(arena, source, text, n, ret_item, err);
}

bl_status bl_model_read_config(const bl_model *model, const char *url, bl_config *config,
                               bl_error *err) {
    const bl_item *note = model->bundle->notes[BL_BUNDLE_configuration], *document;
    const char *text = bl_item_text_at(note, "data"), *tree = bl_item_text_at(note, "treename");
    if (!*text)
        return BL_OK;
    const char *source = bl_arena_printf(config->arena, "%s: data configuration", url);
    config->text = bl_arena_text(config->arena, text, strlen(text));
    if (!source || !config->text)
        return out_of_memory(err);
    BL_TRY(parse(config->arena, source, config->text, &document, err));
    BL_TRY(bl_config_read_document(config, document, err));
    if (*tree && !(config->treename = bl_arena_text(config->arena, tree, strlen(tree))))
        return out_of_memory(err);
    return BL_OK;
}

bl_status bl_predictor_configure(bl_predictor *predictor, const char *path, bl_error *err) {
    bl_predictor *p = predictor;
    bl_config_init(&p->own, &p->arena);
    BL_TRY(bl_model_read_config(p->models[0], p->urls[0], &p->own, err));
    p->has_own = p->own.text != NULL;
    if (path) {
        bl_config_init(&p->given, &p->arena);
        BL_TRY(bl_config_read(&p->given, path, err));
    } else if (p->has_own) {
        p->given = p->own;
    } else {
        return bl_error_set(err, BL_E_INVALID,
                            "%s keeps no data configuration, which would say what its inputs are "
                            "made of: one has to be given",
                            p->path);
    }
    p->config = p->given;
    p->config.samples = NULL;
    p->config.n_samples = p->config.samples_capacity = 0;
    return BL_OK;
}

// ---- samples ----

static const bl_sample_config *find_sample(const bl_config *config, const char *name) {
    for (size_t i = 0; i < config->n_samples; i++)
        if (strcmp(config->samples[i].name, name) == 0)
            return &config->samples[i];
    return NULL;
}

static const char *dataset_of(const bl_sample_config *sample) {
    return sample->dataset ? sample->dataset : sample->name;
}

/// The data set of all samples that the model was trained on, where it is one.
static const char *only_dataset(const bl_config *config) {
    const char *name = config->n_samples ? dataset_of(&config->samples[0]) : NULL;
    for (size_t i = 0; name && i < config->n_samples; i++)
        if (strcmp(dataset_of(&config->samples[i]), name) != 0)
            return NULL;
    return name;
}

static bl_status list_samples(const bl_config *config, bl_status status, bl_error *err) {
    for (size_t i = 0; i < config->n_samples; i++)
        status = bl_error_hint(err, status, "%s '%s'", i ? "," : ":", config->samples[i].name);
    return status;
}

/// Folds of events without the name of a sample.
static bl_status name_dataset(const bl_predictor *p, bl_sample_config *sample, bl_error *err) {
    const bl_config *config = p->has_own ? &p->own : &p->given;
    sample->dataset = only_dataset(config);
    if (sample->dataset)
        return BL_OK;
    return list_samples(config,
                        bl_error_set(err, BL_E_INVALID,
                                     "%s: which fold an event is of depends on its sample; the "
                                     "files have to be given as one of these",
                                     p->path),
                        err);
}

/// A name that was mistyped would give events to models that have seen them.
static void warn_of_name(const bl_predictor *p, const char *name) {
    bl_log(p->context, BL_LOG_WARNING,
           "%s: no sample that it was trained on is called '%s', so none of its models is taken to "
           "have seen these events",
           p->path, name);
}

bl_status bl_predictor_add_sample(bl_predictor *predictor, const char *name,
                                  bl_sample_config **ret_sample, bl_error *err) {
    bl_predictor *p = predictor;
    bool needs_dataset = p->n_models > 1 && p->identity.n;
    size_t n = p->config.n_samples;
    bl_sample_config *sample;
    BL_TRY(bl_config_sample(&p->config, name, &sample, err));
    *ret_sample = sample;
    if (p->config.n_samples == n)
        return BL_OK;
    const bl_sample_config *known = find_sample(&p->given, name);
    if (!known)
        known = find_sample(&p->own, name);
    if (known) {
        sample->dataset = known->dataset;
        sample->is_data = known->is_data;
        sample->lumi_mask = known->lumi_mask;
        sample->run = known->run;
        sample->luminosity_block = known->luminosity_block;
    } else if (needs_dataset && !*name) {
        return name_dataset(p, sample, err);
    } else if (needs_dataset) {
        warn_of_name(p, name);
    }
    return BL_OK;
}
