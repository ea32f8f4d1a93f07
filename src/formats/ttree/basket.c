// SPDX-License-Identifier: Apache-2.0
// TBasket, on disk and embedded in the tree's record. On disk it is a key whose header has 19 or 20
// more bytes; behind the entries may stand their positions. Source: ROOT, TBasket::Streamer and
// TBasket::ReadBasketBuffers. Displacements only matter to object references and are passed over.
#include "formats/ttree/basket.h"

#include "formats/root/kernels.h"

enum {
    GENERATED_OFFSETS = 80, // flag: no positions are stored, the counter gives them
    HAS_DISPLACEMENT = 40,
};

/// The fields behind a basket's key.
typedef struct basket_fields {
    int32_t n_rows;
    int32_t last; ///< end of the entries, counted from the record's start
    uint8_t io_bits;
    uint8_t flag;
} basket_fields;

static basket_fields read_fields(bl_cursor *c) {
    basket_fields f = {0};
    bl_cursor_skip(c, 2 + 4); // version, fBufferSize
    int32_t n_slots = (int32_t)bl_cursor_be32(c);
    if (n_slots < 0)
        f.io_bits = bl_cursor_u8(c);
    f.n_rows = (int32_t)bl_cursor_be32(c);
    f.last = (int32_t)bl_cursor_be32(c);
    f.flag = bl_cursor_u8(c);
    return f;
}

static bl_status check_fields(const bl_root_key *key, const basket_fields *f, bl_error *err) {
    if (f->n_rows < 0 || f->last < (int32_t)key->key_len)
        return bl_error_set(err, BL_E_CORRUPT,
                            "%d rows, header of %u bytes, entries end at byte %d", f->n_rows,
                            key->key_len, f->last);
    return BL_OK;
}

/// A basket's key and the fields behind it.
static bl_status read_head(const uint8_t *data, size_t size, bl_root_key *ret_key,
                           basket_fields *ret_fields, bl_error *err) {
    bl_cursor c = bl_cursor_over(data, size);
    BL_TRY(bl_root_key_read(&c, NULL, ret_key, err));
    *ret_fields = read_fields(&c);
    BL_TRY(bl_cursor_check(&c, "basket header", err));
    return check_fields(ret_key, ret_fields, err);
}

bl_status bl_basket_header_read(const uint8_t *data, size_t size, bl_basket_header *ret_header,
                                bl_error *err) {
    bl_root_key key;
    basket_fields f;
    BL_TRY(read_head(data, size, &key, &f, err));
    size_t data_bytes = (size_t)(f.last - (int32_t)key.key_len);
    if (key.n_bytes < 0 || (size_t)key.n_bytes > size || key.key_len > key.n_bytes ||
        key.obj_len < 0 || data_bytes > (size_t)key.obj_len)
        return bl_error_set(err, BL_E_CORRUPT,
                            "%d bytes of %zu, header of %u, %d uncompressed, %zu of entries",
                            key.n_bytes, size, key.key_len, key.obj_len, data_bytes);
    bl_basket_header header = {
        .n_rows = f.n_rows,
        .data_bytes = data_bytes,
        .n_stored = (size_t)(key.n_bytes - (int32_t)key.key_len),
        .n_raw = (size_t)key.obj_len,
        .key_len = key.key_len,
        .is_compressed = bl_root_key_is_compressed(&key),
        .has_sizes = f.io_bits & 1,
    };
    if (header.is_compressed) // before anybody allocates what it promises
        BL_TRY(bl_root_blocks_check(data + key.key_len, header.n_stored, header.n_raw, err));
    *ret_header = header;
    return BL_OK;
}

bl_status bl_basket_rows_read(const uint8_t *data, size_t size, int64_t *ret_n_rows,
                              bl_error *err) {
    bl_root_key key;
    basket_fields f;
    BL_TRY(read_head(data, size, &key, &f, err));
    *ret_n_rows = f.n_rows;
    return BL_OK;
}

/// The table behind the entries: its length, then one number a row. An absent or short one is none.
static const uint8_t *find_table(const uint8_t *data, size_t size, int64_t n_rows) {
    if (size < 4 || n_rows == 0)
        return NULL;
    uint32_t n = bl_load_be32(data);
    return n >= n_rows && (size - 4) / 4 >= (size_t)n_rows ? data + 4 : NULL;
}

bl_status bl_basket_open(bl_codecs *codecs, const uint8_t *data, const bl_basket_header *header,
                         uint8_t *raw, bl_basket *ret_basket, bl_error *err) {
    const bl_basket_header *h = header;
    const uint8_t *stored = data + h->key_len;
    if (h->is_compressed)
        BL_TRY(bl_root_blocks_decode(codecs, stored, h->n_stored, raw, h->n_raw, err));
    const uint8_t *contents = h->is_compressed ? raw : stored;
    *ret_basket = (bl_basket){
        .n_rows = h->n_rows,
        .data = contents,
        .data_bytes = h->data_bytes,
        .table = find_table(contents + h->data_bytes, h->n_raw - h->data_bytes, h->n_rows),
        .has_sizes = h->has_sizes,
        .key_len = h->key_len,
    };
    return BL_OK;
}

