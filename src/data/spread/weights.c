// SPDX-License-Identifier: Apache-2.0
// Weights of rows: that of physics, what an event weighs in training to begin with, variations, and
// the bins of events where classes are reweighted.
#include <math.h>

#include "data/inputs/numbers.h"
#include "data/spread/rows.h"

static bl_status not_finite(const bl_rows *rows, int64_t row, const char *name, bl_error *err) {
    return bl_rows_error(
        rows, row,
        bl_error_set(err, BL_E_RANGE, "the weight '%s' is missing or no finite number", name), err);
}

/// The first of the numbers that is none.
static int64_t find_not_finite(const double *values, int64_t n) {
    int64_t i = 0;
    while (i < n && isfinite(values[i]))
        i++;
    return i;
}

/// \param ret_weights [n]
static bl_status physics(const bl_rows *rows, size_t at, double **ret_weights, bl_error *err) {
    void *values;
    BL_TRY(bl_rows_numbers(rows, at, BL_FLOAT64, &values, err));
    double *weights = (double *)values;
    *ret_weights = weights;
    if (rows->source->physics == SIZE_MAX) {
        for (int64_t i = 0; i < rows->n; i++)
            weights[i] = 1;
        return BL_OK;
    }
    bl_numbers_copy(&rows->batch->columns[rows->source->physics], 0, (size_t)rows->n, true, weights,
                    1);
    int64_t bad = find_not_finite(weights, rows->n);
    return bad == rows->n ? BL_OK : not_finite(rows, bad, BL_SHARD_PHYSICS, err);
}

static bl_status train(const bl_rows *rows, size_t at, const double *of_physics, bl_error *err) {
    const bl_weights_config *config = &rows->source->spool->config->weights;
    void *values;
    BL_TRY(bl_rows_numbers(rows, at, BL_FLOAT64, &values, err));
    double *weights = (double *)values;
    for (int64_t i = 0; i < rows->n; i++)
        weights[i] = config->n_factors ? 1 : of_physics[i];
    for (size_t k = 0; k < config->n_factors; k++) {
        const bl_column *factor = &rows->batch->columns[rows->source->factors[k]];
        for (int64_t i = 0; i < rows->n; i++)
            weights[i] *= bl_number_at(factor, i);
        int64_t bad = find_not_finite(weights, rows->n);
        if (bad < rows->n)
            return not_finite(rows, bad, config->factors[k], err);
    }
    return BL_OK;
}

static bl_status variation_number(const bl_rows *rows, size_t k, const double *of_physics,
                                  bl_error *err) {
    const bl_spool *spool = rows->source->spool;
    void *values;
    BL_TRY(bl_rows_numbers(rows, spool->recipe->at_weights + k, BL_FLOAT64, &values, err));
    double *weights = (double *)values;
    bl_numbers_copy(&rows->batch->columns[rows->source->weights[k]], 0, (size_t)rows->n, true,
                    weights, 1);
    for (int64_t i = 0; i < rows->n; i++)
        weights[i] *= of_physics[i];
    int64_t bad = find_not_finite(weights, rows->n);
    return bad == rows->n ? BL_OK : not_finite(rows, bad, spool->weights[k], err);
}

/// \param ret_values items of the lists, of which there are `offsets`
static bl_status new_lists(const bl_rows *rows, const bl_column *from, bl_column *to,
                           bl_error *err) {
    bl_context *context = rows->batch->context;
    size_t n_offsets = (size_t)rows->n + 1;
    int64_t n = 0;
    BL_TRY(bl_column_init(context, to, rows->source->spool->recipe->type_of_list, err));
    to->length = rows->n;
    BL_TRY(bl_buffer_new(context, n_offsets * sizeof(int32_t), &to->offsets, err));
    to->offsets->size = n_offsets * sizeof(int32_t);
    int32_t *offsets = (int32_t *)(void *)to->offsets->data;
    offsets[0] = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        int64_t first, last;
        bl_list_at(from, i, &first, &last);
        n += last - first;
        if (n > INT32_MAX)
            return bl_error_set(err, BL_E_LIMIT, "more than 2147483647 weights in a batch");
        offsets[i + 1] = (int32_t)n;
    }
    bl_column *items = &to->children[0];
    BL_TRY(bl_column_init(context, items, to->type->children[0], err));
    items->length = n;
    BL_TRY(bl_buffer_new(context, (size_t)n * sizeof(double), &items->values, err));
    items->values->size = (size_t)n * sizeof(double);
    return BL_OK;
}

static bl_status variation_list(const bl_rows *rows, size_t k, const double *of_physics,
                                bl_error *err) {
    const bl_spool *spool = rows->source->spool;
    const bl_column *from = &rows->batch->columns[rows->source->weights[k]];
    bl_column *to = &rows->made->columns[spool->recipe->at_weights + k];
    BL_TRY(new_lists(rows, from, to, err));
    const int32_t *offsets = (const int32_t *)(const void *)to->offsets->data;
    double *items = (double *)(void *)to->children[0].values->data;
    for (int64_t i = 0; i < rows->n; i++) {
        int64_t first, last, n = offsets[i + 1] - offsets[i];
        double *weights = items + offsets[i];
        bl_list_at(from, i, &first, &last);
        bl_numbers_copy(&from->children[0], first, (size_t)n, true, weights, 1);
        for (int64_t j = 0; j < n; j++)
            weights[j] *= of_physics[i];
        if (find_not_finite(weights, n) < n)
            return not_finite(rows, i, spool->weights[k], err);
    }
    return BL_OK;
}

bl_status bl_rows_weights(const bl_rows *rows, bl_error *err) {
    const bl_prepare_config *config = rows->source->spool->config;
    size_t at = rows->source->spool->recipe->at_file + 4;
    double *of_physics;
    BL_TRY(physics(rows, at, &of_physics, err));
    BL_TRY(train(rows, at + 1, of_physics, err));
    for (size_t i = 0, k = 0; i < config->n_variations; i++) {
        const bl_variation_config *variation = &config->variations[i];
        if (variation->weight && variation->is_list)
            BL_TRY(variation_list(rows, k, of_physics, err));
        else if (variation->weight)
            BL_TRY(variation_number(rows, k, of_physics, err));
        k += variation->weight != NULL;
    }
    return BL_OK;
}

bl_status bl_rows_bins(const bl_rows *rows, bl_error *err) {
    const bl_spool_recipe *recipe = rows->source->spool->recipe;
    void *values;
    bl_context *context = rows->batch->context;
    BL_AUTO(bl_buffer) memory = NULL;
    BL_TRY(bl_rows_numbers(rows, recipe->at_code + 1, BL_INT32, &values, err));
    BL_TRY(bl_buffer_new(context, (recipe->n_axes + 1) * sizeof(double), &memory, err));
    int32_t *bins = (int32_t *)values;
    double *place = (double *)(void *)memory->data;
    for (int64_t i = 0; i < rows->n; i++) {
        for (size_t k = 0; k < recipe->n_axes; k++)
            place[k] = bl_number_at(&rows->batch->columns[rows->source->axes[k]], i);
        size_t bin = bl_spectra_bin(&recipe->spectra, place);
        bins[i] = bin == SIZE_MAX ? -1 : (int32_t)bin;
    }
    return BL_OK;
}
