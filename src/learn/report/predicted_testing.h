// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: evaluations of predicted numbers made by hand, usual ones and such as have nothing in
/// them.
#ifndef BL_LEARN_REPORT_PREDICTED_TESTING_H
#define BL_LEARN_REPORT_PREDICTED_TESTING_H

#include "learn/report/evaluated_testing.h"

/// What is odd about the events: X(name).
#define PREDICTED_KINDS(X)                                                      \
    X(usual)                                                                    \
    X(no_events)                                                                \
    X(no_train)                                                                 \
    X(one_of_all)   /* there is one event */                                    \
    X(all_negative) /* all weights are */                                       \
    X(cancelling)   /* weights add up to 0 */                                   \
    X(no_numbers)   /* all predictions are NaN */                               \
    X(odd_numbers)  /* some predictions, truths and observers are not finite */ \
    X(right)        /* all predictions are the truth */                         \
    X(constant)     /* truths are all the same */                               \
    X(column)       /* the subject is no model */

typedef enum predicted_kind {
#define PREDICTED_ENUM(name) predicted_##name,
    PREDICTED_KINDS(PREDICTED_ENUM)
#undef PREDICTED_ENUM
        PREDICTED_N_KINDS
} predicted_kind;

static inline double predicted_weight(predicted_kind kind, bl_random *random, size_t i) {
    double weight = 0.5 + bl_random_uniform(random);
    if (kind == predicted_cancelling)
        return i % 2 ? 1 : -1;
    return kind == predicted_all_negative ? -weight : i % 7 == 0 ? -0.25 * weight : weight;
}

/// The first target is positive, the others are not.
static inline double predicted_truth(predicted_kind kind, bl_random *random, size_t target,
                                     size_t i) {
    double truth = (target ? -20.0 : 20) + 50 * bl_random_uniform(random);
    if (kind == predicted_odd_numbers && i % 19 == 0)
        return i % 2 ? NAN : INFINITY;
    if (kind == predicted_right)
        return (double)(float)truth; // a prediction is a float
    return kind == predicted_constant ? 3 : truth;
}

static inline float predicted_number(predicted_kind kind, bl_random *random, double truth,
                                     size_t i) {
    double number = 0.95 * truth + 10 * bl_random_uniform(random);
    if (kind == predicted_no_numbers || (kind == predicted_odd_numbers && i % 13 == 0))
        return NAN;
    return (float)(kind == predicted_right ? truth : number);
}

static inline void predicted_events(evaluated *e, predicted_kind kind, const char *name,
                                    uint64_t salt, bl_scored *to) {
    bl_arena *arena = &e->evaluation.arena;
    size_t n = to->n, m = e->evaluation.n_targets;
    double *truths = (double *)bl_arena_array(arena, n * m + 1, sizeof *truths);
    double *physics = (double *)bl_arena_array(arena, n + 1, sizeof *physics);
    float *numbers[2];
    bl_random random;
    bl_random_init(&random, 6, 0, salt);
    for (size_t s = 0; s < 2; s++)
        numbers[s] = (float *)bl_arena_array(arena, n * m + 1, sizeof(float));
    for (size_t i = 0; i < n; i++) {
        physics[i] = predicted_weight(kind, &random, i);
        ((int32_t *)(uintptr_t)to->labels)[i] = 0;
        for (size_t k = 0; k < m; k++) {
            truths[i * m + k] = predicted_truth(kind, &random, k, i);
            for (size_t s = 0; s < 2; s++)
                numbers[s][i * m + k] = predicted_number(kind, &random, truths[i * m + k], i);
        }
    }
    const float **tables = (const float **)bl_arena_array(arena, 2, sizeof(void *));
    for (size_t s = 0; s < 2; s++)
        tables[s] = numbers[s];
    to->name = name;
    to->physics = to->training = physics;
    to->truths = truths;
    to->scores = tables;
}

/// \param n events of the test
static inline void predicted_init(evaluated *e, bl_context *context, predicted_kind kind,
                                  size_t n_targets, size_t n) {
    static const char *const targets[] = {"pT [GeV]", "η \"true\""}, *const all[] = {"all"};
    evaluated_kind like = kind == predicted_no_events     ? evaluated_no_events
                          : kind == predicted_one_of_all  ? evaluated_one_of_all
                          : kind == predicted_no_train    ? evaluated_no_train
                          : kind == predicted_odd_numbers ? evaluated_odd_numbers
                          : kind == predicted_column      ? evaluated_column
                                                          : evaluated_usual;
    evaluated_init(e, context, like, 2, n);
    e->evaluation.n_classes = 1;
    e->evaluation.classes = all;
    e->evaluation.n_targets = n_targets;
    e->evaluation.targets = targets;
    e->evaluation.n_replicas = 20;
    predicted_events(e, kind, "test", 1, &e->test);
    predicted_events(e, kind, "train", 2, &e->train);
    predicted_events(e, kind, "test.jesUp", 3, &e->shifted);
}

#endif
