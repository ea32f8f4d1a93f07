// SPDX-License-Identifier: Apache-2.0
// ROOT's LZ4: a raw LZ4 block behind the XXH64 of its compressed bytes (seed 0, big-endian).
#include <lz4.h>
#include <lz4hc.h>
#include <xxhash.h>

#include "base/cursor.h"
#include "io/codec/private.h"

#define LZ4_CHECKSUM 8

bl_status bl_lz4_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                        size_t raw_size, bl_error *err) {
    (void)codecs;
    if (size < LZ4_CHECKSUM)
        return bl_error_set(err, BL_E_CORRUPT, "%zu bytes are too few for a checksum", size);
    const uint8_t *block = data + LZ4_CHECKSUM;
    size -= LZ4_CHECKSUM;
    if (size > INT32_MAX || raw_size > LZ4_MAX_INPUT_SIZE)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a block of %zu bytes", raw_size);
    if (XXH64(block, size, 0) != bl_load_be64(data))
        return bl_error_set(err, BL_E_CORRUPT, "wrong checksum");
    int got = LZ4_decompress_safe((const char *)block, (char *)raw, (int)size, (int)raw_size);
    if (got < 0)
        return bl_error_set(err, BL_E_CORRUPT,
                            "bad data, or more than the %zu bytes promised, near byte %d", raw_size,
                            -got);
    if ((size_t)got != raw_size)
        return bl_error_set(err, BL_E_CORRUPT, "gives %d of the %zu bytes promised", got, raw_size);
    return BL_OK;
}

bl_status bl_lz4_encode_block(bl_codecs *codecs, int level, const uint8_t *raw, int raw_size,
                              uint8_t *out, int capacity, int *ret_size, bl_error *err) {
    bool fast = level <= BL_LZ4_FAST;
    void **state = fast ? &codecs->lz4_encoder : &codecs->lz4_hc_encoder;
    size_t state_size = (size_t)(fast ? LZ4_sizeofState() : LZ4_sizeofStateHC());
    if (!*state && !(*state = bl_alloc(codecs->context, state_size)))
        return bl_error_nomem(err, state_size, "an encoder");
    const char *from = (const char *)raw;
    char *to = (char *)out;
    *ret_size = fast ? LZ4_compress_fast_extState(*state, from, to, raw_size, capacity, 1)
                     : LZ4_compress_HC_extStateHC(*state, from, to, raw_size, capacity, level);
    return BL_OK;
}

bl_status bl_lz4_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                        uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    *ret_size = 0;
    if (raw_size > LZ4_MAX_INPUT_SIZE || capacity <= LZ4_CHECKSUM)
        return BL_OK;
    size_t room = capacity - LZ4_CHECKSUM;
    int size = 0;
    BL_TRY(bl_lz4_encode_block(codecs, level, raw, (int)raw_size, out + LZ4_CHECKSUM,
                               room < INT32_MAX ? (int)room : INT32_MAX, &size, err));
    if (size <= 0)
        return BL_OK;
    uint64_t checksum = __builtin_bswap64(XXH64(out + LZ4_CHECKSUM, (size_t)size, 0));
    memcpy(out, &checksum, LZ4_CHECKSUM);
    *ret_size = LZ4_CHECKSUM + (size_t)size;
    return BL_OK;
}

void bl_lz4_release(bl_codecs *codecs) {
    bl_free(codecs->context, codecs->lz4_encoder);
    bl_free(codecs->context, codecs->lz4_hc_encoder);
    codecs->lz4_encoder = codecs->lz4_hc_encoder = NULL;
}
