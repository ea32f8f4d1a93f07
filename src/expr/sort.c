// SPDX-License-Identifier: Apache-2.0
// Sorting lists, by the places of their items. The order is total, so that it is the same however
// it is found.
#include <math.h>
#include <stdlib.h>

#include "expr/lists.h"

/// An element to be sorted; what is missing comes last, behind NaN.
typedef struct sorted {
    int rank; ///< 0: a number, 1: NaN, 2: missing
    double real;
    int64_t whole;
    int64_t place;
} sorted;

static int compare_items(const sorted *x, const sorted *y) {
    if (x->rank != y->rank)
        return x->rank - y->rank;
    if (x->rank == 0 && x->real != y->real)
        return x->real < y->real ? -1 : 1;
    if (x->rank == 0 && x->whole != y->whole)
        return x->whole < y->whole ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static sorted to_sort(const bl_array *from, int64_t i, int64_t place, bool descending) {
    sorted s = {.place = place};
    if (from->kind == BL_KIND_FLOAT)
        s.real = ((const double *)from->data)[i];
    else
        s.whole = from->kind == BL_KIND_INT ? ((const int64_t *)from->data)[i]
                                            : ((const uint8_t *)from->data)[i];
    s.rank = from->valid && !from->valid[i] ? 2 : isnan(s.real) ? 1 : 0;
    if (descending) {
        s.real = -s.real;
        s.whole = ~s.whole; // the order turned around, without overflow
    }
    return s;
}

static int compare(const void *a, const void *b) {
    return compare_items((const sorted *)a, (const sorted *)b);
}

/// Lists of an event are short, most of the time, and often sorted already.
static void sort_items(sorted *items, int64_t n) {
    enum { SHORT = 24 };
    if (n > SHORT) {
        qsort(items, (size_t)n, sizeof *items, compare);
        return;
    }
    for (int64_t i = 1; i < n; i++) {
        sorted item = items[i];
        int64_t k = i;
        for (; k > 0 && compare_items(&item, &items[k - 1]) < 0; k--)
            items[k] = items[k - 1];
        items[k] = item;
    }
}

bl_status bl_step_argsort(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    const int32_t *offsets = from->offsets[from->depth - 1];
    bl_array *array;
    void *out, *memory;
    BL_TRY(bl_run_new(run, step, from->n, &array, &out, err));
    bl_run_share_lists(array, from, from->depth);
    for (int64_t list = 0; list < bl_array_n_lists(from, from->depth - 1); list++) {
        int64_t first = offsets[list] - offsets[0], n = offsets[list + 1] - offsets[list];
        BL_TRY(bl_run_scratch(run, (size_t)n * sizeof(sorted), &memory, err));
        sorted *items = (sorted *)memory;
        for (int64_t i = 0; i < n; i++)
            items[i] = to_sort(from, first + i, i, step->integer != 0);
        sort_items(items, n);
        for (int64_t i = 0; i < n; i++)
            ((int64_t *)out)[first + i] = items[i].place;
    }
    return BL_OK;
}
