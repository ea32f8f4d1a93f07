// SPDX-License-Identifier: Apache-2.0
// Rows taken from many batches hold, row by row, what a builder makes of the same rows.
#include "data/spread/take.h"

#include "base/testing.h"
#include "column/builder.h"

enum { N_BATCHES = 3, N_ROWS = 41, N_TAKEN = 200, N_TYPES = 7 };

static bl_type *types[N_TYPES];

/// list<fixed_list<float32>[3]>, bool?, utf8, struct<a: float64, b: list<bool>>, uint64, int16?,
/// large_list<int8>
static void make_types(bl_context *context) {
    static const char *const names[] = {"a", "b"};
    bl_type *triple = NULL, *bools = NULL;
    assert_ok(
        bl_type_new_list(context, BL_FIXED_LIST, 3, bl_type_primitive(BL_FLOAT32), &triple, NULL));
    assert_ok(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_BOOL), &bools, NULL));
    bl_type *members[] = {bl_type_primitive(BL_FLOAT64), bools};
    assert_ok(bl_type_new_list(context, BL_LIST, 0, triple, &types[0], NULL));
    types[1] = bl_type_primitive_nullable(BL_BOOL);
    types[2] = bl_type_primitive(BL_UTF8);
    assert_ok(bl_type_new_struct(context, 2, names, members, &types[3], NULL));
    types[4] = bl_type_primitive(BL_UINT64);
    types[5] = bl_type_primitive_nullable(BL_INT16);
    assert_ok(
        bl_type_new_list(context, BL_LARGE_LIST, 0, bl_type_primitive(BL_INT8), &types[6], NULL));
    bl_type_release(triple);
    bl_type_release(bools);
}

/// Row `row`, whatever the type: lists of row % 4 items; each fifth null of what may be null.
static void append(bl_builder *b, int64_t row) {
    uint8_t is_true = row % 3 == 0;
    double number = (double)(row * 3 % 100);
    if (b->type->is_nullable && row % 5 == 0) {
        bl_builder_append_nulls(b, 1);
        return;
    }
    switch (b->type->id) {
    case BL_BOOL:
        bl_builder_append_bools(b, &is_true, 1);
        return;
    case BL_UTF8:
        bl_builder_append_string(b, (const uint8_t *)"abcdefg", (size_t)row % 7);
        return;
    case BL_LIST:
    case BL_LARGE_LIST:
        for (int64_t i = 0; i < row % 4; i++)
            append(&b->children[0], row + i);
        bl_builder_end_list(b);
        return;
    case BL_FIXED_LIST:
        for (int64_t i = 0; i < 3; i++)
            append(&b->children[0], row + i);
        return;
    case BL_STRUCT:
        append(&b->children[0], row);
        append(&b->children[1], row);
        return;
    default:
        bl_builder_append_number(b, BL_FLOAT64, &number);
    }
}

static bl_status build(bl_context *context, bl_type *type, const int64_t *rows, size_t n,
                       bl_column *column) {
    bl_builder builder;
    BL_TRY(bl_builder_init(&builder, context, type, NULL));
    for (size_t i = 0; i < n; i++)
        append(&builder, rows[i]);
    bl_status status = bl_builder_finish(&builder, column, NULL);
    bl_builder_release(&builder);
    return status;
}

static void assert_same(const bl_column *a, const bl_column *b) {
    size_t width = bl_type_id_width(b->type->id);
    assert_int_equal(a->length, b->length);
    assert_true(bl_type_equal(a->type, b->type));
    assert_ok(bl_column_check(a, NULL));
    for (int64_t i = 0; i < b->length; i++) {
        assert_int_equal(bl_column_is_null(a, i), bl_column_is_null(b, i));
        if (width && !bl_column_is_null(b, i))
            assert_memory_equal(a->values->data + (size_t)i * width,
                                b->values->data + (size_t)i * width, width);
        if (b->type->id == BL_BOOL && !bl_column_is_null(b, i))
            assert_int_equal(a->values->data[i / 8] >> i % 8 & 1,
                             b->values->data[i / 8] >> i % 8 & 1);
    }
    if (b->offsets && b->length)
        assert_memory_equal(a->offsets->data, b->offsets->data, b->offsets->size);
    if (b->type->id == BL_UTF8 && b->values)
        assert_memory_equal(a->values->data, b->values->data, b->values->size);
    for (size_t i = 0; i < b->n_children; i++)
        assert_same(&a->children[i], &b->children[i]);
}

/// Rows of batch k are k·N_ROWS and on; which are taken follows no order, in spans of 0 to 3.
static size_t choose(const bl_column *from, bl_span *spans, int64_t *rows) {
    uint32_t seed = 1;
    size_t n = 0;
    for (size_t i = 0; i < N_TAKEN; i++) {
        seed = seed * 1664525u + 1013904223u;
        size_t batch = (seed >> 8) % N_BATCHES;
        int64_t length = (seed >> 16) % 4, first = (seed >> 20) % (N_ROWS - 3);
        spans[i] = (bl_span){&from[batch], first, length};
        for (int64_t k = 0; k < length; k++)
            rows[n++] = (int64_t)batch * N_ROWS + first + k;
    }
    return n;
}

static bl_status take_type(bl_context *context, bl_type *type, bool compares) {
    bl_column from[N_BATCHES] = {0}, taken = {0}, built = {0};
    bl_span spans[N_TAKEN];
    int64_t rows[N_TAKEN * 4];
    bl_status status = BL_OK;
    for (size_t i = 0; status == BL_OK && i < N_BATCHES; i++) {
        for (size_t k = 0; k < N_ROWS; k++)
            rows[k] = (int64_t)(i * N_ROWS + k);
        status = build(context, type, rows, N_ROWS, &from[i]);
    }
    size_t n = choose(from, spans, rows);
    if (status == BL_OK)
        status = bl_take_column(context, type, spans, N_TAKEN, &taken, NULL);
    if (status == BL_OK && compares) {
        assert_ok(build(context, type, rows, n, &built));
        assert_same(&taken, &built);
    }
    for (size_t i = 0; i < N_BATCHES; i++)
        bl_column_release(context, &from[i]);
    bl_column_release(context, &taken);
    bl_column_release(context, &built);
    return status;
}

static void rows_of_all_types(void **state) {
    bl_context *context = (bl_context *)*state;
    for (size_t i = 0; i < N_TYPES; i++)
        assert_ok(take_type(context, types[i], true));
}

static void nothing_is_taken(void **state) {
    bl_context *context = (bl_context *)*state;
    for (size_t i = 0; i < N_TYPES; i++) {
        bl_column taken = {0};
        assert_ok(bl_take_column(context, types[i], NULL, 0, &taken, NULL));
        assert_int_equal(taken.length, 0);
        assert_ok(bl_column_check(&taken, NULL));
        bl_column_release(context, &taken);
    }
}

static bl_status take_all(bl_context *context) {
    for (size_t i = 0; i < N_TYPES; i++)
        BL_TRY(take_type(context, types[i], false));
    return BL_OK;
}

static void memory_may_run_out(void **state) {
    (void)state;
    test_every_allocation_fails(take_all);
}

int main(void) {
    struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_all_types),
        cmocka_unit_test(nothing_is_taken),
        cmocka_unit_test(memory_may_run_out),
    };
    bl_context *context = test_context(2);
    make_types(context);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tests[i].initial_state = context;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < N_TYPES; i++)
        bl_type_release(types[i]);
    bl_context_free(context);
    return failed;
}
