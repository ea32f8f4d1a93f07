// SPDX-License-Identifier: Apache-2.0
// The data configuration of `beamline init`.
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>

#include "cli/init.h"
#include "expr/expressions.h"

void bl_init_scalar(bl_out *out, const char *text) {
    bool is_plain = isalpha((unsigned char)*text) || *text == '_';
    for (const char *c = text; *c; c++)
        is_plain = is_plain && (isalnum((unsigned char)*c) || strchr("_./-", *c));
    if (is_plain)
        bl_out_text(out, text);
    else
        bl_out_json_text(out, text);
}

// ---- sections ----

/// The event weight of the experiments' formats: a number, or the first of an array.
static void print_weight(init_run *run) {
    static const char *const known[] = {"genWeight", "*mcEventWeights", "Event.Weight",
                                        "mcWeight",  "eventWeight",     "EventWeight",
                                        "weight",    "Weight"};
    for (size_t k = 0; k < BL_COUNT(known); k++)
        for (size_t i = 0; i < run->n_columns; i++) {
            const init_column *column = &run->columns[i];
            if (fnmatch(known[k], column->name, 0) != 0 || column->missing_in)
                continue;
            bl_out_text(&run->text, "    weight: ");
            bl_init_scalar(&run->text, column->name);
            bl_out_text(&run->text, column->depth ? "[0]\n" : "\n");
            return;
        }
}

static void print_sample(init_run *run, size_t i) {
    const init_sample *sample = &run->samples[i];
    bl_out *out = &run->text;
    char events[BL_NUMBER_BYTES];
    bl_number_grouped(events, sample->n_rows);
    bl_out_text(out, "  ");
    bl_init_scalar(out, sample->name);
    bl_out_printf(out, ":  # %s events%s\n    files: [", events,
                  sample->n_given > 1 || strcmp(sample->url, sample->given[0]) != 0
                      ? " in the first file"
                      : "");
    for (size_t k = 0; k < sample->n_given; k++) {
        bl_out_text(out, k ? ", " : "");
        bl_out_json_text(out, sample->given[k]);
    }
    bl_out_printf(out, "]\n    label: %zu\n", run->n_samples == 1 ? i : run->n_samples - 1 - i);
    print_weight(run);
    if (sample->sumw.branch)
        bl_out_printf(out,
                      "    # xsec_pb: 1.0  # cross-section; weights become those of lumi_ifb\n"
                      "    # lumi_ifb: 1.0\n"
                      "    # sumw: {tree: %s, branch: %s}  # %.12g of all generated events\n",
                      sample->sumw.tree, sample->sumw.branch, sample->sum);
    else
        bl_out_text(out,
                    "    # xsec_pb: 1.0  # cross-section; needs sumw, of all generated events\n"
                    "    # sumw: {tree: Runs, branch: genEventSumw}\n");
}

static void print_range(bl_out *out, const init_column *column) {
    const bl_tally *tally = &column->tally;
    char type[128];
    (void)bl_type_format(column->type, type, sizeof type);
    bl_out_printf(out, "  # %s, %.6g to %.6g, mean %.4g", type, bl_init_least(tally),
                  bl_init_most(tally), bl_tally_mean(tally));
    if (tally->n_nan)
        bl_out_printf(out, ", %lld NaN", (long long)tally->n_nan);
    if (tally->n_inf)
        bl_out_printf(out, ", %lld infinite", (long long)tally->n_inf);
    bl_out_text(out, "\n");
}

static void print_input(bl_out *out, const init_column *column) {
    bl_out_text(out, "      - ");
    bl_init_scalar(out, column->name);
    print_range(out, column);
}

