// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include <stdio.h>

#include "base/utf8.h"
#include "column/builder.h"

/// struct<n: int32, jets: list<struct<pt: float32, tags: fixed_list<bool>[2]>>, name: utf8>
static bl_status make_type(bl_context *context, bl_type **ret_type, bl_error *err) {
    BL_AUTO(bl_type) tags = NULL;
    BL_AUTO(bl_type) jet = NULL;
    BL_AUTO(bl_type) jets = NULL;
    BL_TRY(bl_type_new_list(context, BL_FIXED_LIST, 2, bl_type_primitive(BL_BOOL), &tags, err));
    BL_TRY(bl_type_new_struct(context, 2, (const char *const[]){"pt", "tags"},
                              (bl_type *const[]){bl_type_primitive(BL_FLOAT32), tags}, &jet, err));
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, jet, &jets, err));
    return bl_type_new_struct(
        context, 3, (const char *const[]){"n", "jets", "name"},
        (bl_type *const[]){bl_type_primitive(BL_INT32), jets, bl_type_primitive(BL_UTF8)}, ret_type,
        err);
}

/// Row `i` has i % 4 jets.
static void append_rows(bl_builder *builder, int first, int n) {
    bl_builder *number = &builder->children[0], *jets = &builder->children[1];
    bl_builder *jet = &jets->children[0];
    for (int i = first; i < first + n; i++) {
        int32_t *value = bl_builder_extend(number, 1);
        if (value)
            *value = i;
        for (int j = 0; j < i % 4; j++) {
            float *pt = bl_builder_extend(&jet->children[0], 1);
            if (pt)
                *pt = (float)(10 * i + j);
            uint8_t tags[2] = {(uint8_t)(i % 3), (uint8_t)(j % 2)};
            bl_builder_append_bools(&jet->children[1].children[0], tags, 2);
        }
        bl_builder_end_list(jets);
        char name[16];
        int length = snprintf(name, sizeof name, "row %d", i);
        bl_builder_append_string(&builder->children[2], (const uint8_t *)name, (size_t)length);
    }
}

static bool bit(const bl_column *column, int64_t i) {
    return ((const uint8_t *)bl_column_values(column))[i / 8] >> (i % 8) & 1;
}

static void check_rows(const bl_column *column, int first, int n) {
    bl_error err = {0};
    assert_ok(bl_column_check(column, &err));
    assert_int_equal(bl_column_length(column), n);
    const bl_column *jets = bl_column_child(column, 1), *jet = bl_column_child(jets, 0);
    const bl_column *tags = bl_column_child(bl_column_child(jet, 1), 0);
    const int32_t *numbers = bl_column_values(bl_column_child(column, 0));
    const int32_t *offsets = bl_column_offsets(jets);
    const float *pt = bl_column_values(bl_column_child(jet, 0));
    const int32_t *ends = bl_column_offsets(bl_column_child(column, 2));
    const char *names = bl_column_values(bl_column_child(column, 2));
    int32_t at = 0;
    for (int row = 0; row < n; row++) {
        int i = first + row;
        assert_int_equal(numbers[row], i);
        assert_int_equal(offsets[row], at);
        for (int j = 0; j < i % 4; j++, at++) {
            assert_true(pt[at] == (float)(10 * i + j));
            assert_int_equal(bit(tags, 2 * at), i % 3 != 0);
            assert_int_equal(bit(tags, 2 * at + 1), j % 2);
        }
        char name[16];
        int length = snprintf(name, sizeof name, "row %d", i);
        assert_int_equal(ends[row + 1] - ends[row], length);
        assert_memory_equal(names + ends[row], name, (size_t)length);
    }
    assert_int_equal(offsets[n], at);
}

