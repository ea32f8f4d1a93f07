// SPDX-License-Identifier: Apache-2.0
// Pages: levels, then encoded values, compressed as one, behind a header. Data pages of version 1,
// which everybody reads; with the checksum that the format has for them.
#include <libdeflate.h>

#include "formats/parquet/write.h"

#define MOST_DICTIONARY ((size_t)1 << 20)

static void empty(bl_packer *packer) {
    if (packer->buffer)
        packer->buffer->size = 0;
}

// ---- levels ----

static void put_levels(bl_packer *out, const bl_pqw_levels *levels, uint8_t max) {
    size_t start = bl_packer_size(out);
    unsigned width = bl_pqw_bit_width(max);
    if (max == 0)
        return;
    uint32_t size = 0;
    bl_pack_bytes(out, &size, sizeof size);
    if (levels->differ)
        bl_pqw_pack_levels(out, levels->bytes.buffer->data, levels->n, width);
    else
        bl_pqw_pack_run(out, levels->value, levels->n, width);
    if (out->failed)
        return;
    size = (uint32_t)(bl_packer_size(out) - start - sizeof size);
    memcpy(out->buffer->data + start, &size, sizeof size);
}

// ---- values ----

/// Bytes that are to be a page's, or its values.
typedef struct span {
    const uint8_t *data;
    size_t size;
} span;

static span span_of(const bl_packer *packer) {
    return (span){packer->buffer ? packer->buffer->data : NULL, bl_packer_size(packer)};
}

static span plain_of(const bl_pqw_open *open) {
    const bl_buffer *values = open->values.buffer;
    return (span){values->data + BL_PQW_HEAD, values->size - BL_PQW_HEAD};
}

/// An emptied packer with room for numbers; NULL: there is no memory.
static uint32_t *number_room(bl_packer *packer, size_t n) {
    empty(packer);
    return (uint32_t *)(void *)bl_packer_extend(packer, n * sizeof(uint32_t) + 4);
}

static uint32_t *numbers_of(const bl_packer *packer) {
    return (uint32_t *)(void *)packer->buffer->data;
}

/// Numbers the values of a page, before its turn.
static bl_status number_apart(const bl_pqw_leaf *leaf, const bl_pqw_open *open,
                              bl_pqw_scratch *scratch, bl_error *err) {
    uint32_t *indices = number_room(&scratch->indices, open->n_values);
    if (!indices)
        return bl_packer_check(&scratch->indices, "a page", err);
    bl_pqw_dictionary_clear(&scratch->dictionary);
    return bl_pqw_dictionary_find(&scratch->dictionary, leaf->width, plain_of(open).data,
                                  open->n_values, SIZE_MAX, indices, err);
}

/// Finds what was numbered apart in the column's dictionary.
static bl_status join_dictionary(const bl_pqw_leaf *leaf, bl_pqw_chunk *chunk,
                                 bl_pqw_scratch *scratch, bl_error *err) {
    const bl_pqw_dictionary *apart = &scratch->dictionary;
    uint32_t *numbers = number_room(&scratch->numbers, apart->n);
    if (!numbers)
        return bl_packer_check(&scratch->numbers, "a page", err);
    return bl_pqw_dictionary_find(&chunk->dictionary, leaf->width, span_of(&apart->values).data,
                                  apart->n, MOST_DICTIONARY, numbers, err);
}

/// The numbers of values in the dictionary, and of texts their bounds, as long as it stays as it
/// is. \return BL_OK, BL_END (it would outgrow its limit), BL_E_NOMEM
static bl_status find_indices(const bl_pqw_leaf *leaf, bl_pqw_chunk *chunk, const bl_pqw_open *open,
                              bl_pqw_scratch *scratch, bl_pqw_page *page, bl_error *err) {
    bl_pqw_dictionary *dictionary = &chunk->dictionary;
    uint32_t *indices = number_room(&scratch->indices, open->n_values);
    if (!indices)
        return bl_packer_check(&scratch->indices, "a page", err);
    bl_status status = bl_pqw_dictionary_find(dictionary, leaf->width, plain_of(open).data,
                                              open->n_values, MOST_DICTIONARY, indices, err);
    if (status != BL_OK || leaf->width)
        return status;
    empty(&scratch->packed);
    uint8_t *marks = bl_packer_extend(&scratch->packed, (size_t)dictionary->n + 1);
    if (!marks)
        return bl_packer_check(&scratch->packed, "a page", err);
    bl_pqw_bounds_of_texts(leaf, dictionary, indices, open->n_values, marks, &page->bounds);
    return BL_OK;
}

