// SPDX-License-Identifier: Apache-2.0
/// \file
/// What `beamline convert` copies: trees of the input, and their columns as the output gets them.
#ifndef BL_CLI_CONVERT_H
#define BL_CLI_CONVERT_H

#include <beamline/output.h>

#include "base/arena.h"
#include "cli/select.h"

/// One tree on its way from the input to the output.
typedef struct bl_convert_tree {
    bl_table *table;        ///< owns
    const char *title;      ///< borrows from the catalog
    bl_selection selection; ///< owns
    bl_column_spec *specs;  ///< [selection.n]
    int64_t first, last;    ///< rows; `last` INT64_MAX: to the end
    int64_t n_written;      ///< rows
} bl_convert_tree;

/// All of them. Zeroed memory with a context in the arena is an empty plan.
typedef struct bl_convert_plan {
    bl_catalog *catalog; ///< of the input's first file; owns
    bl_arena arena;      ///< of specs and names
    size_t n_trees, capacity;
    bl_convert_tree *trees; ///< [n_trees]; owns
} bl_convert_plan;

/// Opens the trees that the command line asks for and decides what becomes of their columns, before
/// anything is written.
/// \return BL_OK, BL_E_NOTFOUND (no tree, or none with such columns), BL_E_UNSUPPORTED (columns
/// that cannot be read, unless they may be left out), BL_E_USAGE (an option for one tree, but there
/// are several), and what opening returns. The plan is released also after a failure.
bl_status bl_convert_plan_make(bl_cli *cli, bl_convert_plan *plan, bl_error *err);
/// Refuses columns that the output cannot hold, or leaves them out where that is allowed.
/// \return BL_OK, BL_E_TYPE (names the column), BL_E_NOTFOUND (none is left), BL_E_NOMEM
bl_status bl_convert_plan_check(bl_cli *cli, bl_convert_plan *plan, bl_output *output,
                                bl_error *err);
/// Starts the file that the command line asks for.
bl_status bl_convert_output_open(bl_cli *cli, bl_convert_plan *plan, bl_output **ret_output,
                                 bl_error *err);
/// Safe on zeroed memory.
void bl_convert_plan_release(bl_convert_plan *plan);

#endif
