// SPDX-License-Identifier: Apache-2.0
/// \file
/// How a network is trained: the section `training` of a model's YAML, or a file of its own;
/// docs/train.md says which keys there are.
#ifndef BL_LEARN_SETTINGS_H
#define BL_LEARN_SETTINGS_H

#include "nn/network/trainer.h"
#include "nn/training/metrics.h"
#include "nn/training/schedule.h"

typedef enum bl_on_nan { BL_ON_NAN_STOP, BL_ON_NAN_SKIP } bl_on_nan;

typedef struct bl_training_settings {
    int64_t epochs;      ///< 10
    size_t batch_events; ///< 128
    bool has_loss;       ///< else by what is learned: categorical_crossentropy, or mse of numbers
    bl_nn_loss loss;
    bl_nn_optimizer optimizer; ///< Adam
    double learning_rate;      ///< 1e-3
    bl_nn_schedule schedule;   ///< its steps are batches
    bool has_plateau;
    bl_nn_plateau plateau;
    bl_nn_clip clip;
    bl_nn_metrics_options metrics; ///< n and targets are the data's
    const char *monitor;           ///< "val_loss"; "loss", "val_accuracy", "val_auc"
    bool monitor_is_max;           ///< larger is better
    int64_t patience;              ///< epochs without a better value after which it stops; 0: never
    double min_delta;
    bool restores_best;        ///< the final model is the best, not the last
    int64_t checkpoint_epochs; ///< a checkpoint is kept every so many epochs; 0: only the last
    double checkpoint_s;       ///< within epochs one every so many seconds: 60
    bool shuffles;             ///< true
    uint64_t seed;             ///< of initial parameters, order and dropout
    bl_on_nan on_nan;
    uint64_t window_bytes; ///< as bl_loader_options has it
    bool keeps;            ///< as bl_loader_options has it
} bl_training_settings;

void bl_training_settings_init(bl_training_settings *settings);
/// Reads a section over defaults; NULL says nothing.
/// \param arena holds lists and texts \return BL_OK, BL_E_INVALID (with line, and nearest names)
bl_status bl_training_settings_read(bl_arena *arena, const bl_item *item,
                                    bl_training_settings *settings, bl_error *err);

#endif
