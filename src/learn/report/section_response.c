// SPDX-License-Identifier: Apache-2.0
// Response and resolution of predictions along the truth and along other variables. Where the truth
// is not always positive they are the median of residuals, and half their central 68 %.
#include <math.h>
#include <stdio.h>

#include "learn/evaluate/binning.h"
#include "learn/evaluate/profile.h"
#include "learn/report/measures.h"
#include "learn/report/sections.h"
#include "learn/report/views.h"
#include "learn/report/writing.h"

enum { N_BINS = 15, N_CHARTS = 2 };

/// A target, seen along a variable.
typedef struct seen {
    size_t target;
    const char *along;    ///< NULL: the truth itself
    const double *values; ///< [test events]
    const bl_histogram *bins;
    bl_profile *profiles; ///< [n_subjects]
    bool are_positive;
} seen;

// ---- profiles ----

static bl_status make_profile(const bl_evaluation *e, bl_section_output *to, size_t subject,
                              seen *s, bl_error *err) {
    bl_pairs pairs;
    bl_arena arena;
    bl_arena_init(&arena, e->context);
    bl_status status = bl_pairs_make(&arena, e, e->test, subject, s->target, &pairs, err);
    if (status == BL_OK)
        status = bl_profile_make(to->arena, &pairs, s->values, s->bins->edges, s->bins->n_bins,
                                 e->seed, e->n_replicas, &s->profiles[subject], err);
    if (status == BL_OK)
        s->are_positive |= pairs.are_positive;
    bl_arena_release(&arena);
    return status;
}

static bl_status make_profiles(const bl_evaluation *e, bl_section_output *to, seen *s,
                               bl_error *err) {
    s->profiles = (bl_profile *)bl_arena_array(to->arena, e->n_subjects + 1, sizeof *s->profiles);
    if (!s->profiles)
        return bl_error_nomem(err, e->n_subjects * sizeof *s->profiles, "profiles");
    for (size_t i = 0; i < e->n_subjects; i++)
        BL_TRY(make_profile(e, to, i, s, err));
    return BL_OK;
}

// ---- JSON ----

static void put_measure(bl_text *json, const bl_profile *profile, size_t measure, bool of_error) {
    char key[32];
    (void)snprintf(key, sizeof key, "%s%s", bl_measure_names[measure], of_error ? "_error" : "");
    bl_put_key(json, key);
    bl_text_add(json, "[");
    for (size_t i = 0; i < profile->n_bins; i++) {
        const bl_residuals *bin = &profile->bins[i];
        bl_put_next(json);
        bl_json_put_number(json, of_error ? bin->errors[measure] : bin->values[measure]);
    }
    bl_text_add(json, "]");
}

static void put_json(const bl_evaluation *e, const seen *s, size_t subject, bl_text *json) {
    const bl_profile *profile = &s->profiles[subject];
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "model", e->subjects[subject].name);
    bl_put_text(json, "target", e->targets[s->target]);
    bl_put_text(json, "observer", s->along);
    bl_put_numbers(json, "edges", s->bins->edges, s->bins->n_bins + 1);
    bl_put_numbers(json, "means", profile->means, profile->n_bins);
    bl_put_key(json, "events");
    bl_text_add(json, "[");
    for (size_t i = 0; i < profile->n_bins; i++) {
        bl_put_next(json);
        bl_json_put_integer(json, (int64_t)profile->bins[i].n);
    }
    bl_text_add(json, "]");
    for (size_t k = 0; k < BL_N_MEASURES; k++) {
        put_measure(json, profile, k, false);
        put_measure(json, profile, k, true);
    }
    bl_text_add(json, "}");
}

// ---- charts ----

static bl_status add_points(const bl_evaluation *e, const seen *s, size_t subject,
                            bl_measure measure, bl_figure *figure, bl_error *err) {
    const bl_profile *profile = &s->profiles[subject];
    const bl_series like = {.label = e->n_subjects > 1 ? e->subjects[subject].name : NULL,
                            .mark = BL_MARK_POINTS,
                            .n = profile->n_bins,
                            .color = (unsigned)subject};
    bl_trace pen;
    BL_TRY(bl_figure_add(figure, &like, &pen, err));
    for (size_t i = 0; i < profile->n_bins; i++) {
        const bl_residuals *bin = &profile->bins[i];
        pen.x[i] = profile->means[i];
        pen.y[i] = bin->values[measure];
        pen.low[i] = pen.y[i] - bin->errors[measure];
        pen.high[i] = pen.y[i] + bin->errors[measure];
    }
    return BL_OK;
}

