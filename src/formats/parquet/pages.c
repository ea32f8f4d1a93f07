// SPDX-License-Identifier: Apache-2.0
// Pages: their bytes by way of a window over the chunk, their checksums, their compression.
#include <libdeflate.h>

#include "base/context.h"
#include "formats/parquet/pages.h"

/// As much as is read at once, so that a thread decodes what is still in its cache.
#define WINDOW_BYTES ((size_t)(256u << 10))
/// The same where only headers are looked at.
#define PASSING_BYTES ((size_t)2048)

bl_status bl_pages_begin(bl_pages *pages, bl_source *source, const bl_parquet_chunk *chunk,
                         bl_error *err) {
    uint64_t size = source->size_bytes;
    int64_t first = chunk->data_offset;
    if (chunk->dictionary_offset > 0 && chunk->dictionary_offset < first)
        first = chunk->dictionary_offset;
    if (first < 4 || chunk->stored_bytes < 0 || (uint64_t)first > size ||
        (uint64_t)chunk->stored_bytes > size - (uint64_t)first)
        return bl_error_set(
            err, BL_E_CORRUPT, "pages at byte %lld, %lld bytes of them, in a file of %llu",
            (long long)first, (long long)chunk->stored_bytes, (unsigned long long)size);
    if (pages->window)
        pages->window->size = 0;
    pages->source = source;
    pages->chunk = *chunk;
    pages->position = (uint64_t)first;
    pages->end = (uint64_t)first + (uint64_t)chunk->stored_bytes;
    pages->at = 0;
    pages->n_left = chunk->n_values;
    return BL_OK;
}

/// Bytes of the window that are not used yet.
static size_t there(const bl_pages *pages) {
    return pages->window ? pages->window->size - pages->at : 0;
}

/// From a near source any thread may read; of a far one the reader lets one at a time.
static bl_status read_bytes(bl_source *source, uint64_t offset, size_t size, uint8_t *data,
                            bl_error *err) {
    if (!source->ops->read)
        return bl_source_read(source, offset, size, data, err);
    BL_TRY(bl_context_check(source->context, err));
    return source->ops->read(source, &(bl_read){offset, size, data}, err);
}

/// Makes the window hold `n` more bytes, or all up to the end. \param ahead reads so many at least
static bl_status fill(bl_pages *pages, size_t n, size_t ahead, bl_error *err) {
    size_t have = there(pages);
    uint64_t left = pages->end - pages->position;
    if (have >= n || left == 0)
        return BL_OK;
    if (!pages->window)
        BL_TRY(bl_buffer_new(pages->source->context, WINDOW_BYTES, &pages->window, err));
    if (have && pages->at)
        memmove(pages->window->data, pages->window->data + pages->at, have);
    pages->window->size = have;
    pages->at = 0;
    size_t room = n > ahead ? n : ahead;
    size_t more = room - have < left ? room - have : (size_t)left;
    BL_TRY(bl_buffer_reserve(&pages->window, have + more, err));
    BL_TRY(read_bytes(pages->source, pages->position, more, pages->window->data + have, err));
    pages->window->size = have + more;
    pages->position += more;
    return BL_OK;
}

static bl_status read_header(bl_pages *pages, size_t ahead, size_t *ret_size, bl_error *err) {
    enum { MOST_HEADER = 1 << 24 };
    for (size_t wanted = 256; wanted <= MOST_HEADER; wanted *= 4) {
        BL_TRY(fill(pages, wanted, ahead, err));
        bl_status status =
            bl_parquet_page_header_read(pages->window ? pages->window->data + pages->at : NULL,
                                        there(pages), &pages->header, ret_size, err);
        if (status != BL_END)
            return status;
        if (there(pages) < wanted)
            break;
    }
    return bl_error_set(err, BL_E_CORRUPT, "page header: does not end");
}

static bl_status check_crc(const bl_pages *pages, bl_error *err) {
    const bl_parquet_page_header *h = &pages->header;
    if (!h->has_crc || libdeflate_crc32(0, pages->stored, h->stored_bytes) == h->crc)
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT, "wrong checksum");
}

/// Reads the header of the next page, which then has its bytes in front of it.
static bl_status begin_page(bl_pages *pages, size_t ahead, bl_error *err) {
    size_t size;
    BL_TRY(read_header(pages, ahead, &size, err));
    const bl_parquet_page_header *h = &pages->header;
    pages->at += size;
    pages->stored_at = pages->position - there(pages);
    if (h->stored_bytes > pages->end - pages->stored_at)
        return bl_error_set(err, BL_E_CORRUPT, "%u bytes, past the end of its column",
                            h->stored_bytes);
    return BL_OK;
}

