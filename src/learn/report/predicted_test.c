// SPDX-License-Identifier: Apache-2.0
// Sections of predicted numbers: what they show of a usual evaluation, that their numbers are those
// of the events, that they end with words where there is nothing to show, and without memory.
#include <string.h>

#include "learn/report/checked_testing.h"
#include "learn/report/measures.h"
#include "learn/report/predicted_testing.h"

enum { N = CHECKED_EVENTS };

static const checked_section sections[] = {
    {"summary", bl_section_quality, {0, 0}, {3, 3}},
    {"residuals", bl_section_residuals, {3, 6}, {1, 1}},
    {"response", bl_section_response, {6, 12}, {0, 0}},
    {"variations", bl_section_shifts, {0, 0}, {1, 1}},
    {"yields", bl_section_yields, {0, 0}, {3, 3}},
};

static bl_context *context;

static void init(evaluated *e, int kind, size_t n_of, size_t n_events) {
    predicted_init(e, context, (predicted_kind)kind, n_of, n_events);
}

static const checked all = {
    init, PREDICTED_N_KINDS, predicted_odd_numbers, 1, sizeof sections / sizeof *sections, sections,
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

static void expect_words(predicted_kind kind, checked_make make, const char *words) {
    evaluated e;
    predicted_init(&e, context, kind, 2, N);
    if (!says(evaluated_run(&e, make), words))
        fail_msg("it does not say: %s", words);
    evaluated_release(&e);
}

static void what_is_missing_is_said(void **state) {
    (void)state;
    expect_words(predicted_no_events, bl_section_quality, "There are no events in test");
    expect_words(predicted_one_of_all, bl_section_quality, "There is one event in test");
    expect_words(predicted_all_negative, bl_section_quality, "below 0");
    expect_words(predicted_cancelling, bl_section_quality, "add up to 0");
    expect_words(predicted_no_numbers, bl_section_quality,
                 "second predicts no finite number for η \"true\" in 600 of 600 events");
    expect_words(predicted_odd_numbers, bl_section_quality,
                 "pT [GeV] itself is no finite number in 32 of 600 events");
    expect_words(predicted_usual, bl_section_quality, "η \"true\" is not above 0 in every event");
    expect_words(predicted_right, bl_section_residuals, "All residuals of pT [GeV] are the same");
    expect_words(predicted_no_train, bl_section_residuals, "no training events");
    expect_words(predicted_constant, bl_section_response, "pT [GeV] does not vary");
}

static void numbers_are_those_of_the_events(void **state) {
    evaluated e;
    bl_residuals r;
    bl_pairs pairs;
    (void)state;
    predicted_init(&e, context, predicted_odd_numbers, 2, N);
    assert_ok(bl_measure_subject(&e.evaluation, &e.test, 1, 1, NULL, 20, &r, &pairs, NULL));
    (void)evaluated_run(&e, bl_section_quality);
    const bl_item *subject = bl_item_get(evaluated_json(&e), "subjects")->items[1];
    const bl_item *target = bl_item_get(subject, "targets")->items[1];
    assert_true(number_at(target, "bias") == r.values[BL_MEASURE_bias]);
    assert_true(number_at(target, "half_width_error") == r.errors[BL_MEASURE_half_width]);
    assert_true(number_at(target, "events") == (double)r.n && r.n < N);
    assert_true(number_at(target, "without_prediction") == (double)pairs.n_unpredicted);
    assert_int_equal(bl_item_get(target, "response")->kind, BL_ITEM_NULL);
    evaluated_release(&e);
}

/// Every event that has numbers is in a bin of the truth, and in a histogram or behind its ends.
static void bins_have_all_events(void **state) {
    evaluated e;
    (void)state;
    predicted_init(&e, context, predicted_usual, 1, N);
    (void)evaluated_run(&e, bl_section_response);
    const bl_item *of_truth = evaluated_json(&e)->items[0],
                  *events = bl_item_get(of_truth, "events");
    int64_t n = 0;
    assert_int_equal(bl_item_get(of_truth, "observer")->kind, BL_ITEM_NULL);
    assert_int_equal(bl_item_get(of_truth, "edges")->n, events->n + 1);
    for (size_t i = 0; i < events->n; i++) {
        assert_in_range(events->items[i]->integer, N / events->n - 2, N / events->n + 2);
        n += events->items[i]->integer;
    }
    assert_int_equal(n, N);
    evaluated_release(&e);
}

/// A column of the matrix is the truth's: all that it weighs, but for predictions outside.
static void matrices_have_weights(void **state) {
    evaluated e;
    (void)state;
    predicted_init(&e, context, predicted_right, 1, N);
    (void)evaluated_run(&e, bl_section_residuals);
    const bl_item *matrix = bl_item_get(evaluated_json(&e), "matrices")->items[0];
    const bl_item *edges = bl_item_get(matrix, "edges"), *rows = bl_item_get(matrix, "sumw");
    double sum = 0, wanted = 0, low = edges->items[0]->number,
           high = edges->items[edges->n - 1]->number;
    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = 0; k < rows->n; k++) {
            double w = rows->items[i]->items[k]->number;
            sum += w;
            assert_true(i == k || w == 0); // what is predicted is true
        }
    for (size_t i = 0; i < N; i++)
        wanted += e.test.truths[i] >= low && e.test.truths[i] < high ? e.test.physics[i] : 0;
    assert_true(fabs(sum - wanted) < 1e-9);
    evaluated_release(&e);
}

static void variations_are_seen(void **state) {
    evaluated e;
    (void)state;
    predicted_init(&e, context, predicted_usual, 1, N);
    const bl_section_output *output = evaluated_run(&e, bl_section_shifts);
    const char *const nominal[] = {"pT [GeV]", "nominal"};
    assert_string_equal(evaluated_cell(output, nominal, 2, 2), "+0.00 %");
    const bl_item *json = evaluated_json(&e);
    assert_int_equal(json->n, 1 + EVALUATED_WEIGHTS + 1);
    bl_residuals r;
    assert_ok(
        bl_measure_subject(&e.evaluation, &e.test, 0, 0, e.test.weights[1], 0, &r, NULL, NULL));
    assert_true(number_at(json->items[2], "rmse") == r.values[BL_MEASURE_rmse]);
    assert_string_equal(bl_item_text_at(json->items[3], "name"), "jesUp");
    e.evaluation.n_variations = e.evaluation.n_shifted = 0;
    assert_int_equal(evaluated_run(&e, bl_section_shifts)->n_blocks, 0);
    evaluated_release(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_ones_are_shown),
        cmocka_unit_test(odd_ones_end_with_words),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(numbers_are_those_of_the_events),
        cmocka_unit_test(bins_have_all_events),
        cmocka_unit_test(matrices_have_weights),
        cmocka_unit_test(variations_are_seen),
        cmocka_unit_test(without_memory_they_say_so),
    };
    return test_run(tests, 2, &context, NULL);
}
