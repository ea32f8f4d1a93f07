// SPDX-License-Identifier: Apache-2.0
// What systematic variations make of scores and of yields.
#include "learn/evaluate/variations.h"

#include <math.h>

#include "learn/report/sections.h"
#include "learn/report/views.h"
#include "learn/report/writing.h"

enum { N_BINS = 20, MOST_LINES = 6, MOST_CHARTS = 16 };

/// Contents of a bin over the nominal one; NaN where that is none.
static double ratio(const bl_variations *v, size_t bin, double content) {
    double nominal = bl_histogram_content(&v->nominal.histogram, bin);
    return nominal == 0 ? NAN : content / nominal;
}

// ---- charts ----

static void put_edges(double *x, const bl_histogram *h) {
    for (size_t i = 0; i <= h->n_bins; i++)
        x[i] = h->edges[i];
}

static bool has_sort(const bl_variations *v, bool of_shape) {
    for (size_t i = 0; i < v->n; i++)
        if (v->items[i].is_shape == of_shape)
            return true;
    return false;
}

static bl_status add_band(bl_figure *figure, const bl_variations *v, bool of_shape, bl_error *err) {
    const bl_histogram *h = &v->nominal.histogram;
    const bl_series like = {.label = of_shape ? "envelope of shapes" : "envelope of weights",
                            .mark = BL_MARK_BOXES,
                            .n = h->n_bins,
                            .color = of_shape ? 1 : 2};
    bl_trace pen;
    if (!has_sort(v, of_shape))
        return BL_OK;
    BL_TRY(bl_figure_add(figure, &like, &pen, err));
    put_edges(pen.x, h);
    for (size_t i = 0; i < h->n_bins; i++) {
        double low, high;
        bl_variations_envelope(v, of_shape, i + 1, &low, &high);
        low = ratio(v, i + 1, low);
        high = ratio(v, i + 1, high);
        pen.low[i] = fmin(low, high); // where the nominal content is negative, they change places
        pen.high[i] = fmax(low, high);
    }
    return BL_OK;
}

static bl_status add_nominal(bl_figure *figure, const bl_variations *v, bl_error *err) {
    const bl_histogram *h = &v->nominal.histogram;
    const bl_series like = {
        .label = "nominal, ±√Σw²", .mark = BL_MARK_STEPS, .n = h->n_bins, .color = 0};
    bl_trace pen;
    BL_TRY(bl_figure_add(figure, &like, &pen, err));
    put_edges(pen.x, h);
    for (size_t i = 0; i < h->n_bins; i++) {
        double content = bl_histogram_content(h, i + 1);
        double error = bl_histogram_error(h, i + 1) / fabs(content);
        pen.y[i] = ratio(v, i + 1, content);
        pen.low[i] = pen.y[i] - error;
        pen.high[i] = pen.y[i] + error;
    }
    return BL_OK;
}

static bl_status add_line(bl_figure *figure, const bl_variations *v, size_t k, bl_error *err) {
    const bl_histogram *h = &v->items[k].histogram;
    const bl_series like = {.label = v->items[k].name,
                            .mark = BL_MARK_LINE,
                            .n = h->n_bins,
                            .color = (unsigned)k + 3,
                            .is_dashed = v->items[k].is_shape};
    bl_trace pen;
    BL_TRY(bl_figure_add(figure, &like, &pen, err));
    for (size_t i = 0; i < h->n_bins; i++) {
        pen.x[i] = (h->edges[i] + h->edges[i + 1]) / 2;
        pen.y[i] = ratio(v, i + 1, bl_histogram_content(h, i + 1));
    }
    return BL_OK;
}

static bl_status draw(const bl_evaluation *e, bl_section_output *to, size_t score,
                      size_t true_class, const bl_variations *v, bl_error *err) {
    const char *of = bl_slug(to, e->classes[score]), *in = bl_slug(to, e->classes[true_class]);
    if (!of || !in)
        return bl_error_nomem(err, 1, "a chart's name");
    bl_figure figure = bl_figure_begin(to, bl_say(to, "variations-%s-%s", of, in),
                                       bl_score_title(to, e, score), "Variation / nominal");
    figure.chart.title = e->classes[true_class];
    BL_TRY(add_band(&figure, v, true, err));
    BL_TRY(add_band(&figure, v, false, err));
    BL_TRY(add_nominal(&figure, v, err));
    for (size_t k = 0; k < v->n && v->n <= MOST_LINES; k++)
        BL_TRY(add_line(&figure, v, k, err));
    return bl_figure_end(
        &figure,
        bl_say(to,
               "Events of %s in bins of the score of %s: variations over the nominal contents. "
               "Bands reach from the least to the largest of all variations of one sort.",
               e->classes[true_class], e->classes[score]),
        err);
}

