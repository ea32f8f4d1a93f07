// SPDX-License-Identifier: Apache-2.0
// The plain kernels, and which ones are taken.
#include "formats/parquet/level_kernels.h"

#include <string.h>

static uint64_t at_least(const uint8_t *levels, size_t n, unsigned least) {
    uint8_t flags[64];
    uint64_t bits = 0;
    for (size_t i = 0; i < 64; i++)
        flags[i] = levels[i] >= least;
    for (unsigned k = 0; k < 8; k++) { // the product moves the flag of byte i to bit 56 + i
        uint64_t word;
        memcpy(&word, flags + 8 * k, sizeof word);
        bits |= (word * UINT64_C(0x0102040810204080) >> 56) << 8 * k;
    }
    return bits & bl_first_bits(n);
}

static uint64_t gather(uint64_t from, uint64_t where) {
    uint64_t made = 0;
    for (unsigned n = 0; where; where &= where - 1, n++)
        made |= (from >> __builtin_ctzll(where) & 1) << n;
    return made;
}

static unsigned count(uint64_t bits) { return (unsigned)__builtin_popcountll(bits); }

static void put_counts(uint64_t where, uint64_t items, int32_t base, int32_t *out) {
    for (; where; where &= where - 1)
        *out++ = base + (int32_t)count(items & bl_first_bits((size_t)__builtin_ctzll(where)));
}

const bl_level_kernels bl_level_kernels_plain = {at_least, gather, put_counts, count};

const bl_level_kernels *bl_level_kernels_get(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
        return &bl_level_kernels_avx2;
#endif
    return &bl_level_kernels_plain;
}
