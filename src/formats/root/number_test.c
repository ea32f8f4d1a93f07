// SPDX-License-Identifier: Apache-2.0
#include "formats/root/number.h"

#include <math.h>
#include <string.h>

#include "base/testing.h"

enum { DOUBLE32 = 9, FLOAT16 = 19 };

static const double pi = 3.14159265358979323846;

static bl_root_number number_of(int code, const char *comment) {
    bl_root_number number = {0};
    assert_true(bl_root_number_of_code(code, comment, &number));
    return number;
}

static void near(double a, double b) {
    if (fabs(a - b) > 1e-12 * (1 + fabs(b)))
        fail_msg("%.17g is not %.17g", a, b);
}

static void codes_are_numbers(void **state) {
    (void)state;
    bl_root_number number;
    assert_false(bl_root_number_of_code(0, "", &number));
    assert_false(bl_root_number_of_code(7, "", &number)); // char *
    assert_false(bl_root_number_of_code(20, "", &number));
    assert_int_equal(number_of(3, "").type, BL_INT32);
    assert_int_equal(number_of(18, "").type, BL_BOOL);
    assert_int_equal(number_of(18, "").size, 1);
    assert_true(bl_root_number_of_name("unsigned long", 13, &number));
    assert_int_equal(number.type, BL_UINT64); // 8 bytes on disk, whatever the machine
    assert_int_equal(number.size, 8);
    assert_false(bl_root_number_of_name("floats", 6, &number));
    assert_false(bl_root_number_of_name("", 0, &number));
}

static void plain_numbers_change_byte_order(void **state) {
    (void)state;
    const uint8_t data[] = {0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0};
    bl_root_number number = number_of(8, "");
    double out[2];
    bl_root_numbers_decode(&number, data, 2, out);
    near(out[0], 1.5);
    near(out[1], -2);
    int16_t narrow[1];
    number = number_of(2, "");
    bl_root_numbers_decode(&number, (const uint8_t *)"\xff\xfe", 1, narrow);
    assert_int_equal(narrow[0], -2);
}

static void double32_without_range_is_a_float(void **state) {
    (void)state;
    bl_root_number number = number_of(DOUBLE32, "a comment");
    assert_int_equal(number.packing, BL_ROOT_WIDENED);
    assert_int_equal(number.size, 4);
    double out;
    bl_root_numbers_decode(&number, (const uint8_t *)"\x3f\x80\0\0", 1, &out);
    near(out, 1);
}

static void ranges_are_steps_above_the_minimum(void **state) {
    (void)state;
    bl_root_number number = number_of(DOUBLE32, "[0,10,12] energy");
    assert_int_equal(number.packing, BL_ROOT_RANGED);
    near(number.factor, 4096 / 10.0);
    double out[2];
    bl_root_numbers_decode(&number, (const uint8_t *)"\0\0\0\0\0\0\x08\0", 2, out);
    near(out[0], 0);
    near(out[1], 5);
    number = number_of(DOUBLE32, "[3][-1,1]"); // dimensions before the range; 32 bits
    near(number.min, -1);
    near(number.factor, 4294967295.0 / 2);
}

static void ranges_may_be_of_pi(void **state) {
    (void)state;
    near(number_of(FLOAT16, "[-pi,pi,10]").min, -pi);
    near(number_of(DOUBLE32, "[-pi,pi,10]").factor, 1024 / (2 * pi));
    near(number_of(DOUBLE32, "[0, 2*PI]").factor, 4294967295.0 / (2 * pi));
    near(number_of(DOUBLE32, "[-pi/2,pi/2,8]").min, -pi / 2);
    near(number_of(DOUBLE32, "[-pi/4,twopi,8]").factor, 256 / (2.25 * pi));
}

static void empty_range_truncates_the_mantissa(void **state) {
    (void)state;
    bl_root_number number = number_of(DOUBLE32, "[0,0,8]");
    assert_int_equal(number.packing, BL_ROOT_TRUNCATED);
    assert_int_equal(number.n_bits, 8);
    assert_int_equal(number.size, 3);
    // exponent 127, mantissa 1000 0000 of 8 bits, then with the sign bit
    const uint8_t data[] = {127, 0, 0x80, 127, 0x02, 0x80, 0, 0, 0};
    double out[3];
    bl_root_numbers_decode(&number, data, 3, out);
    near(out[0], 1.5);
    near(out[1], -1.5);
    near(out[2], 0);
    number = number_of(FLOAT16, ""); // no range: 12 bits
    assert_int_equal(number.n_bits, 12);
    assert_int_equal(number.type, BL_FLOAT32);
    float narrow;
    bl_root_numbers_decode(&number, (const uint8_t *)"\x80\x08\x00", 1, &narrow);
    near(narrow, 3);
}

static void nonsense_in_brackets_is_no_range(void **state) {
    (void)state;
    static const char *const comments[] = {"[", "]", "[,", "[n]", "[3][4]", "],[", ""};
    for (size_t i = 0; i < sizeof comments / sizeof *comments; i++)
        assert_int_equal(number_of(DOUBLE32, comments[i]).packing, BL_ROOT_WIDENED);
    assert_int_equal(number_of(DOUBLE32, NULL).packing, BL_ROOT_WIDENED);
    assert_int_equal(number_of(DOUBLE32, "[1,0,99]").packing, BL_ROOT_WIDENED);
    near(number_of(DOUBLE32, "[0,1,99]").factor, 4294967295.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_numbers),
        cmocka_unit_test(plain_numbers_change_byte_order),
        cmocka_unit_test(double32_without_range_is_a_float),
        cmocka_unit_test(ranges_are_steps_above_the_minimum),
        cmocka_unit_test(ranges_may_be_of_pi),
        cmocka_unit_test(empty_range_truncates_the_mantissa),
        cmocka_unit_test(nonsense_in_brackets_is_no_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
