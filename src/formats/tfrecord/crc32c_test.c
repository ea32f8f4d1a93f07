// SPDX-License-Identifier: Apache-2.0
// The plain checksum against known answers, and the processor's against the plain one: all lengths
// up to some thousands, at any alignment.
#include "formats/tfrecord/crc32c.h"

#include <string.h>

#include "base/testing.h"

enum { MOST = 14000, STEP_FROM = 800, STEP = 61 };

/// \source RFC 3720, appendix B.4; the last is the customary check value
static void known_answers(void **state) {
    (void)state;
    uint8_t bytes[32] = {0};
    assert_int_equal(bl_crc32c_plain(bytes, 0), 0);
    assert_int_equal(bl_crc32c_plain(bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, 32);
    assert_int_equal(bl_crc32c_plain(bytes, 32), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(bl_crc32c_plain(bytes, 32), 0x46dd794e);
    assert_int_equal(bl_crc32c_plain((const uint8_t *)"123456789", 9), 0xe3069283);
}

static void same_for_all_lengths(void **state) {
    (void)state;
    static uint8_t data[MOST + 16];
    uint32_t seed = 5;
    for (size_t i = 0; i < sizeof data; i++) {
        seed = seed * 1664525u + 1013904223u;
        data[i] = (uint8_t)(seed >> 24);
    }
    bl_crc32c_fn fast = bl_crc32c_get();
    if (fast == bl_crc32c_plain)
        skip();
    for (size_t n = 0; n <= MOST; n += n < STEP_FROM ? 1 : STEP)
        for (size_t at = 0; at < 9; at += 4)
            assert_int_equal(fast(data + at, n), bl_crc32c_plain(data + at, n));
}

static void masked(void **state) {
    (void)state;
    assert_int_equal(bl_crc32c_mask(0), 0xa282ead8);
    assert_int_equal(bl_crc32c_mask(1), 0xa284ead8);
    // the length 0 of an empty record, as TensorFlow writes it
    assert_int_equal(bl_crc32c_mask(bl_crc32c_plain((const uint8_t *)"\0\0\0\0\0\0\0", 8)),
                     0x07980329);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(same_for_all_lengths),
        cmocka_unit_test(masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
