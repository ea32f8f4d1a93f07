// SPDX-License-Identifier: Apache-2.0
// `beamline init`: looks at files and writes a data configuration to start from.
#include "cli/init.h"

#include <unistd.h>

#include "base/context.h"
#include "base/whole_file.h"
#include "cli/dataset.h"
#include "cli/select.h"
#include "data/stream/normalise.h"

// ---- trees ----

/// Numbers, in lists of at most one level: what a group of inputs takes.
static bool is_input(const bl_type *type, unsigned *ret_depth) {
    bl_type_id id = bl_type_get_id(type);
    *ret_depth = id == BL_LIST ? 1 : 0;
    return bl_type_get_id(*ret_depth ? bl_type_child(type, 0) : type) <= BL_FLOAT64;
}

/// Trees of texts, such as a job's settings, may have more rows than that of events.
static bl_status has_inputs(const bl_table *table, bool *ret_has, bl_error *err) {
    bool has = false;
    for (size_t i = 0; i < bl_table_n_columns(table) && !has; i++) {
        bl_column_info info = {.size = sizeof info};
        unsigned depth;
        BL_TRY(bl_table_column(table, i, &info, err));
        has = info.type && is_input(info.type, &depth);
    }
    *ret_has = has;
    return BL_OK;
}

/// The tree of numbers with most rows, where none is named.
static bl_status find_tree(init_run *run, const bl_catalog *catalog, bl_error *err) {
    int64_t most = -1;
    for (size_t i = 0; i < bl_catalog_n_objects(catalog); i++) {
        bl_object_info info = {.size = sizeof info};
        BL_AUTO(bl_table) table = NULL;
        int64_t n_rows;
        bl_status status = bl_select_table(catalog, i, &info, err);
        if (status == BL_END)
            continue;
        BL_TRY(status);
        BL_TRY(bl_catalog_open_table((bl_catalog *)(uintptr_t)catalog, info.path, &table, err));
        BL_TRY(bl_table_n_rows(table, &n_rows, err));
        bool has = false;
        if (n_rows > most)
            BL_TRY(has_inputs(table, &has, err));
        if (!has)
            continue;
        most = n_rows;
        run->tree = bl_arena_text(&run->arena, info.path, strlen(info.path));
        if (!run->tree)
            return bl_error_nomem(err, strlen(info.path), "a name");
    }
    if (!run->tree)
        return bl_error_set(err, BL_E_NOTFOUND, "%s: no tree with numbers", run->samples[0].url);
    return BL_OK;
}

/// Sums of generated weights, where experiments keep them. The first that is there is taken.
static bl_status find_sumw(init_run *run, init_sample *sample, bl_error *err) {
    static const bl_sumw_source known[] = {{"Runs", "genEventSumw", -1},
                                           {"Runs", "genEventSumw_", -1}};
    for (size_t i = 0; i < BL_COUNT(known); i++) {
        bl_status status =
            bl_sumw_read(run->cli->context, sample->url, &known[i], &sample->sum, NULL);
        if (status == BL_E_NOMEM || status == BL_E_CANCELLED)
            return bl_error_set(err, status, "%s", bl_status_text(status));
        if (status != BL_OK)
            continue;
        sample->sumw = known[i];
        return BL_OK;
    }
    return BL_OK;
}

// ---- columns ----

/// The name that finds a column and is no longer than it must be.
static const char *short_name(const bl_table *table, size_t column, const bl_column_info *info) {
    size_t found;
    bool is_unique = bl_table_find(table, info->name, &found, NULL) == BL_OK && found == column;
    return is_unique ? info->name : info->path;
}

