// SPDX-License-Identifier: Apache-2.0
// Choosing items of lists. Every step says which item of which level each item of the result is;
// what is inside the items follows in one way for all of them.
#include "expr/lists.h"

/// Chosen items of one level: [n], −1 where there is none.
typedef struct choice {
    bl_buffer *memory;
    int64_t *sources;
    int64_t n;
} choice;

static void release(choice *c) { bl_buffer_release(BL_MOVE(c->memory)); }

/// Room for `most` items, of which there are none yet.
static bl_status begin(bl_run *run, int64_t most, choice *c, bl_error *err) {
    *c = (choice){0};
    if (most > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "more than 2147483647 elements");
    BL_TRY(bl_buffer_new(run->context, (size_t)most * sizeof *c->sources, &c->memory, err));
    c->sources = (int64_t *)(void *)c->memory->data;
    return BL_OK;
}

static inline void choose(choice *c, int64_t source) { c->sources[c->n++] = source; }

/// The ends of the chosen lists, and their items as the choice of the level below.
static bl_status gather_lists(bl_run *run, const bl_step *step, const bl_array *from,
                              unsigned level, unsigned out_level, choice *c,
                              const int32_t **ret_offsets, bl_error *err) {
    const int32_t *offsets = from->offsets[level];
    int32_t *ends;
    int64_t n = 0;
    choice inner;
    for (int64_t i = 0; i < c->n; i++)
        n += c->sources[i] < 0 ? 0 : offsets[c->sources[i] + 1] - offsets[c->sources[i]];
    BL_TRY(bl_run_new_offsets(run, step, out_level, c->n, &ends, err));
    BL_TRY(begin(run, n, &inner, err));
    for (int64_t i = 0; i < c->n; i++) {
        int64_t list = c->sources[i];
        for (int32_t k = list < 0 ? 0 : offsets[list]; list >= 0 && k < offsets[list + 1]; k++)
            choose(&inner, k - offsets[0]);
        ends[i + 1] = (int32_t)inner.n;
    }
    release(c);
    *c = inner;
    *ret_offsets = ends;
    return BL_OK;
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
        int64_t k = c->sources[i];
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
/// Ends the choice, also on failure.
static bl_status gather(bl_run *run, const bl_step *step, const bl_array *from, unsigned level,
                        choice *c, unsigned n_around, const int32_t *const *around, bl_error *err) {
    const int32_t *inner[BL_MOST_DEPTH] = {0};
    bl_status status = BL_OK;
    unsigned out_level = n_around;
    for (unsigned k = level; k < from->depth && status == BL_OK; k++, out_level++)
        status = gather_lists(run, step, from, k, out_level, c, &inner[out_level], err);
    bl_array *array = NULL;
    if (status == BL_OK)
        status = gather_elements(run, step, from, c, &array, err);
    release(c);
    for (unsigned k = 0; array && k < step->type.depth; k++)
        array->offsets[k] = k < n_around ? around[k] : inner[k];
    return status;
}

// ---- one item of each event's list ----

static int64_t item_of(const bl_array *from, int64_t row, int64_t i) {
    const int32_t *offsets = from->offsets[0];
    int64_t n = offsets[row + 1] - offsets[row];
    return i >= 0 && i < n ? offsets[row] - offsets[0] + i : -1;
}

bl_status bl_step_item(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *index = bl_run_input(run, step, 1);
    choice c;
    BL_TRY(begin(run, from->n_rows, &c, err));
    for (int64_t row = 0; row < from->n_rows; row++) {
        int64_t i = index->is_constant ? 0 : row;
        bool is_there = !index->valid || index->valid[i];
        choose(&c, is_there ? item_of(from, row, ((const int64_t *)index->data)[i]) : -1);
    }
    return gather(run, step, from, 1, &c, 0, from->offsets, err);
}

bl_status bl_step_last(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    const int32_t *offsets = from->offsets[0];
    choice c;
    BL_TRY(begin(run, from->n_rows, &c, err));
    for (int64_t row = 0; row < from->n_rows; row++)
        choose(&c, item_of(from, row, offsets[row + 1] - offsets[row] - 1));
    return gather(run, step, from, 1, &c, 0, from->offsets, err);
}

// ---- some items of lists ----

/// Item `place` of the list that holds item `at` of a level of `index`.
static int64_t taken(const bl_array *from, unsigned level, int64_t list, int64_t place) {
    const int32_t *offsets = from->offsets[level - 1];
    int64_t n = offsets[list + 1] - offsets[list];
    return place >= 0 && place < n ? offsets[list] - offsets[0] + place : -1;
}

/// Items of each event's list at places in it, where nothing is missing: without a choice between.
static bl_status take_items(bl_run *run, const bl_step *step, const bl_array *from,
                            const bl_array *index, bl_error *err) {
    const int32_t *ends = index->offsets[0], *offsets = from->offsets[0];
    const int64_t *places = (const int64_t *)index->data;
    bl_array *array;
    void *data;
    BL_TRY(bl_run_new(run, step, index->n, &array, &data, err));
    bl_run_share_lists(array, index, 1);
    for (int64_t row = 0; row < run->n_rows; row++) {
        uint64_t n = (uint64_t)(offsets[row + 1] - offsets[row]);
        const uint64_t *items = (const uint64_t *)from->data + (offsets[row] - offsets[0]);
        for (int64_t i = ends[row] - ends[0]; i < ends[row + 1] - ends[0]; i++)
            ((uint64_t *)data)[i] = (uint64_t)places[i] < n ? items[places[i]] : 0;
    }
    return BL_OK;
}

/// The list of level `level` that each innermost list of `index` belongs to is the row, or the list
/// at the same place.
bl_status bl_step_take(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *index = bl_run_input(run, step, 1);
    unsigned level = (unsigned)step->integer; // of `from`, counted from 1
    BL_TRY(bl_run_check_lists(run, from, index, level - 1, err));
    if (from->depth == 1 && index->depth == 1 && !step->type.may_miss &&
        bl_kind_width(from->kind) == sizeof(uint64_t))
        return take_items(run, step, from, index, err);
    choice c;
    BL_TRY(begin(run, index->n, &c, err));
    int64_t n_lists = bl_array_n_lists(index, level - 1), at = 0;
    for (int64_t list = 0; list < n_lists; list++) {
        int64_t end = list + 1;
        for (unsigned k = level - 1; k < index->depth; k++)
            end = index->offsets[k][end] - index->offsets[k][0];
        for (; at < end; at++) {
            bool is_there = !index->valid || index->valid[at];
            int64_t place = ((const int64_t *)index->data)[at];
            choose(&c, is_there ? taken(from, level, list, place) : -1);
        }
    }
    return gather(run, step, from, level, &c, index->depth, index->offsets, err);
}

/// Lists of a level with other items than before.
typedef struct kept {
    const int32_t *around[BL_MOST_DEPTH];
    int32_t *ends; ///< of the lists, from how many each has
    choice chosen;
} kept;

/// The lists, without their items.
static bl_status lay_around(bl_run *run, const bl_step *step, const bl_array *from, unsigned level,
                            kept *k, bl_error *err) {
    *k = (kept){0};
    for (unsigned i = 0; i + 1 < level; i++)
        k->around[i] = from->offsets[i];
    BL_TRY(
        bl_run_new_offsets(run, step, level - 1, bl_array_n_lists(from, level - 1), &k->ends, err));
    k->around[level - 1] = k->ends;
    return BL_OK;
}

static bl_status begin_kept(bl_run *run, const bl_step *step, const bl_array *from, unsigned level,
                            int64_t most, kept *k, bl_error *err) {
    BL_TRY(lay_around(run, step, from, level, k, err));
    return begin(run, most, &k->chosen, err);
}

/// Where nothing is missing and there are no lists in the lists: elements at once.
static bl_status filter_elements(bl_run *run, const bl_step *step, const bl_array *from,
                                 const bl_array *mask, kept *k, bl_error *err) {
    unsigned level = (unsigned)step->integer;
    const int32_t *offsets = from->offsets[level - 1];
    const uint8_t *keep = (const uint8_t *)mask->data;
    const uint64_t *in = (const uint64_t *)from->data;
    int64_t n_lists = bl_array_n_lists(from, level - 1), n = 0;
    bl_array *array;
    void *data;
    BL_TRY(bl_run_new(run, step, mask->n + 1, &array, &data, err));
    for (int64_t list = 0; list < n_lists; list++) {
        int64_t end = offsets[list + 1] - offsets[0];
        for (int64_t i = offsets[list] - offsets[0]; i < end; i++) {
            ((uint64_t *)data)[n] = in[i]; // written always and counted if wanted: no branch
            n += keep[i];
        }
        k->ends[list + 1] = (int32_t)n;
    }
    array->n = n;
    memcpy(array->offsets, k->around, sizeof array->offsets);
    return BL_OK;
}

bl_status bl_step_filter(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *mask = bl_run_input(run, step, 1);
    unsigned level = (unsigned)step->integer;
    const int32_t *offsets = from->offsets[level - 1];
    const uint8_t *keep = (const uint8_t *)mask->data;
    int64_t n_lists = bl_array_n_lists(from, level - 1);
    kept k;
    BL_TRY(bl_run_check_lists(run, from, mask, level, err));
    BL_TRY(lay_around(run, step, from, level, &k, err));
    bool is_plain = from->depth == level && !step->type.may_miss && !mask->valid &&
                    bl_kind_width(from->kind) == sizeof(uint64_t);
    if (is_plain)
        return filter_elements(run, step, from, mask, &k, err);
    BL_TRY(begin(run, mask->n + 1, &k.chosen, err));
    for (int64_t list = 0; list < n_lists; list++) {
        int64_t end = offsets[list + 1] - offsets[0];
        for (int64_t i = offsets[list] - offsets[0]; i < end; i++) {
            k.chosen.sources[k.chosen.n] = i; // written always and counted if wanted: no branch
            k.chosen.n += keep[i] & (mask->valid ? mask->valid[i] : 1);
        }
        k.ends[list + 1] = (int32_t)k.chosen.n;
    }
    return gather(run, step, from, level, &k.chosen, level, k.around, err);
}

bl_status bl_step_slice(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    const int32_t *offsets = from->offsets[0];
    kept k;
    BL_TRY(begin_kept(run, step, from, 1, bl_array_n_lists(from, 1), &k, err));
    for (int64_t row = 0; row < from->n_rows; row++) {
        int64_t n = offsets[row + 1] - offsets[row];
        int64_t end = step->integer2 < n ? step->integer2 : n;
        for (int64_t i = step->integer; i < end; i++)
            choose(&k.chosen, offsets[row] - offsets[0] + i);
        k.ends[row + 1] = (int32_t)k.chosen.n;
    }
    return gather(run, step, from, 1, &k.chosen, 1, k.around, err);
}

bl_status bl_step_pad(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    const int32_t *offsets = from->offsets[0];
    int64_t most = from->n_rows * step->integer + bl_array_n_lists(from, 1);
    kept k;
    BL_TRY(begin_kept(run, step, from, 1, most, &k, err));
    for (int64_t row = 0; row < from->n_rows; row++) {
        int64_t n = offsets[row + 1] - offsets[row];
        int64_t end = n > step->integer && !step->integer2 ? n : step->integer;
        for (int64_t i = 0; i < end; i++)
            choose(&k.chosen, i < n ? offsets[row] - offsets[0] + i : -1);
        k.ends[row + 1] = (int32_t)k.chosen.n;
    }
    return gather(run, step, from, 1, &k.chosen, 1, k.around, err);
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

/// Most lists are short, too short for a call.
static void copy_items(const bl_array *from, int64_t first, int64_t n, void *to, int64_t at) {
    if (bl_kind_width(from->kind) == sizeof(uint64_t))
        for (int64_t i = 0; i < n; i++)
            ((uint64_t *)to)[at + i] = ((const uint64_t *)from->data)[first + i];
    else
        for (int64_t i = 0; i < n; i++)
            ((uint8_t *)to)[at + i] = ((const uint8_t *)from->data)[first + i];
}

bl_status bl_step_concat(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *parts[2] = {bl_run_input(run, step, 0), bl_run_input(run, step, 1)};
    int64_t n = parts[0]->n + parts[1]->n, at = 0;
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
            copy_items(parts[p], first, m, data, at);
            for (int64_t i = 0; valid && i < m; i++)
                valid[at + i] = !parts[p]->valid || parts[p]->valid[first + i];
            at += m;
        }
        offsets[row + 1] = (int32_t)at;
    }
    return BL_OK;
}
