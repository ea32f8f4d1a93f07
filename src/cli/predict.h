// SPDX-License-Identifier: Apache-2.0
/// \file
/// A run of `beamline predict`, and what it says of itself.
#ifndef BL_CLI_PREDICT_H
#define BL_CLI_PREDICT_H

#include "cli/dataset.h"
#include "cli/progress.h"
#include "infer/predict/predictions.h"

typedef struct predict_run {
    bl_cli *cli;
    bl_arena arena;
    bl_open_options open;
    bl_predictor *predictor; ///< owns
    bl_dataset *dataset;     ///< owns
    bl_text_list names;      ///< of what is taken along
    const bl_variation_config **shapes;
    bl_predictions_options options;
    bl_predictions predictions;
    bl_progress progress;
    double seconds;
} predict_run;

/// `beamline predict MODEL -`: answers JSON lines of standard input.
bl_status bl_predict_lines(bl_cli *cli, bl_error *err);
/// What was done: one line on standard error, and one for each file that was left out.
void bl_predict_report_text(const predict_run *run);
/// What was done, as one JSON object.
void bl_predict_report_json(const predict_run *run);

#endif
