// SPDX-License-Identifier: Apache-2.0
// Sections of numbers: what they show of a usual evaluation, that they end with words where there
// is nothing to show, and without memory.
#include <string.h>

#include "learn/evaluate/confusion.h"
#include "learn/evaluate/importance_testing.h"
#include "learn/report/checked_testing.h"
#include "learn/report/evaluated_testing.h"

enum { N = 600, N_FEW = 40 };

typedef bl_status (*make_fn)(const bl_evaluation *evaluation, bl_section_output *to, bl_error *err);

/// A section, and what it shows of three classes and of two, usual ones.
typedef struct shown {
    const char *name;
    make_fn make;
    size_t n_charts[2], n_tables[2];
} shown;

static const shown sections[] = {
    {"confusion", bl_section_confusion, {1, 1}, {2, 2}},
    {"scores", bl_section_scores, {3, 1}, {1, 1}},
    {"calibration", bl_section_calibration, {3, 1}, {1, 1}},
    {"efficiency", bl_section_efficiency, {6, 2}, {0, 0}},
    {"sculpting", bl_section_sculpting, {6, 2}, {1, 1}},
    {"variations", bl_section_variations, {9, 2}, {1, 1}},
    {"yields", bl_section_yields, {0, 0}, {4, 4}},
};
enum { N_SECTIONS = sizeof sections / sizeof *sections };

static bl_context *context;

// ---- tests ----

static void usual_evaluations_are_shown(void **state) {
    (void)state;
    for (size_t i = 0; i < N_SECTIONS; i++)
        for (size_t n_classes = 3; n_classes >= 2; n_classes--) {
            evaluated e;
            evaluated_init(&e, context, evaluated_usual, n_classes, N);
            const bl_section_output *output = evaluated_run(&e, sections[i].make);
            check_output(output);
            print_message("%s of %zu classes\n", sections[i].name, n_classes);
            assert_int_equal(evaluated_count(output, BL_BLOCK_CHART),
                             sections[i].n_charts[3 - n_classes]);
            assert_int_equal(evaluated_count(output, BL_BLOCK_TABLE),
                             sections[i].n_tables[3 - n_classes]);
            assert_non_null(evaluated_json(&e));
            evaluated_release(&e);
        }
}

static void odd_evaluations_end_with_words(void **state) {
    (void)state;
    for (evaluated_kind kind = 0; kind < EVALUATED_N_KINDS; kind++)
        for (size_t i = 0; i < N_SECTIONS; i++)
            for (size_t n_classes = 2; n_classes <= 3; n_classes++) {
                evaluated e;
                if (kind == evaluated_column && n_classes > 2)
                    continue;
                evaluated_init(&e, context, kind, n_classes, N);
                check_output(evaluated_run(&e, sections[i].make));
                (void)evaluated_json(&e);
                evaluated_release(&e);
            }
}

static void what_is_missing_is_said(void **state) {
    (void)state;
    evaluated e;
    evaluated_init(&e, context, evaluated_empty_class, 3, N);
    assert_true(says(evaluated_run(&e, bl_section_confusion), "Class W→ℓν has no events"));
    assert_true(
        says(evaluated_run(&e, bl_section_efficiency), "There is no cut on the score of W→ℓν"));
    evaluated_release(&e);
    evaluated_init(&e, context, evaluated_all_negative, 2, N);
    assert_true(says(evaluated_run(&e, bl_section_scores), "weights are negative"));
    evaluated_release(&e);
    evaluated_init(&e, context, evaluated_no_train, 2, N);
    assert_true(says(evaluated_run(&e, bl_section_scores), "no training events"));
    evaluated_release(&e);
    evaluated_init(&e, context, evaluated_same_scores, 2, N);
    assert_true(says(evaluated_run(&e, bl_section_scores), "are the same"));
    e.evaluation.n_variations = e.evaluation.n_shifted = 0;
    assert_int_equal(evaluated_run(&e, bl_section_variations)->n_blocks, 0);
    evaluated_release(&e);
}

static double number_at(const bl_item *item, const char *key) {
    double number = NAN;
    assert_non_null(bl_item_get(item, key));
    assert_ok(bl_item_number(bl_item_get(item, key), key, &number, NULL));
    return number;
}

static void numbers_are_those_of_the_events(void **state) {
    (void)state;
    evaluated e;
    bl_confusion c;
    evaluated_init(&e, context, evaluated_usual, 3, N);
    assert_ok(bl_confusion_make(&e.evaluation.arena, N, 3, e.test.scores[1], e.test.physics,
                                e.test.labels, &c, NULL));
    (void)evaluated_run(&e, bl_section_confusion);
    const bl_item *json = bl_item_get(bl_item_get(evaluated_json(&e), "models"), "second");
    assert_true(number_at(json, "accuracy") == bl_confusion_accuracy(&c, NULL));
    const bl_section_output *output = evaluated_run(&e, bl_section_variations);
    const char *const lumi[] = {"QCD", "QCD", "lumi"}, *const tt[] = {"QCD", "QCD", "tt"},
                      *const other[] = {"QCD", "W→ℓν", "tt"};
    assert_string_equal(evaluated_cell(output, lumi, 3, 3), "+50.00 %");
    assert_string_equal(evaluated_cell(output, lumi, 3, 4), "+50.00 %");
    assert_string_equal(evaluated_cell(output, tt, 3, 3), "+0.00 %");
    assert_string_equal(evaluated_cell(output, other, 3, 3), "-25.00 %");
    output = evaluated_run(&e, bl_section_yields);
    const char *const qcd = "qcd";
    assert_string_equal(evaluated_cell(output, &qcd, 1, 1), "200");
    evaluated_release(&e);
}

