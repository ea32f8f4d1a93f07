// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/composition.h"

bl_status bl_yields_make(bl_arena *arena, size_t n, const int32_t *groups, size_t n_groups,
                         const double *weights, const float *scores, size_t stride, float threshold,
                         bl_yield **ret_yields, bl_error *err) {
    bl_yield *yields = (bl_yield *)bl_arena_array(arena, n_groups + 1, sizeof *yields);
    if (!yields)
        return bl_error_nomem(err, n_groups * sizeof *yields, "yields");
    for (size_t i = 0; i < n; i++) {
        if (scores && !(scores[i * stride] >= threshold))
            continue;
        bl_yield *yield = &yields[groups[i]];
        yield->n++;
        yield->n_negative += weights[i] < 0;
        bl_bin_add(&yield->bin, weights[i]);
    }
    *ret_yields = yields;
    return BL_OK;
}

bl_status bl_equal_weights(bl_arena *arena, size_t n, const int32_t *labels, size_t n_classes,
                           const double *weights, double **ret_weights, bl_error *err) {
    bl_yield *yields = NULL;
    double *equal = (double *)bl_arena_array(arena, n + 1, sizeof *equal);
    if (!equal)
        return bl_error_nomem(err, n * sizeof *equal, "weights");
    BL_TRY(bl_yields_make(arena, n, labels, n_classes, weights, NULL, 1, 0, &yields, err));
    for (size_t i = 0; i < n; i++) {
        double all = bl_sum_value(&yields[labels[i]].bin.sumw);
        equal[i] = all == 0 ? 0 : weights[i] / all;
    }
    *ret_weights = equal;
    return BL_OK;
}
