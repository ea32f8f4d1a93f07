// SPDX-License-Identifier: Apache-2.0
// ROC curves of each class against all others, areas at physical and equal composition, areas of
// pairs of classes, and what variations do to them.
#include <math.h>

#include "learn/evaluate/roc.h"
#include "learn/report/sections.h"
#include "learn/report/writing.h"

/// Numbers of all subjects, those of one class, or pair, behind each other.
typedef struct rocs {
    size_t n, n_subjects;
    bl_roc *items; ///< [n]
} rocs;

static bl_status begin(const bl_evaluation *e, bl_section_output *to, size_t n, rocs *ret_rocs,
                       bl_error *err) {
    *ret_rocs = (rocs){.n_subjects = e->n_subjects};
    ret_rocs->items =
        (bl_roc *)bl_arena_array(to->arena, n * e->n_subjects + 1, sizeof *ret_rocs->items);
    return ret_rocs->items ? BL_OK : bl_error_nomem(err, n * sizeof(bl_roc), "ROC curves");
}

static bl_status add(const bl_evaluation *e, bl_section_output *to, int32_t signal,
                     int32_t background, rocs *all, bl_error *err) {
    for (size_t i = 0; i < e->n_subjects; i++)
        BL_TRY(bl_roc_make(to->arena, e, i, signal, background, &all->items[all->n++], err));
    return BL_OK;
}

/// Of two classes the second alone: the first is the same from the other side.
static bl_status make_classes(const bl_evaluation *e, bl_section_output *to, rocs *ret_rocs,
                              bl_error *err) {
    BL_TRY(begin(e, to, e->n_classes, ret_rocs, err));
    for (size_t k = bl_first_signal(e); k < e->n_classes; k++)
        BL_TRY(add(e, to, (int32_t)k, -1, ret_rocs, err));
    return BL_OK;
}

static bl_status make_pairs(const bl_evaluation *e, bl_section_output *to, rocs *ret_rocs,
                            bl_error *err) {
    size_t n = e->n_classes > 2 ? e->n_classes : 0;
    BL_TRY(begin(e, to, n * n, ret_rocs, err));
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            BL_TRY(add(e, to, (int32_t)i, (int32_t)k, ret_rocs, err));
    return BL_OK;
}

static const bl_subject *subject_of(const bl_evaluation *e, const rocs *all, size_t i) {
    return &e->subjects[i % all->n_subjects];
}

// ---- charts ----

/// The least background efficiency above 0: what replicas have less of goes as far up as curves.
static double least_background(const bl_curve *curve) {
    double least = 1;
    for (size_t i = 0; i < curve->n; i++)
        if (curve->background[i] > 0)
            least = fmin(least, curve->background[i]);
    return least;
}

/// 1/ε of replicas, whose least is that of the largest ε.
static bl_status add_band(bl_figure *figure, const bl_roc *roc, unsigned color, bl_error *err) {
    const bl_curve *curve = &roc->curve;
    const bl_series like = {.mark = BL_MARK_BAND, .n = curve->n, .color = color};
    bl_trace trace;
    if (!roc->low)
        return BL_OK;
    BL_TRY(bl_figure_add(figure, &like, &trace, err));
    double least = least_background(curve);
    for (size_t i = 0; i < curve->n; i++) {
        if (!(curve->background[i] > 0))
            continue; // there is no line either
        trace.x[i] = curve->signal[i];
        trace.low[i] = 1 / fmax(roc->high[i], least);
        trace.high[i] = 1 / fmax(roc->low[i], least);
    }
    return BL_OK;
}

static bl_status add_line(bl_section_output *to, bl_figure *figure, const char *name,
                          const bl_roc *roc, unsigned color, bl_error *err) {
    const bl_series like = {.label = bl_say(to, "%s, AUC %.4f", name, roc->physical.area.area),
                            .mark = BL_MARK_LINE,
                            .n = roc->curve.n,
                            .color = color};
    bl_trace trace;
    if (!like.label)
        return bl_error_nomem(err, 1, "a legend");
    BL_TRY(bl_figure_add(figure, &like, &trace, err));
    for (size_t i = 0; i < roc->curve.n; i++) {
        trace.x[i] = roc->curve.signal[i];
        trace.y[i] = 1 / roc->curve.background[i];
    }
    return BL_OK;
}

/// A border of what variations make of a curve.
static bl_status add_border(bl_figure *figure, const bl_roc *roc, const double *background,
                            unsigned color, bl_error *err) {
    const bl_series like = {
        .mark = BL_MARK_LINE, .n = roc->curve.n, .color = color, .is_dashed = true};
    bl_trace trace;
    if (!background)
        return BL_OK;
    BL_TRY(bl_figure_add(figure, &like, &trace, err));
    double least = least_background(&roc->curve);
    for (size_t i = 0; i < roc->curve.n; i++) {
        if (!(roc->curve.background[i] > 0))
            continue; // there is no line either
        trace.x[i] = roc->curve.signal[i];
        trace.y[i] = 1 / fmax(background[i], least);
    }
    return BL_OK;
}

