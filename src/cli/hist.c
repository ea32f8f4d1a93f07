// SPDX-License-Identifier: Apache-2.0
// `beamline hist`: expressions over the events of a table, as histograms. Where no limits are given
// a first pass looks for the least and the largest value.
#include "cli/hist.h"

#include <math.h>
#include <stdlib.h>

#include "cli/select.h"
#include "column/column.h"
#include "data/stream/plan.h"

enum { DEFAULT_BINS = 50, MOST_EDGES = 10000 };

// ---- what is asked for ----

/// "a,b,c" as numbers. \param numbers [most] \return how many; 0: it is no such list
static size_t read_numbers(const char *text, double *numbers, size_t most) {
    size_t n = 0;
    while (n < most) {
        char *end;
        numbers[n++] = strtod(text, &end);
        if (end == text || (*end && *end != ','))
            return 0;
        if (!*end)
            return n;
        text = end + 1;
    }
    return 0;
}

static bl_status for_each(hist_run *run, bl_error *err,
                          bl_status (*make)(hist_run *run, bl_histogram *histogram,
                                            bl_error *err)) {
    for (size_t i = 0; i < run->n; i++)
        BL_TRY(make(run, &run->histograms[i], err));
    return BL_OK;
}

static bl_status make_with_edges(hist_run *run, bl_histogram *histogram, bl_error *err) {
    static const char message[] = "--edges '%s': should be ascending numbers with commas, such as "
                                  "0,10,20,50";
    const char *text = run->cli->arguments.edges;
    double *edges = (double *)bl_arena_array(&run->arena, MOST_EDGES, sizeof *edges);
    if (!edges)
        return bl_error_nomem(err, MOST_EDGES * sizeof *edges, "edges");
    size_t n = read_numbers(text, edges, MOST_EDGES);
    if (n < 2 || bl_histogram_init_edges(histogram, &run->arena, edges, n, NULL) != BL_OK)
        return bl_error_set(err, BL_E_USAGE, message, text);
    return BL_OK;
}

/// "N" or "N,LOW,HIGH". \param ret_numbers [3]
static bl_status read_bins(const hist_run *run, double *ret_numbers, size_t *ret_n, bl_error *err) {
    const char *text = run->cli->arguments.bins;
    ret_numbers[0] = DEFAULT_BINS;
    *ret_n = text ? read_numbers(text, ret_numbers, 3) : 1;
    bool is_good = (*ret_n == 1 || (*ret_n == 3 && ret_numbers[1] < ret_numbers[2])) &&
                   ret_numbers[0] >= 1 && ret_numbers[0] <= 1e6 &&
                   ret_numbers[0] == floor(ret_numbers[0]);
    return is_good ? BL_OK
                   : bl_error_set(err, BL_E_USAGE,
                                  "--bins '%s': should be N or N,LOW,HIGH, such as 50,0,200", text);
}

static bl_status make_with_limits(hist_run *run, bl_histogram *histogram, bl_error *err) {
    double numbers[3];
    size_t n;
    BL_TRY(read_bins(run, numbers, &n, err));
    return bl_histogram_init(histogram, &run->arena, (size_t)numbers[0], numbers[1], numbers[2],
                             err);
}

static bl_status make_around(hist_run *run, bl_histogram *histogram, bl_error *err) {
    double numbers[3];
    size_t n;
    BL_TRY(read_bins(run, numbers, &n, err));
    return bl_histogram_init_around(histogram, &run->arena, (size_t)numbers[0], run->low, run->high,
                                    err);
}

// ---- passes ----

/// One expression's values on their way.
typedef struct sink {
    hist_run *run;
    bl_histogram *histogram;
} sink;

static void look_at(void *self, double x, double weight) {
    hist_run *run = ((sink *)self)->run;
    (void)weight;
    if (!isfinite(x))
        return;
    run->low = x < run->low ? x : run->low;
    run->high = x > run->high ? x : run->high;
}

static void fill(void *self, double x, double weight) {
    bl_histogram_fill(((sink *)self)->histogram, x, weight);
}

