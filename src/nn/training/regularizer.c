// SPDX-License-Identifier: Apache-2.0
#include "nn/training/regularizer.h"

#include <string.h>

#include "nn/training/sums.h"

static bl_status read_strength(const bl_item *item, const char *key, double *ret_strength,
                               bl_error *err) {
    double strength = 0;
    BL_TRY(bl_item_number(item, key, &strength, err));
    if (!(strength >= 0))
        return bl_item_error(item, BL_E_INVALID, err, "%s is 0 or more, not %g", key, strength);
    *ret_strength = strength;
    return BL_OK;
}

bl_status bl_nn_regularizer_read(const bl_item *item, bl_nn_regularizer *ret_regularizer,
                                 bl_error *err) {
    static const char *const names[] = {"l1", "l2", NULL};
    bl_nn_regularizer regularizer = {0};
    if (item && item->kind == BL_ITEM_TEXT) {
        if (strcmp(item->text, "l1") == 0 || strcmp(item->text, "l1_l2") == 0)
            regularizer.l1 = 0.01;
        if (strcmp(item->text, "l2") == 0 || strcmp(item->text, "l1_l2") == 0)
            regularizer.l2 = 0.01;
        if (regularizer.l1 == 0 && regularizer.l2 == 0)
            return bl_item_error(item, BL_E_INVALID, err,
                                 "a regularizer is l1, l2 or l1_l2, not '%s'", item->text);
    } else if (item && item->kind != BL_ITEM_NULL) {
        BL_TRY(bl_item_expect(item, "a regularizer", BL_ITEM_MAP, err));
        BL_TRY(bl_item_check_keys(item, names, "a regularizer", err));
        BL_TRY(read_strength(bl_item_get(item, "l1"), "l1", &regularizer.l1, err));
        BL_TRY(read_strength(bl_item_get(item, "l2"), "l2", &regularizer.l2, err));
    }
    *ret_regularizer = regularizer;
    return BL_OK;
}

double bl_nn_regularizer_add(const bl_nn_regularizer *regularizer, const float *x, size_t n,
                             float *gradient) {
    double l1_sum = 0, l2_sum = 0;
    float l1 = (float)regularizer->l1, twice_l2 = (float)(2 * regularizer->l2);
    if (regularizer->l1 == 0 && regularizer->l2 == 0)
        return 0;
    if (regularizer->l1 != 0)
        l1_sum = regularizer->l1 * bl_nn_sum_of_sizes(x, n);
    if (regularizer->l2 != 0)
        l2_sum = regularizer->l2 * bl_nn_sum_of_squares(x, n);
    for (size_t i = 0; gradient && i < n; i++) {
        float sign = x[i] > 0 ? 1 : x[i] < 0 ? -1 : x[i];
        gradient[i] += l1 * sign + twice_l2 * x[i];
    }
    return l1_sum + l2_sum;
}
