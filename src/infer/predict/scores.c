// SPDX-License-Identifier: Apache-2.0
// Scores beside columns of the input. Selections drop rows and what is taken along has all of them,
// so that both are streams of their own, which meet in windows of rows.
#include "infer/predict/scores.h"

#include "column/column.h"
#include "infer/predict/aligned.h"

/// Rows of a window where nothing is taken along, which would say where batches end.
enum { WINDOW_ROWS = 1 << 16 };

/// Scores of the model, or of a variation of shape.
typedef struct feed {
    bl_prediction *prediction; ///< owns
    bl_predicted events;
    size_t n_used; ///< of these
    bool is_over;
    bl_aligned aligned; ///< of the window
} feed;

struct bl_scores {
    bl_context *context;
    bl_arena arena;
    const bl_scores_options *options;
    int64_t last;
    bl_stream *beside; ///< what is taken along; NULL: nothing is
    size_t n_classes, n_feeds;
    feed *feeds; ///< [n_feeds] the first is of the model itself
    bool has_folds;
    size_t n_columns;
    bl_column_spec *specs; ///< [n_columns]
    const char **names;    ///< [n_columns] of the same
    uint8_t *keep;         ///< [window] whether the selection took it; owns
    int32_t *folds;        ///< [window] owns
    size_t window_room;
    bl_scores_progress progress;
};

// ---- columns ----

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "scores"); }

static bl_status add_score(bl_scores *s, size_t class, const bl_variation_config *shape,
                           bl_error *err) {
    const char *name = bl_predictor_class(s->options->predictor, class);
    const char *prefix = bl_predictor_prefix(s->options->predictor);
    const char *text = shape ? bl_arena_printf(&s->arena, "%s%s_%s", prefix, name, shape->name)
                             : bl_arena_printf(&s->arena, "%s%s", prefix, name);
    if (!text)
        return out_of_memory(err);
    s->specs[s->n_columns++] = (bl_column_spec){
        .size = sizeof *s->specs, .name = text, .type = bl_type_primitive(BL_FLOAT32)};
    return BL_OK;
}

static bl_status make_columns(bl_scores *s, bl_error *err) {
    size_t n_beside = s->beside ? s->beside->n_columns : 0;
    size_t n = s->n_feeds * s->n_classes + s->has_folds + n_beside;
    s->specs = (bl_column_spec *)bl_arena_array(&s->arena, n + 1, sizeof *s->specs);
    s->names = (const char **)bl_arena_array(&s->arena, n + 1, sizeof *s->names);
    if (!s->specs || !s->names)
        return out_of_memory(err);
    for (size_t i = 0; i < s->n_feeds; i++)
        for (size_t k = 0; k < s->n_classes; k++)
            BL_TRY(add_score(s, k, i ? s->options->shapes[i - 1] : NULL, err));
    if (s->has_folds)
        s->specs[s->n_columns++] = (bl_column_spec){
            .size = sizeof *s->specs, .name = "fold", .type = bl_type_primitive(BL_INT32)};
    for (size_t i = 0; i < n_beside; i++)
        s->specs[s->n_columns++] = s->beside->specs[i];
    for (size_t i = 0; i < n; i++)
        s->names[i] = s->specs[i].name;
    return BL_OK;
}

// ---- opening ----

static bl_status open_feed(bl_scores *s, const bl_stretch *stretch, int64_t first, size_t i,
                           bl_error *err) {
    const bl_scores_options *o = s->options;
    const bl_variation_config *shape = i ? o->shapes[i - 1] : NULL;
    const bl_prediction_options options = {.first = first, .last = s->last, .variation = shape};
    s->feeds[i].aligned.n_columns = s->n_classes;
    s->n_feeds = i + 1;
    return bl_prediction_open(o->predictor, o->dataset, stretch, &options, &s->feeds[i].prediction,
                              err);
}

static bl_status open_beside(bl_scores *s, const bl_stretch *stretch, int64_t first,
                             bl_error *err) {
    const bl_stream_options options = {.first = first,
                                       .last = s->last,
                                       .names = s->options->names,
                                       .n_names = s->options->n_names,
                                       .takes_all_rows = true};
    return s->options->n_names
               ? bl_stream_open(s->options->dataset, stretch, &options, &s->beside, err)
               : BL_OK;
}

