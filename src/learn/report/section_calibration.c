// SPDX-License-Identifier: Apache-2.0
// Whether scores are probabilities.
#include "learn/evaluate/calibration.h"

#include "learn/evaluate/composition.h"
#include "learn/report/sections.h"
#include "learn/report/writing.h"

/// What events weigh when they are counted. Which part of events is of a class, depends on that.
typedef struct composition {
    const char *name, *key;
    const double *weights;
} composition;

enum { N_COMPOSITIONS = 2 };

static bl_status add_series(bl_figure *figure, const bl_calibration *c, const char *label,
                            unsigned color, bl_error *err) {
    const bl_series like = {
        .label = label, .mark = BL_MARK_POINTS, .n = BL_CALIBRATION_BINS, .color = color};
    bl_trace pen;
    BL_TRY(bl_figure_add(figure, &like, &pen, err));
    for (size_t i = 0; i < BL_CALIBRATION_BINS; i++) {
        pen.x[i] = c->bins[i].predicted;
        pen.y[i] = c->bins[i].observed;
        pen.low[i] = pen.y[i] - c->bins[i].error;
        pen.high[i] = pen.y[i] + c->bins[i].error;
    }
    return BL_OK;
}

static void put_json(bl_text *json, const bl_calibration *c, const char *key) {
    bl_put_key(json, key);
    bl_text_add(json, "{");
    bl_put_number(json, "expected_calibration_error", c->error);
    bl_put_integer(json, "outside", c->n_outside);
    bl_put_key(json, "bins");
    bl_text_add(json, "[");
    for (size_t i = 0; i < BL_CALIBRATION_BINS; i++) {
        bl_put_next(json);
        bl_text_add(json, "{");
        bl_put_integer(json, "events", c->bins[i].n);
        bl_put_number(json, "predicted", c->bins[i].predicted);
        bl_put_number(json, "observed", c->bins[i].observed);
        bl_put_number(json, "error", c->bins[i].error);
        bl_text_add(json, "}");
    }
    bl_text_add(json, "]}");
}

/// One class of one model. \param draws it is the model that is shown
static bl_status look_at(const bl_evaluation *e, bl_section_output *to, size_t subject,
                         size_t of_class, const composition *compositions, bool draws,
                         bl_cells *cells, bl_error *err) {
    const char *slug = bl_slug(to, e->classes[of_class]);
    bl_figure figure = bl_figure_begin(to, slug ? bl_say(to, "calibration-%s", slug) : NULL,
                                       bl_say(to, "Mean score of %s", e->classes[of_class]),
                                       bl_say(to, "Part that is %s", e->classes[of_class]));
    figure.chart.has_diagonal = true;
    figure.chart.x.high = figure.chart.y.high = 1;
    bl_cells_add(cells, "%s", e->subjects[subject].name);
    bl_cells_add(cells, "%s", e->classes[of_class]);
    bl_put_next(&to->json);
    bl_text_add(&to->json, "{");
    bl_put_text(&to->json, "model", e->subjects[subject].name);
    bl_put_text(&to->json, "class", e->classes[of_class]);
    int64_t n_outside = 0;
    for (size_t i = 0; i < N_COMPOSITIONS; i++) {
        bl_calibration c =
            bl_calibration_of(e->test->n, e->test->scores[subject] + of_class, e->n_classes,
                              e->test->labels, (int32_t)of_class, compositions[i].weights);
        n_outside = c.n_outside;
        bl_cells_fixed(cells, 4, c.error);
        put_json(&to->json, &c, compositions[i].key);
        BL_TRY(add_series(&figure, &c, compositions[i].name, (unsigned)i, err));
    }
    bl_text_add(&to->json, "}");
    bl_cells_count(cells, n_outside);
    return draws ? bl_figure_end(
                       &figure,
                       bl_say(to,
                              "Reliability of the score of %s: the part of events that is of the "
                              "class, in bins of the score. Points on the diagonal are calibrated; "
                              "below it the model claims too much. Bars are of the weighted part.",
                              e->classes[of_class]),
                       err)
                 : BL_OK;
}

bl_status bl_section_calibration(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Model",      "Class",         "Error, classes alike",
                                       "as trained", "not in [0, 1]", NULL};
    composition compositions[N_COMPOSITIONS] = {
        {.name = "classes alike", .key = "equal_composition"},
        {.name = "as trained", .key = "as_trained", .weights = e->test->training}};
    double *equal = NULL;
    bool is_first = true;
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, "Expected calibration error", 2, head);
    BL_TRY(bl_equal_weights(to->arena, e->test->n, e->test->labels, e->n_classes, e->test->physics,
                            &equal, err));
    compositions[0].weights = equal;
    for (size_t i = 0; i < e->n_subjects; i++) {
        if (!e->subjects[i].n_models)
            continue;
        if (is_first)
            bl_text_add(&to->json, "[");
        for (size_t k = bl_first_signal(e); k < e->n_classes; k++)
            BL_TRY(look_at(e, to, i, k, compositions, is_first, &cells, err));
        is_first = false;
    }
    if (is_first)
        return BL_OK;
    bl_text_add(&to->json, "]");
    BL_TRY(bl_cells_end(&cells, to, err));
    return bl_section_add_words(
        to,
        "The error is the mean distance of the points from the diagonal, by weight. Where classes "
        "are alike, physical weights of each class are scaled to the same sum; as trained, events "
        "have the weights of the training. Bins whose weights add up to 0 or less are left out.",
        err);
}
