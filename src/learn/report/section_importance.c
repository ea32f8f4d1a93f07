// SPDX-License-Identifier: Apache-2.0
// What models lose when a number of their inputs is of another event.
#include "learn/evaluate/importance.h"

#include <math.h>
#include <stdlib.h>

#include "learn/report/sections.h"
#include "learn/report/writing.h"

enum { MOST_BARS = 25 };

/// What is lost: an area, or what the RMSE of a target grows by.
typedef struct aim {
    const bl_importance *importance;
    const char *model;
    const char *target; ///< NULL: areas
    double before;
    const bl_importance_of *all; ///< [n]
} aim;

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

static bl_status sort(bl_section_output *to, const aim *a, const bl_importance_of ***ret_items,
                      const char ***ret_names, bl_error *err) {
    size_t n = a->importance->n;
    const bl_importance_of **items =
        (const bl_importance_of **)bl_arena_array(to->arena, n + 1, sizeof *items);
    const char **names = (const char **)bl_arena_array(to->arena, n + 1, sizeof *names);
    if (!items || !names)
        return bl_error_nomem(err, n * sizeof *items, "importances in order");
    for (size_t i = 0; i < n; i++)
        items[i] = &a->all[i];
    qsort(items, n, sizeof *items, by_loss);
    for (size_t i = 0; i < n; i++)
        if (!(names[i] = name_of(to, items[i])))
            return bl_error_nomem(err, 1, "an input's name");
    *ret_items = items;
    *ret_names = names;
    return BL_OK;
}

static void put_losses(bl_text *json, const aim *a, const bl_importance_of *const *items) {
    bl_put_number(json, a->target ? "rmse" : "area", a->before);
    bl_put_key(json, "losses");
    bl_text_add(json, "[");
    for (size_t i = 0; i < a->importance->n; i++) {
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
    bl_text_add(json, "]");
}

static const char *describe(bl_section_output *to, const aim *a, size_t n_shown) {
    const bl_importance *importance = a->importance;
    if (a->target)
        return bl_say(to,
                      "What the RMSE of %s (%.4g) grows by when %s is given a column of other "
                      "events, the %zu of %zu columns that matter most. %zu events of the test, %d "
                      "permutations each; bars are their standard deviation.",
                      a->target, a->before, a->model, n_shown, importance->n, importance->n_events,
                      BL_IMPORTANCE_REPEATS);
    return bl_say(to,
                  "What %s loses of its mean area (%.4f) when a column is permuted between events, "
                  "the %zu of %zu that lose most. %zu events of the test, %d permutations each; "
                  "bars are their standard deviation.",
                  a->model, a->before, n_shown, importance->n, importance->n_events,
                  BL_IMPORTANCE_REPEATS);
}

static const char *chart_name(bl_section_output *to, const aim *a) {
    const char *model = bl_slug(to, a->model), *target = a->target ? bl_slug(to, a->target) : "";
    if (!model || !target)
        return NULL;
    return a->target ? bl_say(to, "importance-%s-%s", model, target)
                     : bl_say(to, "importance-%s", model);
}

static bl_status draw(bl_section_output *to, const aim *a, const bl_importance_of *const *items,
                      const char *const *names, bl_error *err) {
    size_t n = a->importance->n < MOST_BARS ? a->importance->n : MOST_BARS;
    const bl_series like = {.mark = BL_MARK_BARS, .n = n};
    bl_figure figure =
        bl_figure_begin(to, chart_name(to, a),
                        a->target ? bl_say(to, "Increase of the RMSE of %s", a->target)
                                  : "Loss of area under the ROC curve",
                        "");
    bl_trace pen;
    figure.chart.y.n_names = n;
    figure.chart.y.names = names;
    BL_TRY(bl_figure_add(&figure, &like, &pen, err));
    for (size_t i = 0; i < n; i++) {
        pen.y[i] = items[i]->loss;
        pen.low[i] = items[i]->loss - items[i]->spread;
        pen.high[i] = items[i]->loss + items[i]->spread;
    }
    return bl_figure_end(&figure, describe(to, a, n), err);
}

static bl_status say_nothing(bl_section_output *to, const aim *a, bl_error *err) {
    return a->target ? bl_say_words(to, err,
                                    "%s has no RMSE of %s: there are no events with a prediction, "
                                    "or their weights add up to 0. Nothing can grow.",
                                    a->model, a->target)
                     : bl_say_words(to, err,
                                    "%s has no area under the ROC curve: there is only one class "
                                    "with events. Nothing can be lost.",
                                    a->model);
}

static bl_status show(bl_section_output *to, const aim *a, bl_error *err) {
    const bl_importance_of **items = NULL;
    const char **names = NULL;
    BL_TRY(sort(to, a, &items, &names, err));
    put_losses(&to->json, a, items);
    return isnan(a->before) ? say_nothing(to, a, err) : draw(to, a, items, names, err);
}

/// Of numbers there is a chart for each target, and an object in JSON.
static bl_status look_at(const bl_evaluation *e, bl_section_output *to, size_t subject,
                         bl_error *err) {
    bl_importance importance = {0};
    bl_text *json = &to->json;
    BL_TRY(bl_importance_make(to->arena, e, subject, &importance, err));
    bl_put_key(json, e->subjects[subject].name);
    bl_text_add(json, "{");
    bl_put_integer(json, "events", (int64_t)importance.n_events);
    bl_put_integer(json, "repetitions", BL_IMPORTANCE_REPEATS);
    if (e->n_targets) {
        bl_put_key(json, "targets");
        bl_text_add(json, "{");
    }
    for (size_t k = 0; k < importance.n_aims; k++) {
        const aim a = {&importance, e->subjects[subject].name, e->n_targets ? e->targets[k] : NULL,
                       importance.before[k], importance.items + k * importance.n};
        if (a.target) {
            bl_put_key(json, a.target);
            bl_text_add(json, "{");
        }
        BL_TRY(show(to, &a, err));
        bl_text_add(json, a.target ? "}" : "");
    }
    bl_text_add(json, e->n_targets ? "}}" : "}");
    return BL_OK;
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
        e->n_targets
            ? "A column of a sequence is permuted between all rows of all events. Columns that say "
              "the same can each be permuted without much loss: look at the inputs as a whole, too."
            : "Classes count alike. A column of a sequence is permuted between all rows of all "
              "events. Columns that say the same can each be permuted without much loss: look at "
              "the inputs as a whole, too.",
        err);
}
