// SPDX-License-Identifier: Apache-2.0
// Filtered batches hold, row by row, what a builder makes of the kept rows alone.
#include "column/rows_testing.h"

enum { N_ROWS = 67 };

/// A batch of the rows of which `keep` is set. \param keep NULL: all
static bl_batch *make_batch(bl_context *context, bl_type *const *types, const uint8_t *keep) {
    static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6"};
    bl_batch *batch = NULL;
    int64_t n_rows = 0;
    for (int64_t row = 0; row < N_ROWS; row++)
        n_rows += !keep || keep[row];
    assert_ok(bl_batch_new(context, TEST_TYPES, names, 0, n_rows, &batch, NULL));
    for (size_t i = 0; i < TEST_TYPES; i++) {
        bl_builder builder;
        assert_ok(bl_builder_init(&builder, context, types[i], NULL));
        for (int64_t row = 0; row < N_ROWS; row++)
            if (!keep || keep[row])
                test_append_row(&builder, row);
        assert_ok(bl_builder_finish(&builder, &batch->columns[i], NULL));
        bl_builder_release(&builder);
    }
    return batch;
}

static void check(const uint8_t *keep) {
    bl_context *context = test_context(2);
    bl_type *types[TEST_TYPES];
    test_types_init(context, types);
    bl_batch *all = make_batch(context, types, NULL), *some = make_batch(context, types, keep);
    bl_batch *filtered = NULL;
    assert_ok(bl_batch_filter(all, keep, &filtered, NULL));
    for (size_t i = 0; i < TEST_TYPES; i++)
        assert_same_column(bl_batch_column(filtered, i), bl_batch_column(some, i));
    bl_batch_release(all);
    bl_batch_release(some);
    bl_batch_release(filtered);
    test_types_release(types);
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
        test_append_row(&builder, row + 1);
    bl_status status = bl_builder_finish(&builder, &batch->columns[0], NULL);
    bl_builder_release(&builder);
    BL_TRY(status);
    BL_TRY(bl_batch_filter(batch, keep, &filtered, NULL));
    bl_batch_release(filtered);
    return BL_OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_by_chance),
        test_each_allocation(filter_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
