// SPDX-License-Identifier: Apache-2.0
// How training went: the numbers that each run's history has of its epochs.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_text.h"
#include "learn/report/sections.h"

typedef struct runs {
    const bl_evaluation *evaluation;
    bl_section_output *to;
    size_t n;
    const bl_item **histories; ///< [n_subjects] NULL: there is none
    bl_series *series;         ///< room for those of one chart
    size_t n_series;
} runs;

/// Reads the histories that there are. A model alone has none.
static bl_status read_histories(runs *r, bl_error *err) {
    char path[4096];
    for (size_t i = 0; i < r->evaluation->n_subjects; i++) {
        const char *run = r->evaluation->subjects[i].run;
        int n = run ? snprintf(path, sizeof path, "%s/history.json", run) : 0;
        if (n <= 0 || (size_t)n >= sizeof path)
            continue;
        bl_status status = bl_document_read(r->to->arena, path, &r->histories[i], err);
        if (status != BL_E_NOTFOUND)
            BL_TRY(status);
        r->n += status == BL_OK;
    }
    return BL_OK;
}

static double number_of(const bl_item *item) {
    bool is_number = item->kind == BL_ITEM_INTEGER || item->kind == BL_ITEM_FLOAT;
    return is_number ? item->number : NAN;
}

/// A column of a history as a line over epochs, which people count from 1.
static bl_status add_line(runs *r, size_t subject, const char *column, const char *label,
                          unsigned color, bool is_dashed, bl_error *err) {
    const bl_item *values = bl_item_get(r->histories[subject], column);
    if (!values || values->kind != BL_ITEM_LIST || !values->n)
        return BL_OK;
    double *x = (double *)bl_arena_array(r->to->arena, 2 * values->n, sizeof *x);
    if (!x)
        return bl_error_nomem(err, values->n * sizeof *x, "a curve");
    double *y = x + values->n;
    for (size_t i = 0; i < values->n; i++) {
        x[i] = (double)(i + 1);
        y[i] = number_of(values->items[i]);
    }
    r->series[r->n_series++] = (bl_series){.label = label,
                                           .mark = values->n > 1 ? BL_MARK_LINE : BL_MARK_POINTS,
                                           .n = values->n,
                                           .x = x,
                                           .y = y,
                                           .color = color,
                                           .is_dashed = is_dashed};
    return BL_OK;
}

/// Of several runs their names, of one what the curve is.
static const char *label_of(const runs *r, size_t subject, const char *what) {
    const char *name = r->evaluation->subjects[subject].name;
    if (r->n == 1)
        return what;
    return what ? bl_arena_printf(r->to->arena, "%s, %s", name, what) : name;
}

static bl_status end_chart(runs *r, const char *name, const char *title, bool is_log,
                           const char *text, bl_error *err) {
    const bl_chart chart = {.name = name,
                            .x = {.title = "Epoch"},
                            .y = {.title = title, .is_log = is_log},
                            .n_series = r->n_series,
                            .series = r->series};
    if (!r->n_series)
        return BL_OK;
    r->series += r->n_series; // they stay the chart's
    r->n_series = 0;
    return bl_section_add_chart(r->to, &chart, text, err);
}

static bl_status add_losses(runs *r, bl_error *err) {
    for (size_t i = 0; i < r->evaluation->n_subjects; i++) {
        BL_TRY(add_line(r, i, "loss", label_of(r, i, "training"), (unsigned)i, true, err));
        BL_TRY(add_line(r, i, "val_loss", label_of(r, i, r->n == 1 ? "validation" : NULL),
                        (unsigned)i, false, err));
    }
    return end_chart(
        r, "history-loss", "Loss", false,
        "Loss in each epoch: while events were learned (dashed), and of the validation "
        "part at the epoch's end. Where the two part, the network learns its events "
        "by heart.",
        err);
}

