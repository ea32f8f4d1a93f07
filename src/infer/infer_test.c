// SPDX-License-Identifier: Apache-2.0
// Models through their interface: against sums in double, the same bits alone and among others and
// on many threads, nothing allocated, and mistakes of callers.
#include <beamline/infer.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "base/folder_testing.h"
#include "base/testing.h"
#include "infer/model.h"
#include "model/bundle/made_testing.h"

enum { EVENTS = 150, WIDTH = 14, CLASSES = 3, STEPS = 7, COLUMNS = 5, OTHERS = 3 };

static test_allocator allocator;
static bl_context *context;
static const char *hlf_path, *particles_path, *ordered_path, *repeated_path, *other_path;

/// Events for both models; some numbers are missing.
static float hlf[EVENTS * WIDTH], particles[EVENTS * STEPS * COLUMNS], others[EVENTS * OTHERS];
static int64_t offsets[EVENTS + 1];

static void draw(float *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        values[i] = i % 17 == 16 ? NAN : (float)(4 * drand48() - 1);
}

static bl_model *open_model(const char *path, bool raw, const char *layer) {
    const bl_model_options options = {.size = sizeof options, .raw = raw, .layer = layer};
    bl_model *model = NULL;
    bl_error err = {0};
    if (bl_model_open(context, path, &options, &model, &err) != BL_OK)
        fail_msg("%s", err.message);
    return model;
}

static bl_runner *new_runner(const bl_model *model, size_t most_events) {
    bl_runner *runner = NULL;
    assert_ok(bl_runner_new(model, most_events, &runner, NULL));
    return runner;
}

// ---- the same by naive sums ----

static const float *parameter(const bl_bundle *bundle, const char *layer, const char *name) {
    const bl_nn_parameter *p = bl_nn_network_find(bundle->network, layer, name);
    assert_non_null(p);
    return bundle->network->parameters + p->offset;
}

static void dense(const bl_bundle *bundle, const char *layer, const double *x, size_t k, size_t n,
                  double (*activation)(double), double *out) {
    const float *w = parameter(bundle, layer, "kernel"), *b = parameter(bundle, layer, "bias");
    for (size_t i = 0; i < n; i++) {
        out[i] = b[i];
        for (size_t j = 0; j < k; j++)
            out[i] += x[j] * w[j * n + i];
        out[i] = activation(out[i]);
    }
}

static double relu(double x) { return x > 0 ? x : 0; }
static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static void transform(const bl_bundle *bundle, size_t input, const float *x, double *out) {
    float y[64];
    const bl_nn_columns *columns = &bundle->transform.inputs[input];
    bl_nn_columns_run(columns, 1, x, columns->n, y, columns->n);
    for (size_t i = 0; i < columns->n; i++)
        out[i] = y[i];
}

static void hlf_of(const bl_bundle *bundle, const float *x, double out[CLASSES]) {
    double a[64] = {0}, b[64] = {0}, sum = 0;
    transform(bundle, 0, x, a);
    dense(bundle, "first", a, WIDTH, 50, relu, b);
    dense(bundle, "second", b, 50, 20, relu, a);
    dense(bundle, "third", a, 20, 10, relu, b);
    dense(bundle, "output", b, 10, CLASSES, exp, out);
    for (size_t i = 0; i < CLASSES; i++)
        sum += out[i];
    for (size_t i = 0; i < CLASSES; i++)
        out[i] /= sum;
}

static double particles_of(const bl_bundle *bundle, size_t event) {
    double x[COLUMNS] = {0}, y[18], both[18 + OTHERS] = {0}, out[1];
    size_t n = (size_t)(offsets[event + 1] - offsets[event]);
    for (size_t r = 0; r < n; r++) {
        transform(bundle, 0, particles + ((size_t)offsets[event] + r) * COLUMNS, x);
        dense(bundle, "each", x, COLUMNS, 18, tanh, y);
        for (size_t i = 0; i < 18; i++)
            both[i] += y[i] / (double)n;
    }
    transform(bundle, 1, others + event * OTHERS, both + 18);
    dense(bundle, "output", both, 18 + OTHERS, 1, sigmoid, out);
    return out[0];
}

