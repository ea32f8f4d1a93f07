// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests and fuzz seeds: ROOT blocks written with the libraries' own compressors.
#ifndef BL_IO_CODEC_BLOCKS_TESTING_H
#define BL_IO_CODEC_BLOCKS_TESTING_H

#include <libdeflate.h>
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

#include "io/codec/codec.h"

static inline size_t compress_deflate(bl_codec_id id, const uint8_t *raw, size_t n, uint8_t *to,
                                      size_t room) {
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
    size_t size = id == BL_CODEC_ZLIB ? libdeflate_zlib_compress(compressor, raw, n, to, room)
                                      : libdeflate_deflate_compress(compressor, raw, n, to, room);
    libdeflate_free_compressor(compressor);
    return size;
}

static inline size_t compress_lz4(const uint8_t *raw, size_t n, uint8_t *to, size_t room) {
    int size = LZ4_compress_default((const char *)raw, (char *)to + 8, (int)n, (int)room - 8);
    XXH64_canonicalFromHash((XXH64_canonical_t *)(void *)to, XXH64(to + 8, (size_t)size, 0));
    return size > 0 ? (size_t)size + 8 : 0;
}

/// Codecs that are not ROOT's: by our own way to their libraries.
static inline size_t test_encode(bl_compression how, const uint8_t *raw, size_t n, uint8_t *to,
                                 size_t room) {
    bl_context *context = NULL;
    bl_codecs *codecs = NULL;
    size_t size = 0;
    if (bl_context_new(NULL, &context, NULL) == BL_OK &&
        bl_codecs_new(context, &codecs, NULL) == BL_OK)
        (void)!bl_codec_encode(codecs, how, raw, n, to, room, &size, NULL);
    bl_codecs_free(codecs);
    bl_context_free(context);
    return size;
}

/// Compresses as the codec's stream stands in a block. \return 0 where `room` is too small
static inline size_t test_compress(bl_codec_id id, const uint8_t *raw, size_t n, uint8_t *to,
                                   size_t room) {
    size_t size = 0;
    switch (id) {
    case BL_CODEC_ZLIB:
    case BL_CODEC_DEFLATE:
        return compress_deflate(id, raw, n, to, room);
    case BL_CODEC_LZMA:
        return lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, raw, n, to, &size, room) ==
                       LZMA_OK
                   ? size
                   : 0;
    case BL_CODEC_LZ4:
        return compress_lz4(raw, n, to, room);
    case BL_CODEC_ZSTD:
        size = ZSTD_compress(to, room, raw, n, 3);
        return ZSTD_isError(size) ? 0 : size;
    case BL_CODEC_STORED:
        if (n <= room)
            memcpy(to, raw, n);
        return n <= room ? n : 0;
    default:
        return test_encode((bl_compression){id, 6}, raw, n, to, room);
    }
}

/// Writes the nine bytes in front of a block.
static inline void test_block_header(const char magic[2], uint8_t method, size_t size,
                                     size_t raw_size, uint8_t *to) {
    const uint8_t header[BL_ROOT_BLOCK_HEADER] = {
        (uint8_t)magic[0], (uint8_t)magic[1],        method,
        (uint8_t)size,     (uint8_t)(size >> 8),     (uint8_t)(size >> 16),
        (uint8_t)raw_size, (uint8_t)(raw_size >> 8), (uint8_t)(raw_size >> 16)};
    memcpy(to, header, sizeof header);
}

/// Compresses into blocks of at most `block` raw bytes. \return bytes written, 0 without room
static inline size_t test_write_blocks(bl_codec_id id, const uint8_t *raw, size_t n, size_t block,
                                       uint8_t *to, size_t room) {
    static const char magic[BL_N_CODECS][3] = {
        [BL_CODEC_ZLIB] = "ZL", [BL_CODEC_DEFLATE] = "CS", [BL_CODEC_LZMA] = "XZ",
        [BL_CODEC_LZ4] = "L4",  [BL_CODEC_ZSTD] = "ZS",
    };
    static const uint8_t method[BL_N_CODECS] = {0, 8, 8, 0, 1, 1};
    size_t used = 0;
    for (size_t done = 0; done < n;) {
        size_t part = n - done < block ? n - done : block;
        if (room - used < BL_ROOT_BLOCK_HEADER)
            return 0;
        size_t size = test_compress(id, raw + done, part, to + used + BL_ROOT_BLOCK_HEADER,
                                    room - used - BL_ROOT_BLOCK_HEADER);
        if (size == 0)
            return 0;
        test_block_header(magic[id], method[id], size, part, to + used);
        used += BL_ROOT_BLOCK_HEADER + size;
        done += part;
    }
    return used;
}

/// Bytes that compress about as physics does: `n` of them, the same for the same seed.
static inline void test_fill(uint8_t *to, size_t n, uint32_t seed) {
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        to[i] = (uint8_t)(i % 4 == 3 ? 0x41 : (seed >> 24) & (i % 4 ? 0xff : 0x0f));
    }
}

#endif
