// SPDX-License-Identifier: Apache-2.0
// Which class events are taken for, and how often that is right.
#include "learn/evaluate/confusion.h"
#include "learn/report/sections.h"
#include "learn/report/writing.h"

static bool has_unscored(const bl_confusion *c) {
    for (size_t k = 0; k < c->n_classes; k++)
        if (c->counts[k * (c->n_classes + 1) + c->n_classes])
            return true;
    return false;
}

/// Classes, and "no score" behind them.
static const char **name_columns(bl_section_output *to, const bl_evaluation *e) {
    const char **names = (const char **)bl_arena_array(to->arena, e->n_classes + 1, sizeof *names);
    for (size_t k = 0; names && k < e->n_classes; k++)
        names[k] = e->classes[k];
    if (names)
        names[e->n_classes] = "no score";
    return names;
}

static bl_status draw(bl_section_output *to, const bl_evaluation *e, const bl_confusion *c,
                      bl_error *err) {
    size_t n = c->n_classes, n_columns = n + has_unscored(c);
    const char **names = name_columns(to, e);
    double *cells = (double *)bl_arena_array(to->arena, n * n_columns, sizeof *cells);
    bl_figure figure = bl_figure_begin(to, "confusion", "Predicted class", "True class");
    if (!names || !cells)
        return bl_error_nomem(err, n * n_columns * sizeof *cells, "a confusion matrix");
    for (size_t t = 0; t < n; t++)
        for (size_t k = 0; k < n_columns; k++)
            cells[t * n_columns + k] = bl_confusion_part(c, t, k, NULL);
    figure.chart.x.names = figure.chart.y.names = names;
    figure.chart.x.n_names = n_columns;
    figure.chart.y.n_names = n;
    const bl_matrix matrix = {.cells = cells, .low = 0, .high = 1, .digits = 3};
    return bl_figure_end_matrix(
        &figure, &matrix,
        "Confusion matrix: what part of each true class, by physical weight, is taken for which "
        "class. An event is taken for the class of its highest score. Rows add up to 1; the "
        "diagonal is the efficiency of each class.",
        err);
}

static bl_status add_classes(bl_section_output *to, const bl_evaluation *e, const bl_confusion *c,
                             bl_error *err) {
    static const char *const head[] = {"Class",      "Events", "taken for it",
                                       "Efficiency", "Purity", NULL};
    size_t n = c->n_classes;
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, "Efficiency and purity of classes", 1, head);
    for (size_t k = 0; k < n; k++) {
        int64_t n_true = 0, n_taken = 0;
        double part_error = NAN, purity_error = NAN;
        for (size_t i = 0; i <= n; i++)
            n_true += c->counts[k * (n + 1) + i];
        for (size_t t = 0; t < n; t++)
            n_taken += c->counts[t * (n + 1) + k];
        double part = bl_confusion_part(c, k, k, &part_error);
        double purity = bl_confusion_purity(c, k, &purity_error);
        bl_cells_add(&cells, "%s", e->classes[k]);
        bl_cells_count(&cells, n_true);
        bl_cells_count(&cells, n_taken);
        bl_cells_measured(&cells, 4, part, part_error);
        bl_cells_measured(&cells, 4, purity, purity_error);
        if (isnan(part))
            BL_TRY(bl_say_words(to, err,
                                "Class %s has no events in the test, or their weights add up to 0: "
                                "it has no efficiency.",
                                e->classes[k]));
    }
    return bl_cells_end(&cells, to, err);
}

static void put_json(bl_text *json, const bl_confusion *c, const char *name) {
    size_t n = c->n_classes;
    double error = NAN, accuracy = bl_confusion_accuracy(c, &error);
    bl_put_key(json, name);
    bl_text_add(json, "{");
    bl_put_number(json, "accuracy", accuracy);
    bl_put_number(json, "accuracy_error", error);
    bl_put_number(json, "accuracy_unweighted", bl_confusion_counted_accuracy(c));
    bl_put_number(json, "accuracy_balanced", bl_confusion_balanced_accuracy(c));
    bl_put_key(json, "counts");
    bl_text_add(json, "[");
    for (size_t t = 0; t < n; t++)
        for (size_t k = 0; k <= n; k++) {
            bl_text_add(json, k ? "," : t ? ",[" : "[");
            bl_json_put_integer(json, c->counts[t * (n + 1) + k]);
            bl_text_add(json, k == n ? "]" : "");
        }
    bl_text_add(json, "]");
    bl_put_key(json, "parts");
    bl_text_add(json, "[");
    for (size_t t = 0; t < n; t++)
        for (size_t k = 0; k <= n; k++) {
            bl_text_add(json, k ? "," : t ? ",[" : "[");
            bl_json_put_number(json, bl_confusion_part(c, t, k, NULL));
            bl_text_add(json, k == n ? "]" : "");
        }
    bl_text_add(json, "]");
    bl_put_key(json, "purities");
    bl_text_add(json, "[");
    for (size_t k = 0; k < n; k++) {
        bl_put_next(json);
        bl_json_put_number(json, bl_confusion_purity(c, k, NULL));
    }
    bl_text_add(json, "]}");
}

static void put_row(bl_cells *cells, const bl_confusion *c, const char *name) {
    double error = NAN, accuracy = bl_confusion_accuracy(c, &error);
    bl_cells_add(cells, "%s", name);
    bl_cells_measured(cells, 4, accuracy, error);
    bl_cells_fixed(cells, 4, bl_confusion_counted_accuracy(c));
    bl_cells_fixed(cells, 4, bl_confusion_balanced_accuracy(c));
}

/// A column of the events has no highest score.
bl_status bl_section_confusion(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Model", "Accuracy", "of numbers of events",
                                       "classes as frequent as each other", NULL};
    bool is_first = true;
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, "Accuracy", 1, head);
    for (size_t i = 0; i < e->n_subjects; i++) {
        bl_confusion c;
        if (!e->subjects[i].n_models)
            continue;
        BL_TRY(bl_confusion_make(to->arena, e->test->n, e->n_classes, e->test->scores[i],
                                 e->test->physics, e->test->labels, &c, err));
        if (is_first) {
            BL_TRY(draw(to, e, &c, err));
            BL_TRY(add_classes(to, e, &c, err));
            bl_text_add(&to->json, "{");
            bl_put_texts(&to->json, "classes", e->classes, e->n_classes);
            bl_put_key(&to->json, "models");
            bl_text_add(&to->json, "{");
        }
        is_first = false;
        put_row(&cells, &c, e->subjects[i].name);
        put_json(&to->json, &c, e->subjects[i].name);
    }
    if (!is_first)
        bl_text_add(&to->json, "}}");
    return bl_cells_end(&cells, to, err);
}
