// SPDX-License-Identifier: Apache-2.0
// `beamline inspect` for reading: the objects of a file by folder, then each table's columns with
// their types, sizes and share of the table.
#include <stdio.h>

#include "cli/inspect.h"
#include "cli/number.h"
#include "cli/terminal.h"

enum { NAME_MIN = 16, TYPE_MAX = 28, SIZES = 8 + 2 + 8 + 2 + 6 + 2 + 6 + 2 + 6 };

static void dim(bl_cli *cli, bool on) {
    if (cli->color)
        bl_out_text(&cli->out, on ? "\033[2m" : "\033[0m");
}

static void text(bl_cli *cli, const char *value) {
    bl_terminal_cut(&cli->out, value, strlen(value), 1000);
}

/// Where the last component of an object's path starts, and how many folders are above it.
static const char *leaf_of(const char *path, size_t *ret_depth) {
    const char *leaf = path;
    *ret_depth = 0;
    for (; *path; path++)
        if (*path == '/' && path[1]) {
            leaf = path + 1;
            ++*ret_depth;
        }
    return leaf;
}

static size_t object_columns(const bl_object_info *info) {
    size_t depth;
    const char *leaf = leaf_of(info->path, &depth);
    char cycle[24];
    return 2 * depth + bl_terminal_columns(leaf, strlen(leaf)) +
           (size_t)snprintf(cycle, sizeof cycle, ";%d", info->cycle);
}

static void write_object(bl_cli *cli, const bl_object_info *info, size_t width) {
    size_t depth;
    const char *leaf = leaf_of(info->path, &depth);
    char cycle[24], size[BL_NUMBER_BYTES];
    bl_out *out = &cli->out;
    bl_out_repeat(out, ' ', 2 + 2 * depth);
    text(cli, leaf);
    snprintf(cycle, sizeof cycle, ";%d", info->cycle);
    dim(cli, true);
    bl_out_text(out, cycle);
    dim(cli, false);
    size_t used = object_columns(info);
    bl_out_repeat(out, ' ', used < width ? width - used : 0);
    bl_out_text(out, "  ");
    size_t n = strlen(info->class_name);
    bl_terminal_cell(out, info->class_name, n, n < 16 ? 16 : (int)n);
    bl_number_bytes(size, info->stored_bytes);
    bl_out_printf(out, "  %8s", size);
    size_t left = cli->width > width + 32 ? cli->width - width - 32 : 10;
    if (*info->title) {
        bl_out_text(out, "  ");
        dim(cli, true);
        bl_terminal_cut(out, info->title, strlen(info->title), left);
        dim(cli, false);
    }
    bl_out_char(out, '\n');
}

bl_status bl_inspect_text_file(bl_cli *cli, const char *url, const bl_catalog *catalog,
                               bool with_objects, bl_error *err) {
    char size[BL_NUMBER_BYTES];
    bl_number_bytes(size, bl_catalog_size_bytes(catalog));
    text(cli, url);
    bl_out_printf(&cli->out, ": %s, %s\n", bl_catalog_description(catalog), size);
    size_t n = with_objects ? bl_catalog_n_objects(catalog) : 0, width = NAME_MIN;
    bl_object_info info = {.size = sizeof info};
    for (size_t i = 0; i < n; i++) {
        BL_TRY(bl_catalog_object(catalog, i, &info, err));
        size_t columns = object_columns(&info);
        width = columns > width ? columns : width;
    }
    width = width > 48 ? 48 : width;
    for (size_t i = 0; i < n; i++) {
        BL_TRY(bl_catalog_object(catalog, i, &info, err));
        write_object(cli, &info, width);
    }
    return BL_OK;
}

typedef struct table_layout {
    int name, type;
    uint64_t stored_bytes, raw_bytes;
} table_layout;

static table_layout lay_out(const bl_cli *cli, const bl_inspected *table) {
    table_layout layout = {NAME_MIN, 4, 0, 0};
    for (size_t i = 0; i < table->selection.n; i++) {
        const bl_column_info *info = &table->selection.infos[i];
        char room[1024], type[1024] = "";
        const char *name = bl_select_name(info, room, sizeof room);
        size_t columns = bl_terminal_columns(name, strlen(name));
        layout.name = columns > (size_t)layout.name ? (int)columns : layout.name;
        size_t n = info->type ? bl_type_format(info->type, type, sizeof type) : 0;
        layout.type = n > (size_t)layout.type ? (int)n : layout.type;
        layout.stored_bytes += info->stored_bytes;
        layout.raw_bytes += info->raw_bytes;
    }
    int left = (int)cli->width - SIZES - 2 - 2 - 2;
    layout.type = layout.type > TYPE_MAX ? TYPE_MAX : layout.type;
    if (layout.type > left - NAME_MIN)
        layout.type = left - NAME_MIN > 4 ? left - NAME_MIN : 4;
    if (layout.name > left - layout.type)
        layout.name = left - layout.type > NAME_MIN ? left - layout.type : NAME_MIN;
    return layout;
}

