// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside training: events as the loader has them, as networks and losses take them.
#ifndef BL_LEARN_TRAIN_FEED_H
#define BL_LEARN_TRAIN_FEED_H

#include "data/loader/loader.h"
#include "learn/train/match.h"

typedef struct bl_feeding {
    const bl_match *match;
    size_t n_targets;  ///< numbers that the loader has for an event
    bl_nn_feed *feeds; ///< [match->n_inputs] of the events that were set
    bl_nn_feed target; ///< of the same, with its stride
    float *labels;     ///< [most_events] of BL_TARGET_LABEL
} bl_feeding;

/// \param arena holds it \param match borrows \return BL_OK, BL_E_NOMEM
bl_status bl_feeding_init(bl_arena *arena, const bl_match *match, size_t n_targets,
                          size_t most_events, bl_feeding *ret_feeding, bl_error *err);
/// \param loaded borrows, until others are set
void bl_feeding_set(bl_feeding *feeding, const bl_loaded *loaded);
/// The part of a feed that begins with an event. \param shape of what is fed, for one event
bl_nn_feed bl_feed_from(const bl_nn_feed *feed, bl_nn_shape shape, size_t event);

#endif
