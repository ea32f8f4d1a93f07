// SPDX-License-Identifier: Apache-2.0
// `beamline inspect`: what a file holds.
#include "cli/inspect.h"
#include "cli/prepared.h"

#include <stdio.h>

static void write_names(bl_out *out, const bl_inspected *table) {
    for (size_t i = 0; i < table->selection.n; i++) {
        char room[1024];
        bl_out_text(out, bl_select_name(&table->selection.infos[i], room, sizeof room));
        bl_out_char(out, '\n');
    }
}

static void write_table(bl_cli *cli, const bl_inspected *table, bool is_first) {
    const bl_arguments *arguments = &cli->arguments;
    if (arguments->names) {
        write_names(&cli->out, table);
        return;
    }
    if (!arguments->json) {
        bl_inspect_text_table(cli, table);
        return;
    }
    if (!is_first)
        bl_out_char(&cli->out, ',');
    bl_inspect_json_table(&cli->out, table);
}

static bl_status inspect_table(bl_cli *cli, bl_catalog *catalog, const char *path, bool is_first,
                               bl_error *err) {
    BL_AUTO(bl_table) table = NULL;
    BL_TRY(bl_catalog_open_table(catalog, path, &table, err));
    bl_inspected inspected = {.path = bl_table_path(table),
                              .n_clusters = bl_table_n_clusters(table)};
    BL_TRY(bl_table_n_rows(table, &inspected.n_rows, err));
    BL_TRY(
        bl_select_columns(cli->context, table, cli->arguments.columns, &inspected.selection, err));
    write_table(cli, &inspected, is_first);
    bl_selection_release(&inspected.selection);
    return BL_OK;
}

/// All tables; one that has none of the columns asked for, or is broken, does not hide the others.
static bl_status inspect_tables(bl_cli *cli, bl_catalog *catalog, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    if (arguments->tree)
        return inspect_table(cli, catalog, arguments->tree, true, err);
    size_t n_shown = 0;
    for (size_t i = 0; i < bl_catalog_n_objects(catalog); i++) {
        bl_object_info info;
        bl_status status = bl_select_table(catalog, i, &info, err);
        if (status == BL_END)
            continue;
        BL_TRY(status);
        if (arguments->names && !arguments->columns) {
            bl_out_text(&cli->out, info.path);
            bl_out_char(&cli->out, '\n');
            continue;
        }
        status = inspect_table(cli, catalog, info.path, n_shown == 0, err);
        n_shown += status == BL_OK;
        if (status == BL_E_NOTFOUND && arguments->columns)
            continue;
        BL_TRY(bl_cli_skip(cli, status, err));
    }
    if (arguments->columns && n_shown == 0)
        return bl_error_set(err, BL_E_NOTFOUND, "no tree has columns '%s'", arguments->columns);
    return BL_OK;
}

static bl_status inspect_json(bl_cli *cli, const char *url, bl_catalog *catalog, bl_error *err) {
    bl_out *out = &cli->out;
    bl_inspect_json_file(out, url, catalog);
    BL_TRY(bl_inspect_json_objects(out, catalog, err));
    bl_out_text(out, ",\"tables\":[");
    // the document is ended even where a table could not be shown
    bl_status status = inspect_tables(cli, catalog, err);
    bl_out_text(out, "]}\n");
    return status;
}

/// Shows a file where it is a model, or a folder where it is a prepared data set. Keras takes any
/// archive for its own.
typedef bl_status (*model_fn)(bl_cli *cli, const char *url, bool *ret_is_model, bl_error *err);
static const model_fn models[] = {bl_inspect_prepared, bl_inspect_model, bl_inspect_keras,
                                  bl_inspect_trees};

