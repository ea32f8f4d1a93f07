// SPDX-License-Identifier: Apache-2.0
// ROOT's block framing and every codec behind it. Input: three bytes of raw size (little-endian),
// one byte that picks a codec to be tried without framing, then the payload.
#include <stdlib.h>

#include "io/codec/codec.h"

#define HEADER 4
#define RAW_LIMIT (1u << 20)

/// What the check lets through may fail, but what it refuses must never decode.
static void try_blocks(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                       size_t raw_size) {
    bl_status checked = bl_root_blocks_check(data, size, raw_size, NULL);
    bl_status decoded = bl_root_blocks_decode(codecs, data, size, raw, raw_size, NULL);
    if (decoded == BL_OK && checked != BL_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < HEADER)
        return 0;
    size_t raw_size = ((size_t)data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) % RAW_LIMIT;
    bl_codec_id id = data[3] % BL_N_CODECS;
    bl_context_options options = {.size = sizeof options, .n_threads = 1};
    bl_context *context = NULL;
    bl_codecs *codecs = NULL;
    uint8_t *raw = malloc(raw_size ? raw_size : 1);
    if (raw && bl_context_new(&options, &context, NULL) == BL_OK &&
        bl_codecs_new(context, &codecs, NULL) == BL_OK) {
        try_blocks(codecs, data + HEADER, size - HEADER, raw, raw_size);
        (void)bl_root_blocks_codec(data + HEADER, size - HEADER);
        (void)(bl_codec_decode(codecs, id, data + HEADER, size - HEADER, raw, raw_size, NULL) ==
               BL_OK);
    }
    bl_codecs_free(codecs);
    bl_context_free(context);
    free(raw);
    return 0;
}
