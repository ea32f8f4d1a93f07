// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/variations.h"

#include <math.h>
#include <string.h>

#include "learn/evaluate/binning.h"

typedef struct selection {
    size_t n_classes, subject, true_class, score;
    const bl_histogram *bins;
    float threshold;
} selection;

static bl_status fill(bl_arena *arena, const selection *s, const bl_scored *events,
                      const double *weights, bl_variation *to, bl_error *err) {
    const float *scores = events->scores[s->subject] + s->score;
    bl_sum all = {0}, selected = {0};
    BL_TRY(bl_binning_again(arena, s->bins, &to->histogram, err));
    for (size_t i = 0; i < events->n; i++) {
        if ((size_t)events->labels[i] != s->true_class)
            continue;
        float score = scores[i * s->n_classes];
        bl_binning_fill(&to->histogram, score, weights[i]);
        bl_sum_add(&all, weights[i]);
        if (score >= s->threshold)
            bl_sum_add(&selected, weights[i]);
    }
    to->sumw = bl_sum_value(&all);
    to->selected = bl_sum_value(&selected);
    return BL_OK;
}

/// "jesUp" of "test.jesUp".
static const char *name_of(const bl_scored *shifted) {
    const char *point = strchr(shifted->name, '.');
    return point ? point + 1 : shifted->name;
}

bl_status bl_variations_make(bl_arena *arena, const bl_evaluation *e, size_t subject,
                             size_t true_class, size_t score, const bl_histogram *bins,
                             float threshold, bl_variations *ret_variations, bl_error *err) {
    const selection s = {e->n_classes, subject, true_class, score, bins, threshold};
    bl_variations v = {.n = e->n_variations + e->n_shifted};
    v.nominal.name = "nominal";
    v.items = (bl_variation *)bl_arena_array(arena, v.n + 1, sizeof *v.items);
    if (!v.items)
        return bl_error_nomem(err, v.n * sizeof *v.items, "variations");
    BL_TRY(fill(arena, &s, e->test, e->test->physics, &v.nominal, err));
    for (size_t i = 0; i < e->n_variations; i++) {
        v.items[i].name = e->variations[i];
        BL_TRY(fill(arena, &s, e->test, e->test->weights[i], &v.items[i], err));
    }
    for (size_t i = 0; i < e->n_shifted; i++) {
        bl_variation *item = &v.items[e->n_variations + i];
        item->name = name_of(&e->shifted[i]);
        item->is_shape = true;
        BL_TRY(fill(arena, &s, &e->shifted[i], e->shifted[i].physics, item, err));
    }
    *ret_variations = v;
    return BL_OK;
}

void bl_variations_envelope(const bl_variations *v, bool of_shape, size_t bin, double *ret_low,
                            double *ret_high) {
    *ret_low = *ret_high = bl_histogram_content(&v->nominal.histogram, bin);
    for (size_t i = 0; i < v->n; i++) {
        double content = bl_histogram_content(&v->items[i].histogram, bin);
        if (v->items[i].is_shape != of_shape)
            continue;
        *ret_low = fmin(*ret_low, content);
        *ret_high = fmax(*ret_high, content);
    }
}
