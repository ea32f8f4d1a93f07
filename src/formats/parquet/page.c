// SPDX-License-Identifier: Apache-2.0
// A page made ready: its levels as bytes, its values where they can be taken.
#include "formats/parquet/stream.h"

/// Bytes of definition levels that are one run, with their length in front.
enum { MOST_RUN = 16 };

static unsigned bits_of(unsigned level) { return level ? 32 - (unsigned)__builtin_clz(level) : 0; }

// ---- dictionaries ----

static bl_status load_dictionary(bl_stream_leaf *s, bl_codecs *codecs, bl_error *err) {
    const bl_parquet_page_header *h = &s->pages.header;
    const uint8_t *data;
    size_t size, n = h->n_values;
    BL_TRY(bl_pages_unpack(&s->pages, codecs, 0, NULL, &data, &size, err));
    if (h->encoding != BL_PARQUET_PLAIN && h->encoding != BL_PARQUET_PLAIN_DICTIONARY)
        return bl_error_set(err, BL_E_UNSUPPORTED, "dictionary of encoding %d", h->encoding);
    bl_texts_page_release(&s->dictionary_texts);
    s->n_dictionary = 0;
    if (s->width == 0) {
        BL_TRY(bl_plain_texts_decode(s->context, data, size, n, &s->dictionary_texts, err));
        s->n_dictionary = n;
        return BL_OK;
    }
    if (s->leaf->element->type == BL_PARQUET_BOOLEAN || n > size / s->width)
        return bl_error_set(err, BL_E_CORRUPT, "dictionary of %zu values in %zu bytes", n, size);
    bl_buffer_release(BL_MOVE(s->dictionary));
    BL_TRY(bl_buffer_new(s->context, n * s->width + 8, &s->dictionary, err));
    if (n)
        memcpy(s->dictionary->data, data, n * s->width);
    s->n_dictionary = n;
    return BL_OK;
}

// ---- levels ----

/// Levels in runs; where all are `most` in one run, no bytes are made of them.
static bl_status decode_levels(const uint8_t *data, size_t size, unsigned most, size_t n,
                               uint8_t *out, bool *ret_all_most, bl_error *err) {
    bl_runs runs = bl_runs_over(data, size, bits_of(most));
    uint32_t value = 0;
    size_t same = bl_runs_take_repeated(&runs, n, &value);
    *ret_all_most = same == n && value == most;
    if (*ret_all_most)
        return BL_OK;
    memset(out, (int)(value & 0xff), same);
    if (!bl_runs_read_bytes(&runs, out + same, n - same))
        return bl_error_set(err, BL_E_CORRUPT, "fewer levels than its %zu values", n);
    uint8_t highest = 0;
    for (size_t i = 0; i < n; i++)
        highest = out[i] > highest ? out[i] : highest;
    if (highest > most)
        return bl_error_set(err, BL_E_CORRUPT, "a level of %u where %u is the most", highest, most);
    return BL_OK;
}

/// Levels of the first kind of pages stand in front of values, behind their length.
static bl_status levels_v1(const uint8_t **data, size_t *size, const uint8_t **ret_levels,
                           size_t *ret_size, bl_error *err) {
    uint32_t length;
    if (*size < 4)
        return bl_error_set(err, BL_E_CORRUPT, "levels are missing");
    memcpy(&length, *data, 4);
    if (length > *size - 4)
        return bl_error_set(err, BL_E_CORRUPT, "levels of %u bytes, %zu are left", length,
                            *size - 4);
    *ret_levels = *data + 4;
    *ret_size = length;
    *data += 4 + length;
    *size -= 4 + length;
    return BL_OK;
}

static bl_status prepare_levels(bl_stream_leaf *s, const uint8_t *rep, size_t n_rep,
                                const uint8_t *def, size_t n_def, bl_error *err) {
    unsigned max_rep = s->leaf->max_rep, max_def = s->leaf->max_def;
    size_t n = s->page.n_entries;
    bool all = false;
    s->page.def = s->page.rep = NULL;
    if (n == 0 || (!max_rep && !max_def))
        return BL_OK;
    if (!s->page.levels)
        BL_TRY(bl_buffer_new(s->context, 2 * n + 128, &s->page.levels, err));
    s->page.levels->size = 0;
    BL_TRY(bl_buffer_reserve(&s->page.levels, 2 * n + 128, err));
    if (max_rep) {
        BL_TRY_IN(decode_levels(rep, n_rep, max_rep, n, s->page.levels->data + n, &all, err), err,
                  "repetition levels");
        if (all)
            memset(s->page.levels->data + n, (int)max_rep, n);
        s->page.rep = s->page.levels->data + n;
        if (s->is_first_page && s->page.rep[0] != 0)
            return bl_error_set(err, BL_E_CORRUPT, "the first row does not begin");
        s->is_first_page = false;
    }
    if (max_def) {
        BL_TRY_IN(decode_levels(def, n_def, max_def, n, s->page.levels->data, &all, err), err,
                  "definition levels");
        s->page.def = all ? NULL : s->page.levels->data;
    }
    return BL_OK;
}

