// SPDX-License-Identifier: Apache-2.0
// Values of a page to where the batch wants them.
#include "formats/parquet/stream.h"

enum { BLOCK = 1024 };

/// Room for `n` more bytes in a buffer, which is made or at least doubled.
static bl_status grow(bl_context *context, bl_buffer **buffer, size_t n, uint8_t **ret_place,
                      bl_error *err) {
    if (!*buffer)
        BL_TRY(bl_buffer_new(context, n > 4096 ? n : 4096, buffer, err));
    size_t size = (*buffer)->size;
    if (n > (*buffer)->capacity - size)
        BL_TRY(bl_buffer_reserve(buffer, size + (n > size ? n : size), err));
    *ret_place = (*buffer)->data + size;
    (*buffer)->size = size + n;
    return BL_OK;
}

static bl_status bad_index(uint32_t index, size_t n, bl_error *err) {
    return bl_error_set(err, BL_E_CORRUPT, "index %u into a dictionary of %zu", index, n);
}

static uint32_t highest(const uint32_t *indices, size_t n) {
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++)
        most = indices[i] > most ? indices[i] : most;
    return most;
}

#define GATHER(type)                                               \
    do {                                                           \
        const type *from = (const type *)(const void *)dictionary; \
        type *to = (type *)(void *)out;                            \
        for (size_t i = 0; i < n; i++)                             \
            to[i] = from[indices[i]];                              \
    } while (0)

static void gather(const uint8_t *dictionary, unsigned width, const uint32_t *indices, size_t n,
                   uint8_t *out) {
    if (width == 4)
        GATHER(uint32_t);
    else if (width == 8)
        GATHER(uint64_t);
    else
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * width, dictionary + (size_t)indices[i] * width, width);
}

static bl_status next_indices(bl_stream_leaf *s, uint32_t *indices, size_t n, bl_error *err) {
    if (!bl_runs_read(&s->page.indices, indices, n))
        return bl_error_set(err, BL_E_CORRUPT, "fewer indices than values");
    uint32_t most = highest(indices, n);
    return most < s->n_dictionary ? BL_OK : bad_index(most, s->n_dictionary, err);
}

static bl_status take_indexed(bl_stream_leaf *s, size_t n, bl_error *err) {
    uint32_t indices[BLOCK];
    uint8_t *out;
    BL_TRY(grow(s->context, &s->values, n * s->width, &out, err));
    for (size_t part; n; n -= part, out += part * s->width) {
        part = n < BLOCK ? n : BLOCK;
        BL_TRY(next_indices(s, indices, part, err));
        gather(s->dictionary->data, s->width, indices, part, out);
    }
    return BL_OK;
}

/// Ends of texts: int32 behind the first, which is 0.
static bl_status grow_offsets(bl_stream_leaf *s, size_t n, int32_t **ret_place, bl_error *err) {
    uint8_t *place;
    if (!s->offsets || !s->offsets->size) {
        BL_TRY(grow(s->context, &s->offsets, sizeof(int32_t), &place, err));
        memset(place, 0, sizeof(int32_t));
    }
    BL_TRY(grow(s->context, &s->offsets, n * sizeof(int32_t), &place, err));
    *ret_place = (int32_t *)(void *)place;
    return BL_OK;
}

bl_status bl_stream_too_much_text(bl_error *err) {
    return bl_error_set(err, BL_E_LIMIT,
                        "more than 2147483647 bytes in one column of a batch; read fewer rows");
}

/// Texts [first, first + n) of a page, which lie one behind the other.
static bl_status append_texts(bl_stream_leaf *s, const bl_texts_page *texts, size_t first, size_t n,
                              bl_error *err) {
    const uint32_t *from = (const uint32_t *)(const void *)texts->offsets->data + first;
    size_t size = s->values ? s->values->size : 0, n_bytes = from[n] - from[0];
    int32_t *ends;
    uint8_t *out;
    if (size + n_bytes > INT32_MAX)
        return bl_stream_too_much_text(err);
    BL_TRY(grow_offsets(s, n, &ends, err));
    BL_TRY(grow(s->context, &s->values, n_bytes, &out, err));
    if (n_bytes)
        memcpy(out, texts->data + from[0], n_bytes);
    uint32_t shift = (uint32_t)size - from[0];
    for (size_t i = 0; i < n; i++)
        ends[i] = (int32_t)(from[i + 1] + shift);
    return BL_OK;
}

