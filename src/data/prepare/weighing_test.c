// SPDX-License-Identifier: Apache-2.0
// Weights: policies for negative ones, norms of classes, and how often events are taken.
#include "data/prepare/weighing.h"

#include <math.h>

#include "base/testing.h"

enum { N_CODES = 3, N_CLASSES = 2 };

static bl_context *context;

/// Of train 100 events of class 0, a fifth of them negative, and 10 of class 1; each weighs ±2.
typedef struct fixture {
    bl_prepare_config config;
    bl_spool spool;
    bl_spool_count counts[N_CODES * N_CLASSES];
    bl_spool_statistics all;
    bl_arena arena;
    bl_weighing weighing;
} fixture;

static void start(fixture *f) {
    static const char *classes[] = {"qcd", "top"};
    *f = (fixture){0};
    bl_prepare_config_init(&f->config);
    bl_arena_init(&f->arena, context);
    bl_arena_init(&f->spool.arena, context);
    f->config.seed = 7;
    f->spool.config = &f->config;
    f->spool.n_codes = N_CODES;
    f->spool.n_classes = f->spool.n_counted = N_CLASSES;
    f->spool.classes = classes;
    f->counts[0] = (bl_spool_count){.n_rows = 100, .n_negative = 20, .sumw = 120, .abs_w = 200};
    f->counts[1] = (bl_spool_count){.n_rows = 10, .sumw = 20, .abs_w = 20};
    f->counts[4] = (bl_spool_count){.n_rows = 50, .n_negative = 50, .sumw = -1, .abs_w = 1e9};
    f->all.counts = f->counts;
}

static bl_status make(fixture *f, bl_error *err) {
    return bl_weighing_make(&f->arena, &f->spool, &f->all, NULL, 0, 1 << 20, &f->weighing, err);
}

static double weight_of(const fixture *f, size_t code, size_t class, double weight,
                        uint64_t *copies) {
    bl_weighed event = {.key = 1, .code = code, .class = class, .weight = weight};
    return bl_weighing_of(&f->weighing, &event, copies);
}

static void negative_weights(void **state) {
    (void)state;
    static const struct {
        bl_negative_weights policy;
        double weight; ///< of −2 in the training part
        uint64_t copies;
    } cases[] = {{BL_NEGATIVE_KEEP, -1, 1}, {BL_NEGATIVE_ABS, 1, 1}, {BL_NEGATIVE_DROP, -1, 0}};
    for (size_t i = 0; i < 3; i++) {
        fixture f;
        uint64_t copies;
        start(&f);
        f.config.weights.negative = cases[i].policy;
        assert_ok(make(&f, NULL));
        assert_true(weight_of(&f, 0, 0, 2, &copies) == 1 && copies == 1);
        assert_true(weight_of(&f, 0, 0, -2, &copies) == cases[i].weight);
        assert_true(copies == cases[i].copies);
        assert_true(weight_of(&f, 2, 0, -2, &copies) == -1 && copies == 1);
        bl_arena_release(&f.arena);
    }
}

static void a_choice_is_needed(void **state) {
    (void)state;
    static const bl_negative_weights policies[] = {BL_NEGATIVE_UNSAID, BL_NEGATIVE_ERROR};
    for (size_t i = 0; i < 2; i++) {
        fixture f;
        bl_error err = {0};
        start(&f);
        f.config.weights.negative = policies[i];
        assert_error(make(&f, &err), BL_E_INVALID, err, "20 of 110");
        f.counts[0].n_negative = 0; // those that nobody trains on are no matter
        assert_ok(make(&f, NULL));
        f.config.split.n_folds = N_CODES; // of folds all are trained on
        assert_error(make(&f, &err), BL_E_INVALID, err, "50 of 160");
        memset(f.counts, 0, sizeof f.counts);
        assert_int_equal(make(&f, &err), BL_E_RANGE);
        bl_arena_release(&f.arena);
    }
}

