// SPDX-License-Identifier: Apache-2.0
/// \file
/// Plans as data sets make them, and what a pass took.
#ifndef BL_DATA_PLAN_H
#define BL_DATA_PLAN_H

#include <beamline/plan.h>

#include "data/stream/lumi_mask.h"
#include "expr/expressions.h"
#include "hep/topology/topology.h"

/// What a data set adds to the options of a plan.
typedef struct bl_plan_extras {
    const bl_name_rule *rule;           ///< of names in expressions; NULL: as they are
    const bl_lumi_mask *mask;           ///< NULL: all luminosity sections are good
    const char *mask_text;              ///< what the cut flow calls it
    const char *run, *luminosity_block; ///< expressions that the mask looks at
    bl_topology *recipe;                ///< over the table; NULL: none
    bool has_rows;                      ///< bl_plan_rows is asked for
} bl_plan_extras;

/// Seconds that each stage took, of the thread that waits for it.
typedef struct bl_plan_times {
    double read_s;    ///< the columns that cuts look at
    double cut_s;     ///< cuts and weights
    double late_s;    ///< the other columns, where rows were taken
    double recipe_s;  ///< the recipe
    double compute_s; ///< copying rows that were taken, and variables
} bl_plan_times;

/// As bl_plan_open. \param extras NULL: none; what it points at must outlive the plan
bl_status bl_plan_open_with(bl_context *context, bl_table *table, const bl_plan_options *options,
                            const bl_plan_extras *extras, bl_plan **ret_plan, bl_error *err);
/// Columns of the table that are read: for all rows, or, where `late`, only where rows are taken.
/// \return how many; \param ret_columns borrows
size_t bl_plan_reads(const bl_plan *plan, bool late, const size_t **ret_columns);
/// Rows of the table that the rows of the last batch are; borrows until the next.
const int64_t *bl_plan_rows(const bl_plan *plan);
void bl_plan_get_times(const bl_plan *plan, bl_plan_times *ret_times);

BL_DEFINE_AUTO(bl_plan, bl_plan_close);

#endif
