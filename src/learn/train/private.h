// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside training: a training that goes on, and what its files do to it.
#ifndef BL_LEARN_TRAIN_PRIVATE_H
#define BL_LEARN_TRAIN_PRIVATE_H

#include "learn/train/checkpoint.h"
#include "learn/train/events.h"
#include "learn/train/feed.h"
#include "learn/train/score.h"
#include "learn/train/train.h"

/// Columns of a history before those of validation.
enum {
    BL_COLUMN_EPOCH,
    BL_COLUMN_LOSS,
    BL_COLUMN_RATE,    ///< of the last step
    BL_COLUMN_EVENTS,  ///< that were trained on
    BL_COLUMN_SKIPPED, ///< events that were passed over, of validation too
    BL_COLUMN_SECONDS, ///< in this process
    BL_COLUMN_WAITED,  ///< seconds of them that steps waited for events
    BL_COLUMN_N
};

typedef struct bl_training {
    bl_context *context;
    bl_arena arena;
    const bl_train_options *options;
    const bl_training_settings *settings;
    const bl_prepared *prepared;
    bl_nn_network *network; ///< of options->model
    bl_match match;
    const char **parts; ///< [n_parts] that are trained on
    size_t n_parts;
    const char *validation; ///< part; NULL: there is none
    const bl_nn_transform *transform;
    bl_bundle model; ///< as it is written, but for notes; owns nothing
    size_t monitor;  ///< column of the history
    bool monitor_is_max;
    bl_nn_plateau plateau;
    const char *fingerprint; ///< of all that the result depends on
    bl_loader *loader;
    bl_feeding feeding;
    bl_loader *validation_loader;
    bl_feeding validation_feeding;
    bl_scorer *scorer;
    bl_nn_metrics *metrics; ///< of the last validation
    uint64_t n_invalid;     ///< events that it passed over
    bl_nn_trainer *trainer;
    bl_training_state state;
    bl_history history;
    float *best_parameters; ///< [plan.n_floats]
    double *row;            ///< [history.n_columns] of this epoch
    bl_events *events;
    bl_train_result *result;
    double epoch_s;        ///< when this epoch began, in this process
    double waited_s;       ///< what the loader had waited by then
    double epoch_waited_s; ///< of the epoch, when its last batch was done
    int64_t first_batch;   ///< of the epoch, in this process
    uint64_t first_seen;   ///< events before that
    double saved_s;        ///< when the last checkpoint was written
} bl_training;

// ---- setup.c ----

/// Finds the parts that are trained on and validate, and their transform.
/// \return BL_OK, BL_E_INVALID (a fold that is none, data that are not complete), BL_E_NOTFOUND,
/// BL_E_NOMEM
bl_status bl_training_find_parts(bl_training *t, bl_error *err);
/// Names the columns of the history, and finds the one that is monitored.
bl_status bl_training_begin_history(bl_training *t, bl_error *err);

// ---- folder.c ----

enum { BL_RUN_PATH = 4096 };
#define BL_RUN_CHECKPOINT "checkpoint"

/// The path of a file in the run's folder. \return BL_OK, BL_E_INVALID (it is too long)
bl_status bl_run_path(const bl_training *t, const char *name, char path[static BL_RUN_PATH],
                      bl_error *err);
/// Makes the folder and writes run.json; when resuming it is compared instead.
/// \param ret_has_run whether there was one \return BL_OK, BL_E_EXISTS, BL_E_INVALID (naming what
/// changed), and what reading and writing return
bl_status bl_run_open(bl_training *t, bool *ret_has_run, bl_error *err);
/// Writes history.csv and history.json.
bl_status bl_run_write_history(bl_training *t, bl_error *err);
/// Writes where training stands. \param name BL_RUN_CHECKPOINT, or of one that is kept
bl_status bl_run_write_checkpoint(bl_training *t, const char *name, bl_error *err);
/// Reads the checkpoint; without one, all stays as it begins.
bl_status bl_run_read_checkpoint(bl_training *t, bl_error *err);

// ---- output.c ----

/// Fills in `model`: classes and transform. \return BL_OK, BL_E_NOMEM, and what
/// bl_bundle_check_transform returns: the transform does not go with the network
bl_status bl_run_begin_model(bl_training *t, bl_error *err);
/// Writes the network as it is as a bundle. \param epoch whose metrics are its own; −1: none is
bl_status bl_run_write_model(bl_training *t, const char *name, int64_t epoch, bl_error *err);

// ---- epoch.c ----

/// Trains the rest of an epoch. \return BL_OK, BL_E_CANCELLED (the state is that between two
/// batches), BL_E_RANGE, and what loading and writing return
bl_status bl_train_epoch(bl_training *t, bl_error *err);
/// The learning rate of a step, from 0, with what a plateau has left of it by now.
double bl_training_rate(const bl_training *t, int64_t step);
static inline int64_t bl_training_n_steps(const bl_training *t) {
    return (int64_t)bl_nn_trainer_progress(t->trainer)->n_steps;
}
/// Whether parameters are no numbers any more.
bool bl_training_is_lost(const bl_training *t);

// ---- validate.c ----

/// Opens what validation needs; without a part for it nothing.
bl_status bl_validation_open(bl_training *t, bl_error *err);
/// Validates the network as it is: `metrics`.
bl_status bl_validate(bl_training *t, bl_error *err);

// ---- trouble.c ----

/// What is wrong with events that have something that is no number, or a loss that is none.
/// \param where what begins the message \return BL_E_RANGE, naming file and entry, or why that is
/// not known
bl_status bl_training_complain(bl_training *t, const bl_feeding *feeding, const bl_loaded *loaded,
                               const char *where, bl_error *err);

#endif
