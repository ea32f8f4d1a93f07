// SPDX-License-Identifier: Apache-2.0
// Expressions: parsed, checked against columns of every shape, and run over a few rows. Input: one
// expression a line; line i is variable v<i>, so that lines can use each other.
#include <beamline/expression.h>
#include <string.h>

#include "expr/batch_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_ROWS = 9, MOST_LINES = 8, MOST_BYTES = 4096 };

static size_t split(char *text, bl_named_text *lines) {
    static const char *const names[MOST_LINES] = {"v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"};
    size_t n = 0;
    for (char *at = text; at && n < MOST_LINES; n++) {
        char *end = strchr(at, '\n');
        if (end)
            *end++ = '\0';
        lines[n] = (bl_named_text){names[n], at};
        at = end;
    }
    return n;
}

static void run(bl_context *context, const bl_expressions *expressions) {
    const size_t *columns;
    size_t n = bl_expressions_columns(expressions, &columns);
    bl_batch *batch = NULL, *result = NULL;
    if (test_batch(context, columns, n, N_ROWS, &batch) != BL_OK)
        abort();
    if (bl_expressions_eval(expressions, batch, &result, NULL) == BL_OK)
        bl_batch_release(result);
    bl_batch_release(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {.size = sizeof options, .n_threads = 1};
    char text[MOST_BYTES + 1];
    bl_named_text lines[MOST_LINES];
    bl_context *context = NULL;
    bl_batch *all = NULL;
    bl_expressions *expressions = NULL;
    if (size > MOST_BYTES || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (test_batch(context, NULL, 0, 0, &all) != BL_OK)
        abort();
    bl_error err = {0};
    if (bl_expressions_new_for_batch(context, all, lines, split(text, lines), &expressions, &err) ==
        BL_OK)
        run(context, expressions);
    bl_expressions_free(expressions);
    bl_batch_release(all);
    bl_context_free(context);
    return 0;
}
