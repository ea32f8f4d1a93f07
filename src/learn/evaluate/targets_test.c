// SPDX-License-Identifier: Apache-2.0
// Evaluations of a small prepared set whose labels are numbers: truths are those of the shards,
// predictions those of the model, by name; classifiers are refused; importance is what the RMSE
// grows by; without memory they end with words.
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "data/loader/loader_testing.h"
#include "learn/evaluate/evaluation.h"
#include "learn/evaluate/importance.h"
#include "learn/train/start_testing.h"

enum { M = TEST_CLASSES };

/// What is predicted are the numbers of hlf, times these.
static const float factors[M] = {2, 10, 0.5F};

typedef struct fixture {
    test_set set;
    char model[96];
} fixture;

/// \param note what the model says of the data that it was trained on; NULL: nothing
static void write_model(fixture *f, const char *const *targets, const char *note) {
    static const char yaml[] = "inputs: {hlf: [3]}\n"
                               "layers: [Dense: {units: 3, name: last}]\n";
    bl_context *context = test_context(1);
    bl_start start = {0};
    test_start_network(context, &start, yaml, 1);
    float *kernel = test_start_kernel(&start);
    for (size_t k = 0; k < M; k++)
        kernel[k * M + k] = factors[k];
    bl_nn_network_pack(start.bundle->network);
    if (note)
        assert_ok(bl_json_parse(&start.bundle->arena, "note", note, strlen(note),
                                &start.bundle->notes[BL_BUNDLE_dataset], NULL));
    start.bundle->n_classes = M;
    start.bundle->classes = targets;
    assert_ok(bl_bundle_write(context, start.bundle, f->model, true, NULL));
    bl_start_release(&start);
    bl_context_free(context);
}

static int begin(void **state) {
    fixture *f = (fixture *)calloc(1, sizeof *f);
    test_set_of of = usual;
    assert_non_null(f);
    of.has_numbers = true;
    test_set_init(&f->set, &of);
    f->set.part.name = "test";
    snprintf(f->model, sizeof f->model, "%s/model.blm", f->set.folder);
    *state = f;
    return 0;
}

static int end(void **state) {
    fixture *f = (fixture *)*state;
    (void)unlink(f->model);
    test_set_release(&f->set);
    free(f);
    return 0;
}

static bl_status open_model(bl_context *context, const fixture *f, bl_evaluation **ret_evaluation,
                            bl_error *err) {
    const char *const path = f->model;
    const bl_evaluation_options options = {.n_paths = 1, .paths = &path, .n_replicas = 3};
    return bl_evaluation_open(context, &f->set.prepared, &options, ret_evaluation, err);
}

static bl_evaluation *open_it(bl_context *context, const fixture *f) {
    bl_evaluation *evaluation = NULL;
    bl_error err = {0};
    if (open_model(context, f, &evaluation, &err) != BL_OK)
        fail_msg("%s", err.message);
    return evaluation;
}

static void truths_and_predictions(void **state) {
    fixture *f = (fixture *)*state;
    const char *const *names = f->set.prepared.classes;
    const char *const turned[M] = {names[1], names[2], names[0]};
    bl_context *context = test_context(2);
    for (size_t turn = 0; turn < 2; turn++) {
        write_model(f, turn ? turned : names, NULL);
        bl_evaluation *e = open_it(context, f);
        assert_int_equal(e->n_classes, 1);
        assert_int_equal(e->n_targets, M);
        assert_int_equal(e->test->n, f->set.n_events);
        for (size_t i = 0; i < e->test->n; i++)
            for (size_t k = 0; k < M; k++) {
                size_t from = turn ? (k + M - 1) % M : k;
                assert_int_equal(e->test->labels[i], 0);
                assert_true(e->test->truths[i * M + k] == (double)(i + k));
                assert_true(e->test->scores[0][i * M + k] ==
                            factors[from] * test_vector((int64_t)i, from));
            }
        bl_evaluation_close(e);
    }
    bl_context_free(context);
}

