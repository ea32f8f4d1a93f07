// SPDX-License-Identifier: Apache-2.0
// Predictors on small tables: scores are those of the model run by hand, events that the selection
// leaves out have none, of folds each is scored by its model, and what does not fit is named.
#include <sys/stat.h>

#include "base/whole_file.h"
#include "column/column.h"
#include "infer/predict/aligned.h"
#include "infer/predict/predict_testing.h"
#include "infer/predict/private.h"

enum { CLASSES = 2 };

/// What the particles' model makes of an event by hand.
typedef struct by_hand {
    bl_model *model;
    bl_runner *runner;
} by_hand;

static by_hand begin_by_hand(bl_context *context, const char *name) {
    by_hand h = {0};
    assert_ok(bl_model_open(context, test_path(name), NULL, &h.model, NULL));
    assert_ok(bl_runner_new(h.model, 1, &h.runner, NULL));
    return h;
}

static void end_by_hand(by_hand *h) {
    bl_runner_free(h->runner);
    bl_model_free(h->model);
}

/// \param shift of the numbers 0 and 2 of the event
static void run_by_hand(const by_hand *h, int event, float shift, float scores[CLASSES]) {
    float particles[TEST_ROWS * TEST_COLUMNS + 1], others[TEST_OTHERS];
    const int64_t offsets[] = {0, (int64_t)test_rows_of(event)};
    const bl_model_feed feeds[] = {{.values = particles, .offsets = offsets}, {.values = others}};
    for (size_t row = 0; row < test_rows_of(event); row++)
        for (size_t i = 0; i < TEST_COLUMNS; i++)
            particles[row * TEST_COLUMNS + i] = (float)test_particle(event, row, i);
    for (size_t i = 0; i < TEST_OTHERS; i++)
        others[i] = (float)test_other(event, i) + (i == 1 ? 0 : shift);
    assert_ok(bl_runner_run(h->runner, 1, feeds, (float *[]){&scores[1]}, NULL));
    scores[0] = 1 - scores[1];
}

static uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/// The same bits, but that one NaN is as good as another.
static void assert_same_scores(const float *is, const float *wanted) {
    for (size_t i = 0; i < CLASSES; i++)
        assert_true(isnan(wanted[i]) ? isnan(is[i]) : bits_of(is[i]) == bits_of(wanted[i]));
}

static void must_open(predicting *p, bl_context *context, const char *model, const char *sample,
                      const char *files, const char *variation) {
    bl_error err = {0};
    *p = (predicting){0};
    if (predicting_open(p, context, model, sample, files, variation, &err) != BL_OK)
        fail_msg("%s", err.message);
}

/// Scores of all entries. \param ret_columns [CLASSES × TEST_EVENTS]
static size_t predict_all(predicting *p, float *ret_columns) {
    bl_aligned aligned = {.n_columns = CLASSES};
    bl_context *context = p->predictor->context;
    bl_predicted predicted;
    bl_error err = {0};
    size_t n = 0;
    bl_status status;
    assert_ok(bl_aligned_begin(context, &aligned, 0, TEST_EVENTS, NULL));
    while ((status = bl_prediction_next(p->prediction, &predicted, &err)) == BL_OK) {
        bl_aligned_put(&aligned, predicted.n, predicted.rows, predicted.scores);
        n += predicted.n;
    }
    if (status != BL_END)
        fail_msg("%s", err.message);
    for (size_t k = 0; k < CLASSES; k++)
        memcpy(ret_columns + k * TEST_EVENTS, bl_aligned_column(&aligned, k),
               TEST_EVENTS * sizeof(float));
    bl_aligned_release(context, &aligned);
    return n;
}

// ---- scores ----

static void check_all(unsigned n_threads, const char *variation, float shift) {
    bl_context *context = test_context(n_threads);
    static float columns[CLASSES * TEST_EVENTS];
    predicting p;
    by_hand h = begin_by_hand(context, "model.blm");
    must_open(&p, context, "model.blm", "", "[ab].ndjson", variation);
    assert_int_equal(predict_all(&p, columns), TEST_EVENTS / 10 * 7);
    for (int i = 0; i < TEST_EVENTS; i++) {
        const float is[] = {columns[i], columns[TEST_EVENTS + i]};
        float wanted[CLASSES] = {NAN, NAN};
        if (test_is_taken(i))
            run_by_hand(&h, i, shift, wanted);
        assert_same_scores(is, wanted);
    }
    predicting_close(&p);
    end_by_hand(&h);
    bl_context_free(context);
}

