// SPDX-License-Identifier: Apache-2.0
// bzip2 streams, by libbz2, in the context's memory.
#include <bzlib.h>

#include "io/codec/private.h"

static void *bz_get(void *opaque, int n, int size) {
    return bl_alloc((bl_context *)opaque, (size_t)n * (size_t)size);
}
static void bz_put(void *opaque, void *memory) { bl_free((bl_context *)opaque, memory); }

static bl_status answer(int result, size_t left, size_t raw_size, bl_error *err) {
    if (result == BZ_MEM_ERROR)
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no decoder");
    if (result != BZ_STREAM_END)
        return bl_error_set(err, BL_E_CORRUPT,
                            result == BZ_OK ? "truncated, or gives more than the "
                                              "%zu bytes promised"
                                            : "bad data",
                            raw_size);
    if (left)
        return bl_error_set(err, BL_E_CORRUPT, "gives %zu of the %zu bytes promised",
                            raw_size - left, raw_size);
    return BL_OK;
}

bl_status bl_bzip2_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                          size_t raw_size, bl_error *err) {
    if (size > UINT32_MAX || raw_size > UINT32_MAX)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a block of %zu bytes", raw_size);
    bz_stream stream = {.bzalloc = bz_get,
                        .bzfree = bz_put,
                        .opaque = codecs->context,
                        .next_in = (char *)(uintptr_t)data,
                        .avail_in = (unsigned)size,
                        .next_out = (char *)raw,
                        .avail_out = (unsigned)raw_size};
    if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK)
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no decoder");
    int result = BZ2_bzDecompress(&stream);
    (void)BZ2_bzDecompressEnd(&stream);
    return answer(result, stream.avail_out, raw_size, err);
}

bl_status bl_bzip2_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                          uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    *ret_size = 0;
    if (raw_size > UINT32_MAX)
        return BL_OK;
    bz_stream stream = {.bzalloc = bz_get,
                        .bzfree = bz_put,
                        .opaque = codecs->context,
                        .next_in = (char *)(uintptr_t)raw,
                        .avail_in = (unsigned)raw_size,
                        .next_out = (char *)out,
                        .avail_out = capacity < UINT32_MAX ? (unsigned)capacity : UINT32_MAX};
    if (BZ2_bzCompressInit(&stream, level, 0, 0) != BZ_OK)
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no encoder");
    if (BZ2_bzCompress(&stream, BZ_FINISH) == BZ_STREAM_END)
        *ret_size = (size_t)stream.total_out_hi32 << 32 | stream.total_out_lo32;
    (void)BZ2_bzCompressEnd(&stream);
    return BL_OK;
}
