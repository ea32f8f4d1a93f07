// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside trainers.
#ifndef BL_NN_NETWORK_TRAINER_PRIVATE_H
#define BL_NN_NETWORK_TRAINER_PRIVATE_H

#include "base/context.h"
#include "base/turns.h"
#include "nn/network/private.h"
#include "nn/network/trainer.h"
#include "nn/training/regularizer.h"

/// What runs a shard at a time.
typedef struct worker {
    bl_nn_workspace *workspace;
    float *gradients; ///< a block, to be added to the trainer's; or it itself, of a single shard
    float *scratch;   ///< of losses
    bl_nn_feed *feeds;
    float *row_weights; ///< of a sequence's steps, whose event has a weight
} worker;

struct bl_nn_trainer {
    bl_nn_network *network;
    bl_arena arena;
    bl_nn_objective *objectives;
    bl_nn_optimizer optimizer;
    bl_nn_clip clip;
    uint64_t seed;
    size_t most_events, n_shards, n_workers;
    size_t most_width, most_steps; ///< numbers of an event's output; steps of a sequence
    worker *workers;
    bl_buffer *memory;
    float *gradients, *moments;
    double *losses; ///< [n_shards]
    double *sums;   ///< of layers that measure
    bl_nn_array *arrays;
    size_t n_statistics;
    bl_nn_array *statistics; ///< [n_statistics] those that layers move along with batches
    float *kept;             ///< all of these, as they were before a batch
    bl_turns turns;
    bl_nn_progress progress;
    const bl_nn_batch *batch;
};

/// Losses and gradients of the trainer's batch: `losses` of shards, `gradients` in all.
bl_status bl_nn_trainer_run_shards(bl_nn_trainer *trainer, bl_error *err);

#endif
