// SPDX-License-Identifier: Apache-2.0
// LZ4 blocks with nothing around them, and LZ4 frames with their checksums.
#include <lz4.h>
#include <lz4frame.h>

#include "io/codec/private.h"

bl_status bl_lz4_raw_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                            size_t raw_size, bl_error *err) {
    (void)codecs;
    if (size > INT32_MAX || raw_size > LZ4_MAX_INPUT_SIZE)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a block of %zu bytes", raw_size);
    int got = LZ4_decompress_safe((const char *)data, (char *)raw, (int)size, (int)raw_size);
    if (got < 0 || (size_t)got != raw_size)
        return bl_error_set(err, BL_E_CORRUPT, "bad data: not the %zu bytes promised", raw_size);
    return BL_OK;
}

bl_status bl_lz4_raw_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                            uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    *ret_size = 0;
    if (raw_size > LZ4_MAX_INPUT_SIZE)
        return BL_OK;
    int size = 0;
    BL_TRY(bl_lz4_encode_block(codecs, level, raw, (int)raw_size, out,
                               capacity < INT32_MAX ? (int)capacity : INT32_MAX, &size, err));
    *ret_size = size > 0 ? (size_t)size : 0;
    return BL_OK;
}

bl_status bl_lz4_frame_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                              size_t raw_size, bl_error *err) {
    if (!codecs->lz4_frame && LZ4F_isError(LZ4F_createDecompressionContext(
                                  (LZ4F_dctx **)&codecs->lz4_frame, LZ4F_VERSION)))
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no decoder");
    LZ4F_dctx *decoder = (LZ4F_dctx *)codecs->lz4_frame;
    size_t done = 0, used = 0, hint = 1;
    LZ4F_resetDecompressionContext(decoder);
    while (hint) {
        size_t room = raw_size - done, n = size - used;
        hint = LZ4F_decompress(decoder, raw + done, &room, data + used, &n, NULL);
        if (LZ4F_isError(hint))
            return bl_error_set(err, BL_E_CORRUPT, "%s", LZ4F_getErrorName(hint));
        done += room;
        used += n;
        if (hint && room == 0 && n == 0)
            return bl_error_set(err, BL_E_CORRUPT,
                                "truncated, or gives more than the %zu bytes "
                                "promised",
                                raw_size);
    }
    if (done != raw_size)
        return bl_error_set(err, BL_E_CORRUPT, "gives %zu of the %zu bytes promised", done,
                            raw_size);
    return BL_OK;
}

bl_status bl_lz4_frame_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                              uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    LZ4F_preferences_t wishes = {.frameInfo = {.contentSize = raw_size, .blockSizeID = LZ4F_max4MB},
                                 .compressionLevel = level > BL_LZ4_FAST ? level : 0};
    size_t most = LZ4F_compressFrameBound(raw_size, &wishes);
    *ret_size = 0;
    char *room = most <= capacity ? NULL : (char *)bl_alloc(codecs->context, most);
    if (most > capacity && !room)
        return bl_error_nomem(err, most, "compressed bytes");
    size_t size = LZ4F_compressFrame(room ? room : (char *)out, most, raw, raw_size, &wishes);
    if (!LZ4F_isError(size) && size <= capacity) {
        if (room)
            memcpy(out, room, size);
        *ret_size = size;
    }
    bl_free(codecs->context, room);
    return BL_OK;
}

void bl_lz4_frame_release(bl_codecs *codecs) {
    if (codecs->lz4_frame)
        (void)LZ4F_freeDecompressionContext((LZ4F_dctx *)codecs->lz4_frame);
    codecs->lz4_frame = NULL;
}
