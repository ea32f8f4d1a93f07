// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside an evaluation: how it is opened, a file a step.
#ifndef BL_LEARN_EVALUATE_PRIVATE_H
#define BL_LEARN_EVALUATE_PRIVATE_H

#include "learn/evaluate/evaluation.h"

// ---- subjects.c ----

/// Opens models and names columns. \return as bl_evaluation_open
bl_status bl_subjects_open(bl_evaluation *e, const bl_evaluation_options *options, bl_error *err);
void bl_subjects_close(bl_evaluation *e);

// ---- parts.c ----

/// Parts whose events belong together, and who scores them.
typedef struct bl_parts {
    const char *name; ///< NULL: there are none
    size_t n;
    const bl_prepared_part **parts; ///< [n]
    size_t *folds;                  ///< [n] which model of a subject with several
    int64_t n_events, most;         ///< of all of them; of these so many are taken
} bl_parts;

typedef struct bl_parts_plan {
    bl_parts test, train;
    size_t n_shifted;
    bl_parts *shifted; ///< [n_shifted]
} bl_parts_plan;

/// Chooses the parts. \return BL_OK, BL_E_NOTFOUND, BL_E_INVALID, BL_E_NOMEM
bl_status bl_parts_choose(bl_evaluation *e, const bl_evaluation_options *options,
                          bl_parts_plan *ret_plan, bl_error *err);

// ---- events.c ----

/// What columns of shards are.
typedef struct bl_events_form {
    bool *is_number; ///< [n_observers]
    size_t *n_items; ///< [n_weights] variations that a column of lists has; 0: numbers
} bl_events_form;

/// Looks at the shards of a test, and names the variations of weights.
/// \param ret_form in the arena \return BL_OK, BL_E_CORRUPT, and what reading shards returns
bl_status bl_events_describe(bl_evaluation *e, const bl_parts *test, bl_events_form *ret_form,
                             bl_error *err);
/// Reads columns of all shards. Scores are not there yet.
bl_status bl_events_read(bl_evaluation *e, const bl_events_form *form, const bl_parts *parts,
                         bl_scored *scored, bl_error *err);

// ---- scores.c ----

/// Whether every model fits the data: before anything is read.
bl_status bl_scores_check(bl_evaluation *e, bl_error *err);
/// What all subjects say of some events.
/// \param done events times subjects that were done so far, of `all`
bl_status bl_scores_make(bl_evaluation *e, const bl_evaluation_options *options, bl_scored *scored,
                         int64_t *done, int64_t all, bl_error *err);

#endif
