// SPDX-License-Identifier: Apache-2.0
// YAML 1.1 and JSON as trees: scalars as PyYAML takes them, places in errors, bombs.
#include "base/document.h"

#include <math.h>
#include <stdio.h>

#include "base/testing.h"

static bl_context *context;
static bl_arena arena;

static const bl_item *yaml(const char *text) {
    const bl_item *item = NULL;
    bl_error err = {0};
    bl_status status = bl_yaml_parse(&arena, "x.yaml", text, strlen(text), &item, &err);
    if (status != BL_OK)
        fail_msg("%s", err.message);
    return item;
}

static void refuses(const char *text, const char *message) {
    const bl_item *item = NULL;
    bl_error err = {0};
    assert_int_not_equal(bl_yaml_parse(&arena, "x.yaml", text, strlen(text), &item, &err), BL_OK);
    if (!strstr(err.message, message))
        fail_msg("'%s' is not in '%s'", message, err.message);
}

static void scalars_are_those_of_yaml_1_1(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bl_item_kind kind;
        double number;
    } rows[] = {
        {"yes", BL_ITEM_BOOL, 1},
        {"Off", BL_ITEM_BOOL, 0},
        {"y", BL_ITEM_TEXT, 0},
        {"~", BL_ITEM_NULL, 0},
        {"", BL_ITEM_NULL, 0},
        {"nUll", BL_ITEM_TEXT, 0},
        {"12", BL_ITEM_INTEGER, 12},
        {"-1_000", BL_ITEM_INTEGER, -1000},
        {"017", BL_ITEM_INTEGER, 15},
        {"08", BL_ITEM_TEXT, 0},
        {"0x1F", BL_ITEM_INTEGER, 31},
        {"0b101", BL_ITEM_INTEGER, 5},
        {"1:30", BL_ITEM_INTEGER, 90},
        {"0", BL_ITEM_INTEGER, 0},
        {"+3", BL_ITEM_INTEGER, 3},
        {"1e-3", BL_ITEM_TEXT, 0},
        {"1.0e5", BL_ITEM_TEXT, 0},
        {"1.0e+5", BL_ITEM_FLOAT, 1e5},
        {"1.", BL_ITEM_FLOAT, 1},
        {".5", BL_ITEM_FLOAT, 0.5},
        {"-.5", BL_ITEM_TEXT, 0},
        {"-2.5", BL_ITEM_FLOAT, -2.5},
        {"-.inf", BL_ITEM_FLOAT, -INFINITY},
        {"1:30.5", BL_ITEM_FLOAT, 90.5},
        {"'12'", BL_ITEM_TEXT, 0},
        {"!!str 12", BL_ITEM_TEXT, 0},
        {"!!float 12.", BL_ITEM_FLOAT, 12},
        {"2016-01-01", BL_ITEM_TEXT, 0},
        {"1__0", BL_ITEM_INTEGER, 10},
        {"123456789012345678901", BL_ITEM_FLOAT, 123456789012345678901.},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bl_item *item = yaml(rows[i].text);
        if (item->kind != rows[i].kind || !(item->number == rows[i].number))
            fail_msg("%s: kind %d, number %g", rows[i].text, (int)item->kind, item->number);
    }
    assert_true(isnan(yaml(".nan")->number));
}

static void maps_merge_and_share(void **state) {
    (void)state;
    const bl_item *item = yaml("base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}\nlist: [*b, 'a b']\n");
    const bl_item *more = bl_item_get(item, "more");
    assert_int_equal(item->n, 3);
    assert_int_equal(bl_item_get(more, "x")->integer, 1);
    assert_int_equal(bl_item_get(more, "y")->integer, 3);
    assert_ptr_equal(bl_item_get(item, "list")->items[0], bl_item_get(item, "base"));
    assert_int_equal(bl_item_get(item, "list")->items[1]->line, 3);
    assert_int_equal(bl_item_get(item, "list")->items[1]->column, 12);
}

static void errors_say_where(void **state) {
    (void)state;
    refuses("a: 1\nb: [1, 2\n", "x.yaml:3:1");
    refuses("a: 1\na: 2\n", "x.yaml:2:1: the key 'a' stands twice");
    refuses("a: *x\n", "there is no anchor 'x'");
    refuses("a: !!python/object:os.system x\n", "x.yaml:1:4");
    refuses("a\n---\nb\n", "a second document");
    refuses("? [1]\n: 2\n", "a key is a text, not a list");
    refuses("!!int x", "is no");
}

static void bombs_are_refused(void **state) {
    (void)state;
    char text[4096] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n", deep[1024];
    for (int i = 1; i < 12; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i,
                 i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    refuses(text, "more than 1000000 values");
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    refuses(deep, "levels");
}

static void values_are_taken_by_kind(void **state) {
    (void)state;
    const bl_item *item = yaml("nameX: 3\nx: 1e-3\nt: [a, [b, 2]]\nz:\n");
    const char *const known[] = {"names", "x", "t", "z", NULL};
    const char *const *texts = NULL;
    double number = 0;
    int64_t integer = 7;
    size_t n = 0;
    bl_error err = {0};
    assert_int_equal(bl_item_number(bl_item_get(item, "x"), "x", &number, &err), BL_OK);
    assert_true(number == 1e-3);
    assert_int_equal(bl_item_integer(bl_item_get(item, "z"), "z", &integer, &err), BL_OK);
    assert_int_equal(integer, 7);
    assert_int_equal(bl_item_texts(&arena, bl_item_get(item, "t"), "t", &texts, &n, &err), BL_OK);
    assert_int_equal(n, 3);
    assert_string_equal(texts[2], "2");
    assert_int_equal(bl_item_integer(bl_item_get(item, "x"), "x", &integer, &err), BL_E_INVALID);
    assert_string_equal(err.message, "x.yaml:2:4: x is an integer, not a text: '1e-3'");
    assert_int_equal(bl_item_check_keys(item, known, NULL, &err), BL_E_INVALID);
    assert_string_equal(err.message, "x.yaml:1:8: unknown key 'nameX'; did you mean 'names'?");
}

static void json_is_read_too(void **state) {
    (void)state;
    static const char text[] = "{\"273158\": [[1, 12], [15, 2.5]], \"t\": \"\\u00e9\"}";
    static const char twice[] = "{\"a\": 1, \"a\": 2}";
    const bl_item *item = NULL;
    bl_error err = {0};
    assert_int_equal(bl_json_parse(&arena, "m.json", text, sizeof text - 1, &item, &err), BL_OK);
    assert_int_equal(item->items[0]->items[0]->items[1]->integer, 12);
    assert_int_equal(item->items[0]->items[1]->items[1]->kind, BL_ITEM_FLOAT);
    assert_string_equal(bl_item_get(item, "t")->text, "\xc3\xa9");
    assert_int_equal(bl_json_parse(&arena, "m.json", twice, sizeof twice - 1, &item, &err),
                     BL_E_INVALID);
    assert_error(bl_json_parse(&arena, "m.json", text, 9, &item, &err), BL_E_INVALID, err,
                 "m.json:1:");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_are_those_of_yaml_1_1),
        cmocka_unit_test(maps_merge_and_share),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(values_are_taken_by_kind),
        cmocka_unit_test(json_is_read_too),
    };
    return test_run(tests, 1, &context, &arena);
}
