// SPDX-License-Identifier: Apache-2.0
// Statistics: exact where they claim it, the same whatever the batches are, through all nesting.
#include "cli/tally.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "column/builder.h"

enum { N = 5000 };

static void fill(double *x) {
    uint64_t seed = 7;
    for (int i = 0; i < N; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        x[i] = ldexp((double)(int64_t)seed, (int)(seed >> 58) - 90);
    }
    x[17] = NAN;
    x[18] = INFINITY;
    x[4711] = -INFINITY;
}

static void test_batches_do_not_matter(void **state) {
    (void)state;
    double x[N];
    fill(x);
    bl_tally whole;
    bl_tally_start(&whole, BL_FLOAT64, true);
    bl_tally_values(&whole, x, N);
    for (int step = 1; step < 700; step = 3 * step + 1) {
        bl_tally parts;
        bl_tally_start(&parts, BL_FLOAT64, true);
        for (int i = 0; i < N; i += step)
            bl_tally_values(&parts, x + i, i + step < N ? step : N - i);
        assert_memory_equal(&whole, &parts, sizeof whole);
    }
    assert_int_equal(whole.n_nan, 1);
    assert_int_equal(whole.n_inf, 2);
    assert_int_equal(bl_tally_n_finite(&whole), N - 3);
}

static void test_sum_is_compensated(void **state) {
    (void)state;
    double x[N];
    fill(x);
    long double sum = 0, rest = 0, scale = 0;
    double min = INFINITY, max = -INFINITY;
    for (int i = 0; i < N; i++)
        if (isfinite(x[i])) {
            long double y = (long double)x[i] - rest, total = sum + y;
            rest = (total - sum) - y;
            sum = total;
            scale += fabsl((long double)x[i]);
            min = fmin(min, x[i]);
            max = fmax(max, x[i]);
        }
    bl_tally tally;
    bl_tally_start(&tally, BL_FLOAT64, false);
    bl_tally_values(&tally, x, N);
    assert_true(fabs(bl_tally_sum(&tally) - (double)sum) <= 1e-15 * (double)scale);
    assert_true(bl_tally_min(&tally) == min && bl_tally_max(&tally) == max);
    double cancel[] = {1, 1e100, 1, -1e100, 1, 1e100, 1, -1e100};
    bl_tally_start(&tally, BL_FLOAT64, false);
    bl_tally_values(&tally, cancel, 8);
    assert_true(bl_tally_sum(&tally) == 4.0);
}

static void test_integers_are_exact(void **state) {
    (void)state;
    uint64_t big[] = {UINT64_MAX, UINT64_MAX, 3};
    bl_tally tally;
    bl_tally_start(&tally, BL_UINT64, false);
    bl_tally_values(&tally, big, 3);
    assert_true(bl_tally_int_sum(&tally) == (bl_int128)UINT64_MAX * 2 + 3);
    assert_true(bl_tally_int_min(&tally) == 3);
    assert_true(bl_tally_int_max(&tally) == (bl_int128)UINT64_MAX);
    int64_t small[] = {INT64_MIN, INT64_MIN, -1};
    bl_tally_start(&tally, BL_INT64, false);
    bl_tally_values(&tally, small, 3);
    assert_true(bl_tally_int_sum(&tally) == (bl_int128)INT64_MIN * 2 - 1);
    assert_true(bl_tally_int_min(&tally) == INT64_MIN);
    assert_true(bl_tally_int_max(&tally) == -1);
    uint8_t bits[] = {0xa5, 0x01};
    bl_tally_start(&tally, BL_BOOL, false);
    bl_tally_values(&tally, bits, 9);
    assert_true(bl_tally_int_sum(&tally) == 5);
}

