// SPDX-License-Identifier: Apache-2.0
// Packing in blocks of a fixed size, each a member (gzip), a stream (bzip2) or a frame (zstd) of
// its own behind the one before: readers of all three take them as one text. Those of zlib read one
// stream and no more, so that its blocks are parts of one (RFC 1950, 1951), each ended at a whole
// byte. The blocks of a round are packed by all threads; the bytes do not depend on how many there
// are.
#include <zlib.h>

#include "base/context.h"
#include "io/packed/outflow.h"

enum { BLOCK = 1 << 20 };

typedef struct block {
    uint8_t *raw, *packed;
    size_t n_raw, n_packed;
    uint32_t adler; ///< of `raw`, for zlib
} block;

struct bl_outflow {
    bl_sink *sink; ///< owns
    bl_compression how;
    uint64_t n_bytes;
    size_t capacity; ///< of a packed block
    size_t n_blocks;
    block *blocks;      ///< [n_blocks]; owns
    size_t n_full;      ///< blocks that wait to be packed
    bl_codecs **codecs; ///< [threads]; owns
    bool any;           ///< a block was written
    uint32_t adler;     ///< of all blocks that were written
};

static bl_status check_codec(bl_compression how, bl_error *err) {
    if (how.codec == BL_CODEC_STORED || how.codec == BL_CODEC_GZIP || how.codec == BL_CODEC_BZIP2 ||
        how.codec == BL_CODEC_ZSTD || how.codec == BL_CODEC_ZLIB)
        return BL_OK;
    return bl_error_set(err, BL_E_UNSUPPORTED, "whole files are not packed with %s",
                        bl_codec_name(how.codec));
}

static bl_status make_blocks(bl_outflow *out, bl_error *err) {
    bl_context *context = out->sink->context;
    unsigned n_threads = bl_context_n_threads(context);
    out->blocks = (block *)bl_alloc_zero(context, n_threads, sizeof *out->blocks);
    out->codecs = (bl_codecs **)bl_alloc_zero(context, n_threads, sizeof *out->codecs);
    if (!out->blocks || !out->codecs)
        return bl_error_nomem(err, 0, "blocks to pack");
    out->n_blocks = n_threads;
    out->capacity = BLOCK + BLOCK / 16 + 1024; // more than any of them adds at worst
    for (unsigned i = 0; i < n_threads; i++) {
        out->blocks[i].raw = (uint8_t *)bl_alloc(context, BLOCK);
        out->blocks[i].packed = (uint8_t *)bl_alloc(context, out->capacity);
        if (!out->blocks[i].raw || !out->blocks[i].packed)
            return bl_error_nomem(err, BLOCK + out->capacity, "blocks to pack");
        BL_TRY(bl_codecs_new(context, &out->codecs[i], err));
    }
    return BL_OK;
}

bl_status bl_outflow_open(bl_sink *sink, bl_compression how, bl_outflow **ret_out, bl_error *err) {
    BL_AUTO(bl_sink) owned = sink;
    BL_TRY(check_codec(how, err));
    BL_AUTO(bl_outflow) out = (bl_outflow *)bl_alloc_zero(sink->context, 1, sizeof *out);
    if (!out)
        return bl_error_nomem(err, sizeof *out, "a stream");
    out->sink = BL_MOVE(owned);
    out->how = how;
    if (how.codec != BL_CODEC_STORED)
        BL_TRY(make_blocks(out, err));
    *ret_out = BL_MOVE(out);
    return BL_OK;
}

// ---- zlib: parts of one stream ----

static void *zlib_get(void *opaque, unsigned n, unsigned size) {
    return bl_alloc((bl_context *)opaque, (size_t)n * size);
}
static void zlib_put(void *opaque, void *memory) { bl_free((bl_context *)opaque, memory); }