/// Columns of the first file. Its table stays open: types are its own.
static bl_status take_columns(init_run *run, bl_table *table, bl_error *err) {
    bl_selection selection = {.context = run->cli->context};
    BL_TRY(bl_select_columns(run->cli->context, table, NULL, &selection, err));
    run->columns =
        (init_column *)bl_arena_array(&run->arena, selection.n + 1, sizeof *run->columns);
    for (size_t i = 0; run->columns && i < selection.n; i++) {
        const bl_column_info *info = &selection.infos[i];
        unsigned depth;
        if (!info->type || info->duplicate || !is_input(info->type, &depth))
            continue;
        init_column *column = &run->columns[run->n_columns++];
        *column = (init_column){.name = short_name(table, selection.columns[i], info),
                                .path = info->path,
                                .counter = info->counter,
                                .type = info->type,
                                .depth = depth};
        bl_tally_init(&column->tally, column->type, true);
    }
    bl_selection_release(&selection);
    return run->columns ? BL_OK : bl_error_nomem(err, 0, "columns");
}

static bl_status add_batches(init_run *run, bl_scan *scan, const size_t *places, size_t n,
                             bl_error *err) {
    for (;;) {
        bl_batch *batch;
        bl_status status = bl_scan_next(scan, &batch, err);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        for (size_t i = 0; i < n && status == BL_OK; i++)
            status = bl_tally_add(run->cli->context, &run->columns[places[i]].tally, 1,
                                  bl_batch_column(batch, i), err);
        bl_batch_release(batch);
        BL_TRY(status);
    }
}

/// Ranges of the columns that a file has.
static bl_status tally_file(init_run *run, const init_sample *sample, bl_table *table,
                            bl_error *err) {
    size_t *columns = (size_t *)bl_arena_array(&run->arena, run->n_columns + 1, sizeof *columns);
    size_t *places = (size_t *)bl_arena_array(&run->arena, run->n_columns + 1, sizeof *places);
    size_t n = 0;
    if (!columns || !places)
        return bl_error_nomem(err, run->n_columns * sizeof *columns, "columns");
    for (size_t i = 0; i < run->n_columns; i++) {
        init_column *column = &run->columns[i];
        bl_column_info info = {.size = sizeof info};
        bl_status status = bl_table_find(table, column->path, &columns[n], NULL);
        if (status == BL_OK)
            BL_TRY(bl_table_column(table, columns[n], &info, err));
        if (status == BL_OK && info.type && info.n_rows == sample->n_rows &&
            bl_type_equal(info.type, column->type))
            places[n++] = i;
        else if (!column->missing_in)
            column->missing_in = sample->url;
    }
    bl_scan_options options = {.size = sizeof options,
                               .columns = columns,
                               .n_columns = n,
                               .last = sample->n_rows < BL_INIT_EVENTS ? sample->n_rows
                                                                       : BL_INIT_EVENTS};
    BL_AUTO(bl_scan) scan = NULL;
    if (n == 0 || sample->n_rows == 0)
        return BL_OK;
    BL_TRY(bl_scan_open(table, &options, &scan, err));
    return add_batches(run, scan, places, n, err);
}

// ---- files ----

/// The part of a URL between two places, as a name. \return NULL: no memory
static const char *name_part(bl_arena *arena, const char *begin, const char *end) {
    return bl_arena_text(arena, begin, (size_t)(end - begin));
}

static bool is_named(const init_run *run, const char *name) {
    for (size_t i = 0; i < run->n_samples; i++)
        if (run->samples[i].name && strcmp(run->samples[i].name, name) == 0)
            return true;
    return false;
}

/// A sample is called as its file, without folders and extension; of a pattern, as its folder.
static bl_status name_sample(init_run *run, init_sample *sample, bl_error *err) {
    const char *given = sample->given[0];
    const char *end = given + strlen(given);
    const char *slash = strrchr(given, '/'), *begin = slash ? slash + 1 : given;
    const char *dot = strrchr(begin, '.');
    bool is_pattern = strpbrk(begin, "*?[") != NULL;
    if (is_pattern && slash) {
        end = begin = slash;
        while (begin > given && begin[-1] != '/')
            begin--;
    } else if (!is_pattern && dot && dot != begin) {
        end = dot;
    }
    const char *name = is_pattern && !slash ? "sample" : name_part(&run->arena, begin, end);
    if (name && is_named(run, name))
        name = bl_arena_printf(&run->arena, "%s_%zu", name, (size_t)(sample - run->samples));
    sample->name = name;
    return name ? BL_OK : bl_error_nomem(err, 0, "a name");
}

