// SPDX-License-Identifier: Apache-2.0
/// \file
/// How a network is trained: the section `training` of a model's YAML, or a file of its own;
/// docs/train.md says which keys there are.
#ifndef BL_LEARN_TRAIN_SETTINGS_H
#define BL_LEARN_TRAIN_SETTINGS_H

#include "base/text.h"
#include "nn/network/trainer.h"
#include "nn/training/metrics.h"
#include "nn/training/schedule.h"

typedef enum bl_on_nan { BL_ON_NAN_STOP, BL_ON_NAN_SKIP } bl_on_nan;

/// X(name, larger is better): what may be monitored.
#define BL_MONITOR_TABLE(X) \
    X("val_loss", false)    \
    X("val_accuracy", true) \
    X("val_auc", true)      \
    X("loss", false)

typedef struct bl_training_settings {
    int64_t epochs;      ///< 10
    size_t batch_events; ///< 128
    bool has_loss;       ///< else by what is learned: categorical_crossentropy, or mse of numbers
    bl_nn_loss loss;
    bl_nn_optimizer optimizer; ///< Adam
    double learning_rate;      ///< 1e-3: the schedule's, which is the optimiser's where it has none
    bl_nn_schedule schedule;   ///< its steps are batches
    bool has_plateau;          ///< of what is monitored, after each epoch
    bl_nn_plateau plateau;
    bl_nn_clip clip;
    bl_nn_metrics_options metrics; ///< n and targets are the data's
    const char *monitor;           ///< "val_loss"; a static string of BL_MONITOR_TABLE
    bool monitor_is_max;           ///< larger is better
    int64_t patience;              ///< epochs without a better value after which it stops; 0: never
    double min_delta;              ///< by so much better is better
    bool restores_best;            ///< the final model is the best, not the last
    int64_t checkpoint_epochs;     ///< a checkpoint is kept every so many epochs; 0: only the last
    double checkpoint_s;           ///< within epochs one every so many seconds, 60; 0: none
    bool shuffles;                 ///< true
    uint64_t seed;                 ///< of initial parameters, order and dropout
    bl_on_nan on_nan;
    uint64_t window_bytes; ///< as bl_loader_options has it, 64 MiB
    bool keeps;            ///< as bl_loader_options has it
} bl_training_settings;

void bl_training_settings_init(bl_training_settings *settings);
/// Reads a section over defaults, which stay as they were after a failure; NULL says nothing. What
/// the section does not name is as the defaults have it; an optimiser that it names brings its
/// learning rate to the defaults' schedule, too.
/// \param arena holds lists \return BL_OK, BL_E_INVALID (with line, and nearest names), BL_E_NOMEM
bl_status bl_training_settings_read(bl_arena *arena, const bl_item *item,
                                    bl_training_settings *settings, bl_error *err);
/// Writes them as JSON on one line, every key in a fixed order: the same settings give the same
/// text, and read to the same.
/// \param all false: without what may be changed before a training is gone on with, since what it
/// did so far does not depend on it: epochs, when checkpoints are written, what is kept in memory
void bl_training_settings_write(const bl_training_settings *settings, bool all, bl_text *to);

#endif
