// SPDX-License-Identifier: Apache-2.0
// `beamline inspect` of ONNX models.
#include <inttypes.h>

#include "cli/inspect.h"
#include "cli/number.h"
#include "cli/terminal.h"
#include "model/onnx/file.h"
#include "model/onnx/summary.h"

enum { INDENT = 2, LEAST = 12, MOST = 40 };

bool bl_inspect_is_onnx(const char *url) {
    size_t n = strlen(url);
    return n > 5 && strcmp(url + n - 5, ".onnx") == 0;
}

// ---- for reading ----

static void text(bl_cli *cli, const char *value) {
    bl_terminal_cut(&cli->out, value ? value : "", value ? strlen(value) : 0, 1000);
}

/// "  NAME   ", as wide as the longest.
static void cell(bl_cli *cli, const char *name, int width) {
    bl_out_repeat(&cli->out, ' ', INDENT);
    bl_terminal_cell(&cli->out, name, strlen(name), width);
    bl_out_repeat(&cli->out, ' ', 2);
}

static int widen(int width, const char *name) {
    size_t columns = bl_terminal_columns(name, strlen(name));
    return columns > (size_t)width ? columns < MOST ? (int)columns : MOST : width;
}

static const char *domain_of(const bl_onnx_opset *opset) {
    return bl_onnx_is_default_domain(opset->domain) ? "ai.onnx" : opset->domain;
}

static void write_head(bl_cli *cli, const char *url, const bl_onnx_model *model) {
    bl_out *out = &cli->out;
    text(cli, url);
    bl_out_printf(out, ": ONNX, IR version %" PRId64, model->ir_version);
    for (size_t i = 0; i < model->opsets.n; i++) {
        bl_out_text(out, i ? ", " : ", operators of ");
        text(cli, domain_of(&model->opsets.items[i]));
        bl_out_printf(out, " %" PRId64, model->opsets.items[i].version);
    }
    if (model->producer && *model->producer) {
        bl_out_text(out, "\nwritten by ");
        text(cli, model->producer);
        bl_out_text(out, model->producer_version && *model->producer_version ? " " : "");
        text(cli, model->producer_version);
    }
    bl_out_char(out, '\n');
    for (size_t i = 0; i < model->metadata.n; i++) {
        bl_out_repeat(out, ' ', INDENT);
        text(cli, model->metadata.items[i].key);
        bl_out_text(out, ": ");
        text(cli, model->metadata.items[i].value);
        bl_out_char(out, '\n');
    }
}

static bl_status write_value(bl_cli *cli, bl_arena *arena, const bl_onnx_value *value, int width,
                             bl_error *err) {
    const char *type = bl_onnx_type_format(arena, value->type);
    if (!type)
        return bl_error_nomem(err, 0, "a type");
    cell(cli, value->name, width);
    text(cli, type);
    bl_out_char(&cli->out, '\n');
    return BL_OK;
}

static bl_status write_values(bl_cli *cli, bl_arena *arena, const bl_onnx_model *model,
                              const bl_onnx_summary *summary, bl_error *err) {
    const bl_onnx_values *outputs = &model->graph->outputs;
    int width = LEAST;
    for (size_t i = 0; i < summary->n_inputs; i++)
        width = widen(width, summary->inputs[i]->name);
    for (size_t i = 0; i < outputs->n; i++)
        width = widen(width, outputs->items[i].name);
    bl_out_text(&cli->out, "\nInputs\n");
    for (size_t i = 0; i < summary->n_inputs; i++)
        BL_TRY(write_value(cli, arena, summary->inputs[i], width, err));
    bl_out_text(&cli->out, "\nOutputs\n");
    for (size_t i = 0; i < outputs->n; i++)
        BL_TRY(write_value(cli, arena, &outputs->items[i], width, err));
    return BL_OK;
}

/// ONNX's own operators by their names, others with their domains.
static const char *operator_name(bl_arena *arena, const bl_onnx_operator *op) {
    return bl_onnx_is_default_domain(op->domain)
               ? op->name
               : bl_arena_printf(arena, "%s.%s", op->domain, op->name);
}

static bl_status write_operators(bl_cli *cli, bl_arena *arena, const bl_onnx_summary *summary,
                                 bl_error *err) {
    char number[BL_NUMBER_BYTES];
    int width = LEAST;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < summary->n_operators; i++) {
            const char *name = operator_name(arena, &summary->operators[i]);
            if (!name)
                return bl_error_nomem(err, 0, "an operator");
            if (pass == 0) {
                width = widen(width, name);
                continue;
            }
            bl_out_text(&cli->out, i ? "" : "\nOperators\n");
            cell(cli, name, width);
            bl_number_grouped(number, (int64_t)summary->operators[i].n_nodes);
            bl_out_printf(&cli->out, "%8s\n", number);
        }
    return BL_OK;
}

static void write_totals(bl_cli *cli, const bl_onnx_summary *summary) {
    char number[BL_NUMBER_BYTES], size[BL_NUMBER_BYTES];
    bl_number_grouped(number, (int64_t)summary->n_nodes);
    bl_out_printf(&cli->out, "\n%s nodes, ", number);
    bl_number_grouped(number, (int64_t)summary->n_parameters);
    bl_number_bytes(size, summary->parameter_bytes);
    bl_out_printf(&cli->out, "%s parameters in %" PRIu64 " tensors, %s\n", number,
                  summary->n_tensors, size);
}

static bl_status write_text(bl_cli *cli, bl_arena *arena, const char *url,
                            const bl_onnx_model *model, const bl_onnx_summary *summary,
                            bl_error *err) {
    write_head(cli, url, model);
    BL_TRY(write_values(cli, arena, model, summary, err));
    BL_TRY(write_operators(cli, arena, summary, err));
    write_totals(cli, summary);
    return BL_OK;
}

