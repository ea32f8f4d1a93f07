// SPDX-License-Identifier: Apache-2.0
/// \file
/// Plans from the inside: plan.c makes them, plan_run.c runs them.
#ifndef BL_DATA_PLAN_PRIVATE_H
#define BL_DATA_PLAN_PRIVATE_H

#include "base/arena.h"
#include "base/sum.h"
#include "column/column.h"
#include "data/stream/plan.h"

/// Where a column of the table is in a range: among the first or the late ones.
typedef struct bl_plan_place {
    bool is_late;
    size_t at;
} bl_plan_place;

/// One entry of the cut flow.
typedef struct bl_plan_entry {
    const char *text;
    int64_t n_rows;
    bl_sum sumw, sumw2;
} bl_plan_entry;

struct bl_plan {
    bl_context *context;
    bl_arena arena;
    bl_table *table;
    bl_scan *scan;
    bl_plan_extras extras;
    /// Cuts, then the weight, then the run and the section where there is a mask; NULL: nothing
    bl_expressions *cuts;
    bl_expressions *variables; ///< NULL: there are none
    size_t n_cuts;
    const char **cut_texts; ///< [n_cuts]
    const char *weight;     ///< NULL: 1
    bl_plan_entry *flow;    ///< [1 + (is there a mask) + n_cuts + steps of the recipe]
    size_t n_variables;
    bl_named_text *named; ///< [n_variables]
    size_t n_computed;    ///< of the variables: columns
    size_t n_kept;
    size_t *kept;             ///< [n_kept] columns of the table
    size_t n_wanted;          ///< kept columns, then those that variables are computed of
    bl_plan_place *wanted;    ///< [n_wanted]
    bl_plan_place *of_recipe; ///< of the columns that the recipe looks at
    size_t n_early, n_late;   ///< columns read first, and late
    size_t *early, *late;
    bl_buffer *rows;  ///< of the last batch in the table; NULL: nobody asked; owns
    int64_t n_taken;  ///< rows
    int64_t n_passed; ///< rows that no cut had to look at
    bl_plan_times times;
};

#endif
