// SPDX-License-Identifier: Apache-2.0
/// \file
/// What is written of predictions: rows of the input in its order, as batches whose columns are
/// scores, and columns of the input beside them.
#ifndef BL_INFER_PREDICT_SCORES_H
#define BL_INFER_PREDICT_SCORES_H

#include "infer/predict/predictor.h"

typedef struct bl_scores bl_scores;

/// Zeroed memory is the defaults, but for predictor and data set.
typedef struct bl_scores_options {
    bl_predictor *predictor;
    const bl_dataset *dataset;
    size_t n_shapes;
    const bl_variation_config *const *shapes; ///< [n_shapes] variations of shape
    size_t n_names;
    const char *const *names; ///< [n_names] columns, patterns of them, and variables, of all rows
    bool only_selected;       ///< rows that the selection takes, else all of them
} bl_scores_options;

/// Columns are `score_<class>` (float32, NaN where the selection takes no such event) of the model,
/// then `score_<class>_<variation>` of each variation (`pred_` instead of `score_` where numbers
/// are predicted), with folds `fold` (int32, the fold whose model was asked, −1 where the selection
/// takes no such event), then what is taken along. \param options, stretch borrow until it is
/// closed \param first, last rows of the stretch's chain \return BL_OK, and what bl_prediction_open
/// and bl_stream_open return
bl_status bl_scores_open(const bl_scores_options *options, const bl_stretch *stretch, int64_t first,
                         int64_t last, bl_scores **ret_scores, bl_error *err);
void bl_scores_close(bl_scores *scores);
/// bl_table_pack_friends of all tables that are read.
bl_status bl_scores_pack_friends(const bl_scores *scores, bl_packer *to, bl_error *err);
BL_DEFINE_AUTO(bl_scores, bl_scores_close);

/// Columns for an output; borrows. \return how many
size_t bl_scores_columns(const bl_scores *scores, const bl_column_spec **ret_specs);
/// Path of the table that rows come from; borrows.
const char *bl_scores_table(const bl_scores *scores);
/// The rows that follow, a few at a time, whatever the input's size.
/// \param ret_batch the caller holds one reference; of selected rows there may be none
/// \return BL_OK, BL_END, and what bl_prediction_next and bl_plan_next return
bl_status bl_scores_next(bl_scores *scores, bl_batch **ret_batch, bl_error *err);

/// What was done so far.
typedef struct bl_scores_progress {
    int64_t row;     ///< of the stretch's chain: one past the last that was given
    int64_t n_taken; ///< events that the selection took
    uint64_t stored_bytes;
} bl_scores_progress;

bl_scores_progress bl_scores_get_progress(const bl_scores *scores);

#endif
