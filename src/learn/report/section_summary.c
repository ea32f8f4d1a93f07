// SPDX-License-Identifier: Apache-2.0
// The first page, and what the terminal prints: how good each subject is, and which events say so.
#include <math.h>

#include "learn/evaluate/confusion.h"
#include "learn/evaluate/roc.h"
#include "learn/report/sections.h"
#include "learn/report/writing.h"

/// A subject in a row.
typedef struct row {
    bl_area *areas;         ///< [n_classes] each against all others
    double mean;            ///< of those that there are
    double accuracy, error; ///< NaN of a column
    size_t n_unscored;      ///< events with a score that is NaN
} row;

// ---- subjects ----

static bl_status find_accuracy(const bl_evaluation *e, size_t subject, row *to, bl_error *err) {
    bl_confusion confusion;
    bl_arena arena;
    to->accuracy = to->error = NAN;
    if (e->subjects[subject].column)
        return BL_OK;
    bl_arena_init(&arena, e->context);
    bl_status status = bl_confusion_make(&arena, e->test->n, e->n_classes, e->test->scores[subject],
                                         e->test->physics, e->test->labels, &confusion, err);
    if (status == BL_OK)
        to->accuracy = bl_confusion_accuracy(&confusion, &to->error);
    bl_arena_release(&arena);
    return status;
}

static size_t count_unscored(const bl_evaluation *e, size_t subject) {
    size_t n = 0;
    for (size_t i = 0; i < e->test->n; i++) {
        bool is_nan = false;
        for (size_t k = 0; k < e->n_classes; k++)
            is_nan |= isnan(e->test->scores[subject][i * e->n_classes + k]);
        n += is_nan;
    }
    return n;
}

static bl_status make_row(const bl_evaluation *e, bl_arena *arena, size_t subject, row *to,
                          bl_error *err) {
    double sum = 0;
    size_t n = 0;
    to->areas = (bl_area *)bl_arena_array(arena, e->n_classes, sizeof *to->areas);
    if (!to->areas)
        return bl_error_nomem(err, e->n_classes * sizeof *to->areas, "areas");
    for (size_t k = 0; k < e->n_classes; k++) {
        BL_TRY(bl_roc_area(e, subject, (int32_t)k, &to->areas[k], err));
        if (isnan(to->areas[k].area))
            continue;
        sum += to->areas[k].area;
        n++;
    }
    to->mean = n ? sum / (double)n : NAN;
    to->n_unscored = count_unscored(e, subject);
    return find_accuracy(e, subject, to, err);
}

/// Of two classes the area of the first is that of the second.
static bl_status add_subjects(const bl_evaluation *e, const row *rows, bl_section_output *to,
                              bl_error *err) {
    bl_cells cells;
    size_t first = bl_first_signal(e), n_head = 0;
    const char **head = (const char **)bl_arena_array(to->arena, e->n_classes + 5, sizeof *head);
    if (!head)
        return bl_error_nomem(err, e->n_classes * sizeof *head, "a table");
    head[n_head++] = "Model";
    for (size_t k = first; k < e->n_classes; k++)
        if (!(head[n_head++] = bl_say(to, "AUC of %s", e->classes[k])))
            return bl_error_nomem(err, 1, "a table");
    if (e->n_classes > 2)
        head[n_head++] = "Mean";
    head[n_head++] = "Accuracy";
    head[n_head] = NULL;
    bl_cells_begin(&cells, to->arena, NULL, 1, head);
    for (size_t i = 0; i < e->n_subjects; i++) {
        bl_cells_add(&cells, "%s", e->subjects[i].name);
        for (size_t k = first; k < e->n_classes; k++)
            bl_cells_certain(&cells, rows[i].areas[k].area, rows[i].areas[k].sigma);
        if (e->n_classes > 2)
            bl_cells_fixed(&cells, 5, rows[i].mean);
        bl_cells_certain(&cells, rows[i].accuracy, rows[i].error);
    }
    return bl_cells_end(&cells, to, err);
}

// ---- classes ----

/// Events of a class of the test.
typedef struct sort {
    int64_t n, n_negative;
    double sum, size; ///< Σ w; (Σ w)²/Σ w²
} sort;

static sort sort_of(const bl_scored *test, size_t of_class) {
    sort s = {0};
    bl_sum sum = {0}, squares = {0};
    for (size_t i = 0; i < test->n; i++) {
        double w = test->physics[i];
        if ((size_t)test->labels[i] != of_class)
            continue;
        s.n++;
        s.n_negative += w < 0;
        bl_sum_add(&sum, w);
        bl_sum_add(&squares, w * w);
    }
    s.sum = bl_sum_value(&sum);
    s.size = s.sum * s.sum / bl_sum_value(&squares);
    return s;
}