static void results_are_those_of_sums(void **state) {
    (void)state;
    float out[EVENTS * CLASSES];
    bl_model *model = open_model(hlf_path, false, NULL);
    bl_runner *runner = new_runner(model, 0);
    assert_ok(
        bl_runner_run(runner, EVENTS, &(bl_model_feed){.values = hlf}, (float *[]){out}, NULL));
    for (size_t e = 0; e < EVENTS; e++) {
        double wanted[CLASSES];
        hlf_of(model->bundle, hlf + e * WIDTH, wanted);
        for (size_t i = 0; i < CLASSES; i++)
            assert_true(fabs(out[e * CLASSES + i] - wanted[i]) < 1e-5);
    }
    bl_runner_free(runner);
    bl_model_free(model);
    model = open_model(particles_path, false, NULL);
    runner = new_runner(model, 5);
    const bl_model_feed feeds[] = {{particles, 0, offsets}, {others, 0, NULL}};
    assert_ok(bl_runner_run(runner, EVENTS, feeds, (float *[]){out}, NULL));
    for (size_t e = 0; e < EVENTS; e++)
        if (offsets[e + 1] > offsets[e])
            assert_true(fabs(out[e] - particles_of(model->bundle, e)) < 1e-5);
    bl_runner_free(runner);
    bl_model_free(model);
}

// ---- the same bits ----

/// Both models over all events, `most` at once, `a_call` in a call.
typedef struct results {
    float hlf[EVENTS * CLASSES], particles[EVENTS];
} results;

static bl_status run_hlf(const bl_model *model, size_t most, size_t a_call, results *ret) {
    bl_runner *runner = NULL;
    BL_TRY(bl_runner_new(model, most, &runner, NULL));
    bl_status status = BL_OK;
    for (size_t e = 0; e < EVENTS && status == BL_OK; e += a_call) {
        size_t n = EVENTS - e < a_call ? EVENTS - e : a_call;
        status = bl_runner_run(runner, n, &(bl_model_feed){.values = hlf + e * WIDTH},
                               (float *[]){ret->hlf + e * CLASSES}, NULL);
    }
    bl_runner_free(runner);
    return status;
}

static bl_status run_particles(const bl_model *model, size_t most, size_t a_call, results *ret) {
    bl_runner *runner = NULL;
    BL_TRY(bl_runner_new(model, most, &runner, NULL));
    bl_status status = BL_OK;
    for (size_t e = 0; e < EVENTS && status == BL_OK; e += a_call) {
        size_t n = EVENTS - e < a_call ? EVENTS - e : a_call;
        const bl_model_feed feeds[] = {{particles, 0, offsets + e}, {others + e * OTHERS, 0, NULL}};
        status = bl_runner_run(runner, n, feeds, (float *[]){ret->particles + e}, NULL);
    }
    bl_runner_free(runner);
    return status;
}

typedef struct both_models {
    bl_model *hlf, *particles;
} both_models;

static bl_status run_both(const both_models *models, size_t most, size_t a_call, results *ret) {
    BL_TRY(run_hlf(models->hlf, most, a_call, ret));
    return run_particles(models->particles, most, a_call, ret);
}

static void events_do_not_see_each_other(void **state) {
    (void)state;
    static const size_t cuts[][2] = {{1, 1}, {64, 1}, {3, EVENTS}, {64, 100}, {64, EVENTS}};
    both_models models = {open_model(hlf_path, false, NULL),
                          open_model(particles_path, false, NULL)};
    static results first, other;
    assert_ok(run_both(&models, 0, EVENTS, &first));
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        memset(&other, 0, sizeof other);
        assert_ok(run_both(&models, cuts[i][0], cuts[i][1], &other));
        assert_memory_equal(&first, &other, sizeof first);
    }
    bl_model_free(models.hlf);
    bl_model_free(models.particles);
}

