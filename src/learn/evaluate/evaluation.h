// SPDX-License-Identifier: Apache-2.0
/// \file
/// Events of a prepared data set with what one or several models say of them: all that the numbers
/// and figures of an evaluation are made from.
#ifndef BL_LEARN_EVALUATE_EVALUATION_H
#define BL_LEARN_EVALUATE_EVALUATION_H

#include "data/prepared/prepared.h"
#include "infer/model.h"

/// What gives scores: a model; one for each fold; or a column of the events.
typedef struct bl_subject {
    const char *name;   ///< that people know it by; no two the same
    const char *path;   ///< a run's folder, a model's file, or NULL: a column
    const char *run;    ///< folder with run.json and history.csv; of folds that of the first; NULL
    size_t n_models;    ///< 1; of folds as many as there are; 0: a column
    bl_bundle **models; ///< [n_models] model k has not seen fold k; those of `opened`
    bl_model **opened;  ///< [n_models] as they are run; owns
    int64_t fold; ///< the only fold of the data that its one model has not seen; −1: not known
    /// An observer, which is the score of class 1 (of two classes), or what the one target is
    /// predicted to be.
    const char *column;
} bl_subject;

/// Events of a part, in the order of shards; those of several folds behind each other.
typedef struct bl_scored {
    const char *name; ///< "test", "train"; of a variation of shape "test.jesUp"
    size_t n;
    const int32_t *labels;          ///< [n] classes
    const double *truths;           ///< [n × n_targets] what is to be predicted; NULL: classes are
    const double *physics;          ///< [n] weight_physics, with its sign
    const double *training;         ///< [n] weight_train
    const uint64_t *keys;           ///< [n] as shards have them
    const int32_t *samples;         ///< [n] of the prepared set's
    const double *const *weights;   ///< [n_variations] [n] weight_physics of variations
    const double *const *observers; ///< [prepared->n_observers] [n]; NULL: it is no number
    /// [n_subjects] [n × n_classes] scores of each class. Of one output, a sigmoid: 1 − s, s; of a
    /// column: −x, x. Of numbers [n × n_targets], what each is predicted to be.
    const float *const *scores;
    size_t n_parts;
    const char *const *parts; ///< [n_parts] of the prepared set, behind each other
    const size_t *folds;      ///< [n_parts] which model of a subject with several scored them
} bl_scored;

typedef struct bl_evaluation {
    bl_context *context;
    bl_arena arena; ///< holds all of it
    const bl_prepared *prepared;
    size_t n_classes;           ///< of numbers that are predicted 1
    const char *const *classes; ///< [n_classes]; "all"
    size_t n_targets;           ///< numbers that are predicted; 0: classes are told apart
    const char *const *targets; ///< [n_targets] names
    size_t n_subjects;
    bl_subject *subjects; ///< [n_subjects] the first is the one that figures of one model show
    /// Of weights: columns without "weight_", those of a list one by one: "pileup", "scale[0]".
    size_t n_variations;
    const char *const *variations; ///< [n_variations]
    const bl_scored *test;
    const bl_scored *train; ///< as many events of it as of the test, at most; NULL: there is none
    size_t n_shifted;
    const bl_scored *shifted; ///< [n_shifted] variations of shape of the test
    uint64_t seed;            ///< of replicas and permutations
    size_t n_replicas;        ///< of bootstraps; 0: none
} bl_evaluation;

/// Numbers that a subject says of an event: one a class, or one a target.
static inline size_t bl_evaluation_width(const bl_evaluation *evaluation) {
    return evaluation->n_targets ? evaluation->n_targets : evaluation->n_classes;
}

typedef struct bl_evaluation_options {
    size_t n_paths;
    const char *const *paths; ///< [n_paths] run folders or model files; each is a subject
    const char *const *names; ///< [n_paths] of subjects; NULL: by their paths
    size_t n_columns;
    const char *const *columns; ///< [n_columns] observers that are subjects, too, behind the models
    const char *part; ///< NULL: "test"; of folds all, each event by the model that has not seen it
    uint64_t seed;
    size_t n_replicas;
    /// Called now and then in the caller's thread; may be NULL.
    void (*progress)(void *user, int64_t done, int64_t all);
    void *user;
} bl_evaluation_options;

/// Reads the events and runs the models. Each event is scored by the same code and with the same
/// bits as `predict` does it, whatever the number of threads.
/// \param prepared borrows until it is closed
/// \return BL_OK, BL_E_NOTFOUND (part, observer, model; with the nearest names), BL_E_SHAPE (model
/// and data do not fit: both named; one that tells classes apart and one that predicts numbers),
/// BL_E_INVALID (folds of other data; a column that is no score),
/// BL_E_LIMIT (more events than the memory budget holds), BL_E_CANCELLED, and what opening models
/// and reading shards return
bl_status bl_evaluation_open(bl_context *context, const bl_prepared *prepared,
                             const bl_evaluation_options *options, bl_evaluation **ret_evaluation,
                             bl_error *err);
void bl_evaluation_close(bl_evaluation *evaluation);
BL_DEFINE_AUTO(bl_evaluation, bl_evaluation_close);

#endif
