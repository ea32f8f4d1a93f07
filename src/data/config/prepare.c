// SPDX-License-Identifier: Apache-2.0
// What a configuration says of preparation: its defaults, and what needs all of it.
#include <math.h>

#include "data/config/private.h"

const char *bl_scaler_name(bl_scaler scaler) {
#define SCALER_NAME(NAME, name) #name,
    static const char *const names[] = {BL_SCALERS(SCALER_NAME)};
#undef SCALER_NAME
    return names[scaler];
}

void bl_prepare_config_init(bl_prepare_config *config) {
    *config = (bl_prepare_config){
        .defaults = {.scale = 1,
                     .low = -(double)INFINITY,
                     .high = (double)INFINITY,
                     .missing = (double)NAN},
        .weights = {.threshold = 10},
        .split = {.train = 0.8, .validation = 0.1, .test = 0.1},
    };
}

bl_status bl_config_add_of_preparation(bl_config *config, const char *name, const char *text,
                                       bl_error *err) {
    bl_named_text *variables = (bl_named_text *)bl_arena_grow(
        config->arena, config->of_preparation, config->n_of_preparation,
        &config->of_preparation_capacity, sizeof *variables);
    if (!variables)
        return bl_error_nomem(err, sizeof *variables, "a configuration");
    variables[config->n_of_preparation++] = (bl_named_text){name, text};
    config->of_preparation = variables;
    return BL_OK;
}

size_t bl_config_find_label(const bl_prepare_config *prepare, const char *name) {
    size_t i = 0;
    while (i < prepare->n_labels && strcmp(prepare->labels[i], name) != 0)
        i++;
    return i;
}

/// The sample that is the first of a label; NULL: there is none.
static const bl_sample_config *first_of_label(const bl_config *config, int64_t label) {
    for (size_t i = 0; i < config->n_samples; i++)
        if (config->samples[i].label == label)
            return &config->samples[i];
    return NULL;
}

/// The largest label of samples, all of which must have one.
static bl_status find_largest(const bl_config *config, int64_t *ret_largest, bl_error *err) {
    *ret_largest = -1;
    for (size_t i = 0; i < config->n_samples; i++) {
        const bl_sample_config *sample = &config->samples[i];
        if (!sample->has_label || sample->label < 0)
            return bl_error_set(err, BL_E_INVALID,
                                "sample '%s' has no label, such as 0 or 1, and there are no "
                                "labels beside samples",
                                sample->name);
        *ret_largest = sample->label > *ret_largest ? sample->label : *ret_largest;
    }
    return BL_OK;
}

/// Of labels of samples the classes: as many as there are labels, from 0 on.
static bl_status name_classes(bl_config *config, bl_error *err) {
    bl_prepare_config *prepare = &config->prepare;
    const char **names =
        (const char **)bl_arena_array(config->arena, config->n_samples + 1, sizeof *names);
    int64_t largest = -1;
    size_t n = 0;
    BL_TRY(find_largest(config, &largest, err));
    if (prepare->n_labels) // they are named already
        return BL_OK;
    if (!names)
        return bl_error_nomem(err, config->n_samples * sizeof *names, "classes");
    for (const bl_sample_config *first; (first = first_of_label(config, (int64_t)n)); n++)
        names[n] = first->name;
    if ((int64_t)n <= largest)
        return bl_error_set(err, BL_E_INVALID,
                            "labels of samples are 0, 1 and so on: there is a label %lld, but "
                            "none %zu",
                            (long long)largest, n);
    prepare->labels = names;
    prepare->n_labels = n;
    return BL_OK;
}

/// What could not be checked before classes were known.
static bl_status check_classes(const bl_config *config, bl_error *err) {
    const bl_prepare_config *prepare = &config->prepare;
    const bl_weights_config *weights = &prepare->weights;
    size_t n = weights->n_classes ? weights->n_classes : prepare->n_labels;
    if (prepare->label_kind == BL_LABEL_NUMBERS &&
        (weights->balance || weights->reweighting || weights->n_class_weights))
        return bl_error_set(err, BL_E_INVALID, "weights.%s: labels are numbers, not classes",
                            weights->balance       ? "balance"
                            : weights->reweighting ? "reweight_method"
                                                   : "class_weights");
    for (size_t i = 0; i < weights->n_classes; i++)
        if (bl_config_find_label(prepare, weights->classes[i]) == prepare->n_labels)
            return bl_error_set(err, BL_E_INVALID,
                                "reweight_classes: no class is called '%s'; those of samples are "
                                "called as the first sample of each label",
                                weights->classes[i]);
    if (weights->n_class_weights && weights->n_class_weights != n)
        return bl_error_set(err, BL_E_INVALID, "class_weights are %zu, and classes %zu",
                            weights->n_class_weights, n);
    return BL_OK;
}

static bl_status check_parts(const bl_config *config, bl_error *err) {
    for (size_t i = 0; i < config->n_samples && config->prepare.split.n_folds; i++)
        if (config->samples[i].part >= 0)
            return bl_error_set(err, BL_E_INVALID,
                                "sample '%s' has a part, but split has folds, in which events of "
                                "all samples are",
                                config->samples[i].name);
    return BL_OK;
}

bl_status bl_config_for_preparation(bl_config *config, bl_error *err) {
    if (config->prepare.n_inputs == 0)
        return bl_error_set(err, BL_E_INVALID,
                            "there are no inputs: a data configuration says what a network is fed "
                            "with");
    if (config->prepare.label_kind == BL_LABEL_OF_SAMPLE)
        BL_TRY(name_classes(config, err));
    BL_TRY(check_classes(config, err));
    BL_TRY(check_parts(config, err));
    for (size_t i = 0; i < config->n_of_preparation; i++) {
        const bl_named_text *variable = &config->of_preparation[i];
        BL_TRY(bl_config_add_variable(config, variable->name, variable->text, err));
        BL_TRY(bl_config_add_name(config, variable->name, err));
    }
    return BL_OK;
}

static void fit_nothing(bl_variable_config *variable) { variable->scaler = BL_SCALER_NONE; }

bl_status bl_config_for_evaluation(bl_config *config, bl_error *err) {
    bl_prepare_config *prepare = &config->prepare, preset;
    bl_prepare_config_init(&preset);
    if (prepare->label_kind == BL_LABEL_OF_SAMPLE)
        BL_TRY(name_classes(config, err));
    prepare->weights = preset.weights;
    prepare->weights.negative = BL_NEGATIVE_KEEP;
    prepare->split.train = prepare->split.validation = 0;
    prepare->split.test = 1;
    for (size_t i = 0; i < config->n_samples; i++)
        config->samples[i].part = -1;
    fit_nothing(&prepare->defaults);
    for (size_t i = 0; i < prepare->n_inputs; i++) {
        fit_nothing(&prepare->inputs[i].others);
        for (size_t k = 0; k < prepare->inputs[i].n; k++)
            fit_nothing(&prepare->inputs[i].variables[k]);
    }
    return BL_OK;
}