static bl_status open_plan(hist_run *run, bl_plan **ret_plan, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bool is_weighted = arguments->weight != NULL;
    bl_named_text *variables =
        (bl_named_text *)bl_arena_array(&run->arena, run->n + 1, sizeof *variables);
    if (!variables)
        return bl_error_nomem(err, run->n * sizeof *variables, "expressions");
    for (size_t i = 0; i < run->n; i++) {
        variables[i].name = bl_arena_printf(&run->arena, "expression %zu", i + 1);
        variables[i].text = run->texts[i];
        if (!variables[i].name)
            return bl_error_nomem(err, 0, "expressions");
    }
    char *weight =
        is_weighted ? bl_arena_printf(&run->arena, "float(%s)", arguments->weight) : NULL;
    variables[run->n] = (bl_named_text){"weight as float", weight}; // no name in expressions
    if (is_weighted && !weight)
        return bl_error_nomem(err, 0, "expressions");
    bl_plan_options options = {.size = sizeof options,
                               .cuts = arguments->cuts.texts,
                               .n_cuts = arguments->cuts.n,
                               .variables = variables,
                               .n_variables = run->n + is_weighted,
                               .weight = arguments->weight};
    return bl_plan_open(run->cli->context, run->table, &options, ret_plan, err);
}

static bl_status take_batch(hist_run *run, const bl_batch *batch, bl_value_fn visit,
                            bl_error *err) {
    const double *weights = NULL;
    if (run->cli->arguments.weight)
        weights = (const double *)bl_column_values(bl_batch_column(batch, run->n));
    for (size_t i = 0; i < run->n; i++) {
        sink to = {run, &run->histograms[i]};
        BL_TRY_IN(bl_values_visit(bl_batch_column(batch, i), weights, visit, &to, err), err, "%s",
                  run->texts[i]);
    }
    return BL_OK;
}

static bl_status pass(hist_run *run, bl_value_fn visit, bl_error *err) {
    BL_AUTO(bl_plan) plan = NULL;
    BL_TRY(open_plan(run, &plan, err));
    for (;;) {
        BL_AUTO(bl_batch) batch = NULL;
        uint64_t bytes;
        bl_status status = bl_plan_next(plan, &batch, err);
        bl_plan_progress(plan, &run->n_rows, &run->n_taken, &bytes);
        if (status == BL_END)
            return BL_OK;
        BL_TRY(status);
        BL_TRY(take_batch(run, batch, visit, err));
        bl_progress_show(&run->progress, run->n_rows, bytes);
    }
}

/// Finds limits where none are given.
static bl_status make_histograms(hist_run *run, bl_error *err) {
    double numbers[3];
    size_t n;
    if (run->cli->arguments.edges)
        return for_each(run, err, make_with_edges);
    BL_TRY(read_bins(run, numbers, &n, err));
    if (n == 3)
        return for_each(run, err, make_with_limits);
    run->low = INFINITY;
    run->high = -INFINITY;
    BL_TRY(pass(run, look_at, err));
    if (!(run->low <= run->high))
        run->low = run->high = 0; // no value at all
    return for_each(run, err, make_around);
}

static bl_status draw(hist_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    const bl_open_options open = bl_select_open_options(arguments);
    bl_table_options options = {.size = sizeof options,
                                .tree = arguments->tree,
                                .open = &open,
                                .friends = arguments->friends.texts,
                                .n_friends = arguments->friends.n};
    int64_t total = 0;
    run->texts = arguments->expressions.texts;
    run->n = arguments->expressions.n;
    if (run->n == 0)
        return bl_error_set(err, BL_E_USAGE, "--expr is missing; see beamline hist --help");
    if (arguments->output)
        BL_TRY(bl_hist_check(arguments->output, err));
    run->histograms = (bl_histogram *)bl_arena_array(&run->arena, run->n, sizeof *run->histograms);
    if (!run->histograms)
        return bl_error_nomem(err, run->n * sizeof *run->histograms, "histograms");
    BL_TRY(bl_table_open(run->cli->context, arguments->operands, arguments->n_operands, &options,
                         &run->table, err));
    if (run->cli->progress)
        BL_TRY(bl_table_n_rows(run->table, &total, err));
    bl_progress_start(&run->progress, run->cli, total);
    BL_TRY(make_histograms(run, err));
    BL_TRY(pass(run, fill, err));
    bl_progress_clear(&run->progress);
    return arguments->output ? bl_hist_write(run, err) : BL_OK;
}

