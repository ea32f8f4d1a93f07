// SPDX-License-Identifier: Apache-2.0
// Combinations of items of an event, as the places of their items.
#include "expr/lists.h"

/// Binomial coefficients up to three, without overflow for lists of up to 2^20 items.
static int64_t n_choices(int64_t n, int64_t k) {
    if (n < k)
        return 0;
    return k == 1 ? n : k == 2 ? n * (n - 1) / 2 : n * (n - 1) / 2 * (n - 2) / 3;
}

/// Adds the ends of lists of as many items as `count` says of each row. \param ret_n all of them
static bl_status lay_out(bl_run *run, const bl_step *step, bool has_data,
                         int64_t (*count)(bl_run *run, const bl_step *step, int64_t row),
                         int64_t **ret_data, bl_error *err) {
    enum { MOST = 1 << 20 }; // items of a list: more would not fit the result anyway
    int32_t *offsets;
    bl_array *array;
    void *data;
    int64_t n = 0;
    BL_TRY(bl_run_new_offsets(run, step, 0, run->n_rows, &offsets, err));
    for (int64_t row = 0; row < run->n_rows; row++) {
        for (unsigned i = 0; i < step->n_inputs; i++) {
            const int32_t *ends = bl_run_input(run, step, i)->offsets[0];
            if (ends[row + 1] - ends[row] > MOST)
                return bl_error_set(err, BL_E_LIMIT, "combinations of a list of %d items",
                                    ends[row + 1] - ends[row]);
        }
        n += count(run, step, row);
        if (n > INT32_MAX)
            return bl_error_set(err, BL_E_LIMIT, "more than 2147483647 combinations");
        offsets[row + 1] = (int32_t)n;
    }
    BL_TRY(bl_run_new(run, step, has_data ? n : 0, &array, &data, err));
    array->n = n;
    array->offsets[0] = offsets;
    *ret_data = (int64_t *)data;
    return BL_OK;
}

static int64_t length(const bl_run *run, const bl_step *step, unsigned input, int64_t row) {
    const int32_t *ends = bl_run_input(run, step, input)->offsets[0];
    return ends[row + 1] - ends[row];
}

static int64_t count_combinations(bl_run *run, const bl_step *step, int64_t row) {
    return n_choices(length(run, step, 0, row), step->integer);
}

/// In the order of nested loops: (0, 1), (0, 2), …, (1, 2), …
bl_status bl_step_combination(bl_run *run, const bl_step *step, bl_error *err) {
    int64_t *out;
    BL_TRY(lay_out(run, step, step->is_read, count_combinations, &out, err));
    for (int64_t row = 0; step->is_read && row < run->n_rows; row++) {
        int64_t n = length(run, step, 0, row);
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = i + 1; j < n; j++) {
                if (step->integer == 2) {
                    *out++ = step->integer2 == 0 ? i : j;
                    continue;
                }
                for (int64_t k = j + 1; k < n; k++)
                    *out++ = step->integer2 == 0 ? i : step->integer2 == 1 ? j : k;
            }
    }
    return BL_OK;
}

/// Values are copied as they are.
static uint64_t *repeat(uint64_t item, int64_t n, uint64_t *out) {
    for (int64_t i = 0; i < n; i++)
        out[i] = item;
    return out + n;
}

static uint64_t *copy(const uint64_t *items, int64_t n, uint64_t *out) {
    for (int64_t i = 0; i < n; i++)
        out[i] = items[i];
    return out + n;
}

/// Place `k` of all pairs of `n` items.
static uint64_t *take_pairs(const uint64_t *items, int64_t n, int64_t k, uint64_t *out) {
    for (int64_t i = 0; i + 1 < n; i++)
        out = k == 0 ? repeat(items[i], n - i - 1, out) : copy(items + i + 1, n - i - 1, out);
    return out;
}

/// Of all triples: behind each first item come the pairs of the others.
static uint64_t *take_triples(const uint64_t *items, int64_t n, int64_t k, uint64_t *out) {
    for (int64_t i = 0; i + 2 < n; i++) {
        int64_t left = n - i - 1;
        out = k == 0 ? repeat(items[i], left * (left - 1) / 2, out)
                     : take_pairs(items + i + 1, left, k - 1, out);
    }
    return out;
}

bl_status bl_step_take_combination(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *places = bl_run_input(run, step, 1);
    const bl_step *combination = &run->program->steps[step->inputs[1]];
    const int32_t *offsets = from->offsets[0];
    bl_array *array;
    void *data;
    BL_TRY(bl_run_check_lists(run, bl_run_input(run, combination, 0), from, 1, err));
    BL_TRY(bl_run_new(run, step, places->n, &array, &data, err));
    bl_run_share_lists(array, places, 1);
    uint64_t *out = (uint64_t *)data;
    for (int64_t row = 0; row < run->n_rows; row++) {
        const uint64_t *items = (const uint64_t *)from->data + (offsets[row] - offsets[0]);
        int64_t n = offsets[row + 1] - offsets[row];
        out = combination->integer == 2 ? take_pairs(items, n, combination->integer2, out)
                                        : take_triples(items, n, combination->integer2, out);
    }
    return BL_OK;
}

static int64_t count_pairs(bl_run *run, const bl_step *step, int64_t row) {
    return length(run, step, 0, row) * length(run, step, 1, row);
}

bl_status bl_step_cartesian(bl_run *run, const bl_step *step, bl_error *err) {
    int64_t *out;
    BL_TRY(lay_out(run, step, true, count_pairs, &out, err));
    for (int64_t row = 0; row < run->n_rows; row++)
        for (int64_t i = 0; i < length(run, step, 0, row); i++)
            for (int64_t j = 0; j < length(run, step, 1, row); j++)
                *out++ = step->integer == 0 ? i : j;
    return BL_OK;
}