// ---- values ----

static size_t count_values(const bl_stream_leaf *s) {
    size_t n = 0;
    if (!s->page.def)
        return s->page.n_entries;
    for (size_t i = 0; i < s->page.n_entries; i++)
        n += s->page.def[i] == s->leaf->max_def;
    return n;
}

static bl_status decoded_room(bl_stream_leaf *s, size_t n_bytes, bl_error *err) {
    if (!s->page.decoded)
        return bl_buffer_new(s->context, n_bytes + 8, &s->page.decoded, err);
    s->page.decoded->size = 0;
    return bl_buffer_reserve(&s->page.decoded, n_bytes + 8, err);
}

static bl_status fixed_values(bl_stream_leaf *s, const uint8_t *data, size_t size, size_t n,
                              bl_error *err) {
    if (n > size / s->width)
        return bl_error_set(err, BL_E_CORRUPT, "%zu values of %u bytes in %zu bytes", n, s->width,
                            size);
    s->page.next = data;
    s->page.values_end = data + n * s->width;
    return BL_OK;
}

static bl_status plain_values(bl_stream_leaf *s, const uint8_t *data, size_t size, size_t n,
                              bl_error *err) {
    if (s->width == 0)
        return bl_plain_texts_decode(s->context, data, size, n, &s->page.texts, err);
    if (s->leaf->element->type != BL_PARQUET_BOOLEAN)
        return fixed_values(s, data, size, n, err);
    if (n > size * 8)
        return bl_error_set(err, BL_E_CORRUPT, "%zu booleans in %zu bytes", n, size);
    BL_TRY(decoded_room(s, n, err));
    bl_unpack_bytes(data, size, 1, 0, n, s->page.decoded->data);
    return fixed_values(s, s->page.decoded->data, n, n, err);
}

static bl_status run_values(bl_stream_leaf *s, const uint8_t *data, size_t size, size_t n,
                            bl_error *err) {
    const uint8_t *runs_at;
    size_t n_runs;
    if (s->leaf->element->type != BL_PARQUET_BOOLEAN)
        return bl_error_set(err, BL_E_CORRUPT, "runs of values that are no booleans");
    BL_TRY(levels_v1(&data, &size, &runs_at, &n_runs, err));
    BL_TRY(decoded_room(s, n, err));
    bl_runs runs = bl_runs_over(runs_at, n_runs, 1);
    if (!bl_runs_read_bytes(&runs, s->page.decoded->data, n))
        return bl_error_set(err, BL_E_CORRUPT, "fewer booleans than %zu", n);
    return fixed_values(s, s->page.decoded->data, n, n, err);
}

static bl_status dictionary_values(bl_stream_leaf *s, const uint8_t *data, size_t size, size_t n,
                                   bl_error *err) {
    s->page.kind = BL_VALUES_DICTIONARY;
    if (n == 0)
        return BL_OK;
    if (size == 0 || data[0] > 32)
        return bl_error_set(err, BL_E_CORRUPT, "indices of %u bits", size ? data[0] : 0);
    s->page.indices = bl_runs_over(data + 1, size - 1, data[0]);
    return BL_OK;
}

static bl_status delta_values(bl_stream_leaf *s, const uint8_t *data, size_t size, size_t n,
                              bl_error *err) {
    int type = s->leaf->element->type;
    size_t got, used;
    if (type != BL_PARQUET_INT32 && type != BL_PARQUET_INT64)
        return bl_error_set(err, BL_E_CORRUPT, "differences of values that are no integers");
    BL_TRY(decoded_room(s, n * s->width, err));
    BL_TRY(bl_delta_decode(data, size, s->width, n, s->page.decoded->data, &got, &used, err));
    return fixed_values(s, s->page.decoded->data, got * s->width, n, err);
}

static bl_status split_values(bl_stream_leaf *s, const uint8_t *data, size_t size, size_t n,
                              bl_error *err) {
    if (s->width == 0 || s->leaf->element->type == BL_PARQUET_BOOLEAN || n > size / s->width)
        return bl_error_set(err, BL_E_CORRUPT, "%zu values split over %zu bytes", n, size);
    BL_TRY(decoded_room(s, n * s->width, err));
    bl_split_decode(data, s->width, n, s->page.decoded->data);
    return fixed_values(s, s->page.decoded->data, n * s->width, n, err);
}

