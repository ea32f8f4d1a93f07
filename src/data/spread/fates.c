// SPDX-License-Identifier: Apache-2.0
// What becomes of events: their keys, and the parts that they belong to.
#include "base/context.h"
#include "data/spread/numbers.h"
#include "data/spread/rows.h"

enum { BLOCK = 1024, MOST_IDENTITY = 16 }; ///< rows of a task; columns of an identity

typedef struct work {
    const bl_rows *rows;
    const bl_column *columns[MOST_IDENTITY]; ///< of the identity; none: file and entry
    uint64_t *keys;
    int32_t *codes;
} work;

static bl_status missing(const bl_rows *rows, int64_t row, size_t column, bl_error *err) {
    return bl_rows_error(rows, row,
                         bl_error_set(err, BL_E_RANGE,
                                      "'%s', which says which event it is, is missing",
                                      rows->source->spool->identity[column]),
                         err);
}

static bl_status fate_of(const work *w, int64_t row, bl_event_fate *ret_fate, bl_error *err) {
    const bl_spool *spool = w->rows->source->spool;
    const bl_prepare_config *config = spool->config;
    const char *dataset = spool->datasets[w->rows->source->stretch->number];
    int64_t identity[MOST_IDENTITY];
    size_t n = spool->n_identity;
    for (size_t i = 0; i < n; i++) {
        if (bl_column_is_null(w->columns[i], row))
            return missing(w->rows, row, i, err);
        identity[i] = bl_column_integer(w->columns[i], row);
    }
    if (n == 0) {
        dataset = spool->file_identities[w->rows->files[row]];
        identity[n++] = w->rows->entries[row];
    }
    *ret_fate = bl_event_fate_of(config->seed, config->split.seed, dataset, identity, n);
    return BL_OK;
}

static bl_status decide(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    const work *w = (const work *)argument;
    const bl_source *source = w->rows->source;
    const bl_split_config *split = &source->spool->config->split;
    int forced = source->stretch->sample->config->part;
    int64_t first = (int64_t)index * BLOCK, last = first + BLOCK;
    for (int64_t i = first; i < last && i < w->rows->n; i++) {
        bl_event_fate fate = {0};
        BL_TRY(fate_of(w, i, &fate, err));
        w->keys[i] = fate.key;
        w->codes[i] = split->n_folds
                          ? (int32_t)bl_fold_of(fate.share, (size_t)split->n_folds)
                          : (forced >= 0 ? forced : (int32_t)bl_part_of(fate.share, split));
    }
    return BL_OK;
}

bl_status bl_rows_fates(const bl_rows *rows, uint64_t *keys, int32_t *codes, bl_error *err) {
    const bl_spool *spool = rows->source->spool;
    work w = {.rows = rows, .keys = keys, .codes = codes};
    if (spool->n_identity > MOST_IDENTITY)
        return bl_error_set(err, BL_E_LIMIT, "split.by: %zu columns, and %d are the most",
                            spool->n_identity, MOST_IDENTITY);
    for (size_t i = 0; i < spool->n_identity; i++)
        w.columns[i] = &rows->batch->columns[rows->source->identity[i]];
    return bl_run_tasks(rows->batch->context, decide, &w, (size_t)(rows->n + BLOCK - 1) / BLOCK,
                        err);
}
