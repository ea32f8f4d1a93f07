// SPDX-License-Identifier: Apache-2.0
// Integers as differences, packed in blocks of 128; and numbers split into streams of their bytes.
// \source Apache Parquet, Encodings.md, "Delta Encoding" and "Byte Stream Split"
#include "formats/parquet/write.h"

enum { BLOCK = 128, MINIS = 4, MINI = BLOCK / MINIS };

/// 32 numbers of `width` bits.
static void pack_mini(bl_packer *out, const uint64_t *numbers, unsigned width) {
    uint8_t *at = bl_packer_extend(out, (size_t)width * MINI / 8);
    uint64_t word = 0;
    unsigned filled = 0;
    for (size_t i = 0; at && i < MINI; i++) {
        word |= numbers[i] << filled;
        if (filled + width < 64) {
            filled += width;
            continue;
        }
        memcpy(at, &word, sizeof word);
        at += sizeof word;
        word = filled ? numbers[i] >> (64 - filled) : 0;
        filled = filled + width - 64;
    }
    if (at && filled) // 32 bits, where the width is odd
        memcpy(at, &word, sizeof(uint32_t));
}

/// \param deltas [n] \param least of them
static void pack_block(bl_packer *out, uint64_t *deltas, size_t n, int64_t least) {
    uint8_t widths[MINIS] = {0};
    for (size_t i = 0; i < n; i++)
        deltas[i] -= (uint64_t)least;
    memset(deltas + n, 0, (BLOCK - n) * sizeof *deltas);
    for (size_t k = 0; k < MINIS; k++) {
        uint64_t all = 0;
        for (size_t i = 0; i < MINI; i++)
            all |= deltas[k * MINI + i];
        widths[k] = (uint8_t)bl_pqw_bit_width(all);
    }
    bl_thrift_put_varint(out, bl_thrift_put_zigzag(least));
    bl_pack_bytes(out, widths, sizeof widths);
    for (size_t k = 0; k < MINIS; k++)
        if (widths[k])
            pack_mini(out, deltas + k * MINI, widths[k]);
}

static inline int64_t value_at(const uint8_t *values, size_t i, size_t width) {
    int64_t wide;
    int32_t narrow;
    if (width == 4) {
        memcpy(&narrow, values + 4 * i, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, values + 8 * i, sizeof wide);
    return wide;
}

/// Differences as their own width has them: past its ends they wrap.
static int64_t find_deltas(const uint8_t *values, size_t first, size_t n, size_t width,
                           uint64_t *deltas) {
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < n; i++) {
        uint64_t delta = (uint64_t)value_at(values, first + i, width) -
                         (uint64_t)value_at(values, first + i - 1, width);
        int64_t wrapped = width == 4 ? (int32_t)(uint32_t)delta : (int64_t)delta;
        deltas[i] = (uint64_t)wrapped;
        least = wrapped < least ? wrapped : least;
    }
    return least;
}

void bl_pqw_pack_deltas(bl_packer *out, const uint8_t *values, size_t n, size_t width) {
    uint64_t deltas[BLOCK];
    bl_thrift_put_varint(out, BLOCK);
    bl_thrift_put_varint(out, MINIS);
    bl_thrift_put_varint(out, n);
    bl_thrift_put_varint(out, bl_thrift_put_zigzag(n ? value_at(values, 0, width) : 0));
    for (size_t i = 1; i < n; i += BLOCK) {
        size_t count = n - i < BLOCK ? n - i : BLOCK;
        int64_t least = width == 4 ? find_deltas(values, i, count, 4, deltas)
                                   : find_deltas(values, i, count, 8, deltas);
        pack_block(out, deltas, count, least);
    }
}

static void split4(const uint8_t *values, size_t n, uint8_t *out) {
    for (size_t i = 0; i < n; i++) {
        uint32_t v;
        memcpy(&v, values + 4 * i, sizeof v);
        out[i] = (uint8_t)v;
        out[n + i] = (uint8_t)(v >> 8);
        out[2 * n + i] = (uint8_t)(v >> 16);
        out[3 * n + i] = (uint8_t)(v >> 24);
    }
}

void bl_pqw_split_bytes(const uint8_t *values, size_t n, size_t width, uint8_t *out) {
    if (width == 4) {
        split4(values, n, out);
        return;
    }
    for (size_t k = 0; k < width; k++)
        for (size_t i = 0; i < n; i++)
            out[k * n + i] = values[i * width + k];
}
