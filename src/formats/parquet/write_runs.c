// SPDX-License-Identifier: Apache-2.0
// Runs and packed groups of eight: levels, numbers of a dictionary, bools.
// \source Apache Parquet, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid"
#include "formats/parquet/write.h"

/// A run pays for its head, and for breaking a packed stretch, past so many bits.
#define SHORTEST_RUN_BITS 48u

void bl_pqw_pack_run(bl_packer *out, uint32_t value, size_t n, unsigned width) {
    if (n == 0)
        return;
    bl_thrift_put_varint(out, (uint64_t)n << 1);
    for (unsigned i = 0; i < (width + 7) / 8; i++)
        bl_pack_u8(out, (uint8_t)(value >> 8 * i));
}

// ---- levels: bytes ----

static inline uint64_t load8(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/// Eight bytes, each below 2^width, into `width` bytes.
static inline uint64_t squeeze(uint64_t x, unsigned width) {
    if (width == 1)
        return x * UINT64_C(0x0102040810204080) >> 56;
    x = (x | x >> (8 - width)) & (UINT64_C(0x0001000100010001) * ((1U << 2 * width) - 1));
    x = (x | x >> (16 - 2 * width)) &
        (UINT64_C(0x0000000100000001) * ((UINT64_C(1) << 4 * width) - 1));
    x |= x >> (32 - 4 * width);
    return width == 8 ? x : x & ((UINT64_C(1) << 8 * width) - 1);
}

/// A head, and groups of eight packed; what lacks to a whole group is 0.
static void pack_bytes(bl_packer *out, const uint8_t *levels, size_t n, unsigned width) {
    size_t n_groups = (n + 7) / 8, i = 0;
    if (n == 0)
        return;
    bl_thrift_put_varint(out, (uint64_t)n_groups << 1 | 1);
    uint8_t *at = bl_pqw_extend(out, n_groups * width);
    if (!at)
        return;
    for (; i + 8 <= n; i += 8, at += width) {
        uint64_t word = squeeze(load8(levels + i), width);
        memcpy(at, &word, sizeof word);
    }
    if (i < n) {
        uint8_t rest[8] = {0};
        memcpy(rest, levels + i, n - i);
        uint64_t word = squeeze(load8(rest), width);
        memcpy(at, &word, sizeof word);
    }
}

/// How many levels from `i` on, in whole groups, are equal to the one there.
static size_t equal_bytes(const uint8_t *levels, size_t i, size_t n) {
    uint64_t all = UINT64_C(0x0101010101010101) * levels[i];
    size_t end = i;
    while (end + 8 <= n && load8(levels + end) == all)
        end += 8;
    if (end + 8 > n && end > i) // the last of all may be fewer
        while (end < n && levels[end] == levels[i])
            end++;
    return end - i;
}

void bl_pqw_pack_levels(bl_packer *out, const uint8_t *levels, size_t n, unsigned width) {
    size_t start = 0;
    for (size_t i = 0; i < n;) {
        size_t equal = equal_bytes(levels, i, n);
        if (equal * width < SHORTEST_RUN_BITS) {
            i += equal > 8 ? equal / 8 * 8 : 8;
            continue;
        }
        bool is_last = i + equal == n;
        if (!is_last)
            equal = equal / 8 * 8;
        pack_bytes(out, levels + start, i - start, width);
        bl_pqw_pack_run(out, levels[i], equal, width);
        i += equal;
        start = i;
    }
    if (start < n)
        pack_bytes(out, levels + start, n - start, width);
}

void bl_pqw_pack_bools(bl_packer *out, const uint8_t *bools, size_t n) {
    uint8_t *at = bl_packer_extend(out, (n + 7) / 8);
    size_t i = 0;
    if (!at)
        return;
    for (; i + 8 <= n; i += 8)
        *at++ = (uint8_t)squeeze(load8(bools + i), 1);
    if (i < n) {
        uint8_t rest[8] = {0};
        memcpy(rest, bools + i, n - i);
        *at = (uint8_t)squeeze(load8(rest), 1);
    }
}

// ---- indices: numbers of 32 bits ----

/// Eight numbers below 2^width into `width` bytes.
static inline void pack_eight(const uint32_t *v, unsigned width, uint8_t *out) {
    uint64_t word = 0;
    unsigned filled = 0;
    for (size_t k = 0; k < 8; k++) {
        word |= (uint64_t)v[k] << filled;
        filled += width;
        if (filled >= 32) {
            uint32_t low = (uint32_t)word;
            memcpy(out, &low, sizeof low);
            out += 4;
            word >>= 32;
            filled -= 32;
        }
    }
    for (; filled > 0; filled -= 8, word >>= 8) // eight numbers end at a byte
        *out++ = (uint8_t)word;
}

static void pack_numbers(bl_packer *out, const uint32_t *numbers, size_t n, unsigned width) {
    size_t n_groups = (n + 7) / 8, i = 0;
    if (n == 0)
        return;
    bl_thrift_put_varint(out, (uint64_t)n_groups << 1 | 1);
    uint8_t *at = bl_pqw_extend(out, n_groups * width);
    if (!at)
        return;
    for (; i + 8 <= n; i += 8, at += width)
        pack_eight(numbers + i, width, at);
    if (i < n) {
        uint32_t rest[8] = {0};
        memcpy(rest, numbers + i, (n - i) * sizeof *rest);
        pack_eight(rest, width, at);
    }
}

static inline bool are_equal(const uint32_t *v, uint32_t value) {
    uint32_t differ = 0;
    for (size_t k = 0; k < 8; k++)
        differ |= v[k] ^ value;
    return differ == 0;
}

static size_t equal_numbers(const uint32_t *numbers, size_t i, size_t n) {
    size_t end = i;
    while (end + 8 <= n && are_equal(numbers + end, numbers[i]))
        end += 8;
    if (end + 8 > n && end > i)
        while (end < n && numbers[end] == numbers[i])
            end++;
    return end - i;
}

void bl_pqw_pack_indices(bl_packer *out, const uint32_t *indices, size_t n, unsigned width) {
    size_t start = 0;
    for (size_t i = 0; i < n;) {
        size_t equal = equal_numbers(indices, i, n);
        if (equal * (width ? width : SHORTEST_RUN_BITS) < SHORTEST_RUN_BITS) {
            i += equal > 8 ? equal / 8 * 8 : 8;
            continue;
        }
        if (i + equal != n)
            equal = equal / 8 * 8;
        pack_numbers(out, indices + start, i - start, width);
        bl_pqw_pack_run(out, indices[i], equal, width);
        i += equal;
        start = i;
    }
    if (start < n)
        pack_numbers(out, indices + start, n - start, width);
}
