// SPDX-License-Identifier: Apache-2.0
// zlib (RFC 1950), raw deflate (RFC 1951) and gzip (RFC 1952) streams, by libdeflate.
//
// Bytes behind the stream's end are ignored, as ROOT does. libdeflate's allocator can be replaced
// only for a whole process, so its decompressor (a fixed 12 KiB) is not the context's memory.
#include <libdeflate.h>

#include "io/codec/private.h"

static bl_status answer(enum libdeflate_result result, size_t raw_size, bl_error *err) {
    switch (result) {
    case LIBDEFLATE_SUCCESS:
        return BL_OK;
    case LIBDEFLATE_SHORT_OUTPUT:
        return bl_error_set(err, BL_E_CORRUPT, "gives fewer than the %zu bytes promised", raw_size);
    case LIBDEFLATE_INSUFFICIENT_SPACE:
        return bl_error_set(err, BL_E_CORRUPT, "gives more than the %zu bytes promised", raw_size);
    default:
        return bl_error_set(err, BL_E_CORRUPT, "bad data");
    }
}

static bl_status prepare(bl_codecs *codecs, bl_error *err) {
    if (!codecs->deflate)
        codecs->deflate = libdeflate_alloc_decompressor();
    return codecs->deflate ? BL_OK
                           : bl_error_set(err, BL_E_NOMEM, "out of memory: no deflate decoder");
}

bl_status bl_zlib_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err) {
    BL_TRY(prepare(codecs, err));
    // Without a place for the real size the library demands exactly raw_size bytes.
    return answer(
        libdeflate_zlib_decompress_ex(codecs->deflate, data, size, raw, raw_size, NULL, NULL),
        raw_size, err);
}

bl_status bl_deflate_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                            size_t raw_size, bl_error *err) {
    BL_TRY(prepare(codecs, err));
    return answer(libdeflate_deflate_decompress(codecs->deflate, data, size, raw, raw_size, NULL),
                  raw_size, err);
}

static bl_status prepare_encoder(bl_codecs *codecs, int level, bl_error *err) {
    if (codecs->deflate_encoder && codecs->deflate_level != level) {
        libdeflate_free_compressor(codecs->deflate_encoder);
        codecs->deflate_encoder = NULL;
    }
    if (!codecs->deflate_encoder)
        codecs->deflate_encoder = libdeflate_alloc_compressor(level);
    codecs->deflate_level = level;
    return codecs->deflate_encoder ? BL_OK
                                   : bl_error_set(err, BL_E_NOMEM, "out of memory: no encoder");
}

bl_status bl_zlib_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                         uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    BL_TRY(prepare_encoder(codecs, level, err));
    *ret_size = libdeflate_zlib_compress(codecs->deflate_encoder, raw, raw_size, out, capacity);
    return BL_OK;
}

bl_status bl_deflate_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                            uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    BL_TRY(prepare_encoder(codecs, level, err));
    *ret_size = libdeflate_deflate_compress(codecs->deflate_encoder, raw, raw_size, out, capacity);
    return BL_OK;
}

/// Members behind each other are one text.
bl_status bl_gzip_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err) {
    BL_TRY(prepare(codecs, err));
    size_t done = 0;
    do {
        size_t used = 0, made = 0;
        enum libdeflate_result result = libdeflate_gzip_decompress_ex(
            codecs->deflate, data, size, raw + done, raw_size - done, &used, &made);
        if (result != LIBDEFLATE_SUCCESS)
            return answer(result, raw_size, err);
        data += used;
        size -= used;
        done += made;
    } while (size);
    return done == raw_size ? BL_OK : answer(LIBDEFLATE_SHORT_OUTPUT, raw_size, err);
}

bl_status bl_gzip_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                         uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    BL_TRY(prepare_encoder(codecs, level, err));
    *ret_size = libdeflate_gzip_compress(codecs->deflate_encoder, raw, raw_size, out, capacity);
    return BL_OK;
}

void bl_zlib_release(bl_codecs *codecs) {
    if (codecs->deflate)
        libdeflate_free_decompressor(codecs->deflate);
    if (codecs->deflate_encoder)
        libdeflate_free_compressor(codecs->deflate_encoder);
    codecs->deflate = NULL;
    codecs->deflate_encoder = NULL;
}
