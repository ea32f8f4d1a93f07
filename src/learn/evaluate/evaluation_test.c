// SPDX-License-Identifier: Apache-2.0
// Evaluations of a small prepared set: every event has the bits that its model gives it alone, in
// folds those of the model that has not seen it; what does not fit is named; without memory it ends
// with words.
#include "learn/evaluate/evaluation.h"

#include <string.h>
#include <sys/stat.h>

#include "data/loader/loader_testing.h"
#include "learn/train/folds.h"
#include "learn/train/start_testing.h"

enum { FOLDS = 3, PATH = 256 };

static const char network[] = "inputs: {particles: {shape: [4, 3], ragged: true}, hlf: [3]}\n"
                              "layers:\n"
                              "  - GRU: {units: 3, input: particles, name: gru}\n"
                              "  - Concatenate: {input: [gru, hlf]}\n"
                              "  - Dense: {units: 3, activation: softmax}\n";

static const char *const classes[] = {"a", "b", "c"}, *const turned[] = {"c", "a", "b"};

typedef struct fixture {
    test_set set;
    bl_prepared_part parts[FOLDS + 1];
    char folder[64]; ///< of runs
} fixture;

// ---- what is evaluated ----

static void path_of(const fixture *f, const char *name, char path[static PATH]) {
    snprintf(path, PATH, "%s/%s", f->folder, name);
}

/// Writes a model whose parameters follow from a seed.
static void write_model(const fixture *f, const char *name, const char *yaml, uint64_t seed,
                        size_t n_classes, const char *const *of) {
    bl_context *context = test_context(1);
    bl_start start = {0};
    char path[PATH];
    path_of(f, name, path);
    test_start_network(context, &start, yaml, seed);
    start.bundle->n_classes = n_classes;
    start.bundle->classes = of;
    assert_ok(bl_bundle_write(context, start.bundle, path, true, NULL));
    bl_start_release(&start);
    bl_context_free(context);
}

static void make_folder(const fixture *f, const char *name) {
    char path[PATH];
    path_of(f, name, path);
    assert_int_equal(mkdir(path, 0777), 0);
}

/// Shard k is fold k, and all of them the test where there are no folds.
static int begin(void **state) {
    static const char *const names[] = {"fold-0", "fold-1", "fold-2", "test"};
    fixture *f = (fixture *)calloc(1, sizeof *f);
    assert_non_null(f);
    test_set_init(&f->set, &usual);
    snprintf(f->folder, sizeof f->folder, "/tmp/beamline-evaluate-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    for (size_t k = 0; k <= FOLDS; k++) {
        f->parts[k] = f->set.part;
        f->parts[k].name = names[k];
        if (k < FOLDS) {
            f->parts[k].n_shards = 1;
            f->parts[k].shards = &f->set.shards[k];
            f->parts[k].n_rows = f->set.shards[k].n_rows;
        }
    }
    f->set.prepared.parts = f->parts;
    f->set.prepared.n_parts = FOLDS + 1;
    f->set.prepared.n_folds = FOLDS;
    f->set.prepared.fingerprint = "made";
    make_folder(f, "run");
    for (uint64_t k = 0; k < FOLDS; k++) {
        char name[32];
        snprintf(name, sizeof name, "run/fold-%d", (int)k);
        make_folder(f, name);
        snprintf(name, sizeof name, "run/fold-%d/model.blm", (int)k);
        write_model(f, name, network, 5 + k, 3, classes);
    }
    write_model(f, "one.blm", network, 9, 3, classes);
    write_model(f, "turned.blm", network, 9, 3, turned);
    *state = f;
    return 0;
}

static int end(void **state) {
    static const char *const names[] = {"run/fold-0/model.blm",
                                        "run/fold-0",
                                        "run/fold-1/model.blm",
                                        "run/fold-1",
                                        "run/fold-2/model.blm",
                                        "run/fold-2",
                                        "run/folds.json",
                                        "run",
                                        "one.blm",
                                        "turned.blm",
                                        "other.blm",
                                        ""};
    fixture *f = (fixture *)*state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[PATH];
        path_of(f, names[i], path);
        (void)remove(path);
    }
    test_set_release(&f->set);
    free(f);
    return 0;
}

static bl_status open_paths(bl_context *context, const fixture *f, const char *const *names,
                            size_t n, bl_evaluation **ret_evaluation, bl_error *err) {
    char room[2][PATH];
    const char *paths[2];
    for (size_t i = 0; i < n; i++) {
        path_of(f, names[i], room[i]);
        paths[i] = room[i];
    }
    const bl_evaluation_options options = {.n_paths = n, .paths = paths};
    return bl_evaluation_open(context, &f->set.prepared, &options, ret_evaluation, err);
}

