// SPDX-License-Identifier: Apache-2.0
// Buffers out of what was fetched: shared where they lie as columns want them, copied else,
// uncompressed where they are compressed. A buffer that is compressed has its size in front, which
// is believed only as far as its codec could give so much and the memory budget has room.
#include "base/context.h"
#include "formats/arrow/request.h"

#define SIZE_BYTES 8
#define ZSTD_MOST_RATIO 32768u
#define LZ4_MOST_RATIO 256u

static void release_owner(void *owner) { bl_buffer_release((bl_buffer *)owner); }

bl_status bl_arrow_new_buffer(bl_context *context, uint64_t size, bl_buffer **ret_buffer,
                              bl_error *err) {
    uint64_t busy = bl_context_busy_bytes(context), budget = bl_context_budget_bytes(context);
    if (size > budget || busy > budget - size)
        return bl_error_set(err, BL_E_LIMIT, "%llu bytes do not fit the memory budget",
                            (unsigned long long)size);
    bl_buffer *buffer = NULL;
    BL_TRY(bl_buffer_new(context, (size_t)size, &buffer, err));
    buffer->size = (size_t)size;
    *ret_buffer = buffer;
    return BL_OK;
}

bl_status bl_arrow_part(bl_context *context, bl_buffer *buffer, size_t at, size_t size,
                        size_t width, bl_buffer **ret_buffer, bl_error *err) {
    if (at > buffer->size || size > buffer->size - at)
        return bl_error_set(err, BL_E_CORRUPT, "%zu bytes at %zu of a buffer of %zu", size, at,
                            buffer->size);
    const uint8_t *data = buffer->data + at;
    if (size == buffer->size && (uintptr_t)data % width == 0) {
        *ret_buffer = bl_buffer_ref(buffer);
        return BL_OK;
    }
    if ((uintptr_t)data % width == 0) {
        BL_TRY(bl_buffer_new_foreign(context, data, size, release_owner, buffer, ret_buffer, err));
        (void)bl_buffer_ref(buffer);
        return BL_OK;
    }
    BL_TRY(bl_arrow_new_buffer(context, size, ret_buffer, err));
    memcpy((*ret_buffer)->data, data, size);
    return BL_OK;
}

bl_status bl_arrow_bits(bl_context *context, bl_buffer *buffer, size_t at, size_t n,
                        bl_buffer **ret_buffer, bl_error *err) {
    size_t size = (n + 7) / 8, shift = at % 8, first = at / 8;
    if (shift == 0)
        return bl_arrow_part(context, buffer, first, size, 1, ret_buffer, err);
    size_t touched = (shift + n + 7) / 8;
    if (first > buffer->size || touched > buffer->size - first)
        return bl_error_set(err, BL_E_CORRUPT, "%zu bits at %zu of a buffer of %zu bytes", n, at,
                            buffer->size);
    BL_TRY(bl_arrow_new_buffer(context, size, ret_buffer, err));
    const uint8_t *from = buffer->data + first;
    uint8_t *to = (*ret_buffer)->data;
    for (size_t i = 0; i < size; i++) {
        unsigned high = i + 1 < touched ? from[i + 1] : 0;
        to[i] = (uint8_t)(from[i] >> shift | high << (8 - shift));
    }
    return BL_OK;
}

static void rebase32(const int32_t *from, int32_t *to, size_t n) {
    uint32_t first = (uint32_t)from[0];
    for (size_t i = 0; i < n; i++)
        to[i] = (int32_t)((uint32_t)from[i] - first);
}

static void rebase64(const int64_t *from, int64_t *to, size_t n) {
    uint64_t first = (uint64_t)from[0];
    for (size_t i = 0; i < n; i++)
        to[i] = (int64_t)((uint64_t)from[i] - first);
}

