// SPDX-License-Identifier: Apache-2.0
// Batches: named columns under one count of holders.
#include "base/context.h"
#include "base/names.h"
#include "column/column.h"

static void free_batch(bl_batch *batch) {
    bl_context *context = batch->context;
    for (size_t i = 0; i < batch->n_columns; i++) {
        bl_column_release(context, &batch->columns[i]);
        bl_free(context, batch->names[i]);
    }
    bl_free(context, batch->columns);
    bl_free(context, batch->names);
    bl_free(context, batch);
    bl_context_unref(context);
}

bl_status bl_batch_new(bl_context *context, size_t n_columns, const char *const *names,
                       int64_t first_row, int64_t n_rows, bl_batch **ret_batch, bl_error *err) {
    bl_batch *batch = (bl_batch *)bl_alloc_zero(context, 1, sizeof *batch);
    if (!batch)
        return bl_error_nomem(err, sizeof *batch, "a batch");
    bl_context_ref(context);
    batch->context = context;
    atomic_init(&batch->n_holders, 1);
    batch->first_row = first_row;
    batch->n_rows = n_rows;
    batch->columns = (bl_column *)bl_alloc_zero(context, n_columns, sizeof *batch->columns);
    batch->names = (char **)bl_alloc_zero(context, n_columns, sizeof *batch->names);
    bool ok = batch->columns && batch->names;
    batch->n_columns = ok ? n_columns : 0;
    for (size_t i = 0; ok && i < n_columns; i++) {
        batch->names[i] = bl_strdup(context, names[i]);
        ok = batch->names[i] != NULL;
    }
    if (!ok) {
        free_batch(batch);
        return bl_error_nomem(err, n_columns * sizeof *batch->columns, "a batch");
    }
    *ret_batch = batch;
    return BL_OK;
}

bl_batch *bl_batch_ref(bl_batch *batch) {
    atomic_fetch_add_explicit(&batch->n_holders, 1, memory_order_relaxed);
    return batch;
}

void bl_batch_release(bl_batch *batch) {
    if (batch && atomic_fetch_sub_explicit(&batch->n_holders, 1, memory_order_acq_rel) == 1)
        free_batch(batch);
}

int64_t bl_batch_n_rows(const bl_batch *batch) { return batch->n_rows; }
int64_t bl_batch_first_row(const bl_batch *batch) { return batch->first_row; }
size_t bl_batch_n_columns(const bl_batch *batch) { return batch->n_columns; }

const char *bl_batch_name(const bl_batch *batch, size_t i) {
    return i < batch->n_columns ? batch->names[i] : NULL;
}

const bl_column *bl_batch_column(const bl_batch *batch, size_t i) {
    return i < batch->n_columns ? &batch->columns[i] : NULL;
}

bl_status bl_batch_append(bl_batch **batch, bl_batch *next, bl_error *err) {
    bl_batch *before = *batch;
    if (!before) {
        *batch = bl_batch_ref(next);
        return BL_OK;
    }
    BL_AUTO(bl_batch) both = NULL;
    BL_TRY(bl_batch_new(before->context, before->n_columns, (const char *const *)before->names,
                        before->first_row, before->n_rows + next->n_rows, &both, err));
    for (size_t i = 0; i < before->n_columns; i++) {
        const bl_column *parts[] = {&before->columns[i], &next->columns[i]};
        BL_TRY(bl_column_concat(before->context, parts, 2, &both->columns[i], err));
    }
    bl_batch_release(before);
    *batch = BL_MOVE(both);
    return BL_OK;
}

bl_status bl_batch_find(const bl_batch *batch, const char *name, size_t *ret_column,
                        const bl_type **ret_type, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < batch->n_columns; i++) {
        if (strcmp(batch->names[i], name) == 0) {
            *ret_column = i;
            *ret_type = batch->columns[i].type;
            return BL_OK;
        }
        bl_nearest_offer(&nearest, batch->names[i]);
    }
    return bl_nearest_hint(&nearest, bl_error_set(err, BL_E_NOTFOUND, "no column '%s'", name), err);
}
