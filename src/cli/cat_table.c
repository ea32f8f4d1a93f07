// SPDX-License-Identifier: Apache-2.0
// `beamline cat --format table`: all cells of a batch are written into one text first, so that the
// widths of the columns are known.
#include "cli/cat_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/terminal.h"
#include "cli/value.h"

enum { CELL_COLUMNS = 40, CELL_BYTES = 256, GAP = 2 };

typedef struct table_column {
    int width;    ///< in screen columns, negative where right-aligned
    size_t *ends; ///< [n_rows] of each cell in `text`
    bl_out text;
} table_column;

/// Cuts a long cell's bytes, so that a list of a million items costs no more than what is seen.
static void cut_cell(bl_out *text, size_t start) {
    if (text->used - start <= CELL_BYTES)
        return;
    size_t end = start + CELL_BYTES;
    while (end > start && ((unsigned char)text->data[end] & 0xc0) == 0x80)
        end--; // a whole character
    text->used = end;
}

static bl_status format_column(bl_cli *cli, const bl_batch *batch, size_t i, table_column *column,
                               bl_error *err) {
    const bl_column *values = bl_batch_column(batch, i);
    size_t n_rows = (size_t)bl_batch_n_rows(batch);
    const char *name = bl_batch_name(batch, i);
    bl_out_init_memory(&column->text, cli->context);
    column->ends = bl_alloc_zero(cli->context, n_rows + 1, sizeof *column->ends);
    if (!column->ends)
        return bl_error_nomem(err, n_rows * sizeof *column->ends, "cells");
    size_t widest = bl_terminal_columns(name, strlen(name));
    for (size_t row = 0; row < n_rows; row++) {
        size_t start = column->text.used;
        bl_value_write(&column->text, values, (int64_t)row, BL_VALUE_SHOW);
        if (column->text.failed != BL_OK)
            return bl_out_finish(&column->text, err);
        cut_cell(&column->text, start);
        column->ends[row] = column->text.used;
        size_t n = column->text.used - start;
        size_t columns = n ? bl_terminal_columns(column->text.data + start, n) : 0;
        widest = columns > widest ? columns : widest;
    }
    widest = widest > CELL_COLUMNS ? CELL_COLUMNS : widest;
    column->width = bl_value_is_number(bl_column_type(values)) ? -(int)widest : (int)widest;
    return BL_OK;
}

static void write_head(bl_cli *cli, const bl_batch *batch, const table_column *columns,
                       size_t first, size_t last, int number_width) {
    bl_out *out = &cli->out;
    bl_out_text(out, cli->color ? "\033[1m" : "");
    bl_out_repeat(out, ' ', (size_t)number_width);
    for (size_t i = first; i < last; i++) {
        const char *name = bl_batch_name(batch, i);
        bl_out_repeat(out, ' ', GAP);
        // a left-aligned last cell needs no blanks behind it
        if (i + 1 == last && columns[i].width > 0)
            bl_terminal_cut(out, name, strlen(name), (size_t)columns[i].width);
        else
            bl_terminal_cell(out, name, strlen(name), columns[i].width);
    }
    bl_out_text(out, cli->color ? "\033[0m\n" : "\n");
}

static void write_row(bl_cli *cli, int64_t number, const table_column *columns, size_t row,
                      size_t first, size_t last, int number_width) {
    bl_out *out = &cli->out;
    char text[32];
    int n = snprintf(text, sizeof text, "%*lld", number_width, (long long)number);
    bl_out_text(out, cli->color ? "\033[2m" : "");
    bl_out_bytes(out, text, (size_t)n);
    bl_out_text(out, cli->color ? "\033[0m" : "");
    for (size_t i = first; i < last; i++) {
        const table_column *column = &columns[i];
        size_t start = row ? column->ends[row - 1] : 0;
        const char *cell = column->text.data ? column->text.data + start : "";
        bl_out_repeat(out, ' ', GAP);
        if (i + 1 == last && column->width > 0)
            bl_terminal_cut(out, cell, column->ends[row] - start, (size_t)column->width);
        else
            bl_terminal_cell(out, cell, column->ends[row] - start, column->width);
    }
    bl_out_char(out, '\n');
}

static void write_blocks(bl_cli *cli, const bl_batch *batch, const table_column *columns) {
    char text[32];
    int64_t first_row = bl_batch_first_row(batch), n_rows = bl_batch_n_rows(batch);
    int number_width = snprintf(text, sizeof text, "%lld", (long long)(first_row + n_rows - 1));
    for (size_t first = 0, last; first < bl_batch_n_columns(batch); first = last) {
        size_t used = (size_t)number_width;
        for (last = first; last < bl_batch_n_columns(batch); last++) {
            used += GAP + (size_t)abs(columns[last].width);
            if (last > first && used > cli->width)
                break;
        }
        if (first)
            bl_out_char(&cli->out, '\n');
        write_head(cli, batch, columns, first, last, number_width);
        for (int64_t row = 0; row < n_rows; row++)
            write_row(cli, first_row + row, columns, (size_t)row, first, last, number_width);
    }
}

bl_status bl_cat_table(bl_cli *cli, const bl_batch *batch, bl_error *err) {
    size_t n = bl_batch_n_columns(batch);
    table_column *columns = bl_alloc_zero(cli->context, n + 1, sizeof *columns);
    if (!columns)
        return bl_error_nomem(err, n * sizeof *columns, "a table");
    bl_status status = BL_OK;
    for (size_t i = 0; i < n && status == BL_OK; i++)
        status = format_column(cli, batch, i, &columns[i], err);
    if (status == BL_OK)
        write_blocks(cli, batch, columns);
    for (size_t i = 0; i < n; i++) {
        bl_free(cli->context, columns[i].ends);
        if (columns[i].text.context)
            bl_out_release(&columns[i].text);
    }
    bl_free(cli->context, columns);
    return status;
}
