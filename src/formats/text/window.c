// SPDX-License-Identifier: Apache-2.0
// What a window holds already stays when it moves on, so that packed text is unpacked once, from
// front to back, however small the reads.
#include "formats/text/window.h"

static void drop(struct bl_window_fetch *ahead) {
    bl_fetch_free(ahead->fetch);
    *ahead = (struct bl_window_fetch){0};
}

static bool covers(const struct bl_window_fetch *ahead, uint64_t offset, size_t size) {
    return ahead->fetch && ahead->range.offset <= offset &&
           ahead->range.size - (offset - ahead->range.offset) >= size &&
           offset - ahead->range.offset <= ahead->range.size;
}

bl_status bl_text_window_prefetch(bl_text_window *window, bl_range range, bl_error *err) {
    if (bl_text_store_is_near(window->store) || window->store->packing || range.size == 0)
        return BL_OK;
    struct bl_window_fetch *oldest = &window->ahead[0];
    for (size_t i = 0; i < BL_WINDOW_FETCHES; i++) {
        if (covers(&window->ahead[i], range.offset, (size_t)range.size))
            return BL_OK;
        bool is_older = !window->ahead[i].fetch ||
                        (oldest->fetch && window->ahead[i].range.offset < oldest->range.offset);
        oldest = is_older ? &window->ahead[i] : oldest;
    }
    drop(oldest);
    BL_TRY(bl_fetch_start(window->store->source, &range, 1, &oldest->fetch, err));
    oldest->range = range;
    return BL_OK;
}

/// Reads what comes next, from what was asked for ahead where that has it.
static bl_status fill(bl_text_window *window, uint64_t offset, uint8_t *to, size_t size,
                      bl_error *err) {
    for (size_t i = 0; i < BL_WINDOW_FETCHES; i++) {
        struct bl_window_fetch *ahead = &window->ahead[i];
        if (!covers(ahead, offset, size))
            continue;
        bl_status status = bl_fetch_wait(ahead->fetch, err);
        if (status == BL_OK)
            memcpy(to, bl_fetch_data(ahead->fetch, 0) + (offset - ahead->range.offset), size);
        drop(ahead);
        return status;
    }
    size_t n = 0;
    BL_TRY(bl_text_store_read(window->store, offset, to, size, &n, err));
    if (n == size)
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT, "the text is shorter than it was; at byte %llu it ends",
                        (unsigned long long)(offset + n));
}

bl_status bl_text_window_hold(bl_text_window *window, bl_range range, const uint8_t **ret_text,
                              bl_error *err) {
    uint64_t offset = range.offset, end = window->offset + window->size;
    size_t size = (size_t)range.size;
    bool overlaps = offset >= window->offset && offset < end;
    size_t n_kept = overlaps ? (size_t)(end - offset) : 0;
    if (n_kept < size) {
        if (n_kept)
            memmove(window->data, window->data + (offset - window->offset), n_kept);
        window->offset = offset;
        window->size = n_kept;
        if (size > window->capacity) {
            uint8_t *data = (uint8_t *)bl_realloc(window->context, window->data, size);
            if (!data)
                return bl_error_nomem(err, size, "text");
            window->data = data;
            window->capacity = size;
        }
        BL_TRY(fill(window, offset + n_kept, window->data + n_kept, size - n_kept, err));
        window->size = size;
    }
    *ret_text = window->data + (offset - window->offset);
    return BL_OK;
}

void bl_text_window_release(bl_text_window *window) {
    for (size_t i = 0; i < BL_WINDOW_FETCHES; i++)
        drop(&window->ahead[i]);
    if (window->context)
        bl_free(window->context, window->data);
    *window = (bl_text_window){0};
}
