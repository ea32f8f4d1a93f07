// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: evaluations made by hand, usual ones and such as have nothing in them, and what
/// sections say of them.
#ifndef BL_LEARN_REPORT_EVALUATED_TESTING_H
#define BL_LEARN_REPORT_EVALUATED_TESTING_H

#include <math.h>

#include "base/document.h"
#include "base/random.h"
#include "base/testing.h"
#include "learn/report/sections.h"

enum { EVALUATED_SAMPLES = 2, EVALUATED_OBSERVERS = 4, EVALUATED_WEIGHTS = 2 };

/// What is odd about the events: X(name).
#define EVALUATED_KINDS(X)                                               \
    X(usual)                                                             \
    X(no_events)                                                         \
    X(no_train)                                                          \
    X(empty_class)   /* the last class has none */                       \
    X(one_event)     /* the last class has one */                        \
    X(one_of_all)    /* there is one event */                            \
    X(all_negative)  /* all weights are */                               \
    X(last_negative) /* those of the last class are */                   \
    X(cancelling)    /* weights of the last class add up to 0 */         \
    X(no_scores)     /* all are NaN */                                   \
    X(same_scores)   /* all are equal */                                 \
    X(odd_numbers)   /* some scores and observers are NaN or infinite */ \
    X(column)        /* the subject is no model */

typedef enum evaluated_kind {
#define EVALUATED_ENUM(name) evaluated_##name,
    EVALUATED_KINDS(EVALUATED_ENUM)
#undef EVALUATED_ENUM
        EVALUATED_N_KINDS
} evaluated_kind;

typedef struct evaluated {
    bl_evaluation evaluation;
    bl_prepared prepared;
    bl_prepared_part part;
    bl_prepared_class sums[3];
    bl_prepared_sample samples[EVALUATED_SAMPLES];
    bl_subject subjects[2];
    bl_scored test, train, shifted;
    bl_section_output output;
} evaluated;

static inline float evaluated_score(evaluated_kind kind, bl_random *random, bool is_it, size_t i) {
    float score = (float)(0.6 * bl_random_uniform(random) + (is_it ? 0.4 : 0));
    if (kind == evaluated_no_scores || (kind == evaluated_odd_numbers && i % 13 == 0))
        return NAN;
    if (kind == evaluated_odd_numbers && i % 17 == 0)
        return i % 2 ? INFINITY : -INFINITY;
    return kind == evaluated_same_scores ? 0.5F : kind == evaluated_column ? 40 * score - 7 : score;
}

static inline double evaluated_weight(evaluated_kind kind, bl_random *random, bool is_last,
                                      size_t i) {
    double weight = 0.5 + bl_random_uniform(random);
    if (kind == evaluated_all_negative || (kind == evaluated_last_negative && is_last))
        return -weight;
    if (kind == evaluated_cancelling && is_last)
        return i / 3 % 2 ? 1 : -1;
    return kind == evaluated_usual && i % 7 == 0 ? -0.25 * weight : weight;
}

/// Arrays of events of the context's arena. \param salt makes them others
static inline void evaluated_events(evaluated *e, evaluated_kind kind, size_t n, const char *name,
                                    uint64_t salt, bl_scored *to) {
    bl_arena *arena = &e->evaluation.arena;
    size_t n_classes = e->evaluation.n_classes;
    int32_t *labels = (int32_t *)bl_arena_array(arena, n + 1, sizeof *labels);
    int32_t *samples = (int32_t *)bl_arena_array(arena, n + 1, sizeof *samples);
    double *physics = (double *)bl_arena_array(arena, n + 1, sizeof *physics);
    double *varied[EVALUATED_WEIGHTS], *observers[EVALUATED_OBSERVERS];
    float *scores[2];
    bl_random random;
    bl_random_init(&random, 4, 0, salt);
    for (size_t k = 0; k < EVALUATED_WEIGHTS; k++)
        varied[k] = (double *)bl_arena_array(arena, n + 1, sizeof(double));
    for (size_t k = 0; k < EVALUATED_OBSERVERS; k++)
        observers[k] = (double *)bl_arena_array(arena, n + 1, sizeof(double));
    for (size_t k = 0; k < 2; k++)
        scores[k] = (float *)bl_arena_array(arena, n * n_classes + 1, sizeof(float));
    for (size_t i = 0; i < n; i++) {
        size_t label = i % n_classes;
        if (label + 1 == n_classes &&
            (kind == evaluated_empty_class || (kind == evaluated_one_event && i >= n_classes)))
            label = 0;
        labels[i] = (int32_t)label;
        samples[i] = label > 0;
        physics[i] = evaluated_weight(kind, &random, label + 1 == n_classes, i);
        varied[0][i] = 1.5 * physics[i];
        varied[1][i] = label == 0 ? physics[i] : 0.75 * physics[i];
        for (size_t s = 0; s < 2; s++)
            for (size_t k = 0; k < n_classes; k++)
                scores[s][i * n_classes + k] = evaluated_score(kind, &random, k == label, i);
        observers[0][i] = 100 * bl_random_uniform(&random);
        observers[1][i] = scores[0][i * n_classes + n_classes - 1];
        observers[2][i] = 5; // does not vary
        if (kind == evaluated_odd_numbers && i % 11 == 0)
            observers[0][i] = i % 2 ? NAN : INFINITY;
    }
    const double **weights =
        (const double **)bl_arena_array(arena, EVALUATED_WEIGHTS, sizeof(void *));
    const double **columns =
        (const double **)bl_arena_array(arena, EVALUATED_OBSERVERS, sizeof(void *));
    const float **tables = (const float **)bl_arena_array(arena, 2, sizeof(void *));
    for (size_t k = 0; k < EVALUATED_WEIGHTS; k++)
        weights[k] = varied[k];
    for (size_t k = 0; k + 1 < EVALUATED_OBSERVERS; k++)
        columns[k] = observers[k]; // the last is no number
    for (size_t k = 0; k < 2; k++)
        tables[k] = scores[k];
    *to = (bl_scored){.name = name,
                      .n = n,
                      .labels = labels,
                      .physics = physics,
                      .training = physics,
                      .samples = samples,
                      .weights = weights,
                      .observers = columns,
                      .scores = tables};
}

