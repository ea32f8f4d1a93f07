// SPDX-License-Identifier: Apache-2.0
// Classes made here: their columns, and objects of several versions decoded into them.
#include "base/testing.h"

#include "formats/ttree/class_layout.h"
#include "formats/ttree/decode.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NUMBER(member, code) \
    { .name = (member), .type = (code), .title = "", .type_name = "number", .count_name = "" }
#define MEMBER(member, code, of) \
    { .name = (member), .type = (code), .title = "", .type_name = (of), .count_name = "" }
#define BASE(of)                                                                                \
    {                                                                                           \
        .name = (of), .type = BL_ROOT_BASE, .title = "", .type_name = "BASE", .count_name = "", \
        .base_version = 1                                                                       \
    }
#define CLASS(class_name, of_version, its_members)                                      \
    {                                                                                   \
        .name = (class_name), .version = (of_version), .checksum = 0xc0 + (of_version), \
        .n_elements = COUNT(its_members), .elements = (its_members)                     \
    }
enum { INT16 = 2, INT32 = 3, FLOAT32 = 5, FLOAT64 = 8 };

static const bl_root_element base[] = {NUMBER("x", INT16)};
static const bl_root_element derived[] = {BASE("Base"), NUMBER("x", INT32)};
static const bl_root_element second[] = {NUMBER("y", INT16), BASE("Base")};
static const bl_root_element old[] = {NUMBER("a", INT16), NUMBER("gone", FLOAT32)};
static const bl_root_element young[] = {MEMBER("fresh", BL_ROOT_TSTRING, "TString"),
                                        NUMBER("a", FLOAT64)};
static const bl_root_element other_kind[] = {MEMBER("a", BL_ROOT_TSTRING, "TString")};
static const bl_root_element loop[] = {MEMBER("next", BL_ROOT_ANY_PTR, "Loop*")};
static const bl_root_element loops[] = {MEMBER("loop", BL_ROOT_ANY_IN, "Loop")};
static const bl_root_element holder[] = {MEMBER("p", BL_ROOT_ANY_PTR, "Base*"),
                                         MEMBER("any", BL_ROOT_OBJECT_PTR, "TObjArray*")};
static const bl_root_element collection[] = {{.name = "This",
                                              .type = BL_ROOT_STREAMER,
                                              .title = "<Base> Used to call",
                                              .type_name = "Vector<Base>",
                                              .count_name = ""}};

typedef struct fixture {
    bl_context *context;
    bl_arena arena;
    bl_root_classes classes;
    bl_layouts layouts;
    bl_error err;
    bl_column column;
} fixture;

static void set_up(fixture *f) {
    static bl_root_class items[] = {
        CLASS("Base", 1, base),     CLASS("Derived", 1, derived),
        CLASS("Second", 1, second), CLASS("Changed", 3, young),
        CLASS("Changed", 1, old),   CLASS("Changed", 2, other_kind),
        CLASS("Loop", 1, loop),     CLASS("Loops", 1, loops),
        CLASS("Holder", 1, holder), CLASS("Vector<Base>", 1, collection)};
    items[3].next = &items[4];
    items[4].next = &items[5];
    *f = (fixture){.context = test_context(1)};
    bl_arena_init(&f->arena, f->context);
    f->classes = (bl_root_classes){.n = COUNT(items), .items = items};
    for (size_t i = 0; i < COUNT(items); i++)
        assert_ok(bl_name_map_add(f->context, &f->classes.by_name, items[i].name, i, NULL));
    bl_layouts_init(&f->layouts, f->context, &f->arena, &f->classes);
}

static void tear_down(fixture *f) {
    bl_column_release(f->context, &f->column);
    bl_layouts_release(&f->layouts);
    bl_name_map_release(f->context, &f->classes.by_name);
    bl_arena_release(&f->arena);
    bl_context_free(f->context);
}

/// The columns of a class as text, or why it has none.
static const char *columns_of(fixture *f, const char *name) {
    static char text[sizeof f->err.message];
    bl_layout layout = {0};
    if (bl_layout_of_type(&f->layouts, name, 0, &layout, &f->err) == BL_OK)
        bl_type_format(layout.type, text, sizeof text);
    else
        memcpy(text, f->err.message, sizeof text);
    bl_layout_release(f->context, &layout);
    return text;
}

/// Decodes one object into the fixture's column.
static bl_status decode(fixture *f, const char *name, const void *bytes, size_t size) {
    bl_entry_layout layout = {0};
    bl_basket basket = {.n_rows = 1, .data = (const uint8_t *)bytes, .data_bytes = size};
    const uint32_t starts[] = {0, (uint32_t)size};
    bl_builder builder;
    bl_column_release(f->context, &f->column);
    assert_ok(bl_layout_of_type(&f->layouts, name, 0, &layout.item, NULL));
    assert_ok(bl_builder_init(&builder, f->context, layout.item.type, NULL));
    bl_status status =
        bl_decode_rows(&layout, &basket, (bl_rows){0, 1}, NULL, starts, &builder, &f->err);
    if (status == BL_OK)
        status = bl_builder_finish(&builder, &f->column, &f->err);
    bl_builder_release(&builder);
    bl_entry_layout_release(f->context, &layout);
    return status;
}

