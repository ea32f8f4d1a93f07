// SPDX-License-Identifier: Apache-2.0
// What is encoded is decoded again; values and bytes may lie anywhere.
#include "base/testing.h"
#include "formats/root/number.h"

enum { MAX_VALUES = 70 };

static void test_widths(void **state) {
    (void)state;
    static const struct {
        bl_type_id type;
        uint8_t size;
    } kinds[] = {{BL_UINT8, 1}, {BL_INT16, 2}, {BL_FLOAT32, 4}, {BL_FLOAT64, 8}};
    uint8_t values[8 * MAX_VALUES + 1], bytes[8 * MAX_VALUES + 1];
    _Alignas(8) uint8_t back[8 * MAX_VALUES];
    for (size_t i = 0; i < sizeof values; i++)
        values[i] = (uint8_t)(i * 37 + 11);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t n = 0; n <= MAX_VALUES; n += 7)
            for (size_t shift = 0; shift < 2; shift++) {
                bl_root_number number = {.type = kinds[k].type, .size = kinds[k].size};
                bl_root_numbers_encode(number.size, values + shift, n, bytes + shift);
                bl_root_numbers_decode(&number, bytes + shift, n, back);
                assert_memory_equal(back, values + shift, n * number.size);
                if (n) // the highest byte comes first
                    assert_int_equal(bytes[shift], values[shift + number.size - 1]);
            }
}

static void test_bools(void **state) {
    (void)state;
    static const uint8_t bits[] = {0xa5, 0x0f, 0x80};
    uint8_t out[24];
    for (size_t first = 0; first < 24; first++) {
        bl_root_bools_encode(bits, first, 24 - first, out);
        for (size_t i = 0; i < 24 - first; i++)
            assert_int_equal(out[i], bits[(first + i) / 8] >> ((first + i) % 8) & 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_bools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
