// SPDX-License-Identifier: Apache-2.0
// Sections of predicted numbers: what they show of a usual evaluation, that their numbers are those
// of the events, that they end with words where there is nothing to show, and without memory.
#include <string.h>

#include "learn/report/checked_testing.h"
#include "learn/report/measures.h"
#include "learn/report/predicted_testing.h"

enum { N = 600, N_FEW = 40 };

typedef bl_status (*make_fn)(const bl_evaluation *evaluation, bl_section_output *to, bl_error *err);

/// A section, and what it shows of one target and of two, usual ones.
typedef struct shown {
    const char *name;
    make_fn make;
    size_t n_charts[2], n_tables[2];
} shown;

static const shown sections[] = {
    {"summary", bl_section_quality, {0, 0}, {3, 3}},
    {"residuals", bl_section_residuals, {3, 6}, {1, 1}},
    {"response", bl_section_response, {6, 12}, {0, 0}},
    {"variations", bl_section_shifts, {0, 0}, {1, 1}},
    {"yields", bl_section_yields, {0, 0}, {3, 3}},
};
enum { N_SECTIONS = sizeof sections / sizeof *sections };

static bl_context *context;

static void usual_predictions_are_shown(void **state) {
    (void)state;
    for (size_t i = 0; i < N_SECTIONS; i++)
        for (size_t m = 1; m <= 2; m++) {
            evaluated e;
            predicted_init(&e, context, predicted_usual, m, N);
            const bl_section_output *output = evaluated_run(&e, sections[i].make);
            check_output(output);
            print_message("%s of %zu targets\n", sections[i].name, m);
            assert_int_equal(evaluated_count(output, BL_BLOCK_CHART), sections[i].n_charts[m - 1]);
            assert_int_equal(evaluated_count(output, BL_BLOCK_TABLE), sections[i].n_tables[m - 1]);
            assert_non_null(evaluated_json(&e));
            evaluated_release(&e);
        }
}

static void odd_predictions_end_with_words(void **state) {
    (void)state;
    for (predicted_kind kind = 0; kind < PREDICTED_N_KINDS; kind++)
        for (size_t i = 0; i < N_SECTIONS; i++)
            for (size_t m = 1; m <= 2; m++) {
                evaluated e;
                predicted_init(&e, context, kind, m, N);
                check_output(evaluated_run(&e, sections[i].make));
                (void)evaluated_json(&e);
                evaluated_release(&e);
            }
}

static void expect_words(predicted_kind kind, make_fn make, const char *words) {
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

static double number_at(const bl_item *item, const char *key) {
    double number = NAN;
    if (!bl_item_get(item, key))
        fail_msg("there is no '%s'", key);
    assert_ok(bl_item_number(bl_item_get(item, key), key, &number, NULL));
    return number;
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

// ---- memory ----

static make_fn without_memory;

static bl_status run_without_memory(bl_context *faulty) {
    evaluated e;
    bl_arena arena;
    predicted_init(&e, context, predicted_odd_numbers, 2, N_FEW);
    bl_arena_init(&arena, faulty);
    e.evaluation.context = faulty;
    e.evaluation.n_replicas = 3;
    bl_section_output output = {.arena = &arena, .json = {.arena = &arena}};
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
    return 0;
}

static int end(void **state) {
    (void)state;
    bl_context_free(context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_predictions_are_shown),
        cmocka_unit_test(odd_predictions_end_with_words),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(numbers_are_those_of_the_events),
        cmocka_unit_test(bins_have_all_events),
        cmocka_unit_test(matrices_have_weights),
        cmocka_unit_test(variations_are_seen),
        cmocka_unit_test(without_memory_they_say_so),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
