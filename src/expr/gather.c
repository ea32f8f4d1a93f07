// SPDX-License-Identifier: Apache-2.0
// Choosing items of lists. Every step says which item of which level each item of the result is;
// what is inside the items follows in one way for all of them.
#include <math.h>
#include <stdlib.h>

#include "expr/elementwise.h"
#include "expr/lists.h"

/// Chosen items of one level: [n], −1 where there is none, with their number growing as they come.
typedef struct choice {
    bl_context *context;
    bl_buffer *memory;
    int64_t n;
} choice;

static int64_t *sources(const choice *c) { return (int64_t *)(void *)c->memory->data; }

static bl_status choose(choice *c, int64_t source, bl_error *err) {
    size_t needed = ((size_t)c->n + 1) * sizeof source;
    if (c->n >= INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "more than 2147483647 elements");
    if (!c->memory)
        BL_TRY(bl_buffer_new(c->context, 1024 * sizeof source, &c->memory, err));
    if (needed > c->memory->capacity) {
        c->memory->size = (size_t)c->n * sizeof source;
        BL_TRY(bl_buffer_reserve(&c->memory, 2 * needed, err));
    }
    sources(c)[c->n++] = source;
    return BL_OK;
}

static void release(choice *c) { bl_buffer_release(BL_MOVE(c->memory)); }

/// The ends of lists and their items, one level further down.
static bl_status gather_lists(bl_run *run, const bl_step *step, const bl_array *from,
                              unsigned level, unsigned out_level, choice *c,
                              const int32_t **ret_offsets, bl_error *err) {
    const int32_t *offsets = from->offsets[level];
    int32_t *ends;
    choice inner = {.context = run->context};
    BL_TRY(bl_run_new_offsets(run, step, out_level, c->n, &ends, err));
    bl_status status = BL_OK;
    for (int64_t i = 0; i < c->n && status == BL_OK; i++) {
        int64_t list = sources(c)[i];
        for (int32_t k = list < 0 ? 0 : offsets[list]; list >= 0 && k < offsets[list + 1]; k++)
            if ((status = choose(&inner, k - offsets[0], err)) != BL_OK)
                break;
        ends[i + 1] = (int32_t)inner.n;
    }
    release(c);
    *c = inner;
    *ret_offsets = ends;
    return status;
}

static bl_status gather_elements(bl_run *run, const bl_step *step, const bl_array *from,
                                 const choice *c, bl_array **ret_array, bl_error *err) {
    void *data;
    uint8_t *valid = NULL;
    size_t width = bl_kind_width(from->kind);
    BL_TRY(bl_run_new(run, step, c->n, ret_array, &data, err));
    if (step->type.may_miss)
        BL_TRY(bl_run_new_valid(run, step, &valid, err));
    for (int64_t i = 0; i < c->n; i++) {
        int64_t k = sources(c)[i];
        if (k < 0)
            memset((uint8_t *)data + (size_t)i * width, 0, width);
        else if (width == 8)
            ((int64_t *)data)[i] = ((const int64_t *)from->data)[k];
        else
            ((uint8_t *)data)[i] = ((const uint8_t *)from->data)[k];
        if (valid)
            valid[i] = k >= 0 && (!from->valid || from->valid[k]);
    }
    return BL_OK;
}

/// The array of chosen items of level `level` of `from`, whose lists around them are `around`.
static bl_status gather(bl_run *run, const bl_step *step, const bl_array *from, unsigned level,
                        choice *c, unsigned n_around, const int32_t *const *around, bl_error *err) {
    const int32_t *inner[BL_MOST_DEPTH] = {0};
    bl_status status = BL_OK;
    unsigned out_level = n_around;
    for (unsigned k = level; k < from->depth && status == BL_OK; k++, out_level++)
        status = gather_lists(run, step, from, k, out_level, c, &inner[out_level], err);
    bl_array *array;
    if (status == BL_OK && !c->memory) // nothing was chosen
        status = bl_buffer_new(run->context, 8, &c->memory, err);
    if (status == BL_OK)
        status = gather_elements(run, step, from, c, &array, err);
    release(c);
    if (status != BL_OK)
        return status;
    for (unsigned k = 0; k < step->type.depth; k++)
        array->offsets[k] = k < n_around ? around[k] : inner[k];
    return BL_OK;
}

// ---- one item of each event's list ----

