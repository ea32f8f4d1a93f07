// SPDX-License-Identifier: Apache-2.0
#include "formats/root/key.h"

#include "base/testing.h"

// n_bytes, version, raw size, date, header size, cycle, seeks, class, name, title
static const uint8_t narrow[] = {0, 0,   0,   100, 0,   4,   0, 0,   0, 90,  0,  0, 0,
                                 0, 0,   37,  0,   3,   0,   0, 1,   0, 0,   0,  0, 100,
                                 5, 'T', 'T', 'r', 'e', 'e', 1, 't', 2, 'h', 'i'};
static const uint8_t wide[] = {0xff, 0xff, 0xff, 0x9c, 3, 0xec, 0, 0,   0, 90, 0,   0, 0,
                               0,    0,    45,   0,    1, 0,    0, 0,   2, 0,  0,   0, 0,
                               0x12, 0x34, 0,    0,    0, 0,    0, 100, 0, 1,  't', 0};

static void both_widths_are_read(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_cursor c = bl_cursor_over(narrow, sizeof narrow);
    bl_root_key key;
    assert_ok(bl_root_key_read(&c, &arena, &key, NULL));
    assert_false(c.failed);
    assert_int_equal(bl_cursor_left(&c), 0);
    assert_int_equal(key.n_bytes, 100);
    assert_int_equal(key.seek_key, 256);
    assert_int_equal(key.seek_dir, 100);
    assert_int_equal(key.cycle, 3);
    assert_string_equal(key.class_name, "TTree");
    assert_string_equal(key.name, "t");
    assert_string_equal(key.title, "hi");
    assert_true(bl_root_key_is_compressed(&key)); // 90 bytes do not fit into 100 - 37
    c = bl_cursor_over(wide, sizeof wide);
    assert_ok(bl_root_key_read(&c, NULL, &key, NULL));
    assert_false(c.failed);
    assert_int_equal(key.n_bytes, -100); // a gap
    assert_int_equal(key.seek_key, UINT64_C(0x200000000));
    assert_int_equal(key.seek_dir, 100); // without the process id above it
    assert_null(key.name);
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void every_cut_sticks_to_the_cursor(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_arena_init(&arena, context);
    for (size_t n = 0; n < sizeof narrow; n++) {
        bl_cursor c = bl_cursor_over(narrow, n);
        bl_root_key key;
        assert_ok(bl_root_key_read(&c, &arena, &key, NULL));
        assert_true(c.failed);
        assert_non_null(key.title); // "" where it could not be read
    }
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void long_strings_have_a_length_of_four_bytes(void **state) {
    (void)state;
    uint8_t data[5 + 300] = {255, 0, 0, 1, 44};
    memset(data + 5, 'x', 300);
    size_t length = 0;
    bl_cursor c = bl_cursor_over(data, sizeof data);
    assert_ptr_equal(bl_root_string(&c, &length), data + 5);
    assert_int_equal(length, 300);
    c = bl_cursor_over(data, sizeof data - 1);
    assert_null(bl_root_string(&c, &length));
    assert_int_equal(length, 0);
}

/// A key that is read and written again is the same.
static void check_written(const uint8_t *bytes, size_t size) {
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_cursor c = bl_cursor_over(bytes, size);
    bl_packer packer = {.context = context};
    bl_root_key key;
    assert_ok(bl_root_key_read(&c, &arena, &key, NULL));
    assert_int_equal(bl_root_key_length(&key), size);
    bl_root_key_pack(&packer, &key);
    assert_ok(bl_packer_check(&packer, "a key", NULL));
    assert_int_equal(bl_packer_size(&packer), size);
    assert_memory_equal(packer.buffer->data, bytes, size);
    bl_packer_release(&packer);
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void both_widths_are_written(void **state) {
    (void)state;
    check_written(narrow, sizeof narrow);
    check_written(wide, sizeof wide);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_widths_are_read),
        cmocka_unit_test(both_widths_are_written),
        cmocka_unit_test(every_cut_sticks_to_the_cursor),
        cmocka_unit_test(long_strings_have_a_length_of_four_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
