// SPDX-License-Identifier: Apache-2.0
#include "plot/histogram.h"

#include <math.h>
#include <stdint.h>

enum { MOST_BINS = 1000000 };

static bl_status make_room(bl_histogram *h, bl_arena *arena, size_t n_bins, bl_error *err) {
    if (n_bins == 0 || n_bins > MOST_BINS)
        return bl_error_set(err, BL_E_INVALID, "%zu bins; there are 1 to %d", n_bins, MOST_BINS);
    *h = (bl_histogram){.n_bins = n_bins};
    h->edges = (double *)bl_arena_array(arena, n_bins + 1, sizeof *h->edges);
    h->bins = (bl_bin *)bl_arena_array(arena, n_bins + 2, sizeof *h->bins);
    return h->edges && h->bins ? BL_OK
                               : bl_error_nomem(err, n_bins * sizeof *h->bins, "a histogram");
}

bl_status bl_histogram_init(bl_histogram *h, bl_arena *arena, size_t n_bins, double low,
                            double high, bl_error *err) {
    if (!(low < high) || !isfinite(low) || !isfinite(high))
        return bl_error_set(err, BL_E_INVALID, "bins from %g to %g", low, high);
    BL_TRY(make_room(h, arena, n_bins, err));
    h->is_uniform = true;
    for (size_t i = 0; i <= n_bins; i++)
        h->edges[i] = low + (high - low) * ((double)i / (double)n_bins);
    h->edges[n_bins] = high;
    return BL_OK;
}

bl_status bl_histogram_init_edges(bl_histogram *h, bl_arena *arena, const double *edges,
                                  size_t n_edges, bl_error *err) {
    BL_TRY(make_room(h, arena, n_edges ? n_edges - 1 : 0, err));
    for (size_t i = 0; i < n_edges; i++) {
        if (!isfinite(edges[i]) || (i && !(edges[i - 1] < edges[i])))
            return bl_error_set(err, BL_E_INVALID, "edges ascend, and %g does not", edges[i]);
        h->edges[i] = edges[i];
    }
    return BL_OK;
}

/// The least of 1, 2, 2.5 and 5 times a power of ten that is no less than `width`.
static double round_width(double width) {
    static const double steps[] = {1, 2, 2.5, 5};
    double power = pow(10, floor(log10(width)));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] * power >= width * (1 - 1e-12))
            return steps[i] * power;
    return 10 * power;
}

bl_status bl_histogram_init_around(bl_histogram *h, bl_arena *arena, size_t n_bins, double low,
                                   double high, bl_error *err) {
    if (n_bins == 0 || !isfinite(low) || !isfinite(high))
        return bl_error_set(err, BL_E_INVALID, "%zu bins from %g to %g", n_bins, low, high);
    double least = 1e-6 * fmax(fabs(low), fabs(high));
    double width = round_width(high - low > least ? (high - low) / (double)n_bins : 1);
    double first = floor(low / width) * width;
    double n = floor((high - first) / width) + 1; // so that `high` is in the last
    return bl_histogram_init(h, arena, (size_t)n, first, first + n * width, err);
}

/// 0: below, n_bins + 1: above or at the last edge.
static size_t bin_of(const bl_histogram *h, double x) {
    if (x < h->edges[0])
        return 0;
    if (x >= h->edges[h->n_bins])
        return h->n_bins + 1;
    size_t first = 0, n = h->n_bins;
    if (h->is_uniform) {
        double share = (x - h->edges[0]) / (h->edges[n] - h->edges[0]);
        first = (size_t)(share * (double)n);
        first = first < n ? first : n - 1;
        first -= first && x < h->edges[first]; // what rounding did
        return 1 + first + (x >= h->edges[first + 1]);
    }
    while (n > 1) {
        size_t half = n / 2;
        if (x >= h->edges[first + half])
            first += half;
        n -= half;
    }
    return 1 + first;
}

