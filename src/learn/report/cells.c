// SPDX-License-Identifier: Apache-2.0
#include "learn/report/cells.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void bl_cells_begin(bl_cells *cells, bl_arena *arena, const char *title, size_t n_left,
                    const char *const *head) {
    size_t n = 0;
    while (head[n])
        n++;
    *cells = (bl_cells){.arena = arena,
                        .table = {.title = title, .n_columns = n, .head = head, .n_left = n_left}};
}

static void add(bl_cells *cells, const char *text, size_t length) {
    const char **grown = (const char **)bl_arena_grow(cells->arena, cells->cells, cells->n,
                                                      &cells->room, sizeof *grown);
    const char *copy = bl_arena_text(cells->arena, text, length);
    if (!grown || !copy) {
        cells->has_failed = true;
        return;
    }
    cells->cells = grown;
    cells->cells[cells->n++] = copy;
}

void bl_cells_add(bl_cells *cells, const char *format, ...) {
    char text[4096]; // longer ones are for no table
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add(cells, text, n < 0 ? 0 : strnlen(text, sizeof text - 1));
}

void bl_cells_count(bl_cells *cells, int64_t n) {
    char digits[32], text[48];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)n), to = 0;
    for (int i = 0; i < length; i++) {
        if (i && digits[i - 1] != '-' && (length - i) % 3 == 0)
            text[to++] = ',';
        text[to++] = digits[i];
    }
    add(cells, text, (size_t)to);
}

void bl_cells_number(bl_cells *cells, double x) {
    bl_cells_add(cells, isfinite(x) ? "%.6g" : "–", x);
}

void bl_cells_share(bl_cells *cells, double part, double all) {
    double percent = 100 * part / all;
    bl_cells_add(cells, isfinite(percent) ? "%.2f %%" : "–", percent);
}

void bl_cells_certain(bl_cells *cells, double x, double error) {
    enum { MOST_DIGITS = 9 };
    double behind_point = error > 0 ? 1 - floor(log10(error)) : MOST_DIGITS;
    int digits = behind_point < 0             ? 0
                 : behind_point < MOST_DIGITS ? (int)behind_point
                                              : MOST_DIGITS;
    if (isfinite(x) && isfinite(error) && error > 0)
        bl_cells_add(cells, "%.*f ± %.*f", digits, x, digits, error);
    else
        bl_cells_number(cells, x);
}

bl_status bl_cells_end(bl_cells *cells, bl_section_output *to, bl_error *err) {
    if (cells->has_failed)
        return bl_error_nomem(err, cells->n * sizeof *cells->cells, "a table");
    assert(cells->n % cells->table.n_columns == 0);
    cells->table.n_rows = cells->n / cells->table.n_columns;
    cells->table.cells = cells->cells;
    return cells->n ? bl_section_add_table(to, &cells->table, err) : BL_OK;
}
