// SPDX-License-Identifier: Apache-2.0
// Unpacking streams: gzip and zlib (RFC 1950, 1952) by zlib, bzip2 by libbz2, zstd by libzstd. A
// packed file may be many streams behind each other, as parallel packers write it.
#include <bzlib.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY // for an allocator of our own
#include <zstd.h>

#include "base/context.h"
#include "io/packed/inflow.h"

enum { CHUNK = 1 << 18 };

typedef struct packing {
    const char *name;
    uint8_t magic[4];
    size_t n_magic;
    bl_status (*begin)(bl_inflow *in, bl_error *err);
    /// Unpacks from `next`, `n` into `out`, `room`, and moves all of them on.
    /// \param ret_ended a stream ended
    bl_status (*step)(bl_inflow *in, bool *ret_ended, bl_error *err);
    void (*end)(bl_inflow *in);
} packing;

struct bl_inflow {
    bl_source *source;
    const packing *how; ///< NULL: not packed
    uint64_t position;  ///< of the source, behind the chunk
    uint8_t *chunk;     ///< [CHUNK]; owns
    const uint8_t *next;
    size_t n; ///< bytes of the chunk that are left
    uint8_t *out;
    size_t room;
    bool is_inside; ///< a stream has begun and not ended
    z_stream zlib;
    bz_stream bzip2;
    ZSTD_DStream *zstd;
};

static void *get(void *opaque, size_t size) { return bl_alloc((bl_context *)opaque, size); }
static void put(void *opaque, void *memory) { bl_free((bl_context *)opaque, memory); }

// ---- gzip ----

static void *zlib_get(void *opaque, unsigned n, unsigned size) {
    return get(opaque, (size_t)n * size);
}

static bl_status begin_gzip(bl_inflow *in, bl_error *err) {
    enum { GZIP_OR_ZLIB = 32 + MAX_WBITS };
    in->zlib = (z_stream){.zalloc = zlib_get, .zfree = put, .opaque = in->source->context};
    return inflateInit2(&in->zlib, GZIP_OR_ZLIB) == Z_OK
               ? BL_OK
               : bl_error_set(err, BL_E_NOMEM, "out of memory: no gzip decoder");
}

static bl_status step_gzip(bl_inflow *in, bool *ret_ended, bl_error *err) {
    z_stream *z = &in->zlib;
    z->next_in = (uint8_t *)(uintptr_t)in->next;
    z->avail_in = (unsigned)in->n;
    z->next_out = in->out;
    z->avail_out = in->room < UINT32_MAX ? (unsigned)in->room : UINT32_MAX;
    size_t had = z->avail_out;
    int result = inflate(z, Z_NO_FLUSH);
    in->next = z->next_in;
    in->n = z->avail_in;
    in->out = z->next_out;
    in->room -= had - z->avail_out;
    *ret_ended = result == Z_STREAM_END;
    if (result == Z_STREAM_END)
        return inflateReset(z) == Z_OK ? BL_OK : bl_error_set(err, BL_E_CORRUPT, "bad data");
    if (result == Z_OK || result == Z_BUF_ERROR)
        return BL_OK;
    return bl_error_set(err, result == Z_MEM_ERROR ? BL_E_NOMEM : BL_E_CORRUPT, "%s",
                        z->msg ? z->msg : "bad data");
}

static void end_gzip(bl_inflow *in) { (void)inflateEnd(&in->zlib); }

// ---- bzip2 ----

static void *bz_get(void *opaque, int n, int size) { return get(opaque, (size_t)n * (size_t)size); }

static bl_status begin_bzip2(bl_inflow *in, bl_error *err) {
    in->bzip2 = (bz_stream){.bzalloc = bz_get, .bzfree = put, .opaque = in->source->context};
    return BZ2_bzDecompressInit(&in->bzip2, 0, 0) == BZ_OK
               ? BL_OK
               : bl_error_set(err, BL_E_NOMEM, "out of memory: no bzip2 decoder");
}

