// SPDX-License-Identifier: Apache-2.0
/// \file
/// A model and prepared data that fit each other, and scores of events on all threads.
#ifndef BL_LEARN_EVALUATE_SCORING_H
#define BL_LEARN_EVALUATE_SCORING_H

#include "data/prepared/prepared.h"
#include "infer/model.h"

typedef struct bl_scoring {
    bl_context *context;
    bl_arena arena;
    const bl_model *model;
    size_t width;        ///< numbers of an event: one for each class of the data, or each target
    size_t n_inputs;     ///< of the model
    const char **inputs; ///< [n_inputs] of the data that each is fed
    size_t *classes;     ///< [width of the output] the data's class, or target, each number is of
    size_t n_workers;
    struct bl_scoring_worker *workers; ///< one a thread
} bl_scoring;

/// An input of the model and one of the data belong together by name; where both have only one,
/// whatever they are called. Columns and classes that both have names of are compared: columns must
/// be the same in the same order, classes and targets may be in another one.
/// \param model, prepared borrow until it is released \param scoring released also on failure
/// \return BL_OK, BL_E_SHAPE (both sides named), BL_E_NOTFOUND (an input, with the nearest names),
/// BL_E_LIMIT, BL_E_NOMEM
bl_status bl_scoring_init(bl_context *context, const bl_model *model, const bl_prepared *prepared,
                          bl_scoring *scoring, bl_error *err);
void bl_scoring_release(bl_scoring *scoring);
/// Scores events: the bits of bl_runner_run, whatever the number of threads.
/// \param feeds [n_inputs] rows as shards have them
/// \param ret_scores [n_events × width]; of one output, a sigmoid: 1 − s, s
/// \return BL_OK, BL_E_CANCELLED, and what bl_runner_run returns
bl_status bl_scoring_run(bl_scoring *scoring, size_t n_events, const bl_model_feed *feeds,
                         float *ret_scores, bl_error *err);

#endif