static bl_status run_hist(bl_cli *cli, bl_error *err) {
    hist_run run = {.cli = cli};
    bl_arena_init(&run.arena, cli->context);
    bl_status status = draw(&run, err);
    bl_progress_clear(&run.progress);
    if (status == BL_OK && cli->arguments.json)
        bl_hist_print_json(&run);
    else if (status == BL_OK && !cli->arguments.output)
        bl_hist_print(&run);
    bl_table_close(run.table);
    bl_arena_release(&run.arena);
    return status;
}

static const bl_option hist_options[] = {
    {"expr", 'x', "EXPRESSION", "What is counted; again for more curves", BL_OPTION_TEXTS,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, expressions), false},
    {"weight", 0, "EXPRESSION", "Weight of an event, and of each of its values", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, weight), false},
    {"where", 'w', "CUT", "Take only events for which this is true; again for more cuts",
     BL_OPTION_TEXTS, BL_HINT_NONE, NULL, offsetof(bl_arguments, cuts), false},
    {"output", 'o', "FILE", "Write this file: .pdf, .svg, .root or .csv", BL_OPTION_TEXT,
     BL_HINT_FILES, NULL, offsetof(bl_arguments, output), false},
    {"bins", 'b', "N[,LOW,HIGH]", "So many bins; about 50 around all values by default",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, bins), false},
    {"edges", 0, "A,B,...", "Bins between these edges", BL_OPTION_TEXT, BL_HINT_NONE, NULL,
     offsetof(bl_arguments, edges), false},
    {"log", 0, NULL, "Draw contents on a logarithmic axis", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, log)},
    {"title", 0, "TEXT", "Title of the plot", BL_OPTION_TEXT, BL_HINT_NONE, NULL,
     offsetof(bl_arguments, title), false},
    {"x-title", 0, "TEXT", "Title of the x axis; the expression by default", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, x_title), false},
    {"y-title", 0, "TEXT", "Title of the y axis", BL_OPTION_TEXT, BL_HINT_NONE, NULL,
     offsetof(bl_arguments, y_title), false},
    {"tree", 'T', "TREE", "Take this tree; needed where there are several", BL_OPTION_TEXT,
     BL_HINT_TREES, NULL, offsetof(bl_arguments, tree), false},
    {"friend", 0, "URL", "Join a tree row by row, as URL or URL:TREE; its columns are TREE.COLUMN",
     BL_OPTION_TEXTS, BL_HINT_FILES, NULL, offsetof(bl_arguments, friends), false},
    {"overwrite", 0, NULL, "Replace FILE where it exists", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, overwrite)},
    {"json", 'j', NULL, "Print the histograms as one JSON object", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, json)},
};

static const bl_example hist_examples[] = {
    {"On the terminal", "beamline hist events.root --expr 'Jet_pt[0]'"},
    {"As a picture, weighted",
     "beamline hist events.root -x 'sum(Jet_pt)' --weight genWeight --log -o ht.pdf"},
    {"Two curves, for ROOT",
     "beamline hist events.root -x Muon_pt -x Jet_pt --bins 40,0,200 -o pt.root"},
};

const bl_command bl_command_hist = {
    .name = "hist",
    .summary = "draw histograms of expressions",
    .operands = "URL...",
    .description =
        "Counts the values of an expression over all events, or those that pass cuts, in bins; of "
        "lists, each item counts with its event's weight. Values that are missing or NaN are "
        "counted apart. A bin has its lower edge, not its upper one; errors are the square root of "
        "the sum of squared weights.\n\n"
        "The picture is drawn as PDF or SVG; a .root file holds a TH1D for each expression, called "
        "h0, h1 and so on; a .csv file has a line for each bin, underflow and overflow included. "
        "Without an output the histogram is drawn on the terminal.\n\n"
        "Without limits there are two passes over the data: the first finds the least and the "
        "largest value, and bins get a round width. docs/expressions.md describes expressions. "
        "Several URLs, or a pattern, are one chain.",
    .options = hist_options,
    .n_options = BL_COUNT(hist_options),
    .takes_common = true,
    .reads_files = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .examples = hist_examples,
    .n_examples = BL_COUNT(hist_examples),
    .run = run_hist,
};
