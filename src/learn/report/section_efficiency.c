// SPDX-License-Identifier: Apache-2.0
// How the efficiency of a cut on the score depends on other variables.
#include "learn/evaluate/binning.h"
#include "learn/report/sections.h"
#include "learn/report/views.h"
#include "learn/report/writing.h"

/// Where the axis of efficiencies begins at the lowest.
static const double least = 1e-6;

/// A cut on the score of a class, seen along an observer.
typedef struct seen {
    size_t of_class;
    bl_working_point cut;
    const bl_view *along;
} seen;

/// Events of one true class that pass and that fail.
static bl_status fill(const bl_evaluation *e, bl_section_output *to, const seen *v,
                      size_t true_class, bl_histogram *passed, bl_histogram *failed,
                      bl_error *err) {
    const float *scores = e->test->scores[0] + v->of_class;
    BL_TRY(bl_binning_again(to->arena, &v->along->bins, passed, err));
    BL_TRY(bl_binning_again(to->arena, &v->along->bins, failed, err));
    for (size_t i = 0; i < e->test->n; i++)
        if ((size_t)e->test->labels[i] == true_class)
            bl_binning_fill(scores[i * e->n_classes] >= v->cut.threshold ? passed : failed,
                            v->along->values[i], e->test->physics[i]);
    return BL_OK;
}

static bl_status add_class(const bl_evaluation *e, bl_section_output *to, const seen *v,
                           size_t true_class, bl_figure *figure, bl_error *err) {
    const bl_series like = {.label = e->classes[true_class],
                            .mark = BL_MARK_POINTS,
                            .n = v->along->bins.n_bins,
                            .color = (unsigned)true_class};
    bl_histogram passed, failed;
    bl_trace pen;
    BL_TRY(fill(e, to, v, true_class, &passed, &failed, err));
    BL_TRY(bl_figure_add(figure, &like, &pen, err));
    for (size_t i = 0; i < v->along->bins.n_bins; i++) {
        const bl_bin *p = &passed.bins[i + 1], *f = &failed.bins[i + 1];
        double error = bl_fraction_error(p, f);
        pen.x[i] = (v->along->bins.edges[i] + v->along->bins.edges[i + 1]) / 2;
        pen.y[i] = bl_fraction(p, f);
        pen.low[i] = pen.y[i] - error;
        pen.high[i] = pen.y[i] + error;
        while (pen.y[i] > 0 && pen.y[i] < figure->chart.y.low && figure->chart.y.low > least)
            figure->chart.y.low /= 10;
    }
    bl_put_key(&to->json, e->classes[true_class]);
    bl_text_add(&to->json, "{");
    bl_put_numbers(&to->json, "efficiency", pen.y, like.n);
    bl_put_numbers(&to->json, "low", pen.low, like.n);
    bl_put_numbers(&to->json, "high", pen.high, like.n);
    bl_text_add(&to->json, "}");
    return BL_OK;
}

static bl_status draw(const bl_evaluation *e, bl_section_output *to, const seen *v, bl_error *err) {
    const char *observer = v->along->name, *name = e->classes[v->of_class],
               *slug = bl_slug(to, name), *along = bl_slug(to, observer);
    if (!slug || !along)
        return bl_error_nomem(err, 1, "a chart's name");
    bl_figure figure =
        bl_figure_begin(to, bl_say(to, "efficiency-%s-%s", slug, along), observer, "Efficiency");
    figure.chart.y.is_log = true;
    figure.chart.y.low = 0.1;
    figure.chart.y.high = 2;
    bl_put_next(&to->json);
    bl_text_add(&to->json, "{");
    bl_put_text(&to->json, "score", name);
    bl_put_text(&to->json, "observer", observer);
    bl_put_number(&to->json, "threshold", v->cut.threshold);
    bl_put_numbers(&to->json, "edges", v->along->bins.edges, v->along->bins.n_bins + 1);
    bl_put_key(&to->json, "classes");
    bl_text_add(&to->json, "{");
    for (size_t k = 0; k < e->n_classes; k++)
        BL_TRY(add_class(e, to, v, k, &figure, err));
    bl_text_add(&to->json, "}}");
    return bl_figure_end(
        &figure,
        bl_say(
            to,
            "Efficiency along %s of the cut on the score of %s that keeps %d %% of the background "
            "(and %.1f %% of %s), for events of each class. Where it is flat, the cut does not "
            "depend on the variable. Bins in which no event passes are gaps.",
            observer, name, BL_VIEWS_PERCENT, 100 * v->cut.signal, name),
        err);
}

static bl_status look_at(const bl_evaluation *e, bl_section_output *to, size_t of_class,
                         const bl_views *views, bl_error *err) {
    seen v = {.of_class = of_class};
    bool has_cut = false;
    BL_TRY(bl_views_cut(e, of_class, BL_VIEWS_PERCENT, &v.cut, err));
    BL_TRY(bl_views_check_cut(e, of_class, &v.cut, to, &has_cut, err));
    for (size_t i = 0; has_cut && i < views->n; i++) {
        v.along = &views->items[i];
        BL_TRY(draw(e, to, &v, err));
    }
    return BL_OK;
}

bl_status bl_section_efficiency(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    bl_views views;
    BL_TRY(bl_views_find(e, to, e->n_classes - bl_first_signal(e), &views, err));
    if (!views.n)
        return BL_OK;
    bl_text_add(&to->json, "[");
    for (size_t k = bl_first_signal(e); k < e->n_classes; k++)
        BL_TRY(look_at(e, to, k, &views, err));
    bl_text_add(&to->json, "]");
    return bl_views_say_left(&views, to, err);
}
