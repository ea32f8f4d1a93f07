// SPDX-License-Identifier: Apache-2.0
// Filtered batches hold, row by row, what a builder makes of the kept rows alone.
#include "base/testing.h"

#include <stdlib.h>

#include "column/builder.h"

enum { N_ROWS = 67, N_COLUMNS = 6 };

/// list<fixed_list<int16>[2]>, bool, utf8, struct<a: float64, b: list<bool>>, float32, large_list
static void make_types(bl_context *context, bl_type *types[N_COLUMNS]) {
    static const char *const names[] = {"a", "b"};
    bl_type *pair = NULL, *bools = NULL;
    assert_ok(
        bl_type_new_list(context, BL_FIXED_LIST, 2, bl_type_primitive(BL_INT16), &pair, NULL));
    assert_ok(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_BOOL), &bools, NULL));
    bl_type *members[] = {bl_type_primitive(BL_FLOAT64), bools};
    assert_ok(bl_type_new_list(context, BL_LIST, 0, pair, &types[0], NULL));
    types[1] = bl_type_primitive(BL_BOOL);
    types[2] = bl_type_primitive(BL_UTF8);
    assert_ok(bl_type_new_struct(context, 2, names, members, &types[3], NULL));
    types[4] = bl_type_primitive(BL_FLOAT32);
    assert_ok(
        bl_type_new_list(context, BL_LARGE_LIST, 0, bl_type_primitive(BL_INT8), &types[5], NULL));
    bl_type_release(pair);
    bl_type_release(bools);
}

/// Row `row`, whatever the type: lists of row % 4 items.
static void append(bl_builder *b, int64_t row) {
    uint8_t is_true = row % 3 == 0;
    double number = (double)row * 0.5 - 7;
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
        append(&b->children[0], row);
        append(&b->children[0], row + 1);
        return;
    case BL_STRUCT:
        append(&b->children[0], row);
        append(&b->children[1], row);
        return;
    default:
        bl_builder_append_number(b, BL_FLOAT64, &number);
    }
}

/// A batch of the rows of which `keep` is set. \param keep NULL: all
static bl_batch *make_batch(bl_context *context, bl_type *const *types, const uint8_t *keep) {
    static const char *const names[] = {"0", "1", "2", "3", "4", "5"};
    bl_batch *batch = NULL;
    int64_t n_rows = 0;
    for (int64_t row = 0; row < N_ROWS; row++)
        n_rows += !keep || keep[row];
    assert_ok(bl_batch_new(context, N_COLUMNS, names, 0, n_rows, &batch, NULL));
    for (size_t i = 0; i < N_COLUMNS; i++) {
        bl_builder builder;
        assert_ok(bl_builder_init(&builder, context, types[i], NULL));
        for (int64_t row = 0; row < N_ROWS; row++)
            if (!keep || keep[row])
                append(&builder, row);
        assert_ok(bl_builder_finish(&builder, &batch->columns[i], NULL));
        bl_builder_release(&builder);
    }
    return batch;
}

static void assert_same(const bl_column *a, const bl_column *b) {
    assert_int_equal(a->length, b->length);
    assert_true(bl_type_equal(a->type, b->type));
    assert_ok(bl_column_check(a, NULL));
    if (b->offsets && b->length)
        assert_memory_equal(a->offsets->data, b->offsets->data, b->offsets->size);
    if (b->values && b->values->size)
        assert_memory_equal(a->values->data, b->values->data, b->values->size);
    for (size_t i = 0; i < b->n_children; i++)
        assert_same(&a->children[i], &b->children[i]);
}

static void check(const uint8_t *keep) {
    bl_context *context = test_context(2);
    bl_type *types[N_COLUMNS];
    make_types(context, types);
    bl_batch *all = make_batch(context, types, NULL), *some = make_batch(context, types, keep);
    bl_batch *filtered = NULL;
    assert_ok(bl_batch_filter(all, keep, &filtered, NULL));
    for (size_t i = 0; i < N_COLUMNS; i++)
        assert_same(bl_batch_column(filtered, i), bl_batch_column(some, i));
    bl_batch_release(all);
    bl_batch_release(some);
    bl_batch_release(filtered);
    for (size_t i = 0; i < N_COLUMNS; i++)
        bl_type_release(types[i]);
    bl_context_free(context);
}

static void rows_by_chance(void **state) {
    (void)state;
    uint8_t keep[N_ROWS];
    uint32_t seed = 1;
    for (unsigned share = 0; share <= 8; share++) { // none, eighths, all
        for (size_t i = 0; i < N_ROWS; i++) {
            seed = seed * 1664525u + 1013904223u;
            keep[i] = (seed >> 24) % 8 < share;
        }
        check(keep);
    }
}

static bl_status filter_some(bl_context *context) {
    const char *const names[] = {"x"};
    const uint8_t keep[] = {1, 0, 1};
    BL_AUTO(bl_type) list = NULL;
    BL_AUTO(bl_batch) batch = NULL;
    bl_batch *filtered = NULL;
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_INT64), &list, NULL));
    BL_TRY(bl_batch_new(context, 1, names, 0, 3, &batch, NULL));
    bl_builder builder;
    BL_TRY(bl_builder_init(&builder, context, list, NULL));
    for (int64_t row = 0; row < 3; row++)
        append(&builder, row + 1);
    bl_status status = bl_builder_finish(&builder, &batch->columns[0], NULL);
    bl_builder_release(&builder);
    BL_TRY(status);
    BL_TRY(bl_batch_filter(batch, keep, &filtered, NULL));
    bl_batch_release(filtered);
    return BL_OK;
}

static void without_memory(void **state) {
    (void)state;
    test_every_allocation_fails(filter_some);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_by_chance),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
