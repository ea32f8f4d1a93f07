// SPDX-License-Identifier: Apache-2.0
#include "base/size.h"

#include "base/testing.h"

static void test_sizes(void **state) {
    (void)state;
    uint64_t n = 0;
    assert_int_equal(BL_OK, bl_size_parse("1000", &n, NULL));
    assert_int_equal(n, 1000);
    assert_int_equal(BL_OK, bl_size_parse("2GiB", &n, NULL));
    assert_int_equal(n, UINT64_C(2) << 30);
    assert_int_equal(BL_OK, bl_size_parse("3kB", &n, NULL));
    assert_int_equal(n, 3072);
    static const char *const wrong[] = {"", "-1", "0", "1X", "1MM", " 1", "99999999999G", "1.5G"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(BL_E_USAGE, bl_size_parse(wrong[i], &n, NULL));
    assert_int_equal(n, 3072);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
