// SPDX-License-Identifier: Apache-2.0
// The faces of statistics: JSON lines and a table.
#include <math.h>
#include <stdio.h>

#include "cli/stats.h"
#include "cli/terminal.h"

static void json_int(bl_out *out, const char *key, int64_t value) {
    char text[BL_NUMBER_BYTES];
    bl_number_int(text, value);
    bl_out_printf(out, ",\"%s\":%s", key, text);
}

static void json_int128(bl_out *out, const char *key, bl_int128 value) {
    char text[BL_NUMBER_BYTES];
    bl_number_int128(text, value);
    bl_out_printf(out, ",\"%s\":%s", key, text);
}

/// An overflowed sum is no number of JSON.
static void json_double(bl_out *out, const char *key, double value, bool is_there) {
    char text[BL_NUMBER_BYTES] = "null";
    if (is_there && isfinite(value))
        bl_number_float64(text, value);
    bl_out_printf(out, ",\"%s\":%s", key, text);
}

/// Sum and extremes; a column without values has none, nor a number of NaN among them.
static void json_values(bl_out *out, const bl_tally *tally) {
    bool is_there = bl_tally_n_finite(tally) > 0;
    bl_tally_kind kind = bl_tally_get_kind(tally);
    if (kind == BL_TALLY_FLOAT && tally->n_values > 0) {
        json_double(out, "sum", bl_tally_sum(tally), true);
        json_double(out, "min", bl_tally_min(tally), is_there);
        json_double(out, "max", bl_tally_max(tally), is_there);
    } else if (kind == BL_TALLY_INT && is_there) {
        json_int128(out, "sum", bl_tally_int_sum(tally));
        json_int128(out, "min", bl_tally_int_min(tally));
        json_int128(out, "max", bl_tally_int_max(tally));
    } else {
        bl_out_text(out, ",\"sum\":null,\"min\":null,\"max\":null");
    }
    if (tally->n_values > 0) {
        json_int(out, "nan", tally->n_nan);
        json_int(out, "inf", tally->n_inf);
    } else {
        bl_out_text(out, ",\"nan\":null,\"inf\":null");
    }
    json_int(out, "nulls", tally->n_null);
}

static void json_numbers(bl_out *out, const bl_tally *tally) {
    bool is_string = bl_tally_get_kind(tally) == BL_TALLY_STRING;
    json_values(out, tally);
    json_int(out, "longest", tally->longest);
    if (is_string)
        json_int(out, "bytes", (int64_t)tally->n_bytes);
    if (!tally->has_checksums)
        return;
    json_int(out, is_string ? "crc32_str_nul" : "crc32_f64le", tally->crc_values);
    json_int(out, "crc32_counts_u32le", tally->crc_counts);
}

static void json_head(bl_out *out, const bl_stats *stats, const bl_column_info *info,
                      const char *member, const bl_type *type) {
    char text[2048];
    bl_out_text(out, "{\"file\":");
    bl_out_json_text(out, stats->file);
    bl_out_text(out, ",\"tree\":");
    bl_out_json_text(out, stats->tree);
    bl_out_text(out, ",\"column\":");
    snprintf(text, sizeof text, "%s%s", info->path, member);
    bl_out_json_text(out, text);
    if (info->duplicate)
        json_int(out, "duplicate", info->duplicate);
    bl_out_text(out, ",\"type\":");
    if (type)
        bl_type_format(type, text, sizeof text);
    bl_out_json_text(out, type ? text : info->source_type);
}

static void json_column(bl_out *out, const bl_stats *stats, const bl_stats_column *column) {
    const bl_column_info *info = &column->info;
    if (info->unreadable || column->status != BL_OK) {
        json_head(out, stats, info, "", info->type);
        bl_out_text(out, info->unreadable ? ",\"unreadable\":" : ",\"error\":");
        bl_out_json_text(out, info->unreadable ? info->unreadable : column->message);
        bl_out_text(out, "}\n");
        return;
    }
    for (size_t i = 0; i < column->n_leaves; i++) {
        char member[1024];
        const bl_type *leaf;
        bl_tally_leaf(info->type, i, member, sizeof member, &leaf);
        json_head(out, stats, info, member, *member ? leaf : info->type);
        json_int(out, "entries", column->leaves[i].n_entries);
        json_int(out, "values", column->leaves[i].n_values);
        json_numbers(out, &column->leaves[i]);
        bl_out_text(out, "}\n");
    }
}

void bl_stats_write_json(bl_out *out, const bl_stats *stats) {
    for (size_t i = 0; i < stats->n_columns; i++)
        json_column(out, stats, &stats->columns[i]);
}

enum { N_NUMBERS = 8, NUMBER_WIDTH = 12, NAME_MIN = 12, TYPE_MIN = 8 };

static const char *const heads[N_NUMBERS] = {"entries", "values", "min", "max",
                                             "mean",    "nan",    "inf", "longest"};

typedef struct stats_row {
    char cells[N_NUMBERS][NUMBER_WIDTH * 2];
} stats_row;

static void fill_numbers(const bl_tally *tally, stats_row *row) {
    size_t size = sizeof row->cells[0];
    for (int i = 2; i < 5; i++)
        snprintf(row->cells[i], size, "-");
    if (bl_tally_n_finite(tally) == 0)
        return;
    bool is_int = bl_tally_get_kind(tally) == BL_TALLY_INT;
    double min = is_int ? (double)bl_tally_int_min(tally) : bl_tally_min(tally);
    double max = is_int ? (double)bl_tally_int_max(tally) : bl_tally_max(tally);
    // integers of up to ten digits in full
    snprintf(row->cells[2], size, is_int && fabs(min) < 1e10 ? "%.0f" : "%.5g", min);
    snprintf(row->cells[3], size, is_int && fabs(max) < 1e10 ? "%.0f" : "%.5g", max);
    snprintf(row->cells[4], size, "%.5g", bl_tally_mean(tally));
}