static int64_t item_of(const bl_array *from, int64_t row, int64_t i) {
    const int32_t *offsets = from->offsets[0];
    int64_t n = offsets[row + 1] - offsets[row];
    return i >= 0 && i < n ? offsets[row] - offsets[0] + i : -1;
}

bl_status bl_step_item(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *index = bl_run_input(run, step, 1);
    choice c = {.context = run->context};
    bl_status status = BL_OK;
    for (int64_t row = 0; row < from->n_rows && status == BL_OK; row++) {
        int64_t i = index->is_constant ? 0 : row;
        bool is_there = !index->valid || index->valid[i];
        status =
            choose(&c, is_there ? item_of(from, row, ((const int64_t *)index->data)[i]) : -1, err);
    }
    if (status == BL_OK)
        return gather(run, step, from, 1, &c, 0, NULL, err);
    release(&c);
    return status;
}

bl_status bl_step_last(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    const int32_t *offsets = from->offsets[0];
    choice c = {.context = run->context};
    bl_status status = BL_OK;
    for (int64_t row = 0; row < from->n_rows && status == BL_OK; row++)
        status = choose(&c, item_of(from, row, offsets[row + 1] - offsets[row] - 1), err);
    if (status == BL_OK)
        return gather(run, step, from, 1, &c, 0, NULL, err);
    release(&c);
    return status;
}

// ---- some items of lists ----

/// Item `place` of the list that holds item `at` of a level of `index`.
static int64_t taken(const bl_array *from, unsigned level, int64_t list, int64_t place) {
    const int32_t *offsets = from->offsets[level - 1];
    int64_t n = offsets[list + 1] - offsets[list];
    return place >= 0 && place < n ? offsets[list] - offsets[0] + place : -1;
}

/// The list of level `level` that each innermost list of `index` belongs to is the row, or the list
/// at the same place.
bl_status bl_step_take(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *index = bl_run_input(run, step, 1);
    unsigned level = (unsigned)step->integer; // of `from`, counted from 1
    BL_TRY(bl_run_check_lists(run, from, index, level - 1, err));
    choice c = {.context = run->context};
    bl_status status = BL_OK;
    int64_t n_lists = bl_array_n_lists(index, level - 1), at = 0;
    for (int64_t list = 0; list < n_lists && status == BL_OK; list++) {
        int64_t end = list + 1;
        for (unsigned k = level - 1; k < index->depth; k++)
            end = index->offsets[k][end] - index->offsets[k][0];
        for (; at < end && status == BL_OK; at++) {
            bool is_there = !index->valid || index->valid[at];
            int64_t place = ((const int64_t *)index->data)[at];
            status = choose(&c, is_there ? taken(from, level, list, place) : -1, err);
        }
    }
    if (status == BL_OK)
        return gather(run, step, from, level, &c, index->depth, index->offsets, err);
    release(&c);
    return status;
}

/// Lists of a level with fewer items: the ends, from how many each list keeps.
typedef struct kept {
    const int32_t *around[BL_MOST_DEPTH];
    int32_t *ends;
    choice chosen;
} kept;

static bl_status begin_kept(bl_run *run, const bl_step *step, const bl_array *from, unsigned level,
                            kept *k, bl_error *err) {
    *k = (kept){.chosen.context = run->context};
    for (unsigned i = 0; i + 1 < level; i++)
        k->around[i] = from->offsets[i];
    BL_TRY(
        bl_run_new_offsets(run, step, level - 1, bl_array_n_lists(from, level - 1), &k->ends, err));
    k->around[level - 1] = k->ends;
    return BL_OK;
}

static bl_status end_kept(bl_run *run, const bl_step *step, const bl_array *from, unsigned level,
                          kept *k, bl_status status, bl_error *err) {
    if (status == BL_OK)
        return gather(run, step, from, level, &k->chosen, level, k->around, err);
    release(&k->chosen);
    return status;
}

bl_status bl_step_filter(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *mask = bl_run_input(run, step, 1);
    unsigned level = (unsigned)step->integer;
    const int32_t *offsets = from->offsets[level - 1];
    int64_t n_lists = bl_array_n_lists(from, level - 1);
    BL_TRY(bl_run_check_lists(run, from, mask, level, err));
    kept k;
    BL_TRY(begin_kept(run, step, from, level, &k, err));
    bl_status status = BL_OK;
    for (int64_t list = 0; list < n_lists && status == BL_OK; list++) {
        for (int64_t i = offsets[list] - offsets[0]; i < offsets[list + 1] - offsets[0]; i++)
            if (((const uint8_t *)mask->data)[i] && (!mask->valid || mask->valid[i]) &&
                (status = choose(&k.chosen, i, err)) != BL_OK)
                break;
        k.ends[list + 1] = (int32_t)k.chosen.n;
    }
    return end_kept(run, step, from, level, &k, status, err);
}

