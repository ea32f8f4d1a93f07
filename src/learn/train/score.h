// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside training: what the network predicts for events, and their losses. Events are run in
/// shards of BL_NN_SHARD_EVENTS on all threads; the bits do not depend on how many there are.
#ifndef BL_LEARN_TRAIN_SCORE_H
#define BL_LEARN_TRAIN_SCORE_H

#include "learn/train/feed.h"
#include "nn/network/network.h"

typedef struct bl_scorer bl_scorer;

/// \param network, match borrow until it is freed \param most_events at once
/// \return BL_OK, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_scorer_new(const bl_nn_network *network, const bl_match *match, size_t most_events,
                        bl_scorer **ret_scorer, bl_error *err);
void bl_scorer_free(bl_scorer *scorer);
BL_DEFINE_AUTO(bl_scorer, bl_scorer_free);

/// Runs events. \param feeding, weights [n_events] borrow until others are run
/// \return BL_OK, BL_E_CANCELLED, BL_E_SHAPE (an event is longer than the network takes)
bl_status bl_scorer_run(bl_scorer *scorer, const bl_feeding *feeding, const float *weights,
                        size_t n_events, bl_error *err);
/// [n_events × width] of the last run.
const float *bl_scorer_predictions(const bl_scorer *scorer);
/// Σ w·ℓ of a shard of the last run.
double bl_scorer_loss(const bl_scorer *scorer, size_t shard);
/// w·ℓ of an event of the last run.
double bl_scorer_event_loss(bl_scorer *scorer, size_t event);

#endif
