// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "formats/arrow/flat.h"

/// A root with an int16, a text, a vector of int64 and a vector of two tables.
static bl_status build(bl_context *context, uint8_t *copy, size_t *ret_size) {
    static const int64_t numbers[] = {-1, INT64_MAX};
    bl_flat_builder b = {.context = context};
    bl_flat_ref tables[2];
    for (int i = 0; i < 2; i++) {
        bl_flat_begin(&b);
        bl_flat_put(&b, 1, 1, -7 - i);
        tables[i] = bl_flat_end(&b);
    }
    bl_flat_ref text = bl_flat_add_text(&b, "eta");
    bl_flat_ref vector = bl_flat_add_vector(&b, numbers, 2, sizeof *numbers, 8);
    bl_flat_ref refs = bl_flat_add_refs(&b, tables, 2);
    bl_flat_begin(&b);
    bl_flat_put(&b, 0, 2, -300);
    bl_flat_put_ref(&b, 2, text);
    bl_flat_put_ref(&b, 3, vector);
    bl_flat_put_ref(&b, 4, refs);
    bl_flat_ref root = bl_flat_end(&b);
    const uint8_t *data;
    bl_status status = bl_flat_finish(&b, root, &data, ret_size, NULL);
    if (status == BL_OK && copy)
        memcpy(copy, data, *ret_size);
    bl_flat_builder_release(&b);
    return status;
}

static bl_status build_only(bl_context *context) {
    size_t size;
    return build(context, NULL, &size);
}

/// Reads all there is. \return true where it is as it was built
static bool is_whole(const uint8_t *data, size_t size) {
    bl_flat flat = {.data = data, .size = size};
    bl_flat_table root = bl_flat_root(&flat);
    size_t length;
    bool same = bl_flat_int(&root, 0, 2, 5) == -300 && bl_flat_int(&root, 1, 8, 42) == 42;
    const char *text = bl_flat_text(&root, 2, &length);
    same = same && length == 3 && text && memcmp(text, "eta", 3) == 0;
    bl_flat_vector numbers = bl_flat_elements(&root, 3, 8);
    for (size_t i = 0; i < numbers.n; i++)
        same = bl_flat_load64(numbers.data + 8 * i) == (i ? INT64_MAX : -1) && same;
    bl_flat_vector tables = bl_flat_elements(&root, 4, 4);
    for (size_t i = 0; i < tables.n; i++) {
        bl_flat_table table = bl_flat_table_of(&tables, i);
        same = bl_flat_int(&table, 1, 1, 0) == -7 - (int64_t)i && same;
    }
    bl_flat_table none = bl_flat_child(&root, 7);
    return same && numbers.n == 2 && tables.n == 2 && !none.flat &&
           bl_flat_check(&flat, "test", NULL) == BL_OK;
}

static void what_was_built_is_read(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    uint8_t data[512];
    size_t size;
    assert_ok(build(context, data, &size));
    assert_int_equal(size % 8, 0);
    assert_true(is_whole(data, size));
    bl_context_free(context);
    test_every_allocation_fails(build_only);
}

/// Every cut, and every byte changed in several ways: something else is read, or a failure, and
/// nothing outside.
static void damage_stays_inside(void **state) {
    (void)state;
    static const uint8_t loud[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    bl_context *context = test_context(1);
    uint8_t data[512] = {0};
    size_t size, n_whole = 0;
    assert_ok(build(context, data, &size));
    for (size_t i = 0; i < size; i++) {
        uint8_t *cut = (uint8_t *)malloc(i + 1); // a sanitizer sees a byte too far
        assert_non_null(cut);
        memcpy(cut, data, i);
        assert_false(is_whole(cut, i));
        free(cut);
        for (size_t k = 0; k < sizeof loud; k++) {
            uint8_t before = data[i];
            data[i] = loud[k];
            n_whole += is_whole(data, size);
            data[i] = before;
        }
    }
    assert_in_range(n_whole, 1, 3 * size);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_built_is_read),
        cmocka_unit_test(damage_stays_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