static void scores_are_those_of_the_model(void **state) {
    (void)state;
    for (unsigned n_threads = 1; n_threads < 4; n_threads++)
        check_all(n_threads, NULL, 0);
}

static void variations_have_columns_of_their_own(void **state) {
    (void)state;
    check_all(2, "up", 0.5F);
}

static void what_is_known_before(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_predictor *p = NULL;
    bl_sample_config *sample, *again;
    assert_ok(bl_predictor_open(context, test_path("model.blm"), NULL, &p, NULL));
    assert_int_equal(bl_predictor_n_models(p), 1);
    assert_int_equal(bl_predictor_n_classes(p), CLASSES);
    assert_string_equal(bl_predictor_class(p, 0), "one");
    assert_string_equal(bl_predictor_class(p, 1), "other");
    assert_int_equal(bl_model_n_inputs(bl_predictor_model(p, 0)), 2);
    assert_int_equal(bl_predictor_config(p)->n_samples, 0);
    assert_int_equal(bl_predictor_config(p)->prepare.n_observers, 2);
    assert_ok(bl_predictor_add_sample(p, "other", &sample, NULL));
    assert_string_equal(sample->dataset, "d");
    assert_ok(bl_predictor_add_sample(p, "one", &sample, NULL));
    assert_null(sample->weight);
    assert_int_equal(sample->files.n, 0);
    assert_ok(bl_predictor_add_sample(p, "one", &again, NULL));
    assert_ptr_equal(sample, again);
    bl_predictor_close(p);
    bl_context_free(context);
}

/// A model whose folder is named, whose classes are its own, and one without either.
static void classes_have_names(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_predictor *p = NULL;
    assert_ok(bl_predictor_open(context, test_path("hlf"), NULL, &p, NULL));
    assert_int_equal(bl_predictor_n_classes(p), 3);
    assert_string_equal(bl_predictor_class(p, 2), "W");
    bl_predictor_close(p);
    assert_ok(bl_predictor_open(context, test_path("unlabelled.blm"), NULL, &p, NULL));
    assert_int_equal(bl_predictor_n_classes(p), 1);
    assert_string_equal(bl_predictor_class(p, 0), "output");
    bl_predictor_close(p);
    bl_context_free(context);
}

// ---- a model that keeps nothing but a network ----

/// The same in a configuration and in a model: the four particles of largest p0, (x − 0.5)·2.
static const char by_numbers[] =
    "selection: [cut > 2]\n"
    "labels: {type: simple, value: [a, b]}\n"
    "inputs:\n"
    "  event: {vars: [{name: e0, subtract: 0.5, multiply: 2, missing: 0.25},\n"
    "    {name: e1, subtract: 0.5, multiply: 2},\n"
    "    {name: e2, subtract: 0.5, multiply: 2, missing: 0.25}]}\n"
    "  particles: {length: 4, pad_mode: none, order: {by: p0}, vars: [p0, p1, p2, p3, p4]}\n";

static bl_status made_bare(bl_context *made_in, bl_bundle **ret_bundle) {
    BL_TRY(made_particles(made_in, ret_bundle));
    (*ret_bundle)->transform.n_inputs = 0;
    return BL_OK;
}

static bl_status made_kept(bl_context *made_in, bl_bundle **ret_bundle) {
    bl_bundle *bundle = NULL;
    BL_TRY(made_bare(made_in, &bundle));
    bl_nn_columns *inputs = bundle->transform.inputs;
    for (size_t i = 0; i < 2; i++)
        BL_TRY(bl_nn_columns_init(&bundle->arena, inputs[i].input, inputs[i].n, &inputs[i], NULL));
    inputs[0].rows = (bl_nn_arrangement){BL_NN_ORDER_COLUMN, .length = 4};
    for (size_t i = 0; i < TEST_OTHERS; i++) {
        inputs[1].offset[i] = 0.5;
        inputs[1].scale[i] = 2;
        inputs[1].missing[i] = 0.25;
    }
    bundle->transform.n_inputs = 2;
    *ret_bundle = bundle;
    return BL_OK;
}

/// Numbers go through what the configuration says: here through what the other model keeps.
static void configurations_transform(void **state) {
    (void)state;
    bl_context *context = test_context(2);
    static float columns[CLASSES * TEST_EVENTS], wanted[CLASSES * TEST_EVENTS];
    predicting p;
    test_write_model("bare.blm", made_bare, by_numbers, 0);
    must_open(&p, context, "bare.blm", "", "[ab].ndjson", NULL);
    assert_int_equal(predict_all(&p, columns), TEST_EVENTS / 10 * 7);
    predicting_close(&p);
    test_write_model("kept.blm", made_kept, test_configuration, 0);
    must_open(&p, context, "kept.blm", "", "[ab].ndjson", NULL);
    (void)predict_all(&p, wanted);
    predicting_close(&p);
    for (size_t i = 0; i < TEST_EVENTS; i++) {
        const float is[] = {columns[i], columns[TEST_EVENTS + i]};
        assert_same_scores(is, (const float[]){wanted[i], wanted[TEST_EVENTS + i]});
        bool is_known = test_is_taken((int)i) && !isnan(test_other((int)i, 1));
        assert_true(isnan(is[0]) == !is_known);
    }
    bl_context_free(context);
}

