// SPDX-License-Identifier: Apache-2.0
/// \file
/// Whether a network fits prepared data: which input is fed what, and what its output learns.
#ifndef BL_LEARN_TRAIN_MATCH_H
#define BL_LEARN_TRAIN_MATCH_H

#include "data/prepared/prepared.h"
#include "learn/train/settings.h"

/// What of an event's targets, as the loader has them, the output is compared with.
typedef enum bl_target_form {
    BL_TARGET_ALL,    ///< all: one of n, or numbers
    BL_TARGET_LABEL,  ///< the number of the class
    BL_TARGET_SECOND, ///< the second of two: 1 for class 1
} bl_target_form;

typedef struct bl_match {
    size_t n_inputs;
    const char **names;  ///< [n_inputs] of the network, in its order
    const char **inputs; ///< [n_inputs] of the data that each is fed
    size_t width;        ///< numbers of the output
    bl_target_form form;
    bl_nn_loss loss;
    bl_nn_metrics_options metrics; ///< those of the settings, for these targets
} bl_match;

/// An input of the network and one of the data belong together by name; where both have only one,
/// whatever they are called. Inputs that the network does not have are not read.
/// \param arena holds lists; names borrow from `prepared` and `network`
/// \return BL_OK, BL_E_SHAPE (both sides named), BL_E_NOTFOUND (an input, with the nearest names),
/// BL_E_INVALID (a loss that does not go with the labels), BL_E_UNSUPPORTED (several outputs, or
/// one of a sequence), BL_E_NOMEM
bl_status bl_match_model(bl_arena *arena, const bl_prepared *prepared, const bl_nn_network *network,
                         const bl_training_settings *settings, bl_match *ret_match, bl_error *err);

#endif
