// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the codecs: one thread's working space, and what each codec's file gives to the table.
#ifndef BL_IO_CODEC_DECODE_H
#define BL_IO_CODEC_DECODE_H

#include "io/codec/codec.h"

/// Decoders are big and slow to make, so each is made on first use and kept until the end.
struct bl_codecs {
    bl_context *context;
    struct libdeflate_decompressor *deflate; ///< zlib and deflate; NULL before first use
    struct bl_lzma *lzma;                    ///< NULL before first use
    struct ZSTD_DCtx_s *zstd;                ///< NULL before first use
};

/// Decodes a whole stream into exactly `raw_size` bytes. A message says in the library's words what
/// is wrong; the caller puts the codec's name in front.
typedef bl_status (*bl_decode_fn)(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                                  size_t raw_size, bl_error *err);

/// One row of the table of codecs.
typedef struct bl_codec_row {
    const char *name;
    char magic[3];      ///< in front of a ROOT block; "" where there is none
    uint32_t max_ratio; ///< no stream gives more bytes than this for each of its own
    bl_decode_fn decode;
} bl_codec_row;

/// The row of an id below BL_N_CODECS.
const bl_codec_row *bl_codec_get(bl_codec_id id);

bl_status bl_zlib_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err);
bl_status bl_deflate_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                            size_t raw_size, bl_error *err);
void bl_zlib_release(bl_codecs *codecs);

bl_status bl_lzma_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err);
void bl_lzma_release(bl_codecs *codecs);

bl_status bl_lz4_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                        size_t raw_size, bl_error *err);

bl_status bl_zstd_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err);
void bl_zstd_release(bl_codecs *codecs);

#endif
