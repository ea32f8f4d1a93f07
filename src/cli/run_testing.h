// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: runs subcommands over the made-up table and output, keeping what they print.
#ifndef BL_CLI_RUN_TESTING_H
#define BL_CLI_RUN_TESTING_H

#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/args.h"
#include "cli/fake_output_testing.h"
#include "cli/fake_table_testing.h"

typedef struct outcome {
    bl_status status, worst;
    bl_error err;
    char text[8192];
} outcome;

static inline void *failing_alloc(void *user, size_t size) {
    return (*(int *)user)-- == 0 ? NULL : malloc(size);
}
static inline void *failing_realloc(void *user, void *memory, size_t size) {
    return (*(int *)user)-- == 0 ? NULL : realloc(memory, size);
}
static inline void failing_free(void *user, void *memory) {
    (void)user;
    free(memory);
}

/// Runs a command line whose words have one space between them; allocation `n_allowed` fails.
static inline outcome run(const char *line, int n_allowed) {
    outcome ret = {.status = BL_OK};
    char copy[256], *argv[32], *rest = copy;
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word; (word = strsep(&rest, " "));)
        argv[argc++] = word;
    argv[argc] = NULL;
    bl_cli cli = {.width = 80};
    bl_allocator allocator = {failing_alloc, failing_realloc, failing_free, &n_allowed};
    bl_context_options options = {.size = sizeof options, .allocator = &allocator, .n_threads = 1};
    ret.status = bl_args_parse(argc, argv, &cli.arguments, &ret.err);
    assert_int_equal(BL_OK, ret.status);
    ret.status = bl_context_new(&options, &cli.context, &ret.err);
    if (ret.status != BL_OK)
        return ret;
    bl_out_init_memory(&cli.out, cli.context);
    ret.status = cli.arguments.command->run(&cli, &ret.err);
    bl_error ignored;
    bl_status written = bl_out_finish(&cli.out, &ignored);
    if (written != BL_OK)
        ret.status = written;
    size_t n = cli.out.used < sizeof ret.text - 1 ? cli.out.used : sizeof ret.text - 1;
    if (n)
        memcpy(ret.text, cli.out.data, n);
    ret.worst = cli.worst;
    bl_out_release(&cli.out);
    bl_context_free(cli.context);
    return ret;
}

static inline void expect(const char *line, const char *text) {
    outcome got = run(line, INT32_MAX);
    if (got.status != BL_OK)
        fail_msg("%s: %s", line, got.err.message);
    assert_string_equal(got.text, text);
}

/// Each allocation fails once: the answer is BL_E_NOMEM, and nothing leaks (the sanitizer's to
/// say).
static inline void expect_nomem(const char *line) {
    for (int n = 0;; n++) {
        outcome got = run(line, n);
        if (got.status == BL_OK) {
            assert_in_range(n, 2, 9999);
            return;
        }
        if (got.status != BL_E_NOMEM)
            fail_msg("%s: allocation %d: %s", line, n, got.err.message);
    }
}

#endif
