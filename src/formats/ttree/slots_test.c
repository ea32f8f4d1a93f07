// SPDX-License-Identifier: Apache-2.0
// Basket slots of branches made here: starts, seeks and sizes as the file would hold them.
#include "base/testing.h"

#include "formats/ttree/tree.h"

/// Big-endian numbers of 8 bytes, as arrays of metadata lie in a record.
static bl_root_array array_of(uint8_t *bytes, const int64_t *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t swapped = __builtin_bswap64((uint64_t)values[i]);
        memcpy(bytes + 8 * i, &swapped, 8);
    }
    static const bl_root_number wide = {.type = BL_INT64, .size = 8};
    return (bl_root_array){.data = bytes, .n = n, .number = &wide};
}

typedef struct made_branch {
    bl_ttree_branch branch;
    uint8_t bytes[3][64];
} made_branch;

static void make(made_branch *m, const int64_t *starts, size_t n_starts, size_t n_written,
                 int64_t n_rows) {
    static const int64_t seeks[] = {100, 200, 300, 400}, sizes[] = {50, 60, 70, 80};
    *m = (made_branch){0};
    m->branch = (bl_ttree_branch){.n_rows = n_rows,
                                  .n_baskets = n_written,
                                  .n_written = n_written,
                                  .basket_rows = array_of(m->bytes[0], starts, n_starts),
                                  .basket_seeks = array_of(m->bytes[1], seeks, 4),
                                  .basket_bytes = array_of(m->bytes[2], sizes, 4)};
}

static void expect_slot(const made_branch *m, size_t i, int64_t first, int64_t last,
                        uint64_t offset) {
    bl_ttree_slot slot;
    assert_ok(bl_ttree_slot_of(&m->branch, i, &slot, NULL));
    assert_int_equal(slot.first, first);
    assert_int_equal(slot.last, last);
    assert_int_equal(slot.offset, offset);
}

static void slots_follow_each_other(void **state) {
    (void)state;
    const int64_t starts[] = {0, 10, 15, 30};
    made_branch m;
    make(&m, starts, 4, 3, 30);
    expect_slot(&m, 0, 0, 10, 100);
    expect_slot(&m, 1, 10, 15, 200);
    expect_slot(&m, 2, 15, 30, 300);
    assert_int_equal(bl_ttree_slot_at(&m.branch, 0), 0);
    assert_int_equal(bl_ttree_slot_at(&m.branch, 9), 0);
    assert_int_equal(bl_ttree_slot_at(&m.branch, 10), 1);
    assert_int_equal(bl_ttree_slot_at(&m.branch, 29), 2);
}

static void last_start_may_be_missing(void **state) {
    (void)state;
    const int64_t starts[] = {0, 10, 15, 0}; // no terminator behind three written baskets
    made_branch m;
    make(&m, starts, 4, 3, 30);
    expect_slot(&m, 2, 15, 30, 300);
    make(&m, starts, 3, 3, 30); // not even a place for one
    expect_slot(&m, 2, 15, 30, 300);
}

static void stale_slots_do_not_count(void **state) {
    (void)state;
    const int64_t starts[] = {0, 10, 3, 5}; // behind the two that are written: an earlier cycle's
    made_branch m;
    make(&m, starts, 4, 2, 20);
    expect_slot(&m, 0, 0, 10, 100);
    expect_slot(&m, 1, 10, 20, 200);
    assert_int_equal(bl_ttree_slot_at(&m.branch, 19), 1);
}

static void slots_that_are_no_baskets(void **state) {
    (void)state;
    const int64_t starts[] = {-1, 40, 0, 0};
    made_branch m;
    bl_ttree_slot slot;
    bl_error err = {0};
    make(&m, starts, 4, 3, 30);
    assert_error(bl_ttree_slot_of(&m.branch, 0, &slot, &err), BL_E_CORRUPT, err, "basket 0");
    assert_int_equal(bl_ttree_slot_of(&m.branch, 1, &slot, NULL), BL_E_CORRUPT); // past the end
    m.branch.basket_bytes.n = 2; // the third has no size
    assert_int_equal(bl_ttree_slot_of(&m.branch, 2, &slot, NULL), BL_E_CORRUPT);
    m.branch.basket_seeks.n = 0; // nothing on disk, nothing embedded
    assert_int_equal(bl_ttree_slot_of(&m.branch, 2, &slot, NULL), BL_E_CORRUPT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_follow_each_other),
        cmocka_unit_test(last_start_may_be_missing),
        cmocka_unit_test(stale_slots_do_not_count),
        cmocka_unit_test(slots_that_are_no_baskets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