/// The mean area; of one run also that of each class, where there are several.
static bl_status add_areas(runs *r, bl_error *err) {
    const bl_evaluation *e = r->evaluation;
    for (size_t i = 0; i < e->n_subjects; i++) {
        BL_TRY(add_line(r, i, "val_auc", label_of(r, i, r->n == 1 ? "mean" : NULL), (unsigned)i,
                        false, err));
        for (size_t k = 0; k < e->n_classes && r->n == 1 && e->n_classes > 2; k++) {
            const char *column = bl_arena_printf(r->to->arena, "val_auc_%s", e->classes[k]);
            if (!column)
                return bl_error_nomem(err, 0, "a curve");
            BL_TRY(add_line(r, i, column, e->classes[k], (unsigned)(k + 1), true, err));
        }
    }
    return end_chart(r, "history-auc", "Area under the ROC curve", false,
                     "Area under the ROC curve of the validation part after each epoch: the mean "
                     "over classes, each against all others.",
                     err);
}

static bl_status add_of_each(runs *r, const char *column, const char *name, const char *title,
                             bool is_log, const char *text, bl_error *err) {
    for (size_t i = 0; i < r->evaluation->n_subjects; i++)
        BL_TRY(add_line(r, i, column, label_of(r, i, NULL), (unsigned)i, false, err));
    return end_chart(r, name, title, is_log, text, err);
}

static bl_status add_charts(runs *r, bl_error *err) {
    const bl_evaluation *e = r->evaluation;
    size_t most = e->n_subjects * (e->n_classes + 5);
    r->series = (bl_series *)bl_arena_array(r->to->arena, most, sizeof *r->series);
    if (!r->series)
        return bl_error_nomem(err, most * sizeof *r->series, "curves");
    BL_TRY(add_losses(r, err));
    BL_TRY(add_areas(r, err));
    BL_TRY(add_of_each(r, "val_accuracy", "history-accuracy", "Accuracy", false,
                       "Part of the validation events that are given to their class, by weight.",
                       err));
    return add_of_each(r, "learning_rate", "history-learning-rate", "Learning rate", true,
                       "Learning rate of the last step of each epoch.", err);
}

/// Which epoch's parameters the models have.
static bl_status add_epochs(runs *r, bl_error *err) {
    bl_text text = {.arena = r->to->arena};
    for (size_t i = 0; i < r->evaluation->n_subjects; i++) {
        const bl_subject *subject = &r->evaluation->subjects[i];
        const bl_item *metrics =
            subject->n_models ? subject->models[0]->notes[BL_BUNDLE_metrics] : NULL;
        const bl_item *epoch = bl_item_get(metrics, "epoch");
        if (r->histories[i] && epoch && epoch->kind == BL_ITEM_INTEGER)
            bl_text_add(&text, "%s is the network after epoch %lld. ", subject->name,
                        (long long)epoch->integer + 1);
        if (r->histories[i] && subject->n_models > 1)
            bl_text_add(&text, "Of its %zu folds the first is shown. ", subject->n_models);
    }
    if (text.has_failed)
        return bl_error_nomem(err, text.n, "a text");
    return text.n ? bl_section_add_words(r->to, text.text, err) : BL_OK;
}

static void put_json(const runs *r) {
    bl_text *json = &r->to->json;
    const char *before = "{";
    for (size_t i = 0; i < r->evaluation->n_subjects; i++) {
        if (!r->histories[i])
            continue;
        bl_text_add(json, "%s", before);
        bl_json_put_text(json, r->evaluation->subjects[i].name);
        bl_text_add(json, ": ");
        bl_json_put_item(json, r->histories[i], BL_JSON_ONE_LINE);
        before = ",\n ";
    }
    bl_text_add(json, "}");
}

bl_status bl_section_history(const bl_evaluation *evaluation, bl_section_output *to,
                             bl_error *err) {
    runs r = {.evaluation = evaluation, .to = to};
    r.histories = (const bl_item **)bl_arena_array(to->arena, evaluation->n_subjects + 1,
                                                   sizeof *r.histories);
    if (!r.histories)
        return bl_error_nomem(err, evaluation->n_subjects * sizeof *r.histories, "histories");
    BL_TRY(read_histories(&r, err));
    if (!r.n)
        return BL_OK;
    put_json(&r);
    BL_TRY(add_epochs(&r, err));
    return add_charts(&r, err);
}