static bl_status append_indexed_texts(bl_stream_leaf *s, const uint32_t *indices, size_t n,
                                      bl_error *err) {
    const uint32_t *from = (const uint32_t *)(const void *)s->dictionary_texts.offsets->data;
    size_t size = s->values ? s->values->size : 0, n_bytes = 0;
    int32_t *ends;
    uint8_t *out;
    for (size_t i = 0; i < n; i++)
        n_bytes += from[indices[i] + 1] - from[indices[i]];
    if (size + n_bytes > INT32_MAX)
        return bl_stream_too_much_text(err);
    BL_TRY(grow_offsets(s, n, &ends, err));
    BL_TRY(grow(s->context, &s->values, n_bytes, &out, err));
    for (size_t i = 0; i < n; i++) {
        uint32_t at = from[indices[i]], length = from[indices[i] + 1] - at;
        memcpy(out, s->dictionary_texts.data + at, length);
        out += length;
        size += length;
        ends[i] = (int32_t)size;
    }
    return BL_OK;
}

static bl_status take_indexed_texts(bl_stream_leaf *s, size_t n, bl_error *err) {
    uint32_t indices[BLOCK];
    for (size_t part; n; n -= part) {
        part = n < BLOCK ? n : BLOCK;
        BL_TRY(next_indices(s, indices, part, err));
        BL_TRY(append_indexed_texts(s, indices, part, err));
    }
    return BL_OK;
}

bl_status bl_stream_leaf_take_values(bl_stream_leaf *s, size_t n, bl_error *err) {
    uint8_t *out;
    if (n == 0)
        return BL_OK;
    switch (s->page.kind) {
    case BL_VALUES_DICTIONARY:
        if (!s->n_dictionary)
            return bl_error_set(err, BL_E_CORRUPT, "a dictionary is missing");
        return s->width ? take_indexed(s, n, err) : take_indexed_texts(s, n, err);
    case BL_VALUES_TEXTS:
        if (n > s->page.texts.n - s->page.text_at)
            return bl_error_set(err, BL_E_CORRUPT, "fewer values than levels");
        BL_TRY(append_texts(s, &s->page.texts, s->page.text_at, n, err));
        s->page.text_at += n;
        return BL_OK;
    default:
        if (n * s->width > (size_t)(s->page.values_end - s->page.next))
            return bl_error_set(err, BL_E_CORRUPT, "fewer values than levels");
        BL_TRY(grow(s->context, &s->values, n * s->width, &out, err));
        memcpy(out, s->page.next, n * s->width);
        s->page.next += n * s->width;
        return BL_OK;
    }
}

bl_status bl_stream_leaf_skip_values(bl_stream_leaf *s, size_t n, bl_error *err) {
    uint32_t indices[BLOCK];
    if (s->page.kind == BL_VALUES_TEXTS) {
        s->page.text_at +=
            n < s->page.texts.n - s->page.text_at ? n : s->page.texts.n - s->page.text_at;
        return BL_OK;
    }
    if (s->page.kind == BL_VALUES_FIXED) {
        size_t left = (size_t)(s->page.values_end - s->page.next);
        s->page.next += n * s->width < left ? n * s->width : left;
        return BL_OK;
    }
    for (size_t part; n; n -= part) {
        part = n < BLOCK ? n : BLOCK;
        if (!bl_runs_read(&s->page.indices, indices, part))
            return bl_error_set(err, BL_E_CORRUPT, "fewer indices than values");
    }
    return BL_OK;
}

// ---- places of nulls ----

static void spread_fixed(uint8_t *values, unsigned width, const uint8_t *valid, size_t n_slots,
                         size_t n_values) {
    for (size_t i = n_slots; i-- > 0;) {
        if (valid[i])
            memmove(values + i * width, values + --n_values * width, width);
        else
            memset(values + i * width, 0, width);
    }
}

static void spread_offsets(int32_t *ends, const uint8_t *valid, size_t n_slots, size_t n_values) {
    int32_t before = ends[-1];
    for (size_t i = n_slots; i-- > 0;)
        ends[i] = n_values ? ends[n_values - 1] : before, n_values -= valid[i];
}

bl_status bl_stream_leaf_spread(bl_stream_leaf *s, const uint8_t *valid, size_t n_slots,
                                size_t n_values, bl_error *err) {
    uint8_t *out;
    int32_t *ends;
    size_t more = n_slots - n_values;
    if (more == 0)
        return BL_OK;
    if (s->width) {
        BL_TRY(grow(s->context, &s->values, more * s->width, &out, err));
        spread_fixed(s->values->data + s->values->size - n_slots * s->width, s->width, valid,
                     n_slots, n_values);
        return BL_OK;
    }
    BL_TRY(grow_offsets(s, more, &ends, err));
    ends = (int32_t *)(void *)(s->offsets->data + s->offsets->size) - n_slots;
    spread_offsets(ends, valid, n_slots, n_values);
    return BL_OK;
}
