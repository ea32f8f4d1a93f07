// SPDX-License-Identifier: Apache-2.0
/// \file
/// A run of `beamline ingest`, and what it says of itself.
#ifndef BL_CLI_INGEST_H
#define BL_CLI_INGEST_H

#include "cli/dataset.h"
#include "cli/progress.h"
#include "data/ingest/ingest.h"

typedef struct ingest_run {
    bl_cli *cli;
    bl_arena arena;
    bl_config config;
    bl_open_options open;
    bl_dataset *dataset; ///< owns
    bl_ingest_options options;
    bl_ingest ingest;
    bl_progress progress;
    double seconds;
} ingest_run;

/// What would be done.
bl_status bl_ingest_report_plan(const ingest_run *run, bl_error *err);
/// What was done: cut flows, and one line on standard error.
void bl_ingest_report_text(const ingest_run *run);
/// What was done, as one JSON object.
void bl_ingest_report_json(const ingest_run *run);

#endif
