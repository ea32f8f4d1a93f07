// SPDX-License-Identifier: Apache-2.0
/// \file
/// Numbers of columns, whatever their type, and where lists begin and end.
#ifndef BL_DATA_INPUTS_NUMBERS_H
#define BL_DATA_INPUTS_NUMBERS_H

#include "column/column.h"

static inline bool bl_is_integer(const bl_type *type) {
    return type->id >= BL_INT8 && type->id <= BL_UINT64 && !type->logical;
}
static inline bool bl_is_number(const bl_type *type) {
    return type->id <= BL_FLOAT64 && !type->logical;
}
static inline bool bl_is_list(const bl_type *type) {
    return type->id == BL_LIST || type->id == BL_LARGE_LIST || type->id == BL_FIXED_LIST;
}
static inline bool bl_is_list_of_numbers(const bl_type *type) {
    return bl_is_list(type) && bl_is_number(type->children[0]);
}

/// Number `i` of a column of numbers; NaN where there is none.
double bl_number_at(const bl_column *column, int64_t i);
/// Copies `n` numbers from `first` on, each rounded once; NaN where there is none.
/// \param stride of `out`, numbers \param out doubles where `is_double`, else floats
void bl_numbers_copy(const bl_column *column, int64_t first, size_t n, bool is_double, void *out,
                     size_t stride);
/// Numbers from `first` on where they lie, or NULL: copying would do more than to move them.
const void *bl_numbers_at(const bl_column *column, int64_t first, bool is_double);
/// Items [first, last) of list `i`; a null list has none.
void bl_list_at(const bl_column *column, int64_t i, int64_t *ret_first, int64_t *ret_last);

#endif