static void expect(const fixture *f, bl_status status, const char *words) {
    bl_context *context = test_context(1);
    bl_evaluation *evaluation = NULL;
    bl_error err = {0};
    assert_int_equal(open_model(context, f, &evaluation, &err), status);
    if (status != BL_OK && !strstr(err.message, words))
        fail_msg("'%s' is not in: %s", words, err.message);
    bl_evaluation_close(evaluation);
    bl_context_free(context);
}

static void what_does_not_fit(void **state) {
    static const char of_classes[] = "{\"parts\": {\"train\": {\"events\": 3, \"classes\": "
                                     "{\"a\": 3}}}}",
                      of_numbers[] = "{\"parts\": {\"train\": {\"events\": 3}}}";
    static const char *const others[] = {"x", "y", "z"};
    fixture *f = (fixture *)*state;
    write_model(f, f->set.prepared.classes, of_classes);
    expect(f, BL_E_SHAPE, "the model tells classes apart, and labels of the data are numbers");
    write_model(f, f->set.prepared.classes, of_numbers);
    expect(f, BL_OK, "");
    f->set.prepared.label_kind = BL_LABEL_OF_SAMPLE;
    expect(f, BL_E_SHAPE, "the model predicts numbers, and labels of the data are classes");
    f->set.prepared.label_kind = BL_LABEL_NUMBERS;
    write_model(f, others, of_numbers);
    expect(f, BL_E_SHAPE, "the data have no number 'x'; numbers of the model are x, y, z");
    write_model(f, f->set.prepared.classes, NULL);
    f->set.prepared.n_classes = 2; // of three that each event has
    expect(f, BL_E_SHAPE, "has 3 numbers, the data have 2 numbers to predict:");
    f->set.prepared.n_classes = M;
}

/// A number that only the second target is made of.
static void importance_is_of_targets(void **state) {
    fixture *f = (fixture *)*state;
    bl_context *context = test_context(2);
    bl_importance importance;
    write_model(f, f->set.prepared.classes, NULL);
    bl_evaluation *e = open_it(context, f);
    assert_ok(bl_importance_make(&e->arena, e, 0, &importance, NULL));
    assert_int_equal(importance.n_aims, M);
    assert_int_equal(importance.n, TEST_WIDTH + 1);
    for (size_t k = 0; k < M; k++) {
        double sum = 0, all = 0;
        for (size_t i = 0; i < e->test->n; i++) {
            double r = (double)e->test->scores[0][i * M + k] - e->test->truths[i * M + k];
            sum += e->test->physics[i] * r * r;
            all += e->test->physics[i];
        }
        assert_true(fabs(importance.before[k] / sqrt(sum / all) - 1) < 1e-12);
        for (size_t column = 0; column < TEST_WIDTH; column++)
            assert_true((importance.items[k * importance.n + column].loss != 0) == (column == k));
    }
    bl_evaluation_close(e);
    bl_context_free(context);
}

// ---- faults ----

static bl_status open_and_ask(bl_context *context, void *state) {
    bl_evaluation *evaluation = NULL;
    bl_importance importance;
    bl_status status = open_model(context, (fixture *)state, &evaluation, NULL);
    if (status == BL_OK)
        status = bl_importance_make(&evaluation->arena, evaluation, 0, &importance, NULL);
    bl_evaluation_close(evaluation);
    return status;
}

static void without_memory(void **state) {
    fixture *f = (fixture *)*state;
    write_model(f, f->set.prepared.classes, NULL);
    test_some_allocations_fail(open_and_ask, f, 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(truths_and_predictions, begin, end),
        cmocka_unit_test_setup_teardown(what_does_not_fit, begin, end),
        cmocka_unit_test_setup_teardown(importance_is_of_targets, begin, end),
        cmocka_unit_test_setup_teardown(without_memory, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
