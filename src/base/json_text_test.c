// SPDX-License-Identifier: Apache-2.0
// What is read as JSON is written as it was.
#include "base/json_text.h"

#include <math.h>

#include "base/testing.h"

static bl_context *context;

/// The text of a value, read and written.
static void expect(const char *json, unsigned depth, const char *wanted) {
    bl_arena arena;
    const bl_item *item = NULL;
    bl_arena_init(&arena, context);
    assert_ok(bl_json_parse(&arena, "t", json, strlen(json), &item, NULL));
    bl_text text = {.arena = &arena};
    bl_json_put_item(&text, item, depth);
    assert_false(text.has_failed);
    assert_string_equal(text.text, wanted);
    bl_arena_release(&arena);
}

static void values_are_kept(void **state) {
    (void)state;
    static const char *const same[] = {"null",
                                       "true",
                                       "9223372036854775807",
                                       "-3",
                                       "3.0",
                                       "0.30000000000000004",
                                       "5e-324",
                                       "\"a\\\"\\\\\\u0001\xc3\xa9\"",
                                       "[]",
                                       "{}",
                                       "[1, 2.5, \"x\"]",
                                       "{\"a\": [{}, []], \"b\": {\"c\": null}}"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        expect(same[i], BL_JSON_ONE_LINE, same[i]);
}

static void lines_follow_the_depth(void **state) {
    (void)state;
    expect("{\"a\": [1, 2], \"b\": [{}, []]}", 1,
           "{\n  \"a\": [1, 2],\n  \"b\": [\n   {},\n   []\n  ]\n }");
}

static void numbers_that_are_none_are_null(void **state) {
    (void)state;
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_text text = {.arena = &arena};
    bl_json_put_number(&text, NAN);
    bl_json_put_number(&text, -INFINITY);
    bl_json_put_number(&text, -0.0);
    assert_string_equal(text.text, "nullnull-0.0");
    bl_arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_kept),
        cmocka_unit_test(lines_follow_the_depth),
        cmocka_unit_test(numbers_that_are_none_are_null),
    };
    return test_run(tests, 1, &context, NULL);
}
