// SPDX-License-Identifier: Apache-2.0
// DELTA_BINARY_PACKED: blocks of differences less the smallest of them, in miniblocks of their own
// width. Arithmetic wraps around, as the format wants it.
#include "formats/parquet/bits.h"
#include "formats/parquet/encodings.h"

enum { MOST_MINIBLOCKS = 512, MOST_BLOCK = 1 << 16, CHUNK = 64 };

typedef struct delta {
    const uint8_t *next, *end;
    size_t block, n_miniblocks; ///< numbers of a block; pieces that it has
} delta;

static bool read_varint(delta *d, uint64_t *ret_value) {
    *ret_value = 0;
    for (unsigned shift = 0; shift < 64 && d->next < d->end; shift += 7) {
        uint8_t byte = *d->next++;
        *ret_value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static uint64_t from_zigzag(uint64_t bits) { return (bits >> 1) ^ (0 - (bits & 1)); }

static bl_status corrupt(const delta *d, const char *what, bl_error *err) {
    (void)d;
    return bl_error_set(err, BL_E_CORRUPT, "delta encoding: %s", what);
}

static void store(void *out, unsigned width, size_t i, uint64_t value) {
    if (width == 4)
        ((uint32_t *)out)[i] = (uint32_t)value;
    else
        ((uint64_t *)out)[i] = value;
}

/// One miniblock: `n` of its `size` numbers are wanted.
static bool read_miniblock(delta *d, unsigned bits, size_t size, size_t n, uint64_t least,
                           uint64_t *value, unsigned width, void *out, size_t at) {
    size_t n_bytes = size / 8 * bits, left = (size_t)(d->end - d->next);
    size_t wanted = (n * bits + 7) / 8; // the last one may be cut short
    if (wanted > left)
        return false;
    uint64_t differences[CHUNK];
    for (size_t done = 0; done < n; done += CHUNK) {
        size_t part = n - done < CHUNK ? n - done : CHUNK, from = done / 8 * bits;
        bl_unpack_wide(d->next + from, left - from, bits, part, differences);
        for (size_t i = 0; i < part; i++) {
            *value += least + differences[i];
            store(out, width, at + done + i, *value);
        }
    }
    d->next += n_bytes < left ? n_bytes : left;
    return true;
}

static bl_status read_block(delta *d, size_t n, uint64_t *value, unsigned width, void *out,
                            size_t at, bl_error *err) {
    uint64_t least;
    size_t size = d->block / d->n_miniblocks;
    if (!read_varint(d, &least) || (size_t)(d->end - d->next) < d->n_miniblocks)
        return corrupt(d, "a block ends early", err);
    const uint8_t *widths = d->next;
    d->next += d->n_miniblocks;
    for (size_t i = 0; i < d->n_miniblocks && n; i++) {
        size_t part = n < size ? n : size;
        if (widths[i] > 64)
            return corrupt(d, "numbers of more than 64 bits", err);
        if (!read_miniblock(d, widths[i], size, part, from_zigzag(least), value, width, out, at))
            return corrupt(d, "a block ends early", err);
        n -= part;
        at += part;
    }
    return BL_OK;
}

bl_status bl_delta_decode(const uint8_t *data, size_t size, unsigned width, size_t most, void *out,
                          size_t *ret_n, size_t *ret_used, bl_error *err) {
    delta d = {.next = data, .end = data + size};
    uint64_t block, n_miniblocks, total, first;
    if (!read_varint(&d, &block) || !read_varint(&d, &n_miniblocks) || !read_varint(&d, &total) ||
        !read_varint(&d, &first))
        return corrupt(&d, "the head ends early", err);
    if (block == 0 || block > MOST_BLOCK || n_miniblocks == 0 || n_miniblocks > MOST_MINIBLOCKS ||
        block % n_miniblocks || block / n_miniblocks % 8)
        return corrupt(&d, "blocks of sizes that cannot be", err);
    if (total > most)
        return corrupt(&d, "more numbers than there should be", err);
    d.block = (size_t)block;
    d.n_miniblocks = (size_t)n_miniblocks;
    uint64_t value = from_zigzag(first);
    if (total)
        store(out, width, 0, value);
    for (size_t at = 1; at < total; at += d.block) {
        size_t left = (size_t)total - at;
        BL_TRY(read_block(&d, left < d.block ? left : d.block, &value, width, out, at, err));
    }
    *ret_n = (size_t)total;
    *ret_used = (size_t)(d.next - data);
    return BL_OK;
}