static bl_evaluation *open_them(bl_context *context, const fixture *f, const char *const *names,
                                size_t n) {
    bl_evaluation *evaluation = NULL;
    bl_error err = {0};
    if (open_paths(context, f, names, n, &evaluation, &err) != BL_OK)
        fail_msg("%s", err.message);
    return evaluation;
}

// ---- scores ----

/// What a model says of one event, alone.
static void score_alone(const fixture *f, const char *name, int64_t event, float scores[3]) {
    bl_context *context = test_context(1);
    bl_model *model = NULL;
    bl_runner *runner = NULL;
    char path[PATH];
    float hlf[TEST_WIDTH], rows[TEST_MOST_ROWS * TEST_WIDTH];
    int64_t offsets[] = {0, test_n_rows(event)};
    for (size_t i = 0; i < TEST_WIDTH; i++)
        hlf[i] = test_vector(event, i);
    for (int64_t row = 0; row < offsets[1]; row++)
        for (size_t i = 0; i < TEST_WIDTH; i++)
            rows[(size_t)row * TEST_WIDTH + i] = test_row(event, row, i);
    path_of(f, name, path);
    assert_ok(bl_model_open(context, path, NULL, &model, NULL));
    assert_ok(bl_runner_new(model, 1, &runner, NULL));
    const bl_model_feed feeds[] = {{.values = rows, .offsets = offsets}, {.values = hlf}};
    assert_ok(bl_runner_run(runner, 1, feeds, &scores, NULL));
    bl_runner_free(runner);
    bl_model_free(model);
    bl_context_free(context);
}

static void check_scores(const fixture *f, const bl_scored *scored, const size_t *models) {
    size_t at = 0;
    for (size_t k = 0; k < FOLDS; k++)
        for (int64_t i = 0; i < usual.n_rows[k]; i++, at++) {
            char name[32];
            float alone[3];
            assert_int_equal(scored->keys[at], at);
            assert_int_equal(scored->labels[at], at % TEST_CLASSES);
            assert_true(scored->physics[at] == 0.5 * (double)at);
            assert_true(scored->training[at] == 2 + (double)at);
            snprintf(name, sizeof name, "run/fold-%zu/model.blm", models[k]);
            score_alone(f, name, (int64_t)at, alone);
            assert_memory_equal(alone, scored->scores[0] + 3 * at, sizeof alone);
        }
    assert_int_equal(scored->n, at);
}

static void folds_by_who_has_not_seen_them(void **state) {
    static const size_t unseen[] = {0, 1, 2}, seen[] = {1, 2, 0};
    const fixture *f = (const fixture *)*state;
    const char *const run = "run";
    char path[PATH];
    path_of(f, run, path);
    for (unsigned n_threads = 1; n_threads <= 2; n_threads++) {
        bl_context *context = test_context(n_threads);
        assert_ok(bl_folds_write(context, path, &f->set.prepared, NULL));
        bl_evaluation *e = open_them(context, f, &run, 1);
        assert_int_equal(e->subjects[0].n_models, FOLDS);
        assert_string_equal(e->subjects[0].name, "run");
        assert_string_equal(e->test->name, "test");
        check_scores(f, e->test, unseen);
        check_scores(f, e->train, seen);
        bl_evaluation_close(e);
        bl_context_free(context);
    }
}

/// The same parameters, whose outputs are called otherwise.
static void classes_by_name(void **state) {
    static const char *const both[] = {"one.blm", "turned.blm"};
    fixture *f = (fixture *)*state;
    bl_context *context = test_context(2);
    f->set.prepared.n_folds = 0;
    bl_evaluation *e = open_them(context, f, both, 2);
    f->set.prepared.n_folds = FOLDS;
    assert_int_equal(e->test->n, f->set.n_events);
    assert_null(e->train);
    for (size_t i = 0; i < e->test->n; i++)
        for (size_t k = 0; k < 3; k++)
            assert_true(e->test->scores[0][3 * i + k] == e->test->scores[1][3 * i + (k + 2) % 3]);
    bl_evaluation_close(e);
    bl_context_free(context);
}

// ---- what does not fit ----

static void expect(const fixture *f, const char *name, bl_status status, const char *const *words) {
    bl_context *context = test_context(1);
    bl_evaluation *evaluation = NULL;
    bl_error err = {0};
    assert_int_equal(open_paths(context, f, &name, 1, &evaluation, &err), status);
    assert_null(evaluation);
    for (; *words; words++)
        if (!strstr(err.message, *words))
            fail_msg("'%s' is not in: %s", *words, err.message);
    bl_context_free(context);
}

