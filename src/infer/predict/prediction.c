// SPDX-License-Identifier: Apache-2.0
// Events of a stretch and their scores, batch by batch; events that are in memory already.
#include <string.h>

#include "base/context.h"
#include "infer/predict/private.h"

struct bl_prediction {
    bl_predictor *predictor;
    bl_arena arena;
    const bl_stretch *stretch;
    bl_stream *stream;
    bl_binding binding;
    bl_batch *batch; ///< the last one
    bl_room scores;  ///< of it
    bl_room folds;   ///< of its events, where there are folds
};

// ---- opening ----

/// Names that the model needs, then those that are asked for.
static bl_status join_names(bl_prediction *p, const bl_prediction_options *options,
                            const char *const **ret_names, size_t *ret_n, bl_error *err) {
    const bl_predictor *predictor = p->predictor;
    size_t n = predictor->n_names;
    const char **names =
        (const char **)bl_arena_array(&p->arena, n + options->n_names + 1, sizeof *names);
    if (!names)
        return bl_error_nomem(err, 0, "names");
    memcpy(names, predictor->names, n * sizeof *names);
    for (size_t i = 0; i < options->n_names; i++) {
        bool is_there = false;
        for (size_t k = 0; k < n; k++)
            is_there = is_there || strcmp(names[k], options->names[i]) == 0;
        if (!is_there)
            names[n++] = options->names[i];
    }
    *ret_names = names;
    *ret_n = n;
    return BL_OK;
}

static bl_status list_renames(bl_prediction *p, const bl_variation_config *variation,
                              bl_stream_options *options, bl_error *err) {
    size_t n = variation ? variation->n_renames : 0;
    bl_rename *renames = (bl_rename *)bl_arena_array(&p->arena, n + 1, sizeof *renames);
    if (!renames)
        return bl_error_nomem(err, n * sizeof *renames, "a variation");
    for (size_t i = 0; i < n; i++)
        renames[i] = (bl_rename){variation->from[i], variation->to[i]};
    options->renames = renames;
    options->n_renames = n;
    return BL_OK;
}

static bl_status open_stream(bl_prediction *p, const bl_dataset *dataset,
                             const bl_prediction_options *options, bl_error *err) {
    bl_stream_options of_stream = {
        .first = options->first, .last = options->last, .has_rows = true};
    BL_TRY(join_names(p, options, &of_stream.names, &of_stream.n_names, err));
    BL_TRY(list_renames(p, options->variation, &of_stream, err));
    BL_TRY(bl_stream_open(dataset, p->stretch, &of_stream, &p->stream, err));
    const bl_column_finder finder = bl_stream_finder(p->stream);
    BL_TRY_IN(bl_predictor_bind(&p->arena, p->predictor, &finder, p->stream, &p->binding, err), err,
              "%s", p->stretch->urls[0]);
    return p->predictor->n_models > 1
               ? bl_identity_init(&p->arena, dataset, &p->binding.identity, err)
               : BL_OK;
}

bl_status bl_prediction_open(bl_predictor *predictor, const bl_dataset *dataset,
                             const bl_stretch *stretch, const bl_prediction_options *options,
                             bl_prediction **ret_prediction, bl_error *err) {
    const bl_variation_config *variation = options->variation;
    bl_prediction *made = (bl_prediction *)bl_alloc_zero(predictor->context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a prediction");
    BL_AUTO(bl_prediction) prediction = made;
    prediction->predictor = predictor;
    prediction->stretch = stretch;
    bl_arena_init(&prediction->arena, predictor->context);
    bl_status status = open_stream(prediction, dataset, options, err);
    if (status != BL_OK && variation)
        return bl_error_in(err, status, "variations.%s", variation->name);
    BL_TRY(status);
    *ret_prediction = BL_MOVE(prediction);
    return BL_OK;
}

void bl_prediction_close(bl_prediction *prediction) {
    if (!prediction)
        return;
    bl_context *context = prediction->predictor->context;
    bl_batch_release(prediction->batch);
    bl_room_release(context, &prediction->scores);
    bl_room_release(context, &prediction->folds);
    bl_stream_close(prediction->stream);
    bl_arena_release(&prediction->arena);
    bl_free(context, prediction);
}

const bl_stream *bl_prediction_stream(const bl_prediction *prediction) {
    return prediction->stream;
}

// ---- events ----

/// Folds of events that were sorted; the predictor's are those of who sorted last.
static bl_status keep_folds(bl_prediction *p, size_t n, const int32_t **ret_folds, bl_error *err) {
    BL_TRY(bl_room_reserve(p->predictor->context, &p->folds, n * sizeof(int32_t), err));
    memcpy(p->folds.memory, p->predictor->folds.memory, n * sizeof(int32_t));
    *ret_folds = (const int32_t *)p->folds.memory;
    return BL_OK;
}

bl_status bl_prediction_next(bl_prediction *prediction, bl_predicted *ret_predicted,
                             bl_error *err) {
    bl_prediction *p = prediction;
    bl_batch *batch = NULL;
    BL_TRY(bl_plan_next(p->stream->plan, &batch, err));
    bl_batch_release(p->batch);
    p->batch = batch;
    size_t n = (size_t)batch->n_rows, n_classes = p->predictor->n_classes;
    BL_TRY(bl_room_reserve(p->predictor->context, &p->scores, n * n_classes * sizeof(float), err));
    bl_predict_events events = {.binding = &p->binding,
                                .batch = batch,
                                .stretch = p->stretch,
                                .rows = bl_plan_rows(p->stream->plan),
                                .scores = (float *)p->scores.memory};
    const int32_t *folds = NULL;
    if (p->predictor->n_models > 1) {
        BL_TRY(bl_predict_sort(&events, err));
        BL_TRY(keep_folds(p, n, &folds, err));
    }
    BL_TRY(bl_predict_run(&events, err));
    *ret_predicted = (bl_predicted){
        .batch = batch, .n = n, .rows = events.rows, .scores = events.scores, .folds = folds};
    return BL_OK;
}

// ---- events in memory ----

static bl_status find_in_batch(const void *self, const char *name, size_t *ret_column,
                               const bl_type **ret_type, bl_error *err) {
    return bl_batch_find((const bl_batch *)self, name, ret_column, ret_type, err);
}

bl_status bl_predictor_run(bl_predictor *predictor, const bl_batch *batch, float *ret_scores,
                           bl_error *err) {
    const bl_column_finder finder = {find_in_batch, batch};
    bl_binding binding;
    bl_arena arena;
    if (predictor->n_models > 1)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "%s: which of the models of all folds an event is for is known of "
                            "events of files alone",
                            predictor->path);
    bl_arena_init(&arena, predictor->context);
    bl_status status = bl_predictor_bind(&arena, predictor, &finder, NULL, &binding, err);
    if (status == BL_OK) {
        bl_predict_events events = {.binding = &binding, .batch = batch, .scores = ret_scores};
        status = bl_predict_run(&events, err);
    }
    bl_arena_release(&arena);
    return status;
}