/// \param n events of the test
static inline void evaluated_init(evaluated *e, bl_context *context, evaluated_kind kind,
                                  size_t n_classes, size_t n) {
    static const char *classes[] = {"QCD", "tt̄ \"semi\"", "W→ℓν"};
    static const char *observers[] = {"m [GeV]", "copy", "five", "word"};
    static const char *const variations[] = {"lumi", "tt"};
    *e = (evaluated){0};
    n = kind == evaluated_no_events ? 0 : kind == evaluated_one_of_all ? 1 : n;
    e->part = (bl_prepared_part){.name = "test", .n_rows = (int64_t)n, .classes = e->sums};
    e->samples[0].name = "qcd";
    e->samples[1].name = "others";
    e->prepared = (bl_prepared){.n_classes = n_classes,
                                .classes = classes,
                                .n_samples = EVALUATED_SAMPLES,
                                .samples = e->samples,
                                .n_observers = EVALUATED_OBSERVERS,
                                .observers = observers,
                                .n_parts = 1,
                                .parts = &e->part};
    bool is_column = kind == evaluated_column;
    e->subjects[0] = (bl_subject){.name = "first", .n_models = !is_column};
    e->subjects[1] = (bl_subject){.name = "second", .n_models = !is_column};
    e->evaluation = (bl_evaluation){.context = context,
                                    .prepared = &e->prepared,
                                    .n_classes = n_classes,
                                    .classes = classes,
                                    .n_subjects = 2,
                                    .subjects = e->subjects,
                                    .n_variations = EVALUATED_WEIGHTS,
                                    .variations = variations,
                                    .test = &e->test,
                                    .n_shifted = 1,
                                    .shifted = &e->shifted};
    bl_arena_init(&e->evaluation.arena, context);
    evaluated_events(e, kind, n, "test", 1, &e->test);
    evaluated_events(e, kind, n, "train", 2, &e->train);
    evaluated_events(e, kind, n, "test.jesUp", 3, &e->shifted);
    if (kind != evaluated_no_train)
        e->evaluation.train = &e->train;
    e->output.arena = e->output.json.arena = &e->evaluation.arena;
}

static inline void evaluated_release(evaluated *e) { bl_arena_release(&e->evaluation.arena); }

/// Runs a section, and begins its output anew.
static inline const bl_section_output *evaluated_run(
    evaluated *e, bl_status (*make)(const bl_evaluation *, bl_section_output *, bl_error *)) {
    bl_error err = {0};
    e->output =
        (bl_section_output){.arena = &e->evaluation.arena, .json = {.arena = &e->evaluation.arena}};
    if (make(&e->evaluation, &e->output, &err) != BL_OK)
        fail_msg("%s", err.message);
    assert_false(e->output.json.has_failed);
    return &e->output;
}

/// Its JSON; NULL: it has none.
static inline const bl_item *evaluated_json(evaluated *e) {
    const bl_item *item = NULL;
    bl_error err = {0};
    if (!e->output.json.n)
        return NULL;
    if (bl_json_parse(&e->evaluation.arena, "json", e->output.json.text, e->output.json.n, &item,
                      &err) != BL_OK)
        fail_msg("%s\n%s", err.message, e->output.json.text);
    return item;
}

static inline size_t evaluated_count(const bl_section_output *output, bl_block_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < output->n_blocks; i++)
        n += output->blocks[i].kind == kind;
    return n;
}

/// The cell of the first row of all tables that begins with n texts; NULL: there is none.
static inline const char *evaluated_cell(const bl_section_output *output, const char *const *row,
                                         size_t n, size_t column) {
    for (size_t i = 0; i < output->n_blocks; i++) {
        const bl_table_cells *table = &output->blocks[i].table;
        for (size_t k = 0; output->blocks[i].kind == BL_BLOCK_TABLE && k < table->n_rows; k++) {
            const char *const *cells = table->cells + k * table->n_columns;
            size_t same = 0;
            while (same < n && same < table->n_columns && strcmp(cells[same], row[same]) == 0)
                same++;
            if (same == n && column < table->n_columns)
                return cells[column];
        }
    }
    return NULL;
}

#endif
