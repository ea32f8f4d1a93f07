// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests of columns: types of every kind, rows of them, and whether two columns hold the same.
#ifndef BL_COLUMN_ROWS_TESTING_H
#define BL_COLUMN_ROWS_TESTING_H

#include "base/testing.h"
#include "column/builder.h"

enum { TEST_TYPES = 7 };

/// list<fixed_list<float32>[3]>, bool?, utf8, struct<a: float64, b: list<bool>>, uint64, int16?,
/// large_list<int8>
static inline void test_types_init(bl_context *context, bl_type *types[static TEST_TYPES]) {
    static const char *const names[] = {"a", "b"};
    bl_type *triple = NULL, *bools = NULL;
    assert_ok(
        bl_type_new_list(context, BL_FIXED_LIST, 3, bl_type_primitive(BL_FLOAT32), &triple, NULL));
    assert_ok(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_BOOL), &bools, NULL));
    bl_type *members[] = {bl_type_primitive(BL_FLOAT64), bools};
    assert_ok(bl_type_new_list(context, BL_LIST, 0, triple, &types[0], NULL));
    types[1] = bl_type_primitive_nullable(BL_BOOL);
    types[2] = bl_type_primitive(BL_UTF8);
    assert_ok(bl_type_new_struct(context, 2, names, members, &types[3], NULL));
    types[4] = bl_type_primitive(BL_UINT64);
    types[5] = bl_type_primitive_nullable(BL_INT16);
    assert_ok(
        bl_type_new_list(context, BL_LARGE_LIST, 0, bl_type_primitive(BL_INT8), &types[6], NULL));
    bl_type_release(triple);
    bl_type_release(bools);
}

static inline void test_types_release(bl_type *types[static TEST_TYPES]) {
    for (size_t i = 0; i < TEST_TYPES; i++)
        bl_type_release(types[i]);
}

/// Row `row`, whatever the type: lists of row % 4 items; each fifth null of what may be null.
static inline void test_append_row(bl_builder *b, int64_t row) {
    uint8_t is_true = row % 3 == 0;
    double number = (double)(row * 3 % 100);
    if (b->type->is_nullable && row % 5 == 0) {
        bl_builder_append_nulls(b, 1);
        return;
    }
    switch (b->type->id) {
    case BL_BOOL:
        bl_builder_append_bools(b, &is_true, 1);
        return;
    case BL_UTF8:
        bl_builder_append_string(b, (const uint8_t *)"abcdefg", (size_t)row % 7);
        return;
    case BL_LIST:
    case BL_LARGE_LIST:
        for (int64_t i = 0; i < row % 4; i++)
            test_append_row(&b->children[0], row + i);
        bl_builder_end_list(b);
        return;
    case BL_FIXED_LIST:
        for (int64_t i = 0; i < 3; i++)
            test_append_row(&b->children[0], row + i);
        return;
    case BL_STRUCT:
        test_append_row(&b->children[0], row);
        test_append_row(&b->children[1], row);
        return;
    default:
        bl_builder_append_number(b, BL_FLOAT64, &number);
    }
}

static inline void assert_same_column(const bl_column *a, const bl_column *b) {
    size_t width = bl_type_id_width(b->type->id);
    assert_int_equal(a->length, b->length);
    assert_true(bl_type_equal(a->type, b->type));
    assert_ok(bl_column_check(a, NULL));
    for (int64_t i = 0; i < b->length; i++) {
        assert_int_equal(bl_column_is_null(a, i), bl_column_is_null(b, i));
        if (width && !bl_column_is_null(b, i))
            assert_memory_equal(a->values->data + (size_t)i * width,
                                b->values->data + (size_t)i * width, width);
        if (b->type->id == BL_BOOL && !bl_column_is_null(b, i))
            assert_int_equal(a->values->data[i / 8] >> i % 8 & 1,
                             b->values->data[i / 8] >> i % 8 & 1);
    }
    if (b->offsets && b->length)
        assert_memory_equal(a->offsets->data, b->offsets->data, b->offsets->size);
    if (b->type->id == BL_UTF8 && b->values)
        assert_memory_equal(a->values->data, b->values->data, b->values->size);
    for (size_t i = 0; i < b->n_children; i++)
        assert_same_column(&a->children[i], &b->children[i]);
}

#endif
