// SPDX-License-Identifier: Apache-2.0
// What becomes of rows: their keys, and the parts that they belong to.
#include "base/context.h"
#include "data/spread/rows.h"

enum { BLOCK = 1024 }; ///< rows of a task

typedef struct work {
    const bl_rows *rows;
    bl_identified events;
    uint64_t *keys;
    int32_t *codes;
} work;

static int32_t code_of(const bl_source *source, double share) {
    const bl_split_config *split = &source->spool->config->split;
    int forced = source->stretch->sample->config->part;
    if (split->n_folds)
        return (int32_t)bl_fold_of(share, (size_t)split->n_folds);
    return forced >= 0 ? forced : (int32_t)bl_part_of(share, split);
}

static bl_status decide(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    const work *w = (const work *)argument;
    const bl_rows *rows = w->rows;
    int64_t first = (int64_t)index * BLOCK, last = first + BLOCK;
    for (int64_t i = first; i < last && i < rows->n; i++) {
        bl_event_fate fate = {0};
        bl_status status =
            bl_identity_fate(&w->events, i, (size_t)rows->files[i], rows->entries[i], &fate, err);
        if (status != BL_OK)
            return bl_rows_error(rows, i, status, err);
        w->keys[i] = fate.key;
        w->codes[i] = code_of(rows->source, fate.share);
    }
    return BL_OK;
}

bl_status bl_rows_fates(const bl_rows *rows, uint64_t *keys, int32_t *codes, bl_error *err) {
    const bl_source *source = rows->source;
    work w = {.rows = rows,
              .events = {.identity = &source->spool->identity,
                         .batch = rows->batch,
                         .columns = source->identity,
                         .sample = source->stretch->number},
              .keys = keys,
              .codes = codes};
    return bl_run_tasks(rows->batch->context, decide, &w, (size_t)(rows->n + BLOCK - 1) / BLOCK,
                        err);
}