/// Raw deflate that ends at a whole byte and says that more comes.
static bl_status pack_part(bl_context *context, int level, block *b, size_t capacity,
                           bl_error *err) {
    enum { RAW = -MAX_WBITS, MEMORY = 8 };
    z_stream z = {.zalloc = zlib_get, .zfree = zlib_put, .opaque = context};
    if (deflateInit2(&z, level > 9 ? 9 : level, Z_DEFLATED, RAW, MEMORY, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return bl_error_set(err, BL_E_NOMEM, "out of memory: no zlib encoder");
    z.next_in = b->raw;
    z.avail_in = (unsigned)b->n_raw;
    z.next_out = b->packed;
    z.avail_out = (unsigned)capacity;
    int result = deflate(&z, Z_SYNC_FLUSH);
    b->n_packed = result == Z_OK && z.avail_out ? capacity - z.avail_out : 0;
    b->adler = (uint32_t)adler32(adler32(0, NULL, 0), b->raw, (unsigned)b->n_raw);
    (void)deflateEnd(&z);
    return BL_OK;
}

static bl_status begin_zlib(bl_outflow *out, bl_error *err) {
    static const uint8_t head[] = {0x78, 0x9c}; // deflate, a window of 32 KiB
    out->adler = (uint32_t)adler32(0, NULL, 0);
    return bl_sink_write(out->sink, head, sizeof head, err);
}

/// An empty last part, and the checksum of all.
static bl_status end_zlib(const bl_outflow *out, bl_error *err) {
    uint8_t tail[6] = {3, 0};
    for (int i = 0; i < 4; i++)
        tail[2 + i] = (uint8_t)(out->adler >> (24 - 8 * i));
    return bl_sink_write(out->sink, tail, sizeof tail, err);
}

// ---- blocks ----

static bl_status pack(void *argument, size_t i, unsigned worker, bl_error *err) {
    bl_outflow *out = (bl_outflow *)argument;
    block *b = &out->blocks[i];
    if (out->how.codec == BL_CODEC_ZLIB)
        BL_TRY(pack_part(out->sink->context, out->how.level, b, out->capacity, err));
    else
        BL_TRY(bl_codec_encode(out->codecs[worker], out->how, b->raw, b->n_raw, b->packed,
                               out->capacity, &b->n_packed, err));
    return b->n_packed
               ? BL_OK
               : bl_error_set(err, BL_E_NOMEM, "%s: no room", bl_codec_name(out->how.codec));
}

/// Packs and writes the blocks that wait.
static bl_status flush(bl_outflow *out, bl_error *err) {
    bool is_zlib = out->how.codec == BL_CODEC_ZLIB;
    BL_TRY(bl_run_tasks(out->sink->context, pack, out, out->n_full, err));
    if (is_zlib && !out->any)
        BL_TRY(begin_zlib(out, err));
    for (size_t i = 0; i < out->n_full; i++) {
        block *b = &out->blocks[i];
        BL_TRY(bl_sink_write(out->sink, b->packed, b->n_packed, err));
        if (is_zlib)
            out->adler = (uint32_t)adler32_combine(out->adler, b->adler, (z_off_t)b->n_raw);
        b->n_raw = 0;
        out->any = true;
    }
    out->n_full = 0;
    return BL_OK;
}

bl_status bl_outflow_write(bl_outflow *out, const void *data, size_t size, bl_error *err) {
    out->n_bytes += size;
    if (out->how.codec == BL_CODEC_STORED)
        return bl_sink_write(out->sink, data, size, err);
    for (const uint8_t *from = (const uint8_t *)data; size;) {
        block *b = &out->blocks[out->n_full];
        size_t n = size < BLOCK - b->n_raw ? size : BLOCK - b->n_raw;
        memcpy(b->raw + b->n_raw, from, n);
        b->n_raw += n;
        from += n;
        size -= n;
        if (b->n_raw == BLOCK && ++out->n_full == out->n_blocks)
            BL_TRY(flush(out, err));
    }
    return BL_OK;
}

bl_status bl_outflow_finish(bl_outflow *out, bl_error *err) {
    if (out->how.codec != BL_CODEC_STORED) {
        bool has_rest = out->blocks[out->n_full].n_raw > 0;
        if (has_rest || (!out->any && out->n_full == 0)) // an empty text is an empty stream
            out->n_full++;
        BL_TRY(flush(out, err));
    }
    if (out->how.codec == BL_CODEC_ZLIB)
        BL_TRY(end_zlib(out, err));
    return bl_sink_finish(out->sink, err);
}

uint64_t bl_outflow_raw_bytes(const bl_outflow *out) { return out->n_bytes; }

void bl_outflow_close(bl_outflow *out) {
    if (!out)
        return;
    bl_context *context = out->sink->context;
    for (size_t i = 0; i < out->n_blocks; i++) {
        bl_free(context, out->blocks[i].raw);
        bl_free(context, out->blocks[i].packed);
        bl_codecs_free(out->codecs[i]);
    }
    bl_free(context, out->blocks);
    bl_free(context, out->codecs);
    bl_sink_close(out->sink);
    bl_free(context, out);
}