static void bases_come_first_and_give_their_name_away(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    assert_string_equal(columns_of(&f, "Derived"), "struct<Base.x: int16, x: int32>");
    assert_string_equal(columns_of(&f, "Second"), "struct<y: int16, x: int16>");
    assert_string_equal(columns_of(&f, "vector<Base>"), "list<struct<x: int16>>");
    assert_string_equal(columns_of(&f, "Vector<Base>"), "list<struct<x: int16>>");
    assert_string_equal(columns_of(&f, "Holder"), "struct<p: list<struct<x: int16>>>");
    tear_down(&f);
}

static void classes_without_an_end_are_refused(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    assert_non_null(strstr(columns_of(&f, "Loop"), "class Loop contains itself"));
    assert_non_null(strstr(columns_of(&f, "Loops"), "class Loop contains itself"));
    assert_non_null(strstr(columns_of(&f, "Unknown"), "no streamer info for class Unknown"));
    tear_down(&f);
}

static void versions_fill_the_columns_of_the_newest(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    const uint8_t first[] = {0x40, 0, 0, 8, 0, 1, 0xff, 0xfe, 1, 2, 3, 4};
    assert_ok(decode(&f, "Changed", first, sizeof first));
    assert_int_equal(f.column.children[0].values ? f.column.children[0].values->size : 0, 0);
    assert_true(((const double *)(const void *)f.column.children[1].values->data)[0] == -2);
    // no version, but a checksum
    const uint8_t by_checksum[] = {0x40, 0, 0, 12, 0, 0, 0, 0, 0, 0xc1, 0, 3, 1, 2, 3, 4};
    assert_ok(decode(&f, "Changed", by_checksum, sizeof by_checksum));
    assert_true(((const double *)(const void *)f.column.children[1].values->data)[0] == 3);
    const uint8_t second_version[] = {0x40, 0, 0, 4, 0, 2, 1, 'a'};
    assert_int_equal(decode(&f, "Changed", second_version, sizeof second_version),
                     BL_E_UNSUPPORTED);
    assert_non_null(strstr(f.err.message, "another kind of member 'a'"));
    const uint8_t unknown[] = {0x40, 0, 0, 4, 0, 9, 0, 0};
    assert_int_equal(decode(&f, "Changed", unknown, sizeof unknown), BL_E_CORRUPT);
    assert_non_null(strstr(f.err.message, "version 9"));
    const uint8_t too_long[] = {0x40, 0, 0, 9, 0, 1, 0xff, 0xfe, 1, 2, 3, 4, 5};
    assert_int_equal(decode(&f, "Changed", too_long, sizeof too_long), BL_E_CORRUPT);
    assert_non_null(strstr(f.err.message, "streamer of its own"));
    tear_down(&f);
}

static void pointers_take_the_base_of_what_they_point_to(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    // Holder: a new class Second, whose y is read past and whose base is the pointer's class; null
    const uint8_t bytes[] = {0x40, 0,    0,    37,  0,   1,   0x40, 0,    0,   27, 0xff,
                             0xff, 0xff, 0xff, 'S', 'e', 'c', 'o',  'n',  'd', 0,  0x40,
                             0,    0,    12,   0,   1,   0,   5,    0x40, 0,   0,  4,
                             0,    1,    0,    7,   0,   0,   0,    0};
    assert_ok(decode(&f, "Holder", bytes, sizeof bytes));
    const bl_column *list = &f.column.children[0];
    assert_int_equal(list->children[0].length, 1);
    assert_int_equal(*(const int16_t *)(const void *)list->children[0].children[0].values->data, 7);
    uint8_t changed[sizeof bytes];
    memcpy(changed, bytes, sizeof bytes);
    changed[14] = 'Z';
    assert_int_equal(decode(&f, "Holder", changed, sizeof changed), BL_E_UNSUPPORTED);
    assert_non_null(strstr(f.err.message, "class Zecond, of which is not known how it is a Base"));
    tear_down(&f);
}

static void bases_lie_bare_in_memberwise_collections(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    bl_layout vector = {0};
    assert_ok(bl_layout_of_type(&f.layouts, "vector<Derived>", 0, &vector, NULL));
    assert_ok(bl_layout_stream(f.context, &vector, NULL));
    bl_entry_layout layout = {.item = vector};
    const uint8_t bytes[] = {0x40, 0, 0, 20, 0x40, 9, 0, 1, 0, 0, 0, 2,
                             0,    1, 0, 2,  0,    0, 0, 3, 0, 0, 0, 4};
    bl_basket basket = {.n_rows = 1, .data = bytes, .data_bytes = sizeof bytes};
    bl_builder builder;
    assert_ok(bl_builder_init(&builder, f.context, layout.item.type, NULL));
    assert_ok(bl_decode_rows(&layout, &basket, (bl_rows){0, 1}, NULL,
                             (const uint32_t[]){0, sizeof bytes}, &builder, &f.err));
    assert_ok(bl_builder_finish(&builder, &f.column, NULL));
    const bl_column *item = &f.column.children[0];
    assert_int_equal(((const int16_t *)(const void *)item->children[0].values->data)[1], 2);
    assert_int_equal(((const int32_t *)(const void *)item->children[1].values->data)[0], 3);
    bl_builder_release(&builder);
    bl_entry_layout_release(f.context, &layout);
    tear_down(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bases_come_first_and_give_their_name_away),
        cmocka_unit_test(classes_without_an_end_are_refused),
        cmocka_unit_test(versions_fill_the_columns_of_the_newest),
        cmocka_unit_test(pointers_take_the_base_of_what_they_point_to),
        cmocka_unit_test(bases_lie_bare_in_memberwise_collections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
