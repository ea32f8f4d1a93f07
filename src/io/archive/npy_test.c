// SPDX-License-Identifier: Apache-2.0
// NumPy's files: what is written is read, and what does not fit is refused.
#include "io/archive/npy.h"

#include "base/testing.h"

enum { MOST_VALUES = 30 };

static void arrays_are_checked(bl_npy_type type, bl_npy_type other) {
    static const size_t sizes[] = {3, 2, 1, 5};
    for (unsigned rank = 0; rank <= 4; rank++) {
        uint8_t data[BL_NPY_HEADER_BYTES + MOST_VALUES * sizeof(double)] = {0};
        bl_npy array;
        size_t n = bl_npy_header(type, rank, sizes, data), size = n + type;
        for (unsigned i = 0; i < rank; i++)
            size = n + (size - n) * sizes[i];
        assert_int_equal(n % 64, 0);
        assert_ok(bl_npy_read(type, data, size, &array, NULL));
        assert_int_equal(array.rank, rank);
        assert_memory_equal(array.sizes, sizes, rank * sizeof *sizes);
        assert_ptr_equal(array.values, data + n);
        assert_int_equal(bl_npy_read(type, data, size - 1, &array, NULL), BL_E_CORRUPT);
        assert_int_equal(bl_npy_read(type, data, n - 1, &array, NULL), BL_E_CORRUPT);
        assert_int_equal(bl_npy_read(type, data, 9, &array, NULL), BL_E_CORRUPT);
        assert_int_equal(bl_npy_read(other, data, size, &array, NULL), BL_E_UNSUPPORTED);
        memcpy(data + 10, "{'descr': '>f", 13);
        assert_int_equal(bl_npy_read(type, data, size, &array, NULL), BL_E_UNSUPPORTED);
    }
}

static void arrays_of_float32(void **state) {
    (void)state;
    arrays_are_checked(BL_NPY_FLOAT32, BL_NPY_FLOAT64);
}

static void arrays_of_float64(void **state) {
    (void)state;
    arrays_are_checked(BL_NPY_FLOAT64, BL_NPY_FLOAT32);
}

/// Sizes whose product does not fit are no array, however few bytes there are.
static void sizes_too_large_are_refused(void **state) {
    (void)state;
    static const size_t sizes[] = {(size_t)1 << 62, 4};
    uint8_t data[BL_NPY_HEADER_BYTES];
    bl_npy array;
    size_t n = bl_npy_header(BL_NPY_FLOAT64, 2, sizes, data);
    assert_int_equal(bl_npy_read(BL_NPY_FLOAT64, data, n, &array, NULL), BL_E_CORRUPT);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(arrays_of_float32),
                                       cmocka_unit_test(arrays_of_float64),
                                       cmocka_unit_test(sizes_too_large_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
