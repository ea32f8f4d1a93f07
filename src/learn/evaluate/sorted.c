// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/sorted.h"

#include <math.h>
#include <stdlib.h>

typedef struct item {
    double value;
    size_t number;
} item;

static int ascending(const void *a, const void *b) {
    const item *x = (const item *)a, *y = (const item *)b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static void take(const item *items, const double *weights, bl_sorted *to) {
    for (size_t i = 0; i < to->n; i++) {
        to->values[i] = items[i].value;
        to->order[i] = items[i].number;
        to->weights[i] = weights[items[i].number];
    }
}

bl_status bl_sorted_make(bl_arena *arena, size_t n, const double *values, const double *weights,
                         bl_sorted *ret_sorted, bl_error *err) {
    bl_sorted sorted = {.n = n,
                        .values = (double *)bl_arena_array(arena, n + 1, sizeof(double)),
                        .weights = (double *)bl_arena_array(arena, n + 1, sizeof(double)),
                        .order = (size_t *)bl_arena_array(arena, n + 1, sizeof(size_t))};
    item *items = (item *)bl_alloc(arena->context, (n + 1) * sizeof *items);
    bool is_there = items && sorted.values && sorted.weights && sorted.order;
    for (size_t i = 0; is_there && i < n; i++)
        items[i] = (item){values[i], i};
    if (is_there) {
        qsort(items, n, sizeof *items, ascending);
        take(items, weights, &sorted);
        *ret_sorted = sorted;
    }
    bl_free(arena->context, items);
    return is_there ? BL_OK : bl_error_nomem(err, n * sizeof *items, "numbers in order");
}

double bl_sorted_quantile(const bl_sorted *sorted, double q) {
    double all = 0, below = 0, sum = 0, first = NAN, last = NAN;
    for (size_t i = 0; i < sorted->n; i++)
        all += sorted->weights[i];
    if (all == 0)
        return NAN;
    double sign = all < 0 ? -1 : 1, wanted = q * fabs(all);
    for (size_t i = 0; i < sorted->n; i++) {
        sum += sign * sorted->weights[i];
        if (!bl_sorted_ends(sorted, i))
            continue;
        if (isnan(first) && sum >= wanted)
            first = sorted->values[i];
        if (below <= wanted)
            last = sorted->values[i];
        below = sum;
    }
    return (first + last) / 2;
}
