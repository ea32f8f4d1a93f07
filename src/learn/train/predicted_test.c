// SPDX-License-Identifier: Apache-2.0
// What is predicted from files is what is scored of prepared shards, bit by bit: of models of folds
// each event by the one that has not seen it.
#include <stdio.h>
#include <stdlib.h>

#include "base/folder_testing.h"
#include "base/testing.h"
#include "data/prepare/prepare.h"
#include "infer/predict/predictor.h"
#include "learn/train/folds.h"
#include "learn/train/score.h"
#include "learn/train/start.h"
#include "learn/train/train.h"

enum { N_EVENTS = 700, N_FOLDS = 3, CLASSES = 2 };

/// An event: lists of up to 11 items, some numbers of which are null.
static void put_event(FILE *to, int i) {
    fprintf(to,
            "{\"run\": 1, \"luminosityBlock\": %d, \"event\": %d, \"x\": %d.125, \"n\": %d, "
            "\"is_a\": %d, \"is_b\": %d",
            i / 50, i, i * 37 % 101, i % 12, i % 3 == 0, i % 3 != 0);
    static const char *const names[] = {"pt", "eta", "phi"};
    for (int list = 0; list < 3; list++) {
        fprintf(to, ", \"%s\": [", names[list]);
        for (int k = 0; k < i % 12; k++)
            if (list == 0 && (i + k) % 13 == 5)
                fprintf(to, "%snull", k ? ", " : "");
            else
                fprintf(to, "%s%.17g", k ? ", " : "", ((i * 7 + k * 13 + list) % 31) / 10.1);
        fprintf(to, "]");
    }
    fprintf(to, "}\n");
}

static void write_events(const char *name, int first, int last) {
    FILE *to = fopen(test_path(name), "wbe");
    if (!to)
        abort();
    for (int i = first; i < last; i++)
        put_event(to, i);
    assert_int_equal(fclose(to), 0);
}

static const char configuration[] =
    "samples: {all: {files: ['%s/a.ndjson', '%s/b.ndjson'], dataset: set}}\n"
    "selection: [x > 3]\n"
    "new_variables: {y: x * n}\n"
    "labels: {type: simple, value: [is_a, is_b]}\n"
    "inputs:\n"
    "  v: {vars: [x, {name: y, curve: asinh}], scale: robust}\n"
    "  s: {vars: [{name: pt, missing: 0.5}, eta, phi], scale: standard, length: 5,\n"
    "      order: {delta_r: [eta, phi]}, per_event: %s, pad_mode: %s}\n"
    "split: {folds: 3%s}\n"
    "seed: 3\n"
    "type: %s\n";

static const char network[] = "inputs: {s: {shape: [5, 3], ragged: %s}, v: [2]}\n"
                              "layers:\n"
                              "  - GRU: {units: 4, input: s, name: gru}\n"
                              "  - Concatenate: {input: [gru, v]}\n"
                              "  - Dense: {units: %d, activation: %s}\n";

/// What varies.
typedef struct variant {
    const char *per_event, *padding, *by, *type;
    int width;
    unsigned n_threads;
} variant;

typedef struct fixture {
    bl_context *context;
    bl_arena arena;
    bl_config config;
    bl_prepared *prepared;
    float scores[N_EVENTS * CLASSES]; ///< of shards
    bool is_there[N_EVENTS];
    bl_error err;
} fixture;

#define MUST(call)                          \
    do {                                    \
        if ((call) != BL_OK)                \
            fail_msg("%s", f->err.message); \
    } while (0)

