// SPDX-License-Identifier: Apache-2.0
// JSON lines: the scores that a runner gives, in order, however lines come; and lines that are
// wrong, of which each is told on its own.
#include "infer/predict/json_lines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/document.h"
#include "base/folder_testing.h"
#include "base/testing.h"
#include "base/text.h"
#include "model/bundle/made_testing.h"

enum { COLUMNS = 5, OTHERS = 3, STEPS = 7, EVENTS = 200 };

static const char *paths[3]; ///< two of particles, and without any sequence

typedef bl_status (*maker)(bl_context *context, bl_bundle **ret_bundle);

static int write_models(void **state) {
    static const maker makers[] = {made_particles, made_ordered, made_hlf};
    static const char *const names[] = {"particles.blm", "ordered.blm", "hlf.blm"};
    bl_context *context = test_context(1);
    assert_int_equal(test_make_folder(state), 0);
    for (size_t i = 0; i < 3; i++) {
        bl_bundle *bundle = NULL;
        paths[i] = test_path(names[i]);
        assert_ok(makers[i](context, &bundle));
        assert_ok(bl_bundle_write(context, bundle, paths[i], true, NULL));
        bl_bundle_free(bundle);
    }
    bl_context_free(context);
    return 0;
}

static bl_status put(void *user, const char *text, size_t size, bl_error *err) {
    (void)err;
    bl_text_add((bl_text *)user, "%.*s", (int)size, text);
    return BL_OK;
}

/// Answers to a text that comes in pieces. \param ret_wrong may be NULL
static const char *answers(bl_context *context, bl_arena *arena, const char *path, const char *text,
                           size_t piece, int64_t *ret_wrong) {
    bl_model *model = NULL;
    bl_json_lines *lines = NULL;
    bl_text out = {.arena = arena};
    bl_status first;
    size_t size = strlen(text);
    assert_ok(bl_model_open(context, path, NULL, &model, NULL));
    assert_ok(bl_json_lines_new(model, put, &out, &lines, NULL));
    for (size_t at = 0; at < size; at += piece)
        assert_ok(bl_json_lines_add(lines, text + at, size - at < piece ? size - at : piece, NULL));
    assert_ok(bl_json_lines_finish(lines, NULL));
    int64_t n_wrong = bl_json_lines_n_wrong(lines, &first);
    assert_int_equal(n_wrong == 0, first == BL_OK);
    if (ret_wrong)
        *ret_wrong = n_wrong;
    bl_json_lines_free(lines);
    bl_model_free(model);
    return out.text ? out.text : "";
}

// ---- events ----

static float particles[EVENTS * STEPS * COLUMNS], others[EVENTS * OTHERS];
static int64_t offsets[EVENTS + 1];

static void draw(void) {
    srand48(3);
    for (size_t e = 0; e < EVENTS; e++)
        offsets[e + 1] = offsets[e] + lrand48() % (STEPS + 1);
    for (size_t i = 0; i < sizeof particles / sizeof *particles; i++)
        particles[i] = (float)(4 * drand48() - 1);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        others[i] = i % 11 == 10 ? NAN : (float)(4 * drand48() - 1);
}

static void add_number(bl_text *to, const char *before, float number) {
    bl_text_add(to, "%s", before);
    if (number == number)
        bl_text_add_float(to, number);
    else
        bl_text_add(to, "null");
}

static void add_whole(bl_text *to, size_t e) {
    bl_text_add(to, "{\"event\": ");
    for (size_t k = 0; k < OTHERS; k++)
        add_number(to, k ? ", " : "[", others[e * OTHERS + k]);
    bl_text_add(to, "], \"particles\": [");
    for (int64_t r = offsets[e]; r < offsets[e + 1]; r++)
        for (size_t k = 0; k < COLUMNS; k++)
            add_number(to,
                       k                ? ","
                       : r > offsets[e] ? "], ["
                                        : "[",
                       particles[(size_t)r * COLUMNS + k]);
    bl_text_add(to, offsets[e] == offsets[e + 1] ? "]}\n" : "]]}\r\n");
}

