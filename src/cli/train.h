// SPDX-License-Identifier: Apache-2.0
/// \file
/// A run of `beamline train`, and what it says of itself.
#ifndef BL_CLI_TRAIN_H
#define BL_CLI_TRAIN_H

#include "cli/progress.h"
#include "data/prepared/prepared.h"
#include "learn/train/start.h"
#include "learn/train/train.h"

/// Choices of --on-nan and --start.
enum { BL_TRAIN_NAN_UNSAID, BL_TRAIN_NAN_STOP, BL_TRAIN_NAN_SKIP };
enum { BL_TRAIN_START_WEIGHTS, BL_TRAIN_START_FRESH };

typedef struct train_run {
    bl_cli *cli;
    bl_arena arena;
    bl_prepared *prepared; ///< owns
    bl_training_settings settings;
    int64_t fold; ///< that is trained now; −1: there are none
    bl_train_result result;
    double seconds;
    double drawn_s;  ///< when the progress line was drawn
    bool is_drawn;   ///< there is one
    unsigned width;  ///< of the terminal
    size_t n_tables; ///< lines of the final table so far
} train_run;

/// A progress line, or a line for an epoch. \param user a train_run
void bl_train_show(void *user, const bl_training_news *news);
/// Wipes the progress line.
void bl_train_clear(train_run *run);
/// What was done in a folder: a line of the final table, or of JSON.
/// \return BL_OK, and what reading its history returns
bl_status bl_train_report(train_run *run, const char *folder, bl_error *err);

/// Prepares the data of a configuration in a folder; what is there already is gone on with.
bl_status bl_train_prepare(train_run *run, const char *folder, bl_error *err);

#endif
