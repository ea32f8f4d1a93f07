// SPDX-License-Identifier: Apache-2.0
// Texts that grow: pieces, quotes, numbers, and what becomes of them without memory.
#include "base/text.h"

#include "base/testing.h"

static void test_pieces(void **state) {
    bl_arena arena;
    bl_arena_init(&arena, *state);
    bl_text text = {.arena = &arena};
    for (int i = 0; i < 1000; i++)
        bl_text_add(&text, "%d,", i % 10);
    assert_false(text.has_failed);
    assert_int_equal(text.n, 2000);
    assert_int_equal(strlen(text.text), 2000);
    assert_memory_equal(text.text + 1990, "5,6,7,8,9,", 10);
    bl_arena_release(&arena);
}

static void test_kinds(void **state) {
    bl_arena arena;
    bl_arena_init(&arena, *state);
    bl_text text = {.arena = &arena};
    bl_text_add_quoted(&text, "a\"b\\c\nµ\u2028\xc2\x85\ufeff\u2030");
    static const double numbers[] = {3, -2, 0.1, 1e-4, 1e300};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        bl_text_add(&text, " ");
        bl_text_add_number(&text, numbers[i]);
    }
    bl_text_add(&text, " ");
    bl_text_add_float(&text, 0.1F);
    bl_text_add(&text, " ");
    bl_text_add_float(&text, 6);
    assert_string_equal(
        text.text,
        "\"a\\\"b\\\\c\\u000aµ\\u2028\\u0085\\ufeff\u2030\" 3 -2 0.1 0.0001 1e+300 0.1 6");
    bl_arena_release(&arena);
}

static bl_status add_much(bl_context *context) {
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_text text = {.arena = &arena};
    for (int i = 0; i < 10000; i++)
        bl_text_add(&text, "0123456789");
    bl_status status = text.has_failed ? BL_E_NOMEM : BL_OK;
    bl_arena_release(&arena);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pieces), cmocka_unit_test(test_kinds),
                                       test_each_allocation(add_much)};
    return test_run(tests, 1, NULL, NULL);
}
