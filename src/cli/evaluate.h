// SPDX-License-Identifier: Apache-2.0
/// \file
/// A run of `beamline evaluate`: which events, what is said of them, and where it goes.
#ifndef BL_CLI_EVALUATE_H
#define BL_CLI_EVALUATE_H

#include "cli/progress.h"
#include "learn/report/report.h"

typedef struct evaluate_run {
    bl_cli *cli;
    bl_arena arena;
    const char *page;      ///< path of the page; NULL: none
    bool overwrites_page;  ///< it is the run's own, which is made anew
    const char *temporary; ///< folder of events that were prepared for this; NULL: none
    bl_prepared *prepared; ///< owns
    bl_evaluation *evaluation;
    bl_report *report;
    bl_progress progress;
    bool is_drawn; ///< there is a line that says which section is made
} evaluate_run;

/// Opens the events: those that a run was trained on, a prepared folder, or files, which are
/// prepared beside the outputs first.
/// \return BL_OK, BL_E_USAGE, BL_E_NOTFOUND, and what preparing returns
bl_status bl_evaluate_open_data(evaluate_run *run, bl_error *err);
/// Wipes what was prepared for this.
void bl_evaluate_close_data(evaluate_run *run);

/// Finds out where everything goes, and whether it can go there, before there is any work.
/// \return BL_OK, BL_E_EXISTS, BL_E_NOTFOUND, BL_E_NOMEM
bl_status bl_evaluate_check_outputs(evaluate_run *run, bl_error *err);
/// Writes page, JSON and charts, and the summary to the terminal.
bl_status bl_evaluate_write(evaluate_run *run, bl_error *err);

#endif
