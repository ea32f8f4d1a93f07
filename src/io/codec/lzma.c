// SPDX-License-Identifier: Apache-2.0
// One .xz stream (the XZ file format), by liblzma.
#include <lzma.h>

#include "io/codec/private.h"

/// The dictionary's size stands in the stream; past this it is an attack, not physics.
#define LZMA_MEMORY_LIMIT (512u << 20)
/// The highest preset of xz takes 65 MiB; a decoder that took more is not kept.
#define LZMA_MEMORY_KEPT (80u << 20)

typedef struct bl_lzma {
    lzma_stream stream; ///< restarted for each block, so that it keeps its dictionary
    lzma_allocator allocator;
} bl_lzma;

static void *lzma_get(void *opaque, size_t count, size_t size) {
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : bl_alloc(opaque, bytes);
}

static void lzma_put(void *opaque, void *memory) { bl_free(opaque, memory); }

static bl_status prepare(bl_codecs *codecs, bl_error *err) {
    if (!codecs->lzma) {
        bl_lzma *lzma = bl_alloc_zero(codecs->context, 1, sizeof *lzma);
        if (!lzma)
            return bl_error_nomem(err, sizeof *lzma, "an lzma decoder");
        lzma->allocator = (lzma_allocator){lzma_get, lzma_put, codecs->context};
        lzma->stream = (lzma_stream)LZMA_STREAM_INIT;
        lzma->stream.allocator = &lzma->allocator;
        codecs->lzma = lzma;
    }
    if (lzma_stream_decoder(&codecs->lzma->stream, LZMA_MEMORY_LIMIT, 0) != LZMA_OK)
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no lzma decoder");
    return BL_OK;
}

static bl_status answer(lzma_ret result, size_t raw_size, const lzma_stream *stream,
                        bl_error *err) {
    switch (result) {
    case LZMA_STREAM_END:
        if (stream->avail_out == 0)
            return BL_OK;
        return bl_error_set(err, BL_E_CORRUPT, "gives %zu of the %zu bytes promised",
                            raw_size - stream->avail_out, raw_size);
    case LZMA_MEM_ERROR:
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no dictionary");
    case LZMA_MEMLIMIT_ERROR:
        return bl_error_set(err, BL_E_LIMIT, "wants more than %u MiB for its dictionary",
                            LZMA_MEMORY_LIMIT >> 20);
    case LZMA_FORMAT_ERROR:
        return bl_error_set(err, BL_E_CORRUPT, "is no xz stream");
    case LZMA_OPTIONS_ERROR:
        return bl_error_set(err, BL_E_UNSUPPORTED, "uses xz options that liblzma does not know");
    case LZMA_OK:
    case LZMA_BUF_ERROR:
        return bl_error_set(err, BL_E_CORRUPT,
                            stream->avail_out == 0 ? "gives more than the %zu bytes promised"
                                                   : "ends before the %zu bytes promised",
                            raw_size);
    default:
        return bl_error_set(err, BL_E_CORRUPT, "bad data");
    }
}

bl_status bl_lzma_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                         size_t raw_size, bl_error *err) {
    BL_TRY(prepare(codecs, err));
    lzma_stream *stream = &codecs->lzma->stream;
    stream->next_in = data;
    stream->avail_in = size;
    stream->next_out = raw;
    stream->avail_out = raw_size;
    bl_status status = answer(lzma_code(stream, LZMA_FINISH), raw_size, stream, err);
    if (lzma_memusage(stream) > LZMA_MEMORY_KEPT)
        lzma_end(stream);
    return status;
}

bl_status bl_lzma_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                         uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    lzma_allocator allocator = {lzma_get, lzma_put, codecs->context};
    lzma_options_lzma options;
    if (lzma_lzma_preset(&options, (uint32_t)level))
        return bl_error_set(err, BL_E_UNSUPPORTED, "liblzma has no preset %d", level);
    // a dictionary larger than the data only costs memory, here and for whoever reads it
    if (raw_size < options.dict_size)
        options.dict_size = raw_size > LZMA_DICT_SIZE_MIN ? (uint32_t)raw_size : LZMA_DICT_SIZE_MIN;
    lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    // in one call liblzma would put sizes into the block's header, which ROOT does not and jsroot
    // steps over as if there were none
    lzma_stream stream = LZMA_STREAM_INIT;
    stream.allocator = &allocator;
    lzma_ret result = lzma_stream_encoder(&stream, filters, LZMA_CHECK_CRC32);
    if (result == LZMA_OK) {
        stream.next_in = raw;
        stream.avail_in = raw_size;
        stream.next_out = out;
        stream.avail_out = capacity;
        result = lzma_code(&stream, LZMA_FINISH);
    }
    size_t used = capacity - stream.avail_out;
    lzma_end(&stream);
    if (result != LZMA_STREAM_END && result != LZMA_OK && result != LZMA_BUF_ERROR)
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no encoder");
    *ret_size = result == LZMA_STREAM_END ? used : 0;
    return BL_OK;
}

void bl_lzma_release(bl_codecs *codecs) {
    if (codecs->lzma)
        lzma_end(&codecs->lzma->stream);
    bl_free(codecs->context, codecs->lzma);
    codecs->lzma = NULL;
}