// ---- JSON ----

static void json_text(bl_out *out, const char *key, const char *value) {
    bl_out_printf(out, "\"%s\":", key);
    bl_out_json_text(out, value);
}

static void json_shape(bl_out *out, const bl_onnx_shape *shape) {
    bl_out_char(out, '[');
    for (size_t i = 0; i < shape->dims.n; i++) {
        const bl_onnx_dim *dim = &shape->dims.items[i];
        bl_out_text(out, i ? "," : "");
        if (bl_message_has(&dim->head, BL_ONNX_DIM_HAS_VALUE))
            bl_out_printf(out, "%" PRId64, dim->value);
        else
            bl_out_json_text(out, dim->name);
    }
    bl_out_char(out, ']');
}

static bl_status json_value(bl_out *out, bl_arena *arena, const bl_onnx_value *value,
                            bl_error *err) {
    const bl_onnx_tensor_type *tensor = value->type ? value->type->tensor : NULL;
    const char *type =
        tensor ? bl_onnx_type_text(tensor->element) : bl_onnx_type_format(arena, value->type);
    if (!tensor && !type)
        return bl_error_nomem(err, 0, "a type");
    bl_out_char(out, '{');
    json_text(out, "name", value->name);
    bl_out_char(out, ',');
    json_text(out, "type", type);
    bl_out_text(out, ",\"shape\":");
    if (tensor && tensor->shape)
        json_shape(out, tensor->shape);
    else
        bl_out_text(out, "null");
    bl_out_char(out, '}');
    return BL_OK;
}

static void json_head(bl_out *out, const char *url, const bl_onnx_model *model) {
    bl_out_char(out, '{');
    json_text(out, "file", url);
    bl_out_printf(out, ",\"format\":\"onnx\",\"ir_version\":%" PRId64 ",", model->ir_version);
    json_text(out, "producer", model->producer);
    bl_out_char(out, ',');
    json_text(out, "producer_version", model->producer_version);
    bl_out_text(out, ",\"opsets\":[");
    for (size_t i = 0; i < model->opsets.n; i++) {
        bl_out_text(out, i ? ",{" : "{");
        json_text(out, "domain", domain_of(&model->opsets.items[i]));
        bl_out_printf(out, ",\"version\":%" PRId64 "}", model->opsets.items[i].version);
    }
    bl_out_text(out, "],\"metadata\":[");
    for (size_t i = 0; i < model->metadata.n; i++) {
        bl_out_text(out, i ? ",{" : "{");
        json_text(out, "key", model->metadata.items[i].key);
        bl_out_char(out, ',');
        json_text(out, "value", model->metadata.items[i].value);
        bl_out_char(out, '}');
    }
    bl_out_text(out, "],");
    json_text(out, "graph", model->graph->name);
}

static void json_numbers(bl_out *out, const bl_onnx_summary *summary) {
    bl_out_text(out, "],\"operators\":[");
    for (size_t i = 0; i < summary->n_operators; i++) {
        const bl_onnx_operator *op = &summary->operators[i];
        bl_out_text(out, i ? ",{" : "{");
        json_text(out, "domain", op->domain);
        bl_out_char(out, ',');
        json_text(out, "name", op->name);
        bl_out_printf(out, ",\"nodes\":%" PRIu64 "}", op->n_nodes);
    }
    bl_out_printf(out,
                  "],\"nodes\":%" PRIu64 ",\"tensors\":%" PRIu64 ",\"parameters\":%" PRIu64
                  ",\"parameter_bytes\":%" PRIu64 "}\n",
                  summary->n_nodes, summary->n_tensors, summary->n_parameters,
                  summary->parameter_bytes);
}

/// The whole document is made or none.
static bl_status write_json(bl_out *out, bl_arena *arena, const char *url,
                            const bl_onnx_model *model, const bl_onnx_summary *summary,
                            bl_error *err) {
    const bl_onnx_values *outputs = &model->graph->outputs;
    json_head(out, url, model);
    bl_out_text(out, ",\"inputs\":[");
    for (size_t i = 0; i < summary->n_inputs; i++) {
        bl_out_text(out, i ? "," : "");
        BL_TRY(json_value(out, arena, summary->inputs[i], err));
    }
    bl_out_text(out, "],\"outputs\":[");
    for (size_t i = 0; i < outputs->n; i++) {
        bl_out_text(out, i ? "," : "");
        BL_TRY(json_value(out, arena, &outputs->items[i], err));
    }
    json_numbers(out, summary);
    return BL_OK;
}

static bl_status inspect(bl_cli *cli, bl_arena *arena, const char *url, bl_error *err) {
    bl_onnx_model *model = NULL;
    bl_onnx_summary summary;
    BL_TRY(bl_onnx_read(arena, url, &model, err));
    BL_TRY(bl_onnx_summarise(arena, model, &summary, err));
    return cli->arguments.json ? write_json(&cli->out, arena, url, model, &summary, err)
                               : write_text(cli, arena, url, model, &summary, err);
}

bl_status bl_inspect_onnx(bl_cli *cli, const char *url, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    if (arguments->tree || arguments->columns || arguments->names)
        return bl_error_set(err, BL_E_USAGE,
                            "%s is a model: --tree, --columns and --names are for tables", url);
    bl_arena arena;
    bl_arena_init(&arena, cli->context);
    bl_status status = inspect(cli, &arena, url, err);
    bl_arena_release(&arena);
    return status;
}