static void add_columns(bl_text *to, size_t e) {
    for (size_t k = 0; k < COLUMNS; k++) {
        bl_text_add(to, "%s\"particles_%zu\":[", k ? "], " : " {", k);
        for (int64_t r = offsets[e]; r < offsets[e + 1]; r++)
            add_number(to, r > offsets[e] ? "," : "", particles[(size_t)r * COLUMNS + k]);
    }
    bl_text_add(to, "]");
    for (size_t k = 0; k < OTHERS; k++) {
        bl_text_add(to, ", \"event_%zu\"", k);
        add_number(to, ":", others[e * OTHERS + k]);
    }
    bl_text_add(to, "}\n");
}

static const char *events(bl_arena *arena, bool by_columns) {
    bl_text text = {.arena = arena};
    draw();
    for (size_t e = 0; e < EVENTS; e++) {
        if (e % 50 == 7)
            bl_text_add(&text, " \t\r\n\n");
        if (by_columns)
            add_columns(&text, e);
        else
            add_whole(&text, e);
    }
    return text.text;
}

/// \param ret_scores [EVENTS]
static void run(bl_context *context, const char *path, float *ret_scores) {
    bl_model *model = NULL;
    bl_runner *runner = NULL;
    const bl_model_feed feeds[] = {{particles, 0, offsets}, {others, 0, NULL}};
    assert_ok(bl_model_open(context, path, NULL, &model, NULL));
    assert_ok(bl_runner_new(model, 0, &runner, NULL));
    assert_ok(bl_runner_run(runner, EVENTS, feeds, &ret_scores, NULL));
    bl_runner_free(runner);
    bl_model_free(model);
}

static void scores_are_a_runners(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        bl_context *context = test_context(2);
        bl_arena arena;
        float scores[EVENTS];
        bl_text wanted = {.arena = &arena};
        bl_arena_init(&arena, context);
        const char *text = events(&arena, false);
        run(context, paths[i], scores);
        for (size_t e = 0; e < EVENTS; e++) {
            add_number(&wanted, "{\"scores\": {\"0\": ", scores[e]);
            bl_text_add(&wanted, "}}\n");
        }
        assert_string_equal(answers(context, &arena, paths[i], text, SIZE_MAX, NULL), wanted.text);
        bl_arena_release(&arena);
        bl_context_free(context);
    }
}

static void pieces_threads_and_columns_do_not_matter(void **state) {
    (void)state;
    static const size_t pieces[] = {SIZE_MAX, 1, 7, 1000};
    bl_context *one = test_context(1), *many = test_context(3);
    bl_arena arena;
    bl_arena_init(&arena, one);
    const char *whole = events(&arena, false), *columns = events(&arena, true);
    const char *wanted = answers(one, &arena, paths[0], whole, SIZE_MAX, NULL);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(answers(one, &arena, paths[0], whole, pieces[i], NULL), wanted);
        assert_string_equal(answers(many, &arena, paths[0], columns, pieces[i], NULL), wanted);
    }
    bl_arena_release(&arena);
    bl_context_free(many);
    bl_context_free(one);
}

static void classes_are_named(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    const bl_item *item = NULL;
    bl_arena_init(&arena, context);
    const char *text = answers(context, &arena, paths[2],
                               "{\"hlf\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14]}", SIZE_MAX, NULL);
    assert_ok(bl_json_parse(&arena, "answer", text, strlen(text), &item, NULL));
    const bl_item *scores = bl_item_get(item, "scores");
    assert_int_equal(scores->n, 3);
    double sum = 0;
    for (size_t i = 0; i < 3; i++)
        sum += scores->items[i]->number;
    assert_true(sum > 1 - 1e-6 && sum < 1 + 1e-6);
    bl_arena_release(&arena);
    bl_context_free(context);
}

// ---- lines that are wrong ----

