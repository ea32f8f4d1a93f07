// SPDX-License-Identifier: Apache-2.0
// What a spool is to be: of the configuration and the first stream, everything that is the same for
// all parts.
#include <math.h>

#include "base/context.h"
#include "data/inputs/numbers.h"
#include "data/spread/private.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "a spool"); }

static const char **new_names(bl_spool *spool, size_t n) {
    return (const char **)bl_arena_array(&spool->arena, n + 1, sizeof(char *));
}

// ---- parts, classes, files ----

static bl_status name_codes(bl_spool *spool, bl_error *err) {
    static const char *const parts[] = {"train", "validation", "test"};
    enum { N_PARTS = 3 };
    size_t n_folds = (size_t)spool->config->split.n_folds;
    spool->codes = new_names(spool, n_folds > N_PARTS ? n_folds : N_PARTS);
    if (!spool->codes)
        return out_of_memory(err);
    memcpy(spool->codes, parts, sizeof parts);
    spool->n_codes = n_folds ? n_folds : N_PARTS;
    for (size_t i = 0; i < n_folds; i++)
        if (!(spool->codes[i] = bl_arena_printf(&spool->arena, "fold-%zu", i)))
            return out_of_memory(err);
    return BL_OK;
}

static bl_status name_classes(bl_spool *spool, bl_error *err) {
    const bl_prepare_config *config = spool->config;
    spool->n_classes = config->n_labels;
    spool->n_counted = config->label_kind == BL_LABEL_NUMBERS ? 1 : config->n_labels;
    spool->classes = new_names(spool, config->n_labels);
    if (!spool->classes)
        return out_of_memory(err);
    if (config->n_labels == 0)
        return bl_error_set(err, BL_E_INVALID, "there are no labels");
    memcpy(spool->classes, config->labels, config->n_labels * sizeof *spool->classes);
    return BL_OK;
}

static bl_status list_files(bl_spool *spool, bl_error *err) {
    const bl_dataset *dataset = spool->dataset;
    for (size_t i = 0; i < dataset->n_samples; i++)
        spool->n_files += dataset->samples[i].n_files;
    spool->files = new_names(spool, spool->n_files);
    if (!spool->files)
        return out_of_memory(err);
    if (spool->n_files > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "%zu files", spool->n_files);
    for (size_t i = 0; i < dataset->n_samples; i++) {
        const bl_sample *sample = &dataset->samples[i];
        for (size_t k = 0; k < sample->n_files; k++)
            spool->files[sample->first_file + k] = sample->files[k].url;
    }
    return BL_OK;
}

// ---- identity ----

enum { N_USUAL = 3 };
static const char *const usual[N_USUAL] = {"run", "luminosityBlock", "event"};

/// Whether a name is an integer column, or a variable, which is to be one.
static bool may_identify(const bl_spool *spool, const bl_stream *stream, const char *name) {
    const bl_config *config = spool->dataset->config;
    bl_column_info info = {.size = sizeof info};
    const char *renamed;
    size_t column;
    for (size_t i = 0; i < config->n_variables; i++)
        if (strcmp(config->variables[i].name, name) == 0)
            return true;
    return bl_config_rename(config, name, &renamed, NULL) == BL_OK &&
           bl_table_find(stream->table, renamed, &column, NULL) == BL_OK &&
           bl_table_column(stream->table, column, &info, NULL) == BL_OK && info.type &&
           bl_is_integer(info.type);
}

static bl_status warn_of_entries(bl_spool *spool, bl_error *err) {
    static const char text[] =
        "not all files have integer columns run, luminosityBlock and event, so events are told "
        "apart by "
        "file and entry: one that is in two files is two events; split.by says which columns do";
    bl_log(spool->arena.context, BL_LOG_WARNING, "%s", text);
    return bl_text_list_add(&spool->arena, &spool->warnings, text, err);
}

/// Run, section and event of a stretch's files, where they have all three.
static bl_status has_usual(const bl_spool *spool, const bl_stretch *stretch, bool *ret_has,
                           bl_error *err) {
    BL_AUTO(bl_stream) stream = NULL;
    const bl_stream_options nothing = {.last = 1, .names = usual};
    BL_TRY(bl_stream_open(spool->dataset, stretch, &nothing, &stream, err));
    *ret_has = true;
    for (size_t i = 0; i < N_USUAL; i++)
        *ret_has = *ret_has && may_identify(spool, stream, usual[i]);
    return BL_OK;
}

static bl_status find_identity(bl_spool *spool, bl_error *err) {
    const bl_split_config *split = &spool->config->split;
    size_t n = split->n_identity;
    bool has_all = true;
    spool->identity = (bl_identity){.seed = spool->config->seed, .split_seed = split->seed};
    spool->identity.names = new_names(spool, n > N_USUAL ? n : N_USUAL);
    if (!spool->identity.names)
        return out_of_memory(err);
    if (split->is_by_entry)
        return BL_OK;
    if (n) {
        memcpy(spool->identity.names, split->identity, n * sizeof *spool->identity.names);
        spool->identity.n = n;
        return BL_OK;
    }
    for (size_t i = 0; has_all && i < spool->dataset->n_stretches; i++)
        BL_TRY(has_usual(spool, &spool->dataset->stretches[i], &has_all, err));
    if (!has_all)
        return warn_of_entries(spool, err);
    memcpy(spool->identity.names, usual, sizeof usual);
    spool->identity.n = N_USUAL;
    return BL_OK;
}

// ---- names ----

