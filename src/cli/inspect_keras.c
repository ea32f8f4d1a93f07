// SPDX-License-Identifier: Apache-2.0
// `beamline inspect` of a model of Keras: its layers, their output's shape as far as the file tells
// it, their parameters and weights. A model's weights alone have no layers, but weights.
#include <inttypes.h>
#include <stdio.h>

#include "cli/inspect.h"
#include "cli/number.h"
#include "cli/terminal.h"
#include "model/keras/to_graph.h"

static const char *const roles[] = {[BL_KERAS_PARAMETER] = "parameter",
                                    [BL_KERAS_STATE] = "state",
                                    [BL_KERAS_OPTIMIZER] = "optimizer"};

/// The class of the whole model or its optimizer: what a configuration's item says of itself.
static const char *class_of(const bl_item *item) {
    const bl_item *class = bl_item_get(item, "class_name");
    return class && class->kind == BL_ITEM_TEXT ? class->text : NULL;
}

/// Keras 2 says "optimizer_config", Keras 3 "optimizer"; a name stands for its default settings.
static const char *optimizer_of(const bl_item *training) {
    const bl_item *item = bl_item_get(training, "optimizer");
    if (!item)
        item = bl_item_get(training, "optimizer_config");
    return item && item->kind == BL_ITEM_TEXT ? item->text : class_of(item);
}

// ---- JSON ----

static void json_member(bl_out *out, const char *key, const char *text) {
    bl_out_printf(out, ",\"%s\":", key);
    bl_out_json_text(out, text);
}

static void json_layer(bl_out *out, const bl_keras_file *file, const bl_keras_layer *layer) {
    const bl_item *shape = layer->output_shape;
    bl_out_text(out, "{\"name\":");
    bl_out_json_text(out, layer->name);
    json_member(out, "class", layer->class_name);
    json_member(out, "model", layer->parent == SIZE_MAX ? NULL : file->layers[layer->parent].name);
    bl_out_printf(out, ",\"depth\":%u,\"output_shape\":%s", layer->depth, shape ? "[" : "null");
    for (size_t i = 0; shape && i < shape->n; i++)
        bl_out_printf(out, "%s%s", i ? "," : "", shape->items[i]->text);
    bl_out_printf(out, "%s,\"parameters\":%" PRIu64 "}", shape ? "]" : "", layer->n_parameters);
}

static void json_weight(bl_out *out, const bl_keras_file *file, const bl_keras_weight *weight) {
    const bl_hdf5_values *values = weight->values;
    bl_out_text(out, "{\"path\":");
    bl_out_json_text(out, weight->path);
    json_member(out, "layer", weight->layer == SIZE_MAX ? NULL : file->layers[weight->layer].name);
    json_member(out, "name", weight->name);
    json_member(out, "role", roles[weight->role]);
    json_member(out, "type", bl_hdf5_type_name(values->type));
    bl_out_text(out, ",\"shape\":[");
    for (unsigned i = 0; i < values->rank; i++)
        bl_out_printf(out, "%s%" PRIu64, i ? "," : "", values->dims[i]);
    bl_out_text(out, "]}");
}

/// \param why it cannot be run; empty: it can
static void write_json(bl_out *out, const char *url, const bl_keras_file *file, const char *why) {
    bl_out_text(out, "{\"file\":");
    bl_out_json_text(out, url);
    json_member(out, "format", bl_keras_format_name(file->format));
    json_member(out, "keras_version", file->keras_version);
    json_member(out, "backend", file->backend);
    json_member(out, "class", class_of(file->config));
    json_member(out, "optimizer", optimizer_of(file->training));
    bl_out_printf(out, ",\"runs\":%s", *why ? "false" : "true");
    json_member(out, "why_not", *why ? why : NULL);
    bl_out_printf(out, ",\"compiled\":%s,\"parameters\":%" PRIu64 ",\"layers\":[",
                  file->training ? "true" : "false", file->n_parameters);
    for (size_t i = 0; i < file->n_layers; i++) {
        bl_out_text(out, i ? "," : "");
        json_layer(out, file, &file->layers[i]);
    }
    bl_out_text(out, "],\"weights\":[");
    for (size_t i = 0; i < file->n_weights; i++) {
        bl_out_text(out, i ? "," : "");
        json_weight(out, file, &file->weights[i]);
    }
    bl_out_text(out, "]}\n");
}

// ---- text ----

enum { NAME_MOST = 40, CLASS_MOST = 24, SHAPE_WIDTH = 20, PARAMETERS_WIDTH = 12 };

static void dim(bl_cli *cli, bool on) {
    if (cli->color)
        bl_out_text(&cli->out, on ? "\033[2m" : "\033[0m");
}

static void write_text(bl_cli *cli, const char *text) {
    bl_terminal_cut(&cli->out, text, strlen(text), 1000);
}

/// "(?, 801, 19)"; what does not fit is cut.
static void print_shape(const bl_item *shape, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "%s", shape ? "(" : "");
    for (size_t i = 0; shape && i < shape->n && used < size; i++) {
        const bl_item *item = shape->items[i];
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
                                 item->kind == BL_ITEM_INTEGER ? item->text : "?");
    }
    if (shape && used < size)
        (void)snprintf(text + used, size - used, ")");
}

static void write_weight(bl_cli *cli, const bl_keras_weight *weight, size_t indent,
                         const char *name) {
    const bl_hdf5_values *values = weight->values;
    bl_out_repeat(&cli->out, ' ', indent);
    dim(cli, true);
    write_text(cli, name);
    bl_out_printf(&cli->out, "  %s [", bl_hdf5_type_name(values->type));
    for (unsigned i = 0; i < values->rank; i++)
        bl_out_printf(&cli->out, "%s%" PRIu64, i ? ", " : "", values->dims[i]);
    bl_out_text(&cli->out, weight->role == BL_KERAS_STATE ? "]  state" : "]");
    dim(cli, false);
    bl_out_char(&cli->out, '\n');
}

