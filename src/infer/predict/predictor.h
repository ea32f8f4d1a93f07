// SPDX-License-Identifier: Apache-2.0
/// \file
/// Predictors: from events as files have them, before anything was prepared, to the scores of a
/// model. The data configuration says how: its selection, variables, recipe and inputs are those
/// that the model was trained with; its labels, weights and what normalises samples are not looked
/// at, and need not be in the files.
///
/// The scores of an event are the bits that evaluation finds from prepared shards: alone or among
/// others, in batches of any size, with any number of threads.
#ifndef BL_INFER_PREDICT_PREDICTOR_H
#define BL_INFER_PREDICT_PREDICTOR_H

#include "data/stream/dataset.h"
#include "infer/model.h"

/// Reads the data configuration that a model was trained with and keeps, with the tree that the
/// command named then. \param url of the model, for messages \param config initialised; its `text`
/// stays NULL where the model keeps none \return as bl_config_read_document
bl_status bl_model_read_config(const bl_model *model, const char *url, bl_config *config,
                               bl_error *err);

/// One thread at a time uses a predictor and all that was opened with it.
typedef struct bl_predictor bl_predictor;

/// \param model a file that bl_model_open reads, or the folder of a run: its model.blm, or with
/// folds.json the models of all folds, of which each event is scored by the one that has not seen
/// it \param configuration path of a data configuration; NULL: that which the model keeps \param
/// ret_predictor the caller owns it; closed before its context \return BL_OK, BL_E_NOTFOUND (also:
/// an input of the model that the configuration lacks, with the nearest names), BL_E_INVALID (the
/// model keeps no configuration, or one that does not fit), BL_E_SHAPE (both sides named),
/// BL_E_UNSUPPORTED (several outputs, or one of a sequence), and what bl_model_open and
/// bl_config_read return
bl_status bl_predictor_open(bl_context *context, const char *model, const char *configuration,
                            bl_predictor **ret_predictor, bl_error *err);
/// All that was opened with it must be closed. NULL is allowed.
void bl_predictor_close(bl_predictor *predictor);
BL_DEFINE_AUTO(bl_predictor, bl_predictor_close);

// ---- what is known before there are events ----

/// Scores of an event. A model with one number s of two classes has two: 1 − s, then s.
size_t bl_predictor_n_classes(const bl_predictor *predictor);
/// The name of a class, or of a number that is predicted: the model's, else the configuration's,
/// else its number as a text. \param i below bl_predictor_n_classes
const char *bl_predictor_class(const bl_predictor *predictor, size_t i);
/// What columns of scores begin with: "score_"; of a model that predicts numbers "pred_".
const char *bl_predictor_prefix(const bl_predictor *predictor);
/// 1, or folds. They have the same inputs and classes.
size_t bl_predictor_n_models(const bl_predictor *predictor);
/// \param i below bl_predictor_n_models
const bl_model *bl_predictor_model(const bl_predictor *predictor, size_t i);
/// File of a model. \param i below bl_predictor_n_models
const char *bl_predictor_url(const bl_predictor *predictor, size_t i);
/// The configuration that a data set is opened with: the model's without samples. Whoever predicts
/// adds those, and may add cuts and variables. `prepare` is as the configuration says: observers,
/// and variations, of which those of weight are no variables yet.
bl_config *bl_predictor_config(bl_predictor *predictor);
/// Adds a sample without files to the configuration, or finds it. Where the model's own
/// configuration has one of this name it takes over what decides folds and selection: `dataset` and
/// the mask of luminosity, but no weight, label or cross-section.
/// \param name "" where files were given without a name
/// \return BL_OK, BL_E_NOMEM; BL_E_INVALID: folds need to know the data set of events, which no
/// name says
bl_status bl_predictor_add_sample(bl_predictor *predictor, const char *name,
                                  bl_sample_config **ret_sample, bl_error *err);

// ---- events of a stretch ----

/// Scores of some rows of a stretch, as they are called or as a variation of shape calls them.
typedef struct bl_prediction bl_prediction;

/// Zeroed memory is the defaults, but for `last`.
typedef struct bl_prediction_options {
    int64_t first, last;                  ///< rows of the stretch's chain
    const bl_variation_config *variation; ///< of shape; NULL: none
    size_t n_names;
    const char *const *names; ///< [n_names] columns and variables that are taken along, besides
                              ///< those that the model needs
} bl_prediction_options;

/// Opens a stream and finds the inputs of the model in it.
/// \param dataset, stretch of the predictor's configuration; borrow until it is closed
/// \return BL_OK, BL_E_NOTFOUND, BL_E_TYPE (a column that does not fit), BL_E_SHAPE (both sides
/// named), and what bl_stream_open returns
bl_status bl_prediction_open(bl_predictor *predictor, const bl_dataset *dataset,
                             const bl_stretch *stretch, const bl_prediction_options *options,
                             bl_prediction **ret_prediction, bl_error *err);
void bl_prediction_close(bl_prediction *prediction);
BL_DEFINE_AUTO(bl_prediction, bl_prediction_close);
/// Where columns that were taken along are in batches, and their specs.
const bl_stream *bl_prediction_stream(const bl_prediction *prediction);

/// Events that the selection takes. It borrows from the prediction until the next.
typedef struct bl_predicted {
    const bl_batch *batch; ///< columns of the stream
    size_t n;              ///< rows of it, ≥ 1
    const int64_t *rows;   ///< [n] of the stretch's chain, ascending
    /// [n × classes]. An input that is NaN, and stays NaN in the transform as it has no `missing`,
    /// makes scores NaN, unless the network takes care of it, as trees do.
    const float *scores;
    const int32_t *folds; ///< [n] of folds: which one an event is of; NULL: there is one model
} bl_predicted;

/// The next events. On all threads; in steady state it allocates nothing but what streams do.
/// \return BL_OK, BL_END, BL_E_SHAPE (an event with too many rows, lists of different lengths),
/// BL_E_RANGE (an event of folds whose identity is missing): naming file and entry;
/// BL_E_CANCELLED, and what bl_plan_next and bl_runner_run return
bl_status bl_prediction_next(bl_prediction *prediction, bl_predicted *ret_predicted, bl_error *err);

// ---- events in memory ----

/// Scores of the rows of a batch that has the columns of the inputs by name, as the configuration
/// calls them; there is no selection, and with folds it is BL_E_UNSUPPORTED.
/// \param ret_scores [rows × classes] \return as bl_prediction_open and bl_prediction_next; rows
/// are called "event N"
bl_status bl_predictor_run(bl_predictor *predictor, const bl_batch *batch, float *ret_scores,
                           bl_error *err);

#endif