/// A dashed line where nothing is wrong, as far as there are points.
static bl_status add_ideal(const seen *s, double y, unsigned color, bl_figure *figure,
                           bl_error *err) {
    const bl_series like = {.mark = BL_MARK_LINE, .n = 2, .color = color, .is_dashed = true};
    bl_trace pen;
    BL_TRY(bl_figure_add(figure, &like, &pen, err));
    pen.y[0] = pen.y[1] = y;
    for (size_t i = 0; i < s->bins->n_bins; i++) {
        pen.x[0] = fmin(pen.x[0], s->profiles[0].means[i]);
        pen.x[1] = fmax(pen.x[1], s->profiles[0].means[i]);
    }
    return BL_OK;
}

static const char *chart_name(bl_section_output *to, const bl_evaluation *e, const seen *s,
                              const char *what) {
    const char *target = bl_slug(to, e->targets[s->target]);
    const char *along = s->along ? bl_slug(to, s->along) : "";
    if (!target || !along)
        return NULL;
    return s->along ? bl_say(to, "%s-%s-%s", what, target, along)
                    : bl_say(to, "%s-%s", what, target);
}

static const char *axis_of(bl_section_output *to, const bl_evaluation *e, const seen *s) {
    return s->along ? s->along : bl_say(to, "True %s", e->targets[s->target]);
}

static bl_status draw_response(const bl_evaluation *e, bl_section_output *to, const seen *s,
                               bl_error *err) {
    const char *target = e->targets[s->target], *along = s->along ? s->along : "the truth";
    bl_figure figure =
        bl_figure_begin(to, chart_name(to, e, s, "response"), axis_of(to, e, s),
                        s->are_positive ? "Predicted / true, median" : "Predicted − true, median");
    BL_TRY(add_ideal(s, s->are_positive ? 1 : 0, (unsigned)e->n_subjects, &figure, err));
    for (size_t i = 0; i < e->n_subjects; i++)
        BL_TRY(add_points(e, s, i, s->are_positive ? BL_MEASURE_response : BL_MEASURE_median,
                          &figure, err));
    return bl_figure_end(
        &figure,
        bl_say(to,
               "Median %s of %s in bins of %s. Points are at the mean of what is in "
               "a bin, bars are the errors of replicas. Right is the dashed line.",
               s->are_positive ? "of prediction over truth" : "residual", target, along),
        err);
}

static bl_status draw_resolution(const bl_evaluation *e, bl_section_output *to, const seen *s,
                                 bl_error *err) {
    const char *target = e->targets[s->target], *along = s->along ? s->along : "the truth";
    bl_figure figure =
        bl_figure_begin(to, chart_name(to, e, s, "resolution"), axis_of(to, e, s),
                        s->are_positive ? "Relative resolution" : "Half of 68 % of residuals");
    for (size_t i = 0; i < e->n_subjects; i++)
        BL_TRY(add_points(e, s, i, s->are_positive ? BL_MEASURE_resolution : BL_MEASURE_half_width,
                          &figure, err));
    return bl_figure_end(
        &figure,
        bl_say(to, "Half the width of the central 68 %% of %s of %s in bins of %s.",
               s->are_positive ? "prediction over truth, over its median," : "residuals", target,
               along),
        err);
}

static bl_status show(const bl_evaluation *e, bl_section_output *to, seen *s, bl_error *err) {
    BL_TRY(make_profiles(e, to, s, err));
    for (size_t i = 0; i < e->n_subjects; i++)
        put_json(e, s, i, &to->json);
    BL_TRY(draw_response(e, to, s, err));
    return draw_resolution(e, to, s, err);
}

// ---- all variables ----

/// Bins of the truth have as many events each.
static bl_status look_at_truth(const bl_evaluation *e, bl_section_output *to, size_t target,
                               bl_error *err) {
    bl_histogram bins = {0};
    size_t n = e->test->n, m = e->n_targets;
    double *truths = (double *)bl_arena_array(to->arena, n + 1, sizeof *truths);
    if (!truths)
        return bl_error_nomem(err, n * sizeof *truths, "truths");
    for (size_t i = 0; i < n; i++)
        truths[i] = e->test->truths[i * m + target];
    BL_TRY(bl_binning_quantiles(to->arena, N_BINS, n, truths, &bins, err));
    if (!bins.n_bins)
        return bl_say_words(to, err, "%s does not vary: it has no bins.", e->targets[target]);
    seen s = {.target = target, .values = truths, .bins = &bins};
    return show(e, to, &s, err);
}

bl_status bl_section_response(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    bl_views views;
    BL_TRY(bl_views_find(e, to, N_CHARTS * e->n_targets, &views, err));
    bl_text_add(&to->json, "[");
    for (size_t k = 0; k < e->n_targets; k++) {
        BL_TRY(look_at_truth(e, to, k, err));
        for (size_t i = 0; i < views.n; i++) {
            seen s = {.target = k,
                      .along = views.items[i].name,
                      .values = views.items[i].values,
                      .bins = &views.items[i].bins};
            BL_TRY(show(e, to, &s, err));
        }
    }
    bl_text_add(&to->json, "]");
    return bl_views_say_left(&views, to, err);
}