static bl_status inspect_file(bl_cli *cli, const char *url, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    if (bl_inspect_is_onnx(url))
        return bl_inspect_onnx(cli, url, err);
    BL_AUTO(bl_catalog) catalog = NULL;
    const bl_open_options open = bl_select_open_options(arguments);
    bool is_model = false;
    for (size_t i = 0; i < BL_COUNT(models) && !arguments->from && !is_model; i++)
        BL_TRY(models[i](cli, url, &is_model, err));
    if (is_model)
        return BL_OK;
    BL_TRY(bl_catalog_open_with(cli->context, url, &open, &catalog, err));
    if (arguments->json)
        return inspect_json(cli, url, catalog, err);
    bool is_restricted = arguments->tree || arguments->columns;
    if (!arguments->names)
        BL_TRY(bl_inspect_text_file(cli, url, catalog, !is_restricted, err));
    return inspect_tables(cli, catalog, err);
}

static bl_status run_inspect(bl_cli *cli, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    if (arguments->names && arguments->json)
        return bl_error_set(err, BL_E_USAGE, "--names and --json exclude each other");
    for (size_t i = 0; i < arguments->n_operands && cli->out.failed == BL_OK; i++) {
        if (i && !arguments->json && !arguments->names)
            bl_out_char(&cli->out, '\n');
        bl_status status = inspect_file(cli, arguments->operands[i], err);
        if (arguments->n_operands == 1)
            return status;
        BL_TRY(bl_cli_skip(cli, status, err));
    }
    return BL_OK;
}

static const bl_option inspect_options[] = {
    {"tree", 'T', "TREE", "Show this tree alone", BL_OPTION_TEXT, BL_HINT_TREES, NULL,
     offsetof(bl_arguments, tree), false},
    {"columns", 'c', "PATTERNS", "Show these columns alone, such as 'nJet,Jet_*'", BL_OPTION_TEXT,
     BL_HINT_COLUMNS, NULL, offsetof(bl_arguments, columns), false},
    {"json", 'j', NULL, "Print one JSON document a file and line", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, json)},
    {"names", 'n', NULL,
     "Print bare names: of trees, or of columns where --tree or --columns is given", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, names)},
};

static const bl_example inspect_examples[] = {
    {"Objects, trees and columns", "beamline inspect events.root"},
    {"Some columns of a tree", "beamline inspect events.root -T Events -c 'Jet_*'"},
    {"Layers and weights of a model", "beamline inspect classifier.keras"},
    {"Where a model comes from", "beamline inspect --json classifier.blm | jq .lineage"},
    {"The largest columns", "beamline inspect --json events.root |\n"
                            "    jq -r '.tables[].columns[] | [.stored_bytes, .path] | @tsv' |\n"
                            "    sort -rn | head"},
    {"A network", "beamline inspect model.onnx"},
    {"Events and weights of a prepared data set, and what was fitted", "beamline inspect prepared"},
};

const bl_command bl_command_inspect = {
    .name = "inspect",
    .summary = "show what files hold",
    .operands = "URL...",
    .description =
        "Lists the directories and objects of files, then every tree: its entries, clusters, and "
        "columns with their type, stored and raw size, compression ratio, share of the tree and "
        "codec. No values are read. Columns that cannot be read are listed with the reason.\n\n"
        "Of an ONNX model (.onnx): who wrote it, versions of operators, inputs and outputs with "
        "their shapes, how often each operator occurs, and the number of parameters.\n\n"
        "Of a model of Keras (.keras, .h5, .weights.h5): the layers with the shape of what they "
        "give, their parameters and their weights; --names prints the layers' names.\n\n"
        "Of a model of XGBoost (JSON, UBJSON) or LightGBM (text): the objective, how many trees "
        "and nodes it has, and how many splits look at each feature.\n\n"
        "Of a bundle (.blm): layers with their kinds, the shapes of what they give and their "
        "parameters, the transform of each input, classes, and what is known of its making.\n\n"
        "Of a folder that prepare wrote: events and weights of each part and class, which events "
        "are in which part, and what was fitted; --names prints the names of parts.",
    .options = inspect_options,
    .n_options = BL_COUNT(inspect_options),
    .takes_common = true,
    .reads_files = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .examples = inspect_examples,
    .n_examples = BL_COUNT(inspect_examples),
    .run = run_inspect,
};
