// SPDX-License-Identifier: Apache-2.0
// Brotli streams (RFC 7932), by libbrotli.
#include <brotli/decode.h>
#include <brotli/encode.h>

#include "io/codec/private.h"

static void *brotli_get(void *opaque, size_t size) { return bl_alloc((bl_context *)opaque, size); }
static void brotli_put(void *opaque, void *memory) { bl_free((bl_context *)opaque, memory); }

bl_status bl_brotli_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                           size_t raw_size, bl_error *err) {
    BrotliDecoderState *state =
        BrotliDecoderCreateInstance(brotli_get, brotli_put, codecs->context);
    if (!state)
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no decoder");
    size_t left = raw_size;
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state, &size, &data, &left, &raw, NULL);
    bool no_memory = BrotliDecoderGetErrorCode(state) <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                     result == BROTLI_DECODER_RESULT_ERROR;
    const char *why = BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state));
    BrotliDecoderDestroyInstance(state);
    if (result == BROTLI_DECODER_RESULT_ERROR)
        return bl_error_set(err, no_memory ? BL_E_NOMEM : BL_E_CORRUPT, "%s", why);
    if (result != BROTLI_DECODER_RESULT_SUCCESS || left)
        return bl_error_set(err, BL_E_CORRUPT, "does not give the %zu bytes promised", raw_size);
    return BL_OK;
}

bl_status bl_brotli_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                           uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    BrotliEncoderState *state =
        BrotliEncoderCreateInstance(brotli_get, brotli_put, codecs->context);
    if (!state)
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no encoder");
    size_t left = capacity;
    (void)BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, (uint32_t)level);
    bool ok = BrotliEncoderCompressStream(state, BROTLI_OPERATION_FINISH, &raw_size, &raw, &left,
                                          &out, NULL) &&
              BrotliEncoderIsFinished(state);
    BrotliEncoderDestroyInstance(state);
    *ret_size = ok ? capacity - left : 0;
    return BL_OK;
}
