// SPDX-License-Identifier: Apache-2.0
/// \file
/// What events weigh in training, and how often they are taken.
///
/// weight_train = product of the configuration's factors → negative ones as the configuration says
/// → reweighting factor → balance → norm. Norms bring the mean |weight_train| of what a class has
/// in the training part to 1, times its `class_weights`. Where classes are balanced by weights
/// their sums are equal instead, and where they are reweighted by weights they are as reweighting
/// left them; then the mean over all classes is 1.
///
/// Sampling takes training events never, once, or more often. Of folds, where all events are
/// trained on by some model and tested by another, they weigh as often instead as they would be
/// taken, and none is left out.
#ifndef BL_DATA_PREPARE_WEIGHING_H
#define BL_DATA_PREPARE_WEIGHING_H

#include "data/prepare/bucket.h"

typedef struct bl_weighing {
    const bl_spool *spool;
    const bl_weights_config *config;
    size_t n_codes, n_counted;
    bool *is_trained;     ///< [n_codes] the part is trained on
    bool has_factors;     ///< of reweighting
    bl_factors factors;   ///< of reweighting
    bool samples_classes; ///< by `balance`
    double *balance;      ///< [n_counted] of sampling
    double *norms;        ///< [n_counted]
    double most_copies;   ///< the largest factor of sampling
} bl_weighing;

/// What is known of an event.
typedef struct bl_weighed {
    uint64_t key;
    size_t code, class;
    int32_t bin;   ///< of reweighting; −1: outside
    double weight; ///< product of the configuration's factors
    bool is_copy;
} bl_weighed;

/// \param ret_copies how often it is taken \return weight_train
double bl_weighing_of(const bl_weighing *weighing, const bl_weighed *event, uint64_t *ret_copies);

/// Columns that weights are made from, in the order in which bl_weighing_event wants them; "bin" is
/// the last, and only there where there are spectra.
enum { BL_OF_KEY, BL_OF_CODE, BL_OF_LABEL, BL_OF_WEIGHT, BL_OF_BIN, BL_N_OF };
/// Places of these among the columns of a batch.
typedef struct bl_weighing_columns {
    size_t at[BL_N_OF];
} bl_weighing_columns;
bl_weighed bl_weighing_event(const bl_weighing *weighing, const bl_bucket *bucket,
                             const bl_bucket_row *row, const bl_weighing_columns *columns);

/// Factors and norms of a spool. \param all statistics of all its parts \param sources [n] of the
/// first pass \param bucket_bytes rows in memory at once \param arena holds what is made
/// \return BL_OK, BL_E_INVALID (negative weights without a choice, class weights that are not one
/// for each class), BL_E_RANGE (no event to train on), and what bl_reweight and bl_bucket_read
/// return
bl_status bl_weighing_make(bl_arena *arena, const bl_spool *spool, const bl_spool_statistics *all,
                           bl_source_file *sources, size_t n, uint64_t bucket_bytes,
                           bl_weighing *ret_weighing, bl_error *err);

#endif
