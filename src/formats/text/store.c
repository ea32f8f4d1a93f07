// SPDX-License-Identifier: Apache-2.0
// Text by offset. Plain files are read where asked; packed ones from front to back.
#include "formats/text/store.h"

bl_status bl_text_store_open(bl_source *source, bl_text_store *store, bl_error *err) {
    (void)err;
    *store = (bl_text_store){.source = source, .size = source->size_bytes};
    return BL_OK;
}

void bl_text_store_close(bl_text_store *store) {
    bl_source_close(store->source);
    *store = (bl_text_store){0};
}

bl_status bl_text_store_read(bl_text_store *store, uint64_t offset, void *data, size_t size,
                             size_t *ret_n, bl_error *err) {
    uint64_t left = offset < store->size ? store->size - offset : 0;
    size_t n = left < size ? (size_t)left : size;
    if (n)
        BL_TRY(bl_source_read(store->source, offset, n, data, err));
    *ret_n = n;
    return BL_OK;
}

bool bl_text_store_is_near(const bl_text_store *store) {
    return !store->is_packed && store->source->ops->read;
}

bl_status bl_text_store_read_range(const bl_text_store *store, uint64_t offset, void *data,
                                   size_t size, bl_error *err) {
    if (size == 0)
        return BL_OK;
    bl_read read = {offset, size, (uint8_t *)data};
    return store->source->ops->read(store->source, &read, err);
}

uint64_t bl_text_store_stored(const bl_text_store *store, uint64_t size) {
    if (!store->is_packed || store->size == 0)
        return size;
    return (uint64_t)((double)size / (double)store->size * (double)store->source->size_bytes);
}

const char *bl_text_store_codec(const bl_text_store *store) {
    (void)store;
    return "stored";
}