// ---- events in memory ----

static void batches_are_run_alone(void **state) {
    (void)state;
    test_allocator counting = {0};
    bl_allocator allocator = test_allocator_face(&counting);
    bl_context *context = test_context_of(1, &allocator, 0);
    predicting p;
    bl_predicted predicted;
    static float scores[TEST_EVENTS * CLASSES];
    must_open(&p, context, "model.blm", "", "[ab].ndjson", NULL);
    assert_ok(bl_prediction_next(p.prediction, &predicted, NULL));
    // the columns of this stream are called as the configuration calls them
    bl_batch *named = NULL;
    const bl_stream *stream = bl_prediction_stream(p.prediction);
    const char *names[16];
    for (size_t i = 0; i < stream->n_columns; i++)
        names[i] = stream->specs[i].name;
    assert_ok(
        bl_batch_new(context, stream->n_columns, names, 0, (int64_t)predicted.n, &named, NULL));
    for (size_t i = 0; i < stream->n_columns; i++) {
        const bl_column *column = &predicted.batch->columns[i];
        assert_ok(bl_column_concat(context, &column, 1, &named->columns[i], NULL));
    }
    assert_ok(bl_predictor_run(p.predictor, named, scores, NULL));
    for (size_t i = 0; i < predicted.n; i++)
        assert_same_scores(scores + i * CLASSES, predicted.scores + i * CLASSES);
    // with what one run left, another one allocates nothing
    bl_arena arena;
    bl_binding binding;
    bl_arena_init(&arena, context);
    const bl_column_finder finder = bl_stream_finder(stream);
    assert_ok(bl_predictor_bind(&arena, p.predictor, &finder, stream, &binding, NULL));
    bl_predict_events events = {.binding = &binding, .batch = named, .scores = scores};
    atomic_store(&counting.fail_in, 1); // the next fails
    assert_ok(bl_predict_run(&events, NULL));
    atomic_store(&counting.fail_in, 0);
    bl_arena_release(&arena);
    bl_batch_release(named);
    predicting_close(&p);
    bl_context_free(context);
    assert_int_equal(counting.n_live, 0);
}

// ---- folds ----

static void write_text(const char *name, const char *text) {
    assert_ok(bl_whole_file_write(test_path(name), text, strlen(text), true, NULL));
}

static void each_event_has_its_model(void **state) {
    (void)state;
    bl_context *context = test_context(2);
    static float columns[CLASSES * TEST_EVENTS];
    predicting p;
    by_hand models[2] = {begin_by_hand(context, "folds/zero.blm"),
                         begin_by_hand(context, "folds/one.blm")};
    size_t n[2] = {0};
    must_open(&p, context, "folds", "other", "[ab].ndjson", NULL);
    assert_int_equal(bl_predictor_n_models(p.predictor), 2);
    (void)predict_all(&p, columns);
    for (int i = 0; i < TEST_EVENTS; i++) {
        const float is[] = {columns[i], columns[TEST_EVENTS + i]};
        const int64_t identity[] = {i / 100, i};
        size_t fold = bl_event_fate_of(0, 17, "d", identity, 2).share < 0.5 ? 0 : 1;
        float wanted[CLASSES];
        if (!test_is_taken(i))
            continue;
        n[fold]++;
        run_by_hand(&models[fold], i, 0, wanted);
        assert_same_scores(is, wanted);
    }
    assert_true(n[0] > 50 && n[1] > 50);
    predicting_close(&p);
    end_by_hand(&models[0]);
    end_by_hand(&models[1]);
    bl_context_free(context);
}

// ---- what does not fit ----

/// Whether all words are in a message.
static void assert_words(const bl_error *err, const char *const *words) {
    for (; *words; words++)
        if (!strstr(err->message, *words))
            fail_msg("'%s' is not in: %s", *words, err->message);
}

