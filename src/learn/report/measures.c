// SPDX-License-Identifier: Apache-2.0
#include "learn/report/measures.h"

#include <stdio.h>

#include "learn/report/writing.h"

const char *const bl_measure_names[BL_N_MEASURES] = {
#define MEASURE_NAME(name) #name,
    BL_MEASURES(MEASURE_NAME)
#undef MEASURE_NAME
};

bl_status bl_measure_subject(const bl_evaluation *e, const bl_scored *events, size_t subject,
                             size_t target, const double *weights, size_t n_replicas,
                             bl_residuals *ret_residuals, bl_pairs *ret_pairs, bl_error *err) {
    bl_pairs pairs;
    bl_arena arena;
    bl_arena_init(&arena, e->context);
    bl_status status = bl_pairs_make(&arena, e, events, subject, target, &pairs, err);
    if (status == BL_OK && weights)
        status = bl_pairs_reweigh(&arena, &pairs, weights, &pairs, err);
    if (status == BL_OK)
        status = bl_residuals_of(e->context, &pairs, e->seed, n_replicas, ret_residuals, err);
    bl_arena_release(&arena);
    if (status == BL_OK && ret_pairs)
        *ret_pairs = (bl_pairs){.n = pairs.n,
                                .n_unpredicted = pairs.n_unpredicted,
                                .n_unknown = pairs.n_unknown,
                                .are_positive = pairs.are_positive};
    return status;
}

void bl_put_measures(bl_text *json, const bl_residuals *residuals) {
    char key[32];
    for (size_t k = 0; k < BL_N_MEASURES; k++) {
        bl_put_number(json, bl_measure_names[k], residuals->values[k]);
        (void)snprintf(key, sizeof key, "%s_error", bl_measure_names[k]);
        bl_put_number(json, key, residuals->errors[k]);
    }
}
