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
static bl_status lay_out(bl_run *run, const bl_step *step,
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
    BL_TRY(bl_run_new(run, step, n, &array, &data, err));
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
    BL_TRY(lay_out(run, step, count_combinations, &out, err));
    for (int64_t row = 0; row < run->n_rows; row++) {
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

static int64_t count_pairs(bl_run *run, const bl_step *step, int64_t row) {
    return length(run, step, 0, row) * length(run, step, 1, row);
}

bl_status bl_step_cartesian(bl_run *run, const bl_step *step, bl_error *err) {
    int64_t *out;
    BL_TRY(lay_out(run, step, count_pairs, &out, err));
    for (int64_t row = 0; row < run->n_rows; row++)
        for (int64_t i = 0; i < length(run, step, 0, row); i++)
            for (int64_t j = 0; j < length(run, step, 1, row); j++)
                *out++ = step->integer == 0 ? i : j;
    return BL_OK;
}