static bl_status next_page(bl_pages *pages, bl_error *err) {
    BL_TRY(begin_page(pages, WINDOW_BYTES, err));
    BL_TRY(fill(pages, pages->header.stored_bytes, WINDOW_BYTES, err));
    pages->stored = pages->window->data + pages->at;
    pages->at += pages->header.stored_bytes;
    return check_crc(pages, err);
}

static bl_status pass_page(bl_pages *pages, bl_error *err) {
    BL_TRY(begin_page(pages, PASSING_BYTES, err));
    pages->stored = NULL;
    if (pages->header.stored_bytes <= there(pages)) {
        pages->at += pages->header.stored_bytes;
        return BL_OK;
    }
    pages->position = pages->stored_at + pages->header.stored_bytes;
    pages->at = pages->window->size;
    return BL_OK;
}

static bl_status go_on(bl_pages *pages, bl_status (*page)(bl_pages *pages, bl_error *err),
                       bl_error *err) {
    if (pages->n_left <= 0)
        return BL_END;
    pages->page_at = pages->position - there(pages);
    if (pages->page_at >= pages->end)
        return bl_error_set(err, BL_E_CORRUPT, "its pages lack %lld values",
                            (long long)pages->n_left);
    BL_TRY_IN(page(pages, err), err, "page at byte %llu", (unsigned long long)pages->page_at);
    bool is_data =
        pages->header.type == BL_PARQUET_DATA_PAGE || pages->header.type == BL_PARQUET_DATA_PAGE_V2;
    if (is_data)
        pages->n_left -= pages->header.n_values;
    if (pages->n_left < 0)
        return bl_error_set(err, BL_E_CORRUPT, "page at byte %llu: more values than the column has",
                            (unsigned long long)pages->page_at);
    return BL_OK;
}

bl_status bl_pages_next(bl_pages *pages, bl_error *err) { return go_on(pages, next_page, err); }

bl_status bl_pages_pass(bl_pages *pages, bl_error *err) { return go_on(pages, pass_page, err); }

void bl_pages_refer(bl_pages *pages, const bl_pages *of) {
    bl_buffer *window = pages->window, *raw = pages->raw;
    *pages = *of;
    pages->window = window;
    pages->raw = raw;
}

void bl_pages_back(bl_pages *pages) {
    pages->position = pages->page_at;
    pages->at = pages->window->size;
}

static bl_status load(bl_pages *pages, bl_error *err) {
    size_t size = pages->header.stored_bytes;
    pages->position -= there(pages);
    if (!pages->window)
        BL_TRY(bl_buffer_new(pages->source->context, size, &pages->window, err));
    pages->window->size = 0;
    pages->at = 0;
    BL_TRY(bl_buffer_reserve(&pages->window, size, err));
    BL_TRY(read_bytes(pages->source, pages->stored_at, size, pages->window->data, err));
    pages->window->size = pages->at = size;
    pages->stored = pages->window->data;
    return check_crc(pages, err);
}

bl_status bl_pages_load(bl_pages *pages, bl_error *err) {
    BL_TRY_IN(load(pages, err), err, "page at byte %llu", (unsigned long long)pages->page_at);
    return BL_OK;
}

void bl_pages_trade(bl_pages *a, bl_pages *b) {
    bl_pages was = *a;
    a->position -= there(a);
    b->position -= there(b);
    a->window = b->window, b->window = was.window;
    a->raw = b->raw, b->raw = was.raw;
    a->is_raw = b->is_raw, b->is_raw = was.is_raw;
    a->page_at = b->page_at, b->page_at = was.page_at;
    a->header = b->header, b->header = was.header;
    a->stored = b->stored, b->stored = was.stored;
    a->at = a->window ? a->window->size : 0;
    b->at = b->window ? b->window->size : 0;
}

// ---- compression ----

static const bl_codec_id codecs_by_number[BL_PARQUET_N_CODECS] = {
    [BL_PARQUET_UNCOMPRESSED] = BL_CODEC_STORED, [BL_PARQUET_SNAPPY] = BL_CODEC_SNAPPY,
    [BL_PARQUET_GZIP] = BL_CODEC_GZIP,           [BL_PARQUET_LZO] = BL_N_CODECS,
    [BL_PARQUET_BROTLI] = BL_CODEC_BROTLI,       [BL_PARQUET_LZ4] = BL_CODEC_LZ4_RAW,
    [BL_PARQUET_ZSTD] = BL_CODEC_ZSTD,           [BL_PARQUET_LZ4_RAW] = BL_CODEC_LZ4_RAW,
};

