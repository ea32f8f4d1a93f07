// SPDX-License-Identifier: Apache-2.0
// Sections of numbers: what they show of a usual evaluation, that they end with words where there
// is nothing to show, and without memory.
#include <string.h>

#include "learn/evaluate/confusion.h"
#include "learn/evaluate/importance_testing.h"
#include "learn/report/checked_testing.h"

enum { N = CHECKED_EVENTS };

static const checked_section sections[] = {
    {"confusion", bl_section_confusion, {1, 1}, {2, 2}},
    {"scores", bl_section_scores, {1, 3}, {1, 1}},
    {"calibration", bl_section_calibration, {1, 3}, {1, 1}},
    {"efficiency", bl_section_efficiency, {2, 6}, {0, 0}},
    {"sculpting", bl_section_sculpting, {2, 6}, {1, 1}},
    {"variations", bl_section_variations, {2, 9}, {1, 1}},
    {"yields", bl_section_yields, {0, 0}, {4, 4}},
};

static bl_context *context;

static void init(evaluated *e, int kind, size_t n_of, size_t n_events) {
    evaluated_init(e, context, (evaluated_kind)kind, kind == evaluated_column ? 2 : n_of, n_events);
}

static const checked all = {
    init, EVALUATED_N_KINDS, evaluated_usual, 2, sizeof sections / sizeof *sections, sections,
};

static void usual_ones_are_shown(void **state) {
    (void)state;
    check_usual(&all);
}

static void odd_ones_end_with_words(void **state) {
    (void)state;
    check_kinds(&all);
}

static void without_memory_they_say_so(void **state) {
    (void)state;
    check_memory(&all);
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
    looked made;
    (void)state;
    looked_init(&made);
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
    looked_release(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_ones_are_shown),
        cmocka_unit_test(odd_ones_end_with_words),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(numbers_are_those_of_the_events),
        cmocka_unit_test(distributions_have_all_events),
        cmocka_unit_test(sculpting_is_seen),
        cmocka_unit_test(inputs_are_shown),
        cmocka_unit_test(without_memory_they_say_so),
    };
    return test_run(tests, 2, &context, NULL);
}
