// SPDX-License-Identifier: Apache-2.0
// ROOT's LZ4: a raw LZ4 block behind the XXH64 of its compressed bytes (seed 0, big-endian).
#include <lz4.h>
#include <xxhash.h>

#include "base/cursor.h"
#include "io/codec/decode.h"

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
