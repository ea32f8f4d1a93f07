// SPDX-License-Identifier: Apache-2.0
// Which columns `beamline init` suggests as inputs, and in which groups.
#include <ctype.h>
#include <fnmatch.h>

#include "cli/init.h"
#include "expr/expressions.h"

bool bl_init_matches(const char *const *patterns, const char *name) {
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
    return bl_is_of_simulation(name) || bl_init_matches(patterns, name);
}

/// What tells events or places in other lists apart.
static bool is_identifier(const char *name) {
    static const char *const patterns[] = {
        "run",          "event",     "luminosityBlock", "lumi",    "*eventNumber", "*runNumber",
        "*lumiBlock",   "evtNumber", "*.fUniqueID",     "*.fBits", "*entry",       "*bunchCrossing",
        "Event.Number", "*Link",     "*_ref",           "*Idx*",   "*Index*",      NULL};
    return bl_init_matches(patterns, name);
}

static bool is_label(const char *name) {
    static const char *const patterns[] = {"label*", "is_signal*", "*isSignal*", "target", NULL};
    return bl_init_matches(patterns, name);
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
    return bl_init_matches(patterns, column->name);
}

double bl_init_least(const bl_tally *tally) {
    return bl_tally_get_kind(tally) == BL_TALLY_FLOAT ? bl_tally_min(tally)
                                                      : (double)bl_tally_int_min(tally);
}

double bl_init_most(const bl_tally *tally) {
    return bl_tally_get_kind(tally) == BL_TALLY_FLOAT ? bl_tally_max(tally)
                                                      : (double)bl_tally_int_max(tally);
}

static bool is_constant(const bl_tally *tally) {
    return bl_tally_n_finite(tally) == 0 || bl_init_least(tally) == bl_init_most(tally);
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

// ---- groups ----

static bool ends_with_pt(const char *name) {
    size_t length = strlen(name);
    const char *pt = length >= 2 ? name + length - 2 : "";
    return (*pt == 'p' || *pt == 'P') && strchr("tT", pt[1]) &&
           (pt == name || *pt == 'P' || !isalnum((unsigned char)pt[-1]));
}

/// Numbers of events are one group; lists are where their names begin alike and each event has as
/// many values of one as of the other.
static bool is_of(const init_column *column, const init_column *first) {
    size_t length = collection(first->name);
    if (column->depth != first->depth)
        return false;
    return !first->depth ||
           (collection(column->name) == length && memcmp(column->name, first->name, length) == 0 &&
            column->tally.crc_counts == first->tally.crc_counts);
}

/// Columns of what is prepared have names of their own, observers too.
static bool is_taken(const init_run *run, const char *name) {
    static const char *const others[] = {"global", "run", "event", "label", NULL};
    if (bl_init_matches(others, name))
        return true;
    for (size_t i = 0; i < run->n_groups; i++)
        if (strcmp(run->groups[i].name, name) == 0)
            return true;
    return false;
}

/// As the collection, or as its first column where there are several of that name.
/// \return NULL: no memory
static const char *group_name(init_run *run, const init_column *first) {
    if (!first->depth)
        return "global";
    const char *name = bl_arena_text(&run->arena, first->name, collection(first->name));
    if (name && is_taken(run, name))
        name = first->name;
    return name && is_taken(run, name) ? bl_arena_printf(&run->arena, "%s_%zu", name, run->n_groups)
                                       : name;
}

static bl_status add_group(init_run *run, size_t first, bool *is_done, bl_error *err) {
    init_group *group = &run->groups[run->n_groups];
    size_t bytes = (run->n_columns - first) * sizeof *group->columns;
    group->columns = (const init_column **)bl_arena_alloc(&run->arena, bytes);
    group->name = group_name(run, &run->columns[first]);
    if (!group->columns || !group->name)
        return bl_error_nomem(err, bytes, "a group of inputs");
    for (size_t i = first; i < run->n_columns; i++) {
        const init_column *column = &run->columns[i];
        if (is_done[i] || !is_suggested(run, column) || !is_of(column, &run->columns[first]))
            continue;
        is_done[i] = true;
        group->columns[group->n_columns++] = column;
        if (column->depth && !group->pt && ends_with_pt(column->name))
            group->pt = column;
        if (column->depth && column->tally.longest > group->longest)
            group->longest = column->tally.longest;
    }
    run->n_groups++;
    return BL_OK;
}

bl_status bl_init_group(init_run *run, bl_error *err) {
    bool *is_done = (bool *)bl_arena_array(&run->arena, run->n_columns + 1, sizeof *is_done);
    run->groups =
        (init_group *)bl_arena_array(&run->arena, run->n_columns + 1, sizeof *run->groups);
    if (!is_done || !run->groups)
        return bl_error_nomem(err, run->n_columns * sizeof *run->groups, "groups of inputs");
    for (unsigned depth = 0; depth < 2; depth++)
        for (size_t i = 0; i < run->n_columns; i++)
            if (!is_done[i] && run->columns[i].depth == depth &&
                is_suggested(run, &run->columns[i]))
                BL_TRY(add_group(run, i, is_done, err));
    return BL_OK;
}
