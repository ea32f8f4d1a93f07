// SPDX-License-Identifier: Apache-2.0
// Rows taken from many batches hold, row by row, what a builder makes of the same rows.
#include "column/rows_testing.h"

enum { N_BATCHES = 3, N_ROWS = 41, N_TAKEN = 200 };

static bl_type *types[TEST_TYPES];

static bl_status build(bl_context *context, bl_type *type, const int64_t *rows, size_t n,
                       bl_column *column) {
    bl_builder builder;
    BL_TRY(bl_builder_init(&builder, context, type, NULL));
    for (size_t i = 0; i < n; i++)
        test_append_row(&builder, rows[i]);
    bl_status status = bl_builder_finish(&builder, column, NULL);
    bl_builder_release(&builder);
    return status;
}

/// Rows of batch k are k·N_ROWS and on; which are taken follows no order, in spans of 0 to 3.
static size_t choose(const bl_column *from, bl_column_span *spans, int64_t *rows) {
    uint32_t seed = 1;
    size_t n = 0;
    for (size_t i = 0; i < N_TAKEN; i++) {
        seed = seed * 1664525u + 1013904223u;
        size_t batch = (seed >> 8) % N_BATCHES;
        int64_t length = (seed >> 16) % 4, first = (seed >> 20) % (N_ROWS - 3);
        spans[i] = (bl_column_span){&from[batch], first, length};
        for (int64_t k = 0; k < length; k++)
            rows[n++] = (int64_t)batch * N_ROWS + first + k;
    }
    return n;
}

static bl_status take_type(bl_context *context, bl_type *type, bool compares) {
    bl_column from[N_BATCHES] = {0}, taken = {0}, built = {0};
    bl_column_span spans[N_TAKEN];
    int64_t rows[N_TAKEN * 4];
    bl_status status = BL_OK;
    for (size_t i = 0; status == BL_OK && i < N_BATCHES; i++) {
        for (size_t k = 0; k < N_ROWS; k++)
            rows[k] = (int64_t)(i * N_ROWS + k);
        status = build(context, type, rows, N_ROWS, &from[i]);
    }
    size_t n = choose(from, spans, rows);
    if (status == BL_OK)
        status = bl_column_take(context, type, spans, N_TAKEN, &taken, NULL);
    if (status == BL_OK && compares) {
        assert_ok(build(context, type, rows, n, &built));
        assert_same_column(&taken, &built);
    }
    for (size_t i = 0; i < N_BATCHES; i++)
        bl_column_release(context, &from[i]);
    bl_column_release(context, &taken);
    bl_column_release(context, &built);
    return status;
}

static void rows_of_all_types(void **state) {
    bl_context *context = (bl_context *)*state;
    for (size_t i = 0; i < TEST_TYPES; i++)
        assert_ok(take_type(context, types[i], true));
}

static void nothing_is_taken(void **state) {
    bl_context *context = (bl_context *)*state;
    for (size_t i = 0; i < TEST_TYPES; i++) {
        bl_column taken = {0};
        assert_ok(bl_column_take(context, types[i], NULL, 0, &taken, NULL));
        assert_int_equal(taken.length, 0);
        assert_ok(bl_column_check(&taken, NULL));
        bl_column_release(context, &taken);
    }
}

static bl_status take_all(bl_context *context) {
    for (size_t i = 0; i < TEST_TYPES; i++)
        BL_TRY(take_type(context, types[i], false));
    return BL_OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_all_types),
        cmocka_unit_test(nothing_is_taken),
        test_each_allocation(take_all),
    };
    bl_context *of_types = test_context(1);
    test_types_init(of_types, types);
    int n_failed = test_run(tests, 2, NULL, NULL);
    test_types_release(types);
    bl_context_free(of_types);
    return n_failed;
}
