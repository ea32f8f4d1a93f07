// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: an evaluation made by hand, of three classes, two subjects, two variations of weights
/// and one of shape. Whoever changes its arrays finds them here.
#ifndef BL_LEARN_EVALUATE_EVALUATION_TESTING_H
#define BL_LEARN_EVALUATE_EVALUATION_TESTING_H

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/testing.h"
#include "learn/evaluate/evaluation.h"

enum { HAND_CLASSES = 3, HAND_SUBJECTS = 2, HAND_MOST = 4000 };

typedef struct hand_events {
    bl_scored scored;
    int32_t labels[HAND_MOST], samples[HAND_MOST];
    uint64_t keys[HAND_MOST];
    double physics[HAND_MOST], varied[2][HAND_MOST];
    float scores[HAND_SUBJECTS][HAND_MOST * HAND_CLASSES];
    const double *weights[2];
    const float *all_scores[HAND_SUBJECTS];
} hand_events;

typedef struct hand_made {
    bl_evaluation evaluation;
    bl_prepared prepared;
    bl_subject subjects[HAND_SUBJECTS];
    hand_events test, shifted;
} hand_made;

/// Scores that add up to 1; the class has more of it. Many are equal.
static inline void hand_scores(bl_random *random, int32_t label, double power, float *to) {
    double all = 0, x[HAND_CLASSES];
    for (int32_t k = 0; k < HAND_CLASSES; k++) {
        x[k] = floor(1 + 10 * (bl_random_uniform(random) + power * (k == label)));
        all += x[k];
    }
    for (size_t k = 0; k < HAND_CLASSES; k++)
        to[k] = (float)(x[k] / all);
}

static inline void hand_fill(hand_events *events, const char *name, size_t n, uint64_t seed) {
    bl_random random;
    bl_random_init(&random, seed, 7, 0);
    for (size_t i = 0; i < n; i++) {
        double u = bl_random_uniform(&random);
        events->labels[i] = u < 0.5 ? 0 : u < 0.8 ? 1 : 2;
        events->keys[i] = (uint64_t)i << 20 | bl_random_word(&random);
        events->physics[i] = (bl_random_uniform(&random) < 0.1 ? -1 : 1) * (1 + events->labels[i]);
        events->varied[0][i] = events->physics[i] * (0.5 + bl_random_uniform(&random));
        events->varied[1][i] = events->physics[i] * (events->labels[i] == 2 ? 2 : 1);
        for (size_t k = 0; k < HAND_SUBJECTS; k++)
            hand_scores(&random, events->labels[i], 0.5 + 0.5 * (double)k,
                        events->scores[k] + i * HAND_CLASSES);
    }
    for (size_t k = 0; k < HAND_SUBJECTS; k++)
        events->all_scores[k] = events->scores[k];
    events->weights[0] = events->varied[0];
    events->weights[1] = events->varied[1];
    events->scored = (bl_scored){.name = name,
                                 .n = n,
                                 .labels = events->labels,
                                 .physics = events->physics,
                                 .training = events->physics,
                                 .keys = events->keys,
                                 .samples = events->samples,
                                 .weights = events->weights,
                                 .scores = events->all_scores};
}

/// \param made zeroed; it stays where it is
static inline void hand_make(bl_context *context, hand_made *made, size_t n) {
    static const char *classes[HAND_CLASSES] = {"qcd", "tt", "w"};
    static const char *const variations[] = {"spread", "double"};
    hand_fill(&made->test, "test", n, 1);
    hand_fill(&made->shifted, "test.jesUp", n, 2);
    made->subjects[0] = (bl_subject){.name = "first", .fold = -1};
    made->subjects[1] = (bl_subject){.name = "second", .fold = -1};
    made->prepared = (bl_prepared){.folder = "made by hand",
                                   .name = "made by hand",
                                   .fingerprint = "0",
                                   .n_classes = HAND_CLASSES,
                                   .classes = classes};
    made->evaluation = (bl_evaluation){.context = context,
                                       .prepared = &made->prepared,
                                       .n_classes = HAND_CLASSES,
                                       .classes = classes,
                                       .n_subjects = HAND_SUBJECTS,
                                       .subjects = made->subjects,
                                       .n_variations = 2,
                                       .variations = variations,
                                       .test = &made->test.scored,
                                       .n_shifted = 1,
                                       .shifted = &made->shifted.scored,
                                       .seed = 3,
                                       .n_replicas = 50};
}

#endif