static void ratio_text(char *ratio, uint64_t stored_bytes, uint64_t raw_bytes) {
    if (stored_bytes)
        bl_number_fixed(ratio, (double)raw_bytes / (double)stored_bytes,
                        raw_bytes / stored_bytes < 100 ? 2 : 0);
    else
        memcpy(ratio, "-", 2);
}

/// ASCII at the right of its cell, behind the space between two cells.
static void write_right(bl_out *out, const char *ascii, size_t width) {
    size_t n = strlen(ascii);
    bl_out_repeat(out, ' ', 2 + (n < width ? width - n : 0));
    bl_out_bytes(out, ascii, n);
}

static void write_head(bl_cli *cli, const bl_inspected *table, const table_layout *layout) {
    char rows[BL_NUMBER_BYTES], stored[BL_NUMBER_BYTES], raw[BL_NUMBER_BYTES];
    char ratio[BL_NUMBER_BYTES];
    bl_out *out = &cli->out;
    bl_number_grouped(rows, table->n_rows);
    bl_number_bytes(stored, layout->stored_bytes);
    bl_number_bytes(raw, layout->raw_bytes);
    ratio_text(ratio, layout->stored_bytes, layout->raw_bytes);
    bl_out_text(out, cli->color ? "\n\033[1m" : "\n");
    text(cli, table->path);
    bl_out_text(out, cli->color ? "\033[0m" : "");
    bl_out_printf(out, ": %s entries, %zu cluster%s, %zu column%s, %s (raw %s, ratio %s)\n", rows,
                  table->n_clusters, table->n_clusters == 1 ? "" : "s", table->selection.n,
                  table->selection.n == 1 ? "" : "s", stored, raw, ratio);
    if (table->selection.n == 0)
        return;
    dim(cli, true);
    bl_out_text(out, "  ");
    bl_terminal_cell(out, "column", 6, layout->name);
    bl_out_text(out, "  ");
    bl_terminal_cell(out, "type", 4, layout->type);
    bl_out_printf(out, "  %8s  %8s  %6s  %6s  %s", "stored", "raw", "ratio", "share", "codec");
    dim(cli, false);
    bl_out_char(out, '\n');
}

static void write_column(bl_cli *cli, const bl_column_info *info, const table_layout *layout) {
    char room[1024], type[1024], number[BL_NUMBER_BYTES];
    bl_out *out = &cli->out;
    const char *name = bl_select_name(info, room, sizeof room);
    dim(cli, info->unreadable != NULL);
    bl_out_text(out, "  ");
    bl_terminal_cell(out, name, strlen(name), layout->name);
    bl_out_text(out, "  ");
    if (info->unreadable) {
        bl_out_text(out, "unreadable: ");
        text(cli, info->unreadable);
        dim(cli, false);
        bl_out_char(out, '\n');
        return;
    }
    bl_type_format(info->type, type, sizeof type);
    bl_terminal_cell(out, type, strlen(type), layout->type);
    bl_number_bytes(number, info->stored_bytes);
    write_right(out, number, 8);
    bl_number_bytes(number, info->raw_bytes);
    write_right(out, number, 8);
    ratio_text(number, info->stored_bytes, info->raw_bytes);
    write_right(out, number, 6);
    double total = (double)(layout->stored_bytes ? layout->stored_bytes : 1);
    bl_number_fixed(number, 100 * (double)info->stored_bytes / total, 1);
    write_right(out, number, 4);
    bl_out_text(out, " %  ");
    bl_out_text(out, info->codec ? info->codec : "");
    bl_out_char(out, '\n');
}

void bl_inspect_text_table(bl_cli *cli, const bl_inspected *table) {
    table_layout layout = lay_out(cli, table);
    write_head(cli, table, &layout);
    for (size_t i = 0; i < table->selection.n; i++)
        write_column(cli, &table->selection.infos[i], &layout);
}
