// SPDX-License-Identifier: Apache-2.0
// Quantiles by selection, and scalers.
// Source: C. A. R. Hoare, Algorithm 65: Find, CACM 4 (1961) 321; parts of three, since many numbers
// are often the same.
#include "data/statistics/fit.h"

#include <math.h>

// ---- quantiles ----

static void swap(double *a, double *b) {
    double kept = *a;
    *a = *b;
    *b = kept;
}

/// Makes x[k] what it would be if [first, n) were sorted, with nothing larger before it and nothing
/// smaller behind. Which number parts the rest follows no pattern that data could have.
static double select_one(double *x, size_t first, size_t n, size_t k) {
    uint64_t random = 0x9e3779b97f4a7c15;
    while (n - first > 1) {
        random = random * 6364136223846793005 + 1442695040888963407;
        double pivot = x[first + (random >> 32) % (n - first)];
        size_t low = first, high = n; // [first, low) are below, [high, n) above
        for (size_t i = first; i < high;)
            if (x[i] < pivot)
                swap(&x[low++], &x[i++]);
            else if (x[i] > pivot)
                swap(&x[i], &x[--high]);
            else
                i++;
        if (k < low)
            n = low;
        else if (k >= high)
            first = high;
        else
            break;
    }
    return x[k];
}

double bl_quantile_of(double *x, size_t n, double q) {
    if (!n)
        return NAN;
    double place = q * (double)(n - 1);
    size_t k = (size_t)place;
    double t = place - (double)k, low = select_one(x, 0, n, k);
    if (k + 1 >= n || t == 0)
        return low;
    double high = select_one(x, k + 1, n, k + 1);
    return t < 0.5 ? low + (high - low) * t : high - (high - low) * (1 - t);
}

bl_quantiles bl_quantiles_of(double *x, size_t n) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            x[m++] = x[i];
    return (bl_quantiles){
        .low = bl_quantile_of(x, m, 0.16),
        .median = bl_quantile_of(x, m, 0.5),
        .high = bl_quantile_of(x, m, 0.84),
    };
}

// ---- scalers ----

/// Where a column is: what it is less, and what that is divided by.
typedef struct place {
    double offset, width;
} place;

static place place_of(bl_scaler scaler, const bl_moments *moments, const bl_quantiles *q) {
    switch (scaler) {
    case BL_SCALER_MINMAX:
        return (place){moments->min, moments->max - moments->min};
    case BL_SCALER_STANDARD:
        return (place){moments->mean, bl_moments_sigma(moments)};
    case BL_SCALER_ROBUST:
        return (place){q->median, fmax(q->high - q->median, q->median - q->low)};
    default:
        return (place){0, 1};
    }
}

static bool is_fitted(bl_scaler scaler) {
    return scaler == BL_SCALER_MINMAX || scaler == BL_SCALER_STANDARD || scaler == BL_SCALER_ROBUST;
}

static bl_status fail(const bl_variable_config *variable, const bl_nn_columns *columns, size_t i,
                      const char *what, bl_error *err) {
    if (variable->name)
        return bl_error_set(err, BL_E_RANGE, "input '%s': variable '%s': %s", columns->input,
                            variable->name, what);
    return bl_error_set(err, BL_E_RANGE, "input '%s': column %zu: %s", columns->input, i, what);
}

/// What was constant is 0.5 from now on, or the nearest to it that the cut lets through.
static void fix_constant(bl_nn_columns *columns, size_t i) {
    double y = fmin(fmax(0.5, columns->low[i]), columns->high[i]);
    columns->low[i] = columns->high[i] = y;
}

bl_status bl_fit_column(const bl_variable_config *variable, const bl_moments *moments,
                        const bl_quantiles *quantiles, bl_nn_columns *columns, size_t i,
                        bl_error *err) {
    bl_scaler scaler = variable->scaler;
    place at = place_of(scaler, moments, quantiles);
    if (is_fitted(scaler) && (isnan(at.offset) || (moments && !moments->n)))
        return fail(variable, columns, i, "there is no finite number to fit its scale from", err);
    bool is_constant = at.width == 0;
    double scale = scaler == BL_SCALER_MANUAL ? variable->scale : 1 / (is_constant ? 1 : at.width);
    double offset = scaler == BL_SCALER_MANUAL ? variable->offset : at.offset;
    if (is_fitted(scaler) && !(isfinite(offset) && isnormal(scale)))
        return fail(variable, columns, i, "its numbers are too far apart, or too near, to scale",
                    err);
    if (variable->name)
        columns->names[i] = variable->name;
    columns->curves[i] = variable->curve;
    columns->offset[i] = offset;
    columns->scale[i] = scale;
    columns->low[i] = variable->low;
    columns->high[i] = variable->high;
    columns->missing[i] = variable->missing;
    columns->pad[i] = variable->pad;
    if (scaler == BL_SCALER_MINMAX && is_constant)
        fix_constant(columns, i);
    return BL_OK;
}