static void prepare(fixture *f, const variant *v) {
    bl_prepare_report report = {0};
    bl_dataset *dataset = NULL;
    const bl_item *document = NULL;
    const bl_dataset_options of_dataset = {0};
    char *text = bl_arena_printf(&f->arena, configuration, test_folder, test_folder, v->per_event,
                                 v->padding, v->by, v->type);
    char *to = bl_arena_printf(&f->arena, "%s/prepared", test_folder);
    const bl_prepare_options options = {.folder = to, .configuration = text};
    MUST(bl_yaml_parse(&f->arena, "x.yaml", text, strlen(text), &document, &f->err));
    MUST(bl_config_read_document(&f->config, document, &f->err));
    MUST(bl_config_for_preparation(&f->config, &f->err));
    MUST(bl_dataset_open(f->context, &f->config, &of_dataset, &dataset, &f->err));
    MUST(bl_prepare_run(dataset, &options, &report, &f->err));
    bl_prepare_report_release(&report);
    bl_dataset_close(dataset);
    MUST(bl_prepared_open(f->context, to, &f->prepared, &f->err));
}

/// A run of one fold: one step of training is enough.
static void train(fixture *f, const variant *v, const bl_training_settings *settings, size_t fold) {
    bl_start start = {0};
    bl_train_result result;
    const bl_item *item = NULL;
    char *run = bl_arena_printf(&f->arena, "%s/run/fold-%zu", test_folder, fold);
    char *text = bl_arena_printf(&f->arena, network, *v->padding == 'n' ? "true" : "false",
                                 v->width, v->width == 1 ? "sigmoid" : "softmax");
    MUST(bl_bundle_new(f->context, &start.bundle, &f->err));
    bl_bundle *bundle = start.bundle;
    MUST(bl_yaml_parse(&bundle->arena, "n.yaml", text, strlen(text), &item, &f->err));
    MUST(bl_nn_graph_read(&bundle->arena, item, &bundle->graph, &f->err));
    MUST(bl_start_network(&start, false, 5 + fold, &f->err));
    const bl_train_options options = {.run = run,
                                      .prepared = f->prepared,
                                      .fold = (int64_t)fold,
                                      .model = bundle,
                                      .settings = settings,
                                      .model_text = text};
    MUST(bl_train(f->context, &options, &result, &f->err));
    bl_start_release(&start);
}

/// Scores of a fold's shards by the model that has not seen it, where files have these events.
static void score(fixture *f, const bl_training_settings *settings, size_t fold) {
    const char *part = f->prepared->parts[fold].name;
    bl_bundle *bundle = NULL;
    bl_loader *loader = NULL;
    bl_scorer *scorer = NULL;
    bl_match match;
    bl_loaded loaded;
    bl_feeding feeding;
    char *path = bl_arena_printf(&f->arena, "%s/run/fold-%zu/model.blm", test_folder, fold);
    MUST(bl_bundle_open(f->context, path, &bundle, &f->err));
    MUST(bl_match_model(&f->arena, f->prepared, bundle->network, settings, &match, &f->err));
    const bl_loader_options options = {.parts = &part,
                                       .n_parts = 1,
                                       .transform = &f->prepared->transforms[fold],
                                       .inputs = match.inputs,
                                       .n_inputs = match.n_inputs,
                                       .batch_events = 100};
    MUST(bl_feeding_init(&f->arena, &match, CLASSES, 100, &feeding, &f->err));
    MUST(bl_scorer_new(bundle->network, &match, 100, &scorer, &f->err));
    MUST(bl_loader_open(f->context, f->prepared, &options, &loader, &f->err));
    MUST(bl_loader_begin(loader, 0, 0, &f->err));
    while (bl_loader_next(loader, &loaded, &f->err) == BL_OK) {
        bl_feeding_set(&feeding, &loaded);
        MUST(bl_scorer_run(scorer, &feeding, loaded.weights, loaded.n_events, &f->err));
        const float *s = bl_scorer_predictions(scorer);
        for (size_t e = 0; e < loaded.n_events; e++, s += match.width) {
            size_t event = (size_t)loaded.entries[e] + (loaded.files[e] ? N_EVENTS / 2 : 0);
            assert_false(f->is_there[event]);
            f->is_there[event] = true;
            f->scores[event * CLASSES] = match.width == 1 ? 1 - s[0] : s[0];
            f->scores[event * CLASSES + 1] = s[match.width - 1];
        }
    }
    bl_loader_close(loader);
    bl_scorer_free(scorer);
    bl_bundle_free(bundle);
}