static bl_status first_file(init_run *run, init_sample *sample, bl_error *err) {
    char **urls;
    size_t n;
    BL_TRY(bl_urls_expand(&run->arena, sample->given, sample->n_given, &urls, &n, err));
    sample->url = urls[0];
    return BL_OK;
}

/// \param ret_table the caller owns it
static bl_status look_at(init_run *run, size_t i, bl_table **ret_table, bl_error *err) {
    init_sample *sample = &run->samples[i];
    BL_AUTO(bl_catalog) catalog = NULL;
    BL_AUTO(bl_table) table = NULL;
    BL_TRY(first_file(run, sample, err));
    if (!sample->name)
        BL_TRY(name_sample(run, sample, err));
    BL_TRY(bl_catalog_open(run->cli->context, sample->url, &catalog, err));
    if (!run->tree)
        BL_TRY(find_tree(run, catalog, err));
    BL_TRY(bl_catalog_open_table(catalog, run->tree, &table, err));
    BL_TRY(bl_table_n_rows(table, &sample->n_rows, err));
    BL_TRY(find_sumw(run, sample, err));
    if (i == 0)
        BL_TRY(take_columns(run, table, err));
    BL_TRY_IN(tally_file(run, sample, table, err), err, "%s", sample->url);
    *ret_table = BL_MOVE(table);
    return BL_OK;
}

/// The first table stays open until the text is written.
static bl_status look_at_all(init_run *run, bl_table **ret_first, bl_error *err) {
    for (size_t i = 0; i < run->n_samples; i++) {
        BL_AUTO(bl_table) table = NULL;
        BL_TRY(look_at(run, i, &table, err));
        if (i == 0)
            *ret_first = BL_MOVE(table);
    }
    return BL_OK;
}

// ---- the command line ----

static init_sample *sample_of(init_run *run, const char *name) {
    for (size_t i = 0; i < run->n_samples; i++)
        if (run->samples[i].name && strcmp(run->samples[i].name, name) == 0)
            return &run->samples[i];
    run->samples[run->n_samples].name = name;
    return &run->samples[run->n_samples++];
}

/// Samples of --input first, several files of one name together; then each operand is one.
static bl_status take_samples(init_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    size_t n = arguments->inputs.n + arguments->n_operands;
    if (n == 0)
        return bl_error_set(err, BL_E_USAGE, "no files: URL... or --input NAME=URL says which");
    run->samples = (init_sample *)bl_arena_array(&run->arena, n, sizeof *run->samples);
    if (!run->samples)
        return bl_error_nomem(err, n * sizeof *run->samples, "samples");
    for (size_t i = 0; i < n; i++) {
        const char *name = NULL, *url;
        if (i < arguments->inputs.n)
            BL_TRY(bl_cli_split_input(&run->arena, arguments->inputs.texts[i], &name, &url, err));
        else
            url = arguments->operands[i - arguments->inputs.n];
        init_sample *sample = name ? sample_of(run, name) : &run->samples[run->n_samples++];
        if (!sample->given)
            sample->given = (const char **)bl_arena_array(&run->arena, n, sizeof *sample->given);
        if (!sample->given)
            return bl_error_nomem(err, n * sizeof *sample->given, "URLs");
        sample->given[sample->n_given++] = url;
    }
    if (arguments->model && run->n_samples < 2)
        return bl_error_set(err, BL_E_USAGE, "--model: a network tells two samples apart or more");
    return BL_OK;
}

// ---- the result ----

/// \param path NULL: standard output
static bl_status write_text(init_run *run, void (*write)(init_run *), const char *path,
                            bl_error *err) {
    bl_out_init_memory(&run->text, run->cli->context);
    write(run);
    bl_status status = bl_out_finish(&run->text, err);
    if (status == BL_OK && path)
        status = bl_whole_file_write(path, run->text.data, run->text.used,
                                     run->cli->arguments.overwrite, err);
    else if (status == BL_OK)
        bl_out_bytes(&run->cli->out, run->text.data, run->text.used);
    bl_out_release(&run->text);
    return status;
}

