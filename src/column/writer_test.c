// SPDX-License-Identifier: Apache-2.0
// What writers keep does not depend on what they were given any longer.
#include "column/writer.h"

#include "base/testing.h"

static bl_status copy(bl_context *context) {
    char name[] = "pt", path[] = "Events", value[] = "3";
    bl_column_spec columns[] = {{.size = sizeof *columns, .name = name},
                                {.size = sizeof *columns, .name = "eta"}};
    bl_output_options options = {.metadata = (const char *const[]){"version", value},
                                 .n_metadata = 1};
    bl_writer writer = {0};
    bl_arena arena;
    bl_arena_init(&arena, context);
    BL_AUTO(bl_type) list = NULL;
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_INT8), &list, NULL));
    columns[0].type = list;
    columns[1].type = bl_type_primitive(BL_FLOAT32);
    const char *const *metadata = NULL;
    size_t n = 7;
    bl_status status = bl_writer_init(&writer, NULL, &arena, columns, 2, path, NULL);
    if (status == BL_OK)
        status = bl_metadata_copy(&arena, &options, &metadata, &n, NULL);
    bl_type_release(BL_MOVE(list));
    name[0] = path[0] = value[0] = '?';
    if (status == BL_OK) {
        assert_string_equal(writer.names[0], "pt");
        assert_string_equal(writer.path, "Events");
        assert_int_equal(writer.n_columns, 2);
        assert_int_equal(writer.types[0]->children[0]->id, BL_INT8);
        assert_int_equal(n, 1);
        assert_string_equal(metadata[1], "3");
        status = bl_metadata_copy(&arena, NULL, &metadata, &n, NULL);
        assert_true(status != BL_OK || n == 0);
    }
    bl_writer_release(&writer);
    bl_arena_release(&arena);
    return status;
}

static void copies(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    assert_ok(copy(context));
    bl_context_free(context);
    test_every_allocation_fails(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(copies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
