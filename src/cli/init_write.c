// SPDX-License-Identifier: Apache-2.0
// The data configuration of `beamline init`.
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>

#include "cli/init.h"
#include "expr/expressions.h"

/// A YAML scalar, in quotes where it would not stand for itself.
static void print_scalar(bl_out *out, const char *text) {
    bool is_plain = isalpha((unsigned char)*text) || *text == '_';
    for (const char *c = text; *c; c++)
        is_plain = is_plain && (isalnum((unsigned char)*c) || strchr("_./-", *c));
    if (is_plain)
        bl_out_text(out, text);
    else
        bl_out_json_text(out, text);
}

static bool matches(const char *const *patterns, const char *name) {
    for (; *patterns; patterns++)
        if (fnmatch(*patterns, name, 0) == 0)
            return true;
    return false;
}

// ---- kinds of columns ----

/// What the generator knows, what a trigger decided, and what weighs events.
static bool is_no_input(const char *name) {
    static const char *const patterns[] = {
        "*Gen*",      "*_gen*",          "*mcEvent*",   "Pileup_*",    "HLT_*",
        "L1_*",       "Flag_*",          "*truth*",     "*Truth*",     "*eight*",
        "Particle.*", "*pileUpMixture*", "*timeStamp*", "*RandomRun*", NULL};
    return bl_is_of_simulation(name) || matches(patterns, name);
}

/// What tells events or places in other lists apart.
static bool is_identifier(const char *name) {
    static const char *const patterns[] = {
        "run",          "event",     "luminosityBlock", "lumi",    "*eventNumber", "*runNumber",
        "*lumiBlock",   "evtNumber", "*.fUniqueID",     "*.fBits", "*entry",       "*bunchCrossing",
        "Event.Number", "*Link",     "*_ref",           "*Idx*",   "*Index*",      NULL};
    return matches(patterns, name);
}

static bool is_label(const char *name) {
    static const char *const patterns[] = {"label*", "is_signal*", "*isSignal*", "target", NULL};
    return matches(patterns, name);
}

/// Counts the items of lists, or stands above members of its own.
static bool is_counter(const init_run *run, const init_column *column) {
    for (size_t i = 0; i < run->n_columns; i++)
        if (run->columns[i].counter && strcmp(run->columns[i].counter, column->path) == 0)
            return true;
    size_t length = strlen(column->path);
    for (size_t i = 0; i < run->n_columns; i++)
        if (strncmp(run->columns[i].path, column->path, length) == 0 &&
            run->columns[i].path[length] == '/')
            return true;
    static const char *const patterns[] = {"*_size", NULL};
    return matches(patterns, column->name);
}

static double least(const bl_tally *tally) {
    return bl_tally_get_kind(tally) == BL_TALLY_FLOAT ? bl_tally_min(tally)
                                                      : (double)bl_tally_int_min(tally);
}

static double most(const bl_tally *tally) {
    return bl_tally_get_kind(tally) == BL_TALLY_FLOAT ? bl_tally_max(tally)
                                                      : (double)bl_tally_int_max(tally);
}

static bool is_constant(const bl_tally *tally) {
    return bl_tally_n_finite(tally) == 0 || least(tally) == most(tally);
}

static bool is_suggested(const init_run *run, const init_column *column) {
    return !column->missing_in && !is_no_input(column->name) && !is_identifier(column->name) &&
           !is_label(column->name) && !is_constant(&column->tally) && !is_counter(run, column);
}

/// The collection that a list belongs to: "Jet" of Jet_pt and Jet.PT. \return its length
static size_t collection(const char *name) {
    const char *slash = strrchr(name, '/');
    size_t skipped = slash ? (size_t)(slash + 1 - name) : 0;
    return skipped + strcspn(name + skipped, "_.");
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
            print_scalar(&run->text, column->name);
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
    print_scalar(out, sample->name);
    bl_out_printf(out, ":  # %s events%s\n    files: [", events,
                  strcmp(sample->url, sample->given) ? " in the first file" : "");
    bl_out_json_text(out, sample->given);
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
    bl_out_printf(out, "  # %s, %.6g to %.6g, mean %.4g", type, least(tally), most(tally),
                  bl_tally_mean(tally));
    if (tally->n_nan)
        bl_out_printf(out, ", %lld NaN", (long long)tally->n_nan);
    if (tally->n_inf)
        bl_out_printf(out, ", %lld infinite", (long long)tally->n_inf);
    bl_out_text(out, "\n");
}

static void print_input(bl_out *out, const init_column *column) {
    bl_out_text(out, "      - ");
    print_scalar(out, column->name);
    print_range(out, column);
}

/// Numbers of events are one group, each collection's lists another.
static void print_event_group(init_run *run) {
    bool is_begun = false;
    for (size_t i = 0; i < run->n_columns; i++) {
        const init_column *column = &run->columns[i];
        if (column->depth || !is_suggested(run, column))
            continue;
        if (!is_begun)
            bl_out_text(&run->text, "  event:\n    length: null\n    vars:\n");
        is_begun = true;
        print_input(&run->text, column);
    }
}

static bool is_of(const init_column *column, const init_column *first) {
    size_t length = collection(first->name);
    return collection(column->name) == length && memcmp(column->name, first->name, length) == 0;
}

static bool is_first_of_group(const init_run *run, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (run->columns[k].depth && is_suggested(run, &run->columns[k]) &&
            is_of(&run->columns[k], &run->columns[i]))
            return false;
    return true;
}

static void print_list_groups(init_run *run) {
    for (size_t i = 0; i < run->n_columns; i++) {
        const init_column *first = &run->columns[i];
        if (!first->depth || !is_suggested(run, first) || !is_first_of_group(run, i))
            continue;
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)collection(first->name), first->name);
        bl_out_text(&run->text, "  ");
        print_scalar(&run->text, name);
        bl_out_printf(&run->text,
                      ":\n    length: %lld  # of the longest list\n"
                      "    pad_mode: constant\n    vars:\n",
                      (long long)(first->tally.longest ? first->tally.longest : 1));
        for (size_t k = i; k < run->n_columns; k++)
            if (run->columns[k].depth && is_suggested(run, &run->columns[k]) &&
                is_of(&run->columns[k], first))
                print_input(&run->text, &run->columns[k]);
    }
}

static void print_observers(init_run *run) {
    bl_out *out = &run->text;
    size_t n = 0;
    bl_out_text(out, "\nobservers:  # taken along as they are\n");
    for (size_t i = 0; i < run->n_columns; i++) {
        const init_column *column = &run->columns[i];
        static const char *const told[] = {"run",          "event",      "luminosityBlock",
                                           "*eventNumber", "*runNumber", NULL};
        if (column->depth || column->missing_in || !matches(told, column->name))
            continue;
        bl_out_text(out, "  - ");
        print_scalar(out, column->name);
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

void bl_init_write(init_run *run) {
    bl_out *out = &run->text;
    bl_out_printf(out,
                  "# A data configuration to start from, by `beamline init`. Ranges are those of "
                  "the first %d\n# events of each file.\ntreename: ",
                  BL_INIT_EVENTS);
    print_scalar(out, run->tree);
    bl_out_text(out, "\n\nsamples:\n");
    for (size_t i = 0; i < run->n_samples; i++)
        print_sample(run, i);
    bl_out_text(out, "\n# Events that are taken: one expression, or a list of cuts.\n"
                     "selection:\n\n# name: expression\nnew_variables:\n\ninputs:\n");
    print_event_group(run);
    print_list_groups(run);
    print_observers(run);
    print_missing(run);
}
