// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"
#include "column/builder.h"

static int n_released;
static void count_release(struct ArrowArray *array) {
    n_released++;
    array->release = NULL;
}

static struct ArrowArray array_of(int64_t length, int64_t offset, int64_t n_buffers,
                                  const void **buffers, int64_t n_children,
                                  struct ArrowArray **children) {
    return (struct ArrowArray){.length = length,
                               .offset = offset,
                               .n_buffers = n_buffers,
                               .buffers = buffers,
                               .n_children = n_children,
                               .children = children,
                               .release = count_release};
}

/// Rows 1 and 2 of {x: [7, 8, 9], l: [[1], [2, 3], []], b: [1, 0, 1]}, as a slice.
static bl_status import_slice(bl_context *context, bl_batch **ret_batch, bl_error *err) {
    static const double x[] = {7, 8, 9};
    static const int32_t offsets[] = {0, 1, 3, 3}, items[] = {1, 2, 3};
    static const uint8_t bits[] = {0x5};
    const void *x_buffers[] = {NULL, x}, *l_buffers[] = {NULL, offsets};
    const void *i_buffers[] = {NULL, items}, *b_buffers[] = {NULL, bits}, *none[] = {NULL};
    struct ArrowArray item = array_of(3, 0, 2, i_buffers, 0, NULL), *list_children[] = {&item};
    struct ArrowArray columns[] = {array_of(3, 0, 2, x_buffers, 0, NULL),
                                   array_of(3, 0, 2, l_buffers, 1, list_children),
                                   array_of(3, 0, 2, b_buffers, 0, NULL)};
    struct ArrowArray *children[] = {&columns[0], &columns[1], &columns[2]};
    struct ArrowArray whole = array_of(2, 1, 1, none, 3, children);
    struct ArrowSchema item_schema = {.format = "i", .name = "item"},
                       *items_schema[] = {&item_schema};
    struct ArrowSchema schemas[] = {
        {.format = "g", .name = "x"},
        {.format = "+l", .name = "l", .n_children = 1, .children = items_schema},
        {.format = "b", .name = "b"}};
    struct ArrowSchema *schema_children[] = {&schemas[0], &schemas[1], &schemas[2]};
    struct ArrowSchema schema = {.format = "+s", .n_children = 3, .children = schema_children};
    return bl_batch_import(context, &schema, &whole, ret_batch, err);
}

static void test_slice(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_batch *batch = NULL;
    n_released = 0;
    assert_ok(import_slice(context, &batch, NULL));
    assert_int_equal(bl_batch_n_rows(batch), 2);
    assert_string_equal(bl_batch_name(batch, 1), "l");
    const double *x = (const double *)bl_column_values(bl_batch_column(batch, 0));
    assert_true(x[0] == 8 && x[1] == 9);
    const bl_column *lists = bl_batch_column(batch, 1);
    const int32_t *offsets = (const int32_t *)bl_column_offsets(lists);
    assert_true(offsets[0] == 0 && offsets[1] == 2 && offsets[2] == 2);
    const int32_t *items = (const int32_t *)bl_column_values(bl_column_child(lists, 0));
    assert_true(items[0] == 2 && items[1] == 3);
    assert_int_equal(*(const uint8_t *)bl_column_values(bl_batch_column(batch, 2)), 2);
    assert_int_equal(n_released, 0);
    bl_batch_release(batch);
    assert_int_equal(n_released, 1);
    bl_context_free(context);
}

static bl_status import_one(bl_context *context, const char *format, struct ArrowArray *column,
                            bl_error *err) {
    const void *none[] = {NULL};
    struct ArrowArray whole = array_of(2, 0, 1, none, 1, &column);
    struct ArrowSchema schema = {.format = format, .name = "c"}, *child = &schema;
    struct ArrowSchema outer = {.format = "+s", .n_children = 1, .children = &child};
    bl_batch *batch = NULL;
    bl_status status = bl_batch_import(context, &outer, &whole, &batch, err);
    bl_batch_release(batch);
    return status;
}

/// Others may have items in lists that are null, and members in structs that are.
static void test_nulls_are_empty(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    static const int32_t offsets[] = {0, 2, 5, 6}, values[] = {1, 2, 3, 4, 5, 6};
    static const uint8_t first_and_last[] = {5};
    const void *item_buffers[] = {NULL, values}, *list_buffers[] = {first_and_last, offsets};
    const void *struct_buffers[] = {first_and_last}, *none[] = {NULL};
    struct ArrowArray items = array_of(6, 0, 2, item_buffers, 0, NULL), *p_items = &items;
    struct ArrowArray lists = array_of(3, 0, 2, list_buffers, 1, &p_items), *p_lists = &lists;
    struct ArrowArray pairs = array_of(3, 0, 1, struct_buffers, 1, &p_lists), *p_pairs = &pairs;
    struct ArrowArray whole = array_of(3, 0, 1, none, 1, &p_pairs);
    lists.null_count = pairs.null_count = 1;
    struct ArrowSchema item = {.format = "i", .name = "item"}, *p_item = &item;
    struct ArrowSchema list = {
        .format = "+l", .name = "list", .n_children = 1, .children = &p_item};
    struct ArrowSchema *p_list = &list;
    struct ArrowSchema pair = {.format = "+s",
                               .name = "c",
                               .n_children = 1,
                               .children = &p_list,
                               .flags = ARROW_FLAG_NULLABLE},
                       *p_pair = &pair;
    struct ArrowSchema outer = {.format = "+s", .n_children = 1, .children = &p_pair};
    bl_batch *batch = NULL;
    assert_ok(bl_batch_import(context, &outer, &whole, &batch, NULL));
    const bl_column *column = bl_batch_column(batch, 0), *child = bl_column_child(column, 0);
    assert_true(bl_type_is_nullable(bl_column_type(column)));
    assert_int_equal(bl_column_count_nulls(column), 1);
    assert_int_equal(bl_column_count_nulls(child), 1);
    const int32_t *ends = (const int32_t *)bl_column_offsets(child);
    assert_true(ends[0] == 0 && ends[1] == 2 && ends[2] == 2 && ends[3] == 3);
    const int32_t *left = (const int32_t *)bl_column_values(bl_column_child(child, 0));
    assert_true(left[0] == 1 && left[1] == 2 && left[2] == 6);
    bl_batch_release(batch);
    bl_context_free(context);
}

static void test_refusals(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    static const int32_t values[] = {1, 2}, descending[] = {3, 1, 2};
    const void *buffers[] = {NULL, values, values}, *strings[] = {NULL, descending, values};
    struct ArrowArray column = array_of(2, 0, 2, buffers, 0, NULL);
    bl_error err;
    assert_ok(import_one(context, "i", &column, &err));
    assert_ok(import_one(context, "tdD", &column, &err));
    assert_int_equal(import_one(context, "tdX", &column, &err), BL_E_TYPE);
    column.length = 1;
    assert_int_equal(import_one(context, "i", &column, &err), BL_E_CORRUPT);
    struct ArrowArray text = array_of(2, 0, 3, strings, 0, NULL);
    assert_int_equal(import_one(context, "u", &text, &err), BL_E_CORRUPT);
    bl_context_free(context);
}

static bl_status work(bl_context *context) {
    bl_batch *batch = NULL;
    bl_status status = import_slice(context, &batch, NULL);
    bl_batch_release(batch);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_nulls_are_empty),
        cmocka_unit_test(test_refusals),
        test_each_allocation(work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
