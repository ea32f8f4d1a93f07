// SPDX-License-Identifier: Apache-2.0
#include "learn/report/views.h"

#include "learn/evaluate/binning.h"
#include "learn/report/writing.h"

enum { N_BINS = 20, MOST_CHARTS = 24 };

bl_status bl_views_find(const bl_evaluation *e, bl_section_output *to, size_t n_charts,
                        bl_views *ret_views, bl_error *err) {
    size_t most = MOST_CHARTS / n_charts + 1;
    bl_views views = {0};
    views.items = (bl_view *)bl_arena_array(to->arena, most, sizeof *views.items);
    if (!views.items)
        return bl_error_nomem(err, most * sizeof *views.items, "observers");
    for (size_t i = 0; i < e->prepared->n_observers; i++) {
        bl_view view = {.name = e->prepared->observers[i], .values = e->test->observers[i]};
        if (!view.values)
            continue;
        BL_TRY(bl_binning_around(to->arena, N_BINS, e->test->n, view.values, &view.bins, err));
        if (!view.bins.n_bins)
            continue;
        if (views.n < most)
            views.items[views.n++] = view;
        else
            views.n_left++;
    }
    *ret_views = views;
    return BL_OK;
}

bl_status bl_views_cut(const bl_evaluation *e, size_t of_class, int percent,
                       bl_working_point *ret_cut, bl_error *err) {
    bl_arena arena;
    bl_ranking ranking;
    bl_arena_init(&arena, e->context);
    bl_status status =
        bl_ranking_make(&arena, e->test->n, e->test->scores[0] + of_class, e->n_classes,
                        e->test->physics, e->test->labels, (int32_t)of_class, -1, &ranking, err);
    if (status == BL_OK)
        *ret_cut = bl_working_point_at(&ranking, percent / 100.0, false);
    bl_arena_release(&arena);
    return status;
}

bl_status bl_views_check_cut(const bl_evaluation *e, size_t of_class, const bl_working_point *cut,
                             bl_section_output *to, bool *ret_has, bl_error *err) {
    *ret_has = !isnan(cut->threshold) && !isnan(cut->signal);
    return *ret_has ? BL_OK
                    : bl_say_words(to, err,
                                   "There is no cut on the score of %s: signal or background has "
                                   "no events with a score, or weights that add up to 0.",
                                   e->classes[of_class]);
}

bl_status bl_views_score_bins(const bl_evaluation *e, bl_section_output *to, size_t of_class,
                              size_t n_bins, bl_histogram *ret_bins, bl_error *err) {
    const float *scores = e->test->scores[0] + of_class;
    double low = INFINITY, high = -INFINITY;
    double *values = (double *)bl_arena_array(to->arena, e->test->n + 1, sizeof *values);
    *ret_bins = (bl_histogram){0};
    if (!values)
        return bl_error_nomem(err, e->test->n * sizeof *values, "scores");
    for (size_t i = 0; i < e->test->n; i++) {
        values[i] = scores[i * e->n_classes];
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    if (low >= high)
        return BL_OK;
    if (low >= 0 && high <= 1)
        return bl_histogram_init(ret_bins, to->arena, n_bins, 0, 1, err);
    return bl_binning_around(to->arena, n_bins, e->test->n, values, ret_bins, err);
}

bl_status bl_views_say_left(const bl_views *views, bl_section_output *to, bl_error *err) {
    return views->n_left
               ? bl_say_words(to, err, "%zu more observers are not shown: the page would be long.",
                              views->n_left)
               : BL_OK;
}