static bool is_among(const char *const *names, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void add_name(bl_spool_recipe *recipe, const char *name) {
    if (!is_among(recipe->names, recipe->n_names, name))
        recipe->names[recipe->n_names++] = name;
}

/// Weights of variations, and what else is taken along that is not there already.
static bl_status name_extras(bl_spool *spool, bl_error *err) {
    const bl_prepare_config *config = spool->config;
    spool->weights = new_names(spool, config->n_variations);
    spool->observers = new_names(spool, config->n_observers);
    if (!spool->weights || !spool->observers)
        return out_of_memory(err);
    for (size_t i = 0; i < config->n_variations; i++)
        if (config->variations[i].weight)
            spool->weights[spool->n_weights++] = config->variations[i].column;
    for (size_t i = 0; i < config->n_observers; i++) {
        const char *name = config->observers[i];
        if (!is_among(spool->identity.names, spool->identity.n, name) &&
            !is_among(spool->weights, spool->n_weights, name) &&
            !is_among(spool->observers, spool->n_observers, name) &&
            strcmp(name, BL_SHARD_PHYSICS) != 0 && strcmp(name, BL_SHARD_SAMPLE) != 0)
            spool->observers[spool->n_observers++] = name;
    }
    return BL_OK;
}

/// All that streams take along.
static bl_status list_names(bl_spool *spool, bl_error *err) {
    const bl_prepare_config *config = spool->config;
    bl_spool_recipe *recipe = spool->recipe;
    size_t most = 1 + spool->identity.n + config->n_labels + config->weights.n_factors +
                  recipe->n_axes + spool->n_weights + spool->n_observers;
    for (size_t i = 0; i < spool->n_inputs; i++)
        most += bl_input_n_columns(spool->inputs[i].config);
    recipe->names = new_names(spool, most);
    if (!recipe->names)
        return out_of_memory(err);
    if (recipe->has_physics)
        add_name(recipe, BL_SHARD_PHYSICS);
    for (size_t i = 0; i < spool->identity.n; i++)
        add_name(recipe, spool->identity.names[i]);
    for (size_t i = 0; config->label_kind != BL_LABEL_OF_SAMPLE && i < config->n_labels; i++)
        add_name(recipe, config->labels[i]);
    for (size_t i = 0; i < config->weights.n_factors; i++)
        add_name(recipe, config->weights.factors[i]);
    for (size_t i = 0; i < recipe->n_axes; i++)
        add_name(recipe, config->weights.axes[i].name);
    for (size_t i = 0; i < spool->n_weights; i++)
        add_name(recipe, spool->weights[i]);
    for (size_t i = 0; i < spool->n_observers; i++)
        add_name(recipe, spool->observers[i]);
    for (size_t i = 0; i < spool->n_inputs; i++)
        for (size_t k = 0; k < bl_input_n_columns(spool->inputs[i].config); k++)
            add_name(recipe, bl_input_column(spool->inputs[i].config, k));
    return BL_OK;
}

// ---- all of it ----

static bl_status make_recipe(bl_spool *spool, bl_error *err) {
    const bl_prepare_config *config = spool->config;
    bl_arena *arena = &spool->arena;
    bl_spool_recipe *recipe = (bl_spool_recipe *)bl_arena_alloc(arena, sizeof *recipe);
    if (!recipe)
        return out_of_memory(err);
    spool->recipe = recipe;
    spool->n_inputs = config->n_inputs;
    spool->inputs = (bl_input *)bl_arena_array(arena, config->n_inputs + 1, sizeof *spool->inputs);
    if (!spool->inputs)
        return out_of_memory(err);
    for (size_t i = 0; i < config->n_inputs; i++) {
        spool->inputs[i].config = &config->inputs[i];
        spool->inputs[i].shape.name = config->inputs[i].name;
    }
    recipe->has_physics = spool->dataset->is_named;
    spool->has_spectra =
        config->weights.reweighting != BL_REWEIGHT_NONE && config->label_kind != BL_LABEL_NUMBERS;
    recipe->n_axes = spool->has_spectra ? config->weights.n_axes : 0;
    return spool->has_spectra
               ? bl_spectra_init(arena, &config->weights, spool->n_counted, &recipe->spectra, err)
               : BL_OK;
}

/// Passes, none of them with parts yet.
static bl_status list_passes(bl_spool *spool, bl_error *err) {
    const bl_prepare_config *config = spool->config;
    spool->passes = (bl_spool_pass *)bl_arena_array(&spool->arena, config->n_variations + 1,
                                                    sizeof *spool->passes);
    if (!spool->passes)
        return out_of_memory(err);
    spool->n_passes = 1;
    for (size_t i = 0; i < config->n_variations; i++) {
        const bl_variation_config *variation = &config->variations[i];
        if (!variation->weight)
            spool->passes[spool->n_passes++] =
                (bl_spool_pass){.name = variation->name, .variation = variation};
    }
    return BL_OK;
}

bl_status bl_spool_set_up(bl_spool *spool, bl_error *err) {
    bl_source source;
    BL_AUTO(bl_stream) stream = NULL;
    const bl_stretch *stretch = &spool->dataset->stretches[0];
    BL_TRY(name_codes(spool, err));
    BL_TRY(name_classes(spool, err));
    BL_TRY(list_files(spool, err));
    BL_TRY(make_recipe(spool, err));
    BL_TRY(list_passes(spool, err));
    BL_TRY(find_identity(spool, err));
    BL_TRY(bl_identity_init(&spool->arena, spool->dataset, &spool->identity, err));
    BL_TRY(name_extras(spool, err));
    BL_TRY(list_names(spool, err));
    BL_TRY(bl_spool_open_stream(spool, &spool->passes[0], stretch, stretch->first, stretch->last,
                                &stream, err));
    BL_TRY(bl_source_bind(&spool->arena, spool, stretch, stream, &source, err));
    BL_TRY(bl_spool_find_shapes(spool, stream, &source, err));
    return bl_spool_make_columns(spool, stream, &source, err);
}