/// What depends on the pages before: how the column is encoded, and its dictionary.
static bl_status settle(const bl_pqw_leaf *leaf, const bl_pqw_settings *settings,
                        bl_pqw_chunk *chunk, const bl_pqw_job *job, const bl_pqw_open *open,
                        bl_pqw_scratch *scratch, bl_pqw_encoding *ret_encoding, bl_error *err) {
    span plain = plain_of(open);
    if (chunk->encoding == BL_PQW_AUTO && open->n_values)
        BL_TRY(bl_pqw_choose(leaf, settings, plain.data, open->n_values, plain.size, scratch,
                             &chunk->encoding, err));
    *ret_encoding = chunk->encoding;
    if (chunk->encoding != BL_PQW_DICTIONARY)
        return BL_OK;
    bl_status status =
        chunk->has_outgrown ? BL_END
        : job->is_apart     ? join_dictionary(leaf, chunk, scratch, err)
                        : find_indices(leaf, chunk, open, scratch, &chunk->pages[job->page], err);
    uint32_t most = chunk->dictionary.n ? chunk->dictionary.n - 1 : 0;
    scratch->index_width = bl_pqw_bit_width(most | 1); // none of 0 bits: some readers know none
    if (status != BL_END)
        return status;
    chunk->has_outgrown = true;
    *ret_encoding = BL_PQW_PLAIN;
    return BL_OK;
}

static bl_status settle_in_turn(const bl_pqw_leaf *leaf, const bl_pqw_settings *settings,
                                bl_pqw_chunk *chunk, const bl_pqw_job *job, const bl_pqw_open *open,
                                bl_pqw_scratch *scratch, bl_pqw_encoding *ret_encoding,
                                bl_error *err) {
    if (!bl_turns_await(&chunk->turns, job->page))
        return bl_error_set(err, BL_E_CANCELLED, "a page before failed");
    BL_TRY(settle(leaf, settings, chunk, job, open, scratch, ret_encoding, err));
    bl_turns_pass(&chunk->turns);
    return BL_OK;
}

/// Makes numbers in the page's own dictionary those in the column's. Of texts it has the bounds.
static void translate(const bl_pqw_leaf *leaf, const bl_pqw_open *open, bl_pqw_scratch *scratch,
                      bl_pqw_page *page) {
    const bl_pqw_dictionary *apart = &scratch->dictionary;
    const uint32_t *numbers = numbers_of(&scratch->numbers);
    uint32_t *indices = numbers_of(&scratch->indices);
    for (size_t i = 0; i < open->n_values; i++)
        indices[i] = numbers[indices[i]];
    if (!leaf->width)
        bl_pqw_bounds_find(leaf, span_of(&apart->values).data, apart->n, &page->bounds);
}

static void encode_bool_runs(bl_packer *out, const uint8_t *bools, size_t n) {
    uint32_t size = 0;
    bl_pack_bytes(out, &size, sizeof size);
    bl_pqw_pack_levels(out, bools, n, 1);
    size = (uint32_t)(bl_packer_size(out) - sizeof size);
    if (!out->failed)
        memcpy(out->buffer->data, &size, sizeof size);
}