enum { THREADS = 8, LAPS = 5 };

typedef struct worker {
    pthread_t thread;
    const both_models *models;
    size_t number;
    bl_status status;
    results results;
} worker;

static void *work(void *argument) {
    worker *w = (worker *)argument;
    for (size_t lap = 0; lap < LAPS && w->status == BL_OK; lap++)
        w->status = run_both(w->models, 1 + 9 * w->number, 1 + 5 * lap, &w->results);
    return NULL;
}

/// One model, a runner each.
static void threads_do_not_see_each_other(void **state) {
    (void)state;
    static worker workers[THREADS];
    static results first;
    both_models models = {open_model(hlf_path, false, NULL),
                          open_model(particles_path, false, NULL)};
    assert_ok(run_both(&models, 0, EVENTS, &first));
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].models = &models;
        workers[i].number = i % 7;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_ok(workers[i].status);
        assert_memory_equal(&workers[i].results, &first, sizeof first);
    }
    bl_model_free(models.hlf);
    bl_model_free(models.particles);
}

/// The next allocation would fail.
static void running_allocates_nothing(void **state) {
    (void)state;
    float out[EVENTS];
    bl_model *model = open_model(particles_path, false, NULL);
    bl_runner *runner = new_runner(model, 0);
    const bl_model_feed feeds[] = {{particles, 0, offsets}, {others, 0, NULL}};
    atomic_store(&allocator.fail_in, 1);
    bl_status status = bl_runner_run(runner, EVENTS, feeds, (float *[]){out}, NULL);
    bool failed = allocator.failed;
    atomic_store(&allocator.fail_in, 0);
    assert_ok(status);
    assert_false(failed);
    bl_runner_free(runner);
    bl_model_free(model);
}

// ---- strides, sequences, parts of a model ----

static void strides_are_followed(void **state) {
    (void)state;
    enum { STRIDE = WIDTH + 4 };
    static float wide[EVENTS * STRIDE], out[2][EVENTS * CLASSES];
    for (size_t e = 0; e < EVENTS; e++)
        memcpy(wide + e * STRIDE, hlf + e * WIDTH, WIDTH * sizeof *wide);
    for (int raw = 0; raw < 2; raw++) {
        bl_model *model = open_model(hlf_path, raw, NULL);
        bl_runner *runner = new_runner(model, 7);
        const bl_model_feed near = {.values = hlf}, far = {.values = wide, .stride = STRIDE};
        assert_ok(bl_runner_run(runner, EVENTS, &near, (float *[]){out[0]}, NULL));
        assert_ok(bl_runner_run(runner, EVENTS, &far, (float *[]){out[1]}, NULL));
        for (size_t i = 0; i < EVENTS * CLASSES; i++)
            assert_true(out[0][i] == out[1][i] || (isnan(out[0][i]) && isnan(out[1][i])));
        bl_runner_free(runner);
        bl_model_free(model);
    }
}

/// What was transformed before is what the transform makes.
static void raw_leaves_the_transform_out(void **state) {
    (void)state;
    static float made[EVENTS * WIDTH];
    static results with, without;
    bl_model *model = open_model(hlf_path, false, NULL), *raw = open_model(hlf_path, true, NULL);
    bl_nn_columns_run(model->transforms[0], EVENTS, hlf, WIDTH, made, WIDTH);
    assert_ok(run_hlf(model, 0, EVENTS, &with));
    bl_runner *runner = new_runner(raw, 0);
    assert_ok(bl_runner_run(runner, EVENTS, &(bl_model_feed){.values = made},
                            (float *[]){without.hlf}, NULL));
    assert_memory_equal(with.hlf, without.hlf, sizeof with.hlf);
    assert_null(bl_model_input(raw, 0)->columns);
    bl_runner_free(runner);
    bl_model_free(model);
    bl_model_free(raw);
}

// ---- rows that are arranged ----