/// Texts of a fixed length may be encoded as others.
static bl_status text_values(bl_stream_leaf *s, const uint8_t *data, size_t size, size_t n,
                             bool has_prefixes, bl_error *err) {
    if (s->leaf->element->type != BL_PARQUET_BYTE_ARRAY &&
        s->leaf->element->type != BL_PARQUET_FIXED_LEN_BYTE_ARRAY)
        return bl_error_set(err, BL_E_CORRUPT, "texts that are numbers");
    if (has_prefixes)
        BL_TRY(bl_delta_texts_decode(s->context, data, size, n, &s->page.texts, err));
    else
        BL_TRY(bl_delta_length_decode(s->context, data, size, n, &s->page.texts, err));
    if (s->page.texts.n < n)
        return bl_error_set(err, BL_E_CORRUPT, "%zu texts where there should be %zu",
                            s->page.texts.n, n);
    const uint32_t *offsets = (const uint32_t *)(const void *)s->page.texts.offsets->data;
    for (size_t i = 0; s->width && i < n; i++)
        if (offsets[i + 1] - offsets[i] != s->width)
            return bl_error_set(err, BL_E_CORRUPT, "a value of %u bytes where %u are the length",
                                offsets[i + 1] - offsets[i], s->width);
    return s->width ? fixed_values(s, s->page.texts.data + offsets[0], n * s->width, n, err)
                    : BL_OK;
}

static bl_status prepare_values(bl_stream_leaf *s, const uint8_t *data, size_t size,
                                bl_error *err) {
    size_t n = count_values(s);
    bl_texts_page_release(&s->page.texts);
    s->page.text_at = 0;
    s->page.kind = s->width ? BL_VALUES_FIXED : BL_VALUES_TEXTS;
    s->page.next = s->page.values_end = NULL;
    switch (s->pages.header.encoding) {
    case BL_PARQUET_PLAIN:
        return plain_values(s, data, size, n, err);
    case BL_PARQUET_PLAIN_DICTIONARY:
    case BL_PARQUET_RLE_DICTIONARY:
        return dictionary_values(s, data, size, n, err);
    case BL_PARQUET_RLE:
        return run_values(s, data, size, n, err);
    case BL_PARQUET_DELTA_BINARY_PACKED:
        return delta_values(s, data, size, n, err);
    case BL_PARQUET_DELTA_LENGTH_BYTE_ARRAY:
        return text_values(s, data, size, n, false, err);
    case BL_PARQUET_DELTA_BYTE_ARRAY:
        return text_values(s, data, size, n, true, err);
    case BL_PARQUET_BYTE_STREAM_SPLIT:
        return split_values(s, data, size, n, err);
    default:
        return bl_error_set(err, BL_E_UNSUPPORTED, "encoding %d is not known",
                            s->pages.header.encoding);
    }
}

// ---- pages ----

/// A page of the first kind, uncompressed.
static bl_status levels_and_values(bl_stream_leaf *s, const uint8_t *data, size_t size,
                                   bl_error *err) {
    const bl_parquet_page_header *h = &s->pages.header;
    const uint8_t *rep = NULL, *def = NULL;
    size_t n_rep = 0, n_def = 0;
    if ((s->leaf->max_rep && h->rep_encoding != BL_PARQUET_RLE) ||
        (s->leaf->max_def && h->def_encoding != BL_PARQUET_RLE))
        return bl_error_set(err, BL_E_UNSUPPORTED, "levels in an encoding of before 2013");
    if (s->leaf->max_rep)
        BL_TRY(levels_v1(&data, &size, &rep, &n_rep, err));
    if (s->leaf->max_def)
        BL_TRY(levels_v1(&data, &size, &def, &n_def, err));
    BL_TRY(prepare_levels(s, rep, n_rep, def, n_def, err));
    return prepare_values(s, data, size, err);
}

static bl_status data_page(bl_stream_leaf *s, bl_codecs *codecs, bl_error *err) {
    const uint8_t *data;
    size_t size;
    BL_TRY(bl_pages_unpack(&s->pages, codecs, 0, NULL, &data, &size, err));
    return levels_and_values(s, data, size, err);
}

static bl_status data_page_v2(bl_stream_leaf *s, bl_codecs *codecs, bl_error *err) {
    const bl_parquet_page_header *h = &s->pages.header;
    const uint8_t *data, *stored = s->pages.stored;
    size_t size;
    BL_TRY(
        bl_pages_unpack(&s->pages, codecs, h->rep_bytes + h->def_bytes, NULL, &data, &size, err));
    BL_TRY(prepare_levels(s, stored, h->rep_bytes, stored + h->rep_bytes, h->def_bytes, err));
    return prepare_values(s, data, size, err);
}