/// Encodes the values of what is open. \param ret_values into scratch, or where they were gathered
static bl_status encode(const bl_pqw_leaf *leaf, bl_pqw_encoding encoding, const bl_pqw_open *open,
                        bl_pqw_scratch *scratch, span *ret_values,
                        bl_parquet_encoding *ret_encoding, bl_error *err) {
    span plain = plain_of(open);
    bl_packer *out = &scratch->encoded;
    empty(out);
    *ret_values = plain;
    *ret_encoding = BL_PARQUET_PLAIN;
    if (encoding == BL_PQW_DICTIONARY) {
        bl_pack_u8(out, (uint8_t)scratch->index_width);
        bl_pqw_pack_indices(out, numbers_of(&scratch->indices), open->n_values,
                            scratch->index_width);
        *ret_encoding = BL_PARQUET_RLE_DICTIONARY;
    } else if (encoding == BL_PQW_DELTA) {
        bl_pqw_pack_deltas(out, plain.data, open->n_values, leaf->width);
        *ret_encoding = BL_PARQUET_DELTA_BINARY_PACKED;
    } else if (encoding == BL_PQW_SPLIT) {
        uint8_t *at = bl_packer_extend(out, plain.size + 1);
        if (at)
            bl_pqw_split_bytes(plain.data, open->n_values, leaf->width, at);
        if (at)
            out->buffer->size = plain.size;
        *ret_encoding = BL_PARQUET_BYTE_STREAM_SPLIT;
    } else if (encoding == BL_PQW_RLE) {
        encode_bool_runs(out, plain.data, open->n_values);
        *ret_encoding = BL_PARQUET_RLE;
    } else if (leaf->kind == BL_PQW_BOOL) {
        bl_pqw_pack_bools(out, plain.data, open->n_values);
    } else {
        return BL_OK;
    }
    *ret_values = span_of(out);
    return bl_packer_check(out, "a page", err);
}

/// Levels and values behind each other: where the levels are short and the values are as they were
/// gathered, in the room in front of those.
static bl_status join(const bl_pqw_leaf *leaf, bl_pqw_open *open, span values,
                      bl_pqw_scratch *scratch, span *ret_body, bl_error *err) {
    empty(&scratch->body);
    put_levels(&scratch->body, &open->repetition, leaf->max_repetition);
    put_levels(&scratch->body, &open->definition, leaf->max_definition);
    size_t n = bl_packer_size(&scratch->body);
    if (n <= BL_PQW_HEAD && values.data == open->values.buffer->data + BL_PQW_HEAD) {
        if (n)
            memcpy(open->values.buffer->data + BL_PQW_HEAD - n, scratch->body.buffer->data, n);
        *ret_body = (span){values.data - n, values.size + n};
        return BL_OK;
    }
    bl_pack_bytes(&scratch->body, values.data, values.size);
    *ret_body = span_of(&scratch->body);
    return bl_packer_check(&scratch->body, "a page", err);
}

// ---- compression and header ----

static bl_status compress(const bl_pqw_settings *settings, span body, bl_pqw_scratch *scratch,
                          span *ret_packed, bl_error *err) {
    *ret_packed = body;
    if (settings->codec == BL_PARQUET_UNCOMPRESSED)
        return BL_OK;
    size_t capacity = body.size + body.size / 6 + 1024, size; // enough for any codec
    empty(&scratch->packed);
    uint8_t *out = bl_packer_extend(&scratch->packed, capacity);
    if (!out)
        return bl_packer_check(&scratch->packed, "a page", err);
    BL_TRY(bl_codec_encode(scratch->codecs, settings->compression, body.data, body.size, out,
                           capacity, &size, err));
    if (size == 0)
        return bl_error_set(err, BL_E_LIMIT, "a page does not become compressed");
    *ret_packed = (span){out, size};
    return BL_OK;
}

static void put_data_header(bl_thrift_out *out, const bl_pqw_page *page) {
    bl_thrift_put_begin(out, 5);
    bl_thrift_put_i32(out, 1, (int32_t)page->n_levels);
    bl_thrift_put_i32(out, 2, (int32_t)page->encoding);
    bl_thrift_put_i32(out, 3, BL_PARQUET_RLE);
    bl_thrift_put_i32(out, 4, BL_PARQUET_RLE);
    bl_thrift_put_end(out);
}

static void put_dictionary_header(bl_thrift_out *out, const bl_pqw_page *page) {
    bl_thrift_put_begin(out, 7);
    bl_thrift_put_i32(out, 1, (int32_t)page->n_levels);
    bl_thrift_put_i32(out, 2, BL_PARQUET_PLAIN);
    bl_thrift_put_end(out);
}

