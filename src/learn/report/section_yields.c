// SPDX-License-Identifier: Apache-2.0
// How many events there are of each sample and class, and how much they weigh.
#include "learn/evaluate/composition.h"
#include "learn/report/sections.h"
#include "learn/report/views.h"
#include "learn/report/writing.h"

static void put_yield(bl_cells *cells, bl_text *json, const bl_yield *y) {
    double sumw = bl_sum_value(&y->bin.sumw), error = sqrt(bl_sum_value(&y->bin.sumw2));
    bl_cells_count(cells, y->n);
    bl_cells_add(cells, "%.6g ± %.2g", sumw, error);
    bl_cells_share(cells, (double)y->n_negative, (double)y->n);
    bl_put_integer(json, "events", y->n);
    bl_put_integer(json, "negative", y->n_negative);
    bl_put_number(json, "sumw", sumw);
    bl_put_number(json, "error", error);
}

// ---- the prepared parts ----

static bl_status add_parts(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Part", "Class", "Events", "Σw", "negative", NULL};
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, "Classes of each part", 2, head);
    bl_put_key(&to->json, "parts");
    bl_text_add(&to->json, "[");
    for (size_t i = 0; i < e->prepared->n_parts; i++) {
        const bl_prepared_part *part = &e->prepared->parts[i];
        for (size_t k = 0; k < e->n_classes && part->n_rows; k++) {
            const bl_prepared_class *c = &part->classes[k];
            bl_cells_add(&cells, "%s", part->name);
            bl_cells_add(&cells, "%s", e->classes[k]);
            bl_cells_count(&cells, c->n_rows);
            bl_cells_number(&cells, c->sumw_physics);
            bl_cells_share(&cells, (double)c->n_negative, (double)c->n_rows);
            bl_put_next(&to->json);
            bl_text_add(&to->json, "{");
            bl_put_text(&to->json, "part", part->name);
            bl_put_text(&to->json, "class", e->classes[k]);
            bl_put_integer(&to->json, "events", c->n_rows);
            bl_put_integer(&to->json, "negative", c->n_negative);
            bl_put_number(&to->json, "sumw", c->sumw_physics);
            bl_text_add(&to->json, "}");
        }
    }
    bl_text_add(&to->json, "]");
    return bl_cells_end(&cells, to, err);
}

// ---- samples of the events that were scored ----

static bl_status add_scored(const bl_evaluation *e, const bl_scored *events, bl_section_output *to,
                            bl_error *err) {
    static const char *const head[] = {"Sample", "Events", "Σw", "negative", NULL};
    bl_yield *yields = NULL;
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, bl_say(to, "Samples of %s", events->name), 1, head);
    BL_TRY(bl_yields_make(to->arena, events->n, events->samples, e->prepared->n_samples,
                          events->physics, NULL, 1, 0, &yields, err));
    for (size_t i = 0; i < e->prepared->n_samples; i++) {
        if (!yields[i].n)
            continue;
        bl_put_next(&to->json);
        bl_text_add(&to->json, "{");
        bl_put_text(&to->json, "part", events->name);
        bl_put_text(&to->json, "sample", e->prepared->samples[i].name);
        bl_cells_add(&cells, "%s", e->prepared->samples[i].name);
        put_yield(&cells, &to->json, &yields[i]);
        bl_text_add(&to->json, "}");
    }
    return bl_cells_end(&cells, to, err);
}

// ---- behind a cut ----

static void put_selected(const bl_evaluation *e, const bl_working_point *cut, size_t of_class,
                         size_t sample, const bl_yield *yields, const bl_yield *selected,
                         bl_cells *cells, bl_text *json) {
    double sumw = bl_sum_value(&selected->bin.sumw);
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "score", e->classes[of_class]);
    bl_put_number(json, "threshold", cut->threshold);
    bl_put_text(json, "sample", e->prepared->samples[sample].name);
    bl_cells_add(cells, "%s", e->classes[of_class]);
    bl_cells_add(cells, "%s", e->prepared->samples[sample].name);
    bl_cells_number(cells, cut->threshold);
    put_yield(cells, json, selected);
    bl_cells_share(cells, sumw, bl_sum_value(&yields->bin.sumw));
    bl_text_add(json, "}");
}

static bl_status add_selected(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Score of", "Sample",   "at least",  "Events",
                                       "Σw",       "negative", "of all Σw", NULL};
    const bl_scored *test = e->test;
    bl_yield *yields = NULL, *selected = NULL;
    bl_cells cells;
    bl_cells_begin(
        &cells, to->arena,
        bl_say(to, "Samples behind the cut that keeps %d %% of the background", BL_VIEWS_PERCENT),
        2, head);
    BL_TRY(bl_yields_make(to->arena, test->n, test->samples, e->prepared->n_samples, test->physics,
                          NULL, 1, 0, &yields, err));
    for (size_t k = bl_first_signal(e); k < e->n_classes; k++) {
        bl_working_point cut;
        BL_TRY(bl_views_cut(e, k, BL_VIEWS_PERCENT, &cut, err));
        if (isnan(cut.threshold))
            continue;
        BL_TRY(bl_yields_make(to->arena, test->n, test->samples, e->prepared->n_samples,
                              test->physics, test->scores[0] + k, e->n_classes, cut.threshold,
                              &selected, err));
        for (size_t i = 0; i < e->prepared->n_samples; i++)
            if (yields[i].n)
                put_selected(e, &cut, k, i, &yields[i], &selected[i], &cells, &to->json);
    }
    return bl_cells_end(&cells, to, err);
}

bl_status bl_section_yields(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    BL_TRY(bl_section_add_words(
        to,
        "Σw are sums of physical weights, ± √Σw²: events that are expected. Where many weights are "
        "negative, few events count.",
        err));
    bl_text_add(&to->json, "{");
    BL_TRY(add_parts(e, to, err));
    bl_put_key(&to->json, "samples");
    bl_text_add(&to->json, "[");
    BL_TRY(add_scored(e, e->test, to, err));
    if (e->train)
        BL_TRY(add_scored(e, e->train, to, err));
    bl_text_add(&to->json, "]");
    bl_put_key(&to->json, "selected");
    bl_text_add(&to->json, "[");
    if (!e->n_targets)
        BL_TRY(add_selected(e, to, err));
    bl_text_add(&to->json, "]}");
    return BL_OK;
}