static bl_status fill(bl_scores *s, const bl_stretch *stretch, int64_t first, bl_error *err) {
    size_t n_feeds = 1 + s->options->n_shapes;
    s->progress.row = first;
    s->n_classes = bl_predictor_n_classes(s->options->predictor);
    s->has_folds = bl_predictor_n_models(s->options->predictor) > 1;
    s->feeds = (feed *)bl_arena_array(&s->arena, n_feeds, sizeof *s->feeds);
    if (!s->feeds)
        return out_of_memory(err);
    for (size_t i = 0; i < n_feeds; i++)
        BL_TRY(open_feed(s, stretch, first, i, err));
    BL_TRY(open_beside(s, stretch, first, err));
    return make_columns(s, err);
}

bl_status bl_scores_open(const bl_scores_options *options, const bl_stretch *stretch, int64_t first,
                         int64_t last, bl_scores **ret_scores, bl_error *err) {
    bl_context *context = options->dataset->context;
    bl_scores *made = (bl_scores *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return out_of_memory(err);
    BL_AUTO(bl_scores) scores = made;
    scores->context = context;
    scores->options = options;
    scores->last = last;
    bl_arena_init(&scores->arena, context);
    BL_TRY(fill(scores, stretch, first, err));
    *ret_scores = BL_MOVE(scores);
    return BL_OK;
}

bl_status bl_scores_pack_friends(const bl_scores *scores, bl_packer *to, bl_error *err) {
    for (size_t i = 0; i < scores->n_feeds; i++)
        BL_TRY(bl_table_pack_friends(bl_prediction_stream(scores->feeds[i].prediction)->table, to,
                                     err));
    return scores->beside ? bl_table_pack_friends(scores->beside->table, to, err) : BL_OK;
}

void bl_scores_close(bl_scores *scores) {
    bl_context *context = scores->context;
    for (size_t i = 0; i < scores->n_feeds; i++) {
        bl_prediction_close(scores->feeds[i].prediction);
        bl_aligned_release(context, &scores->feeds[i].aligned);
    }
    bl_stream_close(scores->beside);
    bl_free(context, scores->keep);
    bl_free(context, scores->folds);
    bl_arena_release(&scores->arena);
    bl_free(context, scores);
}

size_t bl_scores_columns(const bl_scores *scores, const bl_column_spec **ret_specs) {
    *ret_specs = scores->specs;
    return scores->n_columns;
}

const char *bl_scores_table(const bl_scores *scores) {
    return bl_table_path(bl_prediction_stream(scores->feeds[0].prediction)->table);
}

bl_scores_progress bl_scores_get_progress(const bl_scores *scores) {
    bl_scores_progress progress = scores->progress;
    int64_t rows, taken;
    for (size_t i = 0; i <= scores->n_feeds; i++) {
        const bl_stream *stream = i < scores->n_feeds
                                      ? bl_prediction_stream(scores->feeds[i].prediction)
                                      : scores->beside;
        uint64_t bytes = 0;
        if (stream)
            bl_plan_progress(stream->plan, &rows, &taken, &bytes);
        progress.stored_bytes += bytes;
    }
    return progress;
}

// ---- windows ----

/// Room for what is known of each row of a window, none of which was taken yet.
static bl_status clear_window(bl_scores *s, int64_t first, int64_t last, bl_error *err) {
    size_t n = (size_t)(last - first);
    if (n > s->window_room) {
        uint8_t *keep = (uint8_t *)bl_realloc(s->context, s->keep, n);
        s->keep = keep ? keep : s->keep;
        int32_t *folds = (int32_t *)bl_realloc(s->context, s->folds, n * sizeof *folds);
        s->folds = folds ? folds : s->folds;
        if (!keep || !folds)
            return bl_error_nomem(err, n * (1 + sizeof *folds), "rows of a window");
        s->window_room = n;
    }
    memset(s->keep, 0, n);
    memset(s->folds, -1, n * sizeof *s->folds);
    return BL_OK;
}

/// Events of a feed that lie in the window; those behind it wait.
static void take_events(bl_scores *s, feed *from, int64_t first, int64_t last) {
    const bl_predicted *events = &from->events;
    size_t n = 0;
    while (from->n_used + n < events->n && events->rows[from->n_used + n] < last)
        n++;
    const int64_t *rows = events->rows + from->n_used;
    bl_aligned_put(&from->aligned, n, rows, events->scores + from->n_used * s->n_classes);
    for (size_t i = 0; from == s->feeds && i < n; i++) {
        s->keep[rows[i] - first] = 1;
        if (events->folds)
            s->folds[rows[i] - first] = events->folds[from->n_used + i];
    }
    s->progress.n_taken += from == s->feeds ? (int64_t)n : 0;
    from->n_used += n;
}

static bl_status fill_feed(bl_scores *s, feed *from, int64_t first, int64_t last, bl_error *err) {
    BL_TRY(bl_aligned_begin(s->context, &from->aligned, first, last, err));
    while (!from->is_over) {
        if (from->n_used == from->events.n) {
            bl_status status = bl_prediction_next(from->prediction, &from->events, err);
            from->n_used = 0;
            from->is_over = status == BL_END;
            if (status == BL_END)
                break;
            BL_TRY(status);
        }
        take_events(s, from, first, last);
        if (from->n_used < from->events.n)
            break;
    }
    return BL_OK;
}

// ---- batches ----

static bl_status make_column(bl_context *context, bl_type_id id, const void *values, int64_t n,
                             bl_column *column, bl_error *err) {
    size_t n_bytes = (size_t)n * bl_type_id_width(id);
    BL_TRY(bl_column_init(context, column, bl_type_primitive(id), err));
    BL_TRY(bl_buffer_new(context, n_bytes, &column->values, err));
    memcpy(column->values->data, values, n_bytes);
    column->values->size = n_bytes;
    column->length = n;
    return BL_OK;
}

/// \param beside columns of these rows; NULL: none are taken along
static bl_status make_batch(bl_scores *s, int64_t first, int64_t n, const bl_batch *beside,
                            bl_batch **ret_batch, bl_error *err) {
    bl_batch *made = NULL;
    size_t at = 0;
    BL_TRY(bl_batch_new(s->context, s->n_columns, s->names, first, n, &made, err));
    BL_AUTO(bl_batch) batch = made;
    for (size_t i = 0; i < s->n_feeds; i++)
        for (size_t k = 0; k < s->n_classes; k++)
            BL_TRY(make_column(s->context, BL_FLOAT32, bl_aligned_column(&s->feeds[i].aligned, k),
                               n, &made->columns[at++], err));
    if (s->has_folds)
        BL_TRY(make_column(s->context, BL_INT32, s->folds, n, &made->columns[at++], err));
    for (size_t i = 0; beside && i < beside->n_columns; i++) {
        const bl_column *column = &beside->columns[i];
        BL_TRY(bl_column_concat(s->context, &column, 1, &made->columns[at++], err));
    }
    if (s->options->only_selected)
        return bl_batch_filter(batch, s->keep, ret_batch, err);
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}

bl_status bl_scores_next(bl_scores *s, bl_batch **ret_batch, bl_error *err) {
    BL_AUTO(bl_batch) beside = NULL;
    int64_t first = s->progress.row, last = s->last;
    if (first >= last)
        return BL_END;
    if (s->beside) {
        BL_TRY(bl_plan_next(s->beside->plan, &beside, err));
        last = first + bl_batch_n_rows(beside);
    } else if (last - first > WINDOW_ROWS) {
        last = first + WINDOW_ROWS;
    }
    BL_TRY(clear_window(s, first, last, err));
    for (size_t i = 0; i < s->n_feeds; i++)
        BL_TRY(fill_feed(s, &s->feeds[i], first, last, err));
    BL_TRY(make_batch(s, first, last - first, beside, ret_batch, err));
    s->progress.row = last;
    return BL_OK;
}
