// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "formats/parquet/level_kernels.h"

static uint32_t next(uint32_t *seed) { return *seed = *seed * 1664525u + 1013904223u; }

static void both_do_the_same(void **state) {
    (void)state;
    const bl_level_kernels *plain = &bl_level_kernels_plain, *fast = bl_level_kernels_get();
    uint32_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        uint8_t levels[64];
        for (size_t i = 0; i < 64; i++)
            levels[i] = (uint8_t)((next(&seed) >> 24) % 5);
        size_t n = (next(&seed) >> 16) % 65;
        for (unsigned least = 1; least < 6; least++) {
            uint64_t bits = plain->at_least(levels, n, least);
            for (size_t i = 0; i < 64; i++)
                assert_int_equal(bits >> i & 1, i < n && levels[i] >= least);
            assert_true(bits == fast->at_least(levels, n, least));
        }
        uint64_t from = (uint64_t)next(&seed) << 32 | next(&seed);
        uint64_t where = (uint64_t)next(&seed) << 32 | next(&seed);
        int32_t counts[2][64] = {{0}};
        assert_true(plain->gather(from, where) == fast->gather(from, where));
        assert_int_equal(plain->count(from), fast->count(from));
        plain->put_counts(where, from, 7, counts[0]);
        fast->put_counts(where, from, 7, counts[1]);
        assert_memory_equal(counts[0], counts[1], sizeof counts[0]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_do_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