static void distributions_have_all_events(void **state) {
    (void)state;
    evaluated e;
    double sums[2] = {0};
    evaluated_init(&e, context, evaluated_usual, 2, N);
    for (size_t i = 0; i < N; i++)
        sums[e.test.labels[i]] += e.test.physics[i];
    (void)evaluated_run(&e, bl_section_scores);
    const bl_item *list = bl_item_get(evaluated_json(&e), "distributions");
    const bl_item *histograms = bl_item_get(list->items[0], "histograms");
    assert_int_equal(histograms->n, 4); // background and signal, of test and training
    for (size_t k = 0; k < 2; k++) {
        const bl_item *contents = bl_item_get(histograms->items[k], "sumw");
        double sum = 0;
        for (size_t i = 0; i < contents->n; i++)
            sum += contents->items[i]->number;
        assert_true(fabs(sum / sums[k] - 1) < 1e-12);
    }
    evaluated_release(&e);
}

/// An observer that is the score: after the cut nothing is below the threshold.
static void sculpting_is_seen(void **state) {
    (void)state;
    evaluated e;
    evaluated_init(&e, context, evaluated_usual, 2, N);
    (void)evaluated_run(&e, bl_section_sculpting);
    const bl_item *json = evaluated_json(&e);
    assert_int_equal(json->n, 2);
    for (size_t k = 0; k < 4; k++) {
        const bl_item *flat = bl_item_get(json->items[0], "cuts")->items[k];
        const bl_item *copy = bl_item_get(json->items[1], "cuts")->items[k];
        double divergence = number_at(copy, "jensen_shannon_divergence");
        assert_true(divergence > number_at(flat, "jensen_shannon_divergence"));
        assert_true(number_at(copy, "inverse") == 1 / divergence);
        if (k < 2) // behind the others are few events
            assert_true(number_at(copy, "inverse") < number_at(copy, "inverse_by_chance") / 5);
    }
    evaluated_release(&e);
}

// ---- with a model ----

static looked made;

/// What loses most is the first.
static void check_bars(const bl_section_output *output) {
    const bl_chart *chart = output->blocks ? &output->blocks[0].chart : NULL;
    assert_non_null(chart);
    if (!chart)
        return;
    assert_int_equal(chart->y.n_names, 8);
    assert_string_equal(chart->y.names[0], "all of hlf");
    for (size_t i = 1; i < 8; i++)
        assert_true(chart->series[0].y[i] <= chart->series[0].y[i - 1]);
}

static void inputs_are_shown(void **state) {
    (void)state;
    bl_evaluation *evaluation = looked_open(context, &made, 1);
    evaluated e = {.evaluation = *evaluation};
    const bl_section_output *output = evaluated_run(&e, bl_section_importance);
    check_output(output);
    assert_int_equal(evaluated_count(output, BL_BLOCK_CHART), 1);
    check_bars(output);
    const bl_item *json = bl_item_get(evaluated_json(&e), evaluation->subjects[0].name);
    assert_int_equal(bl_item_get(json, "losses")->n, 8);
    output = evaluated_run(&e, bl_section_correlation);
    check_output(output);
    assert_int_equal(evaluated_count(output, BL_BLOCK_CHART), 6);
    assert_int_equal(evaluated_json(&e)->n, 6);
    evaluation->arena = e.evaluation.arena;
    bl_evaluation_close(evaluation);
}

// ---- memory ----

static make_fn without_memory;

static bl_status run_without_memory(bl_context *faulty) {
    evaluated e;
    bl_section_output output;
    evaluated_init(&e, context, evaluated_usual, 2, N_FEW);
    bl_arena arena;
    bl_arena_init(&arena, faulty);
    e.evaluation.context = faulty;
    output = (bl_section_output){.arena = &arena, .json = {.arena = &arena}};
    bl_status status = without_memory(&e.evaluation, &output, NULL);
    if (status == BL_OK && output.json.has_failed)
        status = BL_E_NOMEM; // as reports see it
    bl_arena_release(&arena);
    evaluated_release(&e);
    return status;
}

static void without_memory_they_say_so(void **state) {
    (void)state;
    for (size_t i = 0; i < N_SECTIONS; i++) {
        without_memory = sections[i].make;
        test_every_allocation_fails(run_without_memory);
    }
}

static int begin(void **state) {
    (void)state;
    context = test_context(2);
    looked_init(&made);
    return 0;
}

static int end(void **state) {
    (void)state;
    looked_release(&made);
    bl_context_free(context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_evaluations_are_shown),
        cmocka_unit_test(odd_evaluations_end_with_words),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(numbers_are_those_of_the_events),
        cmocka_unit_test(distributions_have_all_events),
        cmocka_unit_test(sculpting_is_seen),
        cmocka_unit_test(inputs_are_shown),
        cmocka_unit_test(without_memory_they_say_so),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