bl_status bl_step_slice(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    const int32_t *offsets = from->offsets[0];
    kept k;
    BL_TRY(begin_kept(run, step, from, 1, &k, err));
    bl_status status = BL_OK;
    for (int64_t row = 0; row < from->n_rows && status == BL_OK; row++) {
        int64_t n = offsets[row + 1] - offsets[row];
        int64_t end = step->integer2 < n ? step->integer2 : n;
        for (int64_t i = step->integer; i < end && status == BL_OK; i++)
            status = choose(&k.chosen, offsets[row] - offsets[0] + i, err);
        k.ends[row + 1] = (int32_t)k.chosen.n;
    }
    return end_kept(run, step, from, 1, &k, status, err);
}

bl_status bl_step_pad(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    const int32_t *offsets = from->offsets[0];
    kept k;
    BL_TRY(begin_kept(run, step, from, 1, &k, err));
    bl_status status = BL_OK;
    for (int64_t row = 0; row < from->n_rows && status == BL_OK; row++) {
        int64_t n = offsets[row + 1] - offsets[row];
        int64_t end = n > step->integer && !step->integer2 ? n : step->integer;
        for (int64_t i = 0; i < end && status == BL_OK; i++)
            status = choose(&k.chosen, i < n ? offsets[row] - offsets[0] + i : -1, err);
        k.ends[row + 1] = (int32_t)k.chosen.n;
    }
    return end_kept(run, step, from, 1, &k, status, err);
}

// ---- lists made of others ----

bl_status bl_step_flatten(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    int32_t *offsets;
    BL_TRY(bl_run_new_offsets(run, step, 0, from->n_rows, &offsets, err));
    for (int64_t row = 1; row <= from->n_rows; row++)
        offsets[row] =
            from->offsets[1][from->offsets[0][row] - from->offsets[0][0]] - from->offsets[1][0];
    bl_array *array = &run->arrays[bl_run_number(run, step)];
    *array = *from;
    array->depth = step->type.depth;
    array->offsets[0] = offsets;
    for (unsigned k = 1; k < array->depth; k++)
        array->offsets[k] = from->offsets[k + 1];
    return BL_OK;
}

bl_status bl_step_concat(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *parts[2] = {bl_run_input(run, step, 0), bl_run_input(run, step, 1)};
    int64_t n = parts[0]->n + parts[1]->n, at = 0;
    size_t width = bl_kind_width(step->type.kind);
    int32_t *offsets;
    bl_array *array;
    void *data;
    uint8_t *valid = NULL;
    if (n > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "more than 2147483647 elements");
    BL_TRY(bl_run_new(run, step, n, &array, &data, err));
    BL_TRY(bl_run_new_offsets(run, step, 0, run->n_rows, &offsets, err));
    array->offsets[0] = offsets;
    if (step->type.may_miss)
        BL_TRY(bl_run_new_valid(run, step, &valid, err));
    for (int64_t row = 0; row < run->n_rows; row++) {
        for (int p = 0; p < 2; p++) {
            const int32_t *ends = parts[p]->offsets[0];
            int64_t first = ends[row] - ends[0], m = ends[row + 1] - ends[row];
            if (m)
                memcpy((uint8_t *)data + (size_t)at * width,
                       (const uint8_t *)parts[p]->data + (size_t)first * width, (size_t)m * width);
            for (int64_t i = 0; valid && i < m; i++)
                valid[at + i] = !parts[p]->valid || parts[p]->valid[first + i];
            at += m;
        }
        offsets[row + 1] = (int32_t)at;
    }
    return BL_OK;
}

// ---- sorting ----

/// An element to be sorted; what is missing comes last, behind NaN.
typedef struct sorted {
    int rank; ///< 0: a number, 1: NaN, 2: missing
    double real;
    int64_t whole;
    int64_t place;
} sorted;

static int compare(const void *a, const void *b) {
    const sorted *x = (const sorted *)a, *y = (const sorted *)b;
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
        qsort(items, (size_t)n, sizeof *items, compare);
        for (int64_t i = 0; i < n; i++)
            ((int64_t *)out)[first + i] = items[i].place;
    }
    return BL_OK;
}
