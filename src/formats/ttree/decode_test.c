// SPDX-License-Identifier: Apache-2.0
// Entries of one basket made here, decoded value by value.
#include "base/testing.h"

#include "formats/ttree/class_layout.h"
#include "formats/ttree/decode.h"

typedef struct fixture {
    bl_context *context;
    bl_arena arena;
    bl_layouts layouts;
    bl_entry_layout layout;
    bl_error err;
    bl_column column;
} fixture;

static void set_up(fixture *f) {
    static const bl_root_classes none;
    *f = (fixture){.context = test_context(1)};
    bl_arena_init(&f->arena, f->context);
    bl_layouts_init(&f->layouts, f->context, &f->arena, &none);
}

static void tear_down(fixture *f) {
    bl_column_release(f->context, &f->column);
    bl_entry_layout_release(f->context, &f->layout);
    bl_layouts_release(&f->layouts);
    bl_arena_release(&f->arena);
    bl_context_free(f->context);
}

static void use_type(fixture *f, const char *name, bl_entry_header header) {
    assert_ok(bl_layout_of_type(&f->layouts, name, 0, &f->layout.item, NULL));
    f->layout.header = header;
    f->layout.type = bl_type_ref(f->layout.item.type);
}

static void use_bits(fixture *f) {
    f->layout.item = (bl_layout){.kind = BL_LAYOUT_BITS, .type = bl_type_primitive(BL_UINT32)};
    f->layout.is_list = true;
    assert_ok(bl_type_new_list(f->context, BL_LIST, 0, f->layout.item.type, &f->layout.type, NULL));
}

/// Decodes one entry of `size` bytes into the fixture's column.
static bl_status decode(fixture *f, const void *bytes, size_t size) {
    bl_basket basket = {.n_rows = 1, .data = (const uint8_t *)bytes, .data_bytes = size};
    const uint32_t starts[] = {0, (uint32_t)size};
    bl_builder builder;
    bl_column_release(f->context, &f->column);
    f->err = (bl_error){0};
    assert_ok(bl_builder_init(&builder, f->context, f->layout.type, NULL));
    bl_status status =
        bl_decode_rows(&f->layout, &basket, (bl_rows){0, 1}, NULL, starts, &builder, &f->err);
    if (status == BL_OK)
        status = bl_builder_finish(&builder, &f->column, &f->err);
    bl_builder_release(&builder);
    return status;
}

static void referenced_objects_have_two_bytes_more(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    use_bits(&f);
    // three objects: plain, referenced (bit 4; a process id follows), plain
    const uint8_t bytes[] = {3, 0, 0, 0, 3, 0, 0, 0x10, 0, 7, 3, 0, 0, 8};
    assert_ok(decode(&f, bytes, sizeof bytes));
    const uint32_t *values = (const uint32_t *)(const void *)f.column.children[0].values->data;
    assert_int_equal(f.column.children[0].length, 3);
    assert_int_equal(values[1], 0x03000010);
    assert_int_equal(values[2], 0x03000008);
    assert_int_equal(decode(&f, bytes, 8), BL_E_CORRUPT); // the process id is cut off
    assert_non_null(strstr(f.err.message, "entry 0"));
    tear_down(&f);
}

static void bitset_may_be_left_out(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    use_type(&f, "bitset<3>", BL_HEADER_VERSION);
    const uint8_t bytes[] = {0x40, 0, 0, 9, 0, 1, 0, 0, 0, 3, 1, 0, 1};
    assert_ok(decode(&f, bytes, sizeof bytes));
    assert_int_equal(f.column.children[0].length, 3);
    assert_int_equal(f.column.children[0].values->data[0], 5);
    assert_ok(decode(&f, bytes, 0)); // an old file's
    assert_int_equal(f.column.length, 1);
    assert_int_equal(f.column.children[0].length, 0);
    tear_down(&f);
}

static void empty_string_may_have_no_bytes(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    use_type(&f, "string", BL_HEADER_NONE);
    assert_ok(decode(&f, "\x02pt", 3));
    assert_int_equal(f.column.values->size, 2);
    assert_ok(decode(&f, "", 0)); // so writes TLeafC
    assert_int_equal(f.column.length, 1);
    assert_int_equal(decode(&f, "\x03pt", 3), BL_E_CORRUPT);
    tear_down(&f);
}

