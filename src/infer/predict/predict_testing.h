// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: events in files, and models that keep the configuration of their data.
#ifndef BL_INFER_PREDICT_PREDICT_TESTING_H
#define BL_INFER_PREDICT_PREDICT_TESTING_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/folder_testing.h"
#include "base/json_text.h"
#include "base/testing.h"
#include "infer/predict/predictor.h"
#include "model/bundle/made_testing.h"

enum { TEST_EVENTS = 300, TEST_ROWS = 6, TEST_COLUMNS = 5, TEST_OTHERS = 3 };

// ---- events ----

static inline bool test_is_taken(int i) { return i % 10 > 2; }
/// One that is not taken has more than the models can take.
static inline size_t test_rows_of(int i) {
    return i == 40 ? TEST_ROWS + 2 : (size_t)(i * 5 % (TEST_ROWS + 1));
}
static inline double test_particle(int i, size_t row, size_t column) {
    return (double)((i * 7 + (int)row * 13 + (int)column * 3) % 31) / 8.0 + 0.125;
}
/// One in seven is missing.
static inline double test_other(int i, size_t column) {
    return (i + (int)column) % 7 == 3 ? NAN
                                      : (double)((i * 11 + (int)column * 5) % 23) / 4.0 + 0.25;
}

static inline void test_put_event(FILE *to, int i) {
    fprintf(to, "{\"run\": %d, \"event\": %d, \"cut\": %d, \"text\": \"no number\"", i / 100, i,
            i % 10);
    for (size_t column = 0; column < TEST_COLUMNS; column++) {
        fprintf(to, ", \"p%zu\": [", column);
        for (size_t row = 0; row < test_rows_of(i); row++)
            fprintf(to, "%s%.17g", row ? ", " : "", test_particle(i, row, column));
        fprintf(to, "]");
    }
    for (size_t column = 0; column < TEST_OTHERS; column++) {
        double x = test_other(i, column);
        if (isnan(x))
            fprintf(to, ", \"e%zu\": null, \"up%zu\": null", column, column);
        else
            fprintf(to, ", \"e%zu\": %.17g, \"up%zu\": %.17g", column, x, column, x + 0.5);
    }
    fprintf(to, "}\n");
}

static inline void test_write_events(const char *name, int first, int last) {
    FILE *to = fopen(test_path(name), "wbe");
    if (!to)
        abort();
    for (int i = first; i < last; i++)
        test_put_event(to, i);
    if (fclose(to) != 0)
        abort();
}

// ---- models ----

/// What made_particles was trained on, had it been.
static const char test_configuration[] =
    "samples: {one: {files: nowhere.root, label: 0, weight: gone}, other: {label: 1, dataset: d}}\n"
    "selection: [cut > 2]\n"
    "new_variables: {never: of_nothing * 2, particles_4: p4, event_2: e2}\n"
    "branch_magic: {particles_: p, event_: e}\n"
    "inputs:\n"
    "  event: {vars: [event_0, event_1, event_2], scale: standard}\n"
    "  particles: {vars: [particles_0, particles_1, particles_2, particles_3, particles_4],\n"
    "              scale: standard}\n"
    "  unused: {vars: [of_nothing]}\n"
    "weights: {weight_branches: [gone]}\n"
    "observers: [run, event]\n"
    "variations: {up: {e0: up0, e2: up2}}\n";

/// \param configuration NULL: none
static inline bl_status test_note(bl_bundle *bundle, const char *configuration) {
    bl_text text = {.arena = &bundle->arena};
    bl_text_add(&text, "{\"data\": ");
    bl_json_put_text(&text, configuration);
    bl_text_add(&text, "}");
    if (text.has_failed)
        return BL_E_NOMEM;
    return bl_json_parse(&bundle->arena, "note", text.text, text.n,
                         &bundle->notes[BL_BUNDLE_configuration], NULL);
}

/// Writes a model. \param shift of its parameters
static inline void test_write_model(const char *name,
                                    bl_status (*make)(bl_context *context, bl_bundle **ret_bundle),
                                    const char *configuration, float shift) {
    bl_context *context = test_context(1);
    bl_bundle *bundle = NULL;
    if (make(context, &bundle) != BL_OK || !bundle)
        abort();
    if (configuration)
        assert_ok(test_note(bundle, configuration));
    for (size_t i = 0; i < bundle->network->plan.n_floats; i++)
        bundle->network->parameters[i] += shift;
    for (size_t i = 0; i < bundle->transform.n_inputs; i++)
        bundle->transform.inputs[i].missing[1] = (double)NAN; // of one number in each
    bl_nn_network_pack(bundle->network);
    assert_ok(bl_bundle_write(context, bundle, test_path(name), true, NULL));
    bl_bundle_free(bundle);
    bl_context_free(context);
}

// ---- predicting ----

/// What a test opens.
typedef struct predicting {
    bl_predictor *predictor;
    bl_dataset *dataset;
    bl_prediction *prediction;
} predicting;

static inline void predicting_close(predicting *p) {
    bl_prediction_close(p->prediction);
    bl_dataset_close(p->dataset);
    bl_predictor_close(p->predictor);
    *p = (predicting){0};
}

/// \param sample its name \param files pattern in the folder \param variation NULL: none
static inline bl_status predicting_open(predicting *p, bl_context *context, const char *model,
                                        const char *sample, const char *files,
                                        const char *variation, bl_error *err) {
    bl_sample_config *added;
    const bl_dataset_options of_dataset = {0};
    BL_TRY(bl_predictor_open(context, test_path(model), NULL, &p->predictor, err));
    bl_config *config = bl_predictor_config(p->predictor);
    BL_TRY(bl_predictor_add_sample(p->predictor, sample, &added, err));
    const char *url = bl_arena_printf(config->arena, "%s/%s", test_folder, files);
    if (!url)
        return BL_E_NOMEM;
    BL_TRY(bl_text_list_add(config->arena, &added->files, url, err));
    BL_TRY(bl_dataset_open(context, config, &of_dataset, &p->dataset, err));
    const bl_stretch *stretch = &p->dataset->stretches[0];
    bl_prediction_options options = {.first = stretch->first, .last = stretch->last};
    for (size_t i = 0; variation && i < config->prepare.n_variations; i++)
        if (strcmp(config->prepare.variations[i].name, variation) == 0)
            options.variation = &config->prepare.variations[i];
    return bl_prediction_open(p->predictor, p->dataset, stretch, &options, &p->prediction, err);
}

#endif