static void classes_weigh(void **state) {
    (void)state;
    double wanted[] = {3, 0.5};
    fixture f;
    uint64_t copies;
    start(&f);
    f.config.weights.negative = BL_NEGATIVE_ABS;
    f.config.weights.n_class_weights = 2;
    f.config.weights.class_weights = wanted;
    assert_ok(make(&f, NULL));
    assert_true(weight_of(&f, 0, 0, 2, &copies) == 3);
    assert_true(weight_of(&f, 0, 1, 2, &copies) == 0.5);
    f.config.weights.n_class_weights = 1;
    assert_int_equal(make(&f, NULL), BL_E_INVALID);
    f.config.weights.n_class_weights = 0;
    f.config.weights.balance = BL_BALANCE_WEIGHTS;
    assert_ok(make(&f, NULL));
    assert_true(fabs(100 * weight_of(&f, 0, 0, 2, &copies) - 55) < 1e-12);
    assert_true(fabs(10 * weight_of(&f, 0, 1, 2, &copies) - 55) < 1e-12);
    bl_arena_release(&f.arena);
}

/// Of how many keys events are taken, and how often.
static double taken(fixture *f, size_t code, size_t class, uint64_t *least, uint64_t *most) {
    enum { N = 100000 };
    double n = 0;
    *least = UINT64_MAX;
    *most = 0;
    for (uint64_t i = 0; i < N; i++) {
        uint64_t copies;
        bl_weighed event = {.key = i * 0x9e3779b97f4a7c15, .code = code, .class = class};
        (void)bl_weighing_of(&f->weighing, &event, &copies);
        *least = copies < *least ? copies : *least;
        *most = copies > *most ? copies : *most;
        n += (double)copies;
    }
    return n / N;
}

static void events_are_taken_as_often_as_is_wanted(void **state) {
    (void)state;
    double balance[] = {0.25, 2.5};
    uint64_t least, most;
    fixture f;
    start(&f);
    f.config.weights.negative = BL_NEGATIVE_KEEP;
    assert_ok(make(&f, NULL));
    f.weighing.samples_classes = true;
    f.weighing.balance = balance;
    assert_true(fabs(taken(&f, 0, 0, &least, &most) - 0.25) < 0.007); // five σ
    assert_true(least == 0 && most == 1);
    assert_true(fabs(taken(&f, 0, 1, &least, &most) - 2.5) < 0.008);
    assert_true(least == 2 && most == 3);
    assert_true(taken(&f, 1, 0, &least, &most) == 1 && least == 1);
    f.config.weights.balances_all = true;
    assert_true(fabs(taken(&f, 1, 0, &least, &most) - 0.25) < 0.007);
    bl_arena_release(&f.arena);
}

static void what_lies_outside_weighs_nothing(void **state) {
    (void)state;
    double of_bins[] = {0.5, 1, 2, 0};
    uint64_t copies;
    fixture f;
    start(&f);
    f.config.weights.negative = BL_NEGATIVE_KEEP;
    assert_ok(make(&f, NULL));
    f.weighing.has_factors = true;
    f.weighing.factors = (bl_factors){.n_bins = 2, .of_bins = of_bins};
    bl_weighed event = {.class = 1, .bin = 0, .weight = 3};
    f.weighing.norms[1] = 1;
    assert_true(bl_weighing_of(&f.weighing, &event, &copies) == 6 && copies == 1);
    event.bin = -1;
    assert_true(bl_weighing_of(&f.weighing, &event, &copies) == 0 && copies == 1);
    f.config.weights.resamples = true;
    assert_true(bl_weighing_of(&f.weighing, &event, &copies) == 3 && copies == 0);
    event.bin = 0;
    assert_true(bl_weighing_of(&f.weighing, &event, &copies) == 3 && copies == 2);
    bl_arena_release(&f.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negative_weights),
        cmocka_unit_test(a_choice_is_needed),
        cmocka_unit_test(classes_weigh),
        cmocka_unit_test(events_are_taken_as_often_as_is_wanted),
        cmocka_unit_test(what_lies_outside_weighs_nothing),
    };
    context = test_context(1);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bl_context_free(context);
    return failed;
}