static void types(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_type *type = NULL, *same = NULL;
    assert_ok(make_type(context, &type, NULL));
    assert_ok(make_type(context, &same, NULL));
    char text[128];
    const char *expected = "struct<n: int32, jets: list<struct<pt: float32, "
                           "tags: fixed_list<bool>[2]>>, name: utf8>";
    assert_int_equal(bl_type_format(type, text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
    assert_int_equal(bl_type_format(type, text, 7), strlen(expected));
    assert_string_equal(text, "struct");
    assert_int_equal(bl_type_format(type, NULL, 0), strlen(expected));
    assert_true(bl_type_equal(type, same));
    assert_false(bl_type_equal(type, type->children[1]));
    assert_string_equal(bl_type_child_name(type->children[1], 0), "item");
    assert_null(bl_type_child(type, 3));
    assert_int_equal(bl_type_get_id(bl_type_primitive(BL_UTF8)), BL_UTF8);
    bl_type *bad = NULL;
    assert_int_equal(bl_type_new_list(context, BL_STRUCT, 0, type, &bad, NULL), BL_E_INVALID);
    bl_type_release(type);
    bl_context_free(context); // a type may outlive its context
    bl_type_release(same);
}

/// What most tests here begin and end with: a builder of rows of make_type.
typedef struct row_maker {
    bl_context *context;
    bl_type *type;
    bl_builder builder;
} row_maker;

static row_maker start_rows(void) {
    row_maker m = {.context = test_context(1)};
    assert_ok(make_type(m.context, &m.type, NULL));
    assert_ok(bl_builder_init(&m.builder, m.context, m.type, NULL));
    return m;
}

static void end_rows(row_maker *m) {
    bl_builder_release(&m->builder);
    bl_type_release(m->type);
    bl_context_free(m->context);
}

static void builds(void **state) {
    (void)state;
    row_maker m = start_rows();
    const int counts[] = {1000, 0, 3};
    for (size_t i = 0; i < 3; i++) {
        bl_column column = {0};
        append_rows(&m.builder, 7, counts[i]);
        assert_int_equal(bl_builder_length(&m.builder), counts[i]);
        assert_ok(bl_builder_finish(&m.builder, &column, NULL));
        check_rows(&column, 7, counts[i]);
        bl_column_release(m.context, &column);
    }
    bl_builder_release(&m.builder);
    end_rows(&m);
}

static void half_built(void **state) {
    (void)state;
    row_maker m = start_rows();
    bl_error err = {0};
    bl_column column = {0};
    append_rows(&m.builder, 0, 5);
    assert_non_null(bl_builder_extend(&m.builder.children[0], 1));
    assert_int_equal(bl_builder_finish(&m.builder, &column, &err), BL_E_CORRUPT);
    assert_string_equal(err.message, "jets: 5 values where 6 are needed");
    append_rows(&m.builder, 0, 5);
    assert_ok(bl_builder_finish(&m.builder, &column, &err));
    check_rows(&column, 0, 5);
    bl_column_release(m.context, &column);
    end_rows(&m);
}

static void too_long_for_offsets(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_builder builder = {0};
    bl_error err = {0};
    bl_column column = {0};
    assert_ok(bl_builder_init(&builder, context, bl_type_primitive(BL_BINARY), NULL));
    bl_builder_append_string(&builder, (const uint8_t *)"x", 1);
    bl_builder_append_string(&builder, NULL, INT32_MAX);
    bl_builder_append_string(&builder, (const uint8_t *)"x", 1);
    assert_int_equal(bl_builder_finish(&builder, &column, &err), BL_E_LIMIT);
    bl_builder_append_string(&builder, (const uint8_t *)"x", 1);
    assert_ok(bl_builder_finish(&builder, &column, &err));
    assert_int_equal(column.length, 1);
    bl_column_release(context, &column);
    bl_builder_release(&builder);
    bl_context_free(context);
}

/// A list of one string, valid UTF-8 or not.
static void build_text(bl_context *context, bl_type *type, const char *text, bl_column *column) {
    bl_builder builder = {0};
    assert_ok(bl_builder_init(&builder, context, type, NULL));
    bl_builder_append_string(&builder.children[0], (const uint8_t *)text, strlen(text));
    bl_builder_end_list(&builder);
    assert_ok(bl_builder_finish(&builder, column, NULL));
    assert_ok(bl_column_check(column, NULL));
    bl_builder_release(&builder);
}

static void other_bytes_give_binary(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_type *type = NULL;
    assert_ok(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_UTF8), &type, NULL));
    bl_column text = {0}, bytes = {0}, joined = {0};
    build_text(context, type, "m\xc3\xbc", &text);
    build_text(context, type, "m\xfc", &bytes);
    assert_ptr_equal(text.type, type);
    assert_int_equal(bytes.type->children[0]->id, BL_BINARY);
    for (int order = 0; order < 2; order++) {
        const bl_column *parts[] = {order ? &text : &bytes, order ? &bytes : &text};
        assert_ok(bl_column_concat(context, parts, 2, &joined, NULL));
        assert_ok(bl_column_check(&joined, NULL));
        assert_int_equal(joined.length, 2);
        assert_int_equal(joined.type->children[0]->id, BL_BINARY);
        bl_column_release(context, &joined);
    }
    bl_column_release(context, &text);
    bl_column_release(context, &bytes);
    bl_type_release(type);
    bl_context_free(context);
}