/// What a number of it cannot be trusted for.
static bl_status say_trouble(const bl_evaluation *e, const sort *s, const char *name,
                             bl_section_output *to, bl_error *err) {
    const char *part = e->test->name;
    if (!s->n)
        return bl_say_words(to, err,
                            "There are no events of %s in %s: it has no curve, and is no "
                            "one's background.",
                            name, part);
    if (s->sum == 0)
        return bl_say_words(to, err,
                            "The weights of %s in %s add up to 0: it has neither "
                            "efficiencies nor areas.",
                            name, part);
    if (s->n == s->n_negative)
        return bl_say_words(to, err,
                            "All weights of %s in %s are negative. Efficiencies are parts "
                            "of their sum, as if they were positive; where classes are "
                            "added, it takes away from the others.",
                            name, part);
    if (s->sum < 0)
        return bl_say_words(to, err,
                            "The weights of %s in %s add up to %g, below 0: efficiencies "
                            "of it, which are parts of that, mean little.",
                            name, part, s->sum);
    if (s->n == 1)
        return bl_say_words(to, err,
                            "There is one event of %s in %s: what is said of it has no "
                            "meaning, errors included.",
                            name, part);
    return BL_OK;
}

static bl_status add_classes(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Class",     "Events",           "of negative weight",
                                       "Σ weights", "Effective number", NULL};
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, bl_say(to, "Events of %s", e->test->name), 1, head);
    for (size_t k = 0; k < e->n_classes; k++) {
        sort s = sort_of(e->test, k);
        bl_cells_add(&cells, "%s", e->classes[k]);
        bl_cells_count(&cells, s.n);
        bl_cells_count(&cells, s.n_negative);
        bl_cells_number(&cells, s.sum);
        bl_cells_number(&cells, s.size);
    }
    BL_TRY(bl_cells_end(&cells, to, err));
    for (size_t k = 0; k < e->n_classes; k++) {
        sort s = sort_of(e->test, k);
        BL_TRY(say_trouble(e, &s, e->classes[k], to, err));
    }
    return BL_OK;
}

// ---- JSON ----

static void put_subject(const bl_evaluation *e, const bl_subject *subject, const row *r,
                        bl_text *json) {
    bl_put_subject(json, subject);
    bl_put_key(json, "auc");
    bl_text_add(json, "{");
    for (size_t k = 0; k < e->n_classes; k++)
        bl_put_number(json, e->classes[k], r->areas[k].area);
    bl_text_add(json, "}");
    bl_put_key(json, "auc_sigma");
    bl_text_add(json, "{");
    for (size_t k = 0; k < e->n_classes; k++)
        bl_put_number(json, e->classes[k], r->areas[k].sigma);
    bl_text_add(json, "}");
    bl_put_number(json, "auc_mean", r->mean);
    bl_put_number(json, "accuracy", r->accuracy);
    bl_put_number(json, "accuracy_sigma", r->error);
    bl_put_integer(json, "without_score", (int64_t)r->n_unscored);
    bl_text_add(json, "}");
}

static void put_json(const bl_evaluation *e, const row *rows, bl_text *json) {
    bl_text_add(json, "{");
    bl_put_text(json, "part", e->test->name);
    bl_put_integer(json, "events", (int64_t)e->test->n);
    bl_put_key(json, "classes");
    bl_text_add(json, "[");
    for (size_t k = 0; k < e->n_classes; k++) {
        sort s = sort_of(e->test, k);
        bl_put_next(json);
        bl_text_add(json, "{");
        bl_put_text(json, "name", e->classes[k]);
        bl_put_integer(json, "events", s.n);
        bl_put_integer(json, "negative", s.n_negative);
        bl_put_number(json, "sumw", s.sum);
        bl_put_number(json, "effective", s.size);
        bl_text_add(json, "}");
    }
    bl_text_add(json, "]");
    bl_put_key(json, "subjects");
    bl_text_add(json, "[");
    for (size_t i = 0; i < e->n_subjects; i++)
        put_subject(e, &e->subjects[i], &rows[i], json);
    bl_text_add(json, "]}");
}

bl_status bl_section_summary(const bl_evaluation *evaluation, bl_section_output *to,
                             bl_error *err) {
    const bl_evaluation *e = evaluation;
    row *rows = (row *)bl_arena_array(to->arena, e->n_subjects + 1, sizeof *rows);
    if (!rows)
        return bl_error_nomem(err, e->n_subjects * sizeof *rows, "a summary");
    for (size_t i = 0; i < e->n_subjects; i++)
        BL_TRY(make_row(e, to->arena, i, &rows[i], err));
    BL_TRY(add_subjects(e, rows, to, err));
    BL_TRY(add_classes(e, to, err));
    for (size_t i = 0; i < e->n_subjects; i++)
        if (rows[i].n_unscored)
            BL_TRY(bl_say_words(to, err,
                                "%s gives %zu of %zu events no score (NaN): they are below all "
                                "others, so that no threshold selects them.",
                                e->subjects[i].name, rows[i].n_unscored, e->test->n));
    put_json(e, rows, &to->json);
    return BL_OK;
}