static void test_checksums(void **state) {
    (void)state;
    // zlib.crc32(struct.pack("<3d", 1, 2, 3)), of b"a\0bc\0", and of struct.pack("<2I", 1, 2)
    float x[] = {1, 2, 3};
    bl_tally tally;
    bl_tally_start(&tally, BL_FLOAT32, true);
    bl_tally_values(&tally, x, 3);
    assert_int_equal(tally.crc_values, 0x5b25e824);
    uint32_t counts[] = {1, 2};
    bl_tally_counts(&tally, counts, 2);
    assert_int_equal(tally.crc_counts, 0x0381177c);
    assert_int_equal(tally.longest, 2);
    int32_t offsets[] = {0, 1, 3};
    bl_tally_start(&tally, BL_UTF8, true);
    bl_tally_strings(&tally, offsets, "abc", 2);
    assert_int_equal(tally.crc_values, 0x67f38eca);
    assert_int_equal(tally.n_bytes, 3);
}

/// list<list<struct{a: int32, b: fixed_list<float32>[2]}>> with rows [[1, 2], [3]], [], [[], [4]].
static bl_type *nested_type(bl_context *context) {
    bl_type *pair, *item, *inner, *outer;
    assert_int_equal(BL_OK, bl_type_new_list(context, BL_FIXED_LIST, 2,
                                             bl_type_primitive(BL_FLOAT32), &pair, NULL));
    const char *names[] = {"a", "b"};
    bl_type *members[] = {bl_type_primitive(BL_INT32), pair};
    assert_int_equal(BL_OK, bl_type_new_struct(context, 2, names, members, &item, NULL));
    assert_int_equal(BL_OK, bl_type_new_list(context, BL_LIST, 0, item, &inner, NULL));
    assert_int_equal(BL_OK, bl_type_new_list(context, BL_LIST, 0, inner, &outer, NULL));
    bl_type_release(pair);
    bl_type_release(item);
    bl_type_release(inner);
    return outer;
}

static void append_items(bl_builder *builder, int32_t first, int n) {
    bl_builder *item = &builder->children[0].children[0];
    for (int i = 0; i < n; i++) {
        *(int32_t *)bl_builder_extend(&item->children[0], 1) = first + i;
        float *pair = bl_builder_extend(&item->children[1].children[0], 2);
        pair[0] = (float)(first + i);
        pair[1] = -0.5f;
    }
    bl_builder_end_list(&builder->children[0]);
}

static void test_nesting(void **state) {
    (void)state;
    bl_context *context;
    assert_int_equal(BL_OK, bl_context_new(NULL, &context, NULL));
    bl_type *type = nested_type(context);
    bl_builder builder;
    assert_int_equal(BL_OK, bl_builder_init(&builder, context, type, NULL));
    append_items(&builder, 1, 2);
    append_items(&builder, 3, 1);
    bl_builder_end_list(&builder);
    bl_builder_end_list(&builder);
    append_items(&builder, 0, 0);
    append_items(&builder, 4, 1);
    bl_builder_end_list(&builder);
    bl_column column = {0};
    assert_int_equal(BL_OK, bl_builder_finish(&builder, &column, NULL));
    assert_int_equal(2, bl_tally_n_leaves(type));
    bl_tally tallies[2];
    bl_tally_init(tallies, type, false);
    char name[32];
    const bl_type *leaf;
    bl_tally_leaf(type, 1, name, sizeof name, &leaf);
    assert_string_equal(name, ".b");
    for (int i = 0; i < 2; i++)
        assert_int_equal(BL_OK, bl_tally_add(context, tallies, 2, &column, NULL));
    assert_int_equal(tallies[0].n_entries, 6);
    assert_int_equal(tallies[0].n_values, 8);
    assert_int_equal(tallies[0].longest, 3);
    assert_true(bl_tally_int_sum(&tallies[0]) == 20);
    assert_int_equal(tallies[1].n_values, 16);
    assert_int_equal(tallies[1].longest, 6);
    assert_true(bl_tally_sum(&tallies[1]) == 16.0);
    assert_int_equal(BL_E_TYPE, bl_tally_add(context, tallies, 1, &column, NULL));
    bl_column_release(context, &column);
    bl_builder_release(&builder);
    bl_type_release(type);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_do_not_matter),
        cmocka_unit_test(test_sum_is_compensated),
        cmocka_unit_test(test_integers_are_exact),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