static void print_group(bl_out *out, const init_group *group) {
    bl_out_text(out, "  ");
    bl_init_scalar(out, group->name);
    bl_out_text(out, ":\n");
    if (group->longest > BL_INIT_ROWS)
        bl_out_printf(out, "    length: %d  # of %lld in the longest list\n", BL_INIT_ROWS,
                      (long long)group->longest);
    else if (group->longest)
        bl_out_printf(out, "    length: %lld  # of the longest list\n", (long long)group->longest);
    else
        bl_out_text(out, "    length: null\n");
    if (group->longest)
        bl_out_text(out, "    pad_mode: none\n");
    if (group->pt) {
        bl_out_text(out, "    order: {by: ");
        bl_init_scalar(out, group->pt->name);
        bl_out_text(out, "}\n");
    }
    bl_out_text(out, "    vars:\n");
    for (size_t i = 0; i < group->n_columns; i++)
        print_input(out, group->columns[i]);
}

static void print_observers(init_run *run) {
    bl_out *out = &run->text;
    size_t n = 0;
    bl_out_text(out, "\nobservers:  # taken along as they are\n");
    for (size_t i = 0; i < run->n_columns; i++) {
        const init_column *column = &run->columns[i];
        static const char *const told[] = {"run",          "event",      "luminosityBlock",
                                           "*eventNumber", "*runNumber", NULL};
        if (column->depth || column->missing_in || !bl_init_matches(told, column->name))
            continue;
        bl_out_text(out, "  - ");
        bl_init_scalar(out, column->name);
        bl_out_text(out, "\n");
        n++;
    }
    if (n == 0)
        bl_out_text(out, "  # - event\n");
}

static void print_missing(init_run *run) {
    size_t n = 0;
    for (size_t i = 0; i < run->n_columns; i++) {
        const init_column *column = &run->columns[i];
        if (!column->missing_in)
            continue;
        if (n++ == 0)
            bl_out_text(&run->text, "\n# Not in all files, or not of one type:\n");
        bl_out_printf(&run->text, "#   %s  (%s)\n", column->name, column->missing_in);
    }
}

/// What `beamline prepare` must be told, with answers that are never wrong.
static void print_preparation(const init_run *run, bl_out *out) {
    static const char *const identity[] = {"run", "luminosityBlock", "event"};
    size_t n_found = 0;
    for (size_t k = 0; k < BL_COUNT(identity); k++)
        for (size_t i = 0; i < run->n_columns; i++)
            n_found +=
                strcmp(run->columns[i].name, identity[k]) == 0 && !run->columns[i].missing_in;
    bl_out_printf(
        out,
        "\n# classes weigh the same in training\nweights: {balance: weights}\n"
        "# weights below 0 count as positive in training, nowhere else; or keep, drop, error\n"
        "negative_weights: abs\n"
        "# events that are trained on, that validate, and that test; %s\n"
        "split: {train: 0.6, validation: 0.2, test: 0.2%s}\nseed: 1\n",
        n_found == 3 ? "by run, luminosityBlock, event" : "by file and entry",
        n_found == 3 ? "" : ", by: entry");
}

void bl_init_write(init_run *run) {
    bl_out *out = &run->text;
    bl_out_printf(out,
                  "# A data configuration to start from, by `beamline init`. Ranges are those of "
                  "the first %d\n# events of each file.\ntreename: ",
                  BL_INIT_EVENTS);
    bl_init_scalar(out, run->tree);
    bl_out_text(out, "\n\nsamples:\n");
    for (size_t i = 0; i < run->n_samples; i++)
        print_sample(run, i);
    bl_out_text(out, "\n# Events that are taken: one expression, or a list of cuts.\n"
                     "selection:\n\n# name: expression\nnew_variables:\n\n"
                     "# scaled by median and quantiles, cut to -5 and 5; what is no number is 0\n"
                     "preprocess: {method: auto}\n\ninputs:\n");
    for (size_t i = 0; i < run->n_groups; i++)
        print_group(out, &run->groups[i]);
    print_observers(run);
    if (run->n_samples > 1)
        print_preparation(run, out);
    print_missing(run);
}