static void begin(fixture *f, const variant *v) {
    bl_training_settings settings;
    memset(f, 0, sizeof *f);
    f->context = test_context(v->n_threads);
    bl_arena_init(&f->arena, f->context);
    bl_config_init(&f->config, &f->arena);
    prepare(f, v);
    bl_training_settings_init(&settings);
    settings.epochs = 1;
    settings.batch_events = 150;
    for (size_t k = 0; k < N_FOLDS; k++)
        train(f, v, &settings, k);
    MUST(bl_folds_write(f->context, test_path("run"), f->prepared, &f->err));
    for (size_t k = 0; k < N_FOLDS; k++)
        score(f, &settings, k);
}

static void end(fixture *f) {
    bl_prepared_close(f->prepared);
    bl_arena_release(&f->arena);
    bl_context_free(f->context);
    bl_folder_remove(test_path("run"));
    bl_folder_remove(test_path("prepared"));
}

/// Predicts all events, and compares them with those of shards.
static void compare(fixture *f) {
    bl_predictor *predictor = NULL;
    bl_prediction *prediction = NULL;
    bl_dataset *dataset = NULL;
    bl_sample_config *sample;
    bl_predicted predicted;
    const bl_dataset_options of_dataset = {0};
    size_t n_wanted = 0, n_predicted = 0;
    bl_status status;
    MUST(bl_predictor_open(f->context, test_path("run"), NULL, &predictor, &f->err));
    assert_int_equal(bl_predictor_n_models(predictor), N_FOLDS);
    assert_int_equal(bl_predictor_n_classes(predictor), CLASSES);
    assert_string_equal(bl_predictor_class(predictor, 0), "is_a");
    assert_string_equal(bl_predictor_class(predictor, 1), "is_b");
    MUST(bl_predictor_add_sample(predictor, "", &sample, &f->err));
    bl_config *config = bl_predictor_config(predictor);
    MUST(bl_text_list_add(&f->arena, &sample->files,
                          bl_arena_printf(&f->arena, "%s/*.ndjson", test_folder), &f->err));
    MUST(bl_dataset_open(f->context, config, &of_dataset, &dataset, &f->err));
    const bl_prediction_options options = {.last = N_EVENTS};
    MUST(bl_prediction_open(predictor, dataset, &dataset->stretches[0], &options, &prediction,
                            &f->err));
    while ((status = bl_prediction_next(prediction, &predicted, &f->err)) == BL_OK)
        for (size_t i = 0; i < predicted.n; i++, n_predicted++) {
            size_t event = (size_t)predicted.rows[i];
            assert_true(f->is_there[event]);
            assert_memory_equal(predicted.scores + i * CLASSES, f->scores + event * CLASSES,
                                CLASSES * sizeof(float));
        }
    if (status != BL_END)
        fail_msg("%s", f->err.message);
    for (size_t i = 0; i < N_EVENTS; i++)
        n_wanted += f->is_there[i];
    assert_int_equal(n_predicted, n_wanted);
    assert_in_range(n_wanted, N_EVENTS / 2, N_EVENTS - 1);
    bl_prediction_close(prediction);
    bl_dataset_close(dataset);
    bl_predictor_close(predictor);
}

static void scores_are_those_of_shards(void **state) {
    static const variant variants[] = {
        {"false", "none", "", "float32", 2, 1},
        {"true", "constant", "", "float32", 1, 3},
        {"false", "wrap", ", by: entry", "float32", 2, 2},
        {"true", "wrap", "", "float64", 1, 2},
        {"false", "none", ", by: entry", "float64", 2, 3},
    };
    static fixture f;
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        begin(&f, &variants[i]);
        compare(&f);
        end(&f);
    }
}

static int make_files(void **state) {
    assert_int_equal(test_make_folder(state), 0);
    write_events("a.ndjson", 0, N_EVENTS / 2);
    write_events("b.ndjson", N_EVENTS / 2, N_EVENTS);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_shards),
    };
    return cmocka_run_group_tests(tests, make_files, test_remove_folder);
}