bl_status bl_arrow_offsets(bl_context *context, bl_buffer *buffer, size_t width, size_t at,
                           size_t n, bl_buffer **ret_buffer, bl_error *err) {
    BL_AUTO(bl_buffer) part = NULL;
    BL_TRY(bl_arrow_part(context, buffer, at * width, (n + 1) * width, width, &part, err));
    if (bl_arrow_load_offset(part, width, 0) == 0) {
        *ret_buffer = BL_MOVE(part);
        return BL_OK;
    }
    BL_TRY(bl_arrow_new_buffer(context, (n + 1) * width, ret_buffer, err));
    if (width == 8)
        rebase64((const int64_t *)(const void *)part->data, (int64_t *)(void *)(*ret_buffer)->data,
                 n + 1);
    else
        rebase32((const int32_t *)(const void *)part->data, (int32_t *)(void *)(*ret_buffer)->data,
                 n + 1);
    return BL_OK;
}

/// A buffer that is stored as it is among compressed ones: a copy, unless it is most of what was
/// fetched, all of which would stay in memory for it.
static bl_status stored(bl_arrow_walk *walk, bl_buffer *span, size_t at, size_t size, size_t width,
                        bl_buffer **ret_buffer) {
    if (size > span->size / 2)
        return bl_arrow_part(walk->context, span, at, size, width, ret_buffer, walk->err);
    BL_TRY(bl_arrow_new_buffer(walk->context, size, ret_buffer, walk->err));
    memcpy((*ret_buffer)->data, span->data + at, size);
    return BL_OK;
}

/// A compressed buffer, `at` in what was fetched.
static bl_status uncompress(bl_arrow_walk *walk, bl_buffer *span, size_t at, size_t size,
                            size_t width, bl_buffer **ret_buffer) {
    bl_codec_id codec = walk->piece->record.codec;
    if (size < SIZE_BYTES)
        return bl_error_set(walk->err, BL_E_CORRUPT, "a compressed buffer of %zu bytes", size);
    int64_t raw = bl_flat_load64(span->data + at);
    size -= SIZE_BYTES;
    at += SIZE_BYTES;
    uint64_t ratio = codec == BL_CODEC_ZSTD ? ZSTD_MOST_RATIO : LZ4_MOST_RATIO;
    if (raw < -1 || (raw > 0 && (uint64_t)raw / ratio > size))
        return bl_error_set(walk->err, BL_E_CORRUPT, "%zu bytes that are said to be %lld", size,
                            (long long)raw);
    if (raw < 0)
        return stored(walk, span, at, size, width, ret_buffer);
    BL_TRY(bl_arrow_new_buffer(walk->context, (uint64_t)raw, ret_buffer, walk->err));
    return bl_codec_decode(walk->codecs, codec, span->data + at, size, (*ret_buffer)->data,
                           (size_t)raw, walk->err);
}

bl_status bl_arrow_next_buffer(bl_arrow_walk *walk, size_t width, uint64_t wanted,
                               bl_buffer **ret_buffer) {
    const bl_arrow_request *request = walk->request;
    size_t i = walk->range++;
    if (i >= walk->last_range)
        return bl_error_set(walk->err, BL_E_CORRUPT, "the file changed while it was read");
    size_t size = (size_t)request->ranges[i].size;
    BL_AUTO(bl_buffer) buffer = NULL;
    if (size == 0) {
        BL_TRY(bl_buffer_new(walk->context, 1, &buffer, walk->err));
    } else {
        bl_buffer *span = bl_fetch_buffer(request->fetch, i);
        size_t at = (size_t)(bl_fetch_data(request->fetch, i) - span->data);
        BL_TRY(walk->piece->record.codec == BL_CODEC_STORED
                   ? bl_arrow_part(walk->context, span, at, size, width, &buffer, walk->err)
                   : uncompress(walk, span, at, size, width, &buffer));
    }
    if (buffer->size < wanted)
        return bl_error_set(walk->err, BL_E_CORRUPT, "%zu bytes where %llu are needed",
                            buffer->size, (unsigned long long)wanted);
    *ret_buffer = BL_MOVE(buffer);
    return BL_OK;
}
