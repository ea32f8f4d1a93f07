// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "column/builder.h"

/// Two rows: id int64, hits list<float64> of nothing, pair fixed_list<int16>[2], label utf8.
static bl_status make_batch(bl_context *context, bl_batch **ret_batch, bl_error *err) {
    static const char *const names[] = {"id", "hits", "pair", "label"};
    BL_AUTO(bl_type) hits = NULL;
    BL_AUTO(bl_type) pair = NULL;
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_FLOAT64), &hits, err));
    BL_TRY(bl_type_new_list(context, BL_FIXED_LIST, 2, bl_type_primitive(BL_INT16), &pair, err));
    BL_TRY(bl_batch_new(context, 4, names, 10, 2, &batch, err));
    bl_type *types[] = {bl_type_primitive(BL_INT64), hits, pair, bl_type_primitive(BL_UTF8)};
    for (size_t i = 0; i < 4; i++) {
        bl_builder builder = {0};
        BL_TRY(bl_builder_init(&builder, context, types[i], err));
        for (int row = 0; row < 2; row++) {
            void *place = i == 0   ? bl_builder_extend(&builder, 1)
                          : i == 2 ? bl_builder_extend(&builder.children[0], 2)
                                   : NULL;
            if (place)
                memset(place, row, i == 0 ? 8 : 4);
            if (i == 1)
                bl_builder_end_list(&builder);
            if (i == 3)
                bl_builder_append_string(&builder, (const uint8_t *)"mu", 2);
        }
        bl_status status = bl_builder_finish(&builder, &batch->columns[i], err);
        bl_builder_release(&builder);
        BL_TRY(status);
    }
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}

static void check_schema(const struct ArrowSchema *schema) {
    static const char *const formats[] = {"l", "+l", "+w:2", "u"};
    assert_string_equal(schema->format, "+s");
    assert_string_equal(schema->name, "");
    assert_int_equal(schema->n_children, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(schema->children[i]->format, formats[i]);
        assert_int_equal(schema->children[i]->flags, 0);
        assert_null(schema->children[i]->metadata);
        assert_null(schema->children[i]->dictionary);
    }
    assert_string_equal(schema->children[3]->name, "label");
    assert_string_equal(schema->children[1]->children[0]->name, "item");
    assert_string_equal(schema->children[1]->children[0]->format, "g");
}

static void check_array(const struct ArrowArray *array) {
    static const int64_t n_buffers[] = {2, 2, 1, 3};
    assert_int_equal(array->length, 2);
    assert_int_equal(array->n_buffers, 1);
    assert_null(array->buffers[0]);
    assert_int_equal(array->n_children, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct ArrowArray *child = array->children[i];
        assert_int_equal(child->n_buffers, n_buffers[i]);
        assert_int_equal(child->length, 2);
        assert_int_equal(child->offset, 0);
        assert_int_equal(child->null_count, 0);
        assert_null(child->buffers[0]);
        for (int64_t b = 1; b < child->n_buffers; b++) {
            assert_non_null(child->buffers[b]);
            assert_int_equal((uintptr_t)child->buffers[b] % 64, 0);
        }
    }
    const struct ArrowArray *items = array->children[1]->children[0];
    assert_int_equal(items->length, 0);
    assert_int_equal(items->n_buffers, 2);
    assert_non_null(items->buffers[1]);
    assert_int_equal(array->children[2]->children[0]->length, 4);
    assert_int_equal(((const int16_t *)array->children[2]->children[0]->buffers[1])[3], 0x0101);
    assert_memory_equal(array->children[3]->buffers[2], "mumu", 4);
}

