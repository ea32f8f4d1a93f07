// SPDX-License-Identifier: Apache-2.0
// Scores of events: of a column as they are, of models through the loader, part by part.
#include "data/loader/loader.h"
#include "learn/evaluate/private.h"
#include "learn/evaluate/scoring.h"

enum {
    FEWEST = 8 * BL_NN_SHARD_EVENTS, ///< events at a time: shards enough for all threads
    MOST = 64 * BL_NN_SHARD_EVENTS,
    BYTES = 8 << 20,
    WINDOW = 16 << 20, ///< nothing is shuffled
};

/// How far it is.
typedef struct progress {
    const bl_evaluation_options *options;
    int64_t *done, all;
} progress;

static void tell(const progress *p, size_t n) {
    *p->done += (int64_t)n;
    if (p->options->progress)
        p->options->progress(p->options->user, *p->done, p->all);
}

// ---- models ----

/// Puts both sides before a message.
static bl_status misfit(const bl_evaluation *e, const bl_subject *subject, bl_status status,
                        bl_error *err) {
    return bl_error_in(err, status, "%s on %s", subject->path, e->prepared->name);
}

bl_status bl_scores_check(bl_evaluation *e, bl_error *err) {
    for (size_t i = 0; i < e->n_subjects; i++)
        for (size_t k = 0; k < e->subjects[i].n_models; k++) {
            bl_scoring scoring;
            bl_status status =
                bl_scoring_init(e->context, e->subjects[i].opened[k], e->prepared, &scoring, err);
            bl_scoring_release(&scoring);
            if (status != BL_OK)
                return misfit(e, &e->subjects[i], status, err);
        }
    return BL_OK;
}

static size_t batch_events(const bl_model *model) {
    size_t numbers = 1;
    for (size_t i = 0; i < bl_model_n_inputs(model); i++) {
        const bl_model_port *port = bl_model_input(model, i);
        numbers += port->width * (port->steps ? port->steps : 1);
    }
    size_t n = BYTES / (numbers * sizeof(float)) / BL_NN_SHARD_EVENTS * BL_NN_SHARD_EVENTS;
    return n < FEWEST ? FEWEST : n > MOST ? MOST : n;
}

static bl_status score_loaded(bl_scoring *scoring, const bl_loaded *loaded, size_t n, float *to,
                              bl_model_feed *feeds, bl_error *err) {
    for (size_t i = 0; i < scoring->n_inputs; i++)
        feeds[i] =
            (bl_model_feed){.values = loaded->inputs[i].data, .offsets = loaded->inputs[i].offsets};
    return bl_scoring_run(scoring, n, feeds, to, err);
}

/// Scores the first events of a part. \param to [n × width]
static bl_status score_part(bl_evaluation *e, bl_scoring *scoring, const char *part, size_t n,
                            float *to, const progress *p, bl_error *err) {
    const bl_loader_options options = {.parts = &part,
                                       .n_parts = 1,
                                       .inputs = scoring->inputs,
                                       .n_inputs = scoring->n_inputs,
                                       .batch_events = batch_events(scoring->model),
                                       .window_bytes = WINDOW};
    BL_AUTO(bl_loader) loader = NULL;
    bl_loaded loaded;
    bl_model_feed *feeds =
        (bl_model_feed *)bl_arena_array(&scoring->arena, scoring->n_inputs + 1, sizeof *feeds);
    if (!feeds)
        return bl_error_nomem(err, scoring->n_inputs * sizeof *feeds, "inputs");
    BL_TRY(bl_loader_open(e->context, e->prepared, &options, &loader, err));
    BL_TRY(bl_loader_begin(loader, 0, 0, err));
    for (size_t at = 0; at < n;) {
        BL_TRY(bl_loader_next(loader, &loaded, err));
        size_t n_taken = loaded.n_events < n - at ? loaded.n_events : n - at;
        BL_TRY(score_loaded(scoring, &loaded, n_taken, to + at * scoring->width, feeds, err));
        at += n_taken;
        tell(p, n_taken);
    }
    return BL_OK;
}

/// By the model that is for events of each part.
static bl_status score_model(bl_evaluation *e, const bl_subject *subject, const bl_scored *scored,
                             float *to, const progress *p, bl_error *err) {
    size_t at = 0;
    for (size_t i = 0; i < scored->n_parts && at < scored->n; i++) {
        size_t k = subject->n_models > 1 ? scored->folds[i] : 0;
        size_t n = (size_t)bl_prepared_find(e->prepared, scored->parts[i])->n_rows;
        n = n < scored->n - at ? n : scored->n - at;
        bl_scoring scoring;
        bl_status status =
            bl_scoring_init(e->context, subject->opened[k], e->prepared, &scoring, err);
        if (status == BL_OK)
            status = score_part(e, &scoring, scored->parts[i], n, to + at * bl_evaluation_width(e),
                                p, err);
        bl_scoring_release(&scoring);
        if (status != BL_OK)
            return misfit(e, subject, status, err);
        at += n;
    }
    return BL_OK;
}

// ---- columns ----

static bl_status score_column(const bl_evaluation *e, const char *column, const bl_scored *scored,
                              float *to, const progress *p, bl_error *err) {
    size_t k = 0;
    while (strcmp(e->prepared->observers[k], column) != 0)
        k++;
    if (!scored->observers[k])
        return bl_error_set(err, BL_E_TYPE, "%s: observer '%s' is not a number an event",
                            e->prepared->name, column);
    for (size_t i = 0; i < scored->n && e->n_targets; i++)
        to[i] = (float)scored->observers[k][i];
    for (size_t i = 0; i < scored->n && !e->n_targets; i++) {
        float x = (float)scored->observers[k][i];
        to[2 * i] = -x;
        to[2 * i + 1] = x;
    }
    tell(p, scored->n);
    return BL_OK;
}

bl_status bl_scores_make(bl_evaluation *e, const bl_evaluation_options *options, bl_scored *scored,
                         int64_t *done, int64_t all, bl_error *err) {
    const progress p = {options, done, all};
    size_t width = bl_evaluation_width(e);
    float **scores = (float **)bl_arena_array(&e->arena, e->n_subjects, sizeof *scores);
    scored->scores = (const float *const *)scores;
    if (!scores)
        return bl_error_nomem(err, e->n_subjects * sizeof *scores, "scores");
    for (size_t i = 0; i < e->n_subjects; i++) {
        const bl_subject *subject = &e->subjects[i];
        scores[i] = (float *)bl_arena_array(&e->arena, scored->n + 1, width * sizeof(float));
        if (!scores[i])
            return bl_error_nomem(err, scored->n * width * sizeof(float), "scores");
        if (subject->column)
            BL_TRY(score_column(e, subject->column, scored, scores[i], &p, err));
        else
            BL_TRY(score_model(e, subject, scored, scores[i], &p, err));
    }
    return BL_OK;
}