bl_status bl_basket_open_embedded(const uint8_t *raw, size_t size, bl_basket *ret_basket,
                                  bl_error *err) {
    bl_cursor c = bl_cursor_over(raw, size);
    bl_root_key key;
    BL_TRY(bl_root_key_read(&c, NULL, &key, err));
    basket_fields f = read_fields(&c);
    BL_TRY(check_fields(&key, &f, err));
    bl_basket basket = {.n_rows = f.n_rows, .key_len = key.key_len};
    basket.data_bytes = (size_t)(f.last - (int32_t)key.key_len);
    uint8_t flag = f.flag >= GENERATED_OFFSETS ? (uint8_t)(f.flag - GENERATED_OFFSETS) : f.flag;
    bool has_table = f.flag < GENERATED_OFFSETS && flag % 10 != 2 && flag != 0;
    if (has_table && f.n_rows) {
        uint32_t n = bl_cursor_be32(&c);
        basket.table = bl_cursor_take(&c, 4 * (size_t)n);
        if (n < (uint32_t)f.n_rows)
            basket.table = NULL;
        if (flag > HAS_DISPLACEMENT)
            bl_cursor_skip(&c, 4 * (size_t)bl_cursor_be32(&c));
    }
    bl_cursor_skip(&c, key.key_len); // the place of the header in the basket's own buffer
    basket.data = bl_cursor_take(&c, basket.data_bytes);
    BL_TRY(bl_cursor_check(&c, "embedded basket", err));
    *ret_basket = basket;
    return BL_OK;
}

bl_basket bl_basket_ref(const bl_basket *basket) {
    if (basket->holder)
        bl_buffer_ref(basket->holder);
    return *basket;
}

void bl_basket_release(bl_basket *basket) {
    bl_buffer_release(basket->holder);
    *basket = (bl_basket){0};
}

static bl_status starts_from_sizes(const bl_basket *basket, int64_t first, int64_t n,
                                   uint32_t *starts, bl_error *err) {
    uint64_t at = 0;
    for (int64_t i = 0; i < first + n; i++) {
        if (i >= first)
            starts[i - first] = (uint32_t)at;
        // slot i + 1 holds the length of row i; the last row's is what is left
        at = i + 1 < basket->n_rows ? at + bl_load_be32(basket->table + 4 * (i + 1))
                                    : basket->data_bytes;
        if (at > basket->data_bytes)
            return bl_error_set(err, BL_E_CORRUPT, "entry %lld ends at byte %llu of %zu",
                                (long long)i, (unsigned long long)at, basket->data_bytes);
    }
    starts[n] = (uint32_t)at;
    return BL_OK;
}

static bl_status disordered(const bl_basket *basket, bl_error *err) {
    return bl_error_set(err, BL_E_CORRUPT, "entry positions run backwards or past %zu bytes",
                        basket->data_bytes);
}

bl_status bl_basket_range(const bl_basket *basket, int64_t first, int64_t n, uint32_t *ret_start,
                          uint32_t *ret_end, bl_error *err) {
    const uint8_t *table = basket->table + 4 * first;
    bool to_the_end = first + n == basket->n_rows; // there the table holds nothing of use
    uint32_t start = first < basket->n_rows ? bl_load_be32(table) - basket->key_len
                                            : (uint32_t)basket->data_bytes;
    uint32_t end =
        to_the_end ? (uint32_t)basket->data_bytes : bl_load_be32(table + 4 * n) - basket->key_len;
    if (start > end || end > basket->data_bytes)
        return disordered(basket, err);
    *ret_start = start;
    *ret_end = end;
    return BL_OK;
}

bl_status bl_basket_starts(const bl_basket *basket, int64_t first, int64_t n, uint32_t *starts,
                           bl_error *err) {
    if (basket->has_sizes)
        return starts_from_sizes(basket, first, n, starts, err);
    // as a range of the table, then all positions in it, counted from the first entry's bytes
    uint32_t start, end;
    BL_TRY(bl_basket_range(basket, first, n, &start, &end, err));
    const uint8_t *table = basket->table + 4 * first;
    if (n && !bl_root_kernels_get()->offsets(table, (size_t)n, basket->key_len, 0, 0,
                                             (int32_t *)(void *)starts))
        return disordered(basket, err);
    starts[n] = end;
    return n == 0 || starts[n - 1] <= end ? BL_OK : disordered(basket, err);
}
