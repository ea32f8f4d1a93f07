// SPDX-License-Identifier: Apache-2.0
// Zstandard frames (RFC 8878), by libzstd.
//
// A frame is decoded in one pass: `raw` itself is the window, so that a huge window in a frame
// header costs no memory and needs no limit.
#define ZSTD_STATIC_LINKING_ONLY // for an allocator of our own
#include <zstd.h>
#include <zstd_errors.h>

#include "io/codec/private.h"

static void *zstd_get(void *opaque, size_t size) { return bl_alloc(opaque, size); }
static void zstd_put(void *opaque, void *memory) { bl_free(opaque, memory); }

#define HEAD ((size_t)64) // holds the buffer, and keeps what follows aligned

/// From a buffer: the encoder takes its tables anew whenever blocks become much larger or smaller,
/// and memory fresh from the system costs as much as compressing does.
static void *encoder_get(void *opaque, size_t size) {
    bl_buffer *buffer;
    if (size > SIZE_MAX - HEAD || bl_buffer_new(opaque, size + HEAD, &buffer, NULL) != BL_OK)
        return NULL;
    memcpy(buffer->data, &buffer, sizeof buffer);
    return buffer->data + HEAD;
}

static void encoder_put(void *opaque, void *memory) {
    (void)opaque;
    if (!memory)
        return;
    bl_buffer *buffer;
    memcpy(&buffer, (const uint8_t *)memory - HEAD, sizeof buffer);
    bl_buffer_release(buffer);
}

bl_status bl_zstd_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err) {
    if (!codecs->zstd)
        codecs->zstd =
            ZSTD_createDCtx_advanced((ZSTD_customMem){zstd_get, zstd_put, codecs->context});
    if (!codecs->zstd)
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no zstd decoder");
    size_t got = ZSTD_decompressDCtx(codecs->zstd, raw, raw_size, data, size);
    if (ZSTD_isError(got)) {
        bool no_memory = ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation;
        return bl_error_set(err, no_memory ? BL_E_NOMEM : BL_E_CORRUPT, "%s",
                            ZSTD_getErrorName(got));
    }
    if (got != raw_size)
        return bl_error_set(err, BL_E_CORRUPT, "gives %zu of the %zu bytes promised", got,
                            raw_size);
    return BL_OK;
}

bl_status bl_zstd_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                         uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    if (!codecs->zstd_encoder)
        codecs->zstd_encoder =
            ZSTD_createCCtx_advanced((ZSTD_customMem){encoder_get, encoder_put, codecs->context});
    if (!codecs->zstd_encoder)
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no encoder");
    size_t got = ZSTD_compressCCtx(codecs->zstd_encoder, out, capacity, raw, raw_size, level);
    if (ZSTD_isError(got) && ZSTD_getErrorCode(got) != ZSTD_error_dstSize_tooSmall)
        return bl_error_set(err, BL_E_NOMEM, "%s", ZSTD_getErrorName(got));
    *ret_size = ZSTD_isError(got) ? 0 : got;
    return BL_OK;
}

void bl_zstd_release(bl_codecs *codecs) {
    ZSTD_freeDCtx(codecs->zstd);
    ZSTD_freeCCtx(codecs->zstd_encoder);
    codecs->zstd = NULL;
    codecs->zstd_encoder = NULL;
}
