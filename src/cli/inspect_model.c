// SPDX-License-Identifier: Apache-2.0
// `beamline inspect` of bundles: layers, what goes in and how it is transformed, and what is known
// of the model's making.
#include <math.h>
#include <stdio.h>

#include "base/json_text.h"
#include "base/number_text.h"
#include "cli/inspect.h"
#include "cli/number.h"
#include "cli/terminal.h"
#include "infer/model.h"

enum { MOST_WIDTH = 40, PARAMETERS_WIDTH = 12, MOST_COLUMNS = 1000 };

static void write_text(bl_cli *cli, const char *text) {
    bl_terminal_cut(&cli->out, text ? text : "?", text ? strlen(text) : 1, MOST_COLUMNS);
}

static void write_head(bl_cli *cli, const char *url, const bl_model *model) {
    const bl_bundle *bundle = model->bundle;
    char number[BL_NUMBER_BYTES];
    bl_number_grouped(number, (int64_t)model->n_parameters);
    write_text(cli, url);
    bl_out_printf(&cli->out, ": %s", model->format->name);
    if (bundle->version) {
        bl_out_text(&cli->out, ", written by beamline ");
        write_text(cli, bundle->version);
    }
    bl_out_text(&cli->out, "\n  ");
    write_text(cli, bundle->name ? bundle->name : bundle->graph.name);
    bl_out_printf(&cli->out, ", %zu layers, %s parameters\n", model->n_layers, number);
    for (size_t i = 0; i < bundle->n_classes; i++) {
        bl_out_text(&cli->out, i ? ", " : "  classes: ");
        write_text(cli, bundle->classes[i]);
    }
    bl_out_text(&cli->out, bundle->n_classes ? "\n" : "");
}

// ---- layers ----

static int widen(int width, const char *text) {
    size_t columns = bl_terminal_columns(text, strlen(text));
    return columns > (size_t)width ? columns < MOST_WIDTH ? (int)columns : MOST_WIDTH : width;
}

typedef struct widths {
    int name, kind, shape;
} widths;

static void print_shape(const bl_model_layer *layer, char text[static BL_NN_SHAPE_TEXT]) {
    if (layer->is_run)
        (void)bl_nn_shape_text(layer->shape, text);
    else
        (void)snprintf(text, BL_NN_SHAPE_TEXT, "not run");
}

static void write_layer(bl_cli *cli, widths w, const char *name, const char *kind,
                        const char *shape, const char *parameters) {
    bl_out_text(&cli->out, "  ");
    bl_terminal_cell(&cli->out, name, strlen(name), w.name);
    bl_out_text(&cli->out, "  ");
    bl_terminal_cell(&cli->out, kind, strlen(kind), w.kind);
    bl_out_printf(&cli->out, "  %-*s  %*s\n", w.shape, shape, PARAMETERS_WIDTH, parameters);
}

static void write_layers(bl_cli *cli, const bl_model *model) {
    char shape[BL_NN_SHAPE_TEXT], number[BL_NUMBER_BYTES];
    widths w = {widen(0, "layer"), widen(0, "kind"), widen(0, "output")};
    for (size_t i = 0; i < model->n_layers; i++) {
        print_shape(&model->layers[i], shape);
        w.name = widen(w.name, model->layers[i].name);
        w.kind = widen(w.kind, model->layers[i].kind);
        w.shape = widen(w.shape, shape);
    }
    bl_out_char(&cli->out, '\n');
    write_layer(cli, w, "layer", "kind", "output", "parameters");
    for (size_t i = 0; i < model->n_layers; i++) {
        const bl_model_layer *layer = &model->layers[i];
        print_shape(layer, shape);
        bl_number_grouped(number, (int64_t)layer->n_parameters);
        write_layer(cli, w, layer->name, layer->kind, shape, number);
    }
}

// ---- the transform ----

/// ", WHAT VALUE", unless it changes nothing.
static void write_number(bl_cli *cli, const char *what, double value, double preset) {
    char digits[BL_NUMBER_BYTES];
    if (value == preset || isnan(value))
        return;
    bl_number_float64(digits, value);
    bl_out_printf(&cli->out, ", %s %s", what, digits);
}

static void write_column(bl_cli *cli, const bl_nn_columns *c, size_t i, int width) {
    const char *name = c->names[i] ? c->names[i] : "?";
    bl_out_text(&cli->out, "    ");
    bl_terminal_cell(&cli->out, name, strlen(name), width);
    bl_out_printf(&cli->out, "  %s", bl_nn_curve_name(c->curves[i]));
    write_number(cli, "offset", c->offset[i], 0);
    write_number(cli, "scale", c->scale[i], 1);
    write_number(cli, "low", c->low[i], -INFINITY);
    write_number(cli, "high", c->high[i], INFINITY);
    write_number(cli, "missing", c->missing[i], NAN);
    write_number(cli, "pad", c->pad[i], 0);
    bl_out_char(&cli->out, '\n');
}

