// SPDX-License-Identifier: Apache-2.0
// `beamline inspect` of models of XGBoost and LightGBM.
#include <stdio.h>

#include "cli/inspect.h"
#include "cli/number.h"
#include "cli/terminal.h"
#include "model/trees/trees.h"

static const char *const functions[] = {
    [BL_NN_FOREST_IDENTITY] = "identity", [BL_NN_FOREST_SOFTMAX] = "softmax",
    [BL_NN_FOREST_LOGISTIC] = "logistic", [BL_NN_FOREST_SOFTMAX_ZERO] = "softmax_zero",
    [BL_NN_FOREST_PROBIT] = "probit",     [BL_NN_FOREST_EXP] = "exp",
};

static size_t count_leaves(const bl_nn_forest *forest) {
    size_t n = 0;
    for (size_t i = 0; i < forest->n_nodes; i++)
        n += bl_nn_forest_is_leaf(&forest->nodes[i]);
    return n;
}

/// How many splits look at each feature. \param counts [n_features] zeroed
static void count_splits(const bl_nn_forest *forest, size_t *counts) {
    for (size_t i = 0; i < forest->n_nodes; i++)
        if (!bl_nn_forest_is_leaf(&forest->nodes[i]))
            counts[forest->nodes[i].feature]++;
}

// ---- JSON ----

static void json_member(bl_out *out, const char *key, const char *text) {
    bl_out_printf(out, ",\"%s\":", key);
    bl_out_json_text(out, text);
}

static void write_json(bl_out *out, const char *url, const bl_trees_model *model,
                       const size_t *counts) {
    const bl_nn_forest *forest = model->forest;
    bl_out_text(out, "{\"file\":");
    bl_out_json_text(out, url);
    json_member(out, "format", model->format);
    json_member(out, "version", model->version);
    json_member(out, "objective", model->objective);
    json_member(out, "function", functions[forest->head.function]);
    bl_out_printf(out,
                  ",\"features\":%zu,\"outputs\":%zu,\"trees\":%zu,\"nodes\":%zu,\"leaves\":%zu,"
                  "\"depth\":%zu,\"feature_names\":[",
                  forest->head.n_features, forest->n_outputs, forest->n_trees, forest->n_nodes,
                  count_leaves(forest), forest->depth);
    for (size_t i = 0; i < model->n_names; i++) {
        bl_out_text(out, i ? "," : "");
        bl_out_json_text(out, model->names[i]);
    }
    bl_out_text(out, "],\"feature_splits\":[");
    for (size_t i = 0; i < forest->head.n_features; i++)
        bl_out_printf(out, "%s%zu", i ? "," : "", counts[i]);
    bl_out_text(out, "]}\n");
}

// ---- text ----

enum { NAME_LEAST = 12, NAME_MOST = 40, MOST_SHOWN = 100 };

static void text(bl_cli *cli, const char *value) {
    bl_terminal_cut(&cli->out, value, strlen(value), 1000);
}

static void write_number(bl_cli *cli, const char *before, size_t n, const char *behind) {
    char number[BL_NUMBER_BYTES];
    bl_number_grouped(number, (int64_t)n);
    bl_out_printf(&cli->out, "%s%s %s", before, number, behind);
}

static void write_head(bl_cli *cli, const char *url, const bl_trees_model *model) {
    const bl_nn_forest *forest = model->forest;
    text(cli, url);
    bl_out_printf(&cli->out, ": %s", model->format);
    if (model->version) {
        bl_out_text(&cli->out, ", version ");
        text(cli, model->version);
    }
    bl_out_text(&cli->out, "\n  objective ");
    text(cli, model->objective);
    bl_out_printf(&cli->out, ", results through %s\n", functions[forest->head.function]);
    write_number(cli, "  ", forest->n_trees, "trees");
    write_number(cli, ", ", forest->n_nodes, "nodes");
    write_number(cli, ", of them ", count_leaves(forest), "leaves");
    write_number(cli, ", depth ", forest->depth, "at most\n");
    write_number(cli, "  ", forest->head.n_features, "features");
    write_number(cli, ", ", forest->n_outputs,
                 forest->n_outputs == 1 ? "output a row\n" : "outputs a row\n");
}

static void write_features(bl_cli *cli, const bl_trees_model *model, const size_t *counts) {
    size_t n = model->forest->head.n_features, width = NAME_LEAST;
    char name[32], number[BL_NUMBER_BYTES];
    for (size_t i = 0; i < model->n_names; i++) {
        size_t columns = bl_terminal_columns(model->names[i], strlen(model->names[i]));
        width = columns > width ? columns : width;
    }
    width = width < NAME_MOST ? width : NAME_MOST;
    bl_out_text(&cli->out, "\n  ");
    bl_terminal_cell(&cli->out, "feature", 7, (int)width);
    bl_out_printf(&cli->out, "%12s\n", "splits");
    for (size_t i = 0; i < n && i < MOST_SHOWN; i++) {
        bl_out_repeat(&cli->out, ' ', 2);
        int length = snprintf(name, sizeof name, "%zu", i);
        if (model->n_names)
            bl_terminal_cell(&cli->out, model->names[i], strlen(model->names[i]), (int)width);
        else
            bl_terminal_cell(&cli->out, name, (size_t)length, (int)width);
        bl_number_grouped(number, (int64_t)counts[i]);
        bl_out_printf(&cli->out, "%12s\n", number);
    }
    if (n > MOST_SHOWN)
        write_number(cli, "  and ", n - MOST_SHOWN, "more\n");
}

static void write_model(bl_cli *cli, const char *url, const bl_trees_model *model,
                        const size_t *counts) {
    if (cli->arguments.json) {
        write_json(&cli->out, url, model, counts);
        return;
    }
    write_head(cli, url, model);
    write_features(cli, model, counts);
}

bl_status bl_inspect_trees(bl_cli *cli, const char *url, bool *ret_is_model, bl_error *err) {
    BL_AUTO(bl_trees_model) model = NULL;
    const bl_arguments *arguments = &cli->arguments;
    BL_TRY(bl_trees_probe(cli->context, url, ret_is_model, err));
    if (!*ret_is_model)
        return BL_OK;
    if (arguments->tree || arguments->columns || arguments->names)
        return bl_error_set(err, BL_E_USAGE,
                            "%s is a model: --tree, --columns and --names are for tables", url);
    BL_TRY(bl_trees_open(cli->context, url, &model, err));
    size_t n = model->forest->head.n_features;
    size_t *counts = (size_t *)bl_alloc_zero(cli->context, n, sizeof *counts);
    if (!counts)
        return bl_error_nomem(err, n * sizeof *counts, "features");
    count_splits(model->forest, counts);
    write_model(cli, url, model, counts);
    bl_free(cli->context, counts);
    return BL_OK;
}
