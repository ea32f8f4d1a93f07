// SPDX-License-Identifier: Apache-2.0
// What models lose when a number of their inputs is of another event.
#include "learn/evaluate/importance.h"

#include <math.h>
#include <stdlib.h>

#include "learn/report/sections.h"
#include "learn/report/writing.h"

enum { MOST_BARS = 25 };

/// The largest loss first; then as they were.
static int by_loss(const void *a, const void *b) {
    const bl_importance_of *x = *(const bl_importance_of *const *)a;
    const bl_importance_of *y = *(const bl_importance_of *const *)b;
    if (isnan(x->loss) || isnan(y->loss) || x->loss == y->loss)
        return isnan(x->loss) != isnan(y->loss) ? (isnan(x->loss) ? 1 : -1) : (x > y) - (x < y);
    return x->loss < y->loss ? 1 : -1;
}

/// "pt (particles)", "all of particles"
static const char *name_of(bl_section_output *to, const bl_importance_of *item) {
    const bl_prepared_input *input = item->input;
    if (item->column == input->width)
        return bl_say(to, "all of %s", input->name);
    return input->columns && input->columns[item->column]
               ? bl_say(to, "%s (%s)", input->columns[item->column], input->name)
               : bl_say(to, "%s[%zu]", input->name, item->column);
}

static bl_status sort(bl_section_output *to, const bl_importance *importance,
                      const bl_importance_of ***ret_items, const char ***ret_names, bl_error *err) {
    size_t n = importance->n;
    const bl_importance_of **items =
        (const bl_importance_of **)bl_arena_array(to->arena, n + 1, sizeof *items);
    const char **names = (const char **)bl_arena_array(to->arena, n + 1, sizeof *names);
    if (!items || !names)
        return bl_error_nomem(err, n * sizeof *items, "importances in order");
    for (size_t i = 0; i < n; i++)
        items[i] = &importance->items[i];
    qsort(items, n, sizeof *items, by_loss);
    for (size_t i = 0; i < n; i++)
        if (!(names[i] = name_of(to, items[i])))
            return bl_error_nomem(err, 1, "an input's name");
    *ret_items = items;
    *ret_names = names;
    return BL_OK;
}

static void put_json(bl_text *json, const bl_importance *importance, const char *model,
                     const bl_importance_of *const *items) {
    bl_put_key(json, model);
    bl_text_add(json, "{");
    bl_put_integer(json, "events", (int64_t)importance->n_events);
    bl_put_integer(json, "repetitions", BL_IMPORTANCE_REPEATS);
    bl_put_number(json, "area", importance->area);
    bl_put_key(json, "losses");
    bl_text_add(json, "[");
    for (size_t i = 0; i < importance->n; i++) {
        const bl_prepared_input *input = items[i]->input;
        bool is_all = items[i]->column == input->width;
        bl_put_next(json);
        bl_text_add(json, "{");
        bl_put_text(json, "input", input->name);
        bl_put_text(json, "column",
                    is_all || !input->columns ? NULL : input->columns[items[i]->column]);
        bl_put_key(json, "index");
        if (is_all)
            bl_text_add(json, "null");
        else
            bl_json_put_integer(json, (int64_t)items[i]->column);
        bl_put_number(json, "loss", items[i]->loss);
        bl_put_number(json, "spread", items[i]->spread);
        bl_text_add(json, "}");
    }
    bl_text_add(json, "]}");
}

static bl_status draw(bl_section_output *to, const bl_importance *importance, const char *model,
                      const bl_importance_of *const *items, const char *const *names,
                      bl_error *err) {
    size_t n = importance->n < MOST_BARS ? importance->n : MOST_BARS;
    const char *slug = bl_slug(to, model);
    const bl_series like = {.mark = BL_MARK_BARS, .n = n};
    bl_figure figure = bl_figure_begin(to, slug ? bl_say(to, "importance-%s", slug) : NULL,
                                       "Loss of area under the ROC curve", "");
    bl_trace pen;
    figure.chart.y.n_names = n;
    figure.chart.y.names = names;
    BL_TRY(bl_figure_add(&figure, &like, &pen, err));
    for (size_t i = 0; i < n; i++) {
        pen.y[i] = items[i]->loss;
        pen.low[i] = items[i]->loss - items[i]->spread;
        pen.high[i] = items[i]->loss + items[i]->spread;
    }
    return bl_figure_end(
        &figure,
        bl_say(to,
               "What %s loses of its mean area (%.4f) when a column is permuted between events, "
               "the %zu of %zu that lose most. %zu events of the test, %d permutations each; bars "
               "are their standard deviation.",
               model, importance->area, n, importance->n, importance->n_events,
               BL_IMPORTANCE_REPEATS),
        err);
}

static bl_status look_at(const bl_evaluation *e, bl_section_output *to, size_t subject,
                         bl_error *err) {
    const char *model = e->subjects[subject].name, **names = NULL;
    const bl_importance_of **items = NULL;
    bl_importance importance = {0};
    BL_TRY(bl_importance_make(to->arena, e, subject, &importance, err));
    BL_TRY(sort(to, &importance, &items, &names, err));
    put_json(&to->json, &importance, model, items);
    return isnan(importance.area)
               ? bl_say_words(to, err,
                              "%s has no area under the ROC curve: there is only one class with "
                              "events. Nothing can be lost.",
                              model)
               : draw(to, &importance, model, items, names, err);
}

bl_status bl_section_importance(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    bool has_models = false;
    for (size_t i = 0; i < e->n_subjects; i++) {
        if (!e->subjects[i].n_models || !e->test->n)
            continue;
        if (!has_models)
            bl_text_add(&to->json, "{");
        has_models = true;
        BL_TRY(look_at(e, to, i, err));
    }
    if (!has_models)
        return BL_OK;
    bl_text_add(&to->json, "}");
    return bl_section_add_words(
        to,
        "Classes count alike. A column of a sequence is permuted between all rows of all events. "
        "Columns that say the same can each be permuted without much loss: look at the inputs as a "
        "whole, too.",
        err);
}