static uint32_t load_be32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/// Hadoop's LZ4: blocks behind their two sizes. \return false where the bytes are none
static bool decode_hadoop_lz4(bl_codecs *codecs, const uint8_t *data, size_t size, uint8_t *raw,
                              size_t raw_size) {
    size_t done = 0;
    while (size >= 8) {
        uint32_t n_raw = load_be32(data), n_stored = load_be32(data + 4);
        if (n_stored > size - 8 || n_raw > raw_size - done ||
            bl_codec_decode(codecs, BL_CODEC_LZ4_RAW, data + 8, n_stored, raw + done, n_raw,
                            NULL) != BL_OK)
            return false;
        done += n_raw;
        data += 8 + n_stored;
        size -= 8 + n_stored;
    }
    return size == 0 && done == raw_size;
}

static bl_status decode(const bl_pages *pages, bl_codecs *codecs, const uint8_t *data, size_t size,
                        uint8_t *raw, size_t raw_size, bl_error *err) {
    if (pages->chunk.codec == BL_PARQUET_LZ4 &&
        decode_hadoop_lz4(codecs, data, size, raw, raw_size))
        return BL_OK;
    return bl_codec_decode(codecs, codecs_by_number[pages->chunk.codec], data, size, raw, raw_size,
                           err);
}

/// Room for an unpacked page, if what it promises can be and fits.
static bl_status make_room(bl_pages *pages, size_t stored, size_t raw, bl_error *err) {
    bl_context *context = pages->source->context;
    uint64_t budget = bl_context_budget_bytes(context);
    enum { MOST_RATIO = 1 << 16 };
    // brotli repeats a byte without end
    if (raw / MOST_RATIO > stored && pages->chunk.codec != BL_PARQUET_BROTLI)
        return bl_error_set(err, BL_E_CORRUPT, "promises %zu bytes, more than %zu stored can give",
                            raw, stored);
    if (raw > budget / 2)
        return bl_error_set(err, BL_E_LIMIT, "%zu bytes do not fit the memory budget", raw);
    if (!pages->raw)
        return bl_buffer_new(context, raw, &pages->raw, err);
    pages->raw->size = 0;
    return bl_buffer_reserve(&pages->raw, raw, err);
}

bl_status bl_pages_unpack(bl_pages *pages, bl_codecs *codecs, size_t skipped, uint8_t *to,
                          const uint8_t **ret_data, size_t *ret_size, bl_error *err) {
    const bl_parquet_page_header *h = &pages->header;
    const uint8_t *stored = pages->stored + skipped;
    size_t n_stored = h->stored_bytes - skipped, n_raw = h->raw_bytes - skipped;
    int codec = pages->chunk.codec;
    bool is_compressed = codec != BL_PARQUET_UNCOMPRESSED &&
                         (h->type != BL_PARQUET_DATA_PAGE_V2 || h->is_compressed);
    if (codec < 0 || codec >= BL_PARQUET_N_CODECS || codecs_by_number[codec] == BL_N_CODECS)
        return bl_error_set(err, BL_E_UNSUPPORTED, "codec %s",
                            codec == BL_PARQUET_LZO ? "LZO is not supported" : "is not known");
    if (!is_compressed && n_stored != n_raw)
        return bl_error_set(err, BL_E_CORRUPT, "%zu bytes stored where %zu are promised", n_stored,
                            n_raw);
    *ret_size = n_raw;
    *ret_data = stored;
    pages->is_raw = false;
    // a page without a value may be empty, not even a compressed nothing
    if (!is_compressed || (n_raw == 0 && n_stored == 0)) {
        if (to && n_raw)
            memcpy(to, stored, n_raw);
        return BL_OK;
    }
    if (!to) {
        BL_TRY(make_room(pages, n_stored, n_raw, err));
        to = pages->raw->data;
        pages->is_raw = true;
    }
    *ret_data = to;
    return decode(pages, codecs, stored, n_stored, to, n_raw, err);
}

void bl_pages_drop_stored(bl_pages *pages) {
    if (pages->is_raw)
        bl_buffer_release(BL_MOVE(pages->window));
}

void bl_pages_release(bl_pages *pages) {
    bl_buffer_release(BL_MOVE(pages->window));
    bl_buffer_release(BL_MOVE(pages->raw));
}
