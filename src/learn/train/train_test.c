// SPDX-License-Identifier: Apache-2.0
// Training that is stopped behind every batch ends with the same bits; and without memory it ends
// with words, and nothing is left over.
#include "learn/train/train.h"

#include <glob.h>
#include <string.h>

#include "data/loader/loader_testing.h"
#include "learn/train/start.h"

static const char network[] = "inputs: {particles: {shape: [4, 3], ragged: true}, hlf: [3]}\n"
                              "layers:\n"
                              "  - GRU: {units: 3, input: particles, name: gru}\n"
                              "  - BatchNormalization: {input: hlf}\n"
                              "  - Dropout: 0.2\n"
                              "  - Concatenate: {input: [gru, dropout]}\n"
                              "  - Dense: {units: 3, activation: softmax}\n";

typedef struct fixture {
    test_set set;
    bl_prepared_part parts[2];
    char folder[64]; ///< of runs
} fixture;

/// What a run is to do.
typedef struct run_of {
    fixture *fixture;
    bl_context *context;
    const char *name;
    bool resumes;
    int stop_after; ///< so many calls of progress, then the context is cancelled; −1: never
    bl_train_result result;
} run_of;

static void path_of(const fixture *f, const char *name, const char *file, char path[static 256]) {
    snprintf(path, 256, "%s/%s/%s", f->folder, name, file);
}

static void remove_run(const fixture *f, const char *name) {
    char path[256];
    glob_t files = {0};
    path_of(f, name, "*", path);
    (void)glob(path, 0, NULL, &files);
    for (size_t i = 0; i < files.gl_pathc; i++)
        (void)unlink(files.gl_pathv[i]);
    globfree(&files);
    path_of(f, name, "", path);
    (void)rmdir(path);
}

static int begin(void **state) {
    fixture *f = (fixture *)calloc(1, sizeof *f);
    assert_non_null(f);
    test_set_init(&f->set, &usual);
    snprintf(f->folder, sizeof f->folder, "/tmp/beamline-train-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->parts[0] = f->parts[1] = f->set.part;
    f->parts[0].classes = f->parts[1].classes =
        (bl_prepared_class *)calloc(TEST_CLASSES, sizeof(bl_prepared_class));
    assert_non_null(f->parts[0].classes);
    f->parts[1].name = "validation";
    f->set.prepared.parts = f->parts;
    f->set.prepared.n_parts = 2;
    f->set.prepared.fingerprint = "made";
    *state = f;
    return 0;
}

static int end(void **state) {
    fixture *f = (fixture *)*state;
    remove_run(f, "whole");
    remove_run(f, "stopped");
    assert_int_equal(rmdir(f->folder), 0);
    test_set_release(&f->set);
    free(f->parts[0].classes);
    free(f);
    return 0;
}

static void count(void *user, const bl_training_news *news) {
    run_of *run = (run_of *)user;
    (void)news;
    if (run->stop_after >= 0 && run->stop_after-- == 0)
        bl_context_cancel(run->context);
}

static bl_status read_network(run_of *run, bl_start *start, bl_error *err) {
    const bl_item *item = NULL;
    BL_TRY(bl_bundle_new(run->context, &start->bundle, err));
    BL_TRY(bl_yaml_parse(&start->bundle->arena, "n.yaml", network, sizeof network - 1, &item, err));
    BL_TRY(bl_nn_graph_read(&start->bundle->arena, item, &start->bundle->graph, err));
    return bl_start_network(start, false, 5, err);
}

static bl_status train_network(run_of *run, bl_start *start, bl_error *err) {
    char path[256];
    bl_training_settings settings;
    bl_training_settings_init(&settings);
    settings.epochs = 2;
    settings.batch_events = 33;
    settings.window_bytes = 2000;
    settings.checkpoint_s = 1e-9; // behind each batch
    settings.patience = 5;
    settings.restores_best = true;
    path_of(run->fixture, run->name, "", path);
    path[strlen(path) - 1] = '\0';
    BL_TRY(read_network(run, start, err));
    const bl_train_options options = {.run = path,
                                      .resumes = run->resumes,
                                      .prepared = &run->fixture->set.prepared,
                                      .fold = -1,
                                      .model = start->bundle,
                                      .settings = &settings,
                                      .model_text = network,
                                      .progress = count,
                                      .user = run};
    return bl_train(run->context, &options, &run->result, err);
}

static bl_status run_once(run_of *run, bl_error *err) {
    bl_start start = {0};
    bl_status status = train_network(run, &start, err);
    bl_start_release(&start);
    return status;
}

static void run_of_threads(fixture *f, const char *name, bool resumes, int stop_after,
                           unsigned n_threads, bl_train_result *ret_result) {
    bl_context *context = test_context(n_threads);
    run_of run = {f, context, name, resumes, stop_after, {0}};
    bl_error err = {0};
    if (run_once(&run, &err) != BL_OK)
        fail_msg("%s", err.message);
    bl_context_free(context);
    *ret_result = run.result;
}

static void assert_same_file(const fixture *f, const char *file) {
    char path[256];
    uint64_t sizes[2], sums[2];
    path_of(f, "whole", file, path);
    assert_ok(bl_file_sum(path, &sizes[0], &sums[0], NULL));
    path_of(f, "stopped", file, path);
    assert_ok(bl_file_sum(path, &sizes[1], &sums[1], NULL));
    assert_int_equal(sizes[0], sizes[1]);
    assert_int_equal(sums[0], sums[1]);
}

static void stopped_anywhere(void **state) {
    fixture *f = (fixture *)*state;
    bl_train_result result;
    run_of_threads(f, "whole", false, -1, 1, &result);
    assert_false(result.was_stopped);
    assert_int_equal(result.n_epochs, 2);
    // four batches and the end of each epoch are told
    for (int stop = 0; stop < 10; stop++) {
        run_of_threads(f, "stopped", false, stop, 2, &result);
        assert_true(result.was_stopped || stop == 9);
        run_of_threads(f, "stopped", true, -1, 1, &result);
        assert_false(result.was_stopped);
        assert_same_file(f, "model.blm");
        assert_same_file(f, "best.blm");
        remove_run(f, "stopped");
    }
}

static bl_status run_and_remove(bl_context *context, void *state) {
    fixture *f = (fixture *)state;
    run_of run = {f, context, "stopped", false, -1, {0}};
    bl_status status = run_once(&run, NULL);
    remove_run(f, "stopped");
    return status;
}

static void without_memory(void **state) { test_some_allocations_fail(run_and_remove, *state, 20); }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stopped_anywhere, begin, end),
        cmocka_unit_test_setup_teardown(without_memory, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
