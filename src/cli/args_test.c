// SPDX-License-Identifier: Apache-2.0
// The command line: what is understood, and what is said of what is not.
#include "cli/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/// Parses words with a space between them; the words live until the next call.
static bl_status parse(const char *line, bl_arguments *arguments, bl_error *err) {
    static char copy[512];
    static char *argv[32];
    snprintf(copy, sizeof copy, "%s", line);
    int argc = 0;
    for (char *rest = copy, *word; (word = strsep(&rest, " "));)
        argv[argc++] = word;
    argv[argc] = NULL;
    *err = (bl_error){0};
    return bl_args_parse(argc, argv, arguments, err);
}

static void test_options(void **state) {
    (void)state;
    bl_arguments a;
    bl_error err;
    assert_int_equal(
        BL_OK, parse("beamline cat --tree=T -c a,b* x.root -e 5:10 --format csv y.root", &a, &err));
    assert_ptr_equal(a.command, &bl_command_cat);
    assert_string_equal(a.tree, "T");
    assert_string_equal(a.columns, "a,b*");
    assert_int_equal(a.entries.first, 5);
    assert_int_equal(a.entries.last, 10);
    assert_int_equal(a.format, 2);
    assert_int_equal(a.n_operands, 2);
    assert_string_equal(a.operands[0], "x.root");
    assert_string_equal(a.operands[1], "y.root");
    assert_int_equal(BL_OK, parse("beamline stats -qt 3 --memory 200M --json x", &a, &err));
    assert_true(a.quiet && a.json);
    assert_int_equal(a.n_threads, 3);
    assert_int_equal(a.memory_bytes, 200 << 20);
    assert_int_equal(BL_OK, parse("beamline cat --friend a --friend=b:T x", &a, &err));
    assert_int_equal(a.friends.n, 2);
    assert_string_equal(a.friends.texts[1], "b:T");
    assert_int_equal(BL_OK, parse("beamline --version", &a, &err));
    assert_true(a.version);
}

static void test_messages(void **state) {
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"beamline", "no command given; see beamline --help"},
        {"beamline stat x", "no command 'stat'; did you mean 'stats'?"},
        {"beamline cat --colums a x", "no option --colums; did you mean '--columns'?"},
        {"beamline cat --colums=a x", "no option --colums; did you mean '--columns'?"},
        {"beamline cat -Z x", "no option -Z"},
        {"beamline cat --json x", "no option --json"},
        {"beamline stats --json=1 x", "option --json takes no argument"},
        {"beamline cat x --tree", "option --tree wants an argument"},
        {"beamline cat", "URL... is missing; see beamline cat --help"},
        {"beamline help a b", "'b' is one argument too many"},
        {"beamline cat --entries 9:1 x", "--entries: range '9:1' ends before it starts"},
        {"beamline cat -t 0 x", "--threads: '0' is no number from 1 to 4096"},
        {"beamline ingest --max-events 0 x", "--max-events: '0' is no whole number above 0"},
        {"beamline ingest --part-events 1e6 x", "--part-events: '1e6' is no whole number above 0"},
        {"beamline cat -f xml x", "--format: 'xml' is none of: table jsonl csv"},
    };
    (void)state;
    for (size_t i = 0; i < BL_COUNT(rows); i++) {
        bl_arguments a;
        bl_error err;
        assert_int_equal(BL_E_USAGE, parse(rows[i].line, &a, &err));
        assert_string_equal(err.message, rows[i].message);
    }
}

static void test_rows(void **state) {
    (void)state;
    bl_row_range rows;
    assert_int_equal(BL_OK, bl_args_rows("7", &rows, NULL));
    assert_true(rows.first == 0 && rows.last == 7);
    assert_int_equal(BL_OK, bl_args_rows("7:", &rows, NULL));
    assert_true(rows.first == 7 && rows.last == INT64_MAX);
    assert_int_equal(BL_OK, bl_args_rows(":7", &rows, NULL));
    assert_true(rows.first == 0 && rows.last == 7);
    static const char *const wrong[] = {"", "a", "1:b", "-1:2", "1:2:3", "1-2"};
    for (size_t i = 0; i < BL_COUNT(wrong); i++)
        assert_int_equal(BL_E_USAGE, bl_args_rows(wrong[i], &rows, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