static void end_bzip2(bl_inflow *in) { (void)BZ2_bzDecompressEnd(&in->bzip2); }

static bl_status step_bzip2(bl_inflow *in, bool *ret_ended, bl_error *err) {
    bz_stream *z = &in->bzip2;
    z->next_in = (char *)(uintptr_t)in->next;
    z->avail_in = (unsigned)in->n;
    z->next_out = (char *)in->out;
    z->avail_out = in->room < UINT32_MAX ? (unsigned)in->room : UINT32_MAX;
    size_t had = z->avail_out;
    int result = BZ2_bzDecompress(z);
    in->next = (const uint8_t *)z->next_in;
    in->n = z->avail_in;
    in->out = (uint8_t *)z->next_out;
    in->room -= had - z->avail_out;
    *ret_ended = result == BZ_STREAM_END;
    if (result == BZ_STREAM_END) {
        end_bzip2(in);
        return begin_bzip2(in, err);
    }
    if (result == BZ_OK)
        return BL_OK;
    return bl_error_set(err, result == BZ_MEM_ERROR ? BL_E_NOMEM : BL_E_CORRUPT, "bad data");
}

// ---- zstd ----

static bl_status begin_zstd(bl_inflow *in, bl_error *err) {
    in->zstd = ZSTD_createDStream_advanced((ZSTD_customMem){get, put, in->source->context});
    return in->zstd ? BL_OK : bl_error_set(err, BL_E_NOMEM, "out of memory: no zstd decoder");
}

static bl_status step_zstd(bl_inflow *in, bool *ret_ended, bl_error *err) {
    ZSTD_inBuffer from = {in->next, in->n, 0};
    ZSTD_outBuffer to = {in->out, in->room, 0};
    size_t result = ZSTD_decompressStream(in->zstd, &to, &from);
    in->next += from.pos;
    in->n -= from.pos;
    in->out += to.pos;
    in->room -= to.pos;
    *ret_ended = result == 0;
    return ZSTD_isError(result) ? bl_error_set(err, BL_E_CORRUPT, "%s", ZSTD_getErrorName(result))
                                : BL_OK;
}

static void end_zstd(bl_inflow *in) { (void)ZSTD_freeDStream(in->zstd); }

static const packing packings[] = {
    {"gzip", {0x1f, 0x8b}, 2, begin_gzip, step_gzip, end_gzip},
    {"bzip2", {'B', 'Z', 'h'}, 3, begin_bzip2, step_bzip2, end_bzip2},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, begin_zstd, step_zstd, end_zstd},
};
/// Not in the table: what a zlib stream begins with, texts may begin with, too.
static const packing zlib_packing = {"zlib", {0x78}, 1, begin_gzip, step_gzip, end_gzip};

static const packing *find_packing(const uint8_t *head, size_t size) {
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++)
        if (size >= packings[i].n_magic &&
            memcmp(head, packings[i].magic, packings[i].n_magic) == 0)
            return &packings[i];
    return NULL;
}

const char *bl_inflow_packing_of(const uint8_t *head, size_t size) {
    const packing *how = find_packing(head, size);
    return how ? how->name : NULL;
}

/// A method and a window, their checksum, and no dictionary. Source: RFC 1950, 2.2.
bool bl_inflow_may_be_zlib(const uint8_t *head, size_t size) {
    return size >= 2 && (head[0] & 15) == 8 && head[0] >> 4 <= 7 &&
           (head[0] << 8 | head[1]) % 31 == 0 && !(head[1] & 0x20);
}

// ---- reading ----

static bl_status next_chunk(bl_inflow *in, bl_error *err) {
    uint64_t left = in->source->size_bytes - in->position;
    size_t n = left < CHUNK ? (size_t)left : CHUNK;
    in->next = in->chunk;
    in->n = 0;
    if (n)
        BL_TRY(bl_source_read(in->source, in->position, n, in->chunk, err));
    in->n = n;
    in->position += n;
    return BL_OK;
}

