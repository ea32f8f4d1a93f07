// SPDX-License-Identifier: Apache-2.0
// What systematic variations make of predictions of numbers, and of yields.
#include <math.h>
#include <string.h>

#include "learn/report/measures.h"
#include "learn/report/sections.h"
#include "learn/report/writing.h"

/// A variation, or what nothing was varied of.
typedef struct shift {
    const char *name;
    bool is_shape;
    const bl_scored *events;
    const double *weights; ///< [events]
    double sumw;           ///< of all events
} shift;

/// "jesUp" of "test.jesUp".
static const char *name_of(const bl_scored *shifted) {
    const char *point = strchr(shifted->name, '.');
    return point ? point + 1 : shifted->name;
}

/// Number 0 is the nominal one; then come those of weights, then those of shape.
static shift shift_of(const bl_evaluation *e, size_t i) {
    shift s = {.name = "nominal", .events = e->test, .weights = e->test->physics};
    bl_sum sum = {0};
    if (i > e->n_variations) {
        s.events = &e->shifted[i - e->n_variations - 1];
        s.name = name_of(s.events);
        s.weights = s.events->physics;
        s.is_shape = true;
    } else if (i) {
        s.name = e->variations[i - 1];
        s.weights = e->test->weights[i - 1];
    }
    for (size_t k = 0; k < s.events->n; k++)
        bl_sum_add(&sum, s.weights[k]);
    s.sumw = bl_sum_value(&sum);
    return s;
}

static void put_row(const bl_evaluation *e, const shift *s, size_t target, double nominal,
                    const bl_residuals *r, bl_cells *cells) {
    static const bl_measure shown[] = {BL_MEASURE_bias, BL_MEASURE_rmse, BL_MEASURE_half_width,
                                       BL_MEASURE_response, BL_MEASURE_resolution};
    double change = 100 * (s->sumw / nominal - 1);
    bl_cells_add(cells, "%s", e->targets[target]);
    bl_cells_add(cells, "%s", s->name);
    bl_cells_add(cells, isfinite(change) ? "%+.2f %%" : "–", change);
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++)
        bl_cells_number(cells, r->values[shown[k]]);
}

static void put_json(const bl_evaluation *e, const shift *s, size_t target, const bl_residuals *r,
                     bl_text *json) {
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "target", e->targets[target]);
    bl_put_text(json, "name", s->name);
    bl_put_key(json, "is_shape");
    bl_text_add(json, s->is_shape ? "true" : "false");
    bl_put_number(json, "sumw", s->sumw);
    bl_put_measures(json, r);
    bl_text_add(json, "}");
}

bl_status bl_section_shifts(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Target",       "Variation", "Yield",      "Bias", "RMSE",
                                       "Half of 68 %", "Response",  "Resolution", NULL};
    size_t n = e->n_variations + e->n_shifted;
    double nominal = shift_of(e, 0).sumw;
    bl_cells cells;
    if (!n)
        return BL_OK;
    bl_cells_begin(&cells, to->arena, "Predictions and yields under variations", 2, head);
    bl_text_add(&to->json, "[");
    for (size_t k = 0; k < e->n_targets; k++)
        for (size_t i = 0; i <= n; i++) {
            bl_residuals residuals;
            shift s = shift_of(e, i);
            BL_TRY(bl_measure_subject(e, s.events, 0, k, s.weights, 0, &residuals, NULL, err));
            put_row(e, &s, k, nominal, &residuals, &cells);
            put_json(e, &s, k, &residuals, &to->json);
        }
    bl_text_add(&to->json, "]");
    BL_TRY(bl_cells_end(&cells, to, err));
    return bl_say_words(
        to, err,
        "Of %s. Variations of weights count the same events with other weights; those of shape are "
        "selected and predicted anew.",
        e->subjects[0].name);
}
