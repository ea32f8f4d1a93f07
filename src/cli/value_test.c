// SPDX-License-Identifier: Apache-2.0
// Values as JSON, CSV and for reading.
#include "cli/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "column/builder.h"

static bl_context *context;

static void expect(const bl_column *column, int64_t row, bl_value_style style, const char *wanted) {
    bl_out out;
    bl_out_init_memory(&out, context);
    bl_value_write(&out, column, row, style);
    bl_out_bytes(&out, "", 1);
    assert_int_equal(BL_OK, bl_out_finish(&out, NULL));
    assert_string_equal(out.data, wanted);
    bl_out_release(&out);
}

static void test_floats(void **state) {
    (void)state;
    bl_builder builder;
    bl_column column = {0};
    assert_int_equal(BL_OK,
                     bl_builder_init(&builder, context, bl_type_primitive(BL_FLOAT32), NULL));
    float *x = bl_builder_extend(&builder, 3);
    x[0] = 0.1f;
    x[1] = NAN;
    x[2] = 3.14159274f;
    assert_int_equal(BL_OK, bl_builder_finish(&builder, &column, NULL));
    expect(&column, 0, BL_VALUE_JSON, "0.1");
    expect(&column, 1, BL_VALUE_JSON, "null");
    expect(&column, 1, BL_VALUE_CSV, "nan");
    expect(&column, 2, BL_VALUE_JSON, "3.1415927");
    expect(&column, 2, BL_VALUE_SHOW, "3.14159");
    bl_column_release(context, &column);
    bl_builder_release(&builder);
}

static void test_strings(void **state) {
    (void)state;
    bl_builder builder;
    bl_column column = {0};
    assert_int_equal(BL_OK, bl_builder_init(&builder, context, bl_type_primitive(BL_UTF8), NULL));
    bl_builder_append_string(&builder, (const uint8_t *)"a,\"b\"\n", 6);
    bl_builder_append_string(&builder, (const uint8_t *)"µ", 2);
    bl_builder_append_string(&builder, (const uint8_t *)"", 0);
    assert_int_equal(BL_OK, bl_builder_finish(&builder, &column, NULL));
    expect(&column, 0, BL_VALUE_JSON, "\"a,\\\"b\\\"\\n\"");
    expect(&column, 0, BL_VALUE_CSV, "\"a,\"\"b\"\"\n\"");
    expect(&column, 1, BL_VALUE_JSON, "\"µ\"");
    expect(&column, 1, BL_VALUE_CSV, "µ");
    expect(&column, 2, BL_VALUE_CSV, "\"\"");
    bl_column_release(context, &column);
    bl_builder_append_string(&builder, (const uint8_t *)"\xff\0", 2);
    assert_int_equal(BL_OK, bl_builder_finish(&builder, &column, NULL));
    expect(&column, 0, BL_VALUE_JSON, "\"\\u00ff\\u0000\"");
    bl_column_release(context, &column);
    bl_builder_release(&builder);
}

static void test_lists(void **state) {
    (void)state;
    bl_type *list;
    assert_int_equal(
        BL_OK, bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_UTF8), &list, NULL));
    bl_builder builder;
    bl_column column = {0};
    assert_int_equal(BL_OK, bl_builder_init(&builder, context, list, NULL));
    bl_builder_append_string(&builder.children[0], (const uint8_t *)"a\"", 2);
    bl_builder_append_string(&builder.children[0], (const uint8_t *)"b", 1);
    bl_builder_end_list(&builder);
    bl_builder_end_list(&builder);
    assert_int_equal(BL_OK, bl_builder_finish(&builder, &column, NULL));
    expect(&column, 0, BL_VALUE_JSON, "[\"a\\\"\",\"b\"]");
    expect(&column, 0, BL_VALUE_CSV, "\"[\"\"a\\\"\"\"\",\"\"b\"\"]\"");
    expect(&column, 0, BL_VALUE_SHOW, "[\"a\\\"\", \"b\"]");
    expect(&column, 1, BL_VALUE_JSON, "[]");
    bl_column_release(context, &column);
    bl_builder_release(&builder);
    bl_type_release(list);
}

static int start(void **state) {
    (void)state;
    return bl_context_new(NULL, &context, NULL) == BL_OK ? 0 : 1;
}

static int stop(void **state) {
    (void)state;
    bl_context_free(context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
