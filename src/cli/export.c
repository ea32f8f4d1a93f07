// SPDX-License-Identifier: Apache-2.0
// `beamline export`: a trained network in another form. What the output's name ends with says
// which.
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/names.h"
#include "base/whole_file.h"
#include "cli/export.h"
#include "model/code/code.h"

// ---- the model ----

/// Whether columns become other numbers; some only have names.
static bool changes(const bl_nn_columns *t) {
    bool result = false;
    for (size_t i = 0; i < t->n; i++)
        result |= t->curves[i] != BL_NN_CURVE_IDENTITY || t->offset[i] != 0 || t->scale[i] != 1 ||
                  t->low[i] != -INFINITY || t->high[i] != INFINITY || !isnan(t->missing[i]);
    return result;
}

static const char only_raw[] = "first, which is not exported; --raw exports the network alone";

bl_status bl_export_check_rows(const bl_export_run *run, bl_error *err) {
    for (size_t i = 0; i < bl_model_n_inputs(run->opened); i++) {
        const bl_nn_columns *t = run->opened->transforms[i];
        if (t && bl_nn_columns_arranges(t))
            return bl_error_set(err, BL_E_UNSUPPORTED, "%s: rows of input '%s' are %s %s",
                                run->model, t->input, bl_nn_arrangement_name(&t->rows), only_raw);
    }
    return BL_OK;
}

bl_status bl_export_check_transforms(const bl_export_run *run, bl_error *err) {
    BL_TRY(bl_export_check_rows(run, err));
    for (size_t i = 0; i < bl_model_n_inputs(run->opened); i++) {
        const bl_nn_columns *t = run->opened->transforms[i];
        if (t && changes(t))
            return bl_error_set(err, BL_E_UNSUPPORTED, "%s: input '%s' is transformed %s",
                                run->model, t->input, only_raw);
    }
    return BL_OK;
}

static bl_status open_model(bl_export_run *run, bl_error *err) {
    const bl_model_options options = {.size = sizeof options, .raw = run->cli->arguments.raw};
    BL_TRY(bl_model_open(run->cli->context, run->model, &options, &run->opened, err));
    run->network = run->opened->bundle->network;
    return BL_OK;
}

// ---- C ----

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/// The output's name without its ending, as a name of C. \return NULL: no memory
static const char *code_name(bl_export_run *run) {
    const char *begin = file_name(run->output), *dot = strrchr(begin, '.');
    size_t n = dot ? (size_t)(dot - begin) : strlen(begin);
    bool is_digit = *begin >= '0' && *begin <= '9';
    char *name = bl_arena_printf(&run->arena, "%s%.*s", is_digit ? "_" : "", (int)n, begin);
    for (char *at = name; at && *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *at))
            *at = '_';
    return name;
}

/// What is there stays, and nothing is written beside it.
static bl_status check_free(const bl_export_run *run, const char *path, bl_error *err) {
    if (!path || run->cli->arguments.overwrite || access(path, F_OK) != 0)
        return BL_OK;
    return bl_error_set(err, BL_E_EXISTS, "%s: already exists; --overwrite replaces it", path);
}

static bl_status write_code(bl_export_run *run, bl_error *err) {
    enum { VECTORS = 16 };
    const bl_arguments *a = &run->cli->arguments;
    bl_code code;
    bl_code_options options = {.name = a->name ? a->name : code_name(run),
                               .origin = file_name(run->model),
                               .header = a->header ? file_name(a->header) : NULL,
                               .n_vectors = a->n_vectors ? a->n_vectors : VECTORS};
    if (!options.name)
        return bl_error_nomem(err, 0, "a name");
    BL_TRY(bl_export_check_transforms(run, err));
    BL_TRY(check_free(run, run->output, err));
    BL_TRY(check_free(run, a->header, err));
    BL_TRY_IN(bl_code_write(run->cli->context, run->network, &options, &code, err), err, "%s",
              run->model);
    bl_status status =
        bl_whole_file_write(run->output, code.source, code.source_size, a->overwrite, err);
    if (status == BL_OK && a->header)
        status = bl_whole_file_write(a->header, code.header, code.header_size, a->overwrite, err);
    if (status == BL_OK)
        bl_cli_note(run->cli,
                    "%s: %zu bytes of C; `cc -O3 -march=native -D%s_TEST %s -lm` makes its test",
                    run->output, code.source_size, options.name, run->output);
    bl_code_release(&code);
    return status;
}

// ---- all forms ----

typedef struct target {
    const char *ending, *what;
    bl_status (*write)(bl_export_run *run, bl_error *err);
} target;

