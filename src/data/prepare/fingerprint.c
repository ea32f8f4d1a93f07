// SPDX-License-Identifier: Apache-2.0
// What shards depend on beside rows of the spool: what is fitted, and what events weigh.
#include "data/prepare/gather.h"

static void add_double(bl_packer *to, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    bl_fingerprint_add_number(to, bits);
}

static void add_doubles(bl_packer *to, const double *numbers, size_t n) {
    bl_fingerprint_add_number(to, n);
    for (size_t i = 0; i < n; i++)
        add_double(to, numbers[i]);
}

static void add_texts(bl_packer *to, const char *const *texts, size_t n) {
    bl_fingerprint_add_number(to, n);
    for (size_t i = 0; i < n; i++)
        bl_fingerprint_add_text(to, texts[i]);
}

static void add_variable(bl_packer *to, const bl_variable_config *variable) {
    bl_fingerprint_add_text(to, variable->name);
    bl_fingerprint_add_number(to, variable->curve);
    bl_fingerprint_add_number(to, variable->scaler);
    add_double(to, variable->offset);
    add_double(to, variable->scale);
    add_double(to, variable->low);
    add_double(to, variable->high);
    add_double(to, variable->missing);
    add_double(to, variable->pad);
}

static void add_weights(bl_packer *to, const bl_weights_config *weights) {
    const int choices[] = {(int)weights->negative, (int)weights->balance,
                           weights->balances_all,  (int)weights->reweighting,
                           weights->resamples,     weights->keeps_outside};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        bl_fingerprint_add_number(to, (uint64_t)choices[i]);
    add_texts(to, weights->factors, weights->n_factors);
    add_doubles(to, weights->class_weights, weights->n_class_weights);
    add_texts(to, weights->classes, weights->n_classes);
    add_double(to, weights->threshold);
    for (size_t i = 0; i < weights->n_axes; i++) {
        bl_fingerprint_add_text(to, weights->axes[i].name);
        add_doubles(to, weights->axes[i].edges, weights->axes[i].n_edges);
    }
}

bl_status bl_gather_fingerprint(bl_arena *arena, const bl_spool *spool,
                                const bl_prepare_options *options, const char **ret_text,
                                bl_error *err) {
    const bl_prepare_config *config = spool->config;
    bl_packer packer = {.context = arena->context};
    bl_fingerprint_add_text(&packer, spool->fingerprint);
    bl_fingerprint_add_text(&packer, options->codec);
    for (size_t i = 0; i < spool->n_inputs; i++) {
        bl_fingerprint_add_text(&packer, spool->inputs[i].shape.name);
        for (size_t k = 0; k < spool->inputs[i].shape.width; k++)
            add_variable(&packer, spool->inputs[i].variables[k]);
    }
    add_weights(&packer, &config->weights);
    bl_fingerprint_add_number(&packer, (uint64_t)config->split.duplicates);
    bl_fingerprint_add_number(&packer, config->is_fitted_on_all);
    bl_fingerprint_add_number(&packer, config->seed);
    return bl_fingerprint_end(&packer, arena, ret_text, err);
}
