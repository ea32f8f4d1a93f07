// SPDX-License-Identifier: Apache-2.0
// ROOT's framing: a payload is one block after the other, each of at most 2²⁴−1 raw bytes, behind
// magic, method, stored size and raw size. The method byte is read for deflate only, where old
// writers knew other methods; elsewhere it is the version of the writer's library.
#include "io/codec/private.h"

#define METHOD_DEFLATED 8
#define MAX_BLOCK ((size_t)0xffffff)

typedef struct block {
    size_t number;
    size_t position; ///< of its header in the payload
    bl_codec_id codec;
    const uint8_t *data; ///< borrows
    size_t size, raw_size;
} block;

static size_t load_le24(const uint8_t *p) {
    return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
}

bl_codec_id bl_root_blocks_codec(const uint8_t *data, size_t size) {
    if (size < BL_ROOT_BLOCK_HEADER)
        return BL_N_CODECS;
    for (bl_codec_id id = BL_CODEC_ZLIB; id < BL_N_ROOT_CODECS; id++)
        if (memcmp(data, bl_codec_get(id)->magic, 2) == 0)
            return id;
    return BL_N_CODECS;
}

static bl_status unknown_magic(const block *b, const uint8_t *header, bl_error *err) {
    return bl_error_set(err, BL_E_UNSUPPORTED,
                        "block %zu at byte %zu: no codec has the magic bytes %02x %02x", b->number,
                        b->position, header[0], header[1]);
}

/// Names the block: "zstd: corrupt block 3 at byte 12345: …"; the first block is 0.
static bl_status in_block(bl_error *err, bl_status status, const block *b) {
    const char *corrupt = status == BL_E_CORRUPT ? "corrupt " : "";
    return bl_error_in(err, status, "%s: %sblock %zu at byte %zu", bl_codec_name(b->codec), corrupt,
                       b->number, b->position);
}

static bl_status check_sizes(const block *b, size_t left, size_t raw_left, bl_error *err) {
    if (b->size > left)
        return bl_error_set(err, BL_E_CORRUPT, "truncated: %zu bytes stored, %zu left", b->size,
                            left);
    if (b->raw_size > raw_left)
        return bl_error_set(err, BL_E_CORRUPT, "promises %zu bytes where %zu are missing",
                            b->raw_size, raw_left);
    if (b->raw_size == 0)
        return bl_error_set(err, BL_E_CORRUPT, "promises no bytes");
    if (b->raw_size / bl_codec_get(b->codec)->max_ratio > b->size)
        return bl_error_set(err, BL_E_CORRUPT, "promises %zu bytes, more than %zu stored can give",
                            b->raw_size, b->size);
    return BL_OK;
}

/// Moves from a block to the one behind it. \param raw_left raw bytes that are still missing
static bl_status block_next(block *b, const uint8_t *data, size_t size, size_t raw_left,
                            bl_error *err) {
    const uint8_t *header = data + b->position;
    size_t left = size - b->position;
    if (left < BL_ROOT_BLOCK_HEADER)
        return bl_error_set(err, BL_E_CORRUPT,
                            "truncated: block %zu at byte %zu: %zu bytes are no block header, %zu "
                            "raw bytes are missing",
                            b->number, b->position, left, raw_left);
    b->codec = bl_root_blocks_codec(header, left);
    if (b->codec == BL_N_CODECS)
        return unknown_magic(b, header, err);
    if ((b->codec == BL_CODEC_ZLIB || b->codec == BL_CODEC_DEFLATE) && header[2] != METHOD_DEFLATED)
        return in_block(err, bl_error_set(err, BL_E_UNSUPPORTED, "method %u", header[2]), b);
    b->data = header + BL_ROOT_BLOCK_HEADER;
    b->size = load_le24(header + 3);
    b->raw_size = load_le24(header + 6);
    bl_status status = check_sizes(b, left - BL_ROOT_BLOCK_HEADER, raw_left, err);
    return status == BL_OK ? BL_OK : in_block(err, status, b);
}

static bl_status check_end(const block *b, size_t size, bl_error *err) {
    if (b->position == size)
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT, "%zu bytes follow the last of %zu blocks, at byte %zu",
                        size - b->position, b->number, b->position);
}

static void block_skip(block *b) {
    b->position += BL_ROOT_BLOCK_HEADER + b->size;
    b->number++;
}

bl_status bl_root_blocks_check(const uint8_t *data, size_t size, size_t raw_size, bl_error *err) {
    block b = {0};
    for (size_t done = 0; done < raw_size; done += b.raw_size, block_skip(&b))
        BL_TRY(block_next(&b, data, size, raw_size - done, err));
    return check_end(&b, size, err);
}

bl_status bl_root_blocks_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                                size_t raw_size, bl_error *err) {
    block b = {0};
    for (size_t done = 0; done < raw_size; done += b.raw_size, block_skip(&b)) {
        BL_TRY(block_next(&b, data, size, raw_size - done, err));
        bl_status status =
            bl_codec_get(b.codec)->decode(codecs, b.data, b.size, raw + done, b.raw_size, err);
        if (__builtin_expect(status != BL_OK, 0))
            return in_block(err, status, &b);
    }
    return check_end(&b, size, err);
}

static void store_le24(uint8_t *p, size_t value) {
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)(value >> 16);
}

/// Writes one block. \param ret_size with its header; 0: it does not fit into `left` bytes
static bl_status encode_block(bl_codecs *codecs, bl_compression how, const uint8_t *raw,
                              size_t raw_size, uint8_t *out, size_t left, size_t *ret_size,
                              bl_error *err) {
    *ret_size = 0;
    if (left <= BL_ROOT_BLOCK_HEADER)
        return BL_OK;
    size_t room = left - BL_ROOT_BLOCK_HEADER, size = 0;
    BL_TRY(bl_codec_encode(codecs, how, raw, raw_size, out + BL_ROOT_BLOCK_HEADER,
                           room < MAX_BLOCK ? room : MAX_BLOCK, &size, err));
    if (size == 0)
        return BL_OK;
    const bl_codec_row *row = bl_codec_get(how.codec);
    memcpy(out, row->magic, 2);
    out[2] = row->method;
    store_le24(out + 3, size);
    store_le24(out + 6, raw_size);
    *ret_size = BL_ROOT_BLOCK_HEADER + size;
    return BL_OK;
}

bl_status bl_root_blocks_encode(bl_codecs *codecs, bl_compression how, const uint8_t *raw,
                                size_t raw_size, uint8_t *out, size_t *ret_size, bl_error *err) {
    *ret_size = 0;
    if (how.codec == BL_CODEC_STORED || raw_size == 0)
        return BL_OK;
    size_t used = 0;
    for (size_t done = 0; done < raw_size;) {
        size_t n = raw_size - done < MAX_BLOCK ? raw_size - done : MAX_BLOCK, size;
        // one byte less than the raw size: what does not shrink is stored
        BL_TRY(
            encode_block(codecs, how, raw + done, n, out + used, raw_size - 1 - used, &size, err));
        if (size == 0)
            return BL_OK;
        used += size;
        done += n;
    }
    *ret_size = used;
    return BL_OK;
}
