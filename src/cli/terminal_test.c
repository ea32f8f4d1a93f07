// SPDX-License-Identifier: Apache-2.0
// Cells: cut, padded, and harmless to a terminal. The progress bar's line.
#include "cli/terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/progress.h"

static void expect(bl_context *context, const char *text, int width, const char *wanted) {
    bl_out out;
    bl_out_init_memory(&out, context);
    bl_terminal_cell(&out, text, strlen(text), width);
    bl_out_bytes(&out, "", 1);
    assert_string_equal(out.data, wanted);
    bl_out_release(&out);
}

static void test_cells(void **state) {
    (void)state;
    bl_context *context;
    assert_int_equal(BL_OK, bl_context_new(NULL, &context, NULL));
    expect(context, "abc", 5, "abc  ");
    expect(context, "abc", -5, "  abc");
    expect(context, "abcdef", 5, "abcd…");
    expect(context, "µµµµµ", 5, "µµµµµ");
    expect(context, "µµµµµµ", -5, "µµµµ…");
    expect(context, "\033[31m\xff", 6, "?[31m?");
    expect(context,
           "a\xc2\x9b"
           "b",
           3, "a?b");
    bl_context_free(context);
}

static void test_utf8(void **state) {
    (void)state;
    assert_true(bl_terminal_utf8("aµ€😀", 10));
    static const char *const wrong[] = {"\xff",         "\xc0\x80",         "\xe0\x80\x80",
                                        "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(bl_terminal_utf8(wrong[i], strlen(wrong[i])));
}

static void test_progress(void **state) {
    (void)state;
    char text[512];
    bl_progress_text(text, 100, 250000, 1000000, 30000000, 2);
    assert_string_equal(text,
                        "[#####...............]  25 % 250,000 rows, 125,000 rows/s, 15.0 MB/s,"
                        " 6 s left");
    bl_progress_text(text, 20, 250000, 1000000, 30000000, 2);
    assert_int_equal(strlen(text), 20);
    bl_progress_text(text, 100, 10, 0, 0, 0);
    assert_string_equal(text, "10 rows, 0 rows/s");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
