// SPDX-License-Identifier: Apache-2.0
// Labels of rows.
#include <math.h>

#include "data/inputs/numbers.h"
#include "data/spread/rows.h"

static const bl_column *column_of(const bl_rows *rows, size_t label) {
    return &rows->batch->columns[rows->source->labels[label]];
}

static bl_status not_one(const bl_rows *rows, int64_t row, bl_error *err) {
    const bl_prepare_config *config = rows->source->spool->config;
    bl_status status = bl_rows_error(
        rows, row,
        bl_error_set(err, BL_E_INVALID, "exactly one label is 1 and the others 0, but here"), err);
    for (size_t i = 0; i < config->n_labels && i < 8; i++)
        (void)bl_error_hint(err, status, "%s '%s' is %g", i ? "," : "", config->labels[i],
                            bl_number_at(column_of(rows, i), row));
    return config->n_labels > 8 ? bl_error_hint(err, status, ", …") : status;
}

static bl_status one_of(const bl_rows *rows, int32_t *classes, bl_error *err) {
    size_t n_labels = rows->source->spool->config->n_labels;
    for (int64_t row = 0; row < rows->n; row++) {
        int n = 0;
        bool is_fine = true;
        for (size_t i = 0; i < n_labels; i++) {
            double value = bl_number_at(column_of(rows, i), row);
            is_fine = is_fine && (value == 0 || value == 1);
            n += value == 1;
            if (value == 1)
                classes[row] = (int32_t)i;
        }
        if (n != 1 || !is_fine)
            return not_one(rows, row, err);
    }
    return BL_OK;
}

/// Labels that are learned as they are: a list of them in each row.
static bl_status numbers(const bl_rows *rows, bl_column *column, bl_error *err) {
    const bl_spool *spool = rows->source->spool;
    size_t n_labels = spool->config->n_labels, n = (size_t)rows->n;
    bl_context *context = rows->batch->context;
    if (n > INT32_MAX / (n_labels + 1))
        return bl_error_set(err, BL_E_LIMIT, "more than 2147483647 labels in a batch");
    BL_TRY(bl_column_init(context, column, spool->recipe->type_of_list, err));
    column->length = rows->n;
    bl_column *items = &column->children[0];
    BL_TRY(bl_column_init(context, items, column->type->children[0], err));
    items->length = (int64_t)(n * n_labels);
    BL_TRY(bl_buffer_new(context, (n + 1) * sizeof(int32_t), &column->offsets, err));
    column->offsets->size = (n + 1) * sizeof(int32_t);
    BL_TRY(bl_buffer_new(context, n * n_labels * sizeof(double), &items->values, err));
    items->values->size = n * n_labels * sizeof(double);
    int32_t *offsets = (int32_t *)(void *)column->offsets->data;
    double *values = (double *)(void *)items->values->data;
    for (size_t i = 0; i <= n; i++)
        offsets[i] = (int32_t)(i * n_labels);
    for (size_t k = 0; k < n_labels; k++)
        bl_numbers_copy(column_of(rows, k), 0, n, true, values + k, n_labels);
    for (size_t i = 0; i < n * n_labels; i++)
        if (!isfinite(values[i]))
            return bl_rows_error(rows, (int64_t)(i / n_labels),
                                 bl_error_set(err, BL_E_RANGE,
                                              "the label '%s' is missing or no finite number",
                                              spool->config->labels[i % n_labels]),
                                 err);
    return BL_OK;
}

bl_status bl_rows_labels(const bl_rows *rows, bl_error *err) {
    const bl_spool *spool = rows->source->spool;
    size_t at = spool->recipe->at_file + 3;
    void *values;
    if (spool->config->label_kind == BL_LABEL_NUMBERS)
        return numbers(rows, &rows->made->columns[at], err);
    BL_TRY(bl_rows_numbers(rows, at, BL_INT32, &values, err));
    int32_t *classes = (int32_t *)values;
    if (spool->config->label_kind == BL_LABEL_ONE_OF)
        return one_of(rows, classes, err);
    for (int64_t row = 0; row < rows->n; row++)
        classes[row] = (int32_t)rows->source->stretch->sample->config->label;
    return BL_OK;
}