/// Compresses a body and keeps it behind its header.
static bl_status pack(const bl_pqw_settings *settings, bl_parquet_page kind, span body,
                      bl_pqw_page *page, bl_pqw_scratch *scratch, bl_error *err) {
    span packed;
    if (body.size > INT32_MAX - BL_PQW_HEAD)
        return bl_error_set(err, BL_E_LIMIT, "a page of more than 2 GiB");
    BL_TRY(compress(settings, body, scratch, &packed, err));
    if (packed.size > INT32_MAX - 2 * BL_PQW_HEAD)
        return bl_error_set(err, BL_E_LIMIT, "a page of more than 2 GiB");
    bl_thrift_out *head = &scratch->head;
    empty(&head->out);
    bl_thrift_put_begin_item(head);
    bl_thrift_put_i32(head, 1, (int32_t)kind);
    bl_thrift_put_i32(head, 2, (int32_t)body.size);
    bl_thrift_put_i32(head, 3, (int32_t)packed.size);
    bl_thrift_put_i32(head, 4, (int32_t)libdeflate_crc32(0, packed.data, packed.size));
    if (kind == BL_PARQUET_DATA_PAGE)
        put_data_header(head, page);
    else
        put_dictionary_header(head, page);
    bl_thrift_put_end(head);
    BL_TRY(bl_packer_check(&head->out, "a page", err));
    size_t n = bl_packer_size(&head->out);
    BL_TRY(bl_buffer_new(head->out.context, n + packed.size, &page->bytes, err));
    memcpy(page->bytes->data, head->out.buffer->data, n);
    if (packed.size)
        memcpy(page->bytes->data + n, packed.data, packed.size);
    page->bytes->size = n + packed.size;
    page->raw_size = (uint32_t)(n + body.size);
    page->stored_size = (uint32_t)(n + packed.size);
    return BL_OK;
}

static bl_status make(const bl_pqw_leaf *leaf, const bl_pqw_settings *settings,
                      bl_pqw_encoding encoding, bl_pqw_open *open, bl_pqw_scratch *scratch,
                      bl_pqw_page *page, bl_error *err) {
    span values, body;
    BL_TRY(encode(leaf, encoding, open, scratch, &values, &page->encoding, err));
    if (leaf->width || encoding != BL_PQW_DICTIONARY)
        bl_pqw_bounds_find(leaf, plain_of(open).data, open->n_values, &page->bounds);
    BL_TRY(join(leaf, open, values, scratch, &body, err));
    return pack(settings, BL_PARQUET_DATA_PAGE, body, page, scratch, err);
}

bl_status bl_pqw_page_close(const bl_pqw_leaf *leaf, const bl_pqw_settings *settings,
                            bl_pqw_chunk *chunk, const bl_pqw_job *job, bl_pqw_open *open,
                            bl_pqw_scratch *scratch, bl_error *err) {
    bl_pqw_page *page = &chunk->pages[job->page];
    bl_pqw_encoding encoding;
    page->n_levels = open->definition.n;
    page->n_nulls = (int64_t)(open->definition.n - open->n_values);
    page->is_empty = open->n_values == 0;
    if (job->is_apart)
        BL_TRY(number_apart(leaf, open, scratch, err));
    BL_TRY(settle_in_turn(leaf, settings, chunk, job, open, scratch, &encoding, err));
    if (job->is_apart && encoding == BL_PQW_DICTIONARY)
        translate(leaf, open, scratch, page);
    BL_TRY(make(leaf, settings, encoding, open, scratch, page, err));
    bl_pqw_open_clear(open);
    return BL_OK;
}

bl_status bl_pqw_page_dictionary(const bl_pqw_settings *settings, bl_pqw_chunk *chunk,
                                 bl_pqw_scratch *scratch, bl_error *err) {
    bool is_used = false;
    for (size_t i = 0; i < chunk->n_pages; i++)
        is_used = is_used || chunk->pages[i].encoding == BL_PARQUET_RLE_DICTIONARY;
    if (!is_used)
        return BL_OK;
    bl_pqw_page page = {.n_levels = chunk->dictionary.n};
    BL_TRY(pack(settings, BL_PARQUET_DICTIONARY_PAGE, span_of(&chunk->dictionary.values), &page,
                scratch, err));
    chunk->dictionary_page = page;
    return BL_OK;
}
