// SPDX-License-Identifier: Apache-2.0
// Importances of a model whose columns are known, against permutations of our own; inputs that are
// read are those of the events.
#include "learn/evaluate/importance.h"

#include "learn/evaluate/importance_testing.h"
#include "learn/evaluate/inputs.h"

enum { OWN_REPEATS = 40, N_COLUMNS = 2 * (TEST_WIDTH + 1) };

static looked made;

// ---- the same by hand ----

static double areas_of(const double (*logits)[3]) {
    double sums[3] = {0}, mean = 0;
    static double w[LOOKED_EVENTS];
    for (size_t e = 0; e < LOOKED_EVENTS; e++) {
        w[e] = e % 11 ? 1 + (double)(e % 5) : -1;
        sums[e % 3] += w[e];
    }
    for (size_t k = 0; k < 3; k++) {
        double area = 0;
        for (size_t i = k; i < LOOKED_EVENTS; i += 3)
            for (size_t j = 0; j < LOOKED_EVENTS; j++) {
                const double *a = logits[i], *b = logits[j];
                double x = exp(a[k]) / (exp(a[0]) + exp(a[1]) + exp(a[2]));
                double y = exp(b[k]) / (exp(b[0]) + exp(b[1]) + exp(b[2]));
                if (j % 3 != k)
                    area += w[i] / sums[k] * w[j] / sums[j % 3] / 2 *
                            (x > y    ? 1
                             : x == y ? 0.5
                                      : 0);
            }
        mean += area / 3;
    }
    return mean;
}

static void make_logits(double (*logits)[3]) {
    for (size_t e = 0; e < LOOKED_EVENTS; e++) {
        logits[e][0] = 3.0 * made.hlf[e][0];
        logits[e][1] = 3.0 * made.hlf[e][1];
        logits[e][2] = 0;
        for (int64_t row = 0; row < made.n_rows[e]; row++)
            logits[e][2] += 3.0 * made.rows[e][row][0] / (double)made.n_rows[e];
    }
}

/// Mean area when logit k is that of another event.
static double permuted(size_t k) {
    static double logits[LOOKED_EVENTS][3];
    double mean = 0;
    for (int repeat = 0; repeat < OWN_REPEATS; repeat++) {
        make_logits(logits);
        for (size_t i = LOOKED_EVENTS; i > 1; i--) {
            size_t other = (size_t)lrand48() % i;
            double x = logits[i - 1][k];
            logits[i - 1][k] = logits[other][k];
            logits[other][k] = x;
        }
        mean += areas_of(logits) / OWN_REPEATS;
    }
    return mean;
}

// ---- tests ----

static bl_importance look(bl_context *context, bl_arena *arena, uint64_t seed) {
    bl_evaluation *e = looked_open(context, &made, seed);
    bl_importance importance = {0};
    bl_error err = {0};
    if (bl_importance_make(arena, e, 0, &importance, &err) != BL_OK)
        fail_msg("%s", err.message);
    bl_evaluation_close(e);
    return importance;
}

static void check_loss(const bl_importance_of *item, double wanted) {
    double sigma = item->spread / sqrt(BL_IMPORTANCE_REPEATS);
    assert_true(item->spread > 0 && item->spread < 0.05);
    assert_true(fabs(item->loss - wanted) < 6 * sigma + 0.002);
}

static void losses_are_those_of_permutations(void **state) {
    (void)state;
    static double logits[LOOKED_EVENTS][3];
    bl_context *context = test_context(2);
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_importance importance = look(context, &arena, 1);
    assert_int_equal(importance.n, N_COLUMNS);
    assert_int_equal(importance.n_events, LOOKED_EVENTS);
    make_logits(logits);
    double area = areas_of(logits);
    assert_true(area > 0.7 && fabs(importance.before[0] - area) < 1e-5);
    const bl_importance_of *hlf = importance.items, *particles = hlf + TEST_WIDTH + 1;
    check_loss(&hlf[0], area - permuted(0));
    check_loss(&hlf[1], area - permuted(1));
    check_loss(&particles[TEST_WIDTH], area - permuted(2));
    assert_true(particles[0].loss > 0.03);
    assert_true(hlf[TEST_WIDTH].loss > hlf[0].loss && hlf[TEST_WIDTH].loss > hlf[1].loss);
    assert_true(hlf[2].loss == 0 && hlf[2].spread == 0); // the model does not look at it
    assert_true(particles[1].loss == 0 && particles[2].loss == 0);
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void bits_do_not_depend_on_threads(void **state) {
    (void)state;
    bl_context *contexts[] = {test_context(1), test_context(3)};
    bl_importance found[2], other;
    bl_arena arenas[2];
    for (size_t i = 0; i < 2; i++) {
        bl_arena_init(&arenas[i], contexts[i]);
        found[i] = look(contexts[i], &arenas[i], 1);
    }
    other = look(contexts[0], &arenas[0], 2);
    for (size_t i = 0; i < N_COLUMNS; i++) {
        assert_true(found[0].items[i].loss == found[1].items[i].loss);
        assert_true(found[0].items[i].spread == found[1].items[i].spread);
    }
    assert_true(other.items[0].loss != found[0].items[0].loss);
    for (size_t i = 0; i < 2; i++) {
        bl_arena_release(&arenas[i]);
        bl_context_free(contexts[i]);
    }
}

static void inputs_are_those_of_events(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_evaluation *e = looked_open(context, &made, 1);
    bl_arena arena;
    bl_inputs inputs;
    bl_arena_init(&arena, context);
    assert_ok(bl_inputs_read(&arena, e, 100000, 1 << 20, &inputs, NULL));
    assert_int_equal(inputs.n, LOOKED_EVENTS);
    for (size_t i = 0; i < inputs.n; i++) {
        const bl_input_values *particles = &inputs.inputs[1];
        int64_t first = particles->offsets[i];
        assert_int_equal(inputs.labels[i], i % 3);
        assert_true(inputs.physics[i] == e->test->physics[i]);
        assert_memory_equal(inputs.inputs[0].values + i * TEST_WIDTH, made.hlf[i],
                            sizeof made.hlf[i]);
        assert_int_equal(particles->offsets[i + 1] - first, made.n_rows[i]);
        assert_memory_equal(particles->values + first * TEST_WIDTH, made.rows[i],
                            (size_t)made.n_rows[i] * sizeof made.rows[i][0]);
    }
    assert_ok(bl_inputs_read(&arena, e, 17, 1 << 20, &inputs, NULL));
    assert_int_equal(inputs.n, 17);
    assert_ok(bl_inputs_read(&arena, e, 100, 30, &inputs, NULL)); // numbers end it
    assert_true(inputs.n > 0 && inputs.n < 10);
    bl_arena_release(&arena);
    bl_evaluation_close(e);
    bl_context_free(context);
}

static int begin(void **state) {
    (void)state;
    looked_init(&made);
    return 0;
}

static int end(void **state) {
    (void)state;
    looked_release(&made);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_those_of_permutations),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(inputs_are_those_of_events),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
