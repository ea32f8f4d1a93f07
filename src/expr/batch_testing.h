// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests and fuzzing: a batch with a column of every shape that expressions know.
#ifndef BL_EXPR_BATCH_TESTING_H
#define BL_EXPR_BATCH_TESTING_H

#include <math.h>
#include <stdlib.h>

#include "column/builder.h"

enum { TEST_COLUMNS = 8 };

static const char *const test_names[TEST_COLUMNS] = {"x",  "n",   "flag",  "xs",
                                                     "ys", "idx", "flags", "vv"};
static const struct {
    bl_type_id id;
    unsigned depth;
} test_shapes[TEST_COLUMNS] = {{BL_FLOAT64, 0}, {BL_INT32, 0}, {BL_BOOL, 0}, {BL_FLOAT32, 1},
                               {BL_FLOAT64, 1}, {BL_INT32, 1}, {BL_BOOL, 1}, {BL_FLOAT64, 2}};

static inline bl_status test_type(bl_context *context, size_t column, bl_type **ret_type) {
    bl_type *type = bl_type_primitive(test_shapes[column].id);
    for (unsigned i = 0; i < test_shapes[column].depth; i++) {
        bl_type *list = NULL;
        bl_status status = bl_type_new_list(context, BL_LIST, 0, type, &list, NULL);
        bl_type_release(type);
        BL_TRY(status);
        type = list;
    }
    *ret_type = type;
    return BL_OK;
}

/// The value with number `i`: small, with a NaN and an infinity now and then.
static inline void test_append(bl_builder *builder, int64_t i) {
    bool is_float = builder->type->id == BL_FLOAT32 || builder->type->id == BL_FLOAT64;
    double value = (double)(i * 5 % 11) - 2 + (is_float ? 0.25 : 0);
    value = is_float && i % 7 == 3    ? (double)NAN
            : is_float && i % 11 == 5 ? (double)INFINITY
                                      : value;
    if (builder->type->id == BL_BOOL) {
        uint8_t is_true = i % 3 == 0;
        bl_builder_append_bools(builder, &is_true, 1);
    } else {
        bl_builder_append_number(builder, BL_FLOAT64, &value);
    }
}

/// Row i of a list has i % 4 items, item k of which, in lists of lists, k.
static inline void test_append_row(bl_builder *builder, int64_t row) {
    if (builder->type->id != BL_LIST) {
        test_append(builder, row);
        return;
    }
    bl_builder *items = &builder->children[0];
    for (int64_t i = 0; i < row % 4; i++) {
        if (items->type->id != BL_LIST) {
            test_append(items, row + i);
            continue;
        }
        for (int64_t k = 0; k < i; k++)
            test_append(&items->children[0], row + k);
        bl_builder_end_list(items);
    }
    bl_builder_end_list(builder);
}

static inline bl_status test_column(bl_context *context, size_t i, int64_t n_rows,
                                    bl_column *column) {
    BL_AUTO(bl_type) type = NULL;
    bl_builder builder;
    BL_TRY(test_type(context, i, &type));
    bl_status status = bl_builder_init(&builder, context, type, NULL);
    for (int64_t row = 0; row < n_rows && status == BL_OK; row++)
        test_append_row(&builder, row);
    if (status == BL_OK)
        status = bl_builder_finish(&builder, column, NULL);
    bl_builder_release(&builder);
    return status;
}

/// \param columns [n] of test_names; NULL: all
static inline bl_status test_batch(bl_context *context, const size_t *columns, size_t n,
                                   int64_t n_rows, bl_batch **ret_batch) {
    const char *names[TEST_COLUMNS] = {0};
    n = columns ? n : TEST_COLUMNS;
    for (size_t i = 0; i < n; i++)
        names[i] = test_names[columns ? columns[i] : i];
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(bl_batch_new(context, n, names, 0, n_rows, &batch, NULL));
    for (size_t i = 0; i < n; i++)
        BL_TRY(test_column(context, columns ? columns[i] : i, n_rows, &batch->columns[i]));
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}

#endif