bl_status bl_inflow_open_at(bl_source *source, uint64_t offset, bl_inflow **ret_in, bl_error *err) {
    bl_context *context = source->context;
    BL_AUTO(bl_inflow) in = (bl_inflow *)bl_alloc_zero(context, 1, sizeof *in);
    if (!in)
        return bl_error_nomem(err, sizeof *in, "a stream");
    in->source = source;
    in->position = offset < source->size_bytes ? offset : source->size_bytes;
    in->chunk = (uint8_t *)bl_alloc(context, CHUNK);
    if (!in->chunk)
        return bl_error_nomem(err, CHUNK, "a stream");
    *ret_in = BL_MOVE(in);
    return BL_OK;
}

static bl_status open_as(bl_source *source, const packing *how, bl_inflow **ret_in, bl_error *err) {
    BL_AUTO(bl_inflow) in = NULL;
    BL_TRY(bl_inflow_open_at(source, 0, &in, err));
    BL_TRY(next_chunk(in, err));
    if (!how)
        how = find_packing(in->next, in->n);
    if (how)
        BL_TRY(how->begin(in, err));
    in->how = how;
    *ret_in = BL_MOVE(in);
    return BL_OK;
}

bl_status bl_inflow_open(bl_source *source, bl_inflow **ret_in, bl_error *err) {
    return open_as(source, NULL, ret_in, err);
}

bl_status bl_inflow_open_zlib(bl_source *source, bl_inflow **ret_in, bl_error *err) {
    return open_as(source, &zlib_packing, ret_in, err);
}

/// Bytes that are not packed: what is left of the chunk, then straight from the source.
static bl_status read_plain(bl_inflow *in, bl_error *err) {
    size_t n = in->n < in->room ? in->n : in->room;
    if (n)
        memcpy(in->out, in->next, n);
    in->next += n;
    in->n -= n;
    in->out += n;
    in->room -= n;
    uint64_t left = in->source->size_bytes - in->position;
    n = in->room < left ? in->room : (size_t)left;
    if (n == 0)
        return BL_OK;
    BL_TRY(bl_source_read(in->source, in->position, n, in->out, err));
    in->position += n;
    in->out += n;
    in->room -= n;
    return BL_OK;
}

static bl_status read_packed(bl_inflow *in, bl_error *err) {
    while (in->room) {
        bool ended = false;
        size_t room = in->room;
        if (in->n == 0)
            BL_TRY(next_chunk(in, err));
        if (in->n == 0 && !in->is_inside)
            return BL_OK;
        bool is_end = in->n == 0;
        size_t n = in->n;
        BL_TRY(in->how->step(in, &ended, err));
        in->is_inside = !ended;
        if (is_end && in->room == room && !ended)
            return bl_error_set(err, BL_E_CORRUPT, "truncated");
        if (!ended && n && in->n == n && in->room == room)
            return bl_error_set(err, BL_E_CORRUPT, "bad data");
    }
    return bl_context_check(in->source->context, err);
}

bl_status bl_inflow_read(bl_inflow *in, void *data, size_t size, size_t *ret_n, bl_error *err) {
    in->out = (uint8_t *)data;
    in->room = size;
    if (!in->how)
        BL_TRY(read_plain(in, err));
    else
        BL_TRY_IN(read_packed(in, err), err, "%s: byte %llu", in->how->name,
                  (unsigned long long)bl_inflow_stored_bytes(in));
    *ret_n = size - in->room;
    return BL_OK;
}

const char *bl_inflow_packing(const bl_inflow *in) { return in->how ? in->how->name : NULL; }
uint64_t bl_inflow_stored_bytes(const bl_inflow *in) { return in->position - in->n; }

void bl_inflow_close(bl_inflow *in) {
    if (!in)
        return;
    if (in->how)
        in->how->end(in);
    bl_free(in->source->context, in->chunk);
    bl_free(in->source->context, in);
}