void bl_histogram_fill(bl_histogram *h, double x, double weight) {
    if (isnan(x)) {
        h->n_missing++;
        return;
    }
    size_t bin = bin_of(h, x);
    h->n_entries++;
    bl_sum_add(&h->bins[bin].sumw, weight);
    bl_sum_add(&h->bins[bin].sumw2, weight * weight);
    if (bin == 0 || bin > h->n_bins)
        return;
    bl_sum_add(&h->sumw, weight);
    bl_sum_add(&h->sumw2, weight * weight);
    bl_sum_add(&h->wx, weight * x);
    bl_sum_add(&h->wx2, weight * x * x);
}

double bl_histogram_content(const bl_histogram *h, size_t bin) {
    return bl_sum_value(&h->bins[bin].sumw);
}

double bl_histogram_error(const bl_histogram *h, size_t bin) {
    return sqrt(bl_sum_value(&h->bins[bin].sumw2));
}

double bl_histogram_mean(const bl_histogram *h) {
    return bl_sum_value(&h->wx) / bl_sum_value(&h->sumw);
}

double bl_histogram_std(const bl_histogram *h) {
    double mean = bl_histogram_mean(h);
    double variance = bl_sum_value(&h->wx2) / bl_sum_value(&h->sumw) - mean * mean;
    return sqrt(variance > 0 || isnan(variance) ? variance : 0);
}

bl_status bl_histogram_series(const bl_histogram *h, bl_arena *arena, const char *label,
                              bool has_errors, bl_series *ret_series, bl_error *err) {
    size_t n = h->n_bins;
    double *y = (double *)bl_arena_array(arena, n, sizeof *y);
    double *low = (double *)bl_arena_array(arena, n, sizeof *low);
    double *high = (double *)bl_arena_array(arena, n, sizeof *high);
    if (!y || !low || !high)
        return bl_error_nomem(err, 3 * n * sizeof *y, "a histogram's outline");
    for (size_t i = 0; i < n; i++) {
        y[i] = bl_histogram_content(h, i + 1);
        low[i] = y[i] - bl_histogram_error(h, i + 1);
        high[i] = y[i] + bl_histogram_error(h, i + 1);
    }
    *ret_series = (bl_series){.label = label,
                              .mark = BL_MARK_STEPS,
                              .n = n,
                              .x = h->edges,
                              .y = y,
                              .low = has_errors ? low : NULL,
                              .high = has_errors ? high : NULL};
    return BL_OK;
}

// ---- values ----

static double value_at(const bl_column *leaf, bl_type_id id, int64_t i) {
    const void *values = bl_column_values(leaf);
    if (id == BL_BOOL)
        return (((const uint8_t *)values)[i / 8] >> i % 8) & 1;
    return id == BL_INT64 ? (double)((const int64_t *)values)[i] : ((const double *)values)[i];
}

bl_status bl_values_visit(const bl_column *column, const double *weights, bl_value_fn visit,
                          void *self, bl_error *err) {
    enum { MOST_DEPTH = 16 };
    const int32_t *offsets[MOST_DEPTH];
    size_t depth = 0;
    int64_t n_rows = bl_column_length(column);
    while (bl_type_get_id(bl_column_type(column)) == BL_LIST && depth < MOST_DEPTH) {
        offsets[depth++] = (const int32_t *)bl_column_offsets(column);
        column = bl_column_child(column, 0);
    }
    bl_type_id id = bl_type_get_id(bl_column_type(column));
    if (id != BL_BOOL && id != BL_INT64 && id != BL_FLOAT64)
        return bl_error_set(err, BL_E_TYPE, "no numbers");
    for (int64_t row = 0; row < n_rows; row++) {
        int64_t first = row, last = row + 1;
        for (size_t k = 0; k < depth; k++) {
            first = offsets[k][first];
            last = offsets[k][last];
        }
        for (int64_t i = first; i < last; i++)
            visit(self, value_at(column, id, i), weights ? weights[row] : 1);
    }
    return BL_OK;
}