static void fill_row(const bl_tally *tally, stats_row *row) {
    size_t size = sizeof row->cells[0];
    snprintf(row->cells[0], size, "%lld", (long long)tally->n_entries);
    snprintf(row->cells[1], size, "%lld", (long long)tally->n_values);
    fill_numbers(tally, row);
    snprintf(row->cells[5], size, "%lld", (long long)tally->n_nan);
    snprintf(row->cells[6], size, "%lld", (long long)tally->n_inf);
    snprintf(row->cells[7], size, "%lld", (long long)tally->longest);
}

typedef struct stats_layout {
    int name, type, numbers[N_NUMBERS];
} stats_layout;

static int wider(int a, size_t b) { return (size_t)a < b ? (int)b : a; }

static void leaf_texts(const bl_stats_column *column, size_t i, char *name, size_t name_size,
                       char *type, size_t type_size) {
    char member[1024];
    const bl_type *leaf;
    bl_tally_leaf(column->info.type, i, member, sizeof member, &leaf);
    char room[1024];
    const char *path = bl_select_name(&column->info, room, sizeof room);
    snprintf(name, name_size, "%s%s", path, member);
    bl_type_format(*member ? leaf : column->info.type, type, type_size);
}

/// Widths of all cells; names and types give way where the terminal is narrow, types altogether.
static stats_layout lay_out(const bl_cli *cli, const bl_stats *stats) {
    stats_layout layout = {NAME_MIN, 4, {0}};
    for (int k = 0; k < N_NUMBERS; k++)
        layout.numbers[k] = (int)strlen(heads[k]);
    for (size_t i = 0; i < stats->n_columns; i++)
        for (size_t leaf = 0; leaf < stats->columns[i].n_leaves; leaf++) {
            char name[2048], type[256];
            stats_row row;
            leaf_texts(&stats->columns[i], leaf, name, sizeof name, type, sizeof type);
            layout.name = wider(layout.name, bl_terminal_columns(name, strlen(name)));
            layout.type = wider(layout.type, strlen(type));
            fill_row(&stats->columns[i].leaves[leaf], &row);
            for (int k = 0; k < N_NUMBERS; k++)
                layout.numbers[k] = wider(layout.numbers[k], strlen(row.cells[k]));
        }
    int fixed = 2 + 2;
    for (int k = 0; k < N_NUMBERS; k++)
        fixed += 2 + layout.numbers[k];
    int left = (int)cli->width - fixed;
    layout.type = layout.type > 20 ? 20 : layout.type;
    if (layout.type > left - NAME_MIN)
        layout.type = left - NAME_MIN;
    if (layout.type < TYPE_MIN) { // too narrow to say anything
        layout.type = 0;
        left += 2;
    }
    left -= layout.type;
    if (layout.name > left)
        layout.name = left > NAME_MIN ? left : NAME_MIN;
    return layout;
}

static void write_cells(bl_out *out, const stats_layout *layout, const char *name, const char *type,
                        const stats_row *row) {
    bl_out_text(out, "  ");
    bl_terminal_cell(out, name, strlen(name), layout->name);
    if (layout->type) {
        bl_out_text(out, "  ");
        bl_terminal_cell(out, type, strlen(type), layout->type);
    }
    for (int k = 0; k < N_NUMBERS; k++) {
        const char *cell = row ? row->cells[k] : heads[k];
        bl_out_text(out, "  ");
        bl_terminal_cell(out, cell, strlen(cell), -layout->numbers[k]);
    }
}

static void write_failed(bl_cli *cli, const bl_stats_column *column, const stats_layout *layout) {
    bl_out *out = &cli->out;
    const char *reason = column->info.unreadable ? column->info.unreadable : column->message;
    const char *what = column->info.unreadable ? "unreadable: " : "error: ";
    bl_out_text(out, cli->color ? "\033[2m  " : "  ");
    bl_terminal_cell(out, column->info.path, strlen(column->info.path), layout->name);
    bl_out_printf(out, "  %s", what);
    bl_terminal_cut(out, reason, strlen(reason), 1000);
    bl_out_text(out, cli->color ? "\033[0m\n" : "\n");
}

bl_status bl_stats_write_table(bl_cli *cli, const bl_stats *stats, bl_error *err) {
    (void)err;
    bl_out *out = &cli->out;
    stats_layout layout = lay_out(cli, stats);
    bl_terminal_cut(out, stats->file, strlen(stats->file), 1000);
    bl_out_text(out, ": ");
    bl_terminal_cut(out, stats->tree, strlen(stats->tree), 1000);
    bl_out_text(out, cli->color ? "\n\033[1m" : "\n");
    write_cells(out, &layout, "column", "type", NULL);
    bl_out_text(out, cli->color ? "\033[0m\n" : "\n");
    for (size_t i = 0; i < stats->n_columns; i++) {
        const bl_stats_column *column = &stats->columns[i];
        if (column->info.unreadable || column->status != BL_OK) {
            write_failed(cli, column, &layout);
            continue;
        }
        for (size_t leaf = 0; leaf < column->n_leaves; leaf++) {
            char name[2048], type[256];
            stats_row row;
            leaf_texts(column, leaf, name, sizeof name, type, sizeof type);
            fill_row(&column->leaves[leaf], &row);
            write_cells(out, &layout, name, type, &row);
            bl_out_char(out, '\n');
        }
    }
    return BL_OK;
}
