// SPDX-License-Identifier: Apache-2.0
// The one table of codecs, decoding and encoding by its rows.
//
// The greatest ratios follow from the formats. Deflate: 258 bytes for two bits (RFC 1951). LZMA:
// 273 bytes for 14 binary decisions, none cheaper than log2(2048/2017) bits. LZ4: 255 bytes for
// each byte of a match length. Zstandard: a 4-byte RLE block of 128 KiB (RFC 8878). Snappy: 64
// bytes for a copy of three. bzip2 and brotli repeat almost without end: theirs only bounds what is
// tried.
#include "io/codec/private.h"

static bl_status decode_stored(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                               size_t raw_size, bl_error *err) {
    (void)codecs;
    if (size != raw_size)
        return bl_error_set(err, BL_E_CORRUPT, "%zu bytes where %zu were promised", size, raw_size);
    if (size)
        memcpy(raw, data, size);
    return BL_OK;
}

static bl_status encode_stored(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                               uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    (void)codecs, (void)level, (void)err;
    *ret_size = raw_size <= capacity ? raw_size : 0;
    if (*ret_size)
        memcpy(out, raw, raw_size);
    return BL_OK;
}

// ROOT reads the method byte of deflate only; for the others it is the version of the library.
static const bl_codec_row codec_table[BL_N_CODECS] = {
    [BL_CODEC_STORED] = {"stored", "", 1, decode_stored, encode_stored, 0, 0, 0, 0},
    [BL_CODEC_ZLIB] = {"zlib", "ZL", 1032, bl_zlib_decode, bl_zlib_encode, 8, 12, 6, 1},
    [BL_CODEC_DEFLATE] = {"deflate", "CS", 1032, bl_deflate_decode, bl_deflate_encode, 8, 12, 6, 3},
    [BL_CODEC_LZMA] = {"lzma", "XZ", 7100, bl_lzma_decode, bl_lzma_encode, 0, 9, 6, 2},
    [BL_CODEC_LZ4] = {"lz4", "L4", 255, bl_lz4_decode, bl_lz4_encode, 1, 12, 4, 4},
    [BL_CODEC_ZSTD] = {"zstd", "ZS", BL_CODEC_MOST_RATIO, bl_zstd_decode, bl_zstd_encode, 1, 22, 5,
                       5},
    [BL_CODEC_GZIP] = {"gzip", "", 1032, bl_gzip_decode, bl_gzip_encode, 0, 12, 6, 0},
    [BL_CODEC_SNAPPY] = {"snappy", "", 22, bl_snappy_decode, bl_snappy_encode, 0, 0, 0, 0},
    [BL_CODEC_BZIP2] = {"bzip2", "", 1 << 20, bl_bzip2_decode, bl_bzip2_encode, 0, 9, 9, 0},
    [BL_CODEC_BROTLI] = {"brotli", "", 1 << 22, bl_brotli_decode, bl_brotli_encode, 0, 11, 4, 0},
    [BL_CODEC_LZ4_RAW] = {"lz4_raw", "", 255, bl_lz4_raw_decode, bl_lz4_raw_encode, 0, 12, 1, 0},
    [BL_CODEC_LZ4_FRAME] = {"lz4_frame", "", 255, bl_lz4_frame_decode, bl_lz4_frame_encode, 0, 12,
                            1, 0},
};

const bl_codec_row *bl_codec_get(bl_codec_id id) { return &codec_table[id]; }

const char *bl_codec_name(bl_codec_id id) {
    return (size_t)id < BL_N_CODECS ? codec_table[id].name : "unknown";
}

bl_status bl_codecs_new(bl_context *context, bl_codecs **ret_codecs, bl_error *err) {
    bl_codecs *codecs = bl_alloc_zero(context, 1, sizeof *codecs);
    if (!codecs)
        return bl_error_nomem(err, sizeof *codecs, "codecs");
    codecs->context = context;
    *ret_codecs = codecs;
    return BL_OK;
}

void bl_codecs_free(bl_codecs *codecs) {
    if (!codecs)
        return;
    bl_zlib_release(codecs);
    bl_lzma_release(codecs);
    bl_lz4_release(codecs);
    bl_lz4_frame_release(codecs);
    bl_zstd_release(codecs);
    bl_free(codecs->context, codecs);
}

bl_status bl_codec_decode(bl_codecs *codecs, bl_codec_id id, const uint8_t *data, size_t size,
                          uint8_t *raw, size_t raw_size, bl_error *err) {
    if ((size_t)id >= BL_N_CODECS)
        return bl_error_set(err, BL_E_UNSUPPORTED, "codec %d is not known", (int)id);
    const bl_codec_row *row = &codec_table[id];
    BL_TRY_IN(row->decode(codecs, data, size, raw, raw_size, err), err, "%s", row->name);
    return BL_OK;
}

bl_status bl_codec_encode(bl_codecs *codecs, bl_compression how, const uint8_t *raw,
                          size_t raw_size, uint8_t *out, size_t capacity, size_t *ret_size,
                          bl_error *err) {
    const bl_codec_row *row = &codec_table[how.codec];
    BL_TRY_IN(row->encode(codecs, how.level, raw, raw_size, out, capacity, ret_size, err), err,
              "%s", row->name);
    return BL_OK;
}
