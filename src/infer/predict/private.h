// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside predictors.
#ifndef BL_INFER_PREDICT_PRIVATE_H
#define BL_INFER_PREDICT_PRIVATE_H

#include "data/inputs/identity.h"
#include "infer/predict/predictor.h"

/// Memory that only grows, and whose contents are lost when it does.
typedef struct bl_room {
    void *memory;
    size_t capacity; ///< bytes
} bl_room;

/// \return BL_OK, BL_E_NOMEM
bl_status bl_room_reserve(bl_context *context, bl_room *room, size_t n_bytes, bl_error *err);
void bl_room_release(bl_context *context, bl_room *room);

struct bl_predict_worker;

struct bl_predictor {
    bl_context *context;
    bl_arena arena;
    const char *path; ///< of the model, as it was given
    size_t n_models;
    const char **urls; ///< [n_models]
    bl_model **models; ///< [n_models]
    bool has_own;      ///< the model keeps a configuration
    bl_config own;     ///< which is this one
    bl_config given;   ///< the one that holds, as it was read
    bl_config config;  ///< the same with the samples that are predicted
    size_t n_inputs;
    const bl_input_config **inputs; ///< [n_inputs] of the configuration, in the model's order
    size_t n_names;
    const char **names; ///< [n_names] columns and variables that streams take along
    size_t n_classes;
    const char **classes; ///< [n_classes]
    bool is_second;       ///< the model has the second of two classes alone
    bool is_numbers;      ///< it predicts numbers, which are what `classes` names
    bl_identity identity; ///< of events of folds, whatever data set they are of
    size_t n_workers;
    struct bl_predict_worker *workers; ///< [n_workers]
    // of the events that are run
    bl_room order, folds;    ///< events by model; the fold of each
    size_t *starts, *blocks; ///< [n_models + 1] where each model's events and blocks begin
};

// ---- models.c ----

/// Opens the model, or those of all folds. \return as bl_predictor_open
bl_status bl_predictor_open_models(bl_predictor *predictor, bl_error *err);

// ---- configure.c ----

/// Reads configurations. \param path NULL: the model's own holds
bl_status bl_predictor_configure(bl_predictor *predictor, const char *path, bl_error *err);

// ---- match.c ----

/// Finds `inputs`, `names` and classes. \return as bl_predictor_open
bl_status bl_predictor_match(bl_predictor *predictor, bl_error *err);

// ---- bind.c ----

/// An input of the model in the batches of a stream.
typedef struct bl_bound_input {
    bl_input input;
    size_t *columns;
    const bl_nn_columns **transforms; ///< [n_models] what its numbers go through; NULL: nothing
} bl_bound_input;

/// A model's inputs in batches.
typedef struct bl_binding {
    bl_predictor *predictor;
    bl_bound_input *inputs; ///< [n_inputs]
    bl_identity identity;   ///< of folds: of the events of a data set
    size_t *identifying;    ///< [n of it] columns
} bl_binding;

/// Finds them. \param stream for the titles of its columns; NULL: there is none
/// \param arena holds what it finds \return BL_OK, BL_E_NOTFOUND, BL_E_TYPE, BL_E_SHAPE,
/// BL_E_INVALID, BL_E_NOMEM
bl_status bl_predictor_bind(bl_arena *arena, bl_predictor *predictor,
                            const bl_column_finder *finder, const bl_stream *stream,
                            bl_binding *ret_binding, bl_error *err);

// ---- run.c ----

/// Makes what each thread runs models with. \return BL_OK, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_predictor_make_workers(bl_predictor *predictor, bl_error *err);
void bl_predictor_free_workers(bl_predictor *predictor);

/// Events of a batch, all in memory.
typedef struct bl_predict_events {
    const bl_binding *binding;
    const bl_batch *batch;
    const bl_stretch *stretch; ///< that `rows` are of; NULL: none
    const int64_t *rows;       ///< [rows of the batch] of its chain
    const size_t *order;       ///< events by model; NULL: all of one, as they come
    float *scores;             ///< [rows × classes]
} bl_predict_events;

/// Runs them on all threads. \return as bl_prediction_next
bl_status bl_predict_run(bl_predict_events *events, bl_error *err);
/// Puts "FILE: entry N: " or "event N: " in front of a message; returns `status`.
bl_status bl_predict_error(const bl_predict_events *events, size_t event, bl_status status,
                           bl_error *err);

// ---- folds.c ----

/// Orders events by the model that has not seen them. \return BL_OK, BL_E_RANGE, BL_E_NOMEM
bl_status bl_predict_sort(bl_predict_events *events, bl_error *err);

#endif
