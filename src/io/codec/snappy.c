// SPDX-License-Identifier: Apache-2.0
// Snappy's raw format, by libsnappy.
#include <snappy-c.h>

#include "io/codec/private.h"

bl_status bl_snappy_decode(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                           size_t raw_size, bl_error *err) {
    (void)codecs;
    size_t promised;
    if (snappy_uncompressed_length((const char *)data, size, &promised) != SNAPPY_OK)
        return bl_error_set(err, BL_E_CORRUPT, "bad data");
    if (promised != raw_size)
        return bl_error_set(err, BL_E_CORRUPT, "gives %zu of the %zu bytes promised", promised,
                            raw_size);
    if (snappy_uncompress((const char *)data, size, (char *)raw, &promised) != SNAPPY_OK)
        return bl_error_set(err, BL_E_CORRUPT, "bad data");
    return BL_OK;
}

bl_status bl_snappy_encode(bl_codecs *codecs, int level, const uint8_t *raw, size_t raw_size,
                           uint8_t *out, size_t capacity, size_t *ret_size, bl_error *err) {
    (void)level;
    size_t most = snappy_max_compressed_length(raw_size), size = most;
    *ret_size = 0;
    if (most <= capacity) {
        *ret_size = snappy_compress((const char *)raw, raw_size, (char *)out, &size) == SNAPPY_OK
                        ? size
                        : 0;
        return BL_OK;
    }
    // the library wants room for the worst case
    char *room = (char *)bl_alloc(codecs->context, most);
    if (!room)
        return bl_error_nomem(err, most, "compressed bytes");
    if (snappy_compress((const char *)raw, raw_size, room, &size) == SNAPPY_OK &&
        size <= capacity) {
        memcpy(out, room, size);
        *ret_size = size;
    }
    bl_free(codecs->context, room);
    return BL_OK;
}