static bl_status write_result(init_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    const char *path = arguments->output, *model = arguments->model;
    if (model && run->n_groups == 0)
        return bl_error_set(err, BL_E_NOTFOUND, "tree '%s': no column is an input", run->tree);
    if (model && !arguments->overwrite && access(model, F_OK) == 0)
        return bl_error_set(err, BL_E_EXISTS, "%s: already exists; --overwrite replaces it", model);
    BL_TRY(write_text(run, bl_init_write, path, err));
    if (model)
        BL_TRY(write_text(run, bl_init_write_network, model, err));
    if (path && model)
        bl_cli_note(run->cli,
                    "%s: a configuration to start from; try `beamline train -c %s -m %s -o run`",
                    path, path, model);
    else if (path)
        bl_cli_note(run->cli, "%s: a configuration to start from; try `beamline ingest -c %s -n`",
                    path, path);
    return BL_OK;
}

static bl_status run_init(bl_cli *cli, bl_error *err) {
    init_run run = {.cli = cli, .tree = cli->arguments.tree};
    BL_AUTO(bl_table) first = NULL;
    bl_arena_init(&run.arena, cli->context);
    bl_status status = take_samples(&run, err);
    if (status == BL_OK)
        status = look_at_all(&run, &first, err);
    if (status == BL_OK)
        status = bl_init_group(&run, err);
    if (status == BL_OK)
        status = write_result(&run, err);
    bl_arena_release(&run.arena);
    return status;
}

static const bl_option init_options[] = {
    {"output", 'o', "FILE", "Write this file instead of standard output", BL_OPTION_TEXT,
     BL_HINT_FILES, NULL, offsetof(bl_arguments, output), false},
    {"input", 'i', "NAME=URL", "A sample of that name; again for more of its files, and for others",
     BL_OPTION_TEXTS, BL_HINT_FILES, NULL, offsetof(bl_arguments, inputs), false},
    {"model", 'm', "FILE", "Write a network for these inputs into this file", BL_OPTION_TEXT,
     BL_HINT_FILES, NULL, offsetof(bl_arguments, model), false},
    {"overwrite", 0, NULL, "Replace files that exist", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, overwrite)},
    {"tree", 'T', "TREE", "Take this tree; that with most entries by default", BL_OPTION_TEXT,
     BL_HINT_TREES, NULL, offsetof(bl_arguments, tree), false},
};

static const bl_example init_examples[] = {
    {"Signal and background", "beamline init signal.root background.root -o data.yaml"},
    {"With a network, for beamline train -c data.yaml -m network.yaml",
     "beamline init -i signal=a.root -i qcd=b.root -o data.yaml -m network.yaml"},
    {"What the files have", "beamline init 'signal/*.root' 'background/*.root' --tree Events"},
};

const bl_command bl_command_init = {
    .name = "init",
    .summary = "write a data configuration to start from",
    .operands = "[URL]...",
    .description =
        "Looks at files and writes a commented data configuration: each file or pattern is a "
        "sample; the last one has label 0, the one before it 1 and so on, so that signal comes "
        "first. Columns are suggested as inputs, with the ranges that they have in the "
        "first 10,000 events of the files. What only the generator knows is no input, nor are "
        "counters, identifiers and columns that never change. Weights and the sums of generated "
        "weights are named where they are found.\n\n"
        "`beamline ingest -c FILE` then takes the events, `beamline prepare -c FILE` makes them "
        "ready to train from. docs/configuration.md explains all keys. weaver reads the "
        "configuration, too, without those that it does not know: `samples`, `weights`, `split` "
        "and so on.",
    .options = init_options,
    .n_options = BL_COUNT(init_options),
    .takes_common = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 0,
    .max_operands = SIZE_MAX,
    .examples = init_examples,
    .n_examples = BL_COUNT(init_examples),
    .run = run_init,
};
