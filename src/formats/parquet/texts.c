// SPDX-License-Identifier: Apache-2.0
// Texts in their three encodings.
#include "formats/parquet/encodings.h"

void bl_texts_page_release(bl_texts_page *texts) {
    bl_buffer_release(texts->offsets);
    bl_buffer_release(texts->bytes);
    *texts = (bl_texts_page){0};
}

static bl_status no_memory(size_t n, bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "out of memory: %zu texts", n);
}

static bl_status new_numbers(bl_context *context, size_t n, bl_buffer **ret_buffer, bl_error *err) {
    if (n > SIZE_MAX / 8 - 8)
        return no_memory(n, err);
    return bl_buffer_new(context, (n + 1) * sizeof(uint32_t), ret_buffer, err);
}

/// Lengths [n] become ends, in place: offsets[0] is 0. \return whether they stay below `most`
static bool add_up(uint32_t *offsets, size_t n, size_t most) {
    uint64_t end = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t length = offsets[i];
        offsets[i] = (uint32_t)end;
        end += length;
        if (length > INT32_MAX || end > most)
            return false;
    }
    offsets[n] = (uint32_t)end;
    return true;
}

/// Lengths of texts in front of `data`, as offsets.
static bl_status read_lengths(bl_context *context, const uint8_t *data, size_t size, size_t most,
                              bl_buffer **ret_numbers, size_t *ret_n, size_t *ret_used,
                              bl_error *err) {
    BL_AUTO(bl_buffer) numbers = NULL;
    BL_TRY(new_numbers(context, most, &numbers, err));
    BL_TRY(bl_delta_decode(data, size, 4, most, numbers->data, ret_n, ret_used, err));
    *ret_numbers = BL_MOVE(numbers);
    return BL_OK;
}

bl_status bl_delta_length_decode(bl_context *context, const uint8_t *data, size_t size, size_t most,
                                 bl_texts_page *ret_texts, bl_error *err) {
    BL_AUTO(bl_buffer) offsets = NULL;
    size_t n, used;
    BL_TRY(read_lengths(context, data, size, most, &offsets, &n, &used, err));
    if (!add_up((uint32_t *)(void *)offsets->data, n, size - used))
        return bl_error_set(err, BL_E_CORRUPT, "texts reach past the end of their page");
    *ret_texts = (bl_texts_page){.offsets = BL_MOVE(offsets), .data = data + used, .n = n};
    return BL_OK;
}

/// Puts prefixes in front of what follows them. \param prefixes [n] lengths
static bl_status join_prefixes(bl_context *context, const uint32_t *prefixes,
                               const bl_texts_page *rest, bl_texts_page *texts, bl_error *err) {
    const uint32_t *from = (const uint32_t *)(const void *)rest->offsets->data;
    size_t n = rest->n;
    uint64_t total = 0, before = 0;
    for (size_t i = 0; i < n; i++) {
        if (prefixes[i] > before)
            return bl_error_set(err, BL_E_CORRUPT, "a text shares %u bytes with one of %llu",
                                prefixes[i], (unsigned long long)before);
        before = (uint64_t)prefixes[i] + (from[i + 1] - from[i]);
        total += before;
    }
    if (total > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "texts of %llu bytes in one page",
                            (unsigned long long)total);
    BL_TRY(new_numbers(context, n, &texts->offsets, err));
    BL_TRY(bl_buffer_new(context, (size_t)total + 1, &texts->bytes, err));
    uint32_t *offsets = (uint32_t *)(void *)texts->offsets->data, at = 0, last = 0;
    uint8_t *out = texts->bytes->data;
    for (size_t i = 0; i < n; i++) {
        uint32_t length = from[i + 1] - from[i];
        offsets[i] = at;
        if (prefixes[i])
            memmove(out + at, out + last, prefixes[i]);
        if (length)
            memcpy(out + at + prefixes[i], rest->data + from[i], length);
        last = at;
        at += prefixes[i] + length;
    }
    offsets[n] = at;
    texts->data = out;
    texts->n = n;
    return BL_OK;
}

bl_status bl_delta_texts_decode(bl_context *context, const uint8_t *data, size_t size, size_t most,
                                bl_texts_page *ret_texts, bl_error *err) {
    BL_AUTO(bl_buffer) prefixes = NULL;
    bl_texts_page rest = {0}, texts = {0};
    size_t n, used;
    BL_TRY(read_lengths(context, data, size, most, &prefixes, &n, &used, err));
    bl_status status = bl_delta_length_decode(context, data + used, size - used, most, &rest, err);
    if (status == BL_OK && rest.n != n)
        status = bl_error_set(err, BL_E_CORRUPT, "%zu texts, %zu of them begin", rest.n, n);
    if (status == BL_OK)
        status = join_prefixes(context, (const uint32_t *)(const void *)prefixes->data, &rest,
                               &texts, err);
    bl_texts_page_release(&rest);
    if (status == BL_OK)
        *ret_texts = texts;
    else
        bl_texts_page_release(&texts);
    return status;
}

bl_status bl_plain_texts_decode(bl_context *context, const uint8_t *data, size_t size, size_t n,
                                bl_texts_page *ret_texts, bl_error *err) {
    if (n > size / 4)
        return bl_error_set(err, BL_E_CORRUPT, "%zu texts in %zu bytes", n, size);
    BL_AUTO(bl_buffer) offsets = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_TRY(new_numbers(context, n, &offsets, err));
    BL_TRY(bl_buffer_new(context, size - n * 4 + 1, &bytes, err));
    uint32_t *ends = (uint32_t *)(void *)offsets->data, end = 0;
    size_t at = 0;
    ends[0] = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t length;
        if (size - at < 4)
            return bl_error_set(err, BL_E_CORRUPT, "text %zu of %zu: past the end", i, n);
        memcpy(&length, data + at, 4);
        at += 4;
        if (length > size - at || end + length > bytes->capacity)
            return bl_error_set(err, BL_E_CORRUPT, "text %zu of %zu: %u bytes where %zu are left",
                                i, n, length, size - at);
        memcpy(bytes->data + end, data + at, length);
        at += length;
        ends[i + 1] = end += length;
    }
    *ret_texts = (bl_texts_page){.offsets = BL_MOVE(offsets), .n = n, .data = bytes->data};
    ret_texts->bytes = BL_MOVE(bytes);
    return BL_OK;
}
