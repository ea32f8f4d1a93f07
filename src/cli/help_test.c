// SPDX-License-Identifier: Apache-2.0
// What is derived from the tables: help that fits its page, texts that every face can carry.
#include "cli/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/args.h"
#include "cli/terminal.h"

static bl_context *context;

static void check_lines(const bl_out *out) {
    const char *end = out->data + out->used;
    for (const char *at = out->data; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        assert_non_null(newline);
        if (bl_terminal_columns(at, (size_t)(newline - at)) > BL_HELP_COLUMNS)
            fail_msg("too long: %.*s", (int)(newline - at), at);
        if (newline > at && newline[-1] == ' ')
            fail_msg("ends with a blank: %.*s", (int)(newline - at), at);
        at = newline + 1;
    }
}

static void test_help_fits(void **state) {
    (void)state;
    const bl_command *command = &bl_command_root;
    for (size_t i = 0; command; command = bl_command_at(i++)) {
        bl_out out;
        bl_out_init_memory(&out, context);
        bl_help_command(&out, command);
        assert_int_equal(BL_OK, bl_out_finish(&out, NULL));
        check_lines(&out);
        bl_out_release(&out);
    }
}

/// Names are unique, choices have defaults, and no text has what a completion script cannot quote.
static void test_tables(void **state) {
    (void)state;
    const bl_command *command = &bl_command_root;
    for (size_t c = 0; command; command = bl_command_at(c++)) {
        const bl_option *option, *other;
        for (size_t i = 0; (option = bl_command_option(command, i)); i++) {
            assert_null(strpbrk(option->help, "[]\\"));
            assert_true(option->help[strlen(option->help) - 1] != '.');
            assert_int_equal(option->kind == BL_OPTION_FLAG, option->argument == NULL);
            assert_int_equal(option->kind == BL_OPTION_CHOICE, option->choices != NULL);
            assert_true(option->offset < sizeof(bl_arguments));
            for (size_t k = 0; k < i; k++) {
                other = bl_command_option(command, k);
                assert_string_not_equal(option->name, other->name);
                assert_true(!option->letter || option->letter != other->letter);
            }
        }
        assert_null(strpbrk(command->summary, "'.\n"));
    }
}

/// Every example is a command line that parses, up to the first thing that is the shell's.
static void test_examples_parse(void **state) {
    (void)state;
    const bl_command *command;
    for (size_t c = 0; (command = bl_command_at(c)); c++)
        for (size_t i = 0; i < command->n_examples; i++) {
            char line[256], *argv[32], *rest = line;
            int argc = 0;
            const char *text = strstr(command->examples[i].command, "beamline");
            assert_non_null(text);
            snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "|>)"), text);
            for (char *word; (word = strsep(&rest, " "));)
                if (*word)
                    argv[argc++] = word;
            argv[argc] = NULL;
            bl_arguments arguments;
            bl_error err = {0};
            if (bl_args_parse(argc, argv, &arguments, &err) != BL_OK)
                fail_msg("%s: %s", text, err.message);
            assert_ptr_equal(arguments.command, command);
        }
}

static void test_exit_codes(void **state) {
    (void)state;
    char text[256];
    int code = -1, last = -1;
    size_t n = 0;
    for (; bl_help_exit_code(n, &code, text); n++) {
        assert_true(code > last);
        last = code;
    }
    assert_int_equal(n, 8);
    assert_int_equal(last, 130);
    assert_true(bl_help_exit_code(1, &code, text));
    assert_int_equal(code, 2);
    assert_string_equal(text, "wrong usage, invalid argument");
}

static int start(void **state) {
    (void)state;
    return bl_context_new(NULL, &context, NULL) == BL_OK ? 0 : 1;
}

static int stop(void **state) {
    (void)state;
    bl_context_free(context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_help_fits),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_examples_parse),
        cmocka_unit_test(test_exit_codes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
