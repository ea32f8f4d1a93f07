// SPDX-License-Identifier: Apache-2.0
/// \file
/// A run of `beamline prepare`, and what it says of itself.
#ifndef BL_CLI_PREPARE_H
#define BL_CLI_PREPARE_H

#include "cli/dataset.h"
#include "cli/progress.h"
#include "data/prepare/prepare.h"

typedef struct prepare_run {
    bl_cli *cli;
    bl_arena arena;
    bl_config config;
    bl_open_options open;
    bl_dataset *dataset; ///< owns
    bl_prepare_report report;
    bl_progress progress; ///< of the stage that is under way
    double seconds;
} prepare_run;

void bl_prepare_begin(prepare_run *run, bl_cli *cli);
void bl_prepare_end(prepare_run *run);
/// Prepares the data set that was opened, and shows how it goes. \return as bl_prepare_run
bl_status bl_prepare_make(prepare_run *run, const char *folder, bl_error *err);

/// What would be done. Opens the first files of every sample, so that a name that is in none is
/// found.
bl_status bl_prepare_report_plan(const prepare_run *run, bl_error *err);
/// What was done, and what there is now.
void bl_prepare_report_text(const prepare_run *run, const bl_prepared *prepared);
/// The same as one JSON object.
void bl_prepare_report_json(const prepare_run *run, const bl_prepared *prepared);

#endif