static void refuse(const char *model, const char *sample, bl_status wanted,
                   const char *const *words) {
    bl_context *context = test_context(1);
    bl_error err = {0};
    predicting p = {0};
    bl_predicted predicted;
    bl_status status = predicting_open(&p, context, model, sample, "[ab].ndjson", NULL, &err);
    while (status == BL_OK)
        status = bl_prediction_next(p.prediction, &predicted, &err);
    if (status != wanted)
        fail_msg("%s: %s", bl_status_text(status), err.message);
    assert_words(&err, words);
    predicting_close(&p);
    bl_context_free(context);
}

#define REFUSES(model, sample, status, ...) \
    refuse(model, sample, status, (const char *const[]){__VA_ARGS__, NULL})

/// A model of particles with another configuration.
static void refuse_configuration(const char *configuration, bl_status wanted,
                                 const char *const *words) {
    test_write_model("other.blm", made_particles, configuration, 0);
    refuse("other.blm", "", wanted, words);
}

#define REFUSES_WITH(configuration, status, ...) \
    refuse_configuration(configuration, status, (const char *const[]){__VA_ARGS__, NULL})

#define PARTICLES \
    "  particles: {vars: [particles_0, particles_1, particles_2, particles_3, particles_4]}\n"
#define NAMES                                                                   \
    "new_variables: {event_0: e0, event_1: e1, event_2: e2, particles_0: p0,\n" \
    "  particles_1: p1, particles_2: p2, particles_3: p3, particles_4: p4}\n"
#define EVENT "  event: {vars: [event_0, event_1, event_2]}\n"

static void models_and_data_are_named(void **state) {
    (void)state;
    REFUSES("none.blm", "", BL_E_INVALID, "none.blm", "keeps no data configuration");
    REFUSES("nowhere", "", BL_E_NOTFOUND, "nowhere");
    REFUSES_WITH("treename: t\n", BL_E_INVALID, "no inputs", "other.blm");
    REFUSES_WITH("inputs:\n" EVENT "  partikles: {vars: [p0]}\n", BL_E_NOTFOUND,
                 "no input 'particles'", "it has 'event', 'partikles'", "did you mean 'partikles'");
    REFUSES_WITH(NAMES "inputs:\n" PARTICLES "  event: {vars: [event_0, event_1]}\n", BL_E_SHAPE,
                 "other.blm", "'event' is a vector of 3", "a vector of 2");
    REFUSES_WITH(NAMES "inputs:\n" EVENT
                       "  particles: {vars: [event_0, event_1, event_2, e0, e1]}\n",
                 BL_E_SHAPE, "'particles' is a sequence of rows of 5", "a vector of 5");
    REFUSES_WITH(NAMES "inputs:\n" PARTICLES "  event: {vars: [event_1, event_0, event_2]}\n",
                 BL_E_INVALID, "number 0", "'event_0'", "'event_1'");
    REFUSES_WITH(NAMES "inputs:\n" PARTICLES "  event: {vars: [event_0, event_1, evnt]}\n",
                 BL_E_NOTFOUND, "'evnt'", "did you mean");
    REFUSES_WITH(NAMES "inputs:\n" PARTICLES "  event: {vars: [e0, text, e1]}\n", BL_E_TYPE,
                 "'text'", "no number");
    REFUSES_WITH(NAMES "inputs: [1\n", BL_E_INVALID, "other.blm: data configuration:");
}

static void transforms_are_known(void **state) {
    (void)state;
    static const char fitted[] = "inputs:\n  event: {scale: minmax, vars: [e0, e1, e2]}\n"
                                 "  particles: {vars: [p0, p1, p2, p3, p4]}\n";
    static const char longer[] = "inputs:\n  event: {vars: [e0, e1, e2]}\n"
                                 "  particles: {length: 8, vars: [p0, p1, p2, p3, p4]}\n";
    test_write_model("bare.blm", made_bare, fitted, 0);
    REFUSES("bare.blm", "", BL_E_INVALID, "inputs.event", "'e0'", "minmax", "bare.blm");
    test_write_model("bare.blm", made_bare, longer, 0);
    REFUSES("bare.blm", "", BL_E_SHAPE, "inputs.particles", "at most 7 rows", "length is 8");
}

static void events_are_named(void **state) {
    (void)state;
    const char *lists = "new_variables: {event_0: e0, event_1: e1, event_2: e2, particles_0: p0,\n"
                        "  particles_1: 'p1[p1 < 3]', particles_2: p2, particles_3: p3,\n"
                        "  particles_4: p4}\ninputs:\n" EVENT PARTICLES;
    REFUSES_WITH(lists, BL_E_SHAPE, "a.ndjson: entry ", "inputs.particles: 'particles_0' has ",
                 "'particles_1'");
    REFUSES_WITH(NAMES "inputs:\n" EVENT PARTICLES, BL_E_SHAPE, "a.ndjson: entry 40",
                 "inputs.particles", "there are 8 rows", "'particles' takes 7", "length");
    REFUSES("folds", "", BL_E_INVALID, "folds", "'one', 'other'");
}

