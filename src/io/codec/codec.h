// SPDX-License-Identifier: Apache-2.0
/// \file
/// Codecs in one table, and ROOT's framing of compressed blocks.
#ifndef BL_IO_CODEC_CODEC_H
#define BL_IO_CODEC_CODEC_H

#include "base/memory.h"

typedef enum bl_codec_id {
    BL_CODEC_STORED,
    BL_CODEC_ZLIB,
    BL_CODEC_DEFLATE, ///< raw, without the zlib wrapper: ROOT's old "CS"
    BL_CODEC_LZMA,
    BL_CODEC_LZ4,
    BL_CODEC_ZSTD,
    BL_N_ROOT_CODECS, ///< those above are ROOT's
    BL_CODEC_GZIP = BL_N_ROOT_CODECS,
    BL_CODEC_SNAPPY,
    BL_CODEC_BZIP2,
    BL_CODEC_BROTLI,
    BL_CODEC_LZ4_RAW,   ///< a block with nothing around it
    BL_CODEC_LZ4_FRAME, ///< with header and checksums
    BL_N_CODECS
} bl_codec_id;

/// No codec gives more bytes than this for each of its own.
#define BL_CODEC_MOST_RATIO 32768u

/// Working space of all codecs for one thread, made on first use and kept.
typedef struct bl_codecs bl_codecs;

bl_status bl_codecs_new(bl_context *context, bl_codecs **ret_codecs, bl_error *err);
/// NULL is allowed.
void bl_codecs_free(bl_codecs *codecs);
BL_DEFINE_AUTO(bl_codecs, bl_codecs_free);

/// "zlib", "lz4", …; a static string.
const char *bl_codec_name(bl_codec_id id);

/// Decompresses one whole stream into exactly `raw_size` bytes. LZ4 is ROOT's: a raw block behind
/// its 8-byte checksum.
/// \return BL_OK, BL_E_CORRUPT (also for another size), BL_E_UNSUPPORTED, BL_E_NOMEM, BL_E_LIMIT
/// (an lzma dictionary past 512 MiB)
bl_status bl_codec_decode(bl_codecs *codecs, bl_codec_id id, const uint8_t *data, size_t size,
                          uint8_t *raw, size_t raw_size, bl_error *err);

/// How to compress: a codec and its level.
typedef struct bl_compression {
    bl_codec_id codec; ///< below BL_N_CODECS
    int level;         ///< the codec's library's own scale; 0 where there are none
} bl_compression;

/// Reads "zstd", "zstd:9" or "none". \return BL_OK, BL_E_INVALID (with the nearest names)
bl_status bl_compression_parse(const char *text, bl_compression *ret_how, bl_error *err);
/// "zstd", "none", …: what bl_compression_parse reads, without a level; a static string.
const char *bl_compression_name(bl_compression how);
/// As ROOT writes it into files and branches: 100 × algorithm + level.
int bl_compression_setting(bl_compression how);

/// Compresses into at most `capacity` bytes, LZ4 as ROOT's. \param ret_size 0: it does not fit
/// \return BL_OK, BL_E_NOMEM
bl_status bl_codec_encode(bl_codecs *codecs, bl_compression how, const uint8_t *raw,
                          size_t raw_size, uint8_t *out, size_t capacity, size_t *ret_size,
                          bl_error *err);

/// The frame header in front of each compressed block of a ROOT record.
/// \source ROOT, core/zip RZip; magic `ZL`, `CS`, `XZ`, `L4`, `ZS`, method byte, two 24-bit
/// little-endian sizes
#define BL_ROOT_BLOCK_HEADER 9

/// Which codec the first block of a ROOT payload uses; BL_N_CODECS where the bytes are no header.
bl_codec_id bl_root_blocks_codec(const uint8_t *data, size_t size);
/// Walks the block headers without decompressing: checks that the sizes add up to `raw_size` and
/// that no block promises more than its codec can give. Call it before allocating `raw_size` bytes.
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (unknown magic)
bl_status bl_root_blocks_check(const uint8_t *data, size_t size, size_t raw_size, bl_error *err);
/// Decompresses all blocks of a ROOT payload into exactly `raw_size` bytes.
/// \return as bl_root_blocks_check and bl_codec_decode
bl_status bl_root_blocks_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                                size_t raw_size, bl_error *err);

/// Compresses a ROOT payload into blocks of at most 2²⁴−1 raw bytes each.
/// \param out [raw_size] \param ret_size 0: it does not become smaller and is to be stored as it is
/// \return BL_OK, BL_E_NOMEM
bl_status bl_root_blocks_encode(bl_codecs *codecs, bl_compression how, const uint8_t *raw,
                                size_t raw_size, uint8_t *out, size_t *ret_size, bl_error *err);

#endif