/// Events of any number of rows, none among them.
enum { LONG_ROWS = 40 };
static float many[EVENTS * LONG_ROWS * COLUMNS];
static int64_t many_offsets[EVENTS + 1];

static void draw_many(void) {
    draw(many, sizeof many / sizeof *many);
    for (size_t e = 0; e < EVENTS; e++)
        many_offsets[e + 1] = many_offsets[e] + (e % 7 ? lrand48() % (LONG_ROWS + 1) : 0);
}

/// What preparing makes of the events, for a network that takes it as it is.
static void prepare(const bl_nn_columns *c, float *rows, int64_t *prepared_offsets) {
    _Alignas(double) char scratch[4096];
    assert_true(bl_nn_columns_scratch_bytes(c, LONG_ROWS) <= sizeof scratch);
    prepared_offsets[0] = 0;
    for (size_t e = 0; e < EVENTS; e++) {
        size_t n_rows = (size_t)(many_offsets[e + 1] - many_offsets[e]);
        float *to = rows + prepared_offsets[e] * COLUMNS;
        bl_nn_columns_arrange(c, scratch, n_rows, many + many_offsets[e] * COLUMNS, COLUMNS, false,
                              to);
        n_rows = bl_nn_columns_n_kept(c, n_rows);
        bl_nn_columns_run(c, n_rows, to, COLUMNS, to, COLUMNS);
        prepared_offsets[e + 1] = prepared_offsets[e] + (int64_t)bl_nn_columns_pad(c, n_rows, to);
    }
}

static void run_arranged(const bl_model *model, size_t most, const bl_model_feed *feeds,
                         float *out) {
    bl_runner *runner = new_runner(model, most);
    memset(out, 1, EVENTS * sizeof *out);
    atomic_store(&allocator.fail_in, 1); // nothing is allocated
    bl_status status = bl_runner_run(runner, EVENTS, feeds, (float *[]){out}, NULL);
    atomic_store(&allocator.fail_in, 0);
    assert_ok(status);
    bl_runner_free(runner);
}

static void check_arranged(const char *path, size_t n_padded) {
    static float prepared[EVENTS * STEPS * COLUMNS], made[EVENTS * OTHERS], out[2][EVENTS];
    int64_t prepared_offsets[EVENTS + 1];
    bl_model *model = open_model(path, false, NULL), *raw = open_model(path, true, NULL);
    assert_true(bl_model_input(model, 0)->cuts);
    assert_int_equal(bl_model_input(model, 0)->steps, STEPS);
    assert_false(bl_model_input(model, 1)->cuts || bl_model_input(raw, 0)->cuts);
    prepare(model->transforms[0], prepared, prepared_offsets);
    bl_nn_columns_run(model->transforms[1], EVENTS, others, OTHERS, made, OTHERS);
    for (size_t e = 0; e < EVENTS && n_padded; e++)
        assert_int_equal(prepared_offsets[e + 1] - prepared_offsets[e], n_padded);
    const bl_model_feed feeds[] = {{many, 0, many_offsets}, {others, 0, NULL}};
    const bl_model_feed prepared_feeds[] = {{prepared, 0, prepared_offsets}, {made, 0, NULL}};
    run_arranged(raw, 0, prepared_feeds, out[0]);
    for (size_t most = 1; most <= 64; most = 4 * most) {
        run_arranged(model, most, feeds, out[1]);
        assert_memory_equal(out[0], out[1], sizeof out[0]);
    }
    bl_model_free(model);
    bl_model_free(raw);
}

/// A client's events give the bits of prepared ones.
static void rows_are_arranged_as_prepared(void **state) {
    (void)state;
    draw_many();
    check_arranged(ordered_path, 0);
    check_arranged(repeated_path, 6);
    bl_model *model = open_model(repeated_path, false, NULL); // without offsets: `steps` rows each
    float out[2][EVENTS];
    int64_t all[EVENTS + 1];
    for (size_t e = 0; e <= EVENTS; e++)
        all[e] = (int64_t)(e * STEPS);
    const bl_model_feed with[] = {{particles, 0, all}, {others, 0, NULL}};
    const bl_model_feed without[] = {{particles, 0, NULL}, {others, 0, NULL}};
    run_arranged(model, 5, with, out[0]);
    run_arranged(model, 0, without, out[1]);
    assert_memory_equal(out[0], out[1], sizeof out[0]);
    bl_model_free(model);
}