static void joins(void **state) {
    (void)state;
    row_maker m = start_rows();
    bl_column columns[5] = {{0}};
    const bl_column *parts[5];
    const int counts[] = {0, 13, 1, 0, 40};
    int row = 0;
    for (size_t i = 0; i < 5; row += counts[i++]) {
        append_rows(&m.builder, row, counts[i]);
        assert_ok(bl_builder_finish(&m.builder, &columns[i], NULL));
        parts[i] = &columns[i];
    }
    bl_column joined = {0}, shared = {0};
    assert_ok(bl_column_concat(m.context, parts, 5, &joined, NULL));
    check_rows(&joined, 0, row);
    const bl_column *whole = &joined;
    assert_ok(bl_column_concat(m.context, &whole, 1, &shared, NULL));
    assert_ptr_equal(shared.children[2].values, joined.children[2].values);
    bl_column_release(m.context, &joined);
    check_rows(&shared, 0, row);
    bl_column_release(m.context, &shared);
    bl_error err = {0};
    parts[1] = &columns[1].children[2];
    assert_int_equal(bl_column_concat(m.context, parts, 2, &joined, &err), BL_E_TYPE);
    assert_int_equal(bl_column_concat(m.context, parts, 0, &joined, &err), BL_E_INVALID);
    for (size_t i = 0; i < 5; i++)
        bl_column_release(m.context, &columns[i]);
    end_rows(&m);
}

static void check_finds_damage(void **state) {
    (void)state;
    row_maker m = start_rows();
    bl_column column = {0};
    bl_error err = {0};
    append_rows(&m.builder, 0, 8);
    assert_ok(bl_builder_finish(&m.builder, &column, NULL));
    int32_t *offsets = (int32_t *)(void *)column.children[1].offsets->data;
    int32_t kept = offsets[3];
    offsets[3] = 100;
    assert_int_equal(bl_column_check(&column, &err), BL_E_CORRUPT);
    assert_string_equal(err.message, "jets: offsets descend");
    offsets[3] = kept;
    offsets[8]++;
    assert_int_equal(bl_column_check(&column, &err), BL_E_CORRUPT);
    offsets[8]--;
    column.children[0].values->size--;
    assert_int_equal(bl_column_check(&column, &err), BL_E_CORRUPT);
    column.children[0].values->size++;
    column.children[1].children[0].children[1].length--;
    assert_int_equal(bl_column_check(&column, &err), BL_E_CORRUPT);
    column.children[1].children[0].children[1].length++;
    check_rows(&column, 0, 8);
    bl_column_release(m.context, &column);
    end_rows(&m);
}

/// Everything once: types, building, joining, a batch.
static bl_status use_all(bl_context *context) {
    BL_AUTO(bl_type) type = NULL;
    BL_TRY(make_type(context, &type, NULL));
    bl_builder builder = {0};
    BL_TRY(bl_builder_init(&builder, context, type, NULL));
    bl_column parts[2] = {{0}};
    bl_column joined = {0};
    bl_status status = BL_OK;
    for (int i = 0; status == BL_OK && i < 2; i++) {
        append_rows(&builder, 3, 200);
        bl_builder_append_string(&builder.children[2], (const uint8_t *)"\xff", (size_t)i);
        append_rows(&builder, 0, 0);
        int32_t *value = bl_builder_extend(&builder.children[0], 1);
        if (value)
            *value = 0;
        bl_builder_end_list(&builder.children[1]);
        status = bl_builder_finish(&builder, &parts[i], NULL);
    }
    const bl_column *pointers[] = {&parts[0], &parts[1]};
    if (status == BL_OK)
        status = bl_column_concat(context, pointers, 2, &joined, NULL);
    bl_column_release(context, &parts[0]);
    bl_column_release(context, &parts[1]);
    bl_column_release(context, &joined);
    bl_builder_release(&builder);
    return status;
}

static void utf8(void **state) {
    (void)state;
    static const char *const good[] = {"",
                                       "abcdefgh",
                                       "abcdefghi\xc3\xa4",
                                       "\xe2\x82\xac",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "abcdefgh\xc3", "\xe2\x82",         "\xe2\x28\xa1",     "\xff"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(bl_utf8_valid((const uint8_t *)good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(bl_utf8_valid((const uint8_t *)bad[i], strlen(bad[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(builds),
        cmocka_unit_test(half_built),
        cmocka_unit_test(too_long_for_offsets),
        cmocka_unit_test(other_bytes_give_binary),
        cmocka_unit_test(joins),
        cmocka_unit_test(check_finds_damage),
        test_each_allocation(use_all),
        cmocka_unit_test(utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
