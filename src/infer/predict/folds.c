// SPDX-License-Identifier: Apache-2.0
// Which model an event is for: that of the fold which it belongs to, which has not seen it.
#include <string.h>

#include "infer/predict/private.h"

static bl_status fold_of(const bl_predict_events *events, const bl_identified *of, size_t event,
                         size_t *hint, uint32_t *ret_fold, bl_error *err) {
    bl_event_place place = bl_stretch_place(events->stretch, events->rows[event], hint);
    bl_event_fate fate = {0};
    BL_TRY(bl_identity_fate(of, (int64_t)event, place.number, place.entry, &fate, err));
    *ret_fold = (uint32_t)bl_fold_of(fate.share, events->binding->predictor->n_models);
    return BL_OK;
}

bl_status bl_predict_sort(bl_predict_events *events, bl_error *err) {
    bl_predictor *p = events->binding->predictor;
    size_t n = (size_t)events->batch->n_rows, hint = 0, sum = 0;
    const bl_identified of = {.identity = &events->binding->identity,
                              .batch = events->batch,
                              .columns = events->binding->identifying,
                              .sample = events->stretch->number};
    BL_TRY(bl_room_reserve(p->context, &p->folds, n * sizeof(uint32_t), err));
    BL_TRY(bl_room_reserve(p->context, &p->order, n * sizeof(size_t), err));
    uint32_t *folds = (uint32_t *)p->folds.memory;
    size_t *order = (size_t *)p->order.memory;
    memset(p->starts, 0, (p->n_models + 1) * sizeof *p->starts);
    for (size_t i = 0; i < n; i++) {
        bl_status status = fold_of(events, &of, i, &hint, &folds[i], err);
        if (status != BL_OK)
            return bl_predict_error(events, i, status, err);
        p->starts[folds[i]]++;
    }
    for (size_t k = 0; k < p->n_models; k++) {
        sum += p->starts[k];
        p->starts[k] = sum;
    }
    for (size_t i = n; i-- > 0;)
        order[--p->starts[folds[i]]] = i;
    p->starts[p->n_models] = n;
    events->order = order;
    return BL_OK;
}