// ---- yields ----

static void put_change(bl_cells *cells, double value, double nominal) {
    double change = 100 * (value / nominal - 1);
    bl_cells_add(cells, isfinite(change) ? "%+.2f %%" : "–", change);
}

static void put_histogram(bl_text *json, const bl_variation *v) {
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "name", v->name);
    bl_put_key(json, "is_shape");
    bl_text_add(json, v->is_shape ? "true" : "false");
    bl_put_number(json, "sumw", v->sumw);
    bl_put_number(json, "selected", v->selected);
    bl_put_key(json, "contents");
    bl_text_add(json, "[");
    for (size_t i = 0; i < v->histogram.n_bins; i++) {
        bl_put_next(json);
        bl_json_put_number(json, bl_histogram_content(&v->histogram, i + 1));
    }
    bl_text_add(json, "]}");
}

static void put_variations(const bl_evaluation *e, size_t score, size_t true_class,
                           const bl_variations *v, bl_cells *cells, bl_text *json) {
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "score", e->classes[score]);
    bl_put_text(json, "class", e->classes[true_class]);
    bl_put_numbers(json, "edges", v->nominal.histogram.edges, v->nominal.histogram.n_bins + 1);
    bl_put_key(json, "histograms");
    bl_text_add(json, "[");
    put_histogram(json, &v->nominal);
    for (size_t i = 0; i < v->n; i++) {
        bl_cells_add(cells, "%s", e->classes[score]);
        bl_cells_add(cells, "%s", e->classes[true_class]);
        bl_cells_add(cells, "%s", v->items[i].name);
        put_change(cells, v->items[i].sumw, v->nominal.sumw);
        put_change(cells, v->items[i].selected, v->nominal.selected);
        put_histogram(json, &v->items[i]);
    }
    bl_text_add(json, "]}");
}

static bl_status look_at(const bl_evaluation *e, bl_section_output *to, size_t score,
                         size_t *n_charts, bl_cells *cells, bl_error *err) {
    bl_histogram bins;
    bl_working_point cut;
    BL_TRY(bl_views_score_bins(e, to, score, N_BINS, &bins, err));
    BL_TRY(bl_views_cut(e, score, BL_VIEWS_PERCENT, &cut, err));
    for (size_t k = 0; k < e->n_classes && bins.n_bins; k++) {
        bl_variations v;
        BL_TRY(bl_variations_make(to->arena, e, 0, k, score, &bins, cut.threshold, &v, err));
        put_variations(e, score, k, &v, cells, &to->json);
        if (*n_charts >= MOST_CHARTS)
            continue;
        BL_TRY(draw(e, to, score, k, &v, err));
        ++*n_charts;
    }
    return BL_OK;
}

bl_status bl_section_variations(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Score of", "Class",          "Variation",
                                       "Yield",    "behind the cut", NULL};
    size_t n_charts = 0;
    bl_cells cells;
    if (e->n_variations + e->n_shifted == 0)
        return BL_OK;
    bl_cells_begin(&cells, to->arena, "Changes of yields", 3, head);
    bl_text_add(&to->json, "[");
    for (size_t k = bl_first_signal(e); k < e->n_classes; k++)
        BL_TRY(look_at(e, to, k, &n_charts, &cells, err));
    bl_text_add(&to->json, "]");
    BL_TRY(bl_cells_end(&cells, to, err));
    return bl_say_words(
        to, err,
        "Variations of weights count the same events with other weights; those of shape are "
        "selected and scored anew. Behind the cut are events whose score is at or above that which "
        "keeps %d %% of the background in the nominal test.",
        BL_VIEWS_PERCENT);
}
