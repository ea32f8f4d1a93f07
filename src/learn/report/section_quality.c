// SPDX-License-Identifier: Apache-2.0
// The summary where numbers are predicted, and what the terminal prints: how far each subject is
// from the truth, and which events say so.
#include <math.h>

#include "learn/report/measures.h"
#include "learn/report/sections.h"
#include "learn/report/writing.h"

/// A subject's predictions of a target.
typedef struct row {
    bl_residuals residuals;
    bl_pairs pairs; ///< their numbers
} row;

// ---- measures ----

/// \param head of two columns of words, then one for each measure from the first
static bl_status add_measures(const bl_evaluation *e, const row *rows, const char *const *head,
                              size_t first, size_t end, bl_section_output *to, bl_error *err) {
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, NULL, 2, head);
    for (size_t i = 0; i < e->n_subjects * e->n_targets; i++) {
        const bl_residuals *r = &rows[i].residuals;
        bl_cells_add(&cells, "%s", e->subjects[i / e->n_targets].name);
        bl_cells_add(&cells, "%s", e->targets[i % e->n_targets]);
        for (size_t k = first; k < end; k++)
            bl_cells_certain(&cells, r->values[k], r->errors[k]);
    }
    return bl_cells_end(&cells, to, err);
}

/// Two tables, so that a terminal has room for each.
static bl_status add_tables(const bl_evaluation *e, const row *rows, bl_section_output *to,
                            bl_error *err) {
    static const char *const moments[] = {"Model", "Target", "Bias",        "RMSE",
                                          "MAE",   "R²",     "Correlation", NULL};
    static const char *const quantiles[] = {"Model",    "Target",     "Median", "Half of 68 %",
                                            "Response", "Resolution", NULL};
    BL_TRY(add_measures(e, rows, moments, BL_MEASURE_bias, BL_MEASURE_median, to, err));
    return add_measures(e, rows, quantiles, BL_MEASURE_median, BL_N_MEASURES, to, err);
}

static bl_status explain(const bl_evaluation *e, const row *rows, bl_section_output *to,
                         bl_error *err) {
    BL_TRY(bl_section_add_words(
        to,
        "Of residuals, prediction − truth, with physical weights: bias is their mean, and beside "
        "their median is half the width of what holds their central 68 %. Errors are those of "
        "replicas of the events.",
        err));
    for (size_t k = 0; k < e->n_targets; k++)
        BL_TRY(rows[k].pairs.are_positive
                   ? bl_say_words(to, err,
                                  "The response of %s is the median of prediction / truth; the "
                                  "resolution is half the width of its central 68 %%, over the "
                                  "response.",
                                  e->targets[k])
                   : bl_say_words(to, err,
                                  "%s is not above 0 in every event: there is no response.",
                                  e->targets[k]));
    return BL_OK;
}

// ---- events ----

/// Events of the test.
typedef struct sort {
    int64_t n, n_negative;
    double sum, size; ///< Σ w; (Σ w)²/Σ w²
} sort;

static sort sort_of(const bl_scored *test) {
    sort s = {.n = (int64_t)test->n};
    bl_sum sum = {0}, squares = {0};
    for (size_t i = 0; i < test->n; i++) {
        s.n_negative += test->physics[i] < 0;
        bl_sum_add(&sum, test->physics[i]);
        bl_sum_add(&squares, test->physics[i] * test->physics[i]);
    }
    s.sum = bl_sum_value(&sum);
    s.size = s.sum * s.sum / bl_sum_value(&squares);
    return s;
}

/// What the numbers cannot be trusted for.
static bl_status say_trouble(const sort *s, const char *part, bl_section_output *to,
                             bl_error *err) {
    if (!s->n)
        return bl_say_words(to, err, "There are no events in %s: nothing is known.", part);
    if (s->sum == 0)
        return bl_say_words(to, err, "The weights of %s add up to 0: there are no means.", part);
    if (s->n == 1)
        return bl_say_words(to, err, "There is one event in %s: what is said of it has no meaning.",
                            part);
    if (s->sum < 0)
        return bl_say_words(to, err,
                            "The weights of %s add up to %g, below 0: means are as if all signs "
                            "were the other way.",
                            part, s->sum);
    return BL_OK;
}