typedef struct widths {
    int name, class;
} widths;

static widths measure(const bl_keras_file *file) {
    size_t name = 5, class = 5;
    for (size_t i = 0; i < file->n_layers; i++) {
        const bl_keras_layer *layer = &file->layers[i];
        size_t n = 2 * layer->depth + bl_terminal_columns(layer->name, strlen(layer->name));
        size_t m = bl_terminal_columns(layer->class_name, strlen(layer->class_name));
        name = n > name ? n : name;
        class = m > class ? m : class;
    }
    return (widths){name > NAME_MOST ? NAME_MOST : (int)name,
                    class > CLASS_MOST ? CLASS_MOST : (int)class};
}

static void write_layer(bl_cli *cli, const bl_keras_layer *layer, widths w) {
    char shape[128], number[BL_NUMBER_BYTES];
    bl_out *out = &cli->out;
    int indent = layer->depth < NAME_MOST / 4 ? (int)(2 * layer->depth) : NAME_MOST / 2;
    bl_out_repeat(out, ' ', 2 + (size_t)indent);
    bl_terminal_cell(out, layer->name, strlen(layer->name), w.name > indent ? w.name - indent : 1);
    bl_out_text(out, "  ");
    bl_terminal_cell(out, layer->class_name, strlen(layer->class_name), w.class);
    print_shape(layer->output_shape, shape, sizeof shape);
    bl_number_grouped(number, (int64_t)layer->n_parameters);
    bl_out_printf(out, "  %-*s  %*s\n", SHAPE_WIDTH, shape, PARAMETERS_WIDTH, number);
}

static void write_layers(bl_cli *cli, const bl_keras_file *file) {
    widths w = measure(file);
    size_t k = 0;
    bl_out_text(&cli->out, "\n  ");
    bl_terminal_cell(&cli->out, "layer", 5, w.name);
    bl_out_text(&cli->out, "  ");
    bl_terminal_cell(&cli->out, "class", 5, w.class);
    bl_out_printf(&cli->out, "  %-*s  %*s\n", SHAPE_WIDTH, "output", PARAMETERS_WIDTH,
                  "parameters");
    for (size_t i = 0; i < file->n_layers; i++) {
        write_layer(cli, &file->layers[i], w);
        for (; k < file->n_weights && file->weights[k].layer == i; k++)
            write_weight(cli, &file->weights[k], 6 + 2 * (size_t)file->layers[i].depth,
                         file->weights[k].name);
    }
}

/// Weights that no layer has, but the optimizer's, which are only counted.
static void write_others(bl_cli *cli, const bl_keras_file *file) {
    size_t n_optimizer = 0;
    for (size_t i = 0; i < file->n_weights; i++) {
        const bl_keras_weight *weight = &file->weights[i];
        n_optimizer += weight->role == BL_KERAS_OPTIMIZER;
        if (weight->layer == SIZE_MAX && weight->role != BL_KERAS_OPTIMIZER)
            write_weight(cli, weight, 2, weight->path);
    }
    if (n_optimizer)
        bl_out_printf(&cli->out, "\n  %zu arrays of the optimizer\n", n_optimizer);
}

static void write_head(bl_cli *cli, const char *url, const bl_keras_file *file) {
    char number[BL_NUMBER_BYTES];
    const char *class = class_of(file->config), *optimizer = optimizer_of(file->training);
    bl_number_grouped(number, (int64_t)file->n_parameters);
    write_text(cli, url);
    bl_out_printf(&cli->out, ": %s", bl_keras_format_name(file->format));
    if (file->keras_version) {
        bl_out_text(&cli->out, ", version ");
        write_text(cli, file->keras_version);
    }
    bl_out_text(&cli->out, "\n  ");
    write_text(cli, class ? class : "no configuration");
    bl_out_printf(&cli->out, ", %zu layers, %s parameters", file->n_layers, number);
    if (optimizer) {
        bl_out_text(&cli->out, ", compiled with ");
        write_text(cli, optimizer);
    }
    bl_out_char(&cli->out, '\n');
}

static void write_model(bl_cli *cli, const char *url, const bl_keras_file *file, const char *why) {
    if (cli->arguments.json) {
        write_json(&cli->out, url, file, why);
        return;
    }
    if (cli->arguments.names) {
        for (size_t i = 0; i < file->n_layers; i++)
            bl_out_printf(&cli->out, "%s\n", file->layers[i].name);
        return;
    }
    write_head(cli, url, file);
    if (*why && file->config) {
        bl_out_text(&cli->out, "  cannot be run: ");
        write_text(cli, why);
        bl_out_char(&cli->out, '\n');
    }
    if (file->n_layers)
        write_layers(cli, file);
    write_others(cli, file);
}

bl_status bl_inspect_keras(bl_cli *cli, const char *url, bool *ret_is_model, bl_error *err) {
    BL_AUTO(bl_keras_file) file = NULL;
    BL_TRY(bl_keras_probe(cli->context, url, ret_is_model, err));
    if (!*ret_is_model)
        return BL_OK;
    if (cli->arguments.tree || cli->arguments.columns)
        return bl_error_set(err, BL_E_USAGE, "%s: a model has no trees and no columns", url);
    BL_TRY(bl_keras_open(cli->context, url, &file, err));
    bl_error why = {0};
    bl_status status = bl_keras_find_shapes(file, &why);
    if (status == BL_E_NOMEM || status == BL_E_CANCELLED)
        return bl_error_set(err, status, "%s: %s", url, why.message);
    write_model(cli, url, file, why.message);
    return BL_OK;
}