static void memberwise_needs_objects(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    use_type(&f, "vector<int>", BL_HEADER_VERSION);
    const uint8_t bytes[] = {0x40, 0, 0, 6, 0x40, 9, 0, 0, 0, 0};
    assert_int_equal(decode(&f, bytes, sizeof bytes), BL_E_CORRUPT);
    assert_non_null(strstr(f.err.message, "memberwise"));
    tear_down(&f);
}

static const int32_t *integers(const bl_column *column) {
    return (const int32_t *)(const void *)column->values->data;
}

static void maps_lie_pair_by_pair_or_keys_first(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    use_type(&f, "map<int,vector<int> >", BL_HEADER_VERSION);
    const uint8_t pairs[] = {0x40, 0, 0, 30, 0, 9, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0,
                             1,    0, 0, 0,  9, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0};
    assert_int_equal(decode(&f, pairs, sizeof pairs), BL_E_CORRUPT); // the last four are too many
    const uint8_t good[] = {0x40, 0, 0, 26, 0, 9, 0, 0, 0, 2, 0, 0, 0, 7, 0,
                            0,    0, 1, 0,  0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 0};
    // version and 0x4000, class version 0 and checksum, length, keys, header, values
    const uint8_t keys_first[] = {0x40, 0, 0, 38, 0x40, 9, 0, 0, 1, 2, 3,    4, 0, 0,
                                  0,    2, 0, 0,  0,    7, 0, 0, 0, 8, 0x40, 0, 0, 14,
                                  0,    9, 0, 0,  0,    1, 0, 0, 0, 9, 0,    0, 0, 0};
    const struct {
        const uint8_t *bytes;
        size_t size;
    } both[] = {{good, sizeof good}, {keys_first, sizeof keys_first}};
    for (size_t i = 0; i < 2; i++) {
        assert_ok(decode(&f, both[i].bytes, both[i].size));
        const bl_column *pair = &f.column.children[0];
        assert_int_equal(pair->length, 2);
        assert_int_equal(integers(&pair->children[0])[1], 8);
        assert_int_equal(pair->children[1].children[0].length, 1);
        assert_int_equal(integers(&pair->children[1].children[0])[0], 9);
    }
    tear_down(&f);
}

static void every_byte_must_be_used(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    use_type(&f, "vector<short>", BL_HEADER_VERSION);
    const uint8_t bytes[] = {0x40, 0, 0, 10, 0, 1, 0, 0, 0, 2, 0, 1, 0, 2, 9};
    assert_ok(decode(&f, bytes, 14));
    assert_int_equal(f.column.children[0].length, 2);
    assert_int_equal(decode(&f, bytes, 15), BL_E_CORRUPT); // the byte count says 14
    assert_int_equal(decode(&f, bytes, 13), BL_E_CORRUPT);
    f.layout.header = BL_HEADER_NONE;
    assert_int_equal(decode(&f, bytes + 6, 9), BL_E_CORRUPT);
    assert_non_null(strstr(f.err.message, "1 bytes of 9 are left over"));
    assert_int_equal(decode(&f, bytes + 6, 7), BL_E_CORRUPT); // the second number is cut
    tear_down(&f);
}

static void lengths_past_the_entry_allocate_nothing(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    use_type(&f, "vector<vector<string> >", BL_HEADER_NONE);
    const uint8_t outer[] = {0x7f, 0xff, 0xff, 0xff},
                  inner[] = {0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff};
    uint64_t before = bl_context_used_bytes(f.context);
    assert_int_equal(decode(&f, outer, sizeof outer), BL_E_CORRUPT);
    assert_int_equal(decode(&f, inner, sizeof inner), BL_E_CORRUPT);
    assert_true(bl_context_used_bytes(f.context) - before < 1u << 16);
    tear_down(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(referenced_objects_have_two_bytes_more),
        cmocka_unit_test(bitset_may_be_left_out),
        cmocka_unit_test(empty_string_may_have_no_bytes),
        cmocka_unit_test(memberwise_needs_objects),
        cmocka_unit_test(maps_lie_pair_by_pair_or_keys_first),
        cmocka_unit_test(every_byte_must_be_used),
        cmocka_unit_test(lengths_past_the_entry_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
