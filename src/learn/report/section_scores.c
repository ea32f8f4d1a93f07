// SPDX-License-Identifier: Apache-2.0
// Distributions of scores of signal and background, in training and test, and whether the two
// agree.
#include <math.h>

#include "learn/evaluate/binning.h"
#include "learn/evaluate/kolmogorov.h"
#include "learn/report/sections.h"
#include "learn/report/views.h"
#include "learn/report/writing.h"

enum { N_BINS = 40 };

/// A subject's scores of a class: of its events, or of all others.
typedef struct sort {
    size_t subject, of_class, n_classes;
    bool is_signal;
} sort;

static bool is_of(const sort *s, int32_t label) {
    return ((size_t)label == s->of_class) == s->is_signal;
}

// ---- charts ----

static bl_status fill(bl_section_output *to, const bl_scored *events, const sort *s,
                      const bl_histogram *bins, bl_histogram *ret_histogram, bl_error *err) {
    const float *scores = events->scores[s->subject] + s->of_class;
    BL_TRY(bl_binning_again(to->arena, bins, ret_histogram, err));
    for (size_t i = 0; i < events->n; i++)
        if (is_of(s, events->labels[i]))
            bl_binning_fill(ret_histogram, scores[i * s->n_classes], events->physics[i]);
    return BL_OK;
}

static void put_histogram(bl_text *json, const bl_histogram *h, const sort *s, const char *part) {
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "part", part);
    bl_put_text(json, "events", s->is_signal ? "signal" : "background");
    bl_put_contents(json, h);
    bl_text_add(json, "}");
}

static const char *label_of(bl_section_output *to, const bl_evaluation *e, const sort *s,
                            const char *part) {
    size_t other = e->n_classes == 2 ? 1 - s->of_class : s->of_class;
    if (s->is_signal)
        return bl_say(to, "%s (%s)", e->classes[s->of_class], part);
    return e->n_classes == 2 ? bl_say(to, "%s (%s)", e->classes[other], part)
                             : bl_say(to, "all others (%s)", part);
}

static bl_status draw(bl_section_output *to, const bl_evaluation *e, size_t of_class,
                      const bl_histogram *bins, bl_error *err) {
    const char *slug = bl_slug(to, e->classes[of_class]);
    bl_figure figure = bl_figure_begin(to, slug ? bl_say(to, "score-%s", slug) : NULL,
                                       bl_score_title(to, e, of_class), "Density of events");
    figure.chart.y.is_log = true;
    bl_put_next(&to->json);
    bl_text_add(&to->json, "{");
    bl_put_text(&to->json, "class", e->classes[of_class]);
    bl_put_numbers(&to->json, "edges", bins->edges, bins->n_bins + 1);
    bl_put_key(&to->json, "histograms");
    bl_text_add(&to->json, "[");
    for (size_t i = 0; i < 4; i++) {
        const sort s = {0, of_class, e->n_classes, i % 2};
        const bl_scored *events = i < 2 ? e->test : e->train;
        bl_histogram h;
        if (!events)
            continue;
        BL_TRY(fill(to, events, &s, bins, &h, err));
        const bl_series like = {.label = label_of(to, e, &s, events->name),
                                .mark = events == e->train ? BL_MARK_POINTS
                                        : s.is_signal      ? BL_MARK_FILLED
                                                           : BL_MARK_STEPS,
                                .color = (unsigned)(s.is_signal         ? of_class
                                                    : e->n_classes == 2 ? 0
                                                                        : e->n_classes)};
        if (!like.label)
            return bl_error_nomem(err, 1, "a legend");
        BL_TRY(bl_figure_add_density(&figure, &h, &like, err));
        put_histogram(&to->json, &h, &s, events->name);
    }
    bl_text_add(&to->json, "]}");
    return bl_figure_end(
        &figure,
        bl_say(to,
               "Score of %s, for events of that class and for all others, with physical weights. "
               "Bars are √Σw². Points of the training lie on the lines of the test where the model "
               "is not over-trained.",
               e->classes[of_class]),
        err);
}

// ---- the test of over-training ----

static float score_of(const bl_scored *events, size_t event, const void *user) {
    const sort *s = (const sort *)user;
    return is_of(s, events->labels[event])
               ? events->scores[s->subject][event * s->n_classes + s->of_class]
               : NAN;
}

static void put_test(const bl_evaluation *e, const sort *s, const bl_kolmogorov *k, bl_cells *cells,
                     bl_text *json) {
    bl_cells_add(cells, "%s", e->subjects[s->subject].name);
    bl_cells_add(cells, "%s", e->classes[s->of_class]);
    bl_cells_add(cells, "%s", s->is_signal ? "that class" : "all others");
    bl_cells_fixed(cells, 1, k->sizes[0]);
    bl_cells_fixed(cells, 1, k->sizes[1]);
    bl_cells_fixed(cells, 4, k->distance);
    bl_cells_fixed(cells, 4, k->p);
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "model", e->subjects[s->subject].name);
    bl_put_text(json, "class", e->classes[s->of_class]);
    bl_put_text(json, "events", s->is_signal ? "signal" : "background");
    bl_put_number(json, "effective_train", k->sizes[0]);
    bl_put_number(json, "effective_test", k->sizes[1]);
    bl_put_number(json, "distance", k->distance);
    bl_put_number(json, "p", k->p);
    bl_text_add(json, "}");
}

static bl_status test_all(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Model",           "Score of", "Events",  "effective, train",
                                       "effective, test", "D",        "p-value", NULL};
    bool are_all_positive = true;
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, "Test of over-training (Kolmogorov and Smirnov)", 3, head);
    for (size_t i = 0; i < e->n_subjects; i++)
        for (size_t k = bl_first_signal(e); e->subjects[i].n_models && k < e->n_classes; k++)
            for (int is_signal = 1; is_signal >= 0; is_signal--) {
                const sort s = {i, k, e->n_classes, is_signal};
                bl_kolmogorov result;
                BL_TRY(bl_kolmogorov_overtraining(e, score_of, &s, &result, err));
                are_all_positive &= result.are_all_positive;
                put_test(e, &s, &result, &cells, &to->json);
            }
    BL_TRY(bl_cells_end(&cells, to, err));
    BL_TRY(bl_section_add_words(
        to,
        "D is the largest distance of the weighted distribution functions of training and test; "
        "the p-value is that of so many events as weigh equally, (Σw)²/Σw², and holds for many of "
        "them. Small p-values, below 1 %, say that the model knows its training events by heart.",
        err));
    return are_all_positive ? BL_OK
                            : bl_section_add_words(
                                  to,
                                  "Some weights are negative: the distribution functions do not "
                                  "always rise. Their largest distance is defined all the same; "
                                  "the p-value is an approximation.",
                                  err);
}

bl_status bl_section_scores(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    bl_text_add(&to->json, "{\"distributions\":[");
    for (size_t k = bl_first_signal(e); k < e->n_classes; k++) {
        bl_histogram bins = {0};
        BL_TRY(bl_views_score_bins(e, to, k, N_BINS, &bins, err));
        if (bins.n_bins)
            BL_TRY(draw(to, e, k, &bins, err));
        else
            BL_TRY(bl_say_words(to, err, "All scores of %s are the same, or none is a number.",
                                e->classes[k]));
    }
    bl_text_add(&to->json, "],\"overtraining\":[");
    if (e->train)
        BL_TRY(test_all(e, to, err));
    else
        BL_TRY(bl_section_add_words(to, "There are no training events to compare the test with.",
                                    err));
    bl_text_add(&to->json, "]}");
    return BL_OK;
}
