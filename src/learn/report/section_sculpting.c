// SPDX-License-Identifier: Apache-2.0
// What cuts on the score make of the background's distribution of other variables.
#include "learn/evaluate/binning.h"
#include "learn/report/sections.h"
#include "learn/report/views.h"
#include "learn/report/writing.h"

enum { N_CUTS = 4 };
/// What cuts keep of the background.
static const int percents[N_CUTS] = {50, 20, 5, 1};

typedef struct cuts {
    size_t of_class;
    bl_working_point at[N_CUTS];
} cuts;

/// The background's events at or above a threshold. \param threshold NaN: all of them
static bl_status fill(const bl_evaluation *e, bl_section_output *to, const bl_view *view,
                      size_t of_class, float threshold, bl_histogram *ret_histogram,
                      bl_error *err) {
    const float *scores = e->test->scores[0] + of_class;
    BL_TRY(bl_binning_again(to->arena, &view->bins, ret_histogram, err));
    for (size_t i = 0; i < e->test->n; i++)
        if ((size_t)e->test->labels[i] != of_class &&
            (isnan(threshold) || scores[i * e->n_classes] >= threshold))
            bl_binning_fill(ret_histogram, view->values[i], e->test->physics[i]);
    return BL_OK;
}

static bl_status add_series(bl_figure *figure, const bl_histogram *h, const char *label,
                            unsigned color, bl_error *err) {
    const bl_series like = {.label = label, .mark = BL_MARK_STEPS, .n = h->n_bins, .color = color};
    bl_trace pen;
    bl_sum all = {0};
    BL_TRY(bl_figure_add(figure, &like, &pen, err));
    for (size_t bin = 0; bin < h->n_bins + 2; bin++)
        bl_sum_add(&all, bl_histogram_content(h, bin));
    for (size_t i = 0; i < h->n_bins; i++) {
        double scale = bl_sum_value(&all), error = bl_histogram_error(h, i + 1) / fabs(scale);
        pen.x[i] = h->edges[i];
        pen.y[i] = scale == 0 ? NAN : bl_histogram_content(h, i + 1) / scale;
        pen.low[i] = pen.y[i] - error;
        pen.high[i] = pen.y[i] + error;
    }
    pen.x[h->n_bins] = h->edges[h->n_bins];
    return BL_OK;
}

static void put_cut(const bl_evaluation *e, const cuts *c, size_t i, const bl_view *view,
                    const bl_histogram *before, const bl_histogram *after, bl_cells *cells,
                    bl_text *json) {
    const bl_working_point *cut = &c->at[i];
    double divergence = bl_divergence(before, after), chance = bl_divergence_chance(before, after);
    bl_cells_add(cells, "%s", e->classes[c->of_class]);
    bl_cells_add(cells, "%s", view->name);
    bl_cells_fixed(cells, 4, cut->background);
    bl_cells_fixed(cells, 4, cut->signal);
    bl_cells_add(cells, isfinite(divergence) ? "%.4g" : "–", divergence);
    bl_cells_add(cells, isfinite(1 / divergence) ? "%.4g" : "–", 1 / divergence);
    bl_cells_add(cells, isfinite(1 / chance) ? "%.4g" : "–", 1 / chance);
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_number(json, "background_efficiency", cut->background);
    bl_put_number(json, "signal_efficiency", cut->signal);
    bl_put_number(json, "jensen_shannon_divergence", divergence);
    bl_put_number(json, "inverse", 1 / divergence);
    bl_put_number(json, "inverse_by_chance", 1 / chance);
    bl_text_add(json, "}");
}

static bl_status draw(const bl_evaluation *e, bl_section_output *to, const cuts *c,
                      const bl_view *view, bl_cells *cells, bl_error *err) {
    const char *name = e->classes[c->of_class], *slug = bl_slug(to, name),
               *along = bl_slug(to, view->name);
    bl_histogram before, after;
    if (!slug || !along)
        return bl_error_nomem(err, 1, "a chart's name");
    bl_figure figure = bl_figure_begin(to, bl_say(to, "sculpting-%s-%s", slug, along), view->name,
                                       "Background (normalised to 1)");
    BL_TRY(fill(e, to, view, c->of_class, NAN, &before, err));
    BL_TRY(add_series(&figure, &before, "no cut", 0, err));
    bl_put_next(&to->json);
    bl_text_add(&to->json, "{");
    bl_put_text(&to->json, "score", name);
    bl_put_text(&to->json, "observer", view->name);
    bl_put_key(&to->json, "cuts");
    bl_text_add(&to->json, "[");
    for (size_t i = 0; i < N_CUTS; i++) {
        const char *label = bl_say(to, "%d %% of it", percents[i]);
        if (!label)
            return bl_error_nomem(err, 1, "a legend");
        BL_TRY(fill(e, to, view, c->of_class, c->at[i].threshold, &after, err));
        BL_TRY(add_series(&figure, &after, label, (unsigned)i + 1, err));
        put_cut(e, c, i, view, &before, &after, cells, &to->json);
    }
    bl_text_add(&to->json, "]}");
    return bl_figure_end(
        &figure,
        bl_say(to,
               "Distribution of %s of the background before and after cuts on the score of %s. "
               "Where the shape stays, the cut does not sculpt it.",
               view->name, name),
        err);
}

static bl_status look_at(const bl_evaluation *e, bl_section_output *to, size_t of_class,
                         const bl_views *views, bl_cells *cells, bl_error *err) {
    cuts c = {.of_class = of_class};
    bool has_cut = false;
    for (size_t i = 0; i < N_CUTS; i++)
        BL_TRY(bl_views_cut(e, of_class, percents[i], &c.at[i], err));
    BL_TRY(bl_views_check_cut(e, of_class, &c.at[0], to, &has_cut, err));
    for (size_t i = 0; has_cut && i < views->n; i++)
        BL_TRY(draw(e, to, &c, &views->items[i], cells, err));
    return BL_OK;
}

bl_status bl_section_sculpting(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Score of", "Variable", "Background kept", "Signal kept",
                                       "JSD",      "1/JSD",    "1/JSD by chance", NULL};
    bl_views views;
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, "Jensen-Shannon divergence of the background", 2, head);
    BL_TRY(bl_views_find(e, to, e->n_classes - bl_first_signal(e), &views, err));
    if (!views.n)
        return BL_OK;
    bl_text_add(&to->json, "[");
    for (size_t k = bl_first_signal(e); k < e->n_classes; k++)
        BL_TRY(look_at(e, to, k, &views, &cells, err));
    bl_text_add(&to->json, "]");
    BL_TRY(bl_cells_end(&cells, to, err));
    BL_TRY(bl_section_add_words(
        to,
        "JSD: Jensen-Shannon divergence of the background's distributions without and with the "
        "cut, "
        "in bits: 0 if they are the same, 1 if they have nothing in common. The larger 1/JSD, the "
        "less is sculpted; more than what chance makes of so few events cannot be seen. Bins of "
        "negative content count as empty.",
        err));
    return bl_views_say_left(&views, to, err);
}
