// SPDX-License-Identifier: Apache-2.0
#include "nn/training/clip.h"

#include <math.h>
#include <string.h>

#include "base/json_text.h"
#include "nn/training/sums.h"

static const char *const names[] = {
#define X(kind, name) name,
    BL_NN_CLIP_TABLE(X)
#undef X
        NULL,
};

bl_status bl_nn_clip_read(const bl_item *item, bl_nn_clip *ret_clip, bl_error *err) {
    bl_nn_clip clip = {0};
    if (!item || item->kind == BL_ITEM_NULL)
        return *ret_clip = clip, BL_OK;
    BL_TRY(bl_item_expect(item, "clip", BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, names, "clip", err));
    if (item->n != 1)
        return bl_item_error(item, BL_E_INVALID, err,
                             "clip is one of value, norm and global_norm, with its limit");
    BL_TRY(bl_item_number(item->items[0], item->keys[0], &clip.limit, err));
    if (!(clip.limit > 0))
        return bl_item_error(item->items[0], BL_E_INVALID, err, "%s is above 0, not %g",
                             item->keys[0], clip.limit);
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], item->keys[0]) == 0)
            clip.kind = (bl_nn_clip_kind)(BL_NN_CLIP_NONE + 1 + i);
    *ret_clip = clip;
    return BL_OK;
}

void bl_nn_clip_write(const bl_nn_clip *clip, bl_text *to) {
    if (clip->kind == BL_NN_CLIP_NONE) {
        bl_text_add(to, "null");
        return;
    }
    bl_text_add(to, "{\"%s\": ", names[clip->kind - BL_NN_CLIP_NONE - 1]);
    bl_json_put_number(to, clip->limit);
    bl_text_add(to, "}");
}

static void scale_by(const bl_nn_array *array, float scale) {
    for (size_t i = 0; i < array->n; i++)
        array->values[i] *= scale;
}

/// A NaN stays.
static void clip_values(const bl_nn_array *array, float limit) {
    for (size_t i = 0; i < array->n; i++) {
        float x = array->values[i];
        array->values[i] = x > limit ? limit : x < -limit ? -limit : x;
    }
}

/// What gradients of a norm are multiplied with; NaN of a norm that is none.
static float scale_of(double norm, double limit) {
    return !isfinite(norm) ? NAN : norm > limit ? (float)(limit / norm) : 1;
}

void bl_nn_clip_run(const bl_nn_clip *clip, const bl_nn_array *arrays, size_t n_arrays) {
    double all = 0;
    for (size_t i = 0; i < n_arrays; i++) {
        if (clip->kind == BL_NN_CLIP_VALUE)
            clip_values(&arrays[i], (float)clip->limit);
        if (clip->kind != BL_NN_CLIP_NORM && clip->kind != BL_NN_CLIP_GLOBAL_NORM)
            continue;
        double squares = bl_nn_sum_of_squares(arrays[i].values, arrays[i].n);
        if (clip->kind == BL_NN_CLIP_NORM)
            scale_by(&arrays[i], scale_of(sqrt(squares), clip->limit));
        all += squares;
    }
    for (size_t i = 0; clip->kind == BL_NN_CLIP_GLOBAL_NORM && i < n_arrays; i++)
        scale_by(&arrays[i], scale_of(sqrt(all), clip->limit));
}