static const char *caption(const bl_evaluation *e, bl_section_output *to, const bl_roc *roc) {
    const char *bands =
        roc->low ? bl_say(to, " Bands hold 68 %% of %zu bootstrap replicas.", e->n_replicas) : "";
    return bl_say(to,
                  "ROC curves of %s against %s at physical composition, for every threshold of the "
                  "score: what part of the signal is selected, and of how many events of "
                  "background one is.%s%s",
                  e->classes[roc->signal],
                  e->n_classes == 2 ? e->classes[1 - roc->signal] : "all other classes",
                  bands ? bands : "",
                  roc->varied_low ? " Dashed lines enclose the variations." : "");
}

/// \param of [n_subjects] of a class
static bl_status draw(const bl_evaluation *e, bl_section_output *to, const bl_roc *of,
                      bl_error *err) {
    const char *name = e->classes[of->signal], *slug = bl_slug(to, name);
    bl_figure figure =
        bl_figure_begin(to, slug ? bl_say(to, "roc-%s", slug) : NULL,
                        bl_say(to, "Efficiency of %s", name), "1 / efficiency of background");
    figure.chart.x.high = 1;
    figure.chart.y.is_log = true;
    size_t n_points = 0;
    for (size_t i = 0; i < e->n_subjects; i++)
        n_points += of[i].curve.n;
    if (!n_points)
        return bl_say_words(to, err, "%s has no ROC curve: signal or background has no weight.",
                            name);
    for (size_t i = 0; i < e->n_subjects; i++) {
        BL_TRY(add_band(&figure, &of[i], (unsigned)i, err));
        BL_TRY(add_border(&figure, &of[i], of[i].varied_low, (unsigned)i, err));
        BL_TRY(add_border(&figure, &of[i], of[i].varied_high, (unsigned)i, err));
    }
    for (size_t i = 0; i < e->n_subjects; i++)
        BL_TRY(add_line(to, &figure, e->subjects[i].name, &of[i], (unsigned)i, err));
    return bl_figure_end(&figure, caption(e, to, of), err);
}

// ---- tables ----

static void add_interval(bl_cells *cells, const bl_roc_composed *c) {
    if (isfinite(c->low) && isfinite(c->high))
        bl_cells_add(cells, "%.5f – %.5f", c->low, c->high);
    else
        bl_cells_add(cells, "–");
}

static void add_composed(bl_cells *cells, const bl_roc_composed *c) {
    bl_cells_certain(cells, c->area.area, c->area.sigma);
    add_interval(cells, c);
    bl_cells_number(cells, c->background);
    bl_cells_number(cells, c->area.signal_size);
    bl_cells_number(cells, c->area.background_size);
}

/// \param composed which composition \param title NULL: none
static bl_status tabulate(const bl_evaluation *e, bl_section_output *to, const rocs *all,
                          bool is_equal, const char *title, bl_error *err) {
    static const char *const head[] = {"Signal",
                                       "Background",
                                       "Model",
                                       "AUC",
                                       "68 % of replicas",
                                       "Background at 99 %",
                                       "Effective signal",
                                       "Effective background",
                                       NULL};
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, title, 3, head);
    for (size_t i = 0; i < all->n; i++) {
        const bl_roc *roc = &all->items[i];
        int32_t background = e->n_classes == 2 ? 1 - roc->signal : roc->background;
        bl_cells_add(&cells, "%s", e->classes[roc->signal]);
        bl_cells_add(&cells, "%s", background < 0 ? "all others" : e->classes[background]);
        bl_cells_add(&cells, "%s", subject_of(e, all, i)->name);
        add_composed(&cells, is_equal ? &roc->equal : &roc->physical);
    }
    return bl_cells_end(&cells, to, err);
}

static bl_status tabulate_variations(const bl_evaluation *e, bl_section_output *to, const rocs *all,
                                     bl_error *err) {
    static const char *const head[] = {"Signal", "Model", "Variation", "AUC", "Shift", NULL};
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, "Areas of variations", 3, head);
    for (size_t i = 0; i < all->n; i++)
        for (size_t k = 0; k < all->items[i].n_varied; k++) {
            const bl_roc *roc = &all->items[i];
            const bl_roc_varied *varied = &roc->varied[k];
            double shift = varied->area.area - roc->physical.area.area;
            bl_cells_add(&cells, "%s", e->classes[roc->signal]);
            bl_cells_add(&cells, "%s", subject_of(e, all, i)->name);
            bl_cells_add(&cells, "%s", varied->name);
            bl_cells_certain(&cells, varied->area.area, varied->area.sigma);
            bl_cells_add(&cells, isfinite(shift) ? "%+.5f" : "–", shift);
        }
    return bl_cells_end(&cells, to, err);
}