/// A sequence comes out as rows, with zeros behind those that an event has.
static void a_layer_can_be_looked_at(void **state) {
    (void)state;
    enum { UNITS = 18 };
    static float out[EVENTS * STEPS * UNITS];
    bl_model *model = open_model(particles_path, false, "each");
    const bl_model_port *port = bl_model_output(model, 0);
    assert_int_equal(bl_model_n_outputs(model), 1);
    assert_int_equal(bl_model_n_inputs(model), 2);
    assert_string_equal(port->name, "each");
    assert_int_equal(port->steps, STEPS);
    assert_int_equal(port->width, UNITS);
    assert_null(port->columns);
    assert_int_equal(bl_model_n_parameters(model), COLUMNS * UNITS + UNITS);
    bl_runner *runner = new_runner(model, 0);
    memset(out, 1, sizeof out);
    const bl_model_feed feeds[] = {{particles, 0, offsets}, {others, 0, NULL}};
    assert_ok(bl_runner_run(runner, EVENTS, feeds, (float *[]){out}, NULL));
    for (size_t e = 0; e < EVENTS; e++)
        for (size_t r = 0; r < STEPS; r++) {
            double x[COLUMNS] = {0}, y[UNITS] = {0};
            bool is_there = r < (size_t)(offsets[e + 1] - offsets[e]);
            if (is_there) {
                transform(model->bundle, 0, particles + ((size_t)offsets[e] + r) * COLUMNS, x);
                dense(model->bundle, "each", x, COLUMNS, UNITS, tanh, y);
            }
            for (size_t i = 0; i < UNITS; i++)
                assert_true(fabs(out[(e * STEPS + r) * UNITS + i] - y[i]) <= (is_there ? 1e-5 : 0));
        }
    bl_runner_free(runner);
    bl_model_free(model);
}

static void a_model_tells_of_itself(void **state) {
    (void)state;
    bl_model *model = open_model(hlf_path, false, NULL);
    const bl_model_port *in = bl_model_input(model, 0), *out = bl_model_output(model, 0);
    assert_int_equal(bl_model_n_parameters(model), 750 + 1020 + 210 + 33);
    assert_string_equal(in->name, "hlf");
    assert_int_equal(in->steps, 0);
    assert_int_equal(in->width, WIDTH);
    assert_string_equal(in->columns[13], "hlf_13");
    assert_string_equal(out->columns[1], "tt");
    bl_arena arena;
    const bl_item *about = NULL;
    const char *text = bl_model_describe(model);
    bl_arena_init(&arena, context);
    assert_null(strchr(text, '\n'));
    assert_ok(bl_json_parse(&arena, "describe", text, strlen(text), &about, NULL));
    assert_string_equal(bl_item_get(about, "format")->text, "beamline bundle");
    assert_int_equal(bl_item_get(about, "parameters")->integer, 2013);
    const bl_item *layers = bl_item_get(about, "layers");
    assert_int_equal(layers->n, 5);
    assert_string_equal(bl_item_get(layers->items[2], "kind")->text, "Dense");
    assert_int_equal(bl_item_get(layers->items[2], "output_shape")->items[0]->integer, 20);
    assert_int_equal(bl_item_get(layers->items[2], "parameters")->integer, 1020);
    assert_int_equal(bl_item_get(about, "transform")->n, 1);
    assert_true(bl_item_get(bl_item_get(about, "lineage"), "weighted")->integer);
    bl_arena_release(&arena);
    bl_model_free(model);
}

// ---- mistakes ----

