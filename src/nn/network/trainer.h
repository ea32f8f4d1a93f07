// SPDX-License-Identifier: Apache-2.0
/// \file
/// Steps of training: the gradient of a batch's loss, and what the optimiser makes of it. A batch
/// is cut into shards of BL_NN_SHARD_EVENTS events, which threads run side by side; their gradients
/// are added in the order of the shards, so that the bits are the same for any number of threads. A
/// steady step allocates nothing.
#ifndef BL_NN_NETWORK_TRAINER_H
#define BL_NN_NETWORK_TRAINER_H

#include "nn/network/network.h"
#include "nn/training/clip.h"
#include "nn/training/loss.h"
#include "nn/training/optimizer.h"

/// The loss of one output, times its weight; of a sequence the mean over all steps. That of
/// probabilities is taken from logits where the network ends with the softmax or sigmoid that
/// belongs to it.
typedef struct bl_nn_objective {
    bl_nn_loss loss;
    double weight; ///< 0: the output is only looked at; it may have a mask
} bl_nn_objective;

typedef struct bl_nn_trainer_options {
    const bl_nn_objective *objectives; ///< [n_outputs]
    bl_nn_optimizer optimizer;
    bl_nn_clip clip;
    size_t most_events; ///< of a batch
    uint64_t seed;      ///< of dropout
} bl_nn_trainer_options;

typedef struct bl_nn_batch {
    size_t n_events;
    const bl_nn_feed *feeds; ///< [n_inputs]
    /// [n_outputs] as bl_nn_loss_rows has them: [n_events × width], or labels [n_events × 1];
    /// stride 0: that width
    const bl_nn_feed *targets;
    const float *weights; ///< [n_events]; NULL: 1 each
} bl_nn_batch;

/// Where training stands: what a checkpoint holds beside the parameters and moments.
typedef struct bl_nn_progress {
    uint64_t n_steps, n_events;
} bl_nn_progress;

typedef struct bl_nn_trainer bl_nn_trainer;

/// \param network borrows, until the trainer is freed; its parameters are changed by steps
/// \return BL_OK, BL_E_INVALID, BL_E_UNSUPPORTED (a loss of a sequence with a mask), BL_E_SHAPE,
/// BL_E_LIMIT (more than the context's memory budget), BL_E_NOMEM
bl_status bl_nn_trainer_new(bl_nn_network *network, const bl_nn_trainer_options *options,
                            bl_nn_trainer **ret_trainer, bl_error *err);
void bl_nn_trainer_free(bl_nn_trainer *trainer);
BL_DEFINE_AUTO(bl_nn_trainer, bl_nn_trainer_free);

/// The loss of a batch, Σ over outputs of weight·Σwℓ/n, with the penalties of parameters, and its
/// gradient. Statistics that move along with batches are moved.
/// \return BL_OK, BL_E_LIMIT (more events than said), what layers and losses return
bl_status bl_nn_trainer_gradient(bl_nn_trainer *trainer, const bl_nn_batch *batch, double *ret_loss,
                                 bl_error *err);
/// The gradient, clipped, and a step of the optimiser. A loss that is no number, and a failure,
/// leave parameters, statistics among them, and moments as they were.
bl_status bl_nn_trainer_step(bl_nn_trainer *trainer, const bl_nn_batch *batch, double learning_rate,
                             double *ret_loss, bl_error *err);

/// The last gradient, laid out as the parameters; borrows.
const float *bl_nn_trainer_gradients(const bl_nn_trainer *trainer);
/// The moments of the optimiser [n_moments × n_floats], and where training stands: to be stored,
/// and set again.
float *bl_nn_trainer_moments(bl_nn_trainer *trainer, size_t *ret_n);
bl_nn_progress *bl_nn_trainer_progress(bl_nn_trainer *trainer);

#endif