static void write_column_name(bl_cli *cli, const bl_nn_columns *c, size_t i) {
    if (c->names[i])
        write_text(cli, c->names[i]);
    else
        bl_out_printf(&cli->out, "column %zu", i);
}

static void write_order(bl_cli *cli, const bl_nn_columns *c) {
    bool is_delta_r = c->rows.order == BL_NN_ORDER_DELTA_R;
    if (c->rows.order == BL_NN_ORDER_KEPT) {
        bl_out_text(&cli->out, "as they come");
        return;
    }
    bl_out_text(&cli->out, is_delta_r ? "by ΔR to the first, of " : "by ");
    write_column_name(cli, c, c->rows.column);
    if (is_delta_r) {
        bl_out_text(&cli->out, " and ");
        write_column_name(cli, c, c->rows.phi);
    }
    bl_out_text(&cli->out, c->rows.ascending ? ", smallest first" : ", largest first");
}

/// "rows by pt, largest first; at most 100, fewer are padded; standardised in each event"
static void write_rows(bl_cli *cli, const bl_nn_columns *c) {
    static const char *const fills[] = {"", ", fewer are padded", ", fewer are repeated"};
    if (!bl_nn_columns_arranges(c))
        return;
    bl_out_text(&cli->out, "    rows ");
    write_order(cli, c);
    if (c->rows.length)
        bl_out_printf(&cli->out, "; at most %zu%s", c->rows.length, fills[c->rows.padding]);
    bl_out_text(&cli->out, c->rows.is_per_event ? "; standardised in each event\n" : "\n");
}

static void write_transform(bl_cli *cli, const bl_nn_transform *transform) {
    for (size_t i = 0; i < transform->n_inputs; i++) {
        const bl_nn_columns *columns = &transform->inputs[i];
        int width = 0;
        bl_out_text(&cli->out, "\n  transform of ");
        write_text(cli, columns->input);
        bl_out_char(&cli->out, '\n');
        for (size_t k = 0; k < columns->n; k++)
            width = columns->names[k] ? widen(width, columns->names[k]) : width;
        write_rows(cli, columns);
        for (size_t k = 0; k < columns->n; k++)
            write_column(cli, columns, k, width ? width : 1);
    }
}

// ---- notes ----

/// A key and its value on a line, as long as the terminal has room.
static bl_status write_value(bl_cli *cli, const char *key, const bl_item *value, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, cli->context);
    bl_text text = {.arena = &arena};
    bl_text_add(&text, "    %s: ", key);
    bl_json_put_item(&text, value, BL_JSON_ONE_LINE);
    if (!text.has_failed)
        bl_terminal_cut(&cli->out, text.text, text.n, cli->width);
    bl_out_char(&cli->out, '\n');
    bl_arena_release(&arena);
    return text.has_failed ? bl_error_nomem(err, text.n, "a model's notes") : BL_OK;
}

static bl_status write_notes(bl_cli *cli, const bl_bundle *bundle, bl_error *err) {
    for (unsigned i = 0; i < BL_BUNDLE_N_NOTES; i++) {
        const bl_item *note = bundle->notes[i];
        if (!note)
            continue;
        bl_out_printf(&cli->out, "\n  %s\n", bl_bundle_note_name((bl_bundle_note)i));
        for (size_t k = 0; k < note->n; k++)
            BL_TRY(write_value(cli, note->keys[k], note->items[k], err));
    }
    return BL_OK;
}

// ---- all of it ----

static bl_status write_model(bl_cli *cli, const char *url, const bl_model *model, bl_error *err) {
    if (cli->arguments.json) {
        bl_out_text(&cli->out, "{\"file\": ");
        bl_out_json_text(&cli->out, url);
        bl_out_text(&cli->out, ", ");
        bl_out_text(&cli->out, bl_model_describe(model) + 1); // behind its brace
        bl_out_char(&cli->out, '\n');
        return BL_OK;
    }
    if (cli->arguments.names) {
        for (size_t i = 0; i < model->n_layers; i++)
            bl_out_printf(&cli->out, "%s\n", model->layers[i].name);
        return BL_OK;
    }
    write_head(cli, url, model);
    write_layers(cli, model);
    write_transform(cli, &model->bundle->transform);
    return write_notes(cli, model->bundle, err);
}

bl_status bl_inspect_model(bl_cli *cli, const char *url, bool *ret_is_model, bl_error *err) {
    BL_AUTO(bl_model) model = NULL;
    BL_TRY(bl_bundle_probe(cli->context, url, ret_is_model, err));
    if (!*ret_is_model)
        return BL_OK;
    if (cli->arguments.tree || cli->arguments.columns)
        return bl_error_set(err, BL_E_USAGE, "%s: a model has no trees and no columns", url);
    BL_TRY(bl_model_open(cli->context, url, NULL, &model, err));
    return write_model(cli, url, model, err);
}