/// A line between two that are right.
static void check_wrong(const char *path, const char *line, const char *message) {
    static const char right[] = "{\"particles\": [], \"event\": [1, 2, 3]}\n";
    bl_context *context = test_context(1);
    bl_arena arena;
    int64_t n_wrong;
    bl_arena_init(&arena, context);
    const char *text = bl_arena_printf(&arena, "%s%s\n%s", right, line, right);
    const char *answered = answers(context, &arena, path, text, SIZE_MAX, &n_wrong);
    const char *second = strchr(answered, '\n') + 1, *third = strchr(second, '\n') + 1;
    assert_int_equal(n_wrong, 1);
    assert_memory_equal(answered, "{\"scores\"", 9);
    assert_memory_equal(third, "{\"scores\"", 9);
    const char *wanted = bl_arena_printf(&arena, "{\"error\": \"line 2: %s", message);
    if (strncmp(second, wanted, strlen(wanted)) != 0)
        fail_msg("got: %s\nwanted: %s", second, wanted);
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void wrong_lines_are_told(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"{", "JSON:1:"},
        {"[1, 2]", "should be an object, and is a list\""},
        {"{\"particle\": [], \"event\": [1, 2, 3]}",
         "the model has no input and no column 'particle'; did you mean 'particles'"},
        {"{\"event\": [1, 2, 3]}", "there is no 'particles', neither whole nor as columns\""},
        {"{\"particles\": [], \"event_0\": 1, \"event_2\": 1}",
         "there is no 'event_1', a column of 'event'\""},
        {"{\"particles\": [], \"event\": [1, 2]}", "'event' has 2 numbers where 3 are wanted\""},
        {"{\"particles\": [], \"event\": [1, 2, \\\"x\\\"]}", "JSON:1:"},
        {"{\"particles\": [], \"event\": [1, 2, \"x\"]}",
         "'event' has a text where a number is wanted\""},
        {"{\"particles\": [], \"event\": [1, 2, 3], \"event_1\": 3}",
         "'event' is there whole, and its column 'event_1'\""},
        {"{\"particles\": [[1, 2, 3, 4]], \"event\": [1, 2, 3]}",
         "'particles' has 4 numbers where 5 are wanted\""},
        {"{\"particles\": [1, 2, 3, 4, 5], \"event\": [1, 2, 3]}",
         "'particles' has an integer where a list of 5 numbers is wanted\""},
        {"{\"particles\": 3, \"event\": [1, 2, 3]}",
         "'particles' is an integer and should be a list of rows\""},
        {"{\"event\": [1, 2, 3], \"event\": [1, 2, 3]}", "JSON:1:"},
        {"{\"particles_0\": [1], \"particles_1\": [], \"particles_2\": [], \"particles_3\": [], "
         "\"particles_4\": [], \"event\": [1, 2, 3]}",
         "'particles_1' has 0 rows, where 'particles_0' has 1\""},
        {"{\"particles_0\": 1, \"particles_1\": [], \"particles_2\": [], \"particles_3\": [], "
         "\"particles_4\": [], \"event\": [1, 2, 3]}",
         "'particles_0' is an integer and should be a list\""},
        {"{\"particles\": [[1,2,3,4,5],[1,2,3,4,5],[1,2,3,4,5],[1,2,3,4,5],[1,2,3,4,5],"
         "[1,2,3,4,5],[1,2,3,4,5],[1,2,3,4,5]], \"event\": [1, 2, 3]}",
         "'particles' has 8 rows, where the model takes 7\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_wrong(paths[0], cases[i][0], cases[i][1]);
}

static void long_lines_are_told(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    size_t size = BL_JSON_LINE_BYTES + 10;
    bl_arena_init(&arena, context);
    char *line = (char *)bl_arena_alloc(&arena, size + 1);
    memset(line, 'x', size);
    check_wrong(paths[0], line, "longer than 16777216 bytes\"");
    const char *text = bl_arena_printf(&arena, "\n%s\n{}", line);
    int64_t n_wrong;
    const char *answered = answers(context, &arena, paths[0], text, 1 << 18, &n_wrong);
    assert_int_equal(n_wrong, 2);
    assert_string_equal(answered, "{\"error\": \"line 2: longer than 16777216 bytes\"}\n"
                                  "{\"error\": \"line 3: there is no 'particles', neither whole "
                                  "nor as columns\"}\n");
    bl_arena_release(&arena);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_a_runners),
        cmocka_unit_test(pieces_threads_and_columns_do_not_matter),
        cmocka_unit_test(classes_are_named),
        cmocka_unit_test(wrong_lines_are_told),
        cmocka_unit_test(long_lines_are_told),
    };
    return cmocka_run_group_tests(tests, write_models, test_remove_folder);
}
