// SPDX-License-Identifier: Apache-2.0
// Sections of the summary and of ROC curves: their JSON is JSON, what is not known is null in it
// and said in words, and nothing is lost without memory.
#include <string.h>

#include "base/document.h"
#include "learn/evaluate/evaluation_testing.h"
#include "learn/report/sections.h"

enum { N = 300 };

static bl_context *context;
static hand_made made;

typedef bl_status (*make_fn)(const bl_evaluation *evaluation, bl_section_output *to, bl_error *err);

static const bl_item *json_of(bl_arena *arena, make_fn make, bl_section_output *ret_output) {
    const bl_item *item = NULL;
    bl_error err = {0};
    *ret_output = (bl_section_output){.arena = arena, .json = {.arena = arena}};
    assert_ok(make(&made.evaluation, ret_output, NULL));
    if (bl_json_parse(arena, "section", ret_output->json.text, ret_output->json.n, &item, &err) !=
        BL_OK)
        fail_msg("%s", err.message);
    return item;
}

/// Whether a paragraph says something.
static bool says(const bl_section_output *output, const char *words) {
    for (size_t i = 0; i < output->n_blocks; i++)
        if (output->blocks[i].kind == BL_BLOCK_WORDS && strstr(output->blocks[i].text, words))
            return true;
    return false;
}

static size_t count(const bl_section_output *output, bl_block_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < output->n_blocks; i++)
        n += output->blocks[i].kind == kind;
    return n;
}

static const bl_item *at(const bl_item *list, size_t i) {
    assert_true(list && list->kind == BL_ITEM_LIST && i < list->n);
    return list->items[i];
}

static bool is_null(const bl_item *map, const char *key) {
    const bl_item *item = bl_item_get(map, key);
    assert_non_null(item);
    return item->kind == BL_ITEM_NULL;
}

static void all_is_there(void **state) {
    bl_arena arena;
    bl_section_output output;
    (void)state;
    bl_arena_init(&arena, context);
    hand_make(context, &made, N);
    const bl_item *roc = json_of(&arena, bl_section_roc, &output);
    assert_int_equal(count(&output, BL_BLOCK_CHART), HAND_CLASSES);
    assert_int_equal(count(&output, BL_BLOCK_TABLE), 4); // compositions, pairs, variations
    const bl_item *classes = bl_item_get(roc, "classes"), *first = at(classes, 0);
    assert_int_equal(classes->n, HAND_CLASSES * HAND_SUBJECTS);
    assert_int_equal(bl_item_get(roc, "pairs")->n, 3 * HAND_SUBJECTS);
    assert_string_equal(bl_item_get(first, "model")->text, "first");
    assert_string_equal(bl_item_get(first, "signal")->text, "qcd");
    assert_true(is_null(first, "background"));
    assert_false(is_null(bl_item_get(first, "equal"), "auc"));
    assert_int_equal(bl_item_get(first, "variations")->n, 3);
    assert_non_null(bl_item_get(bl_item_get(first, "curve"), "varied_high"));
    const bl_item *summary = json_of(&arena, bl_section_summary, &output);
    const bl_item *subject = at(bl_item_get(summary, "subjects"), 1);
    double area = bl_item_get(bl_item_get(subject, "auc"), "qcd")->number;
    assert_true(area == bl_item_get(bl_item_get(at(classes, 1), "physical"), "auc")->number);
    assert_int_equal(count(&output, BL_BLOCK_TABLE), 2);
    assert_int_equal(output.n_blocks, 2); // nothing to be said
    bl_arena_release(&arena);
}

static void what_is_not_there(void **state) {
    bl_arena arena;
    bl_section_output output;
    (void)state;
    bl_arena_init(&arena, context);
    hand_make(context, &made, N);
    for (size_t i = 0; i < N; i++)
        made.test.labels[i] = made.test.labels[i] == 2 ? 1 : made.test.labels[i];
    const bl_item *roc = json_of(&arena, bl_section_roc, &output);
    const bl_item *empty = at(bl_item_get(roc, "classes"), 2 * HAND_SUBJECTS);
    assert_true(is_null(bl_item_get(empty, "physical"), "auc"));
    assert_true(is_null(bl_item_get(empty, "equal"), "background_at_99"));
    assert_int_equal(count(&output, BL_BLOCK_CHART), 2);
    assert_true(says(&output, "w has no ROC curve"));
    (void)json_of(&arena, bl_section_summary, &output);
    assert_true(says(&output, "no events of w"));
    made.test.labels[7] = 2;
    made.test.physics[7] = 1;
    (void)json_of(&arena, bl_section_roc, &output);
    (void)json_of(&arena, bl_section_summary, &output);
    assert_true(says(&output, "one event of w"));
    for (size_t i = 0; i < N; i++)
        made.test.physics[i] = made.test.labels[i] == 0 ? -1 : 0;
    made.test.scores[1][3] = NAN;
    (void)json_of(&arena, bl_section_roc, &output);
    (void)json_of(&arena, bl_section_summary, &output);
    assert_true(says(&output, "All weights of qcd in test are negative"));
    assert_true(says(&output, "weights of tt in test add up to 0"));
    assert_true(says(&output, "second gives 1 of 300 events no score"));
    made.test.scored.n = 0;
    (void)json_of(&arena, bl_section_roc, &output);
    (void)json_of(&arena, bl_section_summary, &output);
    assert_true(says(&output, "no events of qcd"));
    bl_arena_release(&arena);
}

static bl_status without_memory(bl_context *faulty) {
    bl_arena arena;
    bl_arena_init(&arena, faulty);
    hand_make(faulty, &made, 20);
    made.evaluation.n_replicas = 3;
    bl_section_output roc = {.arena = &arena, .json = {.arena = &arena}}, summary = roc;
    bl_status status = bl_section_roc(&made.evaluation, &roc, NULL);
    if (status == BL_OK)
        status = bl_section_summary(&made.evaluation, &summary, NULL);
    bl_arena_release(&arena);
    return roc.json.has_failed || summary.json.has_failed ? BL_E_NOMEM : status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_there),
        cmocka_unit_test(what_is_not_there),
        test_each_allocation(without_memory),
    };
    return test_run(tests, 2, &context, NULL);
}
