// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "column/builder.h"

/// One number of type `from` in a column of type `to`, whose bytes go to `ret_value`.
static void convert(bl_type_id from, const void *value, bl_type_id to, void *ret_value) {
    bl_context *context = test_context(1);
    bl_builder builder;
    bl_column column = {0};
    assert_ok(bl_builder_init(&builder, context, bl_type_primitive(to), NULL));
    bl_builder_append_number(&builder, from, value);
    assert_ok(bl_builder_finish(&builder, &column, NULL));
    assert_int_equal(column.length, 1);
    memcpy(ret_value, column.values->data, to == BL_BOOL ? 1 : bl_type_id_width(to));
    bl_column_release(context, &column);
    bl_builder_release(&builder);
    bl_context_free(context);
}

static void numbers_become_other_numbers(void **state) {
    (void)state;
    double real = 0;
    int64_t wide = 0;
    uint64_t unsigned_wide = 0;
    int16_t narrow = 0;
    uint8_t flag = 0;
    convert(BL_FLOAT32, &(float){0.5f}, BL_FLOAT64, &real);
    assert_true(real == 0.5);
    convert(BL_INT16, &(int16_t){-3}, BL_INT64, &wide);
    assert_int_equal(wide, -3);
    convert(BL_UINT64, &(uint64_t){UINT64_MAX}, BL_UINT64, &unsigned_wide);
    assert_true(unsigned_wide == UINT64_MAX);
    convert(BL_UINT64, &(uint64_t){UINT64_C(1) << 63}, BL_FLOAT64, &real);
    assert_true(real == 0x1p63);
    convert(BL_INT32, &(int32_t){-2}, BL_INT16, &narrow);
    assert_int_equal(narrow, -2);
    convert(BL_FLOAT64, &(double){7.9}, BL_INT16, &narrow);
    assert_int_equal(narrow, 7);
    convert(BL_FLOAT64, &(double){1e300}, BL_INT64, &wide); // fits nothing: 0, not whatever C does
    assert_int_equal(wide, 0);
    convert(BL_INT32, &(int32_t){256}, BL_BOOL, &flag);
    assert_int_equal(flag, 1);
    convert(BL_BOOL, &(uint8_t){1}, BL_FLOAT64, &real);
    assert_true(real == 1);
}

static void what_is_not_there_is_zero_or_empty(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_type *list = NULL, *pair = NULL, *all = NULL, *empty = NULL;
    assert_ok(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_INT8), &list, NULL));
    assert_ok(bl_type_new_list(context, BL_FIXED_LIST, 2, bl_type_primitive(BL_BOOL), &pair, NULL));
    assert_ok(bl_type_new_struct(context, 0, NULL, NULL, &empty, NULL));
    const char *const names[] = {"text", "list", "pair", "number", "empty"};
    bl_type *const types[] = {bl_type_primitive(BL_UTF8), list, pair, bl_type_primitive(BL_FLOAT64),
                              empty};
    assert_ok(bl_type_new_struct(context, 5, names, types, &all, NULL));
    bl_builder builder;
    bl_column column = {0};
    assert_ok(bl_builder_init(&builder, context, all, NULL));
    bl_builder_append_defaults(&builder, 3);
    assert_ok(bl_builder_finish(&builder, &column, NULL));
    assert_ok(bl_column_check(&column, NULL));
    assert_int_equal(column.length, 3);
    assert_int_equal(column.children[1].children[0].length, 0);
    assert_int_equal(column.children[2].children[0].length, 6);
    assert_int_equal(column.children[4].length, 3);
    assert_true(((const double *)(const void *)column.children[3].values->data)[2] == 0);
    bl_column_release(context, &column);
    bl_builder_release(&builder);
    bl_type_release(all);
    bl_type_release(empty);
    bl_type_release(pair);
    bl_type_release(list);
    bl_context_free(context);
}

static void nulls_reach_all_the_way_down(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_type *pair = NULL, *record = NULL;
    assert_ok(bl_type_new_list(context, BL_FIXED_LIST, 2, bl_type_primitive(BL_INT8), &pair, NULL));
    const char *const names[] = {"pair"};
    assert_ok(bl_type_new_struct(context, 1, names, &pair, &record, NULL));
    bl_builder builder;
    bl_column column = {0};
    assert_ok(bl_builder_init(&builder, context, record, NULL));
    bl_builder_append_defaults(&builder, 9);
    bl_builder_append_nulls(&builder, 2);
    bl_builder_append_defaults(&builder, 1);
    assert_ok(bl_builder_finish(&builder, &column, NULL));
    assert_int_equal(column.length, 12);
    assert_int_equal(bl_column_count_nulls(&column), 2);
    assert_int_equal(bl_column_count_nulls(&column.children[0]), 2);
    assert_int_equal(bl_column_count_nulls(&column.children[0].children[0]), 4);
    assert_int_equal(column.validity->data[1], 0x09);
    bl_column there = {0}, twice = {0};
    assert_ok(bl_column_drop_nulls(context, &column, &there, NULL));
    assert_int_equal(there.length, 10);
    const bl_column *parts[] = {&there, &column};
    assert_ok(bl_column_concat(context, parts, 2, &twice, NULL));
    assert_int_equal(bl_column_count_nulls(&twice), 2);
    assert_int_equal(twice.validity->data[2], 0x27);
    bl_column_release(context, &twice);
    bl_column_release(context, &there);
    bl_column_release(context, &column);
    bl_builder_release(&builder);
    bl_type_release(record);
    bl_type_release(pair);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_become_other_numbers),
        cmocka_unit_test(what_is_not_there_is_zero_or_empty),
        cmocka_unit_test(nulls_reach_all_the_way_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
