// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/binning.h"

#include <math.h>
#include <stdlib.h>

#include "base/elementary.h"

enum { MOST_LOOKED_AT = 100000, TAIL = 200, FEWEST = 20 };

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/// Bins of whole integers.
static bl_status init_integers(bl_arena *arena, size_t n_bins, double low, double high,
                               bl_histogram *ret_histogram, bl_error *err) {
    double width = ceil((high - low + 1) / (double)n_bins);
    double n = ceil((high - low + 1) / width);
    return bl_histogram_init(ret_histogram, arena, (size_t)n, low - 0.5, low - 0.5 + n * width,
                             err);
}

static bl_status around(bl_arena *arena, size_t n_bins, double low, double high,
                        bl_histogram *ret_histogram, bl_error *err) {
    return bl_histogram_init_around(ret_histogram, arena, n_bins, low, high, err);
}

static bool are_integers(const double *values, size_t n) {
    size_t i = 0;
    while (i < n && values[i] == trunc(values[i]) && fabs(values[i]) < 0x1p31)
        i++;
    return i == n;
}

bl_status bl_binning_around(bl_arena *arena, size_t n_bins, size_t n, const double *values,
                            bl_histogram *ret_histogram, bl_error *err) {
    size_t step = n / MOST_LOOKED_AT + 1, n_there = 0;
    double *there = (double *)bl_alloc(arena->context, (n / step + 1) * sizeof *there);
    bl_histogram histogram = {0};
    bl_status status = BL_OK;
    if (!there)
        return bl_error_nomem(err, n / step * sizeof *there, "numbers in order");
    for (size_t i = 0; i < n; i += step)
        if (isfinite(values[i]))
            there[n_there++] = values[i];
    qsort(there, n_there, sizeof *there, ascending);
    size_t cut = n_there / TAIL;
    if (n_there && there[0] < there[n_there - 1] && isfinite(there[n_there - 1] - there[0])) {
        bool has_range = there[cut] < there[n_there - 1 - cut];
        cut = has_range ? cut : 0; // nearly all are the same
        status = (are_integers(there, n_there) ? init_integers : around)(
            arena, n_bins, there[cut], there[n_there - 1 - cut], &histogram, err);
    }
    bl_free(arena->context, there);
    if (status == BL_OK)
        *ret_histogram = histogram;
    return status;
}

/// Edges at equal steps through numbers in order; those that are equal are one.
/// \param edges [n_bins + 1] \return how many
static size_t step_through(size_t n_bins, size_t n, const double *ascending_values, double *edges) {
    size_t n_edges = 0;
    for (size_t i = 0; n && i <= n_bins; i++) {
        double edge = ascending_values[i * (n - 1) / n_bins];
        if (!n_edges || edge > edges[n_edges - 1])
            edges[n_edges++] = edge;
    }
    return n_edges;
}

bl_status bl_binning_quantiles(bl_arena *arena, size_t n_bins, size_t n, const double *values,
                               bl_histogram *ret_histogram, bl_error *err) {
    size_t n_there = 0, n_edges = 0;
    double *edges = (double *)bl_alloc(arena->context, (n_bins + 1) * sizeof *edges);
    double *there = (double *)bl_alloc(arena->context, (n + 1) * sizeof *there);
    bl_histogram histogram = {0};
    bl_status status = BL_OK;
    if (edges && there) {
        for (size_t i = 0; i < n; i++)
            if (isfinite(values[i]))
                there[n_there++] = values[i];
        qsort(there, n_there, sizeof *there, ascending);
        size_t most = n_there / FEWEST ? n_there / FEWEST : 1;
        n_edges = step_through(most < n_bins ? most : n_bins, n_there, there, edges);
    } else {
        status = bl_error_nomem(err, n * sizeof *there, "numbers in order");
    }
    if (n_edges >= 2)
        status = bl_histogram_init_edges(&histogram, arena, edges, n_edges, err);
    bl_free(arena->context, edges);
    bl_free(arena->context, there);
    if (status == BL_OK)
        *ret_histogram = histogram;
    return status;
}

bl_status bl_binning_again(bl_arena *arena, const bl_histogram *like, bl_histogram *ret_histogram,
                           bl_error *err) {
    if (like->is_uniform)
        return bl_histogram_init(ret_histogram, arena, like->n_bins, like->edges[0],
                                 like->edges[like->n_bins], err);
    return bl_histogram_init_edges(ret_histogram, arena, like->edges, like->n_bins + 1, err);
}

void bl_binning_fill(bl_histogram *histogram, double x, double weight) {
    bool is_last = x == histogram->edges[histogram->n_bins];
    bl_histogram_fill(histogram, is_last ? nextafter(x, -INFINITY) : x, weight);
}

static double content(const bl_histogram *h, size_t bin) {
    double x = bl_histogram_content(h, bin);
    return x > 0 ? x : 0;
}

static double total(const bl_histogram *h) {
    bl_sum sum = {0};
    for (size_t bin = 0; bin < h->n_bins + 2; bin++)
        bl_sum_add(&sum, content(h, bin));
    return bl_sum_value(&sum);
}

/// p·log₂(p/m)
static double term(double p, double m) { return p > 0 ? p * bl_ln(p / m) / bl_ln(2) : 0; }

double bl_divergence(const bl_histogram *p, const bl_histogram *q) {
    double all_p = total(p), all_q = total(q);
    bl_sum sum = {0};
    if (all_p == 0 || all_q == 0)
        return NAN;
    for (size_t bin = 0; bin < p->n_bins + 2; bin++) {
        double a = content(p, bin) / all_p, b = content(q, bin) / all_q, m = (a + b) / 2;
        bl_sum_add(&sum, (term(a, m) + term(b, m)) / 2);
    }
    double d = bl_sum_value(&sum);
    return d > 0 ? d : 0; // what rounding did
}

static double size_of(const bl_histogram *h) {
    bl_sum sumw = {0}, sumw2 = {0};
    for (size_t bin = 0; bin < h->n_bins + 2; bin++) {
        bl_sum_add(&sumw, bl_sum_value(&h->bins[bin].sumw));
        bl_sum_add(&sumw2, bl_sum_value(&h->bins[bin].sumw2));
    }
    return bl_sum_value(&sumw) * bl_sum_value(&sumw) / bl_sum_value(&sumw2);
}

double bl_divergence_chance(const bl_histogram *all, const bl_histogram *part) {
    double n_filled = 0;
    for (size_t bin = 0; bin < all->n_bins + 2; bin++)
        n_filled += content(all, bin) > 0;
    if (total(all) == 0 || total(part) == 0)
        return NAN;
    double blind = fmax(0, 1 / size_of(part) - 1 / size_of(all));
    return (n_filled - 1) * blind / (8 * bl_ln(2));
}
