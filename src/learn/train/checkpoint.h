// SPDX-License-Identifier: Apache-2.0
/// \file
/// Checkpoints: all that training needs to go on as if it had never stopped, in one file.
///
/// A zip archive of state.json and .npy arrays, each with its checksum; docs/train.md lists them.
/// It is on the disk before it appears by atomic rename; the same state gives the same bytes.
#ifndef BL_LEARN_TRAIN_CHECKPOINT_H
#define BL_LEARN_TRAIN_CHECKPOINT_H

#include "io/bytes/sink.h"
#include "io/bytes/source.h"
#include "learn/train/history.h"
#include "nn/network/trainer.h"
#include "nn/training/schedule.h"

/// Where a training stands. Plain numbers: what resume restores.
typedef struct bl_training_state {
    int64_t epoch, batch; ///< the next batch is this one of this epoch
    double learning_rate; ///< before the schedule: what a plateau has left of it
    bl_nn_plateau_state plateau;
    double best;              ///< the best value of what is monitored; NaN: none yet
    int64_t best_epoch, wait; ///< of early stopping: epochs since the best
    /// Of the epoch so far: Σ w·ℓ and events, skipped batches and events.
    double loss_sum;
    uint64_t n_seen, n_skipped_batches, n_skipped_events;
    bool is_finished;
} bl_training_state;

typedef struct bl_checkpoint {
    const char *fingerprint; ///< of data, model and options: whoever resumes must have the same
    bl_training_state state;
    bl_nn_trainer *trainer; ///< its moments and progress
    bl_nn_network *network; ///< its parameters
    bl_history *history;
    float *best_parameters; ///< [plan.n_floats]; NULL: not kept
} bl_checkpoint;

/// \return BL_OK, BL_E_IO, BL_E_ACCESS, BL_E_LIMIT (4 GiB or more), BL_E_NOMEM
bl_status bl_checkpoint_write(bl_context *context, const bl_checkpoint *checkpoint,
                              const char *path, bl_error *err);
/// The same into a sink, which is finished. \param sink moves, also on failure
bl_status bl_checkpoint_write_to(bl_context *context, const bl_checkpoint *checkpoint,
                                 bl_sink *sink, bl_error *err);
/// Reads into trainer, network, history and best_parameters, which are as those that wrote it.
/// \param checkpoint `fingerprint` is compared; the state is filled in. After a failure trainer,
/// network, history and best_parameters are not to be used
/// \return BL_OK, BL_E_NOTFOUND, BL_E_ACCESS, BL_E_IO, BL_E_CORRUPT (it is cut, or a checksum is
/// wrong), BL_E_INVALID (another training's; it says what cannot be), BL_E_SHAPE (both shapes are
/// named), BL_E_UNSUPPORTED (a later version of the format), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_checkpoint_read(bl_context *context, const char *path, bl_checkpoint *checkpoint,
                             bl_error *err);
/// The same of a source. \param source moves, also on failure
bl_status bl_checkpoint_read_from(bl_context *context, bl_source *source, bl_checkpoint *checkpoint,
                                  bl_error *err);

#endif
