// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the codecs: one thread's working space, and what each codec's file gives to the table.
#ifndef BL_IO_CODEC_PRIVATE_H
#define BL_IO_CODEC_PRIVATE_H

#include "io/codec/codec.h"

/// Decoders and encoders are big and slow to make, so each is made on first use and kept until the
/// end; NULL before.
struct bl_codecs {
    bl_context *context;
    struct libdeflate_decompressor *deflate; ///< zlib and deflate
    struct bl_lzma *lzma;
    struct ZSTD_DCtx_s *zstd;
    struct libdeflate_compressor *deflate_encoder;
    int deflate_level; ///< of the encoder
    struct ZSTD_CCtx_s *zstd_encoder;
    void *lz4_encoder; ///< for levels up to BL_LZ4_FAST
    void *lz4_hc_encoder;
    void *lz4_frame; ///< decoder
};

/// Above this level LZ4 looks for its matches more thoroughly, as ROOT does.
#define BL_LZ4_FAST 3

/// Decodes a whole stream into exactly `raw_size` bytes. A message says in the library's words what
/// is wrong; the caller puts the codec's name in front.
typedef bl_status (*bl_decode_fn)(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                                  size_t raw_size, bl_error *err);

/// Encodes `raw` into at most `capacity` bytes. \param ret_size 0: it does not fit
typedef bl_status (*bl_encode_fn)(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                                  uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);

/// One row of the table of codecs.
typedef struct bl_codec_row {
    const char *name;
    char magic[3];      ///< in front of a ROOT block; "" where there is none
    uint32_t max_ratio; ///< no stream gives more bytes than this for each of its own
    bl_decode_fn decode;
    bl_encode_fn encode;
    uint8_t method; ///< behind the magic
    int max_level;  ///< from 1; 0: there are no levels
    int default_level;
    int root_algorithm; ///< of ROOT's compression settings: 100 × algorithm + level
} bl_codec_row;

/// The row of an id below BL_N_CODECS.
const bl_codec_row *bl_codec_get(bl_codec_id id);

bl_status bl_zlib_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err);
bl_status bl_zlib_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                         uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
bl_status bl_deflate_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                            size_t raw_size, bl_error *err);
bl_status bl_deflate_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                            uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
void bl_zlib_release(bl_codecs *codecs);

bl_status bl_lzma_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err);
bl_status bl_lzma_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                         uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
void bl_lzma_release(bl_codecs *codecs);

bl_status bl_lz4_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                        size_t raw_size, bl_error *err);
bl_status bl_lz4_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                        uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
void bl_lz4_release(bl_codecs *codecs);
/// Compresses a raw block. \param ret_size 0: it does not fit
bl_status bl_lz4_encode_block(bl_codecs *codecs, int level, const uint8_t *raw, int raw_size,
                              uint8_t *out, int capacity, int *ret_size, bl_error *err);

bl_status bl_zstd_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err);
bl_status bl_zstd_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                         uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
void bl_zstd_release(bl_codecs *codecs);

bl_status bl_gzip_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err);
bl_status bl_gzip_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                         uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
bl_status bl_snappy_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                           size_t raw_size, bl_error *err);
bl_status bl_snappy_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                           uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
bl_status bl_bzip2_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                          size_t raw_size, bl_error *err);
bl_status bl_bzip2_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                          uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
bl_status bl_brotli_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                           size_t raw_size, bl_error *err);
bl_status bl_brotli_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                           uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
bl_status bl_lz4_raw_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                            size_t raw_size, bl_error *err);
bl_status bl_lz4_raw_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                            uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
bl_status bl_lz4_frame_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                              size_t raw_size, bl_error *err);
bl_status bl_lz4_frame_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                              uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err);
void bl_lz4_frame_release(bl_codecs *codecs);

#endif