static void folds_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bl_status status;
        const char *words[3];
    } cases[] = {
        {"{}", BL_E_INVALID, {"folds.json", "'beamline folds'", NULL}},
        {"{\"format\": \"beamline folds\", \"version\": 2, \"rule\": \"xxh3\"}",
         BL_E_UNSUPPORTED,
         {"folds.json", "version 2", NULL}},
        {"{\"format\": \"beamline folds\", \"version\": 1, \"rule\": \"dice\"}",
         BL_E_UNSUPPORTED,
         {"folds.json", "'dice'", NULL}},
        {"{\"format\": \"beamline folds\", \"version\": 1, \"rule\": \"xxh3\", \"folds\": 2, "
         "\"models\": [\"../model.blm\"]}",
         BL_E_INVALID,
         {"folds.json", "list of 2", NULL}},
        {"{\"format\": \"beamline folds\", \"version\": 1, \"rule\": \"xxh3\", \"folds\": 2, "
         "\"models\": [\"../model.blm\", \"../hlf/model.blm\"]}",
         BL_E_SHAPE,
         {"hlf/model.blm", "model.blm", NULL}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text("wrong/folds.json", cases[i].text);
        refuse("wrong", "", cases[i].status, cases[i].words);
    }
}

// ---- aligned ----

static void scores_stand_beside_entries(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_aligned aligned = {.n_columns = 2};
    const int64_t entries[] = {11, 13};
    const float values[] = {1, 2, 3, 4};
    for (int64_t first = 10; first < 12; first++) {
        assert_ok(bl_aligned_begin(context, &aligned, first, 14, NULL));
        bl_aligned_put(&aligned, 2, entries, values);
        const float *a = bl_aligned_column(&aligned, 0) - first;
        const float *b = bl_aligned_column(&aligned, 1) - first;
        assert_true(first == 11 || (isnan(a[10]) && isnan(b[10])));
        assert_true(a[11] == 1 && b[11] == 2 && isnan(a[12]) && isnan(b[12]));
        assert_true(a[13] == 3 && b[13] == 4);
    }
    assert_ok(bl_aligned_begin(context, &aligned, 5, 5, NULL));
    bl_aligned_release(context, &aligned);
    bl_context_free(context);
}

// ---- files ----

static const char no_labels[] =
    "inputs:\n  event: {vars: [e0, e1, e2]}\n  particles: {vars: [p0]}\n";
static const char of_hlf[] = "inputs: {anything: {vars: [e0]}}\n";

static int make_files(void **state) {
    assert_int_equal(test_make_folder(state), 0);
    static const char *const folders[] = {"folds", "hlf", "wrong"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        assert_int_equal(mkdir(test_path(folders[i]), 0700), 0);
    test_write_events("a.ndjson", 0, TEST_EVENTS / 3);
    test_write_events("b.ndjson", TEST_EVENTS / 3, TEST_EVENTS);
    test_write_model("model.blm", made_particles, test_configuration, 0);
    test_write_model("unlabelled.blm", made_particles, no_labels, 0);
    test_write_model("none.blm", made_particles, NULL, 0);
    test_write_model("hlf/model.blm", made_hlf, of_hlf, 0);
    test_write_model("folds/zero.blm", made_particles, test_configuration, 0.25F);
    test_write_model("folds/one.blm", made_particles, test_configuration, -0.25F);
    write_text("folds/folds.json",
               "{\"format\": \"beamline folds\", \"version\": 1, \"folds\": 2, \"rule\": \"xxh3\", "
               "\"split_seed\": 17, \"identity\": [\"run\", \"event\"], "
               "\"models\": [\"zero.blm\", \"one.blm\"]}");
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_model),
        cmocka_unit_test(variations_have_columns_of_their_own),
        cmocka_unit_test(what_is_known_before),
        cmocka_unit_test(classes_have_names),
        cmocka_unit_test(configurations_transform),
        cmocka_unit_test(batches_are_run_alone),
        cmocka_unit_test(each_event_has_its_model),
        cmocka_unit_test(models_and_data_are_named),
        cmocka_unit_test(transforms_are_known),
        cmocka_unit_test(events_are_named),
        cmocka_unit_test(folds_are_checked),
        cmocka_unit_test(scores_stand_beside_entries),
    };
    return cmocka_run_group_tests(tests, make_files, test_remove_folder);
}
