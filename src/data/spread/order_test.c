// SPDX-License-Identifier: Apache-2.0
// Rows come into the order of keys, then of files and entries, whatever the keys are.
#include <stdlib.h>

#include "base/testing.h"
#include "data/spread/private.h"
#include "data/spread/rows.h"

enum { N = 30000 };

static bl_context *context;
static bl_batch *batch; ///< files and entries of N rows, in no order
static bl_spool spool;

static const int32_t *files(void) {
    return (const int32_t *)(const void *)batch->columns[0].values->data;
}

static const int64_t *entries(void) {
    return (const int64_t *)(const void *)batch->columns[1].values->data;
}

static bl_status new_column(bl_column *column, bl_type_id id, size_t width) {
    BL_TRY(bl_column_init(context, column, bl_type_primitive(id), NULL));
    column->length = N;
    BL_TRY(bl_buffer_new(context, N * width, &column->values, NULL));
    column->values->size = N * width;
    return BL_OK;
}

static void make_batch(void) {
    static const char *const names[] = {"file", "entry"};
    assert_ok(bl_batch_new(context, 2, names, 0, N, &batch, NULL));
    assert_ok(new_column(&batch->columns[0], BL_INT32, 4));
    assert_ok(new_column(&batch->columns[1], BL_INT64, 8));
    for (uint32_t i = 0; i < N; i++) {
        uint32_t place = i * 7919 % N;
        ((int32_t *)(void *)batch->columns[0].values->data)[i] = (int32_t)(place % 3);
        ((int64_t *)(void *)batch->columns[1].values->data)[i] = (int64_t)(place / 3);
    }
}

static bool is_behind(const bl_spool_row *a, const bl_spool_row *b) {
    if (a->key != b->key)
        return a->key > b->key;
    if (files()[a->at] != files()[b->at])
        return files()[a->at] > files()[b->at];
    return entries()[a->at] > entries()[b->at];
}

static void check(uint64_t (*key)(uint64_t i), size_t n) {
    bl_spool_row *rows = (bl_spool_row *)calloc(n + 1, sizeof *rows);
    bool *is_there = (bool *)calloc(n + 1, sizeof *is_there);
    if (!rows || !is_there)
        abort();
    for (size_t i = 0; i < n; i++)
        rows[i] = (bl_spool_row){.key = key(i), .batch = batch, .at = (int64_t)i};
    assert_ok(bl_spool_sort(&spool, rows, n, NULL));
    for (size_t i = 0; i < n; i++) {
        assert_true(rows[i].key == key((uint64_t)rows[i].at));
        assert_false(is_there[rows[i].at]);
        is_there[rows[i].at] = true;
        if (i && is_behind(&rows[i - 1], &rows[i]))
            fail_msg("row %zu of %zu is not in order", i, n);
    }
    free(rows);
    free(is_there);
}

static uint64_t hashes(uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15; }
static uint64_t the_same(uint64_t i) { return i * 0; }
static uint64_t few(uint64_t i) { return i % 5 * (UINT64_MAX / 4); }
static uint64_t small(uint64_t i) { return N - i; }
static uint64_t at_the_ends(uint64_t i) { return i % 2 ? UINT64_MAX - i / 4 : i / 4; }

static void all_keys(void **state) {
    (void)state;
    uint64_t (*const keys[])(uint64_t) = {hashes, the_same, few, small, at_the_ends};
    static const size_t lengths[] = {0, 1, 2, 16, 17, 100, 5000, N};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
            check(keys[i], lengths[k]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_keys)};
    bl_spool_recipe recipe = {.at_file = 0};
    context = test_context(3);
    bl_arena_init(&spool.arena, context);
    spool.recipe = &recipe;
    make_batch();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bl_batch_release(batch);
    bl_context_free(context);
    return failed;
}