static const target targets[] = {
    {".c", "C source", write_code},
    {".onnx", "ONNX", bl_export_onnx},
    {".keras", "Keras archive", bl_export_keras},
    {".h5", "Keras HDF5", bl_export_keras_h5},
    {".blm", "beamline bundle", bl_export_bundle},
};

static bool ends_with(const char *text, const char *ending) {
    size_t n = strlen(text), n_ending = strlen(ending);
    return n > n_ending && strcmp(text + n - n_ending, ending) == 0;
}

/// By --type, else by the output's name. \return NULL: there is none, which is BL_E_USAGE
static const target *find_target(const bl_export_run *run, bl_error *err) {
    const char *type = run->cli->arguments.type;
    bl_nearest nearest;
    bl_nearest_init(&nearest, type ? type : "");
    for (size_t i = 0; i < BL_COUNT(targets); i++) {
        if (type ? strcmp(targets[i].ending + 1, type) == 0
                 : ends_with(run->output, targets[i].ending))
            return &targets[i];
        bl_nearest_offer(&nearest, targets[i].ending + 1);
    }
    bl_status status =
        type ? bl_error_set(err, BL_E_USAGE, "no type '%s'", type)
             : bl_error_set(err, BL_E_USAGE,
                            "%s: its name does not tell what to write; --type does", run->output);
    (void)bl_nearest_hint(&nearest, status, err);
    return NULL;
}

static bl_status export_model(bl_export_run *run, bl_error *err) {
    const target *found = find_target(run, err);
    if (!found)
        return BL_E_USAGE;
    BL_TRY(open_model(run, err));
    return found->write(run, err);
}

static bl_status run_export(bl_cli *cli, bl_error *err) {
    bl_export_run run = {
        .cli = cli, .model = cli->arguments.operands[0], .output = cli->arguments.output};
    if (!run.output)
        return bl_error_set(err, BL_E_USAGE, "where to? -o FILE says it");
    bl_arena_init(&run.arena, cli->context);
    bl_status status = export_model(&run, err);
    bl_model_free(run.opened);
    bl_arena_release(&run.arena);
    return status;
}

static const bl_option export_options[] = {
    {"output", 'o', "FILE", "Write this file; its ending says what", BL_OPTION_TEXT, BL_HINT_FILES,
     NULL, offsetof(bl_arguments, output), false},
    {"type", 0, "TYPE", "Write this, whatever the file is called: c, onnx, keras, h5 or blm",
     BL_OPTION_TEXT, .offset = offsetof(bl_arguments, type)},
    {"name", 0, "NAME", "Of C: begin the names of functions so; the file's name by default",
     BL_OPTION_TEXT, .offset = offsetof(bl_arguments, name)},
    {"header", 0, "FILE", "Of C: write a header, too, which the source includes", BL_OPTION_TEXT,
     BL_HINT_FILES, NULL, offsetof(bl_arguments, header), false},
    {"vectors", 0, "N", "Of C: test with N events; default 16", BL_OPTION_COUNT,
     .offset = offsetof(bl_arguments, n_vectors)},
    {"raw", 0, NULL, "Leave out what a bundle does to its inputs first", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, raw)},
    {"overwrite", 0, NULL, "Replace FILE where it exists", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, overwrite)},
};

static const bl_example export_examples[] = {
    {"A network as C", "beamline export model.keras -o trigger.c"},
    {"For onnxruntime, what a bundle does to its inputs included",
     "beamline export model.blm -o model.onnx"},
    {"With many events to test it", "beamline export model.keras -o trigger.c --vectors 1000"},
    {"With a header and another name",
     "beamline export model.h5 -o net.c --header net.h --name hlf"},
};

const bl_command bl_command_export = {
    .name = "export",
    .summary = "write a trained network in another form",
    .operands = "MODEL",
    .description =
        "Reads a trained network, in any model file that beamline runs (.blm, .keras, .h5, "
        ".onnx, of XGBoost, LightGBM), and writes it as what the output's name ends with: .c, "
        ".onnx, .keras, .h5 or .blm. What a bundle does to its inputs first is written into ONNX "
        "and bundles; for others --raw leaves it out.\n\n"
        "As C (.c) it is one file of C11 that needs nothing: no library, no allocation, no "
        "variable that changes. It computes one event by the function NAME_run, with the bits that "
        "beamline computes, on any processor. Compiled with -DNAME_TEST the same file is a program "
        "that runs test vectors, compares them bit by bit and prints the time of an event; it "
        "exits with 0 where all are the same.\n\n"
        "A layer that cannot be written is an error that names it (exit code as in `beamline "
        "help`). The file appears when it is whole.",
    .options = export_options,
    .n_options = BL_COUNT(export_options),
    .takes_common = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 1,
    .max_operands = 1,
    .examples = export_examples,
    .n_examples = BL_COUNT(export_examples),
    .run = run_export,
};