static bl_status tabulate_all(const bl_evaluation *e, bl_section_output *to, const rocs *classes,
                              const rocs *pairs, bl_error *err) {
    bool is_many = e->n_classes > 2;
    BL_TRY(tabulate(e, to, classes, false,
                    is_many ? "Each class against all others, at physical composition"
                            : "Areas under the curves",
                    err));
    if (is_many) {
        BL_TRY(tabulate(e, to, classes, true, "Each class against all others, at equal composition",
                        err));
        BL_TRY(tabulate(e, to, pairs, false, "Pairs of classes", err));
    }
    BL_TRY(tabulate_variations(e, to, classes, err));
    return bl_say_words(
        to, err,
        "AUC is the probability, by weight, that signal has the larger score, ties half; its error "
        "is that of the weighted events.%s%s",
        is_many
            ? " At equal composition the weights of each class add up to 1. Between two classes "
              "with scores s and t the score is s/(s + t)."
            : "",
        " Where weights of both signs make a curve go back and forth, the background at 99 % is "
        "that of the tightest selection with so much signal.");
}

// ---- JSON ----

static void put_composed(bl_text *json, const char *key, const bl_roc_composed *c) {
    bl_put_key(json, key);
    bl_text_add(json, "{");
    bl_put_number(json, "auc", c->area.area);
    bl_put_number(json, "sigma", c->area.sigma);
    bl_put_number(json, "low", c->low);
    bl_put_number(json, "high", c->high);
    bl_put_number(json, "background_at_99", c->background);
    bl_put_integer(json, "signal_events", (int64_t)c->area.n_signal);
    bl_put_integer(json, "background_events", (int64_t)c->area.n_background);
    bl_put_number(json, "signal_sumw", c->area.signal);
    bl_put_number(json, "background_sumw", c->area.background);
    bl_put_number(json, "signal_effective", c->area.signal_size);
    bl_put_number(json, "background_effective", c->area.background_size);
    bl_text_add(json, "}");
}

static void put_curve(bl_text *json, const bl_roc *roc) {
    const bl_curve *c = &roc->curve;
    bl_put_key(json, "curve");
    bl_text_add(json, "{");
    bl_put_key(json, "thresholds");
    bl_text_add(json, "[");
    for (size_t i = 0; i < c->n; i++) {
        bl_put_next(json);
        bl_json_put_number(json, (double)c->thresholds[i]);
    }
    bl_text_add(json, "]");
    bl_put_numbers(json, "signal", c->signal, c->n);
    bl_put_numbers(json, "background", c->background, c->n);
    if (roc->low) {
        bl_put_numbers(json, "low", roc->low, c->n);
        bl_put_numbers(json, "high", roc->high, c->n);
    }
    if (roc->varied_low) {
        bl_put_numbers(json, "varied_low", roc->varied_low, c->n);
        bl_put_numbers(json, "varied_high", roc->varied_high, c->n);
    }
    bl_text_add(json, "}");
}

static void put_roc(const bl_evaluation *e, const bl_subject *subject, const bl_roc *roc,
                    bl_text *json) {
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "subject", subject->name);
    bl_put_text(json, "signal", e->classes[roc->signal]);
    bl_put_text(json, "background", roc->background < 0 ? NULL : e->classes[roc->background]);
    put_composed(json, "physical", &roc->physical);
    if (roc->background < 0)
        put_composed(json, "equal", &roc->equal);
    bl_put_key(json, "variations");
    bl_text_add(json, "[");
    for (size_t i = 0; i < roc->n_varied; i++) {
        bl_put_next(json);
        bl_text_add(json, "{");
        bl_put_text(json, "name", roc->varied[i].name);
        bl_put_number(json, "auc", roc->varied[i].area.area);
        bl_put_number(json, "sigma", roc->varied[i].area.sigma);
        bl_text_add(json, "}");
    }
    bl_text_add(json, "]");
    put_curve(json, roc);
    bl_text_add(json, "}");
}

static void put_rocs(const bl_evaluation *e, const rocs *all, const char *key, bl_text *json) {
    bl_put_key(json, key);
    bl_text_add(json, "[");
    for (size_t i = 0; i < all->n; i++)
        put_roc(e, subject_of(e, all, i), &all->items[i], json);
    bl_text_add(json, "]");
}

bl_status bl_section_roc(const bl_evaluation *evaluation, bl_section_output *to, bl_error *err) {
    rocs classes, pairs;
    BL_TRY(make_classes(evaluation, to, &classes, err));
    BL_TRY(make_pairs(evaluation, to, &pairs, err));
    for (size_t i = 0; i < classes.n; i += classes.n_subjects)
        BL_TRY(draw(evaluation, to, &classes.items[i], err));
    BL_TRY(tabulate_all(evaluation, to, &classes, &pairs, err));
    bl_text_add(&to->json, "{");
    bl_put_integer(&to->json, "replicas", (int64_t)evaluation->n_replicas);
    put_rocs(evaluation, &classes, "classes", &to->json);
    put_rocs(evaluation, &pairs, "pairs", &to->json);
    bl_text_add(&to->json, "}");
    return BL_OK;
}
