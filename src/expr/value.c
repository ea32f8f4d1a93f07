// SPDX-License-Identifier: Apache-2.0
#include "expr/value.h"

const char *bl_kind_text(bl_kind kind) {
    static const char *const texts[] = {"bool", "int", "float", "text"};
    return texts[kind];
}

int64_t bl_array_n_lists(const bl_array *array, unsigned level) {
    int64_t n = array->n_rows;
    for (unsigned k = 0; k < level; k++)
        n = array->offsets[k][n] - array->offsets[k][0];
    return n;
}

/// The row that list `i` of a level belongs to.
static int64_t row_of(const bl_array *array, unsigned level, int64_t i) {
    for (; level > 0; level--) {
        const int32_t *offsets = array->offsets[level - 1];
        int64_t first = 0, last = bl_array_n_lists(array, level - 1);
        while (last - first > 1) {
            int64_t middle = first + (last - first) / 2;
            if (offsets[middle] - offsets[0] <= i)
                first = middle;
            else
                last = middle;
        }
        i = first;
    }
    return i;
}

bool bl_array_same_lists(const bl_array *a, const bl_array *b, unsigned n_levels,
                         int64_t *ret_row) {
    int64_t n = a->n_rows;
    for (unsigned level = 0; level < n_levels; level++) {
        const int32_t *x = a->offsets[level], *y = b->offsets[level];
        int32_t differ = 0, shift = x[0] - y[0];
        if (x != y)
            for (int64_t i = 1; i <= n; i++)
                differ |= (x[i] - y[i]) ^ shift;
        for (int64_t i = 1; differ && i <= n; i++)
            if (x[i] - y[i] != shift) {
                *ret_row = row_of(a, level, i - 1);
                return false;
            }
        n = x[n] - x[0];
    }
    return true;
}
