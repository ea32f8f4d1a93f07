// SPDX-License-Identifier: Apache-2.0
// Scores beside all entries.
#include "infer/predict/aligned.h"

#include <math.h>
#include <stdint.h>

#include "base/memory.h"

static size_t n_entries(const bl_aligned *aligned) {
    return (size_t)(aligned->last - aligned->first);
}

bl_status bl_aligned_begin(bl_context *context, bl_aligned *aligned, int64_t first, int64_t last,
                           bl_error *err) {
    size_t n_rows = (size_t)(last - first), n = n_rows * aligned->n_columns;
    if (aligned->n_columns && n_rows > SIZE_MAX / sizeof(float) / aligned->n_columns)
        return bl_error_set(err, BL_E_LIMIT, "%zu numbers for each of %zu entries",
                            aligned->n_columns, n_rows);
    if (n > aligned->capacity) {
        bl_aligned_release(context, aligned);
        aligned->values = (float *)bl_alloc(context, n * sizeof(float));
        if (!aligned->values)
            return bl_error_nomem(err, n * sizeof(float), "scores");
        aligned->capacity = n;
    }
    aligned->first = first;
    aligned->last = last;
    for (size_t i = 0; i < n; i++)
        aligned->values[i] = NAN;
    return BL_OK;
}

void bl_aligned_put(bl_aligned *aligned, size_t n, const int64_t *entries, const float *values) {
    size_t n_columns = aligned->n_columns, n_rows = n_entries(aligned);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_columns; k++)
            aligned->values[k * n_rows + (size_t)(entries[i] - aligned->first)] =
                values[i * n_columns + k];
}

const float *bl_aligned_column(const bl_aligned *aligned, size_t i) {
    return aligned->values + i * n_entries(aligned);
}

void bl_aligned_release(bl_context *context, bl_aligned *aligned) {
    bl_free(context, aligned->values);
    aligned->values = NULL;
    aligned->capacity = 0;
}
