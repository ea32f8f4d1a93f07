// SPDX-License-Identifier: Apache-2.0
// `beamline export`: a trained network in another form. What the output's name ends with says
// which.
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/whole_file.h"
#include "cli/cli.h"
#include "model/code/code.h"
#include "model/keras/to_graph.h"

typedef struct export_run {
    bl_cli *cli;
    bl_arena arena;
    bl_nn_graph graph;
    bl_nn_network *network;
    const char *model, *output;
} export_run;

// ---- the model ----

/// The one place where a model is opened.
static bl_status open_model(export_run *run, bl_error *err) {
    BL_AUTO(bl_keras_file) file = NULL;
    bl_context *context = run->cli->context;
    BL_TRY(bl_keras_open(context, run->model, &file, err));
    BL_TRY_IN(bl_keras_to_graph(file, &run->arena, &run->graph, err), err, "%s", run->model);
    BL_TRY_IN(bl_nn_network_new(context, &run->graph, NULL, &run->network, err), err, "%s",
              run->model);
    BL_TRY_IN(bl_keras_load_weights(file, run->network, err), err, "%s", run->model);
    return BL_OK;
}

// ---- C ----

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/// The output's name without its ending, as a name of C. \return NULL: no memory
static const char *code_name(export_run *run) {
    const char *begin = file_name(run->output), *dot = strrchr(begin, '.');
    size_t n = dot ? (size_t)(dot - begin) : strlen(begin);
    bool is_digit = *begin >= '0' && *begin <= '9';
    char *name = bl_arena_printf(&run->arena, "%s%.*s", is_digit ? "_" : "", (int)n, begin);
    for (char *at = name; at && *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *at))
            *at = '_';
    return name;
}

static bl_status write_code(export_run *run, bl_error *err) {
    enum { VECTORS = 16 };
    const bl_arguments *a = &run->cli->arguments;
    bl_code code;
    bl_code_options options = {.name = a->name ? a->name : code_name(run),
                               .origin = file_name(run->model),
                               .header = a->header ? file_name(a->header) : NULL,
                               .n_vectors = a->n_vectors ? a->n_vectors : VECTORS};
    if (!options.name)
        return bl_error_nomem(err, 0, "a name");
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
    bl_status (*write)(export_run *run, bl_error *err);
} target;

static const target targets[] = {
    {".c", "C source", write_code},
};

static bool ends_with(const char *text, const char *ending) {
    size_t n = strlen(text), n_ending = strlen(ending);
    return n > n_ending && strcmp(text + n - n_ending, ending) == 0;
}

/// By --type, else by the output's name.
static bl_status find_target(const export_run *run, const target **ret_target, bl_error *err) {
    const char *type = run->cli->arguments.type;
    bl_nearest nearest;
    bl_nearest_init(&nearest, type ? type : "");
    for (size_t i = 0; i < BL_COUNT(targets); i++) {
        if (type ? strcmp(targets[i].ending + 1, type) == 0
                 : ends_with(run->output, targets[i].ending)) {
            *ret_target = &targets[i];
            return BL_OK;
        }
        bl_nearest_offer(&nearest, targets[i].ending + 1);
    }
    if (!type)
        return bl_error_set(err, BL_E_USAGE,
                            "%s: its name does not tell what to write; --type does: %s",
                            run->output, "c");
    return bl_nearest_hint(&nearest, bl_error_set(err, BL_E_USAGE, "no type '%s'", type), err);
}

static bl_status export_model(export_run *run, bl_error *err) {
    const target *found;
    BL_TRY(find_target(run, &found, err));
    BL_TRY(open_model(run, err));
    return found->write(run, err);
}

static bl_status run_export(bl_cli *cli, bl_error *err) {
    export_run run = {
        .cli = cli, .model = cli->arguments.operands[0], .output = cli->arguments.output};
    if (!run.output)
        return bl_error_set(err, BL_E_USAGE, "where to? -o FILE says it");
    bl_arena_init(&run.arena, cli->context);
    bl_status status = export_model(&run, err);
    bl_nn_network_free(run.network);
    bl_arena_release(&run.arena);
    return status;
}

static const bl_option export_options[] = {
    {"output", 'o', "FILE", "Write this file; its ending says what: .c", BL_OPTION_TEXT,
     BL_HINT_FILES, NULL, offsetof(bl_arguments, output), false},
    {"type", 0, "TYPE", "Write this, whatever the file is called: c", BL_OPTION_TEXT,
     .offset = offsetof(bl_arguments, type)},
    {"name", 0, "NAME", "Of C: begin the names of functions so; the file's name by default",
     BL_OPTION_TEXT, .offset = offsetof(bl_arguments, name)},
    {"header", 0, "FILE", "Of C: write a header, too, which the source includes", BL_OPTION_TEXT,
     BL_HINT_FILES, NULL, offsetof(bl_arguments, header), false},
    {"vectors", 0, "N", "Of C: test with N events; default 16", BL_OPTION_COUNT,
     .offset = offsetof(bl_arguments, n_vectors)},
    {"overwrite", 0, NULL, "Replace FILE where it exists", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, overwrite)},
};

static const bl_example export_examples[] = {
    {"A network as C", "beamline export model.keras -o trigger.c"},
    {"Its test", "cc -O3 -march=native -Dtrigger_TEST trigger.c -lm -o test && ./test"},
    {"With a header and another name",
     "beamline export model.h5 -o net.c --header net.h --name hlf"},
};

const bl_command bl_command_export = {
    .name = "export",
    .summary = "write a trained network in another form",
    .operands = "MODEL",
    .description =
        "Reads a trained network, a model file of Keras (.keras, .h5), and writes it as what the "
        "output's name ends with.\n\n"
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