static void both_are_named(void **state) {
    static const char wide[] = "inputs: {hlf: [4]}\nlayers: [Dense: {units: 3}]\n";
    static const char long_rows[] = "inputs: {particles: {shape: [3, 3], ragged: true}}\n"
                                    "layers: [GRU: {units: 3}]\n";
    static const char two[] = "inputs: {hlf: [3]}\nlayers: [Dense: {units: 2}]\n";
    static const char unknown[] = "inputs: {hfl: [3]}\nlayers: [Dense: {units: 3}]\n";
    static const char right[] = "inputs: {hlf: [3]}\nlayers: [Dense: {units: 3}]\n";
    static const char *const others[] = {"a", "b", "d"};
    fixture *f = (fixture *)*state;
    char folds[PATH];
    path_of(f, "run", folds);
#define WORDS(...) ((const char *const[]){f->folder, f->set.folder, __VA_ARGS__, NULL})
    write_model(f, "other.blm", wide, 1, 0, NULL);
    expect(f, "other.blm", BL_E_SHAPE, WORDS("a vector of 4", "a vector of 3"));
    write_model(f, "other.blm", long_rows, 1, 0, NULL);
    expect(f, "other.blm", BL_E_SHAPE, WORDS("at most 3 rows of 3", "at most 4 rows of 3"));
    write_model(f, "other.blm", two, 1, 0, NULL);
    expect(f, "other.blm", BL_E_SHAPE, WORDS("2 numbers", "3 classes"));
    write_model(f, "other.blm", unknown, 1, 0, NULL);
    expect(f, "other.blm", BL_E_NOTFOUND, WORDS("hfl", "did you mean 'hlf'"));
    write_model(f, "other.blm", right, 1, 3, others);
    expect(f, "other.blm", BL_E_SHAPE, WORDS("no class 'd'", "a, b, c"));
    bl_context *context = test_context(1);
    f->set.prepared.split_seed = 4;
    assert_ok(bl_folds_write(context, folds, &f->set.prepared, NULL));
    f->set.prepared.split_seed = 0;
    expect(f, "run", BL_E_INVALID, WORDS("another rule, identity or seed"));
    bl_context_free(context);
    expect(f, "run/fold-1/model.blm.not", BL_E_NOTFOUND, (const char *const[]){f->folder, NULL});
    f->set.prepared.label_kind = BL_LABEL_NUMBERS;
    expect(f, "one.blm", BL_E_CORRUPT, (const char *const[]){f->set.folder, "'label'", NULL});
    f->set.prepared.label_kind = BL_LABEL_OF_SAMPLE;
    f->set.prepared.is_complete = false;
    expect(f, "one.blm", BL_E_INVALID, (const char *const[]){f->set.folder, NULL});
    f->set.prepared.is_complete = true;
#undef WORDS
}

static void without_room(void **state) {
    fixture *f = (fixture *)*state;
    const char *const one = "one.blm";
    bl_context *context = test_context_of(1, NULL, 16 << 20);
    bl_evaluation *evaluation = NULL;
    f->parts[FOLDS].n_rows = 1 << 30;
    f->set.prepared.n_folds = 0;
    assert_int_equal(open_paths(context, f, &one, 1, &evaluation, NULL), BL_E_LIMIT);
    f->set.prepared.n_folds = FOLDS;
    bl_context_free(context);
}

// ---- faults ----

static bl_status open_run(bl_context *context, void *state) {
    const char *const one = "run";
    bl_evaluation *evaluation = NULL;
    bl_status status = open_paths(context, (fixture *)state, &one, 1, &evaluation, NULL);
    bl_evaluation_close(evaluation);
    return status;
}

static void without_memory(void **state) {
    fixture *f = (fixture *)*state;
    char path[PATH];
    bl_context *context = test_context(1);
    path_of(f, "run", path);
    assert_ok(bl_folds_write(context, path, &f->set.prepared, NULL));
    bl_context_free(context);
    test_some_allocations_fail(open_run, f, 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folds_by_who_has_not_seen_them, begin, end),
        cmocka_unit_test_setup_teardown(classes_by_name, begin, end),
        cmocka_unit_test_setup_teardown(both_are_named, begin, end),
        cmocka_unit_test_setup_teardown(without_room, begin, end),
        cmocka_unit_test_setup_teardown(without_memory, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