static bl_status add_events(const bl_scored *test, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Part",      "Events",           "of negative weight",
                                       "Σ weights", "Effective number", NULL};
    sort s = sort_of(test);
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, NULL, 1, head);
    bl_cells_add(&cells, "%s", test->name);
    bl_cells_count(&cells, s.n);
    bl_cells_count(&cells, s.n_negative);
    bl_cells_number(&cells, s.sum);
    bl_cells_number(&cells, s.size);
    BL_TRY(bl_cells_end(&cells, to, err));
    return say_trouble(&s, test->name, to, err);
}

static bl_status say_missing(const bl_evaluation *e, const row *rows, bl_section_output *to,
                             bl_error *err) {
    for (size_t i = 0; i < e->n_subjects * e->n_targets; i++) {
        const bl_pairs *pairs = &rows[i].pairs;
        const char *target = e->targets[i % e->n_targets];
        if (pairs->n_unpredicted)
            BL_TRY(bl_say_words(to, err,
                                "%s predicts no finite number for %s in %zu of %zu events: they "
                                "are left out, and what is said is of the others.",
                                e->subjects[i / e->n_targets].name, target, pairs->n_unpredicted,
                                e->test->n));
        if (pairs->n_unknown && i < e->n_targets)
            BL_TRY(bl_say_words(to, err,
                                "%s itself is no finite number in %zu of %zu events: they are left "
                                "out.",
                                target, pairs->n_unknown, e->test->n));
    }
    return BL_OK;
}

// ---- JSON ----

static void put_subject(const bl_evaluation *e, const bl_subject *subject, const row *rows,
                        bl_text *json) {
    bl_put_subject(json, subject);
    bl_put_key(json, "targets");
    bl_text_add(json, "[");
    for (size_t k = 0; k < e->n_targets; k++) {
        bl_put_next(json);
        bl_text_add(json, "{");
        bl_put_text(json, "target", e->targets[k]);
        bl_put_integer(json, "events", (int64_t)rows[k].residuals.n);
        bl_put_integer(json, "without_prediction", (int64_t)rows[k].pairs.n_unpredicted);
        bl_put_integer(json, "without_truth", (int64_t)rows[k].pairs.n_unknown);
        bl_put_number(json, "sumw", rows[k].residuals.sumw);
        bl_put_number(json, "effective", rows[k].residuals.size);
        bl_put_measures(json, &rows[k].residuals);
        bl_text_add(json, "}");
    }
    bl_text_add(json, "]}");
}

static void put_json(const bl_evaluation *e, const row *rows, bl_text *json) {
    sort s = sort_of(e->test);
    bl_text_add(json, "{");
    bl_put_text(json, "part", e->test->name);
    bl_put_integer(json, "events", s.n);
    bl_put_integer(json, "negative", s.n_negative);
    bl_put_number(json, "sumw", s.sum);
    bl_put_number(json, "effective", s.size);
    bl_put_key(json, "subjects");
    bl_text_add(json, "[");
    for (size_t i = 0; i < e->n_subjects; i++)
        put_subject(e, &e->subjects[i], &rows[i * e->n_targets], json);
    bl_text_add(json, "]}");
}

bl_status bl_section_quality(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    size_t n = e->n_subjects * e->n_targets;
    row *rows = (row *)bl_arena_array(to->arena, n + 1, sizeof *rows);
    if (!rows)
        return bl_error_nomem(err, n * sizeof *rows, "a summary");
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_measure_subject(e, e->test, i / e->n_targets, i % e->n_targets, NULL,
                                  e->n_replicas, &rows[i].residuals, &rows[i].pairs, err));
    BL_TRY(add_tables(e, rows, to, err));
    BL_TRY(explain(e, rows, to, err));
    BL_TRY(add_events(e->test, to, err));
    BL_TRY(say_missing(e, rows, to, err));
    put_json(e, rows, &to->json);
    return BL_OK;
}
