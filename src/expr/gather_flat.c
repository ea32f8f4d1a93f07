// SPDX-License-Identifier: Apache-2.0
// Choosing numbers from one level of lists, none of them missing: the most usual choice, made
// without a list of what is chosen.
#include "expr/lists.h"

bool bl_is_flat(const bl_step *step, const bl_array *from, const bl_array *by) {
    return step->integer == 1 && from->depth == 1 && by->depth == 1 && !from->valid && !by->valid &&
           !step->type.may_miss && bl_kind_width(from->kind) == sizeof(int64_t);
}

bl_status bl_take_flat(bl_run *run, const bl_step *step, bool *ret_done, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *index = bl_run_input(run, step, 1);
    const int32_t *lists = from->offsets[0], *ends = index->offsets[0];
    const int64_t *places = (const int64_t *)index->data, *in = (const int64_t *)from->data;
    bl_array *array;
    void *data;
    BL_TRY(bl_run_new(run, step, index->n, &array, &data, err));
    int64_t *out = (int64_t *)data;
    for (int64_t row = 0, at = 0; row < run->n_rows; row++) {
        const int64_t *items = in + (lists[row] - lists[0]);
        uint64_t n = (uint64_t)(lists[row + 1] - lists[row]);
        for (int64_t end = ends[row + 1] - ends[0]; at < end; at++) {
            if ((uint64_t)places[at] >= n)
                return *ret_done = false, BL_OK; // the general way knows what to do
            out[at] = items[places[at]];
        }
    }
    bl_run_share_lists(array, index, 1);
    *ret_done = true;
    return BL_OK;
}

bl_status bl_filter_flat(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *mask = bl_run_input(run, step, 1);
    const int32_t *lists = from->offsets[0];
    const int64_t *in = (const int64_t *)from->data;
    const uint8_t *keep = (const uint8_t *)mask->data;
    int32_t *ends;
    bl_array *array;
    void *data;
    BL_TRY(bl_run_new_offsets(run, step, 0, run->n_rows, &ends, err));
    BL_TRY(bl_run_new(run, step, from->n + 1, &array, &data, err));
    int64_t *out = (int64_t *)data, n = 0;
    for (int64_t row = 0, i = 0; row < run->n_rows; row++) {
        for (int64_t end = lists[row + 1] - lists[0]; i < end; i++) {
            out[n] = in[i]; // written always and counted if wanted: no branch
            n += keep[i];
        }
        ends[row + 1] = (int32_t)n;
    }
    array->n = n;
    array->offsets[0] = ends;
    return BL_OK;
}
