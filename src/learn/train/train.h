// SPDX-License-Identifier: Apache-2.0
/// \file
/// Training: epochs over a prepared data set, validation, early stopping, checkpoints, and what is
/// left in the folder of a run:
///
///     run.json          data, model, settings, their fingerprint, versions
///     checkpoint        where it stands, for resume; checkpoint-0005 … those that are kept
///     best.blm          the best model so far; model.blm the final one
///     history.csv, history.json, events.out.tfevents.*
#ifndef BL_LEARN_TRAIN_TRAIN_H
#define BL_LEARN_TRAIN_TRAIN_H

#include "data/loader/loader.h"
#include "learn/train/settings.h"
#include "model/bundle/bundle.h"

/// What the outside is told while training goes on.
typedef struct bl_training_news {
    int64_t epoch, n_epochs, batch, n_batches;
    double loss; ///< mean of the epoch so far
    double events_per_s, left_s;
    double waited_s; ///< of this epoch: the compute threads, for data
    bool is_epoch_end;
    size_t n_values;          ///< of history, at the end of an epoch
    const char *const *names; ///< [n_values]
    const double *values;     ///< [n_values]
} bl_training_news;

typedef struct bl_train_options {
    const char *run; ///< the folder
    bool resumes;    ///< else a folder with a run is BL_E_EXISTS
    const bl_prepared *prepared;
    int64_t fold;     ///< the fold that is held out; −1: parts train and validation
    bl_bundle *model; ///< graph, and a network that trains, started or loaded; borrows
    const bl_training_settings *settings;
    const char *model_text; ///< what the fingerprint has of the model: its graph as JSON
    void (*progress)(void *user, const bl_training_news *news); ///< may be NULL
    void *user;
} bl_train_options;

typedef struct bl_train_result {
    bool was_stopped; ///< by a cancelled context: a checkpoint is there
    int64_t n_epochs, best_epoch;
    double best;
    uint64_t n_skipped_batches, n_skipped_events;
    double compute_s, waited_s, validate_s;
} bl_train_result;

/// Trains until its epochs are over, early stopping says so, or the context is cancelled, which
/// writes a checkpoint first. The same options and data give the same bits, whether or how often it
/// was interrupted, for any number of threads.
/// \return BL_OK, BL_E_EXISTS (there is a run), BL_E_INVALID (resume: other data, model or
/// settings, named), BL_E_SHAPE (model and data do not fit: both named), BL_E_RANGE (NaN: batch,
/// file and entry named), and what loading and writing return
bl_status bl_train(bl_context *context, const bl_train_options *options,
                   bl_train_result *ret_result, bl_error *err);

#endif