static void mistakes_are_named(void **state) {
    (void)state;
    float out[EVENTS];
    bl_error err = {0};
    bl_model *model = NULL;
    bl_runner *runner = NULL;
    assert_int_equal(bl_model_open(context, "no-such.blm", NULL, &model, &err), BL_E_NOTFOUND);
    FILE *file = fopen(other_path, "we");
    assert_non_null(file);
    assert_true(fputs("no model\n", file) >= 0 && fclose(file) == 0);
    assert_int_equal(bl_model_open(context, other_path, NULL, &model, &err), BL_E_FORMAT);
    const bl_model_options options = {.size = sizeof options, .layer = "ech"};
    assert_error(bl_model_open(context, particles_path, &options, &model, &err), BL_E_NOTFOUND, err,
                 "did you mean 'each'");
    model = open_model(particles_path, false, NULL);
    assert_int_equal(bl_runner_new(model, 65, &runner, &err), BL_E_INVALID);
    runner = new_runner(model, 2);
    int64_t bad[] = {0, 1, 2, 10, 10};
    bl_model_feed feeds[] = {{particles, 0, bad}, {others, 0, NULL}};
    assert_int_equal(bl_runner_run(runner, 4, feeds, (float *[]){out}, &err), BL_E_SHAPE);
    assert_string_equal(err.message, "input 'particles': event 2 has 8 rows, where there may be 7");
    bad[3] = 1;
    assert_int_equal(bl_runner_run(runner, 4, feeds, (float *[]){out}, &err), BL_E_INVALID);
    assert_string_equal(err.message, "input 'particles': event 2 has rows 2 to 1");
    bad[0] = INT64_MIN;
    assert_int_equal(bl_runner_run(runner, 4, feeds, (float *[]){out}, &err), BL_E_INVALID);
    feeds[0].offsets = offsets;
    feeds[1].offsets = offsets;
    assert_int_equal(bl_runner_run(runner, 4, feeds, (float *[]){out}, &err), BL_E_INVALID);
    assert_string_equal(err.message, "input 'event' is a vector: it has no offsets");
    bl_runner_free(runner);
    bl_model_free(model);
}

// ---- beginning and end ----

static const char *write_model(bl_status (*make)(bl_context *, bl_bundle **), const char *name) {
    BL_AUTO(bl_bundle) bundle = NULL;
    const char *path = test_path(name);
    assert_ok(make(context, &bundle));
    assert_ok(bl_bundle_write(context, bundle, path, true, NULL));
    return path;
}

static int begin(void **state) {
    srand48(3);
    test_allocator_arm(&allocator, 0);
    bl_allocator face = test_allocator_face(&allocator);
    context = test_context_of(1, &face, 0);
    assert_non_null(context);
    draw(hlf, EVENTS * WIDTH);
    draw(particles, EVENTS * STEPS * COLUMNS);
    draw(others, EVENTS * OTHERS);
    for (size_t e = 0; e < EVENTS; e++)
        offsets[e + 1] = offsets[e] + (int64_t)(lrand48() % (STEPS + 1));
    assert_int_equal(test_make_folder(state), 0);
    hlf_path = write_model(made_hlf, "hlf.blm");
    particles_path = write_model(made_particles, "particles.blm");
    ordered_path = write_model(made_ordered, "ordered.blm");
    repeated_path = write_model(made_repeated, "repeated.blm");
    other_path = test_path("other");
    return 0;
}

static int end(void **state) {
    bl_context_free(context);
    assert_int_equal(allocator.n_live, 0);
    return test_remove_folder(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_those_of_sums),
        cmocka_unit_test(events_do_not_see_each_other),
        cmocka_unit_test(threads_do_not_see_each_other),
        cmocka_unit_test(running_allocates_nothing),
        cmocka_unit_test(strides_are_followed),
        cmocka_unit_test(raw_leaves_the_transform_out),
        cmocka_unit_test(rows_are_arranged_as_prepared),
        cmocka_unit_test(a_layer_can_be_looked_at),
        cmocka_unit_test(a_model_tells_of_itself),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