static void outlives_everything(void **state) {
    (void)state;
    test_allocator counter = {0};
    bl_allocator allocator = test_allocator_face(&counter);
    bl_context *context = test_context_of(2, &allocator, 0);
    bl_batch *batch = NULL;
    struct ArrowSchema schema;
    struct ArrowArray array;
    assert_ok(make_batch(context, &batch, NULL));
    assert_int_equal(bl_batch_first_row(batch), 10);
    assert_ok(bl_batch_export(batch, &schema, &array, NULL));
    const void *values = bl_column_values(bl_batch_column(batch, 3));
    assert_ptr_equal(array.children[3]->buffers[2], values);
    bl_batch_release(batch);
    bl_context_free(context);
    check_schema(&schema);
    check_array(&array);
    schema.release(&schema);
    assert_null(schema.release);
    array.release(&array);
    assert_null(array.release);
    assert_int_equal(counter.n_live, 0);
}

static void moved_child_outlives_its_parent(void **state) {
    (void)state;
    test_allocator counter = {0};
    bl_allocator allocator = test_allocator_face(&counter);
    bl_context *context = test_context_of(1, &allocator, 0);
    bl_batch *batch = NULL;
    struct ArrowSchema schema;
    struct ArrowArray array;
    assert_ok(make_batch(context, &batch, NULL));
    assert_ok(bl_batch_export(batch, &schema, &array, NULL));
    bl_batch_release(batch);
    bl_context_free(context);
    struct ArrowSchema moved_schema = *schema.children[1];
    schema.children[1]->release = NULL;
    struct ArrowArray moved = *array.children[2];
    array.children[2]->release = NULL;
    schema.release(&schema);
    array.release(&array);
    assert_string_equal(moved_schema.name, "hits");
    assert_string_equal(moved_schema.children[0]->name, "item");
    assert_int_equal(((const int16_t *)moved.children[0]->buffers[1])[3], 0x0101);
    moved_schema.release(&moved_schema);
    moved.release(&moved);
    assert_int_equal(counter.n_live, 0);
}

static void no_rows_no_columns(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    struct ArrowSchema schema;
    struct ArrowArray array;
    bl_batch *batch = NULL;
    assert_ok(bl_batch_new(context, 0, NULL, 0, 5, &batch, NULL));
    assert_ok(bl_batch_export(batch, &schema, &array, NULL));
    assert_int_equal(array.length, 5);
    assert_int_equal(array.n_children, 0);
    schema.release(&schema);
    array.release(&array);
    bl_batch_release(batch);

    // A list column without any buffer still shows the one offset that the format asks for.
    bl_type *list = NULL;
    assert_ok(bl_type_new_list(context, BL_LARGE_LIST, 0, bl_type_primitive(BL_BOOL), &list, NULL));
    assert_ok(bl_batch_new(context, 1, (const char *const[]){"x"}, 0, 0, &batch, NULL));
    assert_ok(bl_column_init(context, &batch->columns[0], list, NULL));
    assert_ok(bl_column_init(context, &batch->columns[0].children[0], list->children[0], NULL));
    assert_ok(bl_batch_export(batch, &schema, &array, NULL));
    assert_int_equal(*(const int64_t *)array.children[0]->buffers[1], 0);
    assert_string_equal(schema.children[0]->format, "+L");
    schema.release(&schema);
    array.release(&array);
    bl_batch_release(batch);
    bl_type_release(list);
    bl_context_free(context);
}

static bl_status export_all(bl_context *context) {
    BL_AUTO(bl_batch) batch = NULL;
    struct ArrowSchema schema;
    struct ArrowArray array;
    BL_TRY(make_batch(context, &batch, NULL));
    BL_TRY(bl_batch_export(batch, &schema, &array, NULL));
    array.release(&array);
    schema.release(&schema);
    bl_type *type = batch->columns[1].type;
    BL_TRY(bl_schema_export(context, 1, (const char *const[]){"hits"}, &type, &schema, NULL));
    schema.release(&schema);
    return BL_OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outlives_everything),
        cmocka_unit_test(moved_child_outlives_its_parent),
        cmocka_unit_test(no_rows_no_columns),
        test_each_allocation(export_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