/// Whether a page is plain values, which may go to their place at once, and how many bytes of
/// definition levels stand in front of them. Of more than one run they would be longer, mostly.
static bool is_bare(const bl_stream_leaf *s, const bl_direct *direct, size_t *ret_levels) {
    const bl_parquet_page_header *h = &s->pages.header;
    uint64_t size = (uint64_t)h->n_values * s->width;
    if (!direct->place || s->leaf->max_rep || !s->width || h->n_values == 0 ||
        s->leaf->element->type == BL_PARQUET_BOOLEAN || h->encoding != BL_PARQUET_PLAIN ||
        h->type != BL_PARQUET_DATA_PAGE || size > direct->n_bytes || h->raw_bytes < size)
        return false;
    *ret_levels = h->raw_bytes - (size_t)size;
    return s->leaf->max_def ? h->def_encoding == BL_PARQUET_RLE && *ret_levels > sizeof(uint32_t) &&
                                  *ret_levels <= MOST_RUN && *ret_levels <= direct->n_before
                            : *ret_levels == 0;
}

/// Uncompresses a page so that its values are where they belong; its levels lie over values in
/// front of them for as long as that takes. Where some value is null after all the page is taken
/// as any other.
static bl_status bare_page(bl_stream_leaf *s, bl_codecs *codecs, const bl_direct *direct,
                           size_t n_levels, size_t *ret_direct, bl_error *err) {
    uint8_t before[MOST_RUN], levels[MOST_RUN + 16] = {0}, *from = direct->place - n_levels;
    const uint8_t *data;
    size_t size, n = s->page.n_entries;
    uint32_t length = 0, level = 0;
    memcpy(before, from, n_levels);
    bl_status status = bl_pages_unpack(&s->pages, codecs, 0, from, &data, &size, err);
    memcpy(levels, from, n_levels);
    memcpy(from, before, n_levels);
    BL_TRY(status);
    memcpy(&length, levels, sizeof length);
    bl_runs runs = bl_runs_over(levels + sizeof length, n_levels ? n_levels - sizeof length : 0,
                                bits_of(s->leaf->max_def));
    if (n_levels == 0 ||
        (length == n_levels - sizeof length && bl_runs_take_repeated(&runs, n, &level) == n &&
         level == s->leaf->max_def)) {
        *ret_direct = s->page.entry = n;
        return BL_OK;
    }
    BL_TRY(decoded_room(s, size, err));
    memcpy(s->page.decoded->data, levels, n_levels);
    memcpy(s->page.decoded->data + n_levels, direct->place, size - n_levels);
    return levels_and_values(s, s->page.decoded->data, size, err);
}

static bl_status load_page(bl_stream_leaf *s, bl_codecs *codecs, const bl_direct *direct,
                           size_t *ret_direct, bl_error *err) {
    const bl_parquet_page_header *h = &s->pages.header;
    size_t n_levels;
    if (h->type == BL_PARQUET_DICTIONARY_PAGE)
        return load_dictionary(s, codecs, err);
    if (h->type != BL_PARQUET_DATA_PAGE && h->type != BL_PARQUET_DATA_PAGE_V2)
        return BL_OK; // pages of other kinds are to be passed
    s->page.n_entries = h->n_values;
    s->page.entry = 0;
    if (is_bare(s, direct, &n_levels))
        return bare_page(s, codecs, direct, n_levels, ret_direct, err);
    return h->type == BL_PARQUET_DATA_PAGE ? data_page(s, codecs, err)
                                           : data_page_v2(s, codecs, err);
}

bl_status bl_stream_leaf_load_page(bl_stream_leaf *s, bl_codecs *codecs, bl_error *err) {
    size_t n_direct;
    BL_TRY(bl_pages_load(&s->pages, err));
    BL_TRY_IN(load_page(s, codecs, &(bl_direct){0}, &n_direct, err), err, "page at byte %llu",
              (unsigned long long)s->pages.page_at);
    return BL_OK;
}

bl_status bl_stream_leaf_next_page(bl_stream_leaf *s, bl_codecs *codecs, const bl_direct *direct,
                                   size_t *ret_direct, bl_error *err) {
    *ret_direct = 0;
    s->page.entry = s->page.n_entries = 0;
    do {
        BL_TRY(bl_pages_next(&s->pages, err));
        BL_TRY_IN(load_page(s, codecs, direct, ret_direct, err), err, "page at byte %llu",
                  (unsigned long long)s->pages.page_at);
    } while (s->page.n_entries == 0);
    return BL_OK;
}
